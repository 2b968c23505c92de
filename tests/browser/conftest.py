"""A real Chromium for the tests of this folder, and people signed in to it."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator

import pytest
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from labeling.models import Project, User
from tests.browser.pictures import make_pictured_bundle
from tests.factories import make_lead, make_person, make_project

# Playwright runs an event loop in this thread; the tests use the ORM from the same thread and never at the same time.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WIDE = {"width": 1440, "height": 900}
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}
# What a page may complain about while a test cuts the network or ends a session on purpose.
EXPECTED = ("net::ERR_INTERNET_DISCONNECTED", "Failed to load resource", "net::ERR_FAILED")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The browser: SERVIMAGE_CHROMIUM, the system's chromium, or the one Playwright installed."""
    executable = os.environ.get("SERVIMAGE_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def open_context(chromium: Browser, live_server) -> Iterator[Callable[..., BrowserContext]]:
    """Open a browser context; `person` is signed in to it. Pages that log an error or throw fail the test at its end."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def open_one(person: User | None = None, **options) -> BrowserContext:
        context = chromium.new_context(**{"viewport": WIDE, "base_url": live_server.url} | options)
        context.set_default_timeout(10_000)
        context.on("page", lambda page: watch(page, complaints))
        contexts.append(context)
        if person is not None:
            sign_in(context, person, live_server.url)
        return context

    yield open_one
    for page in [page for context in contexts for page in context.pages]:
        # A page says goodbye to the site; that has to arrive while there still is a database.
        page.goto("about:blank")
    time.sleep(0.2)
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def open_page(open_context) -> Callable[..., Page]:
    """Open a page of a new context in which `person` is signed in."""
    return lambda person=None, **options: open_context(person, **options).new_page()


def watch(page: Page, complaints: list[str]) -> None:
    """Collect what the page complains about: errors in scripts, refused styles, anything the policy blocks."""
    page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))

    def note(message: ConsoleMessage) -> None:
        if message.type == "error" and not any(text in message.text for text in EXPECTED):
            complaints.append(f"{page.url}: {message.text}")

    page.on("console", note)


def sign_in(context: BrowserContext, person: User, url: str) -> None:
    """Sign `person` in on the site at `url`, for every page of the context."""
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": url}])


@pytest.fixture
def project() -> Project:
    """Six candidates to label and a window to undo in."""
    project = make_project(undo_minutes=15)
    for _ in range(6):
        make_pictured_bundle(project)
    return project


@pytest.fixture
def lead(project: Project) -> User:
    """Who leads `project` and does nothing else there."""
    return make_lead(project, username="lead")


@pytest.fixture
def annotator(project: Project) -> User:
    """Somebody who labels in `project` and does nothing else there."""
    return make_person(project, can_adjudicate=False)
