"""The labelling protocol once more, as plain Python without a database: what each call has to come to (docs/protocol.md).

The state machine of test_state_machine.py plays the same calls against this and against the site. People, candidates and
images are numbers here; times are datetimes of the test's own clock.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

LEASE, AHEAD, LONGEST = timedelta(minutes=15), timedelta(minutes=3), timedelta(minutes=60)
REVEAL = timedelta(hours=24)
REVIEWS = ("adjudication", "audit", "second_adjudication")
HELD_AT_MOST, RECENT, PEOPLE_NEEDED, BROKEN = 3, 20, 3, 2


class Refused(Exception):
    """The protocol refuses; the text is the code."""


@dataclass(eq=False)
class Row:
    """One assignment; `answers` are (name, verdict) in order, None for an answer taken back."""

    name: UUID
    person: int
    candidate: Candidate
    purpose: str
    round: int
    image: int
    until: datetime | None
    leased: datetime
    status: str = "leased"
    verdict: str | None = None
    is_ahead: bool = False
    submitted: datetime | None = None
    editable: datetime | None = None
    is_confirmed: bool = False
    late_of: Row | None = None
    is_skipped: bool = False
    answers: list[tuple[UUID | None, str | None]] = field(default_factory=list)

    @property
    def is_live(self) -> bool:
        """Whether it counts in its round."""
        return self.status in ("leased", "submitted")


@dataclass(eq=False)
class Candidate:
    """One candidate; `out` is held or withdrawn, '' while it is in play. `is_batched`: it is in the one batch there is.

    `shares` are the percents that are audited and adjudicated a second time, and `draw` is what the draws are made of: the project's seed
    and the candidate's name. `is_done`: it is settled, and was not drawn or has been looked at; it stays so while it is settled, even if
    what was answered then is void.
    """

    number: int
    image: int
    round: int = 1
    out: str = ""
    is_batched: bool = False
    rows: list[Row] = field(default_factory=list)
    imported: dict[int, str] = field(default_factory=dict)
    had_decision: bool = False
    shares: tuple[int, int] = (0, 0)
    draw: tuple[int, str] = (0, "")
    is_done: bool = False

    def live(self, purpose: str | None = None, status: str | None = None) -> list[Row]:
        """The rows that decide the round it is in."""
        rows = [row for row in self.rows if row.round == self.round and row.is_live]
        return [row for row in rows if purpose in (None, row.purpose) and status in (None, row.status)]

    def decide(self) -> tuple[str, str | None, str | None]:
        """(state, verdict, how) by the rows alone, as if it were in play."""
        answers = [row.verdict for row in self.live("primary", "submitted")]
        if len(answers) == 2 and answers[0] == answers[1]:
            return "settled", answers[0], "consensus"
        if len(answers) == 2:
            adjudications = self.live("adjudication", "submitted")
            return ("settled", adjudications[0].verdict, "adjudication") if adjudications else ("disputed", None, None)
        if self.round in self.imported and not self.live("primary"):
            return "settled", self.imported[self.round], "imported"
        return "open", None, None

    @property
    def state(self) -> str:
        """Its state in words."""
        return self.out or self.decide()[0]

    @property
    def decision(self) -> tuple[str | None, str | None]:
        """The decision that stands, (None, None) without one."""
        return (None, None) if self.out else self.decide()[1:]

    def answered(self, person: int) -> bool:
        """Whether the person answered it in this round, even too late or in vain."""
        mine = [row for row in self.rows if row.person == person and row.round == self.round]
        return any(row.status in ("submitted", "surplus", "void") for row in mine)

    def former(self) -> set[int]:
        """Who adjudicated the round it is in, even if that is void."""
        rows = [row for row in self.rows if row.round == self.round and row.purpose == "adjudication"]
        return {row.person for row in rows if row.status in ("submitted", "void")}

    def review(self) -> str:
        """What a third person is wanted for, '' for nothing: to adjudicate, to audit, or to adjudicate once more."""
        state, _verdict, how = self.decide()
        if state == "disputed":
            return "adjudication"
        wanted = {"consensus": "audit", "adjudication": "second_adjudication"}.get(how or "", "")
        return wanted if wanted and not self.is_done and self.is_drawn(wanted) else ""

    def note_done(self) -> None:
        """Whether nobody is to look at it any more, as it stands now."""
        is_looked_at = any(self.live(purpose, "submitted") for purpose in [self.review()] if purpose)
        self.is_done = self.state == "settled" and (self.is_done or not self.review() or is_looked_at)

    def is_drawn(self, purpose: str) -> bool:
        """Whether this round is among those looked at once more."""
        share, word = (self.shares[0], "audit") if purpose == "audit" else (self.shares[1], "second")
        digest = hashlib.sha256(f"{self.draw[0]} {word} {self.draw[1]} {self.round}".encode()).digest()
        return int.from_bytes(digest[:8], "big") / 2**64 < share / 100

    def ready(self, now: datetime) -> str:
        """What it is free for an adjudicator for, '' while it is not."""
        windows = [row.editable for row in self.live("primary", "submitted")]
        wanted = self.review()
        is_free = bool(wanted) and not self.live(wanted) and all(end is not None and end <= now for end in windows)
        return wanted if is_free else ""

    def bars(self, person: int) -> bool:
        """Whether the person skipped it in this round, or adjudicated it in this round or the one before, even if that is void.

        Whoever audited it or adjudicated it second has only had their say in the round.
        """
        mine = [row for row in self.rows if row.person == person]
        if any(row.purpose in REVIEWS[1:] and row.status == "submitted" and row.round == self.round for row in mine):
            return True
        adjudicated = [row for row in mine if row.purpose == "adjudication" and row.status in ("submitted", "void")]
        former = any(row.round >= self.round - 1 for row in adjudicated)
        return former or any(row.is_skipped and row.round == self.round for row in mine)


@dataclass
class Person:
    """A member and their rights; `is_elsewhere`: they work in a category of which there is nothing here."""

    labels: bool
    adjudicates: bool
    is_active: bool = True
    is_elsewhere: bool = False


@dataclass
class Protocol:
    """The whole state, and one method per call; a method raises Refused or returns what the site must answer."""

    now: datetime
    people: dict[int, Person]
    candidates: list[Candidate]
    undo: timedelta
    is_paused: bool = False
    batch_is_closed: bool = False
    batch_people: set[int] = field(default_factory=set)
    broken: dict[tuple[int, int], set[int]] = field(default_factory=dict)

    # What people see

    def rows(self) -> Iterator[Row]:
        """Every assignment, candidate by candidate."""
        for candidate in self.candidates:
            yield from candidate.rows

    def held(self, person: int) -> list[Row]:
        """The live primary leases of a person, oldest first."""
        mine = [row for row in self.rows() if row.person == person and row.status == "leased" and row.purpose == "primary"]
        return sorted(mine, key=lambda row: row.leased)

    def due(self) -> list[Row]:
        """Leases whose time is over."""
        return [row for row in self.rows() if row.status == "leased" and row.until is not None and row.until <= self.now]

    def may_label(self, person: int) -> list[Candidate]:
        """The candidates a person may be given."""
        return [
            candidate
            for candidate in self.candidates
            if candidate.state == "open"
            and self.is_given(person, candidate)
            and len(candidate.live("primary")) < 2
            and all(row.person != person for row in candidate.live())
            and not candidate.bars(person)
        ]

    def may_adjudicate(self, person: int) -> list[Candidate]:
        """The disputes a person may be given: those they have not answered, not even too late."""
        return [
            candidate
            for candidate in self.candidates
            if not candidate.out and candidate.ready(self.now) and not candidate.bars(person) and not candidate.answered(person)
            if self.is_given(person, candidate)
        ]

    def is_given(self, person: int, candidate: Candidate) -> bool:
        """Whether the person is given work on the candidate at present, as far as batches and categories go."""
        return self.works_on(person, candidate) and not (candidate.is_batched and self.batch_is_closed)

    def works_on(self, person: int, candidate: Candidate) -> bool:
        """Whether the person is one of those who work on the candidate."""
        is_outside = candidate.is_batched and bool(self.batch_people) and person not in self.batch_people
        return not is_outside and not self.people[person].is_elsewhere

    def recent(self, person: int) -> list[Row]:
        """What a person may still change: their last twenty answers, while each one's window is open."""
        mine = [row for row in self.rows() if row.person == person and row.status == "submitted" and row.purpose == "primary"]
        last = sorted(mine, key=lambda row: row.submitted or self.now)[-RECENT:]
        return [row for row in last if row.editable is not None and row.editable > self.now]

    def pending_reveal(self, person: int) -> Row | None:
        """The adjudication a person has still to confirm."""
        mine = [
            row
            for row in self.rows()
            if row.person == person and row.purpose == "adjudication" and row.status == "submitted" and not row.is_confirmed
        ]
        mine = [row for row in mine if row.submitted is not None and row.submitted > self.now - REVEAL]
        return min(mine, key=lambda row: row.submitted or self.now, default=None)

    # Checks

    def own(self, row: Row, person: int, right: str) -> None:
        """The refusals every write on an assignment shares."""
        if row.person != person:
            raise Refused("not_found")
        self.member(person, right)

    def member(self, person: int, right: str) -> None:
        """Refuse whoever lacks the right."""
        member = self.people[person]
        if not member.is_active or not getattr(member, right):
            raise Refused("not_allowed")

    # Taking work

    def lease(self, name: UUID, person: int, candidate: Candidate, purpose: str, until: datetime, is_ahead: bool = False) -> Row:
        """Add a lease that the site gave."""
        row = Row(name, person, candidate, purpose, candidate.round, candidate.image, until, self.now, is_ahead=is_ahead)
        candidate.rows.append(row)
        return row

    def promote(self, row: Row) -> None:
        """Its candidate is on screen."""
        row.is_ahead, row.leased, row.until = False, self.now, self.now + LEASE

    def keep(self, row: Row, person: int) -> bool:
        """The heartbeat; whether the lease is still the person's."""
        if row.person != person or row.status != "leased":
            return False
        if row.is_ahead:
            self.promote(row)
        row.until = max(row.until or self.now, min(self.now + LEASE, row.leased + LONGEST))
        return True

    def keep_ahead(self, person: int) -> int:
        """The same for what the page holds ahead; how many of them may be held longer."""
        ahead = [row for row in self.held(person) if row.is_ahead and row.until is not None and row.until > self.now]
        ahead = [row for row in ahead if self.now + AHEAD < row.leased + LONGEST]
        for row in ahead:
            row.until = self.now + AHEAD
        return len(ahead)

    def release(self, row: Row) -> None:
        """End a lease."""
        row.status, row.until = "released", None

    def end_leases(self, candidate: Candidate) -> None:
        """End every lease of the round."""
        for row in candidate.live(status="leased"):
            self.release(row)

    # Answers

    def fill(self, row: Row, verdict: str) -> None:
        """The answer is in."""
        row.status, row.verdict, row.until, row.is_ahead = "submitted", verdict, None, False
        row.submitted, row.editable = self.now, self.now + self.undo

    def submit(self, row: Row, person: int, verdict: str) -> tuple[str, Row | None]:
        """(code, the row that holds the answer; None where a new row does)."""
        self.own(row, person, "labels")
        check_verdict(verdict)
        if row.purpose != "primary":
            raise Refused("wrong_purpose")
        if row.status == "leased":
            self.fill(row, verdict)
            return "submitted", row
        if row.status == "released":
            return self.submit_late(row, verdict)
        raise Refused("already_answered")

    def submit_late(self, row: Row, verdict: str) -> tuple[str, Row | None]:
        """An answer whose lease has ended."""
        self.unanswered(row)
        candidate = row.candidate
        mine = next((other for other in candidate.live() if other.person == row.person), None)
        is_mine = mine is not None and mine.purpose == "primary"
        if is_mine and mine is not None and mine.status == "submitted" and candidate.round == row.round:
            raise Refused("already_answered")
        is_changed = (candidate.round, candidate.image) != (row.round, row.image) or candidate.state not in ("open", "held")
        if is_changed or row.person in candidate.former() - {other.person for other in candidate.live("adjudication")}:
            return "surplus", None
        if is_mine and mine is not None:
            self.fill(mine, verdict)
            return "submitted", mine
        if mine is None and len(candidate.live("primary")) < 2:
            return "late", None
        return "surplus", None

    def unanswered(self, row: Row) -> None:
        """Refuse a second answer under an ended lease."""
        if any(other.late_of is row for other in row.candidate.rows):
            raise Refused("already_answered")
        if row.is_skipped:
            raise Refused("skipped")

    def add_late(self, name: UUID, lease: Row, verdict: str, code: str) -> Row:
        """The new row of a late answer."""
        row = Row(name, lease.person, lease.candidate, lease.purpose, lease.round, lease.image, None, lease.leased, late_of=lease)
        lease.candidate.rows.append(row)
        self.fill(row, verdict)
        row.status = "surplus" if code == "surplus" else "submitted"
        return row

    def changeable(self, row: Row, person: int, replaces: UUID | None) -> None:
        """The refusals of edit and undo."""
        self.own(row, person, "labels")
        if row.status == "surplus":
            raise Refused("not_counted")
        if row.status != "submitted" or row.purpose != "primary":
            raise Refused("not_answered")
        if row.answers[-1][0] != replaces:
            raise Refused("answer_changed")
        if row not in self.recent(person):
            raise Refused("window_closed")

    def edit(self, row: Row, person: int, verdict: str, replaces: UUID | None) -> tuple[str, Row]:
        """Another verdict for an answer."""
        self.changeable(row, person, replaces)
        check_verdict(verdict)
        row.verdict = verdict
        return "edited", row

    def make_room(self, row: Row, person: int, replaces: UUID | None) -> None:
        """What an undo gives back first."""
        if row.person != person or row not in self.recent(person) or row.answers[-1][0] != replaces:
            return
        spare = [held for held in self.held(person) if not held.answers]
        if len(self.held(person)) >= HELD_AT_MOST and spare:
            self.release(max(spare, key=lambda held: (held.is_ahead, held.leased)))

    def take_back(self, row: Row, person: int, replaces: UUID | None) -> tuple[str, Row]:
        """Undo."""
        self.changeable(row, person, replaces)
        if row.round != row.candidate.round or row.candidate.out == "withdrawn":
            row.status = "void"
        elif len(self.held(person)) >= HELD_AT_MOST:
            raise Refused("too_many_open")
        else:
            row.status, row.verdict, row.submitted, row.editable = "leased", None, None, None
            row.leased, row.until = self.now, self.now + LEASE
        return "undone", row

    def skip(self, row: Row, person: int, why: str) -> str:
        """Pass a candidate on."""
        self.own(row, person, "labels" if row.purpose == "primary" else "adjudicates")
        candidate = row.candidate
        mine = [other for other in candidate.rows if other.person == person and other.round == row.round]
        answered = any(other.purpose == row.purpose and other.status == "submitted" for other in mine)
        answered = answered or any(other.late_of is row for other in mine)
        if row.is_skipped or not (row.status == "leased" or (row.status == "released" and not answered)):
            raise Refused("already_answered")
        row.is_skipped = True
        for other in mine:
            if other.status == "leased":
                self.release(other)
        if why != "broken":
            return "skipped"
        self.broken.setdefault((candidate.number, row.round), set()).add(person)
        if len(self.broken.get((candidate.number, candidate.round), ())) >= BROKEN and candidate.state in ("open", "disputed"):
            candidate.out = "held"
        return "skipped"

    def flag(self, row: Row, person: int, right: str, has_text: bool) -> str:
        """A remark for the lead."""
        self.own(row, person, right)
        if not has_text:
            raise Refused("empty_flag")
        return "flagged"

    # Adjudication

    def blind(self, row: Row, person: int, verdict: str) -> tuple[str, Row | None]:
        """The blind answer of an adjudicator."""
        self.own(row, person, "adjudicates")
        if row.purpose not in REVIEWS:
            raise Refused("wrong_purpose")
        check_verdict(verdict)
        if row.status == "released":
            self.unanswered(row)
            candidate = row.candidate
            is_free = candidate.round == row.round and candidate.out != "withdrawn" and candidate.ready(self.now) == row.purpose
            is_third = not candidate.answered(person) and all(other.person != person for other in candidate.live())
            return ("late" if is_free and is_third else "surplus"), None
        if row.status != "leased":
            raise Refused("already_answered")
        self.fill(row, verdict)
        return "adjudicated", row

    def confirm(self, row: Row, person: int, verdict: str | None) -> tuple[str, Row]:
        """Confirm (None) or revise after the reveal."""
        self.own(row, person, "adjudicates")
        if row.purpose not in REVIEWS:
            raise Refused("wrong_purpose")
        if row.status != "submitted" or row.is_confirmed or row.purpose != "adjudication":
            raise Refused("already_confirmed")
        if row.submitted is None or row.submitted <= self.now - REVEAL:
            raise Refused("reveal_over")
        if verdict is not None:
            check_verdict(verdict)
        row.verdict, row.is_confirmed = verdict or row.verdict, True
        return ("confirm" if verdict is None else "revise"), row

    # The lead

    def hold(self, candidate: Candidate) -> None:
        if candidate.state not in ("open", "disputed"):
            raise Refused("not_open")
        candidate.out = "held"

    def put_back(self, candidate: Candidate) -> None:
        if not candidate.out:
            raise Refused("not_held")
        candidate.out = ""
        self.broken.pop((candidate.number, candidate.round), None)

    def withdraw(self, candidate: Candidate) -> None:
        if candidate.out == "withdrawn":
            raise Refused("withdrawn")
        candidate.out = "withdrawn"
        self.end_leases(candidate)

    def reopen(self, candidate: Candidate) -> None:
        if candidate.out == "withdrawn":
            raise Refused("not_reopenable")
        self.enough(candidate)
        self.end_leases(candidate)
        candidate.round += 1
        candidate.out = ""

    def enough(self, candidate: Candidate, code: str = "too_few_people") -> None:
        """Refuse with fewer than three people besides whoever adjudicated this round, and, where it goes on, whoever audited it."""
        barred = candidate.former()
        if code != "too_few_people":
            barred |= {row.person for row in candidate.live("audit", "submitted")}
        able = [number for number, person in self.people.items() if person.is_active and number not in barred]
        able = [number for number in able if self.works_on(number, candidate)]
        if len([number for number in able if self.people[number].labels or self.people[number].adjudicates]) < PEOPLE_NEEDED:
            raise Refused(code)

    def void(self, candidate: Candidate, chosen: list[Row]) -> tuple[str, int, int]:
        """Void one person's answers to a candidate: (effect, answers, adjudications)."""
        mine = [row for row in chosen if row.candidate is candidate and row.status == "submitted"]
        if not mine:
            raise Refused("nothing_to_void")
        current = next((row for row in mine if row.round == candidate.round), None)
        effect = "void_earlier_round"
        if current is not None:
            effect = self.make_way(candidate, current)
        for row in mine:
            row.status = "void"
        adjudications = len([row for row in mine if row.purpose in REVIEWS])
        return effect, len(mine) - adjudications, adjudications

    def make_way(self, candidate: Candidate, current: Row) -> str:
        """The effect of voiding an answer of the round that goes on."""
        if current.purpose in REVIEWS[1:]:
            return "void_check"
        if candidate.out == "withdrawn":
            raise Refused("void_withdrawn")
        if candidate.decide()[0] == "open":
            return "void_seat"
        self.enough(candidate, "void_too_few_people")
        if current.purpose == "adjudication":
            others = [number for number, person in self.people.items() if person.is_active and person.adjudicates]
            others = [number for number in others if self.works_on(number, candidate)]
            if all(candidate.answered(number) for number in others):
                raise Refused("void_no_adjudicator")
            self.end_reviews(candidate)
            return "void_adjudication"
        if candidate.live("adjudication", "submitted"):
            self.end_leases(candidate)
            candidate.round += 1
            return "void_new_round"
        self.end_reviews(candidate)
        return "void_one_seat"

    def end_reviews(self, candidate: Candidate) -> None:
        """What adjudicators hold of it ends."""
        for row in candidate.live(status="leased"):
            if row.purpose in REVIEWS:
                self.release(row)

    def replace(self, candidate: Candidate, image: int) -> None:
        if candidate.out == "withdrawn":
            raise Refused("not_reopenable")
        if candidate.image == image:
            raise Refused("same_image")
        if candidate.rows or candidate.had_decision:
            self.reopen(candidate)
        candidate.image, candidate.out = image, ""

    def import_decision(self, candidate: Candidate, verdict: str) -> str:
        """A decision made elsewhere."""
        if candidate.out:
            raise Refused("out_of_queue")
        current, how = candidate.decision
        if current == verdict:
            return "unchanged"
        if how != "imported" and (current is not None or any(row.status != "released" for row in candidate.rows)):
            raise Refused("decided_here")
        if candidate.round > 1:
            raise Refused("new_round")
        candidate.imported[candidate.round] = verdict
        return "updated" if how == "imported" else "created"

    def remove(self, person: int) -> int:
        """Take a person off the project; how many leases ended."""
        if not self.people[person].is_active:
            raise Refused("not_found")
        self.people[person].is_active = False
        leases = [row for row in self.rows() if row.person == person and row.status == "leased"]
        for row in leases:
            self.release(row)
        return len(leases)


def check_verdict(verdict: Any) -> None:
    """Refuse what is no verdict."""
    if verdict not in ("accept", "reject"):
        raise Refused("bad_verdict")
