"""Deciding about a proposal: accepted, it changes its task exactly as an import would; rejected, it changes nothing."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_noop as _

from judging.models import Proposal
from judging.proposed import APPLY, check_given, is_same_order
from labeling.data_in.bench_values import BenchTask
from labeling.data_in.read_version import find_images, parse_document
from labeling.data_in.write_task import changed_parts, describe_task, rewrite_task
from labeling.models import Candidate, ImportConflict, State, Task, User
from labeling.protocol.archive import require_open
from labeling.protocol.conflicts import CONTENT
from labeling.protocol.outcome import ProtocolError
from labeling.protocol.record import require_right
from labeling.protocol.replace import is_worked_on


@transaction.atomic
def accept_proposal(proposal: Proposal, lead: User, edited: Any = None) -> Proposal:
    """Give the task what is proposed, or what a lead made of it in `edited`; returns the proposal as it is then.

    A task that nobody works on gets its next version. Where somebody holds, answered or decided a candidate of it, the change waits in
    the inbox like one that an import brings, and nothing else happens. Locks the task, its candidates, then the proposal. Raises
    ProtocolError.
    """
    locked, task = lock_open(proposal, lead)
    given = check_given(locked.kind, locked.content if edited is None else edited)
    require_same_order(task, locked)
    locked.outcome = change_task(task, locked.kind, given, lead)
    locked.edited = None if given == read_plain(locked) else given
    return decide(locked, Proposal.State.ACCEPTED, lead)


@transaction.atomic
def reject_proposal(proposal: Proposal, lead: User) -> Proposal:
    """Leave the task as it is. The same question is not asked again. Locks the task, then the proposal. Raises ProtocolError."""
    locked, _task = lock_open(proposal, lead)
    return decide(locked, Proposal.State.REJECTED, lead)


def lock_open(proposal: Proposal, lead: User) -> tuple[Proposal, Task]:
    """An open proposal of a project that `lead` leads, and its task, both locked; the task first, as imports do."""
    require_right(proposal.project, lead, "is_lead")
    task = Task.objects.select_for_update(no_key=True).get(pk=proposal.task_id)
    require_open(proposal.project_id)
    locked = Proposal.objects.select_for_update(of=("self",)).select_related("project", "judge").get(pk=proposal.pk)
    if locked.state != Proposal.State.OPEN:
        raise ProtocolError("decided_already", _("This proposal is decided already."))
    return locked, task


def read_plain(proposal: Proposal) -> dict[str, Any] | None:
    """What is proposed, without evidence; None where it cannot be accepted as it is."""
    try:
        return check_given(proposal.kind, proposal.content)
    except ProtocolError:
        return None


def require_same_order(task: Task, proposal: Proposal) -> None:
    """Raise ProtocolError where the task is not about the same order any more."""
    read = task.versions.get(number=proposal.task_version).document
    if not is_same_order(task, read):
        raise ProtocolError("brief_changed", _("The brief has changed since it was read. Reject this and let the judge read it again."))


def change_task(task: Task, kind: str, given: dict[str, Any], lead: User) -> Proposal.Outcome:
    """Bring the locked `task` to what is given, by the rules of an import; says what came of it."""
    old = task.versions.get(number=task.version).document
    content, images = APPLY[kind](parse_document(old), given), find_images(old)
    new = describe_task(content, images)
    parts = changed_parts(old, new)
    if not parts:
        return Proposal.Outcome.UNCHANGED
    if ImportConflict.objects.filter(task=task, field=CONTENT, state=ImportConflict.State.OPEN).exists():
        raise ProtocolError("change_waits", _("Another change of this task waits in the inbox. Decide about that one first."))
    # Locks the candidates, so that none appears or is answered until the end.
    at_work = is_worked_on(task)
    require_room(task, content)
    if at_work:
        was = {part: old.get(part) for part in parts}
        ImportConflict.objects.create(project_id=task.project_id, task=task, field=CONTENT, old=was, new=new)
        return Proposal.Outcome.WAITS
    rewrite_task(task, content, images, lead)
    return Proposal.Outcome.CHANGED


def require_room(task: Task, content: BenchTask) -> None:
    """Raise ProtocolError where the task has candidates for more deliverables than it would have: a model must not withdraw them."""
    beyond = Candidate.objects.filter(bundle__task=task, deliverable__number__gt=content.quantity).exclude(state=State.WITHDRAWN)
    if count := beyond.count():
        text = _("The task would have %(quantity)s deliverables, but it has %(count)s candidates for further ones. Withdraw those first.")
        raise ProtocolError("has_candidates", text, quantity=content.quantity, count=count)


def decide(locked: Proposal, state: Proposal.State, lead: User) -> Proposal:
    """Close the locked proposal."""
    locked.state, locked.decided_by, locked.decided_at = state, lead, timezone.now()
    locked.save(update_fields=["state", "decided_by", "decided_at", "outcome", "edited"])
    return locked
