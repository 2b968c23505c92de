"""Judges: backend, model, rubric version and parameters; each change of one makes another version."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

NAME_LENGTH = 80


class Backend(models.TextChoices):
    """How a judge reaches its model."""

    OPENAI = "openai", _("OpenAI-compatible server")
    TRANSFORMERS = "transformers", _("weights on the worker")
    REPLAY = "replay", _("stored replies")
    CODE = "code", _("plain code, no model")
    IMPORTED = "imported", _("imported scores")


class Judge(models.Model):
    """One version of a judge of a project: whoever changes what could change a score gets the next version.

    `config` is what the backend is made with and holds no secret: keys come from the environment. `parts` are those of the rubric that
    it judges. `fingerprint` is the SHA-256 of all that could change a score; the rest of `config` (judging/protocol/judges.py) may change.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey("labeling.Project", on_delete=models.PROTECT, related_name="judges")
    name = models.CharField(max_length=NAME_LENGTH)
    version = models.PositiveIntegerField()
    backend = models.CharField(max_length=12, choices=Backend.choices)
    model = models.CharField(max_length=200, blank=True)
    revision = models.CharField(max_length=200, blank=True)
    rubric = models.CharField(max_length=40)
    rubric_version = models.PositiveIntegerField()
    parts = models.JSONField(default=list)
    config = models.JSONField(default=dict, blank=True)
    fingerprint = models.CharField(max_length=64)
    created_by = models.ForeignKey("labeling.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "name", "version"], name="judge_one_per_version"),
            models.UniqueConstraint(fields=["project", "name", "fingerprint"], name="judge_one_per_fingerprint"),
            models.CheckConstraint(condition=Q(backend__in=["openai", "transformers", "replay", "code", "imported"]), name="judge_backend"),
            models.CheckConstraint(condition=~Q(name="") & Q(version__gte=1), name="judge_name"),
        ]
        ordering = ["name", "-version"]

    def __str__(self) -> str:
        return f"{self.name} {self.version}"
