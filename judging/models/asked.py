"""What is kept of every question to a model."""

from __future__ import annotations

from django.db import models
from django.utils import timezone


class Asked(models.Model):
    """A question and its reply.

    `sent` are the texts sent instead of `prompt`, by attempt, where they differ; `earlier` the unusable replies of earlier attempts; `why`
    the reason why nothing could be read from the last one, '' where something was. Tokens and cost are NULL where the backend does not
    tell.
    """

    system = models.TextField()
    prompt = models.TextField()
    prompt_hash = models.CharField(max_length=64)
    sent = models.JSONField(default=list, blank=True)
    reply = models.TextField(blank=True)
    earlier = models.JSONField(default=list, blank=True)
    why = models.CharField(max_length=20, blank=True)
    detail = models.CharField(max_length=300, blank=True)
    model = models.CharField(max_length=200, blank=True)
    revision = models.CharField(max_length=200, blank=True)
    sampling = models.JSONField(default=dict, blank=True)
    tokens_in = models.PositiveIntegerField(null=True, blank=True)
    tokens_out = models.PositiveIntegerField(null=True, blank=True)
    cost_usd = models.DecimalField(max_digits=14, decimal_places=8, null=True, blank=True)
    latency_ms = models.PositiveIntegerField()
    attempts = models.PositiveSmallIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        abstract = True
