"""What models have said in a project, and what people were drawn to see of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Avg, Count, Min

from labeling.models import Draw, Project, Suggestion
from labeling.protocol.trained import find_trained


@dataclass(frozen=True, kw_only=True)
class Version:
    """One model version: about how many images it spoke, its mean probability, since when, and whether it was trained here."""

    name: str
    suggestions: int
    mean_p: float
    since: datetime
    is_used: bool
    is_trained: bool


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """How many candidates were drawn to show a suggestion, and how many as control."""

    control: int
    shown: int


def list_versions(project: Project) -> list[Version]:
    """Every version that said something here, the one in use first, then the newest."""
    rows = Suggestion.objects.filter(project=project).values("model_version").order_by()
    found = rows.annotate(count=Count("pk"), mean=Avg("p_accept"), since=Min("created_at"))
    trained = find_trained(project.pk)
    versions = [
        Version(
            name=row["model_version"],
            suggestions=row["count"],
            mean_p=row["mean"],
            since=row["since"],
            is_used=row["model_version"] == project.model_version,
            is_trained=row["model_version"] in trained,
        )
        for row in found
    ]
    return sorted(versions, key=lambda version: (version.is_used, version.since), reverse=True)


def count_drawn(project: Project) -> Drawn:
    """What was drawn so far."""
    kinds = dict(Draw.objects.filter(project=project).values_list("is_control").order_by().annotate(count=Count("pk")))
    return Drawn(control=kinds.get(True, 0), shown=kinds.get(False, 0))
