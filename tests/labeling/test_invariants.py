"""The invariants that every walk is held against notice a row that breaks them."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.db import connection
from django.db.models import F, Max

from labeling.models import Answer, Assignment, Candidate, Decision, Event, Membership, Project, Receipt, Skip
from labeling.triggers import drop_triggers
from tests.factories import adjudicate_as, answer_as, dispute, lease_for, make_candidate, make_person, make_project
from tests.labeling.protocol_invariants import INVARIANTS, broken_invariants
from tests.labeling.raw_rows import answered, raw_assignment

pytestmark = pytest.mark.django_db

# Partial unique indexes and checks refuse these rows whatever the triggers (test_constraints.py), or they are made by several steps.
KEPT_BY_CONSTRAINTS = {
    "a seat is taken once",
    "at most two seats",
    "one adjudication",
    "one audit and one second adjudication",
    "one purpose for each person, so the adjudicator is a third",
    "one decision stands",
}
ONLY_WALKED = {
    "an adjudication has two answers that differ",
    "at most one adjudication in hand for each person",
    "an audit in hand is of two equal answers, a second adjudication of an adjudicated dispute",
    "a row without an answer has none, or took it back",
    "a void row was taken back, or has a reason",
    "a row with a reason was voided by its newest event",
    "nobody adjudicates what they answered in vain",
    "nobody answers what they adjudicated in vain",
    "nobody answers in the round after their adjudication",
    "a late row follows one ended lease of the same person",
    "every receipt has its outcome",
}


class World:
    """One candidate of each kind: agreed, adjudicated, waiting for its windows, half taken, and one in a person's hands."""

    def __init__(self):
        project = make_project(undo_minutes=0)
        people = [make_person(project) for _ in range(3)]
        self.agreed, self.adjudicated, self.held = (make_candidate(project) for _ in range(3))
        for person in people[:2]:
            answer_as(person, self.agreed, "accept")
        dispute(self.adjudicated)
        adjudicate_as(people[2], self.adjudicated, "accept")
        Project.objects.update(undo_minutes=15)
        project.refresh_from_db()
        self.waiting = make_candidate(project)
        for person, verdict in zip(people, ("accept", "reject"), strict=False):
            answer_as(person, self.waiting, verdict)
        self.lease = lease_for(people[0], self.held)
        self.person, self.other, self.third, self.project = *people, project


def rows(model, **which):
    return model.objects.filter(**which)


BREAK = {
    "the state is what the rows say": lambda it: rows(Candidate, pk=it.agreed.pk).update(state="open", q_state=0),
    "the queue's state is what the rows say": lambda it: rows(Candidate, pk=it.held.pk).update(q_state=0, q_excl=0),
    "who waits for a third person waits for both windows": lambda it: rows(Candidate, pk=it.waiting.pk).update(ready_at=None),
    "the queue excludes who holds the seat, or the pair": lambda it: rows(Candidate, pk=it.held.pk).update(q_excl=it.other.pk),
    "the decision is what the answers say": lambda it: rows(Decision, candidate=it.agreed).update(verdict="reject"),
    "a decision is revoked after it was made": lambda it: rows(Decision, candidate=it.agreed).update(revoked_event=F("event")),
    "at most three leases of the label page for each person": lambda it: [
        lease_for(it.person, make_candidate(it.project)) for _ in range(3)
    ],
    "leases belong to a round that goes on": lambda it: rows(Candidate, pk=it.held.pk).update(round=2),
    "a check changes no decision": lambda it: rows(Event, pk=it.agreed.decisions.get().event_id).update(kind="audited"),
    "nobody sees the answers behind a check": lambda it: rows(Answer, assignment__candidate=it.adjudicated, kind="confirm").update(
        assignment=raw_assignment(it.agreed, it.third, purpose="audit", **answered())
    ),
    "only members hold leases": lambda it: rows(Membership, person=it.person).update(active=False),
    "primaries are frozen once adjudicated": lambda it: rows(
        Answer, assignment__candidate=it.adjudicated, assignment__purpose="primary"
    ).update(event=Event.objects.aggregate(last=Max("pk"))["last"]),
    "answers are numbered from one without gaps": lambda it: rows(Answer, assignment__candidate=it.agreed).update(number=3),
    "an answered row says what its newest answer says": lambda it: rows(Assignment, candidate=it.agreed).update(verdict="reject"),
    "the newest event knows the candidate's state and round": lambda it: rows(Event, candidate=it.agreed).update(candidate_state="held"),
    "the newest event of a row knows its status": lambda it: rows(Event, assignment=it.lease).update(assignment_status="released"),
    "nobody holds what they skipped": lambda it: Skip.objects.create(
        candidate=it.held, person=it.person, round=1, why="other", assignment=it.lease
    ),
    "every candidate is in the lane of its category and its batch": lambda it: rows(Candidate, pk=it.held.pk).update(lane=1),
    "every answer is in one receipt": lambda _it: Receipt.objects.all().delete(),
    "every receipt's answer exists": lambda _it: Receipt.objects.update(outcome={"answer": str(uuid4())}),
}


def test_every_invariant_is_broken_here_or_kept_by_a_constraint():
    assert set(INVARIANTS) == set(BREAK) | KEPT_BY_CONSTRAINTS | ONLY_WALKED


@pytest.mark.parametrize("rule", BREAK)
def test_a_broken_row_is_noticed(rule):
    world = World()
    assert broken_invariants() == []
    drop_triggers(connection)

    BREAK[rule](world)

    assert rule in broken_invariants()
