"""When a project retrains by itself."""

from __future__ import annotations

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from modeling.models.run import Preset


class RetrainPlan(models.Model):
    """At most one per project: retrain after so many new decisions, weekly, when the version in use drifts, or not at all by itself.

    `wanted` are the filters of its runs and `settings` what they change of the preset. `decided` is how many decided candidates the
    project had when it last retrained by itself, `last_at` when that was, `looked_at` when somebody last looked whether it is due.
    """

    project = models.OneToOneField("labeling.Project", on_delete=models.CASCADE, related_name="retrain_plan")
    preset = models.CharField(_("preset"), max_length=12, choices=Preset.choices, default=Preset.STATS)
    every_decisions = models.PositiveIntegerField(
        _("after so many new decisions (empty: never)"), null=True, blank=True, validators=[MinValueValidator(20)]
    )
    weekly = models.BooleanField(_("once a week"), default=False)
    on_drift = models.BooleanField(_("when the version in use has drifted"), default=False)
    wanted = models.JSONField(default=dict, blank=True)
    settings = models.JSONField(default=dict, blank=True)
    decided = models.PositiveIntegerField(default=0)
    last_at = models.DateTimeField(null=True, blank=True)
    looked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(every_decisions=None) | Q(every_decisions__gte=20), name="retrain_plan_every"),
            models.CheckConstraint(condition=Q(preset__in=["stats", "tiny", "qwen3-vl"]), name="retrain_plan_preset"),
        ]

    def __str__(self) -> str:
        return f"retrain plan of {self.project_id}"
