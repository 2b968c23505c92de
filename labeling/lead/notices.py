"""Which mails went out to the people of a project."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import QuerySet
from django.utils import timezone

from labeling.models import Notice, Project

DAYS = 30


def recent_notices(project: Project) -> QuerySet[Notice]:
    """The mails of the last 30 days to whoever is or was a member of `project`, newest first; also those about other projects."""
    since = timezone.localdate() - timedelta(days=DAYS)
    return Notice.objects.filter(person__memberships__project=project, day__gte=since).select_related("person").order_by("-pk")


def is_about(notice: Notice, project: Project) -> bool:
    """Whether a mail was about `project`: what it says of other projects is not this one's leads' to see."""
    return project.pk in notice.projects


def count_told(notice: Notice, project: Project) -> int | None:
    """How many candidates of `project` the mail said are waiting; None while it says nothing."""
    count: int | None = notice.counts.get(str(project.pk))
    return count


def list_notices(project: Project) -> list[tuple[Notice, int | None]]:
    """The mails of the last 30 days about `project`, newest first, each with how many it said."""
    return [(row, count_told(row, project)) for row in recent_notices(project) if is_about(row, project)]
