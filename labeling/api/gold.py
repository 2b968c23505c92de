"""Gold: what there is, drawing some, making a candidate gold or gold no longer, and who missed it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from labeling.api.form_input import read_form, shape_of
from labeling.api.inbox import Looked
from labeling.api.paging import PageQuery, page_of, read_page
from labeling.api.shapes import Shape
from labeling.api.views import LeadView
from labeling.forms.gold import DrawGoldForm
from labeling.lead.gold import list_gold, missed_gold
from labeling.models import Assignment, Gold, Reason, Verdict
from labeling.protocol.checks import review_check
from labeling.protocol.gold import add_gold, draw_gold, retire_gold

DrawGold = shape_of(DrawGoldForm, "DrawGold")


class GoldShape(Shape):
    """A candidate whose answer is known; `is_current` says whether it is given out, as long as its decision and its image stay."""

    candidate = serializers.UUIDField(source="gold.candidate.public_id")
    verdict = serializers.ChoiceField(choices=Verdict.values, source="gold.verdict")
    source = serializers.ChoiceField(choices=Gold.Source.values, source="gold.source")  # type: ignore[assignment]
    added_at = serializers.DateTimeField(source="gold.added_at")
    given = serializers.IntegerField()
    missed = serializers.IntegerField()
    is_current = serializers.BooleanField()


class GoldList(Shape):
    """All gold of a project."""

    results = GoldShape(many=True)


class GoldState(Shape):
    """Whether a candidate is gold."""

    is_gold = serializers.BooleanField()


class Drawn(Shape):
    """How many candidates became gold."""

    added = serializers.IntegerField()


class Missed(Shape):
    """A wrong answer to gold."""

    assignment = serializers.UUIDField(source="public_id")
    candidate = serializers.UUIDField(source="candidate.public_id")
    person = serializers.CharField(source="person.username")
    verdict = serializers.ChoiceField(choices=Verdict.values)
    wanted = serializers.ChoiceField(choices=Verdict.values)
    reasons = serializers.SerializerMethodField()
    submitted_at = serializers.DateTimeField()

    def get_reasons(self, row: Assignment) -> list[str]:
        """Those of the newest answer."""
        newest: Any = max(row.answers.all(), key=lambda answer: answer.number)
        return [reason for reason in newest.reasons if reason in Reason.values]


class GoldView(LeadView):
    """Gold."""

    @extend_schema(responses=GoldList)
    def get(self, _request: Request, slug: str) -> Response:
        """The candidates that are gold, the newest first."""
        return Response(GoldList.write({"results": list_gold(self.project)}))

    @extend_schema(request=DrawGold, responses=Drawn)
    def post(self, request: Request, slug: str) -> Response:
        """Make so many candidates gold, drawn from those beyond doubt."""
        count = read_form(request, DrawGoldForm, DrawGold).cleaned_data["count"]
        return Response(Drawn.write({"added": draw_gold(self.project, self.person, count)}))


class CandidateGoldView(LeadView):
    """One candidate as gold."""

    @extend_schema(request=None, responses=GoldState)
    def post(self, _request: Request, slug: str, candidate: UUID) -> Response:
        """Make a decided candidate gold, with its decision as the known answer."""
        add_gold(self.project, self.person, candidate)
        return Response(GoldState.write({"is_gold": True}))

    @extend_schema(responses={200: GoldState})
    def delete(self, _request: Request, slug: str, candidate: UUID) -> Response:
        """Give it out as gold no more; what was answered stays."""
        retire_gold(self.project, self.person, candidate)
        return Response(GoldState.write({"is_gold": False}))


class MissedView(LeadView):
    """Missed gold."""

    @extend_schema(parameters=[PageQuery], responses=page_of(Missed))
    def get(self, request: Request, slug: str) -> Response:
        """Wrong answers to gold that nobody has looked at, oldest first."""
        page, link = read_page(request, missed_gold(self.project))
        return Response({"results": Missed.write_all(page), "next": link})


class ReviewMissedView(LeadView):
    """Looking at a missed gold."""

    @extend_schema(request=None, responses=Looked)
    def post(self, _request: Request, slug: str, assignment: UUID) -> Response:
        """Note that I have looked at it."""
        return Response(Looked.write(review_check(self.project, assignment, self.person)))
