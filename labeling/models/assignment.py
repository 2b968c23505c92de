"""Assignments: one person doing one purpose for one candidate, with leases, skips, flags and receipts."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from labeling.models.answer import Verdict


class Purpose(models.TextChoices):
    PRIMARY = "primary", _("primary")
    ADJUDICATION = "adjudication", _("adjudication")
    AUDIT = "audit", _("audit")
    SECOND_ADJUDICATION = "second_adjudication", _("second adjudication")
    GOLD = "gold", _("gold")
    REPEAT = "repeat", _("repeat")


class Status(models.TextChoices):
    LEASED = "leased", _("leased")
    SUBMITTED = "submitted", _("submitted")
    RELEASED = "released", _("released")
    SURPLUS = "surplus", _("kept, not counted")
    VOID = "void", _("void")


class Arm(models.TextChoices):
    """What the seat was drawn to see of a suggestion: nothing, pre-filled while the other seat is blind, pre-filled as for the other one,
    or shown after the answer.
    """

    BLIND = "blind", _("blind")
    ASSISTED = "assisted", _("assisted")
    BOTH = "both", _("assisted, like the other seat")
    REVEAL = "reveal", _("suggestion after the answer")


LIVE = Q(status__in=["leased", "submitted"])
# These purposes share the table and one index, so nobody can adjudicate or audit their own answer.
DECIDING = ["primary", "adjudication", "audit", "second_adjudication"]
# What a person does on the label page and cannot tell apart.
LABELLING = ["primary", "gold", "repeat"]
# What a person does on the adjudication page and cannot tell apart before the blind answer.
REVIEWING = ["adjudication", "audit", "second_adjudication"]
# Those that look at a settled candidate once more, and change nothing by themselves.
CHECKS = [Purpose.AUDIT, Purpose.SECOND_ADJUDICATION]


def one_live(name: str, fields: list[str], condition: Q) -> models.UniqueConstraint:
    """A constraint over leased and submitted rows only; released, surplus and void rows never block anything."""
    return models.UniqueConstraint(fields=fields, condition=LIVE & condition, name=name)


class AssignmentQuerySet(models.QuerySet["Assignment"]):
    def counted_primaries(self) -> AssignmentQuerySet:
        """The answers that statistics may read: submitted primaries of the round each candidate is in."""
        return self.primaries().filter(round=F("candidate__round"))

    def primaries(self) -> AssignmentQuerySet:
        """Submitted primary answers of any round: never gold, a repeat, an audit, an adjudication, surplus or void."""
        return self.filter(purpose="primary", status="submitted").order_by("candidate_id", "seat")

    def checks(self, project_id: int) -> AssignmentQuerySet:
        """The submitted audits and second adjudications of a project. Written out, or SQLite would not use the index of them."""
        written = [f"labeling_assignment.purpose IN ('{CHECKS[0].value}', '{CHECKS[1].value}')", "labeling_assignment.status = 'submitted'"]
        return self.filter(project_id=project_id).extra(where=written)  # type: ignore[return-value]  # typed as a plain queryset

    def standing_as(self, project_id: int, status: str) -> AssignmentQuerySet:
        """The assignments of a project in one status, for one that few are in. As a range: nearly all are submitted, so SQLite, which
        knows only how many there are of each on average, would read the whole table.
        """
        return self.filter(project_id=project_id, status__gte=status, status__lte=status).order_by("status", "id")

    def leased_by(self, person_id: int, project_id: int) -> AssignmentQuerySet:
        """What a person holds in a project, oldest lease first."""
        return self.filter(person_id=person_id, project_id=project_id, status="leased").order_by("leased_at", "id")


class Assignment(models.Model):
    """One person doing one purpose for one candidate.

    `verdict` repeats the newest answer while the row is submitted, so that constraints and triggers can see it.
    `editable_until` is fixed when the answer arrives: a later change of the setting never reopens a closed window.
    `confirmed_at` (adjudication only) is when the reveal was confirmed or revised; NULL while that is still to be done.
    `void_reason` is why the lead voided it; a row that is void without one was taken back when its round was over.
    `suggestion` is what the person of an arm that is not blind sees, before or after answering.
    `late_of` is the lease this late answer was made under; taken back, its row is leased again like any other. `image` and
    `task_version` are what the person was shown.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey("labeling.Project", on_delete=models.PROTECT, related_name="assignments")
    candidate = models.ForeignKey("labeling.Candidate", on_delete=models.PROTECT, related_name="assignments")
    person = models.ForeignKey("labeling.User", on_delete=models.PROTECT, related_name="assignments")
    purpose = models.CharField(max_length=20, choices=Purpose.choices, default=Purpose.PRIMARY)
    round = models.PositiveSmallIntegerField(default=1)
    seat = models.PositiveSmallIntegerField(null=True, blank=True)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.LEASED)
    arm = models.CharField(max_length=10, choices=Arm.choices, default=Arm.BLIND)
    suggestion = models.ForeignKey("labeling.Suggestion", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    is_ahead = models.BooleanField(default=False)
    leased_at = models.DateTimeField(default=timezone.now)
    lease_until = models.DateTimeField(null=True, blank=True)
    submitted_at = models.DateTimeField(null=True, blank=True)
    editable_until = models.DateTimeField(null=True, blank=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    verdict = models.CharField(max_length=6, choices=Verdict.choices, null=True, blank=True)  # noqa: DJ001 - NULL means unanswered
    release_reason = models.CharField(max_length=20, blank=True)
    void_reason = models.CharField(max_length=300, blank=True, default="", db_default="")
    late_of = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="late_answers")
    image = models.ForeignKey("labeling.Image", on_delete=models.PROTECT, related_name="+")
    task_version = models.PositiveIntegerField()
    reviewed_at = models.DateTimeField(null=True, blank=True)

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        constraints = [
            one_live("assignment_one_per_seat", ["candidate", "round", "seat"], Q(purpose="primary")),
            one_live("assignment_one_adjudication", ["candidate", "round"], Q(purpose="adjudication")),
            one_live("assignment_one_audit", ["candidate", "round"], Q(purpose="audit")),
            one_live("assignment_one_second_adjudication", ["candidate", "round"], Q(purpose="second_adjudication")),
            one_live("assignment_one_per_person", ["candidate", "round", "person"], Q(purpose__in=DECIDING)),
            one_live("assignment_one_check_per_person", ["candidate", "person", "purpose"], Q(purpose__in=["gold", "repeat"])),
            one_live("assignment_one_assisted", ["candidate", "round"], Q(purpose="primary", arm="assisted")),
            models.CheckConstraint(
                # A check that comes to NULL passes, so a column that may be NULL is asked for that first, here and below.
                condition=Q(purpose="primary", seat__isnull=False, seat__in=[1, 2]) | (~Q(purpose="primary") & Q(seat=None)),
                name="assignment_seat",
            ),
            models.CheckConstraint(condition=Q(purpose__in=[*DECIDING, "gold", "repeat"]), name="assignment_purpose"),
            models.CheckConstraint(
                condition=Q(status="leased", lease_until__isnull=False, submitted_at=None, verdict=None)
                | Q(status="released", lease_until=None, submitted_at=None, verdict=None)
                | Q(
                    status__in=["submitted", "surplus", "void"],
                    lease_until=None,
                    submitted_at__isnull=False,
                    editable_until__isnull=False,
                    verdict__isnull=False,
                    verdict__in=["accept", "reject"],
                ),
                name="assignment_status",
            ),
            models.CheckConstraint(condition=Q(void_reason="") | Q(status="void"), name="assignment_void_reason"),
            models.CheckConstraint(condition=Q(confirmed_at=None) | ~Q(purpose="primary"), name="assignment_confirmed"),
            models.CheckConstraint(condition=Q(arm__in=["blind", "assisted", "both", "reveal"]), name="assignment_arm"),
            models.CheckConstraint(
                condition=Q(arm="blind", suggestion=None) | (~Q(arm="blind") & Q(suggestion__isnull=False)), name="assignment_suggestion"
            ),
            # Whoever decides between others, or in their place, answers without any suggestion.
            models.CheckConstraint(condition=Q(arm="blind") | Q(purpose__in=LABELLING), name="assignment_blind_purpose"),
        ]
        indexes = [
            # Full, not partial: SQLite ignores a partial index whose predicate arrives as a bound value.
            models.Index(fields=["person", "project", "status", "submitted_at"], name="assignment_by_person"),
            models.Index(fields=["project", "status", "lease_until"], name="assignment_due"),
            # Few beside all primaries, and counted on every page of a lead.
            models.Index(fields=["project", "id"], condition=Q(purpose__in=CHECKS, status="submitted"), name="assignment_checks"),
            # Without it PostgreSQL may read the adjudications of everybody while they are few, and go on so while they grow.
            models.Index(
                fields=["person", "project", "submitted_at"],
                condition=Q(purpose="adjudication", status="submitted", confirmed_at=None),
                name="assignment_unconfirmed",
            ),
        ]

    def __str__(self) -> str:
        return f"assignment {self.pk}"


class WalkPosition(models.Model):
    """Where a person stands in a project's order: the `sort` and the bundle last served.

    `undrawn` is how many seats they were given since it was last drawn whether gold or a repeat comes next (labeling/protocol/hidden.py).
    """

    project = models.ForeignKey("labeling.Project", on_delete=models.CASCADE, related_name="+")
    person = models.ForeignKey("labeling.User", on_delete=models.CASCADE, related_name="+")
    sort = models.BigIntegerField()
    bundle = models.ForeignKey("labeling.Bundle", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    undrawn = models.PositiveSmallIntegerField(default=0, db_default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "person"], name="walk_position_one_per_person")]

    def __str__(self) -> str:
        return f"{self.person_id} at {self.sort}"


class Skip(models.Model):
    """Why a person passed a candidate on; it keeps the candidate from them for the round."""

    class Why(models.TextChoices):
        BROKEN = "broken", _("The image is broken")
        UNCLEAR_BRIEF = "unclear_brief", _("The brief is unclear")
        CANNOT_JUDGE = "cannot_judge", _("I cannot judge this")
        PERSONAL = "personal", _("I would rather not look at this")
        OTHER = "other", _("Other")

    assignment = models.OneToOneField(Assignment, on_delete=models.PROTECT, related_name="skip")
    candidate = models.ForeignKey("labeling.Candidate", on_delete=models.PROTECT, related_name="skips")
    person = models.ForeignKey("labeling.User", on_delete=models.PROTECT, related_name="skips")
    round = models.PositiveSmallIntegerField()
    why = models.CharField(max_length=16, choices=Why.choices)
    note = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(why__in=["broken", "unclear_brief", "cannot_judge", "personal", "other"]), name="skip_why")
        ]
        indexes = [
            models.Index(fields=["candidate", "round", "person"], name="skip_by_candidate"),
            models.Index(fields=["person", "created_at"], name="skip_by_person"),
        ]

    def __str__(self) -> str:
        return f"skip of assignment {self.assignment_id}"


class Flag(models.Model):
    """A remark for the lead about a candidate, and the lead's reply."""

    project = models.ForeignKey("labeling.Project", on_delete=models.PROTECT, related_name="flags")
    assignment = models.ForeignKey(Assignment, on_delete=models.PROTECT, related_name="flags")
    text = models.TextField()
    created_at = models.DateTimeField(default=timezone.now)
    reply = models.TextField(blank=True)
    replied_by = models.ForeignKey("labeling.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    replied_at = models.DateTimeField(null=True, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(replied_at=None, replied_by=None) | Q(replied_at__isnull=False, replied_by__isnull=False),
                name="flag_reply",
            )
        ]

    def __str__(self) -> str:
        return f"flag {self.pk}"


class Receipt(models.Model):
    """The stored outcome of one write, so that sending it again returns the same; keys are unique per person."""

    person = models.ForeignKey("labeling.User", on_delete=models.PROTECT, related_name="+")
    key = models.UUIDField()
    body_sha256 = models.CharField(max_length=64)
    outcome = models.JSONField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "key"], name="receipt_one_per_key")]

    def __str__(self) -> str:
        return f"receipt {self.key}"
