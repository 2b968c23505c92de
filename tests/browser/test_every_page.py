"""Every page of the site, on a wide screen and on a phone, in both colour schemes: axe finds nothing, nothing scrolls
sideways, no id stands twice, and no button sticks to what is above it.

With SERVIMAGE_SCREENSHOTS=DIR each page is also saved there as WebP (docs/screenshots is made that way).
"""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.urls import reverse
from PIL import Image
from playwright.sync_api import Page, expect

from labeling.models import Project, User
from tests.browser.conftest import PHONE
from tests.browser.layout import find_faults
from tests.browser.page_list import NO_PAGES, PAGES, SLUG, route_names
from tests.browser.sample_site import make_site

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SCREENS = {"wide": {}, "narrow": PHONE}
FOLDER = os.environ.get("SERVIMAGE_SCREENSHOTS", "")
# Widths change the layout and schemes the colours: each width in one scheme sees both. Screenshots are made of all four.
LOOKED_AT = {scheme: dict(SCREENS) for scheme in ("light", "dark")} if FOLDER else {"light": {"wide": {}}, "dark": {"narrow": PHONE}}


def test_every_route_is_listed_as_a_page_or_not():
    names = set(route_names())

    assert names == set(PAGES) | NO_PAGES
    assert not set(PAGES) & NO_PAGES


def test_every_page_has_its_screenshots():
    folder = settings.BASE_DIR / "docs" / "screenshots"
    wanted = {f"{name.rpartition(':')[2]}-{screen}-{scheme}.webp" for name in PAGES for screen in SCREENS for scheme in ("light", "dark")}

    assert {path.name for path in folder.glob("*.webp")} == wanted


@pytest.fixture
def sample(settings, tmp_path) -> Project:
    """The sample project with something on every page, on a site that sends mail."""
    settings.MAIL_ENABLED = True
    return make_site(tmp_path)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_any_page(open_context, sample, scheme):
    found = []
    for screen, options in LOOKED_AT[scheme].items():
        for username in ("annotator", "adjudicator", "lead", "posters-ada", None):
            person = User.objects.get(username=username) if username else None
            page = open_context(person, color_scheme=scheme, **options).new_page()
            for name in [name for name, listed in PAGES.items() if listed.person == username]:
                found += look_at(page, name, screen, scheme)

    assert found == []


def look_at(page: Page, name: str, screen: str, scheme: str) -> list[tuple[str, str, object]]:
    """What is wrong with one page."""
    response = page.goto(PAGES[name].address())
    assert response is not None
    assert response.ok, (name, response.status)
    PAGES[name].act(page)
    if name == "labeling:label":
        expect(page.locator('img.candidate[data-warm="ready"]').first).to_be_visible()
    expect(page.locator(".htmx-request")).to_have_count(0)
    violations = [item["id"] for item in Axe().run(page).response["violations"]]
    too_wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    faults = find_faults(page)
    if FOLDER:
        page.wait_for_load_state("networkidle")
        save_screenshot(page, Path(FOLDER) / f"{name.rpartition(':')[2]}-{screen}-{scheme}.webp")
    return [(name, screen, problem) for problem in (violations, too_wide, faults) if problem]


def save_screenshot(page: Page, path: Path) -> None:
    """Save what is on screen, and what lies below it up to three screens, as WebP."""
    height = page.viewport_size["height"] if page.viewport_size else 900
    whole = page.evaluate("document.documentElement.scrollHeight")
    clip = {"x": 0, "y": 0, "width": page.viewport_size["width"], "height": min(whole, 3 * height)}
    with Image.open(io.BytesIO(page.screenshot(full_page=True, clip=clip, timeout=60_000))) as picture:
        path.parent.mkdir(parents=True, exist_ok=True)
        picture.convert("RGB").save(path, "WEBP", quality=72, method=6)


def test_the_site_speaks_the_language_the_person_chose(open_context, sample):
    lead = User.objects.get(username="lead")
    User.objects.filter(pk=lead.pk).update(language="zh-hans")
    page = open_context(User.objects.get(pk=lead.pk)).new_page()

    page.goto(reverse("labeling:project", args=[SLUG]))

    assert page.locator("html").get_attribute("lang") == "zh-hans"
    expect(page.get_by_role("link", name="收件箱")).to_be_visible()
