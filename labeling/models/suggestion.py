"""What models suggest about candidates, and what each candidate was drawn to show of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from labeling.models.answer import Verdict

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

# The longest name of a model version.
VERSION_LENGTH = 80


class Concept(models.TextChoices):
    """The seven sub-scores of ServImageScore that a model may predict beside the probability, each from 0 to 5."""

    BRF = "brf", _("meets the brief")
    CLARITY = "veq_clarity", _("clarity")
    REALISM = "veq_realism", _("realism")
    AESTHETIC = "veq_aesthetic", _("looks")
    TEXT = "veq_text", _("text")
    CNS_EDIT = "cns_edit", _("edit stays within bounds")
    CNS_SET = "cns_set", _("fits its set")


class Suggestion(models.Model):
    """What one model version says about one image of a candidate: never changed, and never part of a label.

    `p_accept` is the calibrated probability in [0, 1] that the candidate is accepted; `concepts` are the sub-scores it predicts, each in
    [0, 5], without those that do not apply. `backend` names what the version runs on, such as `stats` or `qwen3-vl Qwen3-VL-4B-Thinking`:
    it stands on each suggestion so that showing one reads nothing else; '' where the suggestion was imported and nobody here knows.
    """

    project = models.ForeignKey("labeling.Project", on_delete=models.PROTECT, related_name="suggestions")
    candidate = models.ForeignKey("labeling.Candidate", on_delete=models.PROTECT, related_name="suggestions")
    image = models.ForeignKey("labeling.Image", on_delete=models.PROTECT, related_name="+")
    model_version = models.CharField(max_length=VERSION_LENGTH)
    p_accept = models.FloatField()
    concepts = models.JSONField(default=dict, blank=True)
    backend = models.CharField(max_length=200, blank=True, default="", db_default="")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["candidate", "image", "model_version"], name="suggestion_one_per_version"),
            models.CheckConstraint(condition=Q(p_accept__gte=0, p_accept__lte=1), name="suggestion_p_accept"),
            models.CheckConstraint(condition=~Q(model_version=""), name="suggestion_model_version"),
        ]
        indexes = [models.Index(fields=["project", "model_version", "id"], name="suggestion_by_version")]

    def __str__(self) -> str:
        return f"{self.p_accept:.3f} by {self.model_version} for candidate {self.candidate_id}"

    @property
    def verdict(self) -> str:
        """The answer that is pre-filled."""
        return Verdict.ACCEPT if self.p_accept >= 0.5 else Verdict.REJECT

    @property
    def weakest(self) -> tuple[StrOrPromise, float] | None:
        """The lowest concept in words, and its value; None where none was predicted."""
        known = [(self.concepts[concept], concept) for concept in Concept if concept in self.concepts]
        value, concept = min(known, default=(0.0, None), key=lambda pair: pair[0])
        return None if concept is None else (concept.label, value)


class Draw(models.Model):
    """What the seats of one candidate and round were drawn to see, written before anybody saw the candidate and never changed.

    There is one only where the version in use had said something about the image by then. Under `measured` `assisted_seat` is the seat that
    sees the suggestion; under the other policies both do, each in its way. A control candidate shows it to nobody.
    """

    project = models.ForeignKey("labeling.Project", on_delete=models.PROTECT, related_name="draws")
    candidate = models.ForeignKey("labeling.Candidate", on_delete=models.PROTECT, related_name="draws")
    round = models.PositiveSmallIntegerField()
    policy = models.CharField(max_length=12)
    control_share = models.PositiveSmallIntegerField()
    is_control = models.BooleanField()
    assisted_seat = models.PositiveSmallIntegerField(null=True, blank=True)
    suggestion = models.ForeignKey(Suggestion, on_delete=models.PROTECT, related_name="draws")
    drawn_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["candidate", "round"], name="draw_one_per_round"),
            models.CheckConstraint(condition=Q(policy__in=["measured", "reveal", "all"]), name="draw_policy"),
            models.CheckConstraint(
                # A check that comes to NULL passes, so the column is asked for that first.
                condition=Q(policy="measured", is_control=False, assisted_seat__isnull=False, assisted_seat__in=[1, 2])
                | (~Q(policy="measured", is_control=False) & Q(assisted_seat=None)),
                name="draw_assisted_seat",
            ),
        ]
        indexes = [models.Index(fields=["project", "id"], name="draw_by_project")]

    def __str__(self) -> str:
        return f"draw of candidate {self.candidate_id}, round {self.round}"
