"""What a script in the browser reads out of the site's replies."""

import html
import re
from dataclasses import dataclass, field

CARD = re.compile(r'<article class="card" data-assignment="([0-9a-f-]{36})"[^>]*? data-number="(\d+)"[^>]*? data-title="([^"]*)"')
OUTCOME = re.compile(r'<div data-outcome="(\w+)"([^>]*)>')
ATTRIBUTE = re.compile(r'data-(\w+)="([^"]*)"')
HELD = re.compile(r'data-held="([^"]*)"')
REVEAL = re.compile(r'data-reveal="([0-9a-f-]{36})"')
OPINION = re.compile(r'class="opinion is-(accept|reject)"')
STATE = re.compile(r'<section class="state" data-state="(\w+)"')


@dataclass(frozen=True)
class Card:
    """A card as it came: which assignment, and the picture it is about."""

    assignment: str
    number: str
    title: str


@dataclass
class Reply:
    """One reply of the site. `held` is None where the reply says nothing about it."""

    kind: str = ""
    code: str = ""
    assignment: str = ""
    answer: str = ""
    held: list[str] | None = None
    cards: list[Card] = field(default_factory=list)
    reveal: str = ""
    opinions: list[str] = field(default_factory=list)
    empty: str = ""


def read_reply(text: str) -> Reply:
    """The reply in a fragment or a whole page."""
    reply = Reply(cards=[Card(found[1], found[2], html.unescape(found[3])) for found in CARD.finditer(text)])
    if found := OUTCOME.search(text):
        values = dict(ATTRIBUTE.findall(found[2]))
        reply.kind, reply.code = found[1], values.get("code", "")
        reply.assignment, reply.answer = values.get("assignment", ""), values.get("answer", "")
    if found := HELD.search(text):
        reply.held = found[1].split()
    if found := REVEAL.search(text):
        reply.reveal, reply.opinions = found[1], OPINION.findall(text)
    if found := STATE.search(text):
        reply.empty = found[1]
    return reply
