"""What was measured of a project's labels, and when."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone


class Report(models.Model):
    """One measurement, made by a job and never changed: pages, API and commands read the newest one.

    `made_at` is when the reading began, `seconds` how long it all took. `figures` is what labeling/quality/report.py makes; `tasks` is its
    longest part, kept apart so that a page need not load it.
    """

    class Kind(models.TextChoices):
        AGREEMENT = "agreement"
        PEOPLE = "people"
        CONTROL = "control"
        ASSISTANCE = "assistance"

    project = models.ForeignKey("labeling.Project", on_delete=models.PROTECT, related_name="reports")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    made_at = models.DateTimeField(default=timezone.now)
    seconds = models.FloatField()
    figures = models.JSONField()
    tasks = models.JSONField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(kind__in=["agreement", "people", "control", "assistance"]), name="report_kind")]
        indexes = [models.Index(fields=["project", "kind", "-id"], name="report_newest")]

    def __str__(self) -> str:
        return f"{self.kind} report {self.pk} of project {self.project_id}"
