"""Taking a dispute to adjudicate: what a person holds, else the next one of their lanes.

What was drawn for an audit or a second adjudication waits among the disputes and is taken by the same statements.
"""

from __future__ import annotations

import itertools
from datetime import timedelta

from django.db import transaction

from labeling.models import REVIEWING, Assignment, Candidate, Project, Purpose, QState, User
from labeling.protocol import queue
from labeling.protocol.heads import lock_head, wait_for_head
from labeling.protocol.lanes import find_lanes, works_in
from labeling.protocol.lease import Taken, make_lease
from labeling.protocol.reap import promote_ready
from labeling.protocol.record import live_rows, lock_right
from labeling.protocol.standing import find_purpose


def lease_dispute(project: Project, person: User) -> Assignment | None:
    """Lease the adjudication of a dispute the person answered no part of; None if there is none now.

    Locks the person's membership, then one candidate.
    """
    promote_ready(project.pk, limit=5)
    taken = find_dispute(project, person)
    return taken.lease if taken.passed is None else wait_for_dispute(project, person, taken.passed)


@transaction.atomic
def find_dispute(project: Project, person: User) -> Taken:
    """The adjudication the person holds, or a new one."""
    membership = lock_right(project, person, "can_adjudicate")
    if (held := held_dispute(project, person)) is not None:
        return Taken(held)
    lanes, passed = find_lanes(membership, Purpose.ADJUDICATION), None
    for depth, lane in itertools.product((queue.NEAR, queue.DEEP), lanes):
        for head in queue.dispute_heads(project.pk, lane, person.pk, depth):
            candidate = lock_head(head)
            if candidate is None:
                passed = passed or head
            elif lease := take_dispute(candidate, person):
                return Taken(lease)
    return Taken(None, passed)


@transaction.atomic
def wait_for_dispute(project: Project, person: User, head: queue.Head) -> Assignment | None:
    """`take_passed` of a dispute."""
    membership = lock_right(project, person, "can_adjudicate")
    if (held := held_dispute(project, person)) is not None:
        return held
    candidate = wait_for_head(head)
    if candidate is None or not works_in(membership, candidate.lane):
        return None
    return take_dispute(candidate, person)


def held_dispute(project: Project, person: User) -> Assignment | None:
    """What the person has in hand to adjudicate, as a dispute or as a check."""
    return Assignment.objects.leased_by(person.pk, project.pk).filter(purpose__in=REVIEWING).first()


def take_dispute(candidate: Candidate, person: User) -> Assignment | None:
    """Give the adjudication of the locked candidate to `person`; None if it is not theirs to have after all."""
    if candidate.q_state != QState.DISPUTED or not candidate.project.gives_work:
        # Somebody else has it, or the lead has paused or archived the project since the person asked.
        return None
    if queue.barred_from([candidate.pk], [person.pk], queue.MAY_ADJUDICATE):
        return None
    rows = live_rows(candidate)
    length = timedelta(minutes=candidate.project.lease_minutes)
    return make_lease(candidate, person, find_purpose(rows), None, length, rows=rows)
