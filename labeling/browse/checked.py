"""Looking for candidates that somebody looked at once more, and for those worth it since the guideline changed."""

from __future__ import annotations

from django.db.models import F, OuterRef, Q, QuerySet, Subquery

from labeling.models import Answer, Assignment, Decision, Guideline, Purpose, Status

PURPOSES = {"audit": Purpose.AUDIT, "second": Purpose.SECOND_ADJUDICATION}
AGAINST = "_against"


def checks_of(wanted: str) -> QuerySet[Assignment]:
    """The checks of the outer candidate that are wanted: `audit` or `second`, with `_against` those that say the opposite.

    Of what two people said, or of what the first adjudicator said blind: as the control page counts them.
    """
    name = wanted.removesuffix(AGAINST)
    rows = Assignment.objects.filter(candidate=OuterRef("pk"), purpose=PURPOSES[name], status=Status.SUBMITTED)
    looked_at = rows.alias(one=Subquery(said_in(1) if name == "audit" else said_by_first())).filter(one__isnull=False)
    if name == "audit":
        looked_at = looked_at.filter(one=Subquery(said_in(2)))
    return looked_at.exclude(verdict=F("one")) if wanted.endswith(AGAINST) else looked_at


def said_in(seat: int) -> QuerySet[Assignment, str | None]:
    """What stands in a seat of the outer assignment's round."""
    primaries = Assignment.objects.filter(candidate=OuterRef("candidate"), round=OuterRef("round"), purpose=Purpose.PRIMARY)
    return primaries.filter(status=Status.SUBMITTED, seat=seat).order_by().values_list("verdict", flat=True)[:1]


def said_by_first() -> QuerySet[Answer, str | None]:
    """The blind answer of the first adjudicator of the outer assignment's round."""
    blind = Answer.objects.filter(number=1, assignment__candidate=OuterRef("candidate"), assignment__round=OuterRef("round"))
    first = blind.filter(assignment__purpose=Purpose.ADJUDICATION, assignment__status=Status.SUBMITTED)
    return first.order_by().values_list("verdict", flat=True)[:1]


def closed_before(version: int) -> QuerySet[Decision]:
    """The decision of the outer candidate, if it stands since before that version of the guideline was published and was not plain:
    the two answers differed, or an audit contradicts them.
    """
    published = Guideline.objects.filter(project=OuterRef("candidate__project"), number=version).order_by().values("published_at")[:1]
    standing = Decision.objects.filter(candidate=OuterRef("pk"), revoked_event=None).alias(published=Subquery(published))
    audits = Assignment.objects.filter(candidate=OuterRef("candidate"), round=OuterRef("round"), purpose=Purpose.AUDIT)
    against = audits.filter(status=Status.SUBMITTED).exclude(verdict=OuterRef("verdict")).order_by().values("pk")[:1]
    doubtful = Q(how=Decision.How.ADJUDICATION) | Q(how=Decision.How.CONSENSUS, against__isnull=False)
    return standing.alias(against=Subquery(against)).filter(doubtful, decided_at__lt=F("published"))
