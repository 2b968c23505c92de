"""One walk through the protocol: each act is made on the site and on the plain-Python model, and both must agree.

An act takes four numbers and words that choose for it: `pick` and `who` (0 to 63), a verdict, and a yes or no.
"""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from unittest.mock import patch

import pytest
from django.db import connection, transaction

from labeling.models import Assignment, Candidate, Project, Purpose, User
from labeling.protocol.adjudicate import confirm_adjudication, read_reveal, submit_blind, take_adjudication
from labeling.protocol.batches import BatchPlan, batch_candidate, change_batch, create_batch
from labeling.protocol.draw import WORDS, is_drawn
from labeling.protocol.edit import edit_answer, undo_answer
from labeling.protocol.hold import hold_candidate, reopen_candidate, replace_image, return_candidate, withdraw_candidate
from labeling.protocol.intake import import_decision
from labeling.protocol.lease import keep_ahead, keep_lease, take_cards
from labeling.protocol.members import Rights, add_member, drop_member, limit_member
from labeling.protocol.outcome import ProtocolError
from labeling.protocol.projects import change_settings
from labeling.protocol.reap import promote_ready, reap_due, release_ahead
from labeling.protocol.skip import raise_flag, skip_candidate
from labeling.protocol.submission import Submission
from labeling.protocol.submit import submit_answer
from labeling.protocol.void import void_answers
from tests.factories import make_bundle, make_image, make_lead, make_person, make_project, make_task
from tests.labeling import protocol_model as plain

START = datetime(2026, 5, 4, 9, 0, 0, 1, tzinfo=UTC)
# Sums of these never meet the end of a lease or a window to the second.
JUMPS_S = [37, 37, 190, 190, 907, 907, 3607, 90001]
OTHERS = 60  # from this `who` on, an act on a row is tried by somebody else than its owner


class World:
    """The rows every walk starts from: six people with different rights, a lead, and three candidates in two bundles."""

    def __init__(self) -> None:
        # Of what is settled about half is looked at once more, in every way.
        self.project = make_project(undo_minutes=15, audit_share=50, second_share=50)
        rights = [(True, True), (True, True), (True, True), (True, False), (False, True), (True, False)]
        self.people = {user.pk: user for user in (make_person(self.project, can_label=a, can_adjudicate=b) for a, b in rights)}
        self.rights = dict(zip(self.people, rights, strict=True))
        self.lead = make_lead(self.project)
        for quantity in (2, 1):
            make_bundle(make_task(self.project, quantity=quantity))
        self.candidates = {candidate.pk: candidate for candidate in Candidate.objects.order_by("pk")}
        self.choose_seed()
        self.images = [make_image() for _ in range(2)]
        self.batch = create_batch(self.project, self.lead, BatchPlan(name="first", priority=1))

    def choose_seed(self) -> None:
        """A seed by which some of the candidates are looked at once more in their first round and some are not, in both ways."""

        def draw(seed: int, purpose: Purpose) -> set[bool]:
            self.project.seed = seed
            return {is_drawn(Candidate(project=self.project, public_id=one.public_id), purpose) for one in self.candidates.values()}

        mixed = (seed for seed in itertools.count() if all(len(draw(seed, purpose)) == 2 for purpose in WORDS))
        self.project.seed = next(mixed)
        self.project.save(update_fields=["seed"])

    def model(self) -> plain.Protocol:
        """The same as a model."""
        people = {pk: plain.Person(labels, adjudicates) for pk, (labels, adjudicates) in self.rights.items()}
        shares = self.project.audit_share, self.project.second_share
        candidates = [
            plain.Candidate(pk, candidate.image_id, shares=shares, draw=(self.project.seed, str(candidate.public_id)))
            for pk, candidate in self.candidates.items()
        ]
        return plain.Protocol(START, people, candidates, timedelta(minutes=15))


class Walk:
    """One transaction that is rolled back at the end, under a clock of its own."""

    def __init__(self, world: World) -> None:
        self.world, self.clock = world, START
        self.time = patch("django.utils.timezone.now", self.tick)
        self.time.start()
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        self.project = Project.objects.get(pk=world.project.pk)
        self.model = world.model()
        self.sent: list[tuple[User, uuid.UUID, Callable[..., Any], Any]] = []

    def close(self) -> None:
        """Undo everything, after a last look at the references between rows."""
        self.time.stop()
        connection.check_constraints()
        transaction.set_rollback(True)
        self.transaction.__exit__(None, None, None)

    def tick(self) -> datetime:
        """The time of the walk, never the same twice."""
        self.clock += timedelta(microseconds=1)
        return self.clock

    # Choosing

    def person(self, pick: int, fits: Callable[[int], Any] = bool) -> User:
        """One of the people `fits` says yes to; of all where it does for nobody."""
        people = [person for number, person in self.world.people.items() if fits(number)] or list(self.world.people.values())
        return people[pick % len(people)]

    def row(self, pick: int, status: str = "", *purposes: str) -> plain.Row | None:
        """One row of this status and of one of these purposes, the newest for 0; of any status where none has this one."""
        rows = sorted(self.model.rows(), key=lambda row: row.leased, reverse=True)
        rows = [row for row in rows if not purposes or row.purpose in purposes]
        fitting = [row for row in rows if row.status == status] or rows
        return fitting[pick % len(fitting)] if fitting else None

    def owner(self, row: plain.Row, who: int) -> User:
        """The person of a row, and now and then somebody else."""
        return self.person(who) if who >= OTHERS else self.world.people[row.person]

    # Calling both sides

    def now(self) -> plain.Protocol:
        """The model, at the time of the site."""
        self.model.now = self.clock
        return self.model

    def plainly(self, expect: Callable[[], Any], call: Callable[[], Any]) -> Any:
        """Make a call without a receipt; both sides give the same, or refuse it with the same code."""
        expected, refusal = ask(expect)
        if not refusal:
            assert call() == expected
            return
        with pytest.raises(ProtocolError) as error:
            call()
        assert error.value.code == refusal

    def write(self, person: User, call: Callable[..., Any], expect: Callable[[], Any]) -> tuple[str, Any, Any]:
        """Make a call with a new key and remember its receipt; (code, the model's row, the outcome), code '' if refused."""
        key = uuid.uuid4()
        outcome = call(key=key)
        expected, refusal = ask(expect)
        code, row = expected if isinstance(expected, tuple) else (expected, None)
        assert (outcome.kind == "refused", outcome.code, outcome.replayed) == (bool(refusal), refusal or code, False)
        self.sent.append((person, key, call, outcome))
        return code or "", row, outcome

    def observe_reaping(self, due: list[plain.Row]) -> None:
        """A call for work ends up to five due leases; which of several is its own affair."""
        if not due:
            return
        names = ", ".join(f"'{row.name if connection.vendor == 'postgresql' else row.name.hex}'" for row in due)
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT public_id FROM labeling_assignment WHERE status = 'released' AND public_id IN ({names})")
            ended = {uuid.UUID(str(name)) for (name,) in cursor.fetchall()}
        assert len(ended) >= min(5, len(due))
        for row in due:
            if row.name in ended:
                self.model.release(row)

    # Taking work

    def work(self, pick: int, who: int, verdict: str, flag: bool) -> None:
        """Somebody who has something to do takes a card and answers it."""
        self.now()
        person = self.person(pick, lambda number: self.model.held(number) or self.model.may_label(number))
        self.take(person, None, ahead=flag)
        if held := [row for row in self.model.held(person.pk) if not row.is_ahead]:
            self.send(held[-1], 0, verdict)

    def take_cards(self, pick: int, who: int, verdict: str, flag: bool) -> None:
        """Somebody takes cards; their page may show one of those they hold."""
        person = self.person(pick)
        held = self.model.held(person.pk)
        self.take(person, held[who % len(held)] if held and who % 2 else None, flag)

    def take(self, person: User, named: plain.Row | None, ahead: bool) -> None:
        """Take cards while `named` is on screen."""
        due = self.now().due()
        if ask(lambda: self.model.member(person.pk, "labels"))[1]:
            with pytest.raises(ProtocolError, match="not allowed"):
                take_cards(self.project, person)
            self.observe_reaping(due)
            return
        cards = take_cards(self.project, person, shown=named.name if named else None, ahead=ahead)
        self.observe_reaping(due)
        self.check_cards(person.pk, named, ahead, cards)

    def check_cards(self, person: int, named: plain.Row | None, ahead: bool, cards: list[Any]) -> None:
        """The cards are those held, the right one first, and as many new ones as there are."""
        if named is not None and named.status == "leased" and named.is_ahead:
            self.model.promote(named)
        held = self.model.held(person)
        if held and all(row.is_ahead for row in held):
            self.model.promote(held[0])
        wanted = 0 if self.model.is_paused else (plain.HELD_AT_MOST if ahead else 1)
        free = self.model.may_label(person)
        assert len(cards) == len(held) + min(max(0, wanted - len(held)), len(free))
        shown = [row.name for row in reversed(held) if not row.is_ahead] + [row.name for row in held if row.is_ahead]
        assert [card.public_id for card in cards[: len(held)]] == shown
        for card in cards[len(held) :]:
            candidate = next(candidate for candidate in free if candidate.number == card.candidate_id)
            free.remove(candidate)
            is_ahead = bool(self.model.held(person))
            assert (card.is_ahead, card.purpose, card.round) == (is_ahead, "primary", candidate.round)
            assert abs(card.lease_until - self.clock - (plain.AHEAD if is_ahead else plain.LEASE)) < timedelta(seconds=1)
            row = self.model.lease(card.public_id, person, candidate, "primary", card.lease_until, is_ahead)
            row.leased = card.leased_at

    def take_adjudication(self, pick: int, who: int, verdict: str, flag: bool) -> None:
        """Somebody asks for a dispute; if `flag`, somebody for whom there is one."""
        due = self.now().due()
        person = self.person(pick, lambda number: flag and self.model.may_adjudicate(number))
        if ask(lambda: self.model.member(person.pk, "adjudicates"))[1]:
            with pytest.raises(ProtocolError, match="not allowed"):
                take_adjudication(self.project, person)
            return
        given = take_adjudication(self.project, person)
        self.observe_reaping(due)
        self.check_adjudication(person.pk, given)

    def check_adjudication(self, person: int, given: Any) -> None:
        """An unconfirmed reveal comes first, then what they hold, then a dispute that is theirs to have."""
        pending = self.model.pending_reveal(person)
        held = [row for row in self.model.rows() if row.person == person and row.purpose in plain.REVIEWS and row.status == "leased"]
        free = [] if self.model.is_paused else self.model.may_adjudicate(person)
        assert (given is not None) == bool(pending or held or free)
        if pending or held:
            assert given.public_id == (pending or held[0]).name
        elif free:
            candidate = next(candidate for candidate in free if candidate.number == given.candidate_id)
            row = self.model.lease(given.public_id, person, candidate, candidate.ready(self.clock), given.lease_until)
            row.leased = given.leased_at

    def keep_or_leave(self, pick: int, who: int, verdict: str, flag: bool) -> None:
        """A page shows a sign of life, or goes and gives back what it held ahead."""
        row = self.row(pick, "leased")
        if row is None:
            return
        person = self.owner(row, who)
        if flag:
            until = keep_lease(row.name, person)
            assert self.now().keep(row, person.pk) == (until is not None)
            assert until is None or abs(until - row.until) < timedelta(seconds=1)
            assert keep_ahead(self.project, person) == self.now().keep_ahead(person.pk)
            return
        ahead = [row for row in self.model.held(person.pk) if row.is_ahead]
        assert release_ahead(self.project, person) == len(ahead)
        for row in ahead:
            self.model.release(row)

    # Answers

    def submit(self, pick: int, who: int, verdict: str, flag: bool) -> None:
        """An answer to a lease in hand, or to any row at all."""
        row = self.row(pick) if flag and pick % 4 == 0 else self.row(pick, "leased", "primary")
        if row:
            self.send(row, who, verdict)

    def submit_late(self, pick: int, who: int, verdict: str, flag: bool) -> None:
        """An answer to a lease that has ended."""
        if row := self.row(pick, "released", "primary"):
            self.send(row, who, verdict)

    def send(self, row: plain.Row, who: int, verdict: str) -> None:
        """Submit a primary answer."""
        person = self.owner(row, who)
        call = partial(submit_answer, row.name, person, Submission(verdict=verdict))
        self.book(row, verdict, *self.write(person, call, lambda: self.now().submit(row, person.pk, verdict)))

    def book(self, lease: plain.Row, verdict: str, code: str, row: plain.Row | None, outcome: Any) -> None:
        """Write the answer that an outcome names into the model."""
        if not code:
            return
        if code in ("late", "surplus"):
            row = self.model.add_late(outcome.assignment, lease, verdict, code)
        assert row is not None
        assert (outcome.assignment, outcome.kind) == (row.name, "surplus" if code == "surplus" else "submitted")
        row.answers.append((outcome.answer, verdict))

    def edit(self, pick: int, who: int, verdict: str, flag: bool) -> None:
        """Change an answer; if `flag`, by the name of an answer it no longer has."""
        if row := self.row(pick, "submitted", "primary"):
            person, replaces = self.owner(row, who), name_answer(row, flag)
            call = partial(edit_answer, row.name, person, Submission(verdict=verdict), replaces)
            self.book(row, verdict, *self.write(person, call, lambda: self.now().edit(row, person.pk, verdict, replaces)))

    def undo(self, pick: int, who: int, verdict: str, flag: bool) -> None:
        """Take an answer back; if `flag`, by the name of an answer it no longer has."""
        row = self.row(pick, "submitted", "primary")
        if row is None:
            return
        person, replaces = self.owner(row, who), name_answer(row, flag)
        self.now().make_room(row, person.pk, replaces)
        call = partial(undo_answer, row.name, person, replaces)
        if self.write(person, call, lambda: self.now().take_back(row, person.pk, replaces))[0]:
            row.answers.append((None, None))

    def skip(self, pick: int, who: int, verdict: str, flag: bool) -> None:
        """Pass a candidate on, in time or late; two out of three times because it is broken."""
        if row := self.row(pick, "released" if flag else "leased"):
            person, why = self.owner(row, who), "broken" if pick % 3 else "cannot_judge"
            call = partial(skip_candidate, row.name, person, why, "")
            self.write(person, call, lambda: self.now().skip(row, person.pk, why))

    def flag(self, pick: int, who: int, verdict: str, flag: bool) -> None:
        """Tell the lead something, or nothing."""
        if row := self.row(pick):
            person, right = self.owner(row, who), "labels" if row.purpose == "primary" else "adjudicates"
            call = partial(raise_flag, row.name, person, "Look at the hand." if flag else " ")
            self.write(person, call, lambda: self.now().flag(row, person.pk, right, flag))

    # Adjudication

    def adjudicate(self, pick: int, who: int, verdict: str, flag: bool) -> None:
        """Wait until every window is closed, take a dispute and answer it blind."""
        self.clock += timedelta(seconds=907)
        self.take_adjudication(pick, who, verdict, True)
        self.blind(0, 0, verdict, False)

    def blind(self, pick: int, who: int, verdict: str, flag: bool) -> None:
        """The blind answer, in time or late; nothing is revealed before it."""
        row = self.row(pick, "released" if flag else "leased", *plain.REVIEWS)
        if row is None:
            return
        person = self.owner(row, who)
        if row.status != "submitted" or row.person != person.pk:
            with pytest.raises(ProtocolError, match="after your own"):
                read_reveal(row.name, person)
        call = partial(submit_blind, row.name, person, Submission(verdict=verdict))
        self.book(row, verdict, *self.write(person, call, lambda: self.now().blind(row, person.pk, verdict)))

    def confirm(self, pick: int, who: int, verdict: str, flag: bool) -> None:
        """See both answers, then confirm or revise."""
        row = self.row(pick, "submitted", *(plain.REVIEWS if who % 8 == 7 else ["adjudication"]))
        if row is None:
            return
        person, revised = self.owner(row, who), verdict if flag else None
        call = partial(confirm_adjudication, row.name, person, "taste", Submission(verdict=verdict) if flag else None)
        code, _row, outcome = self.write(person, call, lambda: self.now().confirm(row, person.pk, revised))
        if code:
            row.answers.append((outcome.answer, row.verdict))
            pair = [other for other in row.candidate.rows if other.round == row.round and other.purpose == "primary"]
            shown = {answer.public_id for answer in read_reveal(row.name, person).primaries}
            assert shown == {other.answers[-1][0] for other in pair if other.status == "submitted"}

    def carry_through(self, pick: int, who: int, verdict: str, flag: bool) -> None:
        """Two people answer, differently if it is the same candidate; somebody adjudicates, then revises; then another one."""
        self.work(pick, 0, "accept", False)
        self.work(who, 0, "reject", False)
        self.adjudicate(pick, 0, verdict, False)
        self.confirm(0, 0, verdict, flag)
        self.adjudicate(who, 0, verdict, False)

    def check_through(self, pick: int, who: int, verdict: str, flag: bool) -> None:
        """Two people answer alike; whoever comes by adjudicates what there is: a dispute, an audit, a second adjudication."""
        self.work(pick, 0, "accept", False)
        self.work(who, 0, "accept", False)
        self.adjudicate(who, 0, verdict, False)
        self.confirm(0, 0, verdict, flag)
        self.adjudicate(pick, 0, verdict, False)

    # Sending again

    def replay(self, pick: int, who: int, verdict: str, flag: bool) -> None:
        """The same write again comes to the same and changes nothing; if `flag`, its key with another write is refused."""
        if not self.sent:
            return
        person, key, call, outcome = self.sent[-1 - pick % len(self.sent)]
        if flag:
            with pytest.raises(ProtocolError, match="different answer"):
                submit_answer(uuid.uuid4(), person, Submission(verdict="accept"), key)
            return
        if call.func is undo_answer:
            row = next(row for row in self.model.rows() if row.name == call.args[0])
            self.now().make_room(row, person.pk, call.args[2])
        again = call(key=key)
        assert again.replayed
        assert (again.kind, again.code, again.assignment, again.answer) == (
            outcome.kind,
            outcome.code,
            outcome.assignment,
            outcome.answer,
        )

    # Time and the lead

    def wait(self, pick: int, who: int, verdict: str, flag: bool) -> None:
        """Let time pass."""
        self.clock += timedelta(seconds=JUMPS_S[pick % len(JUMPS_S)])

    def reap(self, pick: int, who: int, verdict: str, flag: bool) -> None:
        """The reaper passes."""
        due = self.now().due()
        assert reap_due() == len(due)
        for row in due:
            self.model.release(row)
        promote_ready()

    def lead(self, pick: int, who: int, verdict: str, flag: bool) -> None:
        """The lead does something to a candidate."""
        candidate = self.model.candidates[pick % len(self.model.candidates)]
        image, public_id = self.world.images[flag], self.world.candidates[candidate.number].public_id
        acts = [
            (self.model.hold, hold_candidate, "look closer"),
            (self.model.put_back, return_candidate),
            (self.model.withdraw, withdraw_candidate, "wrong file"),
            (self.model.reopen, reopen_candidate, "new guideline"),
            (partial(self.model.replace, image=image.pk), replace_image, image, "better file"),
        ]
        expect, call, *rest = acts[who % len(acts)]
        self.now()
        self.plainly(partial(expect, candidate), lambda: call(public_id, self.world.lead, *rest) and None)

    def void(self, pick: int, who: int, verdict: str, flag: bool) -> None:
        """The lead voids everything a person answered of a candidate, or if `flag` one answer of it."""
        row = self.row(pick, "submitted", *([] if who % 2 else plain.REVIEWS)) or self.row(pick, "submitted")
        if row is None:
            return
        mine = [row] if flag else [other for other in row.candidate.rows if other.person == row.person]
        ids = [found.pk for found in Assignment.objects.filter(public_id__in=[other.name for other in mine])]

        def call() -> tuple[str, int, int]:
            voided = void_answers(row.candidate.number, self.world.lead, row.person, ids, "Clicked through")
            return voided.effect.value, voided.answers, voided.adjudications

        self.plainly(partial(self.now().void, row.candidate, mine), call)

    def put_back(self, pick: int, who: int, verdict: str, flag: bool) -> None:
        """What the lead took out comes back."""
        for candidate in self.model.candidates:
            if candidate.out:
                self.model.put_back(candidate)
                return_candidate(self.world.candidates[candidate.number].public_id, self.world.lead)

    def import_label(self, pick: int, who: int, verdict: str, flag: bool) -> None:
        """A decision made elsewhere arrives."""
        if verdict in ("accept", "reject"):
            candidate = self.model.candidates[pick % len(self.model.candidates)]
            call = partial(import_decision, candidate.number, verdict, self.world.lead)
            self.plainly(partial(self.now().import_decision, candidate, verdict), call)

    def change_members(self, pick: int, who: int, verdict: str, flag: bool) -> None:
        """Whoever is gone comes back, else somebody goes."""
        gone = [number for number, member in self.model.people.items() if not member.is_active]
        if not gone:
            person = self.person(pick)
            assert drop_member(self.project, self.world.lead, person.public_id) == self.now().remove(person.pk)
            return
        labels, adjudicates = self.world.rights[gone[0]]
        add_member(self.project, self.world.lead, self.world.people[gone[0]], Rights(can_label=labels, can_adjudicate=adjudicates))
        self.model.people[gone[0]].is_active = True

    def change_batches(self, pick: int, who: int, verdict: str, flag: bool) -> None:
        """A candidate goes into the batch or out of it; or the batch is closed, or opened, for everybody or some."""
        if flag:
            candidate = self.model.candidates[pick % len(self.model.candidates)]
            candidate.is_batched = not candidate.is_batched
            number = self.world.batch.number if candidate.is_batched else 0
            batch_candidate(self.world.candidates[candidate.number].public_id, self.world.lead, number)
            return
        self.model.batch_is_closed = pick % 3 == 0
        self.model.batch_people = (
            {pk for pk, member in self.model.people.items() if member.is_active and (pk + pick) % 4} if who % 2 else set()
        )
        people = [self.world.people[pk].public_id for pk in self.model.batch_people]
        plan = BatchPlan(name="first", priority=pick % 3 - 1, closed=self.model.batch_is_closed, people=people, everybody=not people)
        change_batch(self.project, self.world.lead, self.world.batch.public_id, plan)

    def limit_member(self, pick: int, who: int, verdict: str, flag: bool) -> None:
        """Whoever worked in another category works here again, else somebody goes to another; all candidates are digital."""
        away = [number for number, member in self.model.people.items() if member.is_active and member.is_elsewhere]
        number = away[0] if away else self.person(pick, lambda number: self.model.people[number].is_active).pk
        member = self.model.people[number]
        if not member.is_active:
            return
        member.is_elsewhere = not away
        categories = ["Product"] if member.is_elsewhere else [["Digital"], ["Digital", "Portrait"], []][pick % 3]
        limit_member(self.project, self.world.lead, self.world.people[number].public_id, categories, None)

    def change_settings(self, pick: int, who: int, verdict: str, flag: bool) -> None:
        """Undo is switched off or on, the project paused or resumed."""
        undo_minutes, is_paused = 15 if pick % 3 else 0, not self.model.is_paused and flag
        change_settings(self.project, self.world.lead, {"undo_minutes": undo_minutes, "paused": is_paused})
        self.model.undo, self.model.is_paused = timedelta(minutes=undo_minutes), is_paused

    # After every act

    def compare(self) -> None:
        """The rows are those of the model."""
        for candidate in self.model.candidates:
            candidate.had_decision = candidate.had_decision or candidate.decision[0] is not None
            candidate.note_done()
        with connection.cursor() as cursor:
            cursor.execute("SELECT public_id, candidate_id, person_id, purpose, round, status, verdict, is_ahead FROM labeling_assignment")
            found = {uuid.UUID(str(name)): (*rest, bool(ahead)) for name, *rest, ahead in cursor.fetchall()}
            cursor.execute(
                "SELECT c.id, c.state, c.round, c.image_id, d.verdict, d.how FROM labeling_candidate c"
                " LEFT JOIN labeling_decision d ON d.candidate_id = c.id AND d.revoked_event_id IS NULL ORDER BY c.id"
            )
            candidates = cursor.fetchall()
        assert found == {row.name: describe(row, found.get(row.name)) for row in self.model.rows()}
        expected = [(one.number, one.state, one.round, one.image, *one.decision) for one in self.model.candidates]
        assert candidates == expected


def name_answer(row: plain.Row, is_stale: bool) -> uuid.UUID:
    """The name of the newest answer of a row; of an older one, or of none, if `is_stale`."""
    names = [name for name, _verdict in row.answers if name]
    return names[0 if is_stale else -1] if names else uuid.uuid4()


def ask(expect: Callable[[], Any]) -> tuple[Any, str]:
    """What the model says: (result, '') or (None, the code of its refusal)."""
    try:
        return expect(), ""
    except plain.Refused as refusal:
        return None, str(refusal)


def describe(row: plain.Row, found: Any) -> tuple[Any, ...]:
    """A row of the model as the table has it; whether it was ahead matters only while it is leased."""
    is_ahead = row.is_ahead if row.status == "leased" or found is None else found[-1]
    return row.candidate.number, row.person, row.purpose, row.round, row.status, row.verdict, is_ahead
