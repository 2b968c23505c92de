"""Scores: what a judge made of a candidate or a bundle, one row per concept."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from judging.models.judge import Judge
from judging.models.run import JudgeRun


class ScoreQuerySet(models.QuerySet["Score"]):
    def current(self) -> ScoreQuerySet:
        """Those that stand: one per judge, concept and candidate or bundle."""
        return self.filter(superseded_at=None).order_by("judge_id", "pk")


class Score(models.Model):
    """One concept of a candidate, or of a bundle where `candidate` is NULL, as one judge version sees it; append-only.

    `value` is NULL where there is none, for the reason in `why`: never a low score. `inputs` is the hash of what it was made from, so
    that another picture or brief gives another row and supersedes this one. `image` is the picture of the candidate it is about,
    `task_version` the version of the task, NULL where that is not known, and `pictures` the hash of all pictures of the bundle
    (judging/load_material.py) for a score of the bundle: with another one of them now it is about something older.
    """

    judge = models.ForeignKey(Judge, on_delete=models.PROTECT, related_name="scores")
    run = models.ForeignKey(JudgeRun, on_delete=models.PROTECT, null=True, blank=True, related_name="scores")
    bundle = models.ForeignKey("labeling.Bundle", on_delete=models.PROTECT, related_name="+")
    candidate = models.ForeignKey("labeling.Candidate", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    image = models.ForeignKey("labeling.Image", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    part = models.CharField(max_length=40)
    concept = models.CharField(max_length=40)
    value = models.FloatField(null=True, blank=True)
    why = models.CharField(max_length=20, blank=True)
    comment = models.TextField(blank=True)
    detail = models.JSONField(default=dict, blank=True)
    inputs = models.CharField(max_length=64)
    task_version = models.PositiveIntegerField(null=True, blank=True)
    pictures = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    superseded_at = models.DateTimeField(null=True, blank=True)

    objects = ScoreQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["judge", "candidate", "concept"],
                condition=Q(superseded_at=None, candidate__isnull=False),
                name="score_one_per_candidate",
            ),
            models.UniqueConstraint(
                fields=["judge", "bundle", "concept"], condition=Q(superseded_at=None, candidate=None), name="score_one_per_bundle"
            ),
            models.CheckConstraint(condition=Q(value__isnull=False, why="") | (Q(value=None) & ~Q(why="")), name="score_value_or_why"),
        ]
        indexes = [
            models.Index(fields=["bundle", "judge"], name="score_by_bundle"),
            models.Index(fields=["judge", "concept", "id"], condition=Q(superseded_at=None), name="score_by_concept"),
        ]

    def __str__(self) -> str:
        return f"{self.concept} {self.value} by judge {self.judge_id}"
