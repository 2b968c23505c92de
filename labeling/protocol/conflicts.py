"""Import conflicts: a change of something people hold or answered waits for the lead, who accepts it as a new round or drops it.

Two kinds exist. A task's content: `field` is `content`, `new` is the whole document that a task version keeps. A candidate's
image: `field` is `image`, `new_image` is stored already.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_noop as _

from labeling.data_in.read_version import find_images, parse_document
from labeling.data_in.write_task import rewrite_task
from labeling.models import Assignment, Candidate, Decision, Event, Image, ImportConflict, Project, State, Task, User
from labeling.models.assignment import LIVE
from labeling.protocol.archive import require_open
from labeling.protocol.hold import replace_image, start_round
from labeling.protocol.outcome import ProtocolError
from labeling.protocol.record import lock_candidate, lock_candidates_of, record_change, require_right
from labeling.protocol.replace import withdraw_dropped

CONTENT, IMAGE = "content", "image"
CHANGED_BY_IMPORT = _("changed by an import")


@transaction.atomic
def accept_conflict(project: Project, conflict_id: int, lead: User) -> int:
    """Make the change; what people hold or answered of it starts a new round, and the old content stays with the old answers.

    Returns how many candidates started one. All or nothing: raises ProtocolError if too few people are left for any of them.
    """
    conflict = lock_conflict(project, conflict_id, lead)
    if conflict.candidate is not None:
        rounds = accept_image(conflict.candidate, conflict.new_image, lead)
    else:
        rounds = accept_content(conflict, lead)
    resolve(conflict, ImportConflict.State.ACCEPTED, lead)
    return rounds


@transaction.atomic
def dismiss_conflict(project: Project, conflict_id: int, lead: User) -> None:
    """Keep what is there; an import that brings the change again asks again."""
    resolve(lock_conflict(project, conflict_id, lead), ImportConflict.State.DISMISSED, lead)


def lock_conflict(project: Project, conflict_id: int, lead: User) -> ImportConflict:
    """Lock an open conflict of a project that `lead` leads, with the task or candidate it is about.

    An import locks what it changes before it asks the lead; here too the conflict comes last, or both would wait for each other.
    """
    require_right(project, lead, "is_lead")
    require_open(project.pk)
    found = ImportConflict.objects.filter(project=project, pk=conflict_id).first()
    if found is None:
        raise ProtocolError("not_found", _("There is no such import conflict."))
    if found.task_id is not None:
        Task.objects.select_for_update(no_key=True).get(pk=found.task_id)
    elif found.candidate_id is not None:
        lock_candidate(found.candidate_id)
    rows = ImportConflict.objects.select_for_update(of=("self",)).select_related("task", "candidate", "new_image")
    conflict = rows.get(pk=found.pk)
    if conflict.state != ImportConflict.State.OPEN:
        raise ProtocolError("already_resolved", _("This conflict is settled already."))
    return conflict


def accept_image(candidate: Candidate, image: Image | None, lead: User) -> int:
    """Give the candidate the imported image; returns how many rounds that started."""
    if image is None:
        raise ProtocolError("no_image", _("The imported image is gone; import it again."))
    if candidate.state == State.WITHDRAWN:
        raise ProtocolError("withdrawn", _("This candidate is withdrawn. Put it back to the queue first, or dismiss the change."))
    return replace_image(candidate.public_id, lead, image, CHANGED_BY_IMPORT).round - candidate.round


def accept_content(conflict: ImportConflict, lead: User) -> int:
    """Give the task its new content and withdraw what it no longer asks for; returns how many candidates started a new round.

    All its candidates are locked first, in the order of their ids and behind the lock of their task: whoever labels locks one
    candidate and waits for no other, so nobody waits in a circle, and what somebody has taken of it by then starts over with it.
    """
    if conflict.task is None:
        raise ValueError(f"import conflict {conflict.pk} is about neither a task nor a candidate")
    lock_candidates_of(conflict.task)
    task = rewrite_task(conflict.task, parse_document(conflict.new), find_images(conflict.new), lead)
    withdraw_dropped(task, lead)
    asked_for = Candidate.objects.filter(bundle__task=task, deliverable__number__lte=task.quantity)
    used = list(used_among(asked_for).order_by("pk").values_list("pk", flat=True))
    return sum(start_over(lock_candidate(pk), lead) for pk in used)


def used_among(candidates: QuerySet[Candidate]) -> QuerySet[Candidate]:
    """Those of `candidates` that somebody holds, answered or decided in the round they are in.

    A decision imported without its image is no work on what the task shows here, so it stands.
    """
    at_work = Assignment.objects.filter(LIVE, candidate=OuterRef("pk"), round=OuterRef("round"))
    decided = Decision.objects.filter(candidate=OuterRef("pk"), revoked_event=None)
    return candidates.filter(Exists(at_work) | Exists(decided), image__isnull=False)


def start_over(candidate: Candidate, lead: User) -> int:
    """Start a new round of the locked candidate; held and withdrawn ones stay what they are. Returns 1, or 0 if nobody is at it."""
    if not used_among(Candidate.objects.filter(pk=candidate.pk)).exists():
        return 0
    state = State(candidate.state)
    start_round(candidate, lead)
    if state in (State.HELD, State.WITHDRAWN):
        candidate.state = state
    record_change(candidate, Event.Kind.REOPENED, lead, reason=CHANGED_BY_IMPORT)
    return 1


def resolve(conflict: ImportConflict, state: ImportConflict.State, lead: User) -> None:
    """Close the locked conflict and write the event."""
    conflict.state, conflict.resolved_by, conflict.resolved_at = state, lead, timezone.now()
    conflict.save(update_fields=["state", "resolved_by", "resolved_at"])
    data: dict[str, Any] = {"conflict": conflict.pk, "field": conflict.field, "outcome": state.value}
    if conflict.candidate_id is not None:
        record_change(lock_candidate(conflict.candidate_id), Event.Kind.CONFLICT_RESOLVED, lead, **data)
    elif conflict.task is not None:
        data["task"] = conflict.task.external_id
        Event.objects.create(project_id=conflict.project_id, actor=lead, kind=Event.Kind.CONFLICT_RESOLVED, data=data)
