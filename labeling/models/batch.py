"""Batches: candidates that belong together for a lead, with their priority, their day and their people."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from labeling.models.task import Category

# What the lane of a candidate has room for (labeling/models/candidate.py).
HIGHEST_NUMBER = 8000


class Batch(models.Model):
    """A named set of candidates of a project; which, their column `batch` says by `number`.

    `category` is '' where the batch may hold any. `priority`: higher ones come first, and what is in no batch has 0; among equals the
    earlier `due` day, NULL for none. Without `people` everybody works in it. Of a closed one nobody is given anything new. Its name is
    for leads only: it may say what nobody who answers should know.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey("labeling.Project", on_delete=models.CASCADE, related_name="batches")
    number = models.PositiveSmallIntegerField(editable=False)
    name = models.CharField(_("name"), max_length=80)
    category = models.CharField(_("category"), max_length=12, blank=True, choices=Category.choices)
    priority = models.SmallIntegerField(_("priority"), default=0)
    due = models.DateField(_("due"), null=True, blank=True)
    people = models.ManyToManyField("labeling.User", related_name="batches", blank=True, verbose_name=_("people"))
    closed = models.BooleanField(_("closed"), default=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "number"], name="batch_one_per_number"),
            models.UniqueConstraint(fields=["project", "name"], name="batch_one_per_name"),
            models.CheckConstraint(condition=Q(number__gte=1, number__lte=HIGHEST_NUMBER), name="batch_number"),
            models.CheckConstraint(condition=~Q(name=""), name="batch_name"),
            models.CheckConstraint(condition=Q(category__in=["", *Category.values]), name="batch_category"),
            models.CheckConstraint(condition=Q(priority__gte=-100, priority__lte=100), name="batch_priority"),
        ]

    def __str__(self) -> str:
        return self.name
