"""What suggestions do to people: the newest report, its tables and chart, and keeping suggestions switched off."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import HttpResponseClientRefresh

from labeling.access import MemberRequest, members_only
from labeling.effects import FEWEST_COMPARED, FEWEST_GOLD
from labeling.lead.stops import tell_stop
from labeling.models import Policy, Report
from labeling.protocol.outcome import ProtocolError
from labeling.protocol.stop_suggestions import keep_off, unanswered_stops
from labeling.quality.advice import advise
from labeling.quality.due import MOST_COUNTED, count_changes, find_failure, find_waiting
from labeling.quality.effect_rows import ANSWERS_HEADER, EFFECTS_HEADER, list_answers, list_effects, read_parts
from labeling.quality.forest import draw_forest
from labeling.quality.report import newest_report
from labeling.views.lead.frame import render_lead, send_csv

TABLES = {"effects": (EFFECTS_HEADER, list_effects), "answers": (ANSWERS_HEADER, list_answers)}


@require_GET
@members_only("is_lead")
def assistance(request: MemberRequest) -> HttpResponse:
    """The newest report, or that there is none yet. A page that waits for one asks with `waiting`: 204 until it is there."""
    waiting = find_waiting(request.project)
    if "waiting" in request.GET and request.htmx:
        return HttpResponse(status=204) if waiting else HttpResponseClientRefresh()
    report, stop = newest_report(request.project, Report.Kind.ASSISTANCE), unanswered_stops(request.project).first()
    context: dict[str, Any] = {"report": report, "waiting": waiting, "fewest": FEWEST_COMPARED, "fewest_gold": FEWEST_GOLD}
    context |= {"stop": stop, "why_stopped": tell_stop(stop.data) if stop else "", "is_off": request.project.policy == Policy.OFF}
    context["failure"] = find_failure(request.project, report)
    if report:
        parts = [(part, advise(part), draw_forest(part.rows)) for part in read_parts(report.figures)]
        context |= {"parts": parts, "changes": count_changes(report), "most_counted": MOST_COUNTED}
    return render_lead(request, "assistance.html", "assistance", **context)


@require_GET
@members_only("is_lead")
def table(request: MemberRequest, part: str) -> HttpResponseBase:
    """One table of the newest report as CSV."""
    if part not in TABLES:
        raise Http404
    header, rows = TABLES[part]
    return send_csv(f"{request.project.slug}-assistance-{part}", header, rows(find_report(request).figures))


@require_GET
@members_only("is_lead")
def draw(request: MemberRequest, number: int) -> HttpResponse:
    """The forest plot of one part of the newest report as an SVG file to keep."""
    part = next((part for part in read_parts(find_report(request).figures) if part.number == number), None)
    chart = draw_forest(part.rows) if part else None
    if chart is None:
        raise Http404
    context = {"chart": chart, "part": part, "alone": True}
    response = render(request, "labeling/lead/assistance_forest.svg", context, content_type="image/svg+xml")
    response.headers["Content-Disposition"] = f'attachment; filename="{request.project.slug}-assistance-{number}.svg"'
    return response


@require_POST
@members_only("is_lead")
def keep(request: MemberRequest, stop: int) -> HttpResponse:
    """Say that suggestions are to stay switched off."""
    try:
        keep_off(request.project, request.user, stop)
    except ProtocolError as problem:
        messages.error(request, str(problem))
    else:
        messages.success(request, _("Suggestions stay switched off."))
    return redirect("labeling:assistance", request.project.slug)


def find_report(request: MemberRequest) -> Report:
    """The newest report; raises Http404 while there is none."""
    report = newest_report(request.project, Report.Kind.ASSISTANCE)
    if report is None:
        raise Http404(_("Nothing has been measured yet."))
    return report
