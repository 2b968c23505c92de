"""Judge runs: what is to be judged, the plan of it, and the batches that workers share."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from judging.models.judge import Judge
from labeling.stored_texts import put_together


class JudgeRun(models.Model):
    """One run of a judge over the candidates that `wanted` describes, as they were when it was planned.

    Its state, counts and batches are written by judging/protocol alone. `plan` is what the run was expected to take, told before it
    starts (judging/planning.py). `not_before` holds it back after the backend did not work, `failures` counts how often in a row.
    """

    class State(models.TextChoices):
        PLANNING = "planning", _("being planned")
        PLANNED = "planned", _("planned")
        RUNNING = "running", _("running")
        PAUSED = "paused", _("paused")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey("labeling.Project", on_delete=models.PROTECT, related_name="judge_runs")
    judge = models.ForeignKey(Judge, on_delete=models.PROTECT, related_name="runs")
    state = models.CharField(max_length=10, choices=State.choices, default=State.PLANNING)
    wanted = models.JSONField(default=dict, blank=True)
    retries_unusable = models.BooleanField(default=False)
    starts_at_once = models.BooleanField(default=False)
    parallel = models.PositiveSmallIntegerField(default=1)
    spend_limit_usd = models.DecimalField(max_digits=12, decimal_places=4, null=True, blank=True)
    plan = models.JSONField(default=dict, blank=True)
    planner = models.ForeignKey("labeling.Job", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    bundles = models.PositiveIntegerField(default=0)
    bundles_done = models.PositiveIntegerField(default=0)
    calls = models.PositiveIntegerField(default=0)
    unusable = models.PositiveIntegerField(default=0)
    tokens_in = models.BigIntegerField(default=0)
    tokens_out = models.BigIntegerField(default=0)
    cost_usd = models.DecimalField(max_digits=14, decimal_places=6, default=0)
    failures = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(null=True, blank=True)
    # Why it waits, was paused or failed: a text as the source has it, and what fills it.
    said = models.TextField(blank=True)
    said_params = models.JSONField(default=dict, blank=True)
    created_by = models.ForeignKey("labeling.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["planning", "planned", "running", "paused", "done", "failed", "cancelled"]), name="judge_run_state"
            ),
            # Two at once would pay twice for the same questions.
            models.UniqueConstraint(fields=["judge"], condition=Q(state__in=["running", "paused"]), name="judge_run_one_at_work"),
            models.CheckConstraint(condition=Q(parallel__gte=1, parallel__lte=64), name="judge_run_parallel"),
            models.CheckConstraint(condition=Q(spend_limit_usd=None) | Q(spend_limit_usd__gt=0), name="judge_run_spend_limit"),
        ]
        indexes = [
            models.Index(fields=["state"], condition=Q(state="running"), name="judge_run_running"),
            models.Index(fields=["project", "-id"], name="judge_run_by_project"),
        ]

    def __str__(self) -> str:
        return f"judge run {self.pk}"

    @property
    def said_text(self) -> str:
        """Why it waits, was paused or failed, in the reader's language; empty where there is nothing to say."""
        return put_together(self.said, self.said_params)

    @property
    def is_ended(self) -> bool:
        """Whether it will change no more."""
        return self.state in (self.State.DONE, self.State.FAILED, self.State.CANCELLED)


class RunBatch(models.Model):
    """Some bundles of a run: what one worker does at a time, and all that is done again when it dies.

    `job` is the row by which a worker takes it, NULL while nobody was asked to.
    """

    class State(models.TextChoices):
        OPEN = "open", _("waiting")
        TAKEN = "taken", _("with a worker")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")

    run = models.ForeignKey(JudgeRun, on_delete=models.CASCADE, related_name="batches")
    number = models.PositiveIntegerField()
    bundles = models.JSONField()
    state = models.CharField(max_length=6, choices=State.choices, default=State.OPEN)
    job = models.ForeignKey("labeling.Job", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    error = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "number"], name="run_batch_one_per_number"),
            models.CheckConstraint(condition=Q(state__in=["open", "taken", "done", "failed"]), name="run_batch_state"),
        ]
        indexes = [models.Index(fields=["run", "state", "number"], name="run_batch_by_state")]

    def __str__(self) -> str:
        return f"batch {self.number} of run {self.run_id}"
