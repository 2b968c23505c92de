"""What one of the crowd does: labels, hesitates, changes their mind, loses the connection, adjudicates."""

from __future__ import annotations

import hashlib
import random
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.urls import reverse

from tests.crowd.browser import Browser, new_key
from tests.crowd.pages import Card, Reply
from tests.crowd.seed import PASSWORD, SLUG

REASONS = ["brief_missed", "blurry", "unreal", "unattractive", "bad_text", "hard_rule", "other"]
SKIPS = ["unclear_brief", "cannot_judge", "personal", "other"]
CLASSES = ["ambiguous_brief", "taste", "missed_defect", "missed_requirement", "wrong_by_guideline", "other"]
# What a person does now and then (`Person.mischief`), by weight: how a write is sent, what happens to the card on screen
# instead of an answer, and what a person does beside it.
WAYS = {"double": 1, "dropped": 1}
CARD_ACTS = {"set_aside": 9, "skip": 3, "flag": 3}
SIDE_ACTS = {
    "edit": 7,
    "edit_wrongly": 3,
    "undo": 6,
    "replay": 8,
    "reuse_key": 3,
    "answer_again": 2,
    "keep": 2,
    "reload": 2,
    "close_tab": 2,
    "vanish": 2,
    "recent": 1,
    "two_tabs": 2,
}
LATE_AFTER = (3, 25)  # cards until a card set aside is answered
DISAGREES = 0.06  # how often a person sees a picture otherwise than most


@dataclass
class Written:
    """A write that was acknowledged."""

    act: str
    path: str
    fields: dict[str, Any]
    reply: Reply


@dataclass
class Person:
    """One of the crowd; `deck` is what the page has, `aside` are cards set aside with the count of cards at which they come up."""

    browser: Browser
    random: random.Random
    finished: threading.Event
    mischief: float = 0.2  # how often anything but the plain thing happens
    stops_after: int | None = None  # closes the laptop after so many cards and never comes back
    deck: list[Card] = field(default_factory=list)
    aside: list[tuple[int, Card]] = field(default_factory=list)
    aside_dispute: tuple[int, Card] | None = None
    written: list[Written] = field(default_factory=list)
    mine: dict[str, list[str]] = field(default_factory=dict)  # assignment: its answers, newest last
    cards: int = 0
    notes: int = 0
    idle_s: float = 0.2

    def work(self) -> None:
        """Sign in and work until everything is settled, or until this person stops."""
        self.browser.sign_in(reverse("sign_in"), PASSWORD)
        self.reload()
        while not self.finished.is_set():
            if self.stops_after is not None and self.cards >= self.stops_after:
                self.browser.counts["stopped with cards in hand"] += 1
                return
            busy = self.label_one()
            if self.random.random() < (0.12 if busy else 0.9):
                busy = self.adjudicate_one() or busy
            self.pause(busy)
        for _due, card in self.aside:
            self.answer(card)

    def pause(self, busy: bool) -> None:
        """Wait longer and longer while there is nothing to do."""
        self.idle_s = 0.2 if busy else min(4.0, self.idle_s * 2)
        if not busy:
            self.finished.wait(self.idle_s)

    def url(self, name: str) -> str:
        """The address of a page or of a write."""
        return reverse(f"labeling:{name}", args=[SLUG])

    def choose(self, usual: str, others: dict[str, int], share: float) -> str:
        """The usual, or with probability `share` one of the others, drawn by weight."""
        if self.random.random() >= share:
            return usual
        return self.random.choices(list(others), list(others.values()))[0]

    def label_one(self) -> bool:
        """Do something with one card; False if there is none."""
        if self.aside and self.aside[0][0] <= self.cards:
            self.answer(self.aside.pop(0)[1])
        if not self.deck:
            self.see(self.browser.post(self.url("take"), self.page()))
        if not self.deck:
            if self.aside:
                self.answer(self.aside.pop(0)[1])
            return False
        self.cards += 1
        card = self.deck.pop(0)
        getattr(self, self.choose("answer", CARD_ACTS, self.mischief))(card)
        getattr(self, self.choose("nothing", SIDE_ACTS, self.mischief))()
        return True

    def page(self) -> dict[str, Any]:
        """What the page has: the card on screen and all of them."""
        have = [card.assignment for card in self.deck] + [card.assignment for _due, card in self.aside]
        return {"have": have} | ({"shown": have[0]} if self.deck else {})

    def see(self, reply: Reply) -> None:
        """Take the reply in: new cards come, cards that are no longer held go."""
        if reply.held is None:
            return
        known = {card.assignment: card for card in [*self.deck, *reply.cards]}
        self.deck = [known[held] for held in reply.held if held in known]

    def write(self, act: str, name: str, fields: dict[str, Any], how: str | None = None) -> Reply:
        """Send a write under a new key, one of the ways it may go, and remember it."""
        path, fields = self.url(name), {**fields, "key": new_key()}
        reply = self.browser.write(act, path, fields, how or self.choose("plain", WAYS, self.mischief / 2))
        self.written.append(Written(act, path, fields, reply))
        return reply

    # Cards

    def opinion(self, card: Card) -> dict[str, Any]:
        """What this person thinks of a picture: mostly what everybody thinks; every answer has a note of its own."""
        digest = hashlib.sha256(f"{card.title} {card.number}".encode()).digest()
        accepts = (digest[0] % 2 == 0) != (self.random.random() < DISAGREES)
        self.notes += 1
        fields = {"answer": "accept" if accepts else "reject", "note": f"{self.browser.person} note {self.notes}"}
        if not accepts:
            fields["reasons"] = sorted(self.random.sample(REASONS, self.random.randint(0, 2)))
        times = {"active_ms": self.random.randint(300, 9000), "shown_ago_ms": self.random.randint(0, 9000), "answered_ago_ms": 0}
        return fields | times

    def answer(self, card: Card) -> None:
        """Answer a card, in time or late."""
        reply = self.write("submit", "answer", {"assignment": card.assignment, **self.opinion(card), **self.page()})
        if reply.kind == "submitted":
            self.mine[reply.assignment] = [reply.answer]
        self.see(reply)

    def set_aside(self, card: Card) -> None:
        """Leave a card for later, when its time may be over."""
        self.aside.append((self.cards + self.random.randint(*LATE_AFTER), card))

    def skip(self, card: Card) -> None:
        """Pass a card on."""
        fields = {"assignment": card.assignment, "reason": self.random.choice(SKIPS), "note": ""}
        self.see(self.write("skip", "skip", {**fields, **self.page()}))

    def flag(self, card: Card) -> None:
        """Tell the lead something, and answer."""
        self.notes += 1
        self.write("flag", "flag", {"assignment": card.assignment, "text": f"{self.browser.person} note {self.notes}"})
        self.answer(card)

    # Beside the cards

    def nothing(self) -> None:
        """Go on."""

    def recent_one(self) -> tuple[str, list[str]] | None:
        """One of this person's last answers."""
        last = list(self.mine.items())[-10:]
        return self.random.choice(last) if last else None

    def edit(self) -> None:
        """Change a recent answer."""
        found = self.recent_one()
        if found is None:
            return
        assignment, answers = found
        opinion = self.opinion(Card(assignment, "", ""))
        reply = self.write("edit", "answer", {"assignment": assignment, "replaces": answers[-1], **opinion})
        if reply.kind == "submitted":
            answers.append(reply.answer)

    def edit_wrongly(self) -> None:
        """Change an answer that was changed since."""
        changed = [assignment for assignment, answers in self.mine.items() if len(answers) > 1][-1:]
        for assignment in changed:
            answers = self.mine[assignment]
            self.write("edit", "answer", {"assignment": assignment, "replaces": answers[0], **self.opinion(Card(assignment, "", ""))})

    def undo(self) -> None:
        """Take a recent answer back; its card comes again."""
        found = self.recent_one()
        if found is None:
            return
        assignment, answers = found
        reply = self.write("undo", "undo", {"assignment": assignment, "replaces": answers[-1], **self.page()})
        if reply.kind == "submitted":
            del self.mine[assignment]
        self.see(reply)

    def replay(self) -> None:
        """Send something again that was acknowledged long ago, as a browser with an old outbox does."""
        if not self.written:
            return
        old = self.random.choice(self.written)
        reply = self.browser.write(old.act, old.path, old.fields, "replay")
        self.browser.counts["replay"] += 1
        if (reply.kind, reply.code, reply.assignment, reply.answer) != (
            old.reply.kind,
            old.reply.code,
            old.reply.assignment,
            old.reply.answer,
        ):
            self.browser.failures.append(f"{self.browser.person}: replayed {old}, got {reply}")

    def reuse_key(self) -> None:
        """Send another answer under a used key; it must be refused."""
        submits = [old for old in self.written[-30:] if old.act == "submit"]
        if not submits:
            return
        old = self.random.choice(submits)
        other = {**old.fields, "answer": "reject" if old.fields["answer"] == "accept" else "accept", "reasons": []}
        reply = self.browser.write("reuse", old.path, other)
        if (reply.kind, reply.code) != ("refused", "key_reused"):
            self.browser.failures.append(f"{self.browser.person}: reused a key of {old}, got {reply}")

    def answer_again(self) -> None:
        """Answer what is answered, as a second tab does that still shows the card."""
        found = self.recent_one()
        if found is not None:
            self.write("submit", "answer", {"assignment": found[0], **self.opinion(Card(found[0], "", "")), **self.page()})

    def keep(self) -> None:
        """The heartbeat of the card on screen."""
        if self.deck:
            self.browser.post(self.url("keep"), {"shown": self.deck[0].assignment})

    def reload(self) -> None:
        """Load the page again: it shows what this person holds."""
        reply = self.browser.get(self.url("label"))
        aside = {card.assignment for _due, card in self.aside}
        self.deck = [card for card in reply.cards if card.assignment not in aside]

    def close_tab(self) -> None:
        """Leave as a closing tab does, and come back."""
        self.browser.post(self.url("leave"), {})
        self.browser.counts["tab closed"] += 1
        self.reload()

    def vanish(self) -> None:
        """The tab dies without a word; what it held ahead is left behind. Come back in a new one."""
        self.browser.counts["tab died"] += 1
        self.reload()

    def recent(self) -> None:
        """Look at one's own answers."""
        self.browser.get(self.url("recent"))

    def two_tabs(self) -> None:
        """Take work in two tabs at once."""
        other = self.browser.helper.submit(self.browser.post, self.url("take"), self.page())
        self.see(self.browser.post(self.url("take"), self.page()))
        other.result()

    # Disputes

    def adjudicate_one(self) -> bool:
        """Do something with one dispute; False if there is none."""
        if self.aside_dispute is not None:
            due, card = self.aside_dispute
            if self.cards < due and self.deck:
                return False
            self.aside_dispute = None
            return self.judge(card)
        reply = self.browser.post(self.url("adjudicate_take"), {})
        if reply.reveal:
            return self.confirm(reply)
        if not reply.cards:
            return False
        return self.take_on(reply.cards[0])

    def take_on(self, card: Card) -> bool:
        """Answer a dispute, pass it on, or leave it until its time may be over."""
        draw = self.random.random()
        if draw < self.mischief / 6:
            fields = {"assignment": card.assignment, "reason": self.random.choice(SKIPS), "note": ""}
            self.write("skip", "adjudicate_skip", fields)
            return True
        if draw < self.mischief / 2:
            self.aside_dispute = (self.cards + self.random.randint(*LATE_AFTER), card)
            return True
        return self.judge(card)

    def judge(self, card: Card) -> bool:
        """Answer a dispute blind; mostly confirm at once what is revealed then."""
        reply = self.write("adjudicate", "adjudicate_answer", {"assignment": card.assignment, **self.opinion(card)})
        if reply.reveal and self.random.random() < 0.9:
            self.confirm(reply)
        return True

    def confirm(self, reply: Reply) -> bool:
        """Close an adjudication after its reveal; every fourth time with another answer."""
        if sorted(reply.opinions[:2]) != ["accept", "reject"]:
            self.browser.failures.append(f"{self.browser.person}: a reveal without two different answers: {reply}")
        fields: dict[str, Any] = {"assignment": reply.reveal, "reason_class": self.random.choice(CLASSES), "answer": "keep"}
        if self.random.random() < 0.25:
            fields |= self.opinion(Card(reply.reveal, "", ""))
        self.write("confirm", "confirm", fields)
        return True


def make_person(address: str, name: str, folder: Path, seed: int, finished: threading.Event, **habits: Any) -> Person:
    """One of the crowd with a log of their own; `habits` are `mischief` and `stops_after`."""
    browser = Browser(address, name, folder / f"{name}.jsonl")
    return Person(browser, random.Random(seed), finished, **habits)
