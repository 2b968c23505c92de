"""A person's own progress. Nothing here depends on what anybody else answered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, F, QuerySet, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

from labeling.days import midnight
from labeling.models import Answer, Assignment, Candidate, Decision, Flag, Membership, Project, Purpose, Skip, State, User
from labeling.prepared import Prepared

DAYS_SHOWN = 14
# What a person meets a candidate for once.
ONCE = (Purpose.PRIMARY, Purpose.GOLD)
PACE_SPAN = timedelta(hours=1)
# Fewer answers than this, or less time, say nothing about a pace.
PACE_LEAST_ANSWERS = 5
PACE_LEAST_TIME = timedelta(minutes=1)
PACE_MOST_ANSWERS = 1000
ANSWERED_SINCE = Prepared(
    lambda person, project, since: (
        Assignment.objects.filter(
            person_id=person, project_id=project, status__in=["submitted", "surplus", "void"], submitted_at__gte=since
        )
        .values("person_id")
        .annotate(count=Count("pk"))
        .values_list("count", flat=True)
    )
)


@dataclass(frozen=True, kw_only=True)
class Day:
    """What one person did on one day; `share` is the count in percent of the best day shown."""

    day: date
    count: int
    active: timedelta
    share: int


@dataclass(frozen=True, kw_only=True)
class Progress:
    """One person's work in one project.

    `per_hour` is answers per hour of active time over the last active hour, None while there is too little of it.
    `remaining` is an upper bound: every candidate of the project less those this person answered or skipped, because
    how many of them others will finish first is not this person's to know. `time_left` is that at `per_hour`.
    """

    done_today: int
    done: int
    active_today: timedelta
    per_hour: int | None
    remaining: int
    time_left: timedelta | None
    days: list[Day]


def read_progress(project: Project, person: User) -> Progress:
    """The person's progress in `project` as of now."""
    days = list_days(project, person)
    today = next((day for day in days if day.day == timezone.localdate()), None)
    per_hour, remaining = measure_pace(project, person), count_remaining(project, person)
    return Progress(
        done_today=today.count if today else 0,
        done=own_answers(project, person).aggregate(count=Count("assignment", distinct=True))["count"],
        active_today=today.active if today else timedelta(0),
        per_hour=per_hour,
        remaining=remaining,
        time_left=timedelta(hours=remaining / per_hour) if per_hour else None,
        days=days,
    )


def own_answers(project: Project, person: User) -> QuerySet[Answer]:
    """The person's first answers that were not taken back, counted or not: whether one counts depends on other people."""
    answered = {"assignment__status__in": ["submitted", "surplus", "void"]}
    return Answer.objects.filter(assignment__project=project, assignment__person=person, kind=Answer.Kind.FIRST, **answered)


def count_today(project: Project, person: User) -> int:
    """How many candidates the person answered since midnight. Asked with every answer, so it reads one index range."""
    return ANSWERED_SINCE.first(person=person.pk, project=project.pk, since=midnight()) or 0


def list_days(project: Project, person: User) -> list[Day]:
    """The last days on which the person answered, newest first, at most `DAYS_SHOWN`."""
    since = midnight() - timedelta(days=60)
    grouped = own_answers(project, person).filter(received_at__gte=since).annotate(day=TruncDate("received_at")).values("day")
    rows = list(grouped.annotate(count=Count("assignment", distinct=True), active_ms=Sum("active_ms")).order_by("-day")[:DAYS_SHOWN])
    most = max((row["count"] for row in rows), default=1)
    return [
        Day(
            day=row["day"],
            count=row["count"],
            active=timedelta(milliseconds=row["active_ms"] or 0),
            share=round(100 * row["count"] / most),
        )
        for row in rows
    ]


def measure_pace(project: Project, person: User) -> int | None:
    """Answers per hour of active time, over the newest answers that make up an hour; None if there are too few."""
    timed = own_answers(project, person).filter(active_ms__isnull=False).order_by("-received_at", "-id")
    spent, count = timedelta(0), 0
    for active_ms in timed.values_list("active_ms", flat=True)[:PACE_MOST_ANSWERS]:
        spent += timedelta(milliseconds=active_ms or 0)
        count += 1
        if spent >= PACE_SPAN:
            break
    if count < PACE_LEAST_ANSWERS or spent < PACE_LEAST_TIME:
        return None
    return max(1, round(count / (spent / timedelta(hours=1))))


def count_remaining(project: Project, person: User) -> int:
    """An upper bound on what is left for the person; settled candidates stay in, or it would tell what others did.

    Only of the categories the person is given work of; which batches are theirs is for the lead to know.
    """
    categories = Membership.objects.filter(project=project, person=person).values_list("categories", flat=True).first()
    here = Candidate.objects.filter(project=project, **({"bundle__task__category__in": categories} if categories else {}))
    labelled_here = here.filter(image__isnull=False).exclude(state__in=[State.STAGED, State.WITHDRAWN])
    elsewhere = Decision.objects.filter(candidate__in=here, how=Decision.How.IMPORTED, revoked_event=None).count()
    # A new round brings back what was answered or skipped in the one before.
    answered = person.assignments.filter(project=project, status__in=["submitted", "surplus"])
    done = answered.filter(purpose__in=ONCE, round=F("candidate__round"))
    skips = Skip.objects.filter(person=person, candidate__project=project)
    skipped = skips.filter(assignment__purpose__in=ONCE)
    skipped = skipped.filter(round=F("candidate__round"))
    mine = {pk for rows in (done, skipped) for pk in rows.filter(candidate__in=here).values_list("candidate_id", flat=True)}
    # Every answer or skip takes one away, also of a candidate that came back: it must look like any other.
    again = answered.filter(purpose=Purpose.REPEAT).count() + skips.filter(assignment__purpose=Purpose.REPEAT).count()
    return max(0, labelled_here.count() - elsewhere - len(mine) - again)


@dataclass(frozen=True, kw_only=True)
class VoidedAnswers:
    """Answers of one person that a lead voided for one reason."""

    count: int
    reason: str


def list_voided(project: Project, person: User) -> list[VoidedAnswers]:
    """What was voided of the person's own answers: how many for which reason, and nothing about anybody else."""
    rows = person.assignments.filter(project=project, status="void").exclude(void_reason="").order_by()
    counted = rows.values("void_reason").annotate(count=Count("pk")).order_by("-count", "void_reason")
    return [VoidedAnswers(count=row["count"], reason=row["void_reason"]) for row in counted]


def own_flags(project: Project, person: User) -> QuerySet[Flag]:
    """What the person told the lead, newest first, with the replies."""
    flags = Flag.objects.filter(project=project, assignment__person=person)
    return flags.select_related("assignment__candidate__deliverable__task").order_by("-created_at", "-id")


def count_unread(project: Project, person: User) -> int:
    """Replies of the lead that the person has not marked as read."""
    return own_flags(project, person).filter(replied_at__isnull=False, read_at=None).count()


def mark_replies_read(project: Project, person: User) -> int:
    """Mark every reply to the person's flags as read; return how many were not."""
    unread = Flag.objects.filter(project=project, assignment__person=person, replied_at__isnull=False, read_at=None)
    return unread.update(read_at=timezone.now())
