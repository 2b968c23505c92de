"""How far people agree: the newest report, its tables, and measuring again."""

from __future__ import annotations

from typing import Any

from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from labeling.api.form_input import check_types
from labeling.api.jobs import JobShape
from labeling.api.shapes import Shape, StrictShape
from labeling.api.views import LeadView, as_page_request
from labeling.quality.due import request_agreement
from labeling.quality.figures import COEFFICIENTS, GROUPS, describe_report
from labeling.quality.report import newest_report
from labeling.views.lead.agreement import table

PARTS = ["overall", *GROUPS, "people", "task"]
TABLE = {(200, "text/csv"): OpenApiResponse(OpenApiTypes.BINARY, "One line per set of pairs.")}


class EstimateShape(Shape):
    """A value with its 95 % interval by bootstrap over tasks; null where it is not defined.

    The bounds are null too with fewer than ten tasks, where fewer than five pairs agree or differ, or where the value is undefined in
    many draws.
    """

    value = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)


class Values(Shape):
    """The coefficients; `percent`, `positive`, `negative` and `accept_rate` are in percent."""

    def get_fields(self) -> dict[str, Any]:
        """One estimate for each."""
        return {name: EstimateShape() for name in COEFFICIENTS}


class Figure(Shape):
    """A set of pairs of blind first answers, of which `equal` are; `values` is null where `withheld` says why."""

    pairs = serializers.IntegerField()
    equal = serializers.IntegerField()
    tasks = serializers.IntegerField()
    withheld = serializers.CharField(allow_null=True)
    values = Values(allow_null=True)


class Sample(Figure):
    """As many pairs as in the paper, drawn with `seed`; withheld while there are fewer than `wanted`."""

    wanted = serializers.IntegerField()
    seed = serializers.IntegerField()


class KeyedFigure(Figure):
    """The pairs of one group."""

    key = serializers.CharField()


class PeopleFigure(Figure):
    """The pairs of two people."""

    people = serializers.ListField(child=serializers.CharField())


class Groups(Shape):
    """The pairs divided in each way; `exposure` alone also counts those in which a suggestion was seen."""

    def get_fields(self) -> dict[str, Any]:
        """A list of figures for each way."""
        return {name: KeyedFigure(many=True) for name in GROUPS}


class VersionShape(Shape):
    """By how many points percent agreement is higher in pairs that had read a guideline version than in those with the one before."""

    key = serializers.CharField()
    difference = EstimateShape()


class AgreementShape(Shape):
    """Agreement as it was measured from `measured_at` on."""

    measured_at = serializers.DateTimeField()
    overall = Figure()
    sample = Sample()
    groups = Groups()
    people = PeopleFigure(many=True)
    versions = VersionShape(many=True)


class TableQuery(StrictShape):
    """Which table."""

    part = serializers.ChoiceField(choices=PARTS)


class AgreementView(LeadView):
    """Agreement."""

    starts_work = True

    @extend_schema(responses=AgreementShape)
    def get(self, _request: Request, slug: str) -> Response:
        """The newest measurement; 404 while there is none."""
        report = newest_report(self.project)
        if report is None:
            raise NotFound(_("Nothing has been measured yet."))
        return Response(AgreementShape.write(describe_report(report)))

    @extend_schema(request=None, responses={202: JobShape})
    def post(self, _request: Request, slug: str) -> Response:
        """Measure again; the job that does, or the one that is about to."""
        return Response(JobShape.write(request_agreement(self.project, self.person)), status=status.HTTP_202_ACCEPTED)


class AgreementTableView(LeadView):
    """Agreement as a table."""

    @extend_schema(parameters=[TableQuery], responses=TABLE)
    def get(self, request: Request, slug: str) -> HttpResponseBase:
        """The same as the CSV of the page; 404 while nothing has been measured."""
        asked = check_types(TableQuery, request.query_params)
        return table(as_page_request(request), slug, asked["part"])
