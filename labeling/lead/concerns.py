"""Concerns about people, for leads and for the people themselves."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, QuerySet

from labeling.models import Concern, Project, User
from labeling.quality.concerns import name_concern, tell_concern


@dataclass(frozen=True, kw_only=True)
class ConcernItem:
    """A concern in words."""

    row: Concern

    @property
    def label(self) -> str:
        """What it is about."""
        return name_concern(self.row)

    @property
    def reason(self) -> str:
        """Why it was raised."""
        return tell_concern(self.row)


def open_concerns(project: Project) -> QuerySet[Concern]:
    """Concerns that no lead has closed, oldest first."""
    return Concern.objects.filter(project=project, closed_at=None).select_related("person", "closed_by").order_by("raised_at", "pk")


def concerns_about(project: Project, person: User) -> QuerySet[Concern]:
    """Every concern about a person, the newest first."""
    return Concern.objects.filter(project=project, person=person).select_related("person", "closed_by").order_by("-pk")


def find_open(project: Project, concern_id: int) -> Concern | None:
    """One open concern; None if it is closed, or of another project."""
    return open_concerns(project).filter(pk=concern_id).first()


def count_by_person(project: Project) -> dict[int, int]:
    """How many open concerns there are about each person, by row id."""
    return dict(open_concerns(project).order_by().values_list("person_id").annotate(count=Count("pk")))


def put_in_words(concerns: QuerySet[Concern]) -> list[ConcernItem]:
    """The concerns in words, open ones first."""
    return [ConcernItem(row=row) for row in sorted(concerns, key=lambda row: row.closed_at is not None)]
