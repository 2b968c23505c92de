"""Paid orders as imported: tasks, their deliverables, evaluation points and reference images."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Category(models.TextChoices):
    PORTRAIT = "Portrait", _("Portrait")
    PRODUCT = "Product", _("Product")
    DIGITAL = "Digital", _("Digital")

    @property
    def code(self) -> int:
        """1, 2 or 3: the category in the lane of a candidate."""
        return [*Category].index(self) + 1

    @staticmethod
    def of_code(code: int) -> Category:
        """The category of that code."""
        return Category(Category.values[code - 1])


class Image(models.Model):
    """One distinct picture, stored once by the SHA-256 of its original bytes; sizes are those of the upright picture."""

    sha256 = models.CharField(max_length=64, unique=True)
    format = models.CharField(max_length=8)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    byte_size = models.PositiveIntegerField()
    has_alpha = models.BooleanField(default=False)
    dpi = models.PositiveIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(format__in=["JPEG", "PNG", "WEBP"]), name="image_format"),
            models.CheckConstraint(condition=Q(width__gte=1, height__gte=1), name="image_size"),
        ]

    def __str__(self) -> str:
        return self.sha256[:12]


class Generator(models.Model):
    """An image model; every alias of its name resolves to this one row (see labeling/generators.py)."""

    slug = models.SlugField(max_length=80, unique=True)
    display_name = models.CharField(max_length=120)
    api_price_usd = models.DecimalField(max_digits=12, decimal_places=9, null=True, blank=True)

    def __str__(self) -> str:
        return self.display_name


class Task(models.Model):
    """One paid order. Its rows hold the current content; `TaskVersion` keeps every content it ever had."""

    project = models.ForeignKey("labeling.Project", on_delete=models.PROTECT, related_name="tasks")
    external_id = models.CharField(max_length=80)
    category = models.CharField(max_length=12, choices=Category.choices)
    name = models.CharField(max_length=2000)
    brief = models.TextField(blank=True)
    price_usd = models.DecimalField(max_digits=12, decimal_places=2)
    quantity = models.PositiveSmallIntegerField()
    is_editing = models.BooleanField(default=False)
    source_missing = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=1)
    # What shares a brief or a picture with it (labeling/groups.py); both are fixed when the task is imported.
    group = models.CharField(max_length=64, blank=True, default="", db_default="", editable=False)
    # On the frozen side on which models are tested: nobody ever sees a suggestion about it.
    is_test_side = models.BooleanField(default=False, db_default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "external_id"], name="task_one_per_external_id"),
            # The deliverable number is the low byte of the queue order.
            models.CheckConstraint(condition=Q(quantity__gte=1, quantity__lte=255), name="task_quantity"),
            models.CheckConstraint(condition=Q(price_usd__gte=0), name="task_price"),
            models.CheckConstraint(condition=Q(category__in=[choice.value for choice in Category]), name="task_category"),
        ]

    def __str__(self) -> str:
        return self.external_id

    @property
    def unit_price(self) -> Fraction:
        """Exact price of one deliverable in USD; the listed prices of the deliverables are rounded."""
        return Fraction(self.price_usd) / self.quantity

    @property
    def unit_price_usd(self) -> Decimal:
        """`unit_price` rounded to cents, for display only."""
        return (self.price_usd / self.quantity).quantize(Decimal("0.01"))


class GroupKey(models.Model):
    """What a task may share with others: the hash of its name and brief, or the SHA-256 of one of its images."""

    project = models.ForeignKey("labeling.Project", on_delete=models.CASCADE, related_name="+", db_index=False)
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="keys", db_index=False)
    key = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["task", "key"], name="group_key_one_per_task")]
        indexes = [models.Index(fields=["project", "key"], name="group_key_by_key")]

    def __str__(self) -> str:
        return self.key[:12]


class TaskVersionQuerySet(models.QuerySet["TaskVersion"]):
    def as_of(self, event_id: int) -> TaskVersionQuerySet:
        """The versions that existed right after event `event_id`, the newest of each task first."""
        return self.filter(Q(event=None) | Q(event__lte=event_id)).order_by("task_id", "-number")


class TaskVersion(models.Model):
    """Everything a task said at one time, immutable; `document` holds the whole content, images by SHA-256.

    `event` is the change that made it; only the first version may lack one, because nothing was made from the task before.
    """

    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    document = models.JSONField()
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    event = models.ForeignKey("labeling.Event", on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    objects = TaskVersionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["task", "number"], name="task_version_one_per_number"),
            # Without its event an export could not tell which version a task had at its cut-off.
            models.CheckConstraint(condition=Q(number=1) | Q(event__isnull=False), name="task_version_event"),
        ]

    def __str__(self) -> str:
        return f"version {self.number} of task {self.task_id}"


class Deliverable(models.Model):
    """One required image of a task; `rules` are the typed hard rules, `raw_rules` what the file said."""

    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="deliverables")
    number = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=600)
    listed_price_usd = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    rules = models.JSONField(default=list, blank=True)
    raw_rules = models.JSONField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["task", "number"], name="deliverable_one_per_number"),
            models.CheckConstraint(condition=Q(number__gte=1, number__lte=255), name="deliverable_number"),
        ]
        ordering = ["task_id", "number"]

    def __str__(self) -> str:
        return f"deliverable {self.number} of task {self.task_id}"


class EvaluationPoint(models.Model):
    """One soft rule of a task; `number` is its place in the file, `point_id` its published name."""

    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="points")
    number = models.PositiveSmallIntegerField()
    point_id = models.CharField(max_length=40)
    text = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["task", "number"], name="evaluation_point_one_per_number")]
        ordering = ["task_id", "number"]

    def __str__(self) -> str:
        return self.point_id


class Asset(models.Model):
    """A reference or source image of a task; `image` is NULL where the imported copy lacked the file."""

    class Role(models.TextChoices):
        REFERENCE = "reference", _("reference")
        SOURCE = "source", _("source image")

    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="assets")
    role = models.CharField(max_length=12, choices=Role.choices)
    number = models.PositiveSmallIntegerField()
    image = models.ForeignKey(Image, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    file = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["task", "role", "number"], name="asset_one_per_number"),
            models.CheckConstraint(condition=Q(role__in=["reference", "source"]), name="asset_role"),
        ]
        ordering = ["task_id", "role", "number"]

    def __str__(self) -> str:
        return f"{self.role} {self.number} of task {self.task_id}"
