"""Builders of small rows for tests: plain functions with defaults, each call makes new distinct rows."""

from __future__ import annotations

import hashlib
import itertools
import uuid
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from labeling.models import (
    Answer,
    Assignment,
    Batch,
    Bundle,
    Candidate,
    Deliverable,
    EvaluationPoint,
    Generator,
    Image,
    Membership,
    Project,
    Task,
    TaskVersion,
    User,
    lane_of,
)
from labeling.protocol.adjudicate import confirm_adjudication, submit_blind, take_adjudication
from labeling.protocol.lanes import MOST_OPEN
from labeling.protocol.lease import take_seat
from labeling.protocol.outcome import Outcome
from labeling.protocol.projects import create_project, set_member
from labeling.protocol.record import lock_candidate
from labeling.protocol.submission import Submission
from labeling.protocol.submit import submit_answer

_numbers = itertools.count(1)


def make_project(**fields: Any) -> Project:
    """A project without members; undo window 0, so that a dispute is leasable at once, and without any draws for checks."""
    number = next(_numbers)
    fields = {"undo_minutes": 0, "gold_share": 0, "repeat_share": 0, "audit_share": 0, "second_share": 0} | fields
    return create_project(fields.pop("slug", f"project-{number}"), fields.pop("name", f"Project {number}"), None, **fields)


def make_user(**fields: Any) -> User:
    """An account without memberships and without a usable password."""
    user = User(username=fields.pop("username", f"person{next(_numbers)}"), **fields)
    user.set_unusable_password()
    user.save()
    return user


def make_person(project: Project, *, can_label: bool = True, can_adjudicate: bool = True, is_lead: bool = False, **fields: Any) -> User:
    """A member of `project` who may label and adjudicate unless told otherwise."""
    user = make_user(**fields)
    set_member(project, user, None, can_label=can_label, can_adjudicate=can_adjudicate, is_lead=is_lead)
    return user


def make_lead(project: Project, **fields: Any) -> User:
    """A member who only leads."""
    return make_person(project, can_label=False, can_adjudicate=False, is_lead=True, **fields)


def make_image(**fields: Any) -> Image:
    """An image row without a stored file."""
    sha256 = hashlib.sha256(uuid.uuid4().bytes).hexdigest()
    return Image.objects.create(**{"sha256": sha256, "format": "JPEG", "width": 640, "height": 480, "byte_size": 1000} | fields)


def make_generator(**fields: Any) -> Generator:
    number = next(_numbers)
    return Generator.objects.create(**{"slug": f"generator-{number}", "display_name": f"Generator {number}"} | fields)


def make_task(project: Project, quantity: int = 1, points: int = 2, **fields: Any) -> Task:
    """A task with its deliverables, evaluation points and first version."""
    number = next(_numbers)
    defaults = {
        "external_id": f"digital-{number:03d}",
        "category": "Digital",
        "name": f"Poster {number}",
        "brief": "A poster.",
        "price_usd": Decimal("90.00"),
    }
    task = Task.objects.create(project=project, quantity=quantity, **defaults | fields)
    for k in range(1, quantity + 1):
        Deliverable.objects.create(task=task, number=k, name=f"Image {k}")
    for k in range(1, points + 1):
        EvaluationPoint.objects.create(task=task, number=k, point_id=f"ep_{k:03d}", text=f"Point {k}")
    TaskVersion.objects.create(task=task, number=1, document={"name": task.name})
    return task


def make_bundle(task: Task, generator: Generator | None = None, **fields: Any) -> Bundle:
    """A bundle with one open candidate for every deliverable of its task."""
    place = next(_numbers) * 7919 % (1 << 40)
    bundle = Bundle.objects.create(task=task, generator=generator or make_generator(), **{"place": place} | fields)
    for deliverable in task.deliverables.order_by("number"):
        Candidate.objects.create(
            project=task.project,
            bundle=bundle,
            deliverable=deliverable,
            image=make_image(),
            state="open",
            q_state=0,
            sort=(bundle.place << 8) | deliverable.number,
            lane=lane_of(0, task.category),
        )
    return bundle


def make_most_batches(project: Project) -> list[Batch]:
    """As many open, empty batches as a project may have, numbered from 1."""
    numbers = range(1, MOST_OPEN + 1)
    return Batch.objects.bulk_create(Batch(project=project, number=number, name=f"Batch {number}") for number in numbers)


def make_candidate(project: Project | None = None, **fields: Any) -> Candidate:
    """One open candidate of a new task and generator, in `project` or a new one."""
    bundle = make_bundle(make_task(project or make_project()))
    candidate = bundle.candidates.select_related("project").get()
    if fields:
        Candidate.objects.filter(pk=candidate.pk).update(**fields)
        candidate.refresh_from_db()
    return candidate


def lease_for(person: User, candidate: Candidate) -> Assignment:
    """Lease exactly this candidate's free seat to `person`, whatever the queue would have chosen."""
    from django.db import transaction

    with transaction.atomic():
        lease = take_seat(lock_candidate(candidate.pk), person, is_ahead=False)
    assert lease is not None, "no free seat"
    return lease


def answer_as(person: User, candidate: Candidate, verdict: str, **fields: Any) -> Outcome:
    """Lease the candidate for `person` and answer it."""
    lease = lease_for(person, candidate)
    return submit_answer(lease.public_id, person, Submission(verdict=verdict, **fields), uuid.uuid4())


def dispute(candidate: Candidate) -> tuple[User, User]:
    """Make two new members answer the candidate differently; return them, the accepting one first."""
    people = make_person(candidate.project), make_person(candidate.project)
    answer_as(people[0], candidate, "accept")
    answer_as(people[1], candidate, "reject")
    return people


def adjudicate_as(person: User, candidate: Candidate, verdict: str, reason_class: str = "taste") -> Outcome:
    """Adjudicate the project's next dispute blind and confirm it; the candidate must be the one served."""
    lease = take_adjudication(candidate.project, person)
    assert lease is not None, "no dispute for this person"
    assert lease.candidate_id == candidate.pk, "another dispute was served"
    submit_blind(lease.public_id, person, Submission(verdict=verdict), uuid.uuid4())
    return confirm_adjudication(lease.public_id, person, reason_class, None, uuid.uuid4())


def agree(candidate: Candidate, verdict: str = "accept") -> tuple[User, User]:
    """Make two new members answer the candidate alike; return them."""
    people = make_person(candidate.project), make_person(candidate.project)
    for person in people:
        answer_as(person, candidate, verdict)
    return people


def review_as(person: User, candidate: Candidate, verdict: str) -> Assignment:
    """Answer blind what an adjudicator is given next, which must be this candidate; return the assignment."""
    lease = take_adjudication(candidate.project, person)
    assert lease is not None, "nothing to adjudicate for this person"
    assert lease.candidate_id == candidate.pk, "another candidate was served"
    submit_blind(lease.public_id, person, Submission(verdict=verdict), uuid.uuid4())
    lease.refresh_from_db()
    return lease


def expire(lease: Assignment) -> None:
    """Let the time of a lease be over; nobody has noticed yet."""
    Assignment.objects.filter(pk=lease.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


def final_decision(candidate: Candidate) -> tuple[str, str] | None:
    """The verdict that stands and how it was reached; None if there is none."""
    decision = candidate.decisions.filter(revoked_event=None).first()
    return (decision.verdict, decision.how) if decision else None


def newest_answer(assignment: Assignment) -> Answer:
    """The newest answer row of an assignment."""
    return assignment.answers.latest("number")


def members(project: Project) -> list[Membership]:
    """The memberships of a project in a fixed order."""
    return list(Membership.objects.filter(project=project).order_by("pk"))
