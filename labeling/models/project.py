"""A project, its settings, and the guideline its people work by."""

from __future__ import annotations

import secrets
from datetime import timedelta

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Policy(models.TextChoices):
    """How suggestions are shown, see docs/glossary.md (assistance policy)."""

    MEASURED = "measured", _("measured: one of two seats sees the suggestion, a control share never does")
    REVEAL = "reveal", _("reveal: answer blind, then see the suggestion")
    OFF = "off", _("off: nobody sees a suggestion")
    ALL = "all", _("all: both seats see the suggestion")


def make_seed() -> int:
    """A random seed that fits a signed 64-bit column."""
    return secrets.randbits(62)


class Project(models.Model):
    """One labelling project; `seed` fixes every random order in it."""

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(_("name"), max_length=120)
    seed = models.BigIntegerField(default=make_seed, editable=False)
    is_sample = models.BooleanField(default=False, editable=False)
    paused = models.BooleanField(_("paused"), default=False)
    reasons_required = models.BooleanField(_("a reject needs a reason"), default=False)
    lease_minutes = models.PositiveSmallIntegerField(
        _("lease length in minutes"), default=15, validators=[MinValueValidator(1), MaxValueValidator(60)]
    )
    undo_minutes = models.PositiveSmallIntegerField(
        _("undo window in minutes (0 switches it off)"), default=15, validators=[MaxValueValidator(1440)]
    )
    policy = models.CharField(_("assistance policy"), max_length=12, choices=Policy.choices, default=Policy.MEASURED)
    control_share = models.PositiveSmallIntegerField(_("control share in percent"), default=20, validators=[MaxValueValidator(100)])
    # The version whose suggestions people see; none until a lead puts one to use.
    model_version = models.CharField(max_length=80, blank=True, default="", db_default="", editable=False)
    stop_points = models.PositiveSmallIntegerField(
        _("switch suggestions off above this added error, in points (empty: never)"),
        null=True,
        blank=True,
        validators=[MaxValueValidator(100)],
    )
    gold_share = models.PositiveSmallIntegerField(_("gold share in percent"), default=5, db_default=5, validators=[MaxValueValidator(20)])
    repeat_share = models.PositiveSmallIntegerField(
        _("repeat share in percent"), default=2, db_default=2, validators=[MaxValueValidator(20)]
    )
    audit_share = models.PositiveSmallIntegerField(
        _("audit share in percent"), default=5, db_default=5, validators=[MaxValueValidator(100)]
    )
    second_share = models.PositiveSmallIntegerField(
        _("second adjudications in percent"), default=5, db_default=5, validators=[MaxValueValidator(100)]
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    archived_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(lease_minutes__gte=1, lease_minutes__lte=60), name="project_lease_minutes"),
            models.CheckConstraint(condition=Q(undo_minutes__lte=1440), name="project_undo_minutes"),
            models.CheckConstraint(condition=Q(control_share__lte=100), name="project_control_share"),
            models.CheckConstraint(condition=Q(gold_share__lte=20, repeat_share__lte=20), name="project_check_shares"),
            models.CheckConstraint(condition=Q(audit_share__lte=100, second_share__lte=100), name="project_audit_shares"),
            models.CheckConstraint(condition=Q(stop_points=None) | Q(stop_points__lte=100), name="project_stop_points"),
            models.CheckConstraint(condition=Q(policy__in=[choice.value for choice in Policy]), name="project_policy"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def gives_work(self) -> bool:
        """Whether people are given candidates: neither paused nor archived."""
        return not self.paused and self.archived_at is None

    @property
    def undo_window(self) -> timedelta:
        """How long after an answer its author may undo or edit it."""
        return timedelta(minutes=self.undo_minutes)


class Guideline(models.Model):
    """One version of a project's written guideline; versions are never changed once published.

    `must_read` asks everybody to read it before they take new work; a typo mended asks nobody. An empty `body` is no guideline any more; a
    project for which none was ever written has no row.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="guidelines")
    number = models.PositiveIntegerField()
    body = models.TextField(blank=True)
    must_read = models.BooleanField(default=True)
    published_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "number"], name="guideline_one_per_number")]

    def __str__(self) -> str:
        return f"guideline {self.number} of {self.project_id}"


class GuidelineReading(models.Model):
    """Somebody said that they have read this version of the guideline."""

    guideline = models.ForeignKey(Guideline, on_delete=models.CASCADE, related_name="readings")
    person = models.ForeignKey("labeling.User", on_delete=models.PROTECT, related_name="+")
    read_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "guideline"], name="guideline_reading_one_per_version")]

    def __str__(self) -> str:
        return f"{self.person_id} read guideline {self.guideline_id}"
