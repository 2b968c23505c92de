"""Voiding a person's answers to one candidate: the rows stay, marked with the reason, and count nowhere.

What stays valid is kept: an answer somebody else gave blind is as good as before, so it keeps its seat. Only an adjudicated pair
stays together, because the adjudicator decided on both; there a new round starts.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_noop as _

from labeling.models import CHECKS, DECIDING, REVIEWING, Assignment, Candidate, Event, Example, Purpose, State, Status, User
from labeling.models.voiding import Voiding
from labeling.protocol.archive import require_open
from labeling.protocol.hold import PEOPLE_NEEDED, start_round
from labeling.protocol.outcome import ProtocolError
from labeling.protocol.reap import release
from labeling.protocol.record import lock_candidate, move_to, record_change, require_right
from labeling.protocol.staff import Crew, Staff, read_staff
from labeling.protocol.standing import find_in_play

REASON_LIMIT = 300
LIVE, ANSWERED = (Status.LEASED, Status.SUBMITTED), (Status.SUBMITTED, Status.SURPLUS, Status.VOID)


@dataclass(frozen=True, kw_only=True)
class People:
    """Who could answer what, and the few `examples`: candidates that all of them can see decided on the guidelines page."""

    staff: Staff
    examples: frozenset[int] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Voided:
    """What voiding came to: the effect on the candidate, and how many answers and adjudications are void now."""

    effect: Voiding
    answers: int
    adjudications: int


def read_people(project_id: int) -> People:
    """Who could answer again what is voided in a project."""
    return People(
        staff=read_staff(project_id),
        examples=frozenset(Example.objects.filter(project=project_id).values_list("candidate_id", flat=True)),
    )


@transaction.atomic
def void_answers(candidate_id: int, lead: User, person_id: int, chosen: Collection[int], reason: str) -> Voided:
    """Void those of the person's assignments `chosen` (row ids) that are submitted answers to the candidate.

    Locks the candidate. All of them or none: raises ProtocolError where the one of the current round cannot be voided.
    """
    candidate = lock_candidate(candidate_id)
    require_right(candidate.project, lead, "is_lead")
    require_open(candidate.project_id)
    if not reason.strip():
        raise ProtocolError("reason_required", _("Say why."))
    mine = list(candidate.assignments.filter(pk__in=chosen, person=person_id, status=Status.SUBMITTED).order_by("id"))
    if not mine:
        raise ProtocolError(Voiding.NOTHING_LEFT.value, _("There is no answer left to void."))
    rows = list(candidate.assignments.filter(round=candidate.round, purpose__in=DECIDING).order_by("id"))
    effect = plan_voiding(candidate, rows, mine, read_people(candidate.project_id))
    make_way(candidate, effect, lead, reason.strip()[:REASON_LIMIT])
    for row in mine:
        void_row(candidate, row, lead, reason.strip()[:REASON_LIMIT])
    adjudications = sum(row.purpose in REVIEWING for row in mine)
    return Voided(effect=effect, answers=len(mine) - adjudications, adjudications=adjudications)


def plan_voiding(candidate: Candidate, rows: Sequence[Assignment], chosen: Sequence[Assignment], people: People) -> Voiding:
    """What voiding `chosen` would do to the candidate; `rows` are those of its round. Raises ProtocolError where it cannot be."""
    current = next((row for row in chosen if row.round == candidate.round and row.purpose in DECIDING), None)
    if current is None:
        return Voiding.EARLIER
    if current.purpose in CHECKS:
        return Voiding.CHECK
    if candidate.state == State.WITHDRAWN:
        raise ProtocolError(Voiding.WITHDRAWN.value, _("This candidate is withdrawn already."))
    if candidate.pk in people.examples:
        text = _("This candidate is an example on the guidelines page, where everybody sees its decision. Take it out of there first.")
        raise ProtocolError(Voiding.IS_EXAMPLE.value, text)
    live = [row for row in rows if row.status in LIVE]
    # Not the candidate's own state: while it is held, its rows say where it will come back to.
    if find_in_play(candidate, live, None, timezone.now()).state == State.OPEN:
        return Voiding.SEAT
    crew = people.staff.of(candidate.lane)
    check_enough(rows, crew)
    if current.purpose == Purpose.ADJUDICATION:
        check_adjudicator(rows, crew)
        return Voiding.DISPUTED
    is_adjudicated = any(row.purpose == Purpose.ADJUDICATION and row.status == Status.SUBMITTED for row in live)
    return Voiding.NEW_ROUND if is_adjudicated else Voiding.ONE_SEAT


def check_enough(rows: Sequence[Assignment], crew: Crew) -> None:
    """Raise ProtocolError if fewer than three people could answer again, as when a lead reopens."""
    if (able := len(find_able(rows, crew))) < PEOPLE_NEEDED:
        text = _("A new round needs three people besides its last adjudicator; there are %(able)d.")
        raise ProtocolError(Voiding.TOO_FEW_PEOPLE.value, text, able=able)


def find_able(rows: Sequence[Assignment], crew: Crew) -> frozenset[int]:
    """Those of a crew who could answer again a candidate whose round has these rows, whoever's answers are voided included.

    Not who adjudicated it; and, as long as the round goes on, not whoever audited it, for they have had their say in it.
    """
    former = {row.person_id for row in rows if row.purpose == Purpose.ADJUDICATION and row.status in ANSWERED}
    auditors = {row.person_id for row in rows if row.purpose == Purpose.AUDIT and row.status == Status.SUBMITTED}
    return crew.people - former - auditors


def check_adjudicator(rows: Sequence[Assignment], crew: Crew) -> None:
    """Raise ProtocolError if nobody is left who has not answered the candidate and may adjudicate it."""
    if not crew.adjudicators - {row.person_id for row in rows if row.status in ANSWERED}:
        raise ProtocolError(Voiding.NO_ADJUDICATOR.value, _("Nobody else is left who may adjudicate this candidate."))


def make_way(candidate: Candidate, effect: Voiding, lead: User, reason: str) -> None:
    """What has to happen to the locked candidate before its answer may become void."""
    if effect == Voiding.NEW_ROUND:
        state = State(candidate.state)
        start_round(candidate, lead)
        if state == State.HELD:
            move_to(candidate, state)
        record_change(candidate, Event.Kind.REOPENED, lead, reason=reason)
    elif effect in (Voiding.ONE_SEAT, Voiding.DISPUTED):
        # What somebody holds to adjudicate goes: the dispute, the agreement to audit, or the adjudication to repeat.
        for lease in candidate.assignments.filter(round=candidate.round, purpose__in=REVIEWING, status=Status.LEASED):
            release(candidate, lease, "voided", lead)


def void_row(candidate: Candidate, row: Assignment, lead: User, reason: str) -> None:
    """Mark one submitted row of the locked candidate as void."""
    row.status, row.void_reason = Status.VOID, reason
    row.save(update_fields=["status", "void_reason"])
    record_change(candidate, Event.Kind.VOIDED, lead, row, reason=reason)
