"""What one judge says, concept by concept."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Avg, Count, Max, Min, Q

from judging.lead.concepts import place_of, range_of, show_value
from judging.lead.words import name_concept
from judging.models import Judge, Score
from judging.rubrics.base import Why
from judging.standing import only_about_now


@dataclass(frozen=True, kw_only=True)
class ConceptRow:
    """The scores of one concept about what is there now: how many have a value, their mean and range, and how many have none and why.

    `inapplicable` are those whose concept does not apply, `missing` all others without a value.
    """

    concept: str
    scored: int
    mean: float | None
    least: float | None
    most: float | None
    inapplicable: int
    missing: int

    @property
    def name(self) -> str:
        """The concept in words."""
        return name_concept(self.concept)

    @property
    def mean_text(self) -> str:
        """The mean as people read it, empty where there is none; means of points are told to two decimals."""
        kind = range_of(self.concept).kind
        if self.mean is None:
            return ""
        return f"{self.mean:.2f}" if kind == "points" else show_value(self.mean, kind)

    @property
    def ends(self) -> tuple[str, str] | None:
        """The least and the highest value as people read them; None where there is none."""
        kind = range_of(self.concept).kind
        if self.least is None or self.most is None:
            return None
        return show_value(self.least, kind), show_value(self.most, kind)


def list_concepts(judge: Judge) -> list[ConceptRow]:
    """A row for each concept the judge has said something about; what is about an older image or brief is in no figure."""
    rows = only_about_now(Score.objects.current().filter(judge=judge)).order_by().values("concept")
    told = rows.annotate(
        scored=Count("value"),
        mean=Avg("value"),
        least=Min("value"),
        most=Max("value"),
        inapplicable=Count("pk", filter=Q(why=Why.NOT_APPLICABLE)),
        missing=Count("pk", filter=Q(value=None) & ~Q(why=Why.NOT_APPLICABLE)),
    )
    return sorted((ConceptRow(**row) for row in told), key=lambda row: place_of(row.concept))
