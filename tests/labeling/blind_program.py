"""A watched person who works by program: the scripts of the pages, played over the API."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from tests.labeling.blind_stage import Watcher

# What a page sends to, as the API has it, and what a page does after it: take what comes next.
ROUTES = {
    "take": ("take", ""),
    "leave": ("leave", ""),
    "read_replies": ("read_replies", ""),
    "read_guideline": ("read_guideline", ""),
    "keep": ("heartbeat", ""),
    "answer": ("answer", "take"),
    "undo": ("undo", "take"),
    "skip": ("skip", "take"),
    "flag": ("flag", ""),
    "adjudicate_take": ("take_adjudication", ""),
    "adjudicate_answer": ("adjudicate", "take_adjudication"),
    "confirm": ("confirm", "take_adjudication"),
    "adjudicate_skip": ("skip", "take_adjudication"),
}
OF_THE_PAGE = {"assignment", "shown", "have", "only_outcome"}


@dataclass
class ProgramWatcher(Watcher):
    """Reads and writes over the API; a script that asks for one page gets the page."""

    space = "api"
    picture = "api:picture"

    def post(self, name: str, script: bool = True, **fields: Any) -> str:
        """Send something to the API, then take what comes next where the page would; returns the reply to the write."""
        route, then = ROUTES[name]
        if name == "answer" and "replaces" in fields:
            route, then = "edit", ""
        about = fields.get("shown") if name == "keep" else fields.get("assignment")
        body = {key: value for key, value in fields.items() if key not in OF_THE_PAGE}
        text = self.write(route, body, **({"assignment": about} if about else {}))
        if then and "only_outcome" not in fields:
            self.write(then, {})
        return text

    def write(self, route: str, body: dict[str, Any], **arguments: Any) -> str:
        """Send one write and remember the answer it made."""
        text = self.send(f"POST api:{route}", "POST", self.url(f"api:{route}", **arguments), body)
        told = json.loads(text)
        if told.get("kind") == "submitted" and told.get("answer"):
            self.answers[told["assignment"]] = told["answer"]
        return text

    def outcome(self, text: str) -> tuple[str, str]:
        """What a reply says of a write: its kind and code."""
        told = json.loads(text)
        return told.get("kind", ""), told.get("code", "")
