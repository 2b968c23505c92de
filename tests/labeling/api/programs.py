"""A program in tests: it asks with a token, in JSON."""

from __future__ import annotations

import uuid
from typing import Any

from django.test import Client
from django.urls import reverse

from labeling.api_tokens import make_token
from labeling.models import Project, User


class Program:
    """What asks for `person` about `project`; every reply has its JSON in `data`, None where it is none."""

    def __init__(self, person: User | None, project: Project, text: str | None = None) -> None:
        if text is None and person is not None:
            text = make_token(person, "test", None)[1]
        self.project = project
        self.client = Client(headers={"Authorization": f"Bearer {text}"} if text else {})

    def address(self, name: str, *args: Any, **query: Any) -> str:
        """The address of a route, below the project unless it is about the account."""
        about = [] if name in ("me", "mail", "projects", "schema", "documents") else [self.project.slug]
        return reverse(f"api:{name}", args=[*about, *args], query=query or None)

    def get(self, name: str, *args: Any, headers: dict[str, str] | None = None, **query: Any) -> Any:
        """Read something."""
        return self.follow(self.address(name, *args, **query), headers)

    def follow(self, address: str, headers: dict[str, str] | None = None) -> Any:
        """Read an address that a reply named."""
        return read(self.client.get(address, headers=headers or {}))

    def post(self, name: str, /, *args: Any, **body: Any) -> Any:
        """Write something."""
        return self.send("post", name, *args, **body)

    def send(self, method: str, name: str, /, *args: Any, **body: Any) -> Any:
        """Write something by another method."""
        return read(getattr(self.client, method)(self.address(name, *args), body, content_type="application/json"))

    def upload(self, name: str, *args: Any, **fields: Any) -> Any:
        """Send a form with a file."""
        return read(self.client.post(self.address(name, *args), fields))


def read(response: Any) -> Any:
    """The response with its JSON."""
    response.data = response.json() if response.headers.get("Content-Type") == "application/json" and not response.streaming else None
    return response


def key() -> str:
    """A new idempotency key."""
    return str(uuid.uuid4())
