"""The candidates that are not finished, counted by where they stand; through the queue's own indexes, however many there are."""

from __future__ import annotations

from collections import Counter

from django.db.models import Count

from labeling.models import Assignment, Candidate, Project, Purpose, QState, State, Status

Place = tuple[int, State, QState]  # lane, state, state in the queue


def count_unfinished(project: Project) -> Counter[Place]:
    """The open, disputed and held candidates of `project` by lane and state; those being imported and withdrawn ones are left out."""
    counts: Counter[Place] = Counter()
    for q_state in (QState.FRESH, QState.HALF):
        rows = Candidate.objects.queued_as(q_state).filter(project=project).order_by().values_list("lane").annotate(count=Count("*"))
        counts.update({(lane, State.OPEN, q_state): count for lane, count in rows})
    for state in (State.DISPUTED, State.HELD):
        placed = Candidate.objects.standing_as(project.pk, state).order_by().values_list("lane", "q_state")
        counts.update({(lane, state, QState(number)): count for lane, number, count in placed.annotate(count=Count("pk"))})
    # Whatever has two answers is settled or disputed, so an open candidate with both seats taken has one that is leased.
    leased = Assignment.objects.standing_as(project.pk, Status.LEASED).filter(purpose=Purpose.PRIMARY).values("candidate")
    taken = Candidate.objects.filter(pk__in=leased, state=State.OPEN, q_state=QState.BOTH).order_by().values_list("lane")
    counts.update({(lane, State.OPEN, QState.BOTH): count for lane, count in taken.annotate(count=Count("pk"))})
    return counts


def count_checks(project: Project) -> Counter[int]:
    """The settled candidates that wait for an audit or a second adjudication, by lane: finished, but adjudicators are needed for them."""
    counts: Counter[int] = Counter()
    # What waits for undo windows has a day; the others with both seats taken are open.
    for q_state, more in ((QState.BOTH, {"ready_at__isnull": False}), (QState.DISPUTED, {})):
        waiting = Candidate.objects.queued_as(q_state).filter(project=project, state=State.SETTLED, **more)
        counts.update(dict(waiting.order_by().values_list("lane").annotate(count=Count("*"))))
    return counts


def count_leased(project: Project) -> Counter[int]:
    """The primary leases of open candidates by lane."""
    leased = Assignment.objects.standing_as(project.pk, Status.LEASED).filter(purpose=Purpose.PRIMARY, candidate__state=State.OPEN)
    return Counter(leased.order_by().values_list("candidate__lane", flat=True))
