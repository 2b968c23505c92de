"""Visiting pages in tests: a client signed in as somebody, and addresses by name."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse

from labeling.models import Project, User
from labeling.protocol.outcome import ProtocolError

HTMX = {"HTTP_HX_REQUEST": "true"}


def visit_as(person: User) -> Client:
    """A browser in which `person` is signed in."""
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


def address(name: str, project: Project, *args: Any, **query: Any) -> str:
    """The address of a page of `project`."""
    return reverse(f"labeling:{name}", args=[project.slug, *args], query=query or None)


def read(response: Any) -> str:
    """The text of a page without its tags, in one line of single blanks."""
    body = b"".join(response.streaming_content) if response.streaming else response.content
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", body.decode())).split())


def row_of(response: Any, person: User) -> str:
    """The markup of one person's row on the members page."""
    parts: list[str] = re.split('<section class="panel member"', response.content.decode())
    return next(part for part in parts[1:] if str(person.public_id) in part).partition("</section>")[0]


@contextmanager
def refused(code: str) -> Iterator[None]:
    """What happens inside is refused by the protocol with this code."""
    with pytest.raises(ProtocolError) as refusal:
        yield
    assert refusal.value.code == code


def told(response: Any) -> list[str]:
    """The messages a plain form left for the next page."""
    return [str(message) for message in get_messages(response.wsgi_request)]
