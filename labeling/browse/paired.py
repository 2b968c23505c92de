"""Looking for the candidates behind a figure of the agreement page: those whose first two primary answers make a pair."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from django.db.models import Exists, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from labeling.days import midnight_of
from labeling.models import Answer, Assignment, Candidate, Task
from labeling.price_bands import price_range

if TYPE_CHECKING:
    from labeling.browse.wanted import Wanted


def narrow_by_pair(candidates: QuerySet[Candidate], wanted: Wanted) -> QuerySet[Candidate]:
    """Those with a pair as wanted, by the rules of labeling/quality/pairs.py; without `exposure` only blind pairs count."""
    candidates = candidates.alias(
        one_at=Subquery(seat_of_pair(1).values("submitted_at")[:1]),
        other_at=Subquery(seat_of_pair(2).values("submitted_at")[:1]),
        one_blind=Subquery(blind_answer(1).values("verdict")[:1]),
        other_blind=Subquery(blind_answer(2).values("verdict")[:1]),
    )
    candidates = candidates.filter(exposed_as(wanted.exposure or "blind"), one_at__isnull=False, other_at__isnull=False)
    if wanted.pair in ("equal", "different"):
        candidates = candidates.alias(one_said=said(1, "one_blind"), other_said=said(2, "other_blind"))
        same = Q(one_said=F("other_said"))
        candidates = candidates.filter(same if wanted.pair == "equal" else ~same)
    if wanted.week:
        candidates = completed_in(candidates, wanted.week)
    if wanted.guideline:
        candidates = read_under(candidates, wanted.guideline)
    return candidates


def seat_of_pair(seat: int) -> QuerySet[Assignment]:
    """The standing primary of the outer candidate's first round in one seat."""
    return Assignment.objects.first_primaries().filter(candidate=OuterRef("pk"), seat=seat).order_by()


def blind_answer(seat: int) -> QuerySet[Answer]:
    """The answers in one seat of the outer candidate that no suggestion came before, newest first: after the last undo."""
    undone = Answer.objects.filter(assignment=OuterRef("assignment"), number__gt=OuterRef("number"), kind=Answer.Kind.UNDO)
    own = {"candidate": OuterRef("pk"), "seat": seat, "round": 1, "purpose": "primary", "status": "submitted"}
    rows = Answer.objects.filter(**{f"assignment__{name}": value for name, value in own.items()})
    return rows.filter(exposure=Answer.Exposure.NONE, verdict__isnull=False).exclude(Exists(undone)).order_by("-number")


def said(seat: int, blind: str) -> Coalesce:
    """The verdict of one seat: the blind one where there is any, else the last one."""
    return Coalesce(F(blind), Subquery(seat_of_pair(seat).values("verdict")[:1]))


def exposed_as(exposure: str) -> Q:
    """How many of the two had seen a suggestion: none (`blind`), one (`mixed`), both (`assisted`)."""
    one, other = Q(one_blind__isnull=False), Q(other_blind__isnull=False)
    return {"blind": one & other, "mixed": (one & ~other) | (~one & other), "assisted": ~one & ~other}[exposure]


def completed_in(candidates: QuerySet[Candidate], week: date) -> QuerySet[Candidate]:
    """Those whose second answer came in the week that begins on the day wanted."""
    begin, end = midnight_of(week), midnight_of(week + timedelta(days=7))
    return candidates.filter(Q(one_at__gte=begin) | Q(other_at__gte=begin), Q(one_at__lt=end, other_at__lt=end))


def read_under(candidates: QuerySet[Candidate], guideline: str) -> QuerySet[Candidate]:
    """Those answered twice under one version of the guideline, under none, or (`differs`) under two."""
    none = Value(0, output_field=IntegerField())
    one, other = (Coalesce(Subquery(blind_answer(seat).values("guideline__number")[:1]), none) for seat in (1, 2))
    candidates = candidates.alias(one_read=one, other_read=other)
    same = Q(one_read=F("other_read"))
    return candidates.filter(~same if guideline == "differs" else same & Q(one_read=0 if guideline == "none" else int(guideline)))


def answered_by(candidates: QuerySet[Candidate], username: str) -> QuerySet[Candidate]:
    """Those of whose pair one answer is this person's."""
    one, other = (Subquery(seat_of_pair(seat).values("person__username")[:1]) for seat in (1, 2))
    candidates = candidates.alias(one_by=one, other_by=other)
    return candidates.filter(Q(one_by=username) | Q(other_by=username))


def priced(tasks: QuerySet[Task], band: str) -> QuerySet[Task]:
    """Those of `tasks` in one band of prices."""
    low, high = price_range(band)
    tasks = tasks.filter(price_usd__gt=low) if low is not None else tasks
    return tasks.filter(price_usd__lte=high) if high is not None else tasks
