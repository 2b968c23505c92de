"""One training run: how far it is, its curves, log, settings and outcome, and what a lead does about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from labeling.access import MemberRequest, members_only
from labeling.models import User
from labeling.protocol.outcome import ProtocolError
from labeling.views.lead.frame import act as act_and_go
from labeling.views.lead.frame import send_csv
from labeling.views.lead.jobs import STOP_POLLING
from modeling.lead.curves import POINT_COLUMNS, draw_curves, list_curves, list_point_cells
from modeling.lead.metrics import headline
from modeling.lead.progress import make_version, read_progress
from modeling.lead.run_settings import list_changed, list_settings
from modeling.lead.snapshots import list_filters, list_notes, list_parts
from modeling.models import RunLine, TrainingRun
from modeling.protocol.runs import cancel_run, resume_run, start_run
from modeling.snapshots.filters import Filters
from modeling.views.frame import get_run, render_modeling, send_plot

LINES = 200


@require_GET
@members_only("is_lead")
def training_run(request: MemberRequest, run: UUID) -> HttpResponse:
    """One run with everything its worker wrote."""
    return render_modeling(request, "run.html", **run_context(get_run(request, run)))


@require_GET
@members_only("is_lead")
def training_status(request: MemberRequest, run: UUID) -> HttpResponse:
    """The part of the page that changes: 204 while nothing did, 286 once the run has ended."""
    found = get_run(request, run)
    if found.is_ended:
        return render_modeling(request, "run.html#update", STOP_POLLING, **run_context(found))
    if request.GET.get("seen") == make_version(found, read_progress(found)):
        return HttpResponse(status=204)
    return render_modeling(request, "run.html#update", **run_context(found))


def run_context(found: TrainingRun) -> dict[str, Any]:
    """What the page of a run shows."""
    progress = read_progress(found)
    lines = list(RunLine.objects.filter(run=found).order_by("-pk")[: LINES + 1])
    return {
        "run": found,
        "made": getattr(found, "version", None),
        "progress": progress,
        "version": make_version(found, progress),
        "charts": [(curves, draw_curves(curves)) for curves in list_curves(found)],
        "lines": lines[:LINES][::-1],
        "has_more_lines": len(lines) > LINES,
        "settings": list_settings(found),
        "filters": list_filters(found.wanted, found.project),
        "parts": list_parts(found.snapshot) if found.snapshot else [],
        "notes": list_notes(found.snapshot) if found.snapshot else [],
        "figures": headline(found),
    }


@require_GET
@members_only("is_lead")
def training_table(request: MemberRequest, run: UUID, part: str) -> HttpResponseBase:
    """Every point of the curves, the log, or the settings, as CSV."""
    found = get_run(request, run)
    name = f"{request.project.slug}-run-{found.number}-{part}"
    if part == "curves":
        return send_csv(name, POINT_COLUMNS, list_point_cells(found))
    if part == "log":
        rows = RunLine.objects.filter(run=found).order_by("pk")
        return send_csv(name, ("at", "line"), ((line.at.isoformat(), line.said) for line in rows))
    if part == "settings":
        return send_csv(name, ("setting", "value", "differs"), list_settings(found))
    raise Http404


@require_GET
@members_only("is_lead")
def training_chart(request: MemberRequest, run: UUID, chart: str) -> HttpResponse:
    """One chart of the curves as an SVG file."""
    found = get_run(request, run)
    curves = next((curves for curves in list_curves(found) if curves.key == chart), None)
    return send_plot(request, f"{request.project.slug}-run-{found.number}-{chart}", draw_curves(curves) if curves else None)


def act(request: MemberRequest, run: UUID, do: Callable[[TrainingRun, User], object], said: str) -> HttpResponse:
    """Do something to a run and go back to its page."""
    found = get_run(request, run)
    return act_and_go(request, lambda: do(found, request.user), said, "modeling:training_run", request.project.slug, run)


@require_POST
@members_only("is_lead")
def cancel(request: MemberRequest, run: UUID) -> HttpResponse:
    """Stop the run at its next step."""
    return act(request, run, cancel_run, _("The run is cancelled; its worker stops at the next step. It can be resumed."))


@require_POST
@members_only("is_lead")
def resume(request: MemberRequest, run: UUID) -> HttpResponse:
    """Go on from the last checkpoint."""
    return act(request, run, resume_run, _("The run goes on where it was saved last."))


@require_POST
@members_only("is_lead")
def again(request: MemberRequest, run: UUID) -> HttpResponse:
    """Do the same once more, with the decisions there are now."""
    old = get_run(request, run)
    how: dict[str, Any] = {"stage": old.stage, "stage1": old.stage1, "settings": list_changed(old, has_place=True)}
    try:
        new = start_run(request.project, request.user, preset=old.preset, filters=Filters.from_json(old.wanted), **how)
    except ProtocolError as error:
        messages.error(request, str(error))
        return redirect("modeling:training_run", request.project.slug, run)
    return redirect("modeling:training_run", request.project.slug, new.public_id)
