"""What models have said in a project, and what people were drawn to see of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Avg, Count, Min, Q

from labeling.models import Assignment, Candidate, Draw, Project, State, Suggestion


@dataclass(frozen=True, kw_only=True)
class Version:
    """One model version: how many images it spoke about, how many of the candidates still open that are, and its mean probability.

    `draws` is how many candidates were drawn to show it, control ones included.
    """

    name: str
    suggestions: int
    open_ones: int
    mean_p: float
    since: datetime
    draws: int
    is_used: bool


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """How many candidates were drawn for what, and how many seats have been taken of each arm."""

    control: int
    shown: int
    arms: dict[str, int]


def list_versions(project: Project) -> list[Version]:
    """Every version that said something here, the one in use first, then the newest."""
    rows = Suggestion.objects.filter(project=project).values("model_version").order_by()
    is_open = Q(candidate__state__in=[State.OPEN, State.STAGED])
    found = rows.annotate(count=Count("pk"), open_ones=Count("pk", filter=is_open), mean=Avg("p_accept"), since=Min("created_at"))
    drawn = Draw.objects.filter(project=project).values_list("suggestion__model_version").order_by()
    draws = dict(drawn.annotate(count=Count("pk")))
    versions = [
        Version(
            name=row["model_version"],
            suggestions=row["count"],
            open_ones=row["open_ones"],
            mean_p=row["mean"],
            since=row["since"],
            draws=draws.get(row["model_version"], 0),
            is_used=row["model_version"] == project.model_version,
        )
        for row in found
    ]
    return sorted(versions, key=lambda version: (version.is_used, version.since), reverse=True)


def count_open(project: Project) -> int:
    """How many candidates may still be taken by somebody."""
    return Candidate.objects.filter(project=project, state__in=[State.OPEN, State.STAGED]).count()


def count_drawn(project: Project) -> Drawn:
    """What was drawn so far."""
    kinds = dict(Draw.objects.filter(project=project).values_list("is_control").order_by().annotate(count=Count("pk")))
    seats = Assignment.objects.filter(candidate__draws__project=project, purpose="primary", status="submitted")
    arms = dict(seats.values_list("arm").order_by().annotate(count=Count("pk", distinct=True)))
    return Drawn(control=kinds.get(True, 0), shown=kinds.get(False, 0), arms=arms)
