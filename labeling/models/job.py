"""Background jobs: the row is the truth, the broker only a doorbell; and what imports and exports leave behind."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from labeling.data_in.codes import Code
from labeling.data_in.problem import render_reason
from labeling.models.voiding import Voiding
from labeling.refusals import Refusal
from labeling.stored_texts import fill_in, put_together


class Job(models.Model):
    """One background job. A worker claims it by compare-and-set of `fence`; every write of the worker names its fence."""

    class State(models.TextChoices):
        QUEUED = "queued", _("queued")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey("labeling.Project", on_delete=models.PROTECT, related_name="jobs")
    kind = models.CharField(max_length=40)
    params = models.JSONField(default=dict, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    attempt = models.PositiveSmallIntegerField(default=0)
    fence = models.UUIDField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    queued_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    cancel_requested = models.BooleanField(default=False)
    checkpoint = models.JSONField(default=dict, blank=True)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(null=True, blank=True)
    # Texts as the source has them, with what fills them: `message_text` and `error_text` are what people read.
    message = models.CharField(max_length=300, blank=True)
    message_params = models.JSONField(default=dict, blank=True)
    error = models.TextField(blank=True)
    error_params = models.JSONField(default=dict, blank=True)
    result = models.JSONField(default=dict, blank=True)
    created_by = models.ForeignKey("labeling.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=["queued", "running", "done", "failed", "cancelled"]), name="job_state"),
            models.CheckConstraint(
                condition=~Q(state="running") | Q(fence__isnull=False, heartbeat_at__isnull=False), name="job_running_has_fence"
            ),
        ]
        indexes = [
            models.Index(fields=["state", "heartbeat_at"], name="job_by_state"),
            models.Index(fields=["project", "-created_at"], name="job_by_project"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    @property
    def message_text(self) -> str:
        """What the job is at, in the reader's language."""
        return put_together(self.message, self.message_params)

    @property
    def error_text(self) -> str:
        """Why the job failed, in the reader's language; empty where it did not."""
        return put_together(self.error, self.error_params)


class JobLine(models.Model):
    """One line of a job's report; `key` is its natural place, so a resumed job writes it once.

    `code` names what is wrong, '' where nothing is; `params` fills the sentence of the code.
    """

    class Outcome(models.TextChoices):
        CREATED = "created", _("created")
        UPDATED = "updated", _("updated")
        UNCHANGED = "unchanged", _("unchanged")
        REJECTED = "rejected", _("rejected")
        CONFLICT = "conflict", _("conflict")
        WARNING = "warning", _("warning")

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="lines")
    key = models.CharField(max_length=400)
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    file = models.CharField(max_length=300, blank=True)
    line = models.PositiveIntegerField(null=True, blank=True)
    record = models.CharField(max_length=200, blank=True)
    field = models.CharField(max_length=200, blank=True)
    code = models.CharField(max_length=40, blank=True)
    params = models.JSONField(default=dict, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "key"], name="job_line_one_per_key")]
        indexes = [models.Index(fields=["job", "outcome", "id"], name="job_line_by_outcome")]

    def __str__(self) -> str:
        return f"{self.outcome} {self.record}"

    @property
    def reason(self) -> str:
        """What is wrong, as a sentence in the reader's language; empty where nothing is, or by a code of an older release."""
        return render_reason(Code(self.code), self.params) if self.code in Code.values else describe_code(self.code)


def describe_code(code: str) -> str:
    """The sentence of a code in the reader's language, with … where each line has its own word; empty for a code of an older release."""
    for named in (Refusal, Voiding):
        if code in named.values:
            return str(named(code).label)
    return fill_in(str(Code(code).label), {}, "…") if code in Code.values else ""


class ImportConflict(models.Model):
    """A change that an import may not make by itself because somebody already works on, or answered, what it changes."""

    class State(models.TextChoices):
        OPEN = "open", _("waits for the lead")
        ACCEPTED = "accepted", _("accepted as a new round")
        DISMISSED = "dismissed", _("dismissed")

    project = models.ForeignKey("labeling.Project", on_delete=models.PROTECT, related_name="import_conflicts")
    job = models.ForeignKey(Job, on_delete=models.PROTECT, null=True, blank=True, related_name="conflicts")
    task = models.ForeignKey("labeling.Task", on_delete=models.PROTECT, null=True, blank=True, related_name="conflicts")
    candidate = models.ForeignKey("labeling.Candidate", on_delete=models.PROTECT, null=True, blank=True, related_name="conflicts")
    field = models.CharField(max_length=40)
    old = models.JSONField(default=dict)
    new = models.JSONField(default=dict)
    new_image = models.ForeignKey("labeling.Image", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    created_at = models.DateTimeField(default=timezone.now)
    resolved_by = models.ForeignKey("labeling.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    resolved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(task__isnull=False, candidate=None) | Q(task=None, candidate__isnull=False), name="import_conflict_subject"
            ),
            # Importing the same change again while it waits must not ask the lead twice.
            models.UniqueConstraint(fields=["task", "field"], condition=Q(state="open"), name="import_conflict_one_open_task"),
            models.UniqueConstraint(fields=["candidate", "field"], condition=Q(state="open"), name="import_conflict_one_open_candidate"),
        ]

    def __str__(self) -> str:
        return f"import conflict {self.pk}"


class Export(models.Model):
    """One finished export: immutable files under `folder` with the manifest that describes them."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey("labeling.Project", on_delete=models.PROTECT, related_name="exports")
    job = models.OneToOneField(Job, on_delete=models.PROTECT, null=True, blank=True, related_name="export")
    format = models.CharField(max_length=20)
    cutoff_event = models.ForeignKey("labeling.Event", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    folder = models.CharField(max_length=300)
    manifest = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        return f"{self.format} export {self.pk}"
