"""What a run learned from: filters, counts, and how they divide."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_GET

from labeling.access import MemberRequest, members_only
from labeling.views.lead.frame import send_csv
from modeling.lead.snapshots import list_concepts, list_count_cells, list_filters, list_notes, list_parts, list_reasons, list_slices
from modeling.views.frame import get_snapshot, render_modeling


@require_GET
@members_only("is_lead")
def snapshot(request: MemberRequest, snapshot: UUID) -> HttpResponse:
    """One snapshot with its counts and the runs that learned from it."""
    found = get_snapshot(request, snapshot)
    context: dict[str, Any] = {
        "snapshot": found,
        "filters": list_filters(found.filters, found.project),
        "notes": list_notes(found),
        "parts": list_parts(found),
        "slices": list_slices(found),
        "left_out": list_reasons(found, "left_out"),
        "no_label": list_reasons(found, "no_label"),
        "aside": list_reasons(found, "aside"),
        "test_side": list_reasons(found, "test_side"),
        "concepts": list_concepts(found),
        "runs": found.runs.select_related("created_by", "snapshot", "version").order_by("-number"),
    }
    return render_modeling(request, "snapshot.html", **context)


@require_GET
@members_only("is_lead")
def snapshot_table(request: MemberRequest, snapshot: UUID) -> HttpResponseBase:
    """Every count as CSV."""
    found = get_snapshot(request, snapshot)
    return send_csv(f"{request.project.slug}-snapshot-{found.number}", ("count", "value"), list_count_cells(found))
