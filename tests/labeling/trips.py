"""Trips: one POST each that submits an answer and returns the next card, with the statements it took."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from labeling.models import User
from tests.crowd.browser import new_key
from tests.crowd.pages import Reply, read_reply


class Annotator:
    """One person who answers card after card as the label page does."""

    def __init__(self, slug: str, person: User) -> None:
        self.slug, self.client = slug, Client(headers={"HX-Request": "true"})
        self.client.force_login(person)
        self.count = 0
        self.deck = self.post("take", {}).held or []

    def post(self, name: str, fields: dict[str, Any]) -> Reply:
        """One POST of the label page; what the reply says."""
        response = self.client.post(reverse(f"labeling:{name}", args=[self.slug]), fields)
        return read_reply(response.content.decode())

    def trip(self, answer: str = "accept") -> list[str]:
        """Submit the card on screen and take in what comes next; the statements of that with their values, `count` of them in all."""
        card, self.deck = self.deck[0], self.deck[1:]
        fields = {"assignment": card, "key": new_key(), "answer": answer, "active_ms": 900, "shown_ago_ms": 1000, "have": self.deck}
        texts: list[str] = []

        def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
            texts.append(f"{sql} {params}")
            return execute(sql, params, many, context)

        # The capture counts the beginnings and ends of transactions as well; what is prepared has no text there.
        with CaptureQueriesContext(connection) as captured, connection.execute_wrapper(note):
            reply = self.post("answer", fields | ({"shown": self.deck[0]} if self.deck else {}))
        if reply.kind != "submitted" or not reply.held:
            raise RuntimeError(f"the answer came to {reply}")
        self.deck = reply.held
        self.count = len(captured)
        return texts
