"""Closed candidates that show people on the guidelines page how this project decides."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils import timezone


class ExampleQuerySet(models.QuerySet["Example"]):
    def in_order(self) -> ExampleQuerySet:
        """The examples in the lead's order."""
        return self.order_by("place", "pk")

    def shown(self) -> ExampleQuerySet:
        """Those whose candidate still stands as it did when it was chosen, in the lead's order."""
        return self.filter(candidate__state="settled", candidate__round=F("round"), candidate__image=F("image")).in_order()


class Example(models.Model):
    """A settled candidate in the gallery; `caption` says what it shows.

    `round` and `image` are those it was chosen with: a candidate that is decided anew is another example, with another caption.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey("labeling.Project", on_delete=models.CASCADE, related_name="examples")
    candidate = models.ForeignKey("labeling.Candidate", on_delete=models.PROTECT, related_name="examples")
    round = models.PositiveSmallIntegerField()
    image = models.ForeignKey("labeling.Image", on_delete=models.PROTECT, related_name="+")
    caption = models.CharField(max_length=500)
    place = models.PositiveIntegerField()
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = ExampleQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["candidate"], name="example_one_per_candidate"),
            models.CheckConstraint(condition=~Q(caption=""), name="example_caption"),
        ]
        indexes = [models.Index(fields=["project", "place"], name="example_by_place")]

    def __str__(self) -> str:
        return f"example {self.pk}"
