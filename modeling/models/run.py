"""Training runs, and what their worker wrote on the way: curves and a log that survive a reload and a kill."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from labeling.stored_texts import put_together
from modeling.models.snapshot import Snapshot
from modeling.net.config import without_place


class Preset(models.TextChoices):
    """What is trained; the settings of each stand in modeling/net/config.py."""

    STATS = "stats", _("stats: image statistics, no vision-language model")
    TINY = "tiny", _("tiny: a demonstration model with random weights")
    QWEN = "qwen3-vl", _("qwen3-vl: a Qwen3-VL checkpoint")


class TrainingRun(models.Model):
    """One run of training over a snapshot; the snapshot is made by the run's job unless one is given.

    Its state is written by modeling/protocol alone; the job carries fence, heartbeat and cancel flag. `folder` below MODEL_ROOT holds
    checkpoints, and the model once it is done. `stage1` is the run whose first stage this one goes on from. `why` is what started it.
    `queued_at` is when it was made or last resumed. `metrics` are those of the finished run (modeling/net/evaluate.py).
    """

    class State(models.TextChoices):
        QUEUED = "queued", _("queued")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")

    class Why(models.TextChoices):
        PERSON = "person", _("a person")
        DECISIONS = "decisions", _("enough new decisions")
        WEEKLY = "weekly", _("once a week")
        DRIFT = "drift", _("the version in use drifted")

    class Stage(models.TextChoices):
        BOTH = "both", _("both stages")
        CONCEPTS = "1", _("concepts only")
        DECISION = "2", _("decision only")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey("labeling.Project", on_delete=models.PROTECT, related_name="training_runs")
    number = models.PositiveIntegerField()
    preset = models.CharField(max_length=12, choices=Preset.choices)
    stage = models.CharField(max_length=4, choices=Stage.choices, default=Stage.BOTH)
    stage1 = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    config = models.JSONField(default=dict)
    wanted = models.JSONField(default=dict, blank=True)
    snapshot = models.ForeignKey(Snapshot, on_delete=models.PROTECT, null=True, blank=True, related_name="runs")
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    why = models.CharField(max_length=10, choices=Why.choices, default=Why.PERSON)
    job = models.ForeignKey("labeling.Job", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    at_stage = models.CharField(max_length=20, blank=True)
    step = models.PositiveIntegerField(default=0)
    steps = models.PositiveIntegerField(null=True, blank=True)
    folder = models.CharField(max_length=300, blank=True)
    code = models.CharField(max_length=80, blank=True)
    metrics = models.JSONField(default=dict, blank=True)
    # Why it failed: a text as the source has it, and what fills it.
    said = models.TextField(blank=True)
    said_params = models.JSONField(default=dict, blank=True)
    created_by = models.ForeignKey("labeling.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    queued_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "number"], name="training_run_one_per_number"),
            # Two at once would share the machine and race for the same registry.
            models.UniqueConstraint(fields=["project"], condition=Q(state__in=["queued", "running"]), name="training_run_one_at_work"),
            models.CheckConstraint(condition=Q(state__in=["queued", "running", "done", "failed", "cancelled"]), name="training_run_state"),
            models.CheckConstraint(condition=Q(preset__in=["stats", "tiny", "qwen3-vl"]), name="training_run_preset"),
            models.CheckConstraint(condition=Q(stage__in=["both", "1", "2"]), name="training_run_stage"),
            models.CheckConstraint(condition=Q(why__in=["person", "decisions", "weekly", "drift"]), name="training_run_why"),
        ]
        indexes = [models.Index(fields=["project", "-id"], name="training_run_by_project")]

    def __str__(self) -> str:
        return f"training run {self.number}"

    @property
    def is_ended(self) -> bool:
        """Whether nothing more will come of it."""
        return self.state in (self.State.DONE, self.State.FAILED, self.State.CANCELLED)

    @property
    def shown_config(self) -> dict[str, Any]:
        """Its configuration for others to read: where a checkpoint lies on the workers stays with those who run them."""
        return without_place(self.config)

    @property
    def said_text(self) -> str:
        """Why it failed, in the reader's language; empty where it did not."""
        return put_together(self.said, self.said_params)


class RunPoint(models.Model):
    """One value of a curve of a run; a resumed run writes the same again, which changes nothing."""

    run = models.ForeignKey(TrainingRun, on_delete=models.CASCADE, related_name="points")
    stage = models.CharField(max_length=20)
    name = models.CharField(max_length=40)
    step = models.PositiveIntegerField()
    value = models.FloatField()
    at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "stage", "name", "step"], name="run_point_one_per_step")]

    def __str__(self) -> str:
        return f"{self.name} {self.value} at {self.step}"


class RunLine(models.Model):
    """One line of the log of a run: a text as the source has it, and what fills it.

    `key` is a hash of both: a resumed run that says the same again adds nothing.
    """

    run = models.ForeignKey(TrainingRun, on_delete=models.CASCADE, related_name="lines")
    key = models.CharField(max_length=64)
    text = models.TextField()
    params = models.JSONField(default=dict, blank=True)
    at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "key"], name="run_line_one_per_key")]
        ordering = ["id"]

    def __str__(self) -> str:
        return self.said

    @property
    def said(self) -> str:
        """The line in the reader's language."""
        return put_together(self.text, self.params)
