"""How often two people who did not see each other's answer agree."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Q, Subquery
from django.utils.functional import Promise

from labeling.models import Answer, Assignment, Category, Project
from labeling.models.assignment import AssignmentQuerySet

# Fewer pairs than this move by more than a few points with every new one.
FEW_PAIRS = 50


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """`equal` of `pairs` doubly answered candidates got the same answer twice; `category` says which candidates, None those of all."""

    category: Category | None
    pairs: int
    equal: int

    @property
    def name(self) -> str | Promise:
        """The category in words; empty for all."""
        return self.category.label if self.category else ""

    @property
    def percent(self) -> float | None:
        """Raw agreement in percent, not corrected for chance; None without any pair."""
        return 100 * self.equal / self.pairs if self.pairs else None

    @property
    def is_early(self) -> bool:
        """Whether the pairs are too few to rely on."""
        return self.pairs < FEW_PAIRS


def measure_agreement(project: Project) -> tuple[Agreement, list[Agreement]]:
    """Agreement over the whole project, and per category where there is any pair.

    A pair is a candidate whose two counted primary answers of the present round were both given without seeing a suggestion;
    what counts is each person's newest answer. Audits, gold, repeats and surplus answers never enter.
    """
    first, second = blind_seat(project, 1), blind_seat(project, 2).filter(candidate=OuterRef("candidate"))
    both = first.filter(Exists(second)).alias(same=Exists(second.filter(verdict=OuterRef("verdict"))))
    grouped = both.order_by().values("candidate__bundle__task__category")
    counted = grouped.annotate(pairs=Count("pk"), equal=Count("pk", filter=Q(same=True)))
    found = {row["candidate__bundle__task__category"]: (row["pairs"], row["equal"]) for row in counted}
    rows = [Agreement(category=category, pairs=found[category][0], equal=found[category][1]) for category in Category if category in found]
    return Agreement(category=None, pairs=sum(row.pairs for row in rows), equal=sum(row.equal for row in rows)), rows


def blind_seat(project: Project, seat: int) -> AssignmentQuerySet:
    """The counted primary answers of one seat whose newest answer was given without seeing a suggestion."""
    newest = Answer.objects.filter(assignment=OuterRef("pk")).order_by("-number").values("exposure")[:1]
    counted = Assignment.objects.counted_primaries().filter(project=project, seat=seat)
    return counted.alias(exposure=Subquery(newest)).filter(exposure=Answer.Exposure.NONE)
