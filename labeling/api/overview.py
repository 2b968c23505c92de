"""How a project goes: throughput and forecast, as on the project page."""

from __future__ import annotations

from django.utils.timezone import get_current_timezone_name
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from labeling.api.shapes import Shape
from labeling.api.views import LeadView
from labeling.lead.decided import count_decided
from labeling.lead.forecast import forecast
from labeling.lead.people import find_shortages
from labeling.lead.throughput import count_days
from labeling.lead.workload import find_exclusions, read_workload
from labeling.models import Membership


class DayCountShape(Shape):
    """What people did on one day: primary answers and adjudications that stand, and candidates decided here for good."""

    day = serializers.DateField()
    primary = serializers.IntegerField()
    adjudications = serializers.IntegerField()
    decided = serializers.IntegerField()


class Throughput(Shape):
    """The last 30 days, oldest first, idle ones included; `week` is all answers of the last seven."""

    time_zone = serializers.CharField()
    week = serializers.IntegerField()
    days = DayCountShape(many=True)


class LimitShape(Shape):
    """What keeps a project from being finished sooner."""

    code = serializers.CharField(source="value")
    message = serializers.CharField(source="label")


class ForecastShape(Shape):
    """When everything will be decided: a day with the earliest and the latest, or the `reason` why there is none.

    `earliest` and `latest` are the ends of a 90 % interval, null where too uncertain. A day says nothing without its `assumptions`.
    `is_done`: nothing is left to decide, as in a project without candidates.
    """

    is_done = serializers.BooleanField(source="forecast.is_done")
    day = serializers.DateField(source="forecast.day", allow_null=True)
    earliest = serializers.DateField(source="forecast.earliest", allow_null=True)
    latest = serializers.DateField(source="forecast.latest", allow_null=True)
    reason = serializers.CharField(source="forecast.reason", allow_blank=True)
    limit = LimitShape(allow_null=True)
    assumptions = serializers.ListField(source="forecast.assumptions", child=serializers.CharField())
    leaves_out = serializers.ListField(
        source="forecast.leaves_out", child=serializers.CharField(), help_text="What the day leaves out, as too few people may do it."
    )
    shortages = serializers.ListField(child=serializers.CharField(), help_text="What too few people keep from being done.")
    risks = serializers.ListField(
        source="shortages.risks", child=serializers.CharField(), help_text="What may come to lack people, though they are enough now."
    )
    exclusions = serializers.ListField(child=serializers.CharField(), help_text="What single candidates cannot get from these people.")


class ThroughputView(LeadView):
    """What was done."""

    @extend_schema(responses=Throughput)
    def get(self, _request: Request, slug: str) -> Response:
        """Answers and decisions per day."""
        days = count_days(self.project)
        week = sum(day.answers for day in days[-7:])
        return Response(Throughput.write({"time_zone": get_current_timezone_name(), "week": week, "days": days}))


class ForecastView(LeadView):
    """What is left."""

    @extend_schema(responses=ForecastShape)
    def get(self, _request: Request, slug: str) -> Response:
        """When the project will be finished, what limits that, and what its people cannot get done."""
        present = list(Membership.objects.active().filter(project=self.project))
        shortages = find_shortages(self.project, present)
        decided = count_decided(self.project)
        found = forecast(read_workload(self.project, shortages, decided), count_days(self.project, decided))
        told = {"forecast": found, "limit": found.limit or None, "shortages": shortages}
        return Response(ForecastShape.write({**told, "exclusions": find_exclusions(self.project, present)}))
