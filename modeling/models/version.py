"""The registry: versions that runs made, and which of them was promoted when."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from labeling.models.suggestion import VERSION_LENGTH
from modeling.models.run import TrainingRun


class ModelVersion(models.Model):
    """One version of ServImageModel: what a finished run left in `folder` below MODEL_ROOT, checked by `sha256`.

    `name` is the one under which it speaks: `Suggestion.model_version`. `incumbent` is the name of the version that was in use when its
    gate was computed, '' for none; `gate` is the verdict (modeling/net/gate.py) on the frozen blind test side. `taught_by` names
    the versions whose suggestions the authors of its training labels had on screen, with how many labels each: with its own ancestors among
    them it learned from labels it caused. Which version is in use is said by `Project.model_version` alone. `suggested_at` and
    `drift_at` are when somebody last looked what it has to say, and how it does.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey("labeling.Project", on_delete=models.PROTECT, related_name="versions")
    name = models.CharField(max_length=VERSION_LENGTH)
    run = models.OneToOneField(TrainingRun, on_delete=models.PROTECT, related_name="version")
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="children")
    backend = models.CharField(max_length=200)
    folder = models.CharField(max_length=300)
    sha256 = models.CharField(max_length=64)
    incumbent = models.CharField(max_length=VERSION_LENGTH, blank=True)
    gate = models.JSONField(default=dict, blank=True)
    taught_by = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    suggested_at = models.DateTimeField(null=True, blank=True)
    drift_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "name"], name="model_version_one_per_name"),
            models.CheckConstraint(condition=~Q(name=""), name="model_version_name"),
        ]
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.name


class Promotion(models.Model):
    """A version was promoted or an older one brought back; append-only. `used_at` is when its suggestions were put to use.

    Between the two a job computes them, and people go on seeing those of the version before. `reason` is why a lead overrode the gate,
    `gate` the verdict as it was then, {} for one that was brought back.
    `version` is NULL where an imported version `name` was brought back, which has no model here, or none at all (`name` is empty).
    """

    class Kind(models.TextChoices):
        PROMOTED = "promoted", _("promoted")
        OVERRIDDEN = "overridden", _("promoted against the gate")
        ROLLED_BACK = "rolled_back", _("brought back")

    project = models.ForeignKey("labeling.Project", on_delete=models.PROTECT, related_name="promotions")
    version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, null=True, blank=True, related_name="promotions")
    name = models.CharField(max_length=VERSION_LENGTH, blank=True)
    former = models.CharField(max_length=VERSION_LENGTH, blank=True)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    reason = models.CharField(max_length=500, blank=True)
    gate = models.JSONField(default=dict, blank=True)
    job = models.ForeignKey("labeling.Job", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    created_by = models.ForeignKey("labeling.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=["promoted", "overridden", "rolled_back"]), name="promotion_kind"),
            models.CheckConstraint(condition=~Q(kind="overridden", reason=""), name="promotion_reason"),
            models.CheckConstraint(condition=Q(kind="rolled_back") | Q(version__isnull=False), name="promotion_version"),
        ]
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.name} {self.kind}"
