"""What a lead does with batches: makes and changes them, and puts candidates into them.

Each change is an event that says what it does to work in progress. What people hold they finish, whatever becomes of its batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max, Q
from django.utils.translation import gettext_noop as _

from labeling.models import Batch, Candidate, Category, Event, Membership, Project, User, lane_of
from labeling.models.batch import HIGHEST_NUMBER
from labeling.protocol.archive import require_open
from labeling.protocol.hold import lock_for_lead
from labeling.protocol.lanes import MOST_OPEN
from labeling.protocol.members import lock_members
from labeling.protocol.outcome import ProtocolError
from labeling.protocol.record import record_change, require_right

_ORDER = _("Decides what people are given from now on; what they have in hand can still be answered.")
# What a change means for work in progress; stored with the event and shown beside it.
EFFECTS = {
    "name": _("Nothing changes for work in progress."),
    "category": _("Decides what can be put into it from now on; nothing changes for work in progress."),
    "priority": _ORDER,
    "due": _ORDER,
    "people": _ORDER,
    "closed": _("Nobody is given anything new of a closed batch; what people have in hand can still be answered."),
}


@dataclass(frozen=True, kw_only=True)
class BatchPlan:
    """What a batch is to be; `people` are the public ids of members, none for everybody.

    `everybody` says that a batch that has people is to have none any more: nobody opens it to all by leaving them out.
    """

    name: str
    category: str = ""
    priority: int = 0
    due: date | None = None
    people: Sequence[UUID] = ()
    everybody: bool = False
    closed: bool = False


@transaction.atomic
def create_batch(project: Project, lead: User, plan: BatchPlan) -> Batch:
    """Make an empty batch. Raises ProtocolError where its name is taken, or as many are open as may be."""
    require_right(project, lead, "is_lead")
    lock_members(project)
    require_open(project.pk)
    number = (Batch.objects.filter(project=project).aggregate(last=Max("number"))["last"] or 0) + 1
    if number > HIGHEST_NUMBER:
        raise ProtocolError("too_many_batches", _("A project has at most %(most)d batches."), most=HIGHEST_NUMBER)
    batch = Batch(project=project, number=number)
    write_batch(batch, lead, plan)
    return batch


@transaction.atomic
def change_batch(project: Project, lead: User, public_id: UUID, plan: BatchPlan) -> dict[str, str]:
    """Make a batch what `plan` says; return {what changed: what that does to work in progress}.

    Raises ProtocolError as `create_batch` does, and where the batch holds candidates of another category than it may from now on.
    """
    require_right(project, lead, "is_lead")
    lock_members(project)
    require_open(project.pk)
    batch = Batch.objects.select_for_update(no_key=True).filter(project=project, public_id=public_id).first()
    if batch is None:
        raise ProtocolError("not_found", _("There is no such batch."))
    return write_batch(batch, lead, plan, describe(batch))


def write_batch(batch: Batch, lead: User, plan: BatchPlan, before: dict[str, Any] | None = None) -> dict[str, str]:
    """Store `plan` in the batch of the locked project, and the event that says so if anything changed.

    `before` describes a batch that is there already. Returns what its changes do to work in progress.
    """
    check_plan(batch, plan, was_open=before is not None and not before["closed"])
    people = find_people(batch, plan)
    batch.name, batch.category, batch.priority = plan.name.strip(), plan.category, plan.priority
    batch.due, batch.closed = plan.due, plan.closed
    batch.save()
    batch.people.set(people)
    after = describe(batch)
    changed = {name: [before[name] if before else None, value] for name, value in after.items() if before is None or before[name] != value}
    effects = {name: EFFECTS[name] for name in changed} if before else {}
    if changed:
        data = {"batch": batch.number, "name": batch.name, "changed": changed, "effects": effects}
        Event.objects.create(project=batch.project, actor=lead, kind=Event.Kind.BATCH_CHANGED, data=data)
    return effects


def check_plan(batch: Batch, plan: BatchPlan, was_open: bool) -> None:
    """Raise ProtocolError if the batch of the locked project cannot become what `plan` says."""
    others = Batch.objects.filter(project=batch.project).exclude(pk=batch.pk)
    if not plan.name.strip():
        raise ProtocolError("name_required", _("Give it a name."))
    if others.filter(name=plan.name.strip()).exists():
        raise ProtocolError("name_taken", _("There is a batch of this name already."))
    if not plan.closed and not was_open and others.filter(closed=False).count() >= MOST_OPEN:
        text = _("At most %(most)d batches are open at a time, or finding work would slow down. Close one first.")
        raise ProtocolError("too_many_batches", text, most=MOST_OPEN)
    # Tasks change category, and what is in it stays: only another category for the batch is refused.
    if plan.category and batch.pk is not None and plan.category != batch.category:
        wrong = find_members_of(batch).exclude(lane=lane_of(batch.number, plan.category))
        if wrong.exists():
            raise ProtocolError("other_category", _("It holds candidates of another category."))


def find_people(batch: Batch, plan: BatchPlan) -> list[User]:
    """Who is to work in the batch: members, and of those it has also people who have left. Raises ProtocolError for others, or if it is
    left open who."""
    present = list(batch.people.all()) if batch.pk is not None else []
    if present and not plan.people and not plan.everybody:
        raise ProtocolError("nobody_chosen", _("Tick who works in it, or that everybody does."))
    members = Membership.objects.active().filter(project=batch.project).order_by()
    chosen = User.objects.filter(public_id__in=plan.people)
    people = list(chosen.filter(Q(pk__in=members.values("person")) | Q(pk__in=[person.pk for person in present])).order_by("pk"))
    if len(people) < len(set(plan.people)):
        raise ProtocolError("not_found", _("There is no such member."))
    return people


def find_members_of(batch: Batch) -> Any:
    """The candidates in a batch, by the index of them."""
    return Candidate.objects.filter(project=batch.project, batch=batch.number).batched().order_by("batch", "pk")


def describe(batch: Batch) -> dict[str, Any]:
    """What a batch is, as its events keep it; people by row id."""
    fields = {name: getattr(batch, name) for name in ("name", "category", "priority", "closed")}
    due = batch.due.isoformat() if batch.due else None
    return fields | {"due": due, "people": sorted(batch.people.values_list("pk", flat=True))}


@transaction.atomic
def batch_candidate(public_id: UUID, lead: User, number: int) -> Candidate:
    """Put one candidate into the batch of that number, or with 0 into none; raises ProtocolError as `put_into_batch` does."""
    candidate = lock_for_lead(public_id, lead)
    put_into_batch(candidate, lead, number, "")
    return candidate


def put_into_batch(candidate: Candidate, lead: User, number: int, reason: str) -> None:
    """Put the locked candidate into the batch of that number, or with 0 into none.

    Raises ProtocolError if it is there already, or the batch is for another category.
    """
    if candidate.batch == number:
        raise ProtocolError("in_batch_already", _("It is there already."))
    # Beside the candidate, so that the batch does not become one of another category meanwhile.
    batch = Batch.objects.select_for_update(no_key=True).filter(project=candidate.project_id, number=number).first()
    if batch is None and number:
        raise ProtocolError("not_found", _("There is no such batch."))
    category = candidate.bundle.task.category
    if batch is not None and batch.category not in ("", category):
        raise ProtocolError("other_category", _("This batch is for another category."))
    candidate.batch, candidate.lane = number, lane_of(number, Category(category))
    about: dict[str, Any] = {"batch": number, "name": batch.name if batch else "", "reason": reason}
    record_change(candidate, Event.Kind.BATCHED, lead, **about)
