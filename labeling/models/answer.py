"""Answers: append-only rows that say what a person answered and what they had seen."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Verdict(models.TextChoices):
    ACCEPT = "accept", _("accept")
    REJECT = "reject", _("reject")


class Reason(models.TextChoices):
    """Why an image is rejected: the seven sub-scores of ServImageScore, a missed hard rule, other."""

    BRIEF_MISSED = "brief_missed", _("Brief missed")
    BLURRY = "blurry", _("Blurry")
    UNREAL = "unreal", _("Unreal")
    UNATTRACTIVE = "unattractive", _("Unattractive")
    BAD_TEXT = "bad_text", _("Bad text")
    EDIT_LEAKS = "edit_leaks", _("Edit leaks")
    SET_DIFFERS = "set_differs", _("Set differs")
    HARD_RULE = "hard_rule", _("Wrong size or type")
    OTHER = "other", _("Other")


class ReasonClass(models.TextChoices):
    """Why the two primary answers differed, as the adjudicator sees it."""

    AMBIGUOUS_BRIEF = "ambiguous_brief", _("The brief is ambiguous")
    TASTE = "taste", _("A matter of taste")
    MISSED_DEFECT = "missed_defect", _("A defect was missed")
    MISSED_REQUIREMENT = "missed_requirement", _("A requirement was missed")
    WRONG_BY_GUIDELINE = "wrong_by_guideline", _("Wrong by the guideline")
    OTHER = "other", _("Other")


class Answer(models.Model):
    """One thing a person said about an assignment; the newest row of an assignment is what counts.

    `verdict` is NULL only for kind `undo`, which takes the answer before it back. Times are the server's; `active_ms`
    is time with the tab visible and input, NULL where the client did not measure it. `exposure` is what the person had
    seen of a suggestion before answering. `guideline` is the newest version that the person had said to have read when they
    answered, whatever was in force by then; NULL where they had read none.
    """

    class Kind(models.TextChoices):
        FIRST = "first", _("first answer")
        EDIT = "edit", _("edited")
        UNDO = "undo", _("taken back")
        CONFIRM = "confirm", _("confirmed after the reveal")
        REVISE = "revise", _("revised after the reveal")

    class Exposure(models.TextChoices):
        NONE = "none", _("no suggestion")
        PREFILLED = "prefilled", _("suggestion pre-filled")
        REVEALED = "revealed", _("suggestion revealed")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    assignment = models.ForeignKey("labeling.Assignment", on_delete=models.PROTECT, related_name="answers")
    number = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=8, choices=Kind.choices)
    verdict = models.CharField(max_length=6, choices=Verdict.choices, null=True, blank=True)  # noqa: DJ001 - NULL means "none", '' would be a third answer
    reasons = models.JSONField(default=list, blank=True)
    note = models.TextField(blank=True)
    reason_class = models.CharField(max_length=20, choices=ReasonClass.choices, blank=True)
    exposure = models.CharField(max_length=10, choices=Exposure.choices, default=Exposure.NONE)
    model_version = models.CharField(max_length=80, blank=True)
    probability = models.FloatField(null=True, blank=True)
    guideline = models.ForeignKey("labeling.Guideline", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    shown_at = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(default=timezone.now)
    received_at = models.DateTimeField(default=timezone.now)
    active_ms = models.PositiveIntegerField(null=True, blank=True)
    event = models.ForeignKey("labeling.Event", on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["assignment", "number"], name="answer_one_per_number"),
            models.CheckConstraint(
                # A check that comes to NULL passes, so the column is asked for that first.
                condition=Q(kind="undo", verdict=None) | (~Q(kind="undo") & Q(verdict__isnull=False, verdict__in=["accept", "reject"])),
                name="answer_verdict",
            ),
            models.CheckConstraint(condition=Q(kind__in=["first", "edit", "undo", "confirm", "revise"]), name="answer_kind"),
            models.CheckConstraint(condition=Q(kind__in=["confirm", "revise"]) | Q(reason_class=""), name="answer_reason_class"),
            models.CheckConstraint(condition=Q(exposure__in=["none", "prefilled", "revealed"]), name="answer_exposure"),
            models.CheckConstraint(
                condition=Q(exposure="none", model_version="", probability=None)
                | (~Q(exposure="none") & ~Q(model_version="") & Q(probability__gte=0, probability__lte=1, probability__isnull=False)),
                name="answer_suggestion",
            ),
        ]

    def __str__(self) -> str:
        return f"answer {self.number} of assignment {self.assignment_id}"
