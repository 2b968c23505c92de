"""Snapshots: what a run learned from, frozen."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Split(models.TextChoices):
    """How the tasks of a snapshot are divided; see modeling/net/splits.py."""

    STANDARD = "standard", _("standard: 80/10/10 by group of tasks")
    LOGO = "logo", _("one generator left out")
    LOGO_STRICT = "logo_strict", _("one generator left out, on tasks left out")
    PRICE_UP = "price_up", _("trained on cheap tasks, tested on dear ones")
    PRICE_DOWN = "price_down", _("trained on dear tasks, tested on cheap ones")


class Snapshot(models.Model):
    """The labels, concepts and tasks that a run learns from, as of one event: immutable files in `folder` below MODEL_ROOT.

    `filters` are what the lead chose (modeling/snapshots/filters.py), `counts` how many candidates are in each part, were down-weighted,
    left out and why, `notes` what a reader should know of the division: texts and what fills them. `sha256` is that of its files.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey("labeling.Project", on_delete=models.PROTECT, related_name="snapshots")
    number = models.PositiveIntegerField()
    split = models.CharField(max_length=12, choices=Split.choices, default=Split.STANDARD)
    filters = models.JSONField(default=dict, blank=True)
    counts = models.JSONField(default=dict, blank=True)
    notes = models.JSONField(default=list, blank=True)
    sha256 = models.CharField(max_length=64)
    folder = models.CharField(max_length=300)
    event = models.ForeignKey("labeling.Event", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    created_by = models.ForeignKey("labeling.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "number"], name="snapshot_one_per_number"),
            models.CheckConstraint(
                condition=Q(split__in=["standard", "logo", "logo_strict", "price_up", "price_down"]), name="snapshot_split"
            ),
        ]
        ordering = ["-number"]

    def __str__(self) -> str:
        return f"snapshot {self.number}"
