"""Why there is nothing to do: an empty queue says what is happening and what to do.

Nothing in it depends on how anybody answered: it speaks of seats and leases only. A candidate with both answers in is done
here, whether it is settled, disputed or, as only a dispute can be then, held.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from labeling.models import Assignment, Candidate, Project, Purpose, Skip, State, User
from labeling.protocol.cap import left_today, next_day
from labeling.protocol.lanes import has_free_seat, is_rest_closed, list_lanes
from labeling.protocol.lease import TOP
from labeling.protocol.queue import Lane, fresh_heads, half_heads
from labeling.protocol.reading import find_unread, version_read
from labeling.protocol.record import require_member

Kind = Literal[
    "archived", "paused", "must_read", "no_candidates", "waiting", "held", "all_yours", "elsewhere", "closed", "capped", "finished"
]


@dataclass(frozen=True, kw_only=True)
class Empty:
    """The reason for an empty page; `next_at` is when work may come back by itself, None if nobody knows."""

    kind: Kind
    message: str
    next_at: datetime | None = None


def explain_empty(project: Project, person: User, purpose: Purpose) -> Empty:
    """Why `person` gets no work of `purpose` in `project` right now."""
    if project.archived_at is not None:
        return Empty(kind="archived", message=_("The lead has archived this project: it is over. Your answers are kept."))
    if project.paused:
        return Empty(kind="paused", message=_("The lead has paused this project. Your answers are saved; come back later."))
    if find_unread(project, person) is not None:
        return Empty(kind="must_read", message=explain_reading(project, person))
    if purpose == Purpose.ADJUDICATION:
        return explain_no_dispute(project)
    candidates = Candidate.objects.filter(project=project)
    if not candidates.filter(state__in=[State.OPEN, State.DISPUTED, State.SETTLED, State.HELD]).exists():
        return Empty(kind="no_candidates", message=_("There are no candidates here yet. The lead is told when an import ends."))
    membership = require_member(project, person)
    if left_today(membership) < 1:
        message = _("You have done all you are asked for today; your answers are saved. More comes tomorrow.")
        return Empty(kind="capped", message=message, next_at=next_day())
    lanes = list_lanes(project.pk, membership) if membership.categories or project.batches.exists() else None
    lease = leases_to_wait_for(project, person, lanes).order_by("lease_until").first()
    if lease is not None or is_free_for(project, person, lanes):
        message = _("Every candidate you could do is in somebody's hands. One may come back when its time is over.")
        return Empty(kind="waiting", message=message, next_at=lease.lease_until if lease else None)
    # Each question by itself: together SQLite answers them by reading every candidate.
    held = held_unanswered(candidates)
    is_open = candidates.filter(state=State.OPEN).exists()
    if is_open and lanes is not None and not has_free_seat(project.pk, lanes):
        return explain_nothing_given(project)
    if is_open or held.filter(is_done_by(person, OuterRef("pk"))).exists():
        return Empty(kind="all_yours", message=_("You have done or skipped every candidate that is open. The rest needs other people."))
    if held.exists():
        return Empty(kind="held", message=_("What is left waits for the lead. There is nothing for you to do now."))
    return Empty(kind="finished", message=_("Every candidate has the answers it needs. Thank you!"))


def explain_nothing_given(project: Project) -> Empty:
    """Why there is nothing in any lane of the person, though candidates are open."""
    if is_rest_closed(project.pk):
        return Empty(
            kind="closed", message=_("You have done all that you were given to do. The lead gives out nothing of the rest for now.")
        )
    return Empty(kind="elsewhere", message=_("You have done all that you were given to do. What is left here is for other people."))


def explain_reading(project: Project, person: User) -> str:
    """What to read before new work, and why."""
    if version_read(project.pk, person.pk) is None:
        return _("Before your first image, read how this project decides.")
    return _("The guideline has changed since you read it. Read what is new, then go on; your answers are saved.")


def leases_to_wait_for(project: Project, person: User, lanes: Sequence[Lane] | None) -> QuerySet[Assignment]:
    """Primary leases of other people on open candidates (in `lanes`) that the person has neither taken, answered nor skipped."""
    leases = Assignment.objects.filter(project=project, status="leased", purpose=Purpose.PRIMARY, candidate__state=State.OPEN)
    if lanes is not None:
        values = {column: [lane.value for lane in lanes if lane.column == column] for column in ("batch", "lane")}
        leases = leases.filter(Q(candidate__batch__in=values["batch"]) | Q(candidate__lane__in=values["lane"]))
    return leases.filter(~is_done_by(person, OuterRef("candidate")))


def is_free_for(project: Project, person: User, lanes: Sequence[Lane] | None) -> bool:
    """Whether the queue shows a candidate that the person may have: one that was locked for longer than they waited for it."""
    places = [(project.pk, lane, person.pk, 0, TOP) for lane in ([Lane()] if lanes is None else lanes)]
    return any(next(heads(*place), None) is not None for place in places for heads in (fresh_heads, half_heads))


def is_done_by(person: User, candidate: OuterRef) -> Q:
    """Whether the person has taken, answered or skipped a candidate in its round of the outer query."""
    mine = {"person": person, "candidate": candidate, "round": OuterRef("round")}
    return Q(Exists(Assignment.objects.filter(**mine, status__in=["leased", "submitted"]))) | Q(Exists(Skip.objects.filter(**mine)))


def held_unanswered(candidates: QuerySet[Candidate]) -> QuerySet[Candidate]:
    """Those held that lack one of their two answers."""
    answers = Assignment.objects.filter(candidate=OuterRef("pk"), round=OuterRef("round"), purpose=Purpose.PRIMARY, status="submitted")
    both = Q(Exists(answers.filter(seat=1))) & Q(Exists(answers.filter(seat=2)))
    return candidates.filter(~both, state=State.HELD)


def explain_no_dispute(project: Project) -> Empty:
    """Why there is no dispute to adjudicate now."""
    message = _("There is no dispute for you now. New ones appear here as people finish candidates.")
    if project.undo_minutes:
        later = ngettext(
            "A dispute opens once neither answer can be changed any more: %(minutes)d minute after the last one.",
            "A dispute opens once neither answer can be changed any more: %(minutes)d minutes after the last one.",
            project.undo_minutes,
        )
        message += " " + later % {"minutes": project.undo_minutes}
    return Empty(kind="waiting", message=message)
