"""What keeps the labels honest: gold with known answers, and concerns about what a person's figures say."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from labeling.models.answer import Verdict


class Gold(models.Model):
    """A candidate whose right answer is known: given out among the others, so that whoever misses it is seen to. One of a task at most.

    It is about `image`; a candidate that got another one is given out no more. `source` says where the `verdict` comes from.
    """

    class Source(models.TextChoices):
        SETTLED = "settled", _("settled beyond doubt")
        IMPORTED = "imported", _("imported")

    project = models.ForeignKey("labeling.Project", on_delete=models.PROTECT, related_name="gold")
    task = models.ForeignKey("labeling.Task", on_delete=models.PROTECT, related_name="+")
    candidate = models.ForeignKey("labeling.Candidate", on_delete=models.PROTECT, related_name="gold")
    image = models.ForeignKey("labeling.Image", on_delete=models.PROTECT, related_name="+")
    verdict = models.CharField(max_length=6, choices=Verdict.choices)
    source = models.CharField(max_length=8, choices=Source.choices)
    added_by = models.ForeignKey("labeling.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    added_at = models.DateTimeField(default=timezone.now, editable=False)
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["task"], condition=Q(retired_at=None), name="gold_one_per_task"),
            models.CheckConstraint(condition=Q(verdict__in=["accept", "reject"]), name="gold_verdict"),
            models.CheckConstraint(condition=Q(source__in=["settled", "imported"]), name="gold_source"),
        ]
        indexes = [models.Index(fields=["project", "id"], condition=Q(retired_at=None), name="gold_in_use")]

    def __str__(self) -> str:
        return f"gold {self.verdict} for candidate {self.candidate_id}"


class Concern(models.Model):
    """A figure of a person that a human should look at: why it was raised, what the person says to it, what the lead made of it.

    `kind` names the figure, `values` are the numbers of the sentence that says why (labeling/quality/concerns.py). Nothing else follows
    from one.
    """

    project = models.ForeignKey("labeling.Project", on_delete=models.PROTECT, related_name="concerns")
    person = models.ForeignKey("labeling.User", on_delete=models.PROTECT, related_name="concerns")
    kind = models.CharField(max_length=20)
    values = models.JSONField(default=dict)
    raised_at = models.DateTimeField(default=timezone.now)
    reply = models.TextField(blank=True)
    replied_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey("labeling.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    closing = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "person", "kind"], condition=Q(closed_at=None), name="concern_one_open"),
            models.CheckConstraint(
                condition=Q(reply="", replied_at=None) | (~Q(reply="") & Q(replied_at__isnull=False)), name="concern_reply"
            ),
            models.CheckConstraint(
                # A check that comes to NULL passes, so the column is asked for that first.
                condition=Q(closed_at=None, closed_by=None, closing="") | Q(closed_at__isnull=False, closed_at__gte=F("raised_at")),
                name="concern_closed",
            ),
        ]
        indexes = [models.Index(fields=["project", "person", "-id"], name="concern_by_person")]

    def __str__(self) -> str:
        return f"concern {self.pk}: {self.kind}"
