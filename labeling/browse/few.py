"""Listing the candidates that meet one condition by an index, where they are few."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

from django.db.models import QuerySet

from labeling.browse.checked import AGAINST, PURPOSES
from labeling.browse.wanted import ANSWERED, Wanted, answers, narrow_tasks
from labeling.models import Assignment, Bundle, Candidate, Draw, Flag, Membership, Project, Status, Task, User

FEW = 10_000
# More tasks or bundles than this are walked: their candidates are hardly few.
FEW_PARENTS = 500
# So many answers of one person are looked through for the candidates that somebody else answered, too.
FEW_ANSWERS = 20_000
# One question for each person and status; a larger team is walked.
FEW_PEOPLE = 100
Listing = Callable[[Project, Wanted], "list[int] | None"]


def list_few(project: Project, wanted: Wanted) -> list[int] | None:
    """The ids of candidates among which are all that match, if some condition is met by at most `FEW`; None otherwise.

    What else is asked for must still be looked at. Each listing stops one row beyond the limit.
    """
    for listing in listings(wanted):
        if (found := listing(project, wanted)) is not None:
            return found
    return None


def listings(wanted: Wanted) -> Iterator[Listing]:
    """The conditions that an index can list, those met by few first."""
    if wanted.flag:
        yield flagged
    if wanted.surplus:
        yield with_surplus
    if wanted.check:
        yield checked
    if wanted.reason:
        yield out_of_the_queue
    if wanted.batch:
        yield in_batch
    if wanted.task or wanted.category or wanted.price:
        yield of_tasks
    if wanted.asks_for_draw:
        yield drawn
    if wanted.asks_for_pair and wanted.other:
        yield of_two
    if wanted.asks_for_answers:
        yield answered
    if wanted.generator:
        yield of_generator
    if wanted.state:
        yield in_state


def take(ids: QuerySet[Any, Any]) -> list[int] | None:
    """The distinct ids, or None if there are more than `FEW`.

    Where an index is meant to be read, `ids` have its order: without one a database may read the table, believing the first rows near.
    """
    return limit(list(ids[: FEW + 1]))


def limit(ids: list[int]) -> list[int] | None:
    """The distinct ids, or None if `ids` is longer than `FEW`."""
    return None if len(ids) > FEW else list(dict.fromkeys(ids))


def flagged(project: Project, wanted: Wanted) -> list[int] | None:
    """Candidates with a flag."""
    return take(Flag.objects.filter(project=project).values_list("assignment__candidate_id", flat=True))


def with_surplus(project: Project, wanted: Wanted) -> list[int] | None:
    """Candidates with a surplus answer."""
    return take(Assignment.objects.standing_as(project.pk, Status.SURPLUS).values_list("candidate_id", flat=True))


def drawn(project: Project, wanted: Wanted) -> list[int] | None:
    """Candidates that were drawn to show a suggestion, or not to."""
    return take(Draw.objects.filter(project=project).order_by("pk").values_list("candidate_id", flat=True))


def checked(project: Project, wanted: Wanted) -> list[int] | None:
    """Candidates that somebody audited, or adjudicated once more."""
    rows = Assignment.objects.checks(project.pk).filter(purpose=PURPOSES[wanted.check.removesuffix(AGAINST)])
    return take(rows.order_by("pk").values_list("candidate_id", flat=True))


def in_batch(project: Project, wanted: Wanted) -> list[int] | None:
    """Candidates of one batch."""
    rows = Candidate.objects.filter(project=project, batch=wanted.batch or 0).batched()
    return take(rows.order_by("batch", "pk").values_list("pk", flat=True))


def out_of_the_queue(project: Project, wanted: Wanted) -> list[int] | None:
    """Candidates that are held or withdrawn, which alone have a reason."""
    held, withdrawn = (in_one_state(project, state) for state in ("held", "withdrawn"))
    return None if held is None or withdrawn is None else held + withdrawn


def in_state(project: Project, wanted: Wanted) -> list[int] | None:
    """Candidates of one state."""
    return in_one_state(project, wanted.state)


def in_one_state(project: Project, state: str) -> list[int] | None:
    """Candidates of one state."""
    return take(Candidate.objects.standing_as(project.pk, state).values_list("pk", flat=True))


def of_tasks(project: Project, wanted: Wanted) -> list[int] | None:
    """Candidates of the tasks of the category or price, or whose id or name contains the text."""
    tasks = few_ids(narrow_tasks(Task.objects.filter(project=project), wanted))
    return None if tasks is None else of_bundles(Bundle.objects.filter(task__in=tasks))


def of_generator(project: Project, wanted: Wanted) -> list[int] | None:
    """Candidates of one generator."""
    return of_bundles(Bundle.objects.filter(task__project=project, generator__slug=wanted.generator))


def of_bundles(bundles: QuerySet[Bundle]) -> list[int] | None:
    """Candidates of these bundles."""
    ids = few_ids(bundles)
    return None if ids is None else take(Candidate.objects.filter(bundle__in=ids).values_list("pk", flat=True))


def few_ids(rows: QuerySet[Any]) -> list[int] | None:
    """The ids of `rows`, None if they are more than `FEW_PARENTS`."""
    ids = list(rows.order_by().values_list("pk", flat=True)[: FEW_PARENTS + 1])
    return None if len(ids) > FEW_PARENTS else ids


def of_two(project: Project, wanted: Wanted) -> list[int] | None:
    """Candidates that both people of a pair answered: in a large team no two share many, though each answers more than `FEW`."""
    shared: set[int] | None = None
    for person in User.objects.filter(username__in=[wanted.person, wanted.other]).order_by("pk"):
        rows = Assignment.objects.primaries().filter(person=person, project=project).order_by("submitted_at")
        ids = list(rows.values_list("candidate_id", flat=True)[: FEW_ANSWERS + 1])
        if len(ids) > FEW_ANSWERS:
            return None
        shared = set(ids) if shared is None else shared.intersection(ids)
    return limit(sorted(shared or ()))


def answered(project: Project, wanted: Wanted) -> list[int] | None:
    """Candidates that the person, or anybody, answered in these days. The index begins with person and status, so each is asked for."""
    members = Membership.objects.filter(project=project).order_by("pk")
    if wanted.person:
        members = members.filter(person__username=wanted.person)
    people = list(members.values_list("person_id", flat=True)[: FEW_PEOPLE + 1])
    if len(people) > FEW_PEOPLE:
        return None
    found: list[int] = []
    for person, status in itertools.product(people, ANSWERED):
        rows = answers(wanted).filter(person=person, project=project, status=status).order_by("submitted_at")
        found += rows.values_list("candidate_id", flat=True)[: FEW + 1 - len(found)]
        if len(found) > FEW:
            return None
    return limit(found)
