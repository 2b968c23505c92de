"""A project whose candidates stand wherever a candidate can stand, and everything that can happen to them next."""

import uuid
from decimal import Decimal

from labeling.data_in.bench_values import BenchDeliverable, BenchTask
from labeling.data_in.write_task import rewrite_task, write_task
from labeling.protocol.edit import edit_answer, undo_answer
from labeling.protocol.hold import hold_candidate, reopen_candidate, replace_image, return_candidate, withdraw_candidate
from labeling.protocol.intake import enter_queue as open_staged
from labeling.protocol.intake import import_decision
from labeling.protocol.reap import reap_due
from labeling.protocol.skip import raise_flag, skip_candidate
from labeling.protocol.submission import Submission
from labeling.protocol.submit import submit_answer
from labeling.protocol.void import void_answers
from tests.factories import adjudicate_as, answer_as, expire, lease_for, make_bundle, make_image, make_lead, make_project, make_task
from tests.labeling.exporting import make_queued, make_team, newest_event


def make_content(task_id, quantity=1, **fields):
    """What an import reads of a task."""
    named = f"Image of {fields.get('name', 'Poster')}"
    deliverables = [BenchDeliverable(number=k, name=named, price_usd=None, rules=(), raw_rules=None) for k in range(1, quantity + 1)]
    defaults = {"category": "Digital", "name": "Poster", "brief": "A poster.", "price_usd": Decimal("90.00"), "points": ()}
    return BenchTask(task_id=task_id, quantity=quantity, deliverables=tuple(deliverables), **defaults | fields)


class Stage:
    """A project whose candidates stand wherever a candidate can stand; the first page of an export is `first` alone."""

    def __init__(self):
        self.project = make_project(undo_minutes=15)
        self.lead, self.team = make_lead(self.project), make_team(self.project, 5)
        self.first, self.settled = self.make("accept", "accept"), self.make("reject", "reject")
        self.disputed, self.half, self.fresh = self.make("accept", "reject"), self.make("accept"), self.make()
        self.lease = lease_for(self.team[0], self.fresh)
        self.held, self.withdrawn = self.make("reject"), self.make("reject", "reject")
        hold_candidate(self.held.public_id, self.lead, "Why so dark?")
        withdraw_candidate(self.withdrawn.public_id, self.lead, "Twice")
        self.imported = self.make()
        import_decision(self.imported.pk, "accept", None)
        self.cutoff = newest_event(self.project)

    def make(self, *verdicts):
        """A queued candidate that the first people answered so."""
        task = write_task(self.project, make_content(f"digital-{self.project.tasks.count():03d}"), {})
        [candidate] = make_queued(self.project, task=task)
        for person, verdict in zip(self.team, verdicts, strict=False):
            answer_as(person, candidate, verdict)
        return candidate

    def answer_of(self, candidate, person):
        assignment = candidate.assignments.get(person=person, status="submitted")
        return assignment, assignment.answers.latest("number")


def edit(stage):
    for candidate in (stage.first, stage.settled, stage.half, stage.disputed):
        assignment, answer = stage.answer_of(candidate, stage.team[0])
        other = "reject" if answer.verdict == "accept" else "accept"
        outcome = edit_answer(assignment.public_id, stage.team[0], Submission(verdict=other), answer.public_id, uuid.uuid4())
        assert outcome.kind == "submitted", outcome


def undo(stage):
    for candidate in (stage.first, stage.settled, stage.half):
        assignment, answer = stage.answer_of(candidate, stage.team[0])
        assert undo_answer(assignment.public_id, stage.team[0], answer.public_id, uuid.uuid4()).kind == "submitted"


def reopen(stage):
    for candidate in (stage.first, stage.settled, stage.disputed, stage.half, stage.held, stage.imported):
        reopen_candidate(candidate.public_id, stage.lead, "Again")


def reopen_and_answer(stage):
    reopen(stage)
    for candidate in (stage.first, stage.settled):
        candidate.refresh_from_db()
        for person in stage.team[2:4]:
            answer_as(person, candidate, "reject")


def void(stage):
    for candidate in (stage.first, stage.settled, stage.disputed, stage.half, stage.held):
        rows = list(candidate.assignments.filter(person=stage.team[0]).values_list("pk", flat=True))
        void_answers(candidate.pk, stage.lead, stage.team[0].pk, rows, "Clicked through")


def void_an_adjudicated_pair(stage):
    adjudicate(stage)
    void(stage)


def void_an_adjudication(stage):
    adjudicate(stage)
    [row] = stage.disputed.assignments.filter(person=stage.team[3])
    void_answers(stage.disputed.pk, stage.lead, stage.team[3].pk, [row.pk], "Clicked through")


def withdraw(stage):
    for candidate in (stage.first, stage.settled, stage.disputed, stage.half, stage.fresh, stage.held, stage.imported):
        withdraw_candidate(candidate.public_id, stage.lead, "Gone")


def hold_and_return(stage):
    hold_candidate(stage.half.public_id, stage.lead, "Wait")
    for candidate in (stage.held, stage.withdrawn):
        return_candidate(candidate.public_id, stage.lead)


def withdraw_for_another_reason(stage):
    return_candidate(stage.withdrawn.public_id, stage.lead)
    withdraw_candidate(stage.withdrawn.public_id, stage.lead, "Something else")


def replace_images(stage):
    for candidate in (stage.settled, stage.fresh, stage.disputed):
        replace_image(candidate.public_id, stage.lead, make_image(), "Sharper")
        replace_image(candidate.public_id, stage.lead, make_image(), "Sharper still")


def answer_more(stage):
    submit_answer(stage.lease.public_id, stage.team[0], Submission(verdict="accept"), uuid.uuid4())
    answer_as(stage.team[1], stage.fresh, "reject")
    answer_as(stage.team[1], stage.half, "accept")


def adjudicate(stage):
    stage.disputed.assignments.update(editable_until="2020-01-01T00:00Z")
    type(stage.disputed).objects.filter(pk=stage.disputed.pk).update(ready_at="2020-01-01T00:00Z")
    adjudicate_as(stage.team[3], stage.disputed, "accept")


def let_leases_end_and_answer_late(stage):
    expire(stage.lease)
    reap_due()
    answer_as(stage.team[1], stage.fresh, "accept")
    answer_as(stage.team[2], stage.fresh, "accept")
    submit_answer(stage.lease.public_id, stage.team[0], Submission(verdict="reject"), uuid.uuid4())


def skip_and_flag(stage):
    raise_flag(stage.lease.public_id, stage.team[0], "Look at this", uuid.uuid4())
    skip_candidate(stage.lease.public_id, stage.team[0], "broken", "", uuid.uuid4())


def import_decisions(stage):
    import_decision(stage.imported.pk, "reject", None)
    bundle = make_bundle(stage.half.bundle.task)
    import_decision(bundle.candidates.get().pk, "reject", None)


def import_more_candidates(stage):
    for task in (stage.first.bundle.task, make_task(stage.project, 2)):
        bundle = make_bundle(task)
        bundle.candidates.update(state="staged", q_state=6)
        open_staged([candidate.pk for candidate in bundle.candidates.all()], None)


def import_changed_tasks(stage):
    for candidate in (stage.first, stage.settled, stage.fresh):
        task = candidate.bundle.task
        for price_usd in (Decimal("12.00"), Decimal("13.00")):
            content = make_content(task.external_id, category="Portrait", name="New", price_usd=price_usd, quantity=2, editing=True)
            rewrite_task(task, content, {}, None)


CHANGES = [
    edit,
    undo,
    reopen,
    reopen_and_answer,
    void,
    void_an_adjudicated_pair,
    void_an_adjudication,
    withdraw,
    hold_and_return,
    withdraw_for_another_reason,
    replace_images,
    answer_more,
    adjudicate,
    let_leases_end_and_answer_late,
    skip_and_flag,
    import_decisions,
    import_more_candidates,
    import_changed_tasks,
]
