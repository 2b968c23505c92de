"""Looks at how the version in use does on labels that came after its suggestions."""

from __future__ import annotations

from django.db import models
from django.utils import timezone


class DriftLook(models.Model):
    """Calibration of one version on the `n` blind decisions made after it spoke, as of `at`; figures in `figures`.

    `is_alarm` where it is further off than a calibrated model would be in 95 of 100 samples of this size.
    """

    project = models.ForeignKey("labeling.Project", on_delete=models.PROTECT, related_name="drift_looks")
    model_version = models.CharField(max_length=80)
    n = models.PositiveIntegerField()
    figures = models.JSONField(default=dict)
    is_alarm = models.BooleanField(default=False)
    at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        indexes = [models.Index(fields=["project", "model_version", "-id"], name="drift_look_by_version")]

    def __str__(self) -> str:
        return f"look at {self.model_version}, {self.n} decisions"
