"""What an import may change by itself: the image of a candidate nobody has worked on, and what a task no longer asks for."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext_noop as _

from labeling.models import Assignment, Candidate, Decision, Event, Image, State, Status, Task, User
from labeling.protocol.hold import withdraw_locked
from labeling.protocol.record import lock_candidate, lock_candidates_of, record_change

NO_LONGER_ASKED_FOR = _("the task no longer asks for this image")


@transaction.atomic
def replace_untouched(candidate_id: int, image: Image, actor: User | None) -> bool:
    """Give a candidate that nobody holds, answered or decided here its new image; False if somebody did.

    A candidate whose decision was imported without its image takes the image and keeps the decision.
    """
    candidate = lock_candidate(candidate_id)
    if candidate.image_id is not None and is_touched(candidate):
        return False
    old = candidate.image.sha256 if candidate.image else None
    candidate.image = image
    record_change(candidate, Event.Kind.IMAGE_REPLACED, actor, old=old, new=image.sha256)
    return True


def is_touched(candidate: Candidate) -> bool:
    """Whether the locked candidate has work of people in it, or a decision."""
    at_work = candidate.assignments.exclude(status=Status.RELEASED).exists()
    return at_work or candidate.state == State.SETTLED or candidate.decisions.filter(revoked_event=None).exists()


def is_worked_on(task: Task) -> bool:
    """Whether anybody holds, answered or decided a candidate of the locked `task`; locks its candidates, so that it stays true."""
    if not lock_candidates_of(task):
        return False
    at_work = Assignment.objects.filter(candidate__bundle__task=task).exclude(status=Status.RELEASED)
    return at_work.exists() or Decision.objects.filter(candidate__bundle__task=task, revoked_event=None).exists()


@transaction.atomic
def withdraw_dropped(task: Task, actor: User | None) -> int:
    """Withdraw the candidates of deliverables that `task` no longer has; return how many. Their answers stay, their leases end."""
    dropped = Candidate.objects.filter(bundle__task=task, deliverable__number__gt=task.quantity).exclude(state=State.WITHDRAWN)
    ids = list(dropped.order_by("pk").values_list("pk", flat=True))
    for pk in ids:
        withdraw_locked(lock_candidate(pk), actor, NO_LONGER_ASKED_FOR)
    return len(ids)
