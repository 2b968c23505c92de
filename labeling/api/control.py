"""What audits and second adjudications say: the newest measurement."""

from __future__ import annotations

from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from labeling.api.shapes import Shape
from labeling.api.views import LeadView, as_page_request
from labeling.models import Report
from labeling.quality.control_figures import describe_control
from labeling.quality.report import newest_report
from labeling.views.lead.control import control_table

TABLE = {(200, "text/csv"): OpenApiResponse(OpenApiTypes.BINARY, "One line per share.")}


class BoundsShape(Shape):
    """A value with its 95 % interval; null where there is nothing to go by."""

    value = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)


class ShareShape(Shape):
    """`hits` of `count`, of so many tasks, and their share in percent."""

    count = serializers.IntegerField()
    hits = serializers.IntegerField()
    tasks = serializers.IntegerField()
    percent = BoundsShape()


class AuditsShape(ShareShape):
    """Audits; hits are those that contradict. `agreed` candidates were decided by two equal answers, `wrong` of them by the estimate."""

    agreed = serializers.IntegerField()
    wrong = BoundsShape()


class KeyedAudits(AuditsShape):
    """Those of one category."""

    key = serializers.CharField()


class WeekShape(ShareShape):
    """The disputes adjudicated first in the week from this Monday."""

    key = serializers.DateField()


class AuditFigures(Shape):
    """What audits say."""

    overall = AuditsShape()
    categories = KeyedAudits(many=True)


class BeyondChance(Shape):
    """What of the agreement is beyond chance."""

    cohen_kappa = BoundsShape()
    gwet_ac1 = BoundsShape()


class SecondFigures(Shape):
    """Two adjudicators of one dispute; hits are those who said the same blind. `values` is null where `withheld` says why."""

    overall = ShareShape()
    withheld = serializers.CharField(allow_null=True)
    values = BeyondChance(allow_null=True)
    weeks = WeekShape(many=True)


class ControlShape(Shape):
    """Checks as they were measured from `measured_at` on; of `reveals`, hits are those after which the verdict was changed."""

    measured_at = serializers.DateTimeField()
    audits = AuditFigures()
    second_adjudications = SecondFigures()
    reveals = ShareShape()


class ControlView(LeadView):
    """Control."""

    @extend_schema(responses=ControlShape)
    def get(self, _request: Request, slug: str) -> Response:
        """The newest measurement of audits and second adjudications; 404 while there is none. It is measured together with agreement."""
        report = newest_report(self.project, Report.Kind.CONTROL)
        if report is None:
            raise NotFound(_("Nothing has been measured yet."))
        return Response(ControlShape.write(describe_control(report)))


class ControlTableView(LeadView):
    """Control as a table."""

    @extend_schema(responses=TABLE)
    def get(self, request: Request, slug: str) -> HttpResponseBase:
        """The same as the CSV of the page; 404 while nothing has been measured."""
        return control_table(as_page_request(request), slug)
