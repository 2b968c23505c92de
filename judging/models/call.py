"""Calls: one question to a model and everything that came of it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from judging.models.asked import Asked
from judging.models.judge import Judge
from judging.models.run import JudgeRun


class Call(Asked):
    """One question about a candidate, or about a bundle where `candidate` is NULL, and its reply; append-only.

    `digest` is that of the whole question with its pictures. `parsed` is NULL where the reply was unusable; such a call is superseded once
    it is asked again. `images` are the SHA-256 of the originals shown, in order.
    """

    run = models.ForeignKey(JudgeRun, on_delete=models.PROTECT, related_name="call_rows")
    judge = models.ForeignKey(Judge, on_delete=models.PROTECT, related_name="calls")
    bundle = models.ForeignKey("labeling.Bundle", on_delete=models.PROTECT, related_name="+")
    candidate = models.ForeignKey("labeling.Candidate", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    part = models.CharField(max_length=40)
    chunk = models.PositiveSmallIntegerField(default=1)
    digest = models.CharField(max_length=64)
    images = models.JSONField(default=list)
    layout = models.CharField(max_length=5, default="each")
    side_px = models.PositiveIntegerField()
    parsed = models.JSONField(null=True, blank=True)
    probability = models.FloatField(null=True, blank=True)
    superseded_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["judge", "candidate", "part", "chunk", "digest"],
                condition=Q(superseded_at=None, candidate__isnull=False),
                name="call_one_per_candidate",
            ),
            models.UniqueConstraint(
                fields=["judge", "bundle", "part", "chunk", "digest"],
                condition=Q(superseded_at=None, candidate=None),
                name="call_one_per_bundle",
            ),
            models.CheckConstraint(
                condition=Q(parsed__isnull=False, why="") | (Q(parsed__isnull=True) & ~Q(why="")), name="call_parsed_or_why"
            ),
            models.CheckConstraint(condition=Q(layout__in=["each", "sheet"]), name="call_layout"),
            models.CheckConstraint(condition=Q(probability=None) | Q(probability__gte=0, probability__lte=1), name="call_probability"),
        ]
        indexes = [
            models.Index(fields=["judge", "bundle"], name="call_by_bundle"),
            models.Index(fields=["run", "id"], name="call_by_run"),
            # Few beside all, and counted by reason at every look at a run.
            models.Index(fields=["run", "why"], condition=~Q(why=""), name="call_unusable"),
        ]

    def __str__(self) -> str:
        return f"call {self.pk}: {self.part}"
