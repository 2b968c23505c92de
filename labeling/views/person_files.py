"""The figures of one person as files: tables as CSV, charts as SVG."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render

from labeling.lead.tables import render_csv
from labeling.quality.people_charts import draw_weeks
from labeling.quality.people_figures import FIGURE_HEADER, KINDS, WEEK_HEADER, Person, list_figures, list_weeks

TABLES = {"figures": (FIGURE_HEADER, list_figures), "weeks": (WEEK_HEADER, list_weeks)}
WEEK_CHARTS = {"agreement": "agreement", "accept-rate": "accept_rate"}


def show_person(person: Person | None) -> dict[str, Any]:
    """What the pages of one person show beside the figures: the charts over weeks, and the active time."""
    if person is None:
        return {"shown": None}
    charts = [(slug, KINDS[name], draw_weeks(person.weeks, name)) for slug, name in WEEK_CHARTS.items()]
    return {"shown": person, "charts": charts, "active": timedelta(seconds=person.counts["active_s"])}


def send_person_table(person: Person, part: str, name: str) -> StreamingHttpResponse:
    """The figures or the weeks as a CSV file to keep; raises Http404 for another part."""
    if part not in TABLES:
        raise Http404
    header, lines = TABLES[part]
    response = StreamingHttpResponse(render_csv(header, lines(person)), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


def send_person_chart(request: HttpRequest, person: Person, chart: str, name: str) -> HttpResponse:
    """A chart over weeks as an SVG file to keep; raises Http404 for another chart."""
    if chart not in WEEK_CHARTS:
        raise Http404
    kind = WEEK_CHARTS[chart]
    return send_svg(request, "people_weeks", name, {"chart": draw_weeks(person.weeks, kind), "kind": KINDS[kind]})


def send_svg(request: HttpRequest, template: str, name: str, context: Mapping[str, Any]) -> HttpResponse:
    """A chart as an SVG file to keep."""
    response = render(request, f"labeling/{template}.svg", {**context, "alone": True}, content_type="image/svg+xml")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.svg"'
    return response
