"""What suggestions do to people: the newest report, its tables, and keeping suggestions switched off."""

from __future__ import annotations

from typing import Any

from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from labeling.api.form_input import check_types
from labeling.api.shapes import Shape, StrictShape
from labeling.api.views import LeadView, as_page_request
from labeling.models import Answer, Policy, Report
from labeling.protocol.stop_suggestions import keep_off, unanswered_stops
from labeling.quality.effect_rows import ARMS, EFFECTS, POLICIES, describe_assistance
from labeling.quality.report import newest_report
from labeling.views.lead.assistance import TABLES, table

TABLE = {(200, "text/csv"): OpenApiResponse(OpenApiTypes.BINARY, "One line per effect, or per arm and what was seen.")}


class AssistanceEffect(Shape):
    """One effect: both sides in percent and their difference in points (`time_shift`: seconds), with its 95 % interval.

    `counted` says over how many either side is counted; where that is too few (`withheld`) there are no values. The bounds are null
    where too little differs for an interval.
    """

    assisted = serializers.FloatField(allow_null=True)
    blind = serializers.FloatField(allow_null=True)
    value = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    counted = serializers.ListField(child=serializers.IntegerField(), min_length=2, max_length=2)
    withheld = serializers.CharField(allow_null=True)


class AssistanceEffects(Shape):
    """The effects that can be told under the policy; those that cannot are not there."""

    def get_fields(self) -> dict[str, Any]:
        """One for each."""
        return {name: AssistanceEffect(required=False) for name in EFFECTS}


class SeenAnswers(Shape):
    """How many answers there are of one arm by what had really been seen."""

    arm = serializers.ChoiceField(choices=list(ARMS))
    exposure = serializers.ChoiceField(choices=Answer.Exposure.values)
    answers = serializers.IntegerField()


class AssistancePart(Shape):
    """What was found of one model version under one policy."""

    version = serializers.CharField()
    policy = serializers.ChoiceField(choices=list(POLICIES))
    tasks = serializers.IntegerField()
    treated = serializers.IntegerField()
    treated_different = serializers.IntegerField()
    control = serializers.IntegerField()
    control_different = serializers.IntegerField()
    decided = serializers.IntegerField()
    answers = SeenAnswers(many=True)
    effects = AssistanceEffects()


class AssistanceShape(Shape):
    """The effect of assistance as it was measured from `measured_at` on; `version`, `policy` and `stop_points` are those in force then."""

    measured_at = serializers.DateTimeField()
    version = serializers.CharField(allow_blank=True)
    policy = serializers.ChoiceField(choices=Policy.values)
    stop_points = serializers.IntegerField(allow_null=True)
    parts = AssistancePart(many=True)


class StopShape(Shape):
    """That suggestions were switched off, and by which figures, while no lead has said anything to it."""

    id = serializers.IntegerField(source="pk")
    at = serializers.DateTimeField()
    report = serializers.IntegerField(source="data.report")
    version = serializers.CharField(source="data.version")
    policy = serializers.CharField(source="data.policy")
    effect = serializers.CharField(source="data.effect")
    value = serializers.FloatField(source="data.value")
    low = serializers.FloatField(source="data.low")
    high = serializers.FloatField(source="data.high")
    counted = serializers.IntegerField(source="data.counted")
    stop_points = serializers.IntegerField(source="data.stop_points")


class StopsShape(Shape):
    """What waits: one, or none."""

    results = StopShape(many=True)


class AssistanceTableQuery(StrictShape):
    """Which table."""

    part = serializers.ChoiceField(choices=list(TABLES))


class AssistanceView(LeadView):
    """The effect of assistance."""

    @extend_schema(responses=AssistanceShape)
    def get(self, _request: Request, slug: str) -> Response:
        """The newest measurement; 404 while there is none. Measuring again is asked for where agreement is."""
        report = newest_report(self.project, Report.Kind.ASSISTANCE)
        if report is None:
            raise NotFound(_("Nothing has been measured yet."))
        return Response(AssistanceShape.write(describe_assistance(report)))


class AssistanceTableView(LeadView):
    """The effect of assistance as a table."""

    @extend_schema(parameters=[AssistanceTableQuery], responses=TABLE)
    def get(self, request: Request, slug: str) -> HttpResponseBase:
        """The same as the CSV of the page; 404 while nothing has been measured."""
        asked = check_types(AssistanceTableQuery, request.query_params)
        return table(as_page_request(request), slug, asked["part"])


class StopsView(LeadView):
    """Suggestions that were switched off."""

    @extend_schema(responses=StopsShape)
    def get(self, _request: Request, slug: str) -> Response:
        """What waits for a lead to say something to it."""
        return Response(StopsShape.write({"results": unanswered_stops(self.project)}))


class KeepOffView(LeadView):
    """Keeping suggestions switched off."""

    @extend_schema(request=None, responses=StopsShape)
    def post(self, _request: Request, slug: str, stop: int) -> Response:
        """Say that they are to stay off; what waits after it. To switch them on again, change the policy in the settings."""
        keep_off(self.project, self.person, stop)
        return Response(StopsShape.write({"results": unanswered_stops(self.project)}))
