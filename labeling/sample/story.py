"""What has happened in the sample so far: a few answers, a settled dispute, one that waits, a held candidate, a flag, two examples."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import uuid4

from django.db import transaction

from labeling.models import Assignment, Candidate, Example, Flag, Project, ReasonClass, State, User
from labeling.protocol.adjudicate import confirm_adjudication, submit_blind, take_adjudication
from labeling.protocol.examples import add_example
from labeling.protocol.hold import hold_candidate
from labeling.protocol.lease import take_seat
from labeling.protocol.record import lock_candidate
from labeling.protocol.skip import raise_flag
from labeling.protocol.submission import Submission
from labeling.protocol.submit import submit_answer

ACCEPT = Submission(verdict="accept")


def reject(*reasons: str, note: str = "") -> Submission:
    """A reject for `reasons`."""
    return Submission(verdict="reject", reasons=reasons, note=note)


# Task, generator, and what the two annotators said; None where the second has not been there yet.
ANSWERS: list[tuple[str, str, Submission, Submission | None]] = [
    ("digital-002", "aurora", ACCEPT, ACCEPT),
    ("digital-002", "lumen", reject("blurry"), reject("blurry", note="Soft all over, worst at the trees.")),
    ("product-001", "aurora", ACCEPT, ACCEPT),
    ("product-007", "brushwind", reject("bad_text"), reject("bad_text")),
    ("portrait-001", "aurora", ACCEPT, None),
    ("digital-006", "aurora", ACCEPT, None),
    ("product-004", "chroma", reject("unattractive"), None),
    ("product-009", "chroma", ACCEPT, None),
]
SETTLED_DISPUTE = ("product-004", "brushwind", ACCEPT, reject("bad_text", note="Look at the second word."))
WAITING_DISPUTE = ("digital-006", "chroma", ACCEPT, reject("unattractive", note="The moon is green; that cannot be meant."))
HELD = ("product-006", "chroma", "Waiting for the client: is a picture without the table what they meant?")
FLAGGED = ("product-009", "chroma", "Does the border count as one of the four colours?")
EXAMPLES = [
    ("digital-002", "lumen", "Soft at the size the client uses it: blur counts even when the picture is right."),
    ("product-001", "aurora", "Does all the brief asks and is clean enough to use. It need not be beautiful to be paid for."),
]


def tell_story(project: Project, people: Mapping[str, User]) -> None:
    """Do all of it; what was done before is left as it is."""
    first, second = people["annotator"], people["annotator2"]
    for task, generator, *said in ANSWERS:
        candidate = find_candidate(project, task, generator)
        for person, submission in zip((first, second), said, strict=True):
            if submission is not None:
                give_answer(candidate, person, submission)
    settle_dispute(project, first, second, people["adjudicator"])
    make_dispute(project, WAITING_DISPUTE, first, second)
    hold(project, people["lead"])
    flag(project, first)
    show_examples(project, people["lead"])


def find_candidate(project: Project, task: str, generator: str) -> Candidate:
    """The first candidate of a generator for a task of the sample."""
    rows = Candidate.objects.filter(
        project=project, bundle__task__external_id=f"sample-{task}", bundle__generator__slug=f"sample-{generator}", deliverable__number=1
    )
    return rows.get()


def give_answer(candidate: Candidate, person: User, submission: Submission) -> None:
    """Lease this candidate for `person` and answer it, unless they have answered it already."""
    with transaction.atomic():
        lease = take_seat(lock_candidate(candidate.pk), person, is_ahead=False)
    if lease is not None:
        submit_answer(lease.public_id, person, submission, uuid4())


def make_dispute(project: Project, dispute: tuple[str, str, Submission, Submission], first: User, second: User) -> Candidate:
    """Have the two annotators answer one candidate differently."""
    task, generator, one, other = dispute
    candidate = find_candidate(project, task, generator)
    give_answer(candidate, first, one)
    give_answer(candidate, second, other)
    return candidate


def settle_dispute(project: Project, first: User, second: User, adjudicator: User) -> None:
    """Have a dispute adjudicated and confirmed. It is the only one at this time, so it is the one that is served."""
    candidate = make_dispute(project, SETTLED_DISPUTE, first, second)
    if candidate.decisions.exists():
        return
    lease = take_adjudication(project, adjudicator)
    if lease is not None:
        submit_blind(lease.public_id, adjudicator, reject("bad_text"), uuid4())
        confirm_adjudication(lease.public_id, adjudicator, ReasonClass.MISSED_DEFECT, None, uuid4())


def hold(project: Project, lead: User) -> None:
    """Take one candidate out of the queue."""
    task, generator, why = HELD
    candidate = find_candidate(project, task, generator)
    if candidate.state == State.OPEN:
        hold_candidate(candidate.public_id, lead, why)


def show_examples(project: Project, lead: User) -> None:
    """Put settled candidates into the gallery."""
    for task, generator, caption in EXAMPLES:
        candidate = find_candidate(project, task, generator)
        if not Example.objects.filter(candidate=candidate).exists():
            add_example(candidate.public_id, lead, caption)


def flag(project: Project, person: User) -> None:
    """Ask the lead about a candidate that `person` has answered."""
    task, generator, text = FLAGGED
    row = Assignment.objects.get(candidate=find_candidate(project, task, generator), person=person)
    if not Flag.objects.filter(assignment=row).exists():
        raise_flag(row.public_id, person, text, uuid4())
