"""What audits and second adjudications say: the newest report and its table."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET
from django_htmx.http import HttpResponseClientRefresh

from labeling.access import MemberRequest, members_only
from labeling.models import Report
from labeling.quality.control_figures import HEADER, list_lines, read_control
from labeling.quality.due import find_failure, find_waiting
from labeling.quality.measure import FEWEST_PAIRS
from labeling.quality.report import newest_report
from labeling.views.lead.frame import render_lead, send_csv


@require_GET
@members_only("is_lead")
def control(request: MemberRequest) -> HttpResponse:
    """The newest report, or what is missing. A page that waits for one asks with `waiting`: 204 until it is there."""
    waiting = find_waiting(request.project)
    if "waiting" in request.GET and request.htmx:
        return HttpResponse(status=204) if waiting else HttpResponseClientRefresh()
    report = newest_report(request.project, Report.Kind.CONTROL)
    context: dict[str, Any] = {"report": report, "waiting": waiting, "failure": find_failure(request.project, report)}
    if report:
        context["control"] = read_control(report)
    return render_lead(request, "control.html", "control", fewest=FEWEST_PAIRS, **context)


@require_GET
@members_only("is_lead")
def control_table(request: MemberRequest) -> HttpResponseBase:
    """Every share of the newest report as CSV."""
    report = newest_report(request.project, Report.Kind.CONTROL)
    if report is None:
        raise Http404(_("Nothing has been measured yet."))
    return send_csv(f"{request.project.slug}-control", HEADER, list_lines(report.figures))
