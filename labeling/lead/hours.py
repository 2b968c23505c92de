"""What people did and how long they were at it, for pay: everything they answered, whether or not it counts.

Two measures of time, because neither is the truth: active time is what the page measured with the tab in view and input coming in, and
first to last is the span of each day's answers, breaks included.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Literal

from django.db.models import Count, Max, Min, Q, Sum
from django.db.models.functions import TruncDate

from labeling.lead.voiding import start_of
from labeling.models import REVIEWING, Answer, Assignment, Membership, Project, Skip, Status, User

By = Literal["range", "month", "week", "day"]
ANSWERED = [Status.SUBMITTED, Status.SURPLUS, Status.VOID]
# An answer taken back has no time of its own, and a confirmation is not measured.
MEASURED = [Answer.Kind.FIRST, Answer.Kind.EDIT]


@dataclass(kw_only=True)
class Work:
    """What was done. `surplus` and `void` are answers of any purpose that do not count; `unmeasured` had no active time sent along."""

    answers: int = 0
    adjudications: int = 0
    surplus: int = 0
    void: int = 0
    skips: int = 0
    active: timedelta = timedelta(0)
    active_uncounted: timedelta = timedelta(0)
    measured: int = 0
    unmeasured: int = 0
    elapsed: timedelta = timedelta(0)

    @property
    def all_answers(self) -> int:
        """Everything that was answered, counted or not."""
        return self.answers + self.adjudications + self.surplus + self.void

    @property
    def known_active(self) -> timedelta | None:
        """The active time, that of uncounted answers included; None where nothing was measured, which is not no time."""
        return self.active + self.active_uncounted if self.measured or not self.unmeasured else None

    def add(self, other: Work) -> None:
        """Add what another one holds."""
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)


@dataclass(kw_only=True)
class PersonWork:
    """One person's work in a range of days: by the first day of each period with any, and in all."""

    person: User
    periods: dict[date, Work] = field(default_factory=dict)
    total: Work = field(default_factory=Work)


@dataclass(frozen=True, kw_only=True)
class Span:
    """Days of the site's time zone, both included, cut into periods."""

    first: date
    last: date
    by: By = "range"

    @property
    def moments(self) -> tuple[datetime, datetime]:
        """The first moment of the span, and the first one after it."""
        return start_of(self.first), start_of(self.last + timedelta(days=1))

    def period_of(self, day: date) -> date:
        """The first day of the period that `day` belongs to, as far as it lies in the span; weeks begin on Monday."""
        starts: dict[By, Callable[[], date]] = {
            "day": lambda: day,
            "week": lambda: day - timedelta(days=day.weekday()),
            "month": lambda: day.replace(day=1),
            "range": lambda: self.first,
        }
        return max(self.first, starts[self.by]())


def measure_work(project: Project, span: Span) -> list[PersonWork]:
    """The work of every member and former member who did anything in the span, by name."""
    memberships = Membership.objects.filter(project=project).select_related("person").order_by("person__username")
    people = {row.person_id: PersonWork(person=row.person) for row in memberships}
    for person_id, day, work in [*read_answers(project, span, list(people)), *read_skips(project, span, list(people))]:
        period = people[person_id].periods.setdefault(span.period_of(day), Work())
        period.add(work)
        people[person_id].total.add(work)
    for each in people.values():
        each.periods = dict(sorted(each.periods.items()))
    return [each for each in people.values() if each.periods]


def read_answers(project: Project, span: Span, people: Sequence[int]) -> Iterator[tuple[int, date, Work]]:
    """(person, day, work) of what came in in the span; ranges of the index assignment_by_person and the answers behind them."""
    since, until = span.moments
    mine = {"project": project, "person__in": people, "status__in": ANSWERED, "submitted_at__gte": since, "submitted_at__lt": until}
    rows = Assignment.objects.filter(**mine).order_by().annotate(day=TruncDate("submitted_at"))
    ends: dict[tuple[int, date], list[datetime]] = {}
    counted = rows.values("person_id", "day", "purpose", "status")
    for row in counted.annotate(count=Count("pk"), first=Min("submitted_at"), last=Max("submitted_at")):
        ends.setdefault((row["person_id"], row["day"]), []).extend([row["first"], row["last"]])
        yield row["person_id"], row["day"], Work(**{name_count(row["purpose"], row["status"]): row["count"]})
    for (person_id, day), times in ends.items():
        yield person_id, day, Work(elapsed=max(times) - min(times))
    answers = Answer.objects.filter(**{f"assignment__{name}": value for name, value in mine.items()}, kind__in=MEASURED).order_by()
    timed = answers.annotate(day=TruncDate("assignment__submitted_at")).values("assignment__person_id", "day", "assignment__status")
    for time in timed.annotate(active=Sum("active_ms"), timed=Count("active_ms"), untimed=Count("pk", filter=Q(active_ms=None))):
        yield time["assignment__person_id"], time["day"], make_time(dict(time))


def name_count(purpose: str, status: str) -> str:
    """Under which of its counts `Work` keeps an answer."""
    if status != Status.SUBMITTED:
        return str(status)
    return "adjudications" if purpose in REVIEWING else "answers"


def make_time(row: dict[str, Any]) -> Work:
    """The active time of one group of answers."""
    active = timedelta(milliseconds=row["active"] or 0)
    is_counted = row["assignment__status"] == Status.SUBMITTED
    work = Work(measured=row["timed"], unmeasured=row["untimed"])
    if is_counted:
        work.active = active
    else:
        work.active_uncounted = active
    return work


def read_skips(project: Project, span: Span, people: Sequence[int]) -> Iterator[tuple[int, date, Work]]:
    """(person, day, work) of what was skipped in the span; ranges of the index skip_by_person."""
    since, until = span.moments
    rows = Skip.objects.filter(person__in=people, created_at__gte=since, created_at__lt=until, candidate__project=project).order_by()
    for row in rows.annotate(day=TruncDate("created_at")).values("person_id", "day").annotate(count=Count("pk")):
        yield row["person_id"], row["day"], Work(skips=row["count"])


def sum_work(people: Sequence[PersonWork]) -> Work:
    """Everybody's work together."""
    total = Work()
    for each in people:
        total.add(each.total)
    return total
