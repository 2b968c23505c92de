"""Proposals: what an extractor read out of the order of a task, until a lead has decided about it."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from judging.models.asked import Asked
from judging.models.judge import Judge


class Proposal(Asked):
    """Rules or points for a task as one judge reads its order; it changes nothing until a lead accepts it.

    `content` is what was read (judging/extractors), NULL where the reply was unusable, for the reason in `why`. `edited` is what a lead
    made of it before accepting, NULL where nothing was changed. `outcome` says what accepting came to. `task_version` is the version of
    the task whose order was read.
    """

    class Kind(models.TextChoices):
        RULES = "rules", _("hard rules")
        POINTS = "points", _("evaluation points")

    class State(models.TextChoices):
        OPEN = "open", _("to be decided")
        ACCEPTED = "accepted", _("accepted by a lead")
        REJECTED = "rejected", _("rejected by a lead")
        SUPERSEDED = "superseded", _("replaced by a newer one")
        UNUSABLE = "unusable", _("unusable reply")

    class Outcome(models.TextChoices):
        CHANGED = "changed", _("The task is changed.")
        UNCHANGED = "unchanged", _("The task said so already.")
        WAITS = "waits", _("People work on this task, so the change waits in the inbox.")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey("labeling.Project", on_delete=models.PROTECT, related_name="proposals")
    task = models.ForeignKey("labeling.Task", on_delete=models.PROTECT, related_name="proposals")
    task_version = models.PositiveIntegerField()
    judge = models.ForeignKey(Judge, on_delete=models.PROTECT, related_name="proposals")
    job = models.ForeignKey("labeling.Job", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    kind = models.CharField(max_length=6, choices=Kind.choices)
    extractor_version = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    content = models.JSONField(null=True, blank=True)
    edited = models.JSONField(null=True, blank=True)
    decided_by = models.ForeignKey("labeling.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=10, choices=Outcome.choices, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["task", "kind", "judge"], condition=Q(state="open"), name="proposal_one_open"),
            # The same question to the same judge is paid for once.
            models.UniqueConstraint(
                fields=["judge", "task", "kind", "prompt_hash"],
                condition=Q(state__in=["open", "accepted", "rejected"]),
                name="proposal_one_per_question",
            ),
            models.CheckConstraint(condition=Q(kind__in=["rules", "points"]), name="proposal_kind"),
            models.CheckConstraint(
                condition=Q(state__in=["open", "accepted", "rejected", "superseded", "unusable"]), name="proposal_state"
            ),
            models.CheckConstraint(
                condition=Q(state="unusable", content__isnull=True) & ~Q(why="") | Q(content__isnull=False, why="") & ~Q(state="unusable"),
                name="proposal_content_or_why",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["accepted", "rejected"], decided_by__isnull=False, decided_at__isnull=False)
                | Q(state__in=["open", "superseded", "unusable"], decided_by=None, decided_at=None),
                name="proposal_decided",
            ),
            models.CheckConstraint(
                condition=Q(state="accepted", outcome__in=["changed", "unchanged", "waits"])
                | Q(outcome="", edited__isnull=True) & ~Q(state="accepted"),
                name="proposal_outcome",
            ),
        ]
        indexes = [
            models.Index(fields=["project", "state", "kind", "id"], name="proposal_by_state"),
            models.Index(fields=["judge", "kind", "task"], name="proposal_by_judge"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} for task {self.task_id}"

    @property
    def read(self) -> dict[str, Any]:
        """What was read. Raises ValueError where the reply was unusable."""
        if self.content is None:
            raise ValueError(f"nothing was read by proposal {self.pk}: {self.why}")
        content: dict[str, Any] = self.content
        return content
