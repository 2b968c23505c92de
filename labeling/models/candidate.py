"""Candidates, the bundles they are delivered in, and their decisions."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import connections, models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from labeling.models.answer import Verdict
from labeling.models.task import Category


class State(models.TextChoices):
    """Where a candidate stands; `q_state` is the same fact in the form the queue's indexes need."""

    STAGED = "staged", _("being imported")
    OPEN = "open", _("open")
    DISPUTED = "disputed", _("disputed")
    SETTLED = "settled", _("settled")
    HELD = "held", _("held")
    WITHDRAWN = "withdrawn", _("withdrawn")


class QState(models.IntegerChoices):
    """The queue's own state; the numbers appear literally in labeling/protocol/queue.py and in partial indexes."""

    FRESH = 0, _("no seat taken")
    HALF = 1, _("one seat taken")
    BOTH = 2, _("both seats taken")
    DISPUTED = 3, _("needs an adjudicator")
    ADJUDICATED = 4, _("an adjudicator holds it")
    DONE = 5, _("done")
    OUT = 6, _("held, withdrawn or being imported")


def lane_of(batch: int, category: str) -> int:
    """The lane of the candidates of one category in a batch; 0 is no batch."""
    return batch << 2 | Category(category).code


def split_lane(lane: int) -> tuple[int, int]:
    """The batch and the code of the category of a lane."""
    return lane >> 2, lane & 3


class Bundle(models.Model):
    """The candidates of one generator for one task; `place` is its random place in the queue, 40 bits."""

    task = models.ForeignKey("labeling.Task", on_delete=models.PROTECT, related_name="bundles")
    generator = models.ForeignKey("labeling.Generator", on_delete=models.PROTECT, related_name="bundles")
    place = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["task", "generator"], name="bundle_one_per_generator"),
            models.CheckConstraint(condition=Q(place__gte=0, place__lt=1 << 40), name="bundle_place"),
        ]

    def __str__(self) -> str:
        return f"bundle {self.pk}"


class CandidateQuerySet(models.QuerySet["Candidate"]):
    def batched(self) -> models.QuerySet[Candidate]:
        """Those in any batch. Written out, or SQLite would not use the index of them."""
        return self.extra(where=["labeling_candidate.batch > 0"])

    def queued_as(self, q_state: QState) -> models.QuerySet[Candidate]:
        """Those in one state of the queue. Written out, or SQLite would not use its indexes."""
        return self.extra(where=[f"labeling_candidate.q_state = {q_state:d}"])

    def standing_as(self, project_id: int, state: str) -> CandidateQuerySet:
        """The candidates of a project in one state, for one that few are in; as a range, or a database may walk them all instead."""
        return self.filter(project_id=project_id, state__gte=state, state__lte=state).order_by("state", "pk")


class Candidate(models.Model):
    """One sample of a generator for one deliverable; `sort` = bundle place << 8 | deliverable number.

    `q_excl` is the holder of the taken seat (q_state 1) or the lower of the pair that waits for a third person (q_state 3), `q_excl2` the
    higher one; 0 otherwise. A settled candidate waits as a dispute does where it was drawn to be looked at once more. `batch` is the
    number of its batch, 0 for none, and `lane` that with its task's category (`lane_of`): what the queue is divided by. `ready_at` is when
    it becomes leasable to adjudicators, NULL unless it waits for that.
    `image` is NULL where only a decision was imported.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey("labeling.Project", on_delete=models.PROTECT, related_name="candidates")
    bundle = models.ForeignKey(Bundle, on_delete=models.PROTECT, related_name="candidates")
    deliverable = models.ForeignKey("labeling.Deliverable", on_delete=models.PROTECT, related_name="candidates")
    sample = models.PositiveSmallIntegerField(default=1)
    is_submitted_sample = models.BooleanField(default=True)
    image = models.ForeignKey("labeling.Image", on_delete=models.PROTECT, null=True, blank=True, related_name="candidates")
    round = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(max_length=10, choices=State.choices, default=State.STAGED)
    reason = models.CharField(max_length=300, blank=True)
    state_changed_at = models.DateTimeField(default=timezone.now)
    sort = models.BigIntegerField()
    q_state = models.PositiveSmallIntegerField(choices=QState.choices, default=QState.OUT)
    q_excl = models.BigIntegerField(default=0)
    q_excl2 = models.BigIntegerField(default=0)
    batch = models.PositiveSmallIntegerField(default=0)
    lane = models.PositiveSmallIntegerField()
    ready_at = models.DateTimeField(null=True, blank=True)
    # No columns: what the row said when it was locked or last written (labeling/protocol/record.py).
    stored: tuple[Any, ...] | None = None
    stored_state = ""
    stored_q_state: int | None = None

    objects = CandidateQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["bundle", "deliverable", "sample"], name="candidate_one_per_sample"),
            models.UniqueConstraint(
                fields=["bundle", "deliverable"], condition=Q(is_submitted_sample=True), name="candidate_one_submitted_sample"
            ),
            models.CheckConstraint(
                condition=Q(state="open", q_state__in=[0, 1, 2])
                | Q(state="disputed", q_state__in=[2, 3, 4])
                # A settled one stands in the queue again where it was drawn for an audit or a second adjudication.
                | Q(state="settled", q_state__in=[2, 3, 4, 5])
                | Q(state__in=["staged", "held", "withdrawn"], q_state=6),
                name="candidate_state",
            ),
            models.CheckConstraint(
                condition=Q(q_state=1, q_excl__gt=0, q_excl2=0)
                | Q(q_state=3, q_excl__gt=0, q_excl2__gt=F("q_excl"))
                | (~Q(q_state__in=[1, 3]) & Q(q_excl=0, q_excl2=0)),
                name="candidate_exclusions",
            ),
            models.CheckConstraint(condition=Q(lane__gt=4 * F("batch"), lane__lt=4 * F("batch") + 4), name="candidate_lane"),
            models.CheckConstraint(condition=Q(ready_at=None) | Q(state__in=["disputed", "settled"], q_state=2), name="candidate_ready_at"),
            models.CheckConstraint(condition=Q(image__isnull=False) | Q(q_state__gte=5), name="candidate_image"),
        ]
        indexes = [
            # The predicate column stays out of the key: PostgreSQL drops implied clauses and then scans.
            # By batch for whoever works in every category, by lane for those who do not.
            models.Index(fields=["project", "batch", "sort"], condition=Q(q_state=0), name="candidate_fresh"),
            models.Index(fields=["project", "batch", "q_excl", "sort"], condition=Q(q_state=1), name="candidate_half"),
            models.Index(fields=["project", "batch", "q_excl", "q_excl2", "sort"], condition=Q(q_state=3), name="candidate_disputed"),
            models.Index(fields=["project", "lane", "sort"], condition=Q(q_state=0), name="candidate_fresh_lane"),
            models.Index(fields=["project", "lane", "q_excl", "sort"], condition=Q(q_state=1), name="candidate_half_lane"),
            models.Index(fields=["project", "lane", "q_excl", "q_excl2", "sort"], condition=Q(q_state=3), name="candidate_disputed_lane"),
            models.Index(fields=["project", "batch", "id"], condition=Q(batch__gt=0), name="candidate_by_batch"),
            models.Index(fields=["project", "ready_at"], condition=Q(q_state=2, ready_at__isnull=False), name="candidate_ready"),
            models.Index(fields=["project", "state", "id"], name="candidate_by_state"),
            models.Index(fields=["project", "state_changed_at", "id"], name="candidate_by_change"),
        ]

    def __str__(self) -> str:
        return f"candidate {self.pk}"


class DecisionQuerySet(models.QuerySet["Decision"]):
    def current(self) -> DecisionQuerySet:
        """The decisions that stand, at most one per candidate."""
        return self.filter(revoked_event=None).order_by("candidate_id")

    def of_project(self, project_id: int) -> DecisionQuerySet:
        """Those of one project's candidates. SQLite looks them up one by one: joined, it would begin with all candidates of the project.
        PostgreSQL joins, which takes it half as long where they are many.
        """
        if connections[self.db].vendor == "postgresql":
            return self.filter(candidate__project=project_id)
        of = models.Subquery(Candidate.objects.filter(pk=models.OuterRef("candidate")).values("project")[:1])
        return self.alias(of=of).filter(of=project_id)

    def as_of(self, event_id: int) -> DecisionQuerySet:
        """The decisions that stood right after event `event_id`, at most one per candidate."""
        stood = Q(revoked_event=None) | Q(revoked_event__gt=event_id)
        return self.filter(stood, event__lte=event_id).order_by("candidate_id")

    def revoked_as_of(self, event_id: int) -> DecisionQuerySet:
        """The decisions that had stood and no longer did right after event `event_id`, oldest first."""
        return self.filter(revoked_event__lte=event_id).order_by("candidate_id", "id")


class Decision(models.Model):
    """The final answer of a candidate and how it was reached; a later one revokes it, nothing overwrites it."""

    class How(models.TextChoices):
        CONSENSUS = "consensus", _("two equal answers")
        ADJUDICATION = "adjudication", _("adjudicated")
        IMPORTED = "imported", _("imported")

    candidate = models.ForeignKey(Candidate, on_delete=models.PROTECT, related_name="decisions")
    round = models.PositiveSmallIntegerField()
    verdict = models.CharField(max_length=6, choices=Verdict.choices)
    how = models.CharField(max_length=12, choices=How.choices)
    decided_at = models.DateTimeField(default=timezone.now)
    event = models.ForeignKey("labeling.Event", on_delete=models.PROTECT, related_name="+")
    revoked_event = models.ForeignKey("labeling.Event", on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    objects = DecisionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["candidate"], condition=Q(revoked_event=None), name="decision_one_current"),
            models.CheckConstraint(condition=Q(verdict__in=["accept", "reject"]), name="decision_verdict"),
            models.CheckConstraint(condition=Q(how__in=["consensus", "adjudication", "imported"]), name="decision_how"),
        ]

    def __str__(self) -> str:
        return f"{self.verdict} ({self.how}) for candidate {self.candidate_id}"
