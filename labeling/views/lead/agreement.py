"""How far people agree: the newest report, its tables and charts, and measuring again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import HttpResponseClientRefresh

from labeling.access import MemberRequest, members_only
from labeling.models import Report
from labeling.quality.charts import Matrix, Trend, draw_matrix, draw_trend
from labeling.quality.due import MOST_COUNTED, count_changes, find_failure, find_waiting, request_agreement
from labeling.quality.figures import (
    HEADER,
    PUBLISHED_KAPPA,
    PUBLISHED_PAIRS,
    PUBLISHED_PERCENT,
    Group,
    list_table,
    make_row,
    parts_ways,
    read_cells,
    read_groups,
    read_overall,
    read_tasks,
)
from labeling.quality.measure import FEWEST_PAIRS, SAMPLE
from labeling.quality.report import newest_report
from labeling.quality.versions import read_versions
from labeling.views.lead.frame import render_lead, send_csv

TASKS_SHOWN = 20
PUBLISHED = {"percent": PUBLISHED_PERCENT, "kappa": PUBLISHED_KAPPA, "pairs": PUBLISHED_PAIRS}


@require_GET
@members_only("is_lead")
def agreement(request: MemberRequest) -> HttpResponse:
    """The newest report, or that there is none yet. A page that waits for one asks with `waiting`: 204 until it is there."""
    waiting = find_waiting(request.project)
    if "waiting" in request.GET and request.htmx:
        return HttpResponse(status=204) if waiting else HttpResponseClientRefresh()
    report = newest_report(request.project)
    context: dict[str, Any] = {"report": report, "waiting": waiting, "fewest": FEWEST_PAIRS, "published": PUBLISHED, "sample_size": SAMPLE}
    context["failure"] = find_failure(request.project, report)
    if report:
        context |= show(report) | {"versions": read_versions(request.project, report.figures)}
        context |= {"changes": count_changes(report), "most_counted": MOST_COUNTED}
    return render_lead(request, "agreement.html", "agreement", **context)


def show(report: Report) -> dict[str, Any]:
    """What the page shows of a report."""
    figures, overall = report.figures, read_overall(report.figures)
    groups, cells = read_groups(figures), read_cells(figures)
    return {
        "overall": overall,
        "sample": make_row("", {}, figures["sample"]).cell("percent"),
        "seed": figures["sample"]["seed"],
        "is_skewed": parts_ways(overall),
        "groups": groups,
        "tasks": read_tasks(report.tasks, TASKS_SHOWN),
        "task_count": len(report.tasks),
        "cells": cells,
        "trend": make_trend(groups),
        "matrix": draw_matrix(cells),
    }


def make_trend(groups: Sequence[Group]) -> Trend:
    """The chart over time."""
    return draw_trend(next((group.rows for group in groups if group.name == "week"), []), PUBLISHED_PERCENT)


@require_POST
@members_only("is_lead")
def measure(request: MemberRequest) -> HttpResponse:
    """Have it measured again by a job, or by the one that is about to; the page it came from says when it is done."""
    request_agreement(request.project, request.user)
    back = "control" if request.POST.get("back") == "control" else "agreement"
    return redirect(f"labeling:{back}", request.project.slug)


@require_GET
@members_only("is_lead")
def table(request: MemberRequest, part: str) -> HttpResponseBase:
    """One table of the newest report as CSV."""
    report = find_report(request)
    try:
        rows = list(list_table(report.figures, report.tasks, part))
    except KeyError as unknown:
        raise Http404 from unknown
    return send_csv(f"{request.project.slug}-agreement-{part}", HEADER, rows)


@require_GET
@members_only("is_lead")
def draw(request: MemberRequest, chart: str) -> HttpResponse:
    """One chart of the newest report as an SVG file to keep."""
    report = find_report(request)
    charts: dict[str, Callable[[], Trend | Matrix]] = {
        "trend": lambda: make_trend(read_groups(report.figures)),
        "people": lambda: draw_matrix(read_cells(report.figures)),
    }
    if chart not in charts:
        raise Http404
    context = {"chart": charts[chart](), "alone": True, "published": PUBLISHED}
    response = render(request, f"labeling/lead/agreement_{chart}.svg", context, content_type="image/svg+xml")
    response.headers["Content-Disposition"] = f'attachment; filename="{request.project.slug}-agreement-{chart}.svg"'
    return response


def find_report(request: MemberRequest) -> Report:
    """The newest report; raises Http404 while there is none."""
    report = newest_report(request.project)
    if report is None:
        raise Http404(_("Nothing has been measured yet."))
    return report
