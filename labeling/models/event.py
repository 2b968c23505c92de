"""The append-only log: one row per change of state, with the state it left behind."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Event(models.Model):
    """One change. `candidate_state`, `round` and `assignment_status` are those after it; '' or NULL where it has none.

    Everything an export reads points at its event, so a state can be read as of an event id (labeling/data_out/cutoff.py).
    """

    class Kind(models.TextChoices):
        PROJECT_CREATED = "project_created", _("project created")
        SETTINGS_CHANGED = "settings_changed", _("settings changed")
        ARCHIVED = "archived", _("project archived")
        BROUGHT_BACK = "brought_back", _("project brought back from the archive")
        BATCH_CHANGED = "batch_changed", _("batch changed")
        MEMBER_CHANGED = "member_changed", _("member changed")
        INVITATION_MADE = "invitation_made", _("invitation made")
        INVITATION_REVOKED = "invitation_revoked", _("invitation revoked")
        GUIDELINE_PUBLISHED = "guideline_published", _("guideline published")
        GUIDELINE_READ = "guideline_read", _("guideline read")
        IMPORTED = "imported", _("imported")
        QUEUED = "queued", _("entered the queue")
        TASK_CHANGED = "task_changed", _("task changed")
        IMAGE_REPLACED = "image_replaced", _("image replaced")
        CONFLICT_RESOLVED = "conflict_resolved", _("import conflict resolved")
        LEASED = "leased", _("taken")
        RELEASED = "released", _("released")
        SUBMITTED = "submitted", _("answered")
        EDITED = "edited", _("answer edited")
        UNDONE = "undone", _("answer taken back")
        SURPLUS = "surplus", _("answer kept, not counted")
        SKIPPED = "skipped", _("skipped")
        FLAGGED = "flagged", _("flagged")
        FLAG_ANSWERED = "flag_answered", _("flag answered")
        DISPUTE_READY = "dispute_ready", _("dispute ready for adjudication")
        ADJUDICATED = "adjudicated", _("adjudicated blind")
        CONFIRMED = "confirmed", _("adjudication confirmed or revised")
        DECIDED_ELSEWHERE = "decided_elsewhere", _("decision imported")
        HELD = "held", _("held")
        UNHELD = "unheld", _("back to the queue")
        WITHDRAWN = "withdrawn", _("withdrawn")
        REOPENED = "reopened", _("reopened")
        BATCHED = "batched", _("put into a batch")
        EXAMPLE_ADDED = "example_added", _("made an example")
        EXAMPLE_CHANGED = "example_changed", _("caption of the example changed")
        EXAMPLE_REMOVED = "example_removed", _("no longer an example")
        EXAMPLES_ORDERED = "examples_ordered", _("order of the examples changed")
        VOIDED = "voided", _("answer voided")
        SURPLUS_REVIEWED = "surplus_reviewed", _("surplus answer reviewed")
        SUGGESTED = "suggested", _("suggestions imported")
        VERSION_USED = "version_used", _("suggestions put to use")
        MODEL_PROMOTED = "model_promoted", _("model version promoted")
        MODEL_ROLLED_BACK = "model_rolled_back", _("model version rolled back")
        SUGGESTIONS_STOPPED = "suggestions_stopped", _("suggestions switched off")
        AUDITED = "audited", _("audited blind")
        SECOND_ADJUDICATED = "second_adjudicated", _("adjudicated blind by a second person")
        CHECK_REVIEWED = "check_reviewed", _("contradiction looked at")
        GOLD_ADDED = "gold_added", _("made gold")
        GOLD_RETIRED = "gold_retired", _("gold no longer")
        CONCERN_RAISED = "concern_raised", _("concern raised")
        CONCERN_ANSWERED = "concern_answered", _("concern answered")
        CONCERN_CLOSED = "concern_closed", _("concern closed")
        EXPORTED = "exported", _("exported")

    project = models.ForeignKey("labeling.Project", on_delete=models.PROTECT, related_name="events")
    at = models.DateTimeField(default=timezone.now)
    actor = models.ForeignKey("labeling.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    candidate = models.ForeignKey("labeling.Candidate", on_delete=models.PROTECT, null=True, blank=True, related_name="events")
    assignment = models.ForeignKey("labeling.Assignment", on_delete=models.PROTECT, null=True, blank=True, related_name="events")
    candidate_state = models.CharField(max_length=10, blank=True)
    round = models.PositiveSmallIntegerField(null=True, blank=True)
    assignment_status = models.CharField(max_length=10, blank=True)
    data = models.JSONField(default=dict, blank=True)

    class Meta:
        # The few that are about the project itself, for its history and for what touched a candidate from outside.
        indexes = [models.Index(fields=["project", "id"], condition=Q(candidate=None), name="event_of_project")]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class PurgePermit(models.Model):
    """While a project has this row, a purge job may delete its protocol rows; the triggers look for it."""

    project = models.OneToOneField("labeling.Project", on_delete=models.CASCADE, related_name="purge_permit")
    granted_by = models.ForeignKey("labeling.User", on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=300)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"purge permit of project {self.project_id}"
