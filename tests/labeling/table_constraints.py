"""One case for each constraint of the tables around the protocol; see tests/labeling/protocol_constraints.py."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Any

from django.utils import timezone

from labeling.models import (
    ApiToken,
    Asset,
    Batch,
    Candidate,
    Deliverable,
    EvaluationPoint,
    Event,
    Example,
    GroupKey,
    Guideline,
    GuidelineReading,
    ImportConflict,
    Invitation,
    InvitationUse,
    Job,
    JobLine,
    MailWatch,
    Membership,
    Notice,
    Report,
    Task,
    TaskVersion,
)
from tests.factories import make_candidate, make_image, make_project, make_task, make_user
from tests.labeling.protocol_constraints import CASES, FAIL, PASS, case
from tests.labeling.raw_rows import update

__all__ = ["CASES"]


def bounds(make: Any, field: str, legal: list[Any], illegal: list[Any]) -> Iterator[Any]:
    """A case of one column: values it may and may not have."""
    row = make()
    for value in legal:
        yield PASS, partial(update, row, **{field: value})
    for value in illegal:
        yield FAIL, partial(update, row, **{field: value})


def task() -> Task:
    return make_task(make_project())


def membership() -> Membership:
    return Membership.objects.create(project=make_project(), person=make_user(), can_label=True)


def batch(**fields: Any) -> Batch:
    return Batch.objects.create(**{"project": make_project(), "number": 1, "name": "First"} | fields)


CASES |= {
    "batch_number": partial(bounds, batch, "number", [1, 8000], [0, 8001]),
    "batch_name": partial(bounds, batch, "name", ["A"], [""]),
    "batch_category": partial(bounds, batch, "category", ["", "Portrait", "Product", "Digital"], ["Other"]),
    "batch_priority": partial(bounds, batch, "priority", [-100, 100], [-101, 101]),
    "membership_daily_cap": partial(bounds, membership, "daily_cap", [None, 1, 500], [0]),
    "project_lease_minutes": partial(bounds, make_project, "lease_minutes", [1, 60], [0, 61]),
    "project_undo_minutes": partial(bounds, make_project, "undo_minutes", [0, 1440], [1441]),
    "project_control_share": partial(bounds, make_project, "control_share", [0, 100], [101]),
    "project_policy": partial(bounds, make_project, "policy", ["measured", "reveal", "off", "all"], ["", "some"]),
    "image_format": partial(bounds, make_image, "format", ["PNG", "WEBP"], ["GIF", "SVG", ""]),
    "image_size": partial(bounds, make_image, "width", [1], [0]),
    "task_quantity": partial(bounds, task, "quantity", [1, 255], [0, 256]),
    "task_price": partial(bounds, task, "price_usd", ["0.00"], ["-0.01"]),
    "task_category": partial(bounds, task, "category", ["Portrait", "Product"], ["portrait", ""]),
    "deliverable_number": partial(bounds, lambda: task().deliverables.get(), "number", [255], [0, 256]),
}


def make_notice(person: Any = None, **fields: Any) -> Notice:
    values = {"kind": "work", "day": timezone.localdate(), "due_at": timezone.now()} | fields
    return Notice.objects.create(person=person or make_user(), **values)


CASES["notice_kind"] = partial(bounds, make_notice, "kind", ["disputes"], ["", "gossip"])
CASES["notice_state"] = partial(bounds, make_notice, "state", ["sending", "failed", "dropped"], ["", "lost"])


@case("notice_sent")
def sent_notices() -> Iterator[Any]:
    notice = make_notice()
    yield FAIL, partial(update, notice, state="sent")
    yield FAIL, partial(update, notice, sent_at=timezone.now())
    yield PASS, partial(update, notice, state="sent", sent_at=timezone.now())


@case("notice_one_per_day")
def daily_notices() -> Iterator[Any]:
    notice = make_notice()
    yield FAIL, partial(make_notice, notice.person)
    yield PASS, partial(make_notice, notice.person, kind="disputes")
    yield PASS, partial(make_notice, notice.person, day=timezone.localdate() + timedelta(days=1))
    yield PASS, make_notice


@case("report_kind")
def reports() -> Iterator[Any]:
    project = make_project()

    def make(kind: str) -> Any:
        return Report.objects.create(project=project, kind=kind, seconds=1, figures={}, tasks=[])

    yield PASS, lambda: make("agreement")
    yield FAIL, lambda: make("guesses")


@case("mail_watch_one_per_kind")
def mail_watches() -> Iterator[Any]:
    project, person = make_project(), make_user()
    watch = partial(MailWatch.objects.create, looked_at=timezone.now())
    watch(person=person, project=project, kind="work")
    yield FAIL, partial(watch, person=person, project=project, kind="work")
    yield PASS, partial(watch, person=person, project=project, kind="disputes")
    yield PASS, partial(watch, person=person, project=make_project(), kind="work")


@case("membership_one_per_person")
def memberships() -> Iterator[Any]:
    project, person = make_project(), make_user()
    yield PASS, lambda: Membership.objects.create(project=project, person=person, can_label=True)
    yield PASS, lambda: Membership.objects.create(project=make_project(), person=person, can_label=True)
    yield FAIL, lambda: Membership.objects.create(project=project, person=person, is_lead=True, active=False)


@case("membership_some_right")
def rights() -> Iterator[Any]:
    project = make_project()
    yield FAIL, lambda: Membership.objects.create(project=project, person=make_user())
    for right in ("can_label", "can_adjudicate", "is_lead"):
        yield PASS, lambda right=right: Membership.objects.create(project=project, person=make_user(), **{right: True})


@case("guideline_one_per_number")
def guidelines() -> Iterator[Any]:
    project = make_project()
    yield PASS, lambda: Guideline.objects.create(project=project, number=1)
    yield FAIL, lambda: Guideline.objects.create(project=project, number=1)
    yield PASS, lambda: Guideline.objects.create(project=project, number=2)


@case("guideline_reading_one_per_version")
def readings() -> Iterator[Any]:
    project, person = make_project(), make_user()
    first, second = (Guideline.objects.create(project=project, number=number) for number in (1, 2))
    yield PASS, lambda: GuidelineReading.objects.create(guideline=first, person=person)
    yield FAIL, lambda: GuidelineReading.objects.create(guideline=first, person=person)
    yield PASS, lambda: GuidelineReading.objects.create(guideline=second, person=person)
    yield PASS, lambda: GuidelineReading.objects.create(guideline=first, person=make_user())


def invitation(**fields: Any) -> Invitation:
    """An invitation for one annotator."""
    values = {"can_label": True, "token_sha256": uuid.uuid4().hex, "made_by": make_user(), "expires_at": timezone.now()}
    return Invitation.objects.create(**values | {"project": make_project()} | fields)


@case("invitation_some_right")
def invited_rights() -> Iterator[Any]:
    yield FAIL, lambda: invitation(can_label=False)
    for right in ("can_label", "can_adjudicate", "is_lead"):
        yield PASS, lambda right=right: invitation(**{"can_label": False, right: True})


@case("invitation_uses")
def invited_uses() -> Iterator[Any]:
    yield PASS, lambda: invitation(uses=50, used=50)
    yield FAIL, lambda: invitation(uses=51)
    yield FAIL, lambda: invitation(uses=0)
    yield FAIL, lambda: invitation(uses=3, used=4)


@case("invitation_one_lead")
def invited_leads() -> Iterator[Any]:
    yield PASS, lambda: invitation(is_lead=True, uses=1)
    yield FAIL, lambda: invitation(is_lead=True, uses=2)


@case("invitation_daily_cap")
def invited_caps() -> Iterator[Any]:
    yield PASS, lambda: invitation(daily_cap=None)
    yield PASS, lambda: invitation(daily_cap=1)
    yield FAIL, lambda: invitation(daily_cap=0)


@case("invitation_use_one_per_person")
def invited_people() -> Iterator[Any]:
    row, person = invitation(), make_user()
    yield PASS, lambda: InvitationUse.objects.create(invitation=row, person=person)
    yield FAIL, lambda: InvitationUse.objects.create(invitation=row, person=person)
    yield PASS, lambda: InvitationUse.objects.create(invitation=invitation(), person=person)


def example(candidate: Candidate, **fields: Any) -> Example:
    """An example of a candidate."""
    values = {"project": candidate.project, "round": 1, "image": candidate.image, "caption": "Soft.", "place": 1}
    return Example.objects.create(candidate=candidate, **values | fields)


@case("example_one_per_candidate")
def examples() -> Iterator[Any]:
    candidate = make_candidate()
    yield PASS, lambda: example(candidate)
    yield FAIL, lambda: example(candidate, round=2)
    yield PASS, lambda: example(make_candidate(candidate.project))


@case("example_caption")
def captions() -> Iterator[Any]:
    yield FAIL, lambda: example(make_candidate(), caption="")
    yield PASS, lambda: example(make_candidate())


@case("task_one_per_external_id")
def external_ids() -> Iterator[Any]:
    known = task()
    yield FAIL, lambda: make_task(known.project, external_id=known.external_id)
    yield PASS, lambda: make_task(make_project(), external_id=known.external_id)


@case("task_version_one_per_number")
def versions() -> Iterator[Any]:
    known = task()
    event = Event.objects.create(project=known.project, kind="task_changed")
    yield FAIL, lambda: TaskVersion.objects.create(task=known, number=1, document={})
    yield PASS, lambda: TaskVersion.objects.create(task=known, number=2, document={}, event=event)


@case("task_version_event")
def version_events() -> Iterator[Any]:
    known = task()
    event = Event.objects.create(project=known.project, kind="task_changed")
    yield FAIL, lambda: TaskVersion.objects.create(task=known, number=2, document={})
    yield PASS, lambda: TaskVersion.objects.create(task=known, number=2, document={}, event=event)


@case("deliverable_one_per_number")
def deliverables() -> Iterator[Any]:
    known = task()
    yield FAIL, lambda: Deliverable.objects.create(task=known, number=1, name="again")
    yield PASS, lambda: Deliverable.objects.create(task=known, number=2, name="another")


@case("evaluation_point_one_per_number")
def points() -> Iterator[Any]:
    known = task()
    yield FAIL, lambda: EvaluationPoint.objects.create(task=known, number=1, point_id="ep_001", text="again")
    yield PASS, lambda: EvaluationPoint.objects.create(task=known, number=3, point_id="ep_001", text="another")


@case("asset_one_per_number")
def assets() -> Iterator[Any]:
    known = task()
    yield PASS, lambda: Asset.objects.create(task=known, role="reference", number=1)
    yield PASS, lambda: Asset.objects.create(task=known, role="source", number=1)
    yield FAIL, lambda: Asset.objects.create(task=known, role="reference", number=1, image=make_image())


@case("asset_role")
def roles() -> Iterator[Any]:
    known = task()
    yield FAIL, lambda: Asset.objects.create(task=known, role="mood", number=1)
    yield PASS, lambda: Asset.objects.create(task=known, role="source", number=1)


@case("job_state")
def job_states() -> Iterator[Any]:
    yield from bounds(
        lambda: Job.objects.create(project=make_project(), kind="export"), "state", ["queued", "done", "failed", "cancelled"], ["lost", ""]
    )


@case("job_running_has_fence")
def fences() -> Iterator[Any]:
    job, now = Job.objects.create(project=make_project(), kind="export"), timezone.now()
    yield FAIL, partial(update, job, state="running")
    yield FAIL, partial(update, job, state="running", fence=uuid.uuid4())
    yield FAIL, partial(update, job, state="running", heartbeat_at=now)
    yield PASS, partial(update, job, state="running", fence=uuid.uuid4(), heartbeat_at=now)


@case("job_line_one_per_key")
def job_lines() -> Iterator[Any]:
    job, other = (Job.objects.create(project=make_project(), kind="export") for _ in range(2))
    yield PASS, lambda: JobLine.objects.create(job=job, key="1", outcome="created")
    yield PASS, lambda: JobLine.objects.create(job=other, key="1", outcome="created")
    yield FAIL, lambda: JobLine.objects.create(job=job, key="1", outcome="unchanged")


@case("import_conflict_subject")
def conflict_subjects() -> Iterator[Any]:
    candidate = make_candidate()
    conflict = partial(ImportConflict.objects.create, project=candidate.project, field="image")
    yield FAIL, conflict
    yield FAIL, lambda: conflict(task=candidate.bundle.task, candidate=candidate)
    yield PASS, lambda: conflict(task=candidate.bundle.task)
    yield PASS, lambda: conflict(candidate=candidate)


def waiting_conflicts(subject: str) -> Iterator[Any]:
    candidate = make_candidate()
    row = {"task": candidate.bundle.task, "candidate": candidate}[subject]
    conflict = partial(ImportConflict.objects.create, project=candidate.project, field="content", **{subject: row})
    yield PASS, lambda: conflict(state="accepted")
    yield PASS, conflict
    yield PASS, lambda: conflict(state="dismissed")
    yield FAIL, conflict


CASES["import_conflict_one_open_task"] = partial(waiting_conflicts, "task")
CASES["import_conflict_one_open_candidate"] = partial(waiting_conflicts, "candidate")


@case("api_token_name")
def token_names() -> Iterator[Any]:
    make = partial(ApiToken.objects.create, person=make_user(), token_sha256="0" * 64)
    yield FAIL, partial(make, name="")
    yield PASS, partial(make, name="notebook")


@case("batch_one_per_number")
def batch_numbers() -> Iterator[Any]:
    first = batch()
    yield FAIL, lambda: batch(project=first.project, name="Second")
    yield PASS, lambda: batch(project=first.project, name="Second", number=2)
    yield PASS, lambda: batch(name="Second")


@case("batch_one_per_name")
def batch_names() -> Iterator[Any]:
    first = batch()
    yield FAIL, lambda: batch(project=first.project, number=2)
    yield PASS, lambda: batch(project=first.project, number=2, name="Second")
    yield PASS, lambda: batch(number=2)


@case("candidate_lane")
def lanes() -> Iterator[Any]:
    candidate = make_candidate()
    for number, lane in ((0, 1), (0, 3), (1, 5), (1, 7), (8000, 32_003)):
        yield PASS, partial(update, candidate, batch=number, lane=lane)
    for number, lane in ((0, 0), (0, 4), (1, 4), (1, 8), (2, 3)):
        yield FAIL, partial(update, candidate, batch=number, lane=lane)


@case("group_key_one_per_task")
def keys_of_tasks() -> Iterator[Any]:
    one, other = (make_task(make_project()) for _ in range(2))
    add = partial(GroupKey.objects.create, project=one.project, key="0" * 64)
    yield PASS, partial(add, task=one)
    yield FAIL, partial(add, task=one)
    yield PASS, partial(add, task=other)
