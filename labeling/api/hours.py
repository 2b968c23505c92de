"""Hours per person, for pay: as data, and as the CSV of the page."""

from __future__ import annotations

from typing import Any

from django.http.response import HttpResponseBase
from django.utils.timezone import get_current_timezone_name
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from labeling.api.form_input import check_form, check_types
from labeling.api.shapes import Person, SecondsField, Shape, StrictShape
from labeling.api.views import LeadView, as_page_request
from labeling.forms.hours import PERIODS, read_form
from labeling.lead.hours import PersonWork, measure_work, sum_work
from labeling.views.lead.hours import hours_table

TABLE = {(200, "text/csv"): OpenApiResponse(OpenApiTypes.BINARY, "One line per person and period.")}


class HoursQuery(StrictShape):
    """Which days, both included, and how they are cut; without them it is this month so far, one line per person."""

    first = serializers.DateField(required=False)
    last = serializers.DateField(required=False)
    by = serializers.ChoiceField(choices=[value for value, _label in PERIODS], required=False)


class WorkShape(Shape):
    """What was done. `active_s` is what the pages measured, null where nothing was; `elapsed_s` is first to last, day by day."""

    all_answers = serializers.IntegerField()
    answers = serializers.IntegerField(help_text="Primary ones that count.")
    adjudications = serializers.IntegerField()
    surplus = serializers.IntegerField(help_text="Kept, not counted.")
    void = serializers.IntegerField()
    skips = serializers.IntegerField()
    active_s = SecondsField(source="known_active", allow_null=True)
    active_uncounted_s = SecondsField(source="active_uncounted", help_text="Of `active_s`, for answers that do not count.")
    unmeasured = serializers.IntegerField(help_text="Answers without a measured time.")
    elapsed_s = SecondsField(source="elapsed")


class PeriodWork(WorkShape):
    """What a person did in one period, which begins on `start`."""

    start = serializers.DateField()


class PersonHours(Shape):
    """One person's work, by period and in all."""

    person = Person()
    periods = serializers.SerializerMethodField()
    total = WorkShape()

    @extend_schema_field(PeriodWork(many=True))
    def get_periods(self, each: PersonWork) -> list[dict[str, Any]]:
        """The periods in which there was any."""
        return [{**WorkShape.write(work), "start": start.isoformat()} for start, work in each.periods.items()]


class Hours(Shape):
    """The work of everybody who did any in these days of the site's time zone."""

    first = serializers.DateField()
    last = serializers.DateField()
    by = serializers.CharField()
    time_zone = serializers.CharField()
    people = PersonHours(many=True)
    total = WorkShape()


class HoursView(LeadView):
    """Hours."""

    @extend_schema(parameters=[HoursQuery], responses=Hours)
    def get(self, request: Request, slug: str) -> Response:
        """What each person did, and how long they were at it."""
        span = check_form(read_form(check_types(HoursQuery, request.query_params))).span()
        people = measure_work(self.project, span)
        about = {"first": span.first, "last": span.last, "by": span.by, "time_zone": get_current_timezone_name()}
        return Response(Hours.write({**about, "people": people, "total": sum_work(people)}))


class HoursTableView(LeadView):
    """Hours as a table."""

    @extend_schema(parameters=[HoursQuery], responses=TABLE)
    def get(self, request: Request, slug: str) -> HttpResponseBase:
        """The same as CSV, times in whole seconds."""
        check_form(read_form(check_types(HoursQuery, request.query_params)))
        return hours_table(as_page_request(request), slug)
