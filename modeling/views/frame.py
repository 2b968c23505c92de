"""What the pages of models share: they stand among the lead's own pages."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render

from labeling.access import MemberRequest
from labeling.views.lead.frame import lead_context
from modeling.lead.plot import Plot
from modeling.models import ModelVersion, Snapshot, TrainingRun
from modeling.protocol.registry import find_version
from modeling.protocol.runs import find_run


def render_modeling(request: MemberRequest, template: str, status: int = 200, **context: Any) -> HttpResponse:
    """One page, or a part of it (`page.html#part`)."""
    return render(request, f"modeling/{template}", {**lead_context(request, "models"), **context}, status=status)


def send_plot(request: MemberRequest, name: str, plot: Plot | None) -> HttpResponse:
    """A chart as an SVG file to keep; raises Http404 where there is nothing to draw."""
    if plot is None:
        raise Http404
    response = render(request, "modeling/plot.svg", {"plot": plot, "alone": True}, content_type="image/svg+xml")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.svg"'
    return response


def get_run(request: MemberRequest, public_id: Any) -> TrainingRun:
    """A run of this project; raises Http404."""
    run = find_run(request.project, public_id)
    if run is None:
        raise Http404
    return run


def get_version(request: MemberRequest, public_id: Any) -> ModelVersion:
    """A version of this project; raises Http404."""
    version = find_version(request.project, public_id)
    if version is None:
        raise Http404
    return version


def get_snapshot(request: MemberRequest, public_id: Any) -> Snapshot:
    """A snapshot of this project; raises Http404."""
    found = Snapshot.objects.filter(project=request.project, public_id=public_id).select_related("created_by", "event").first()
    if found is None:
        raise Http404
    return found
