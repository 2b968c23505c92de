"""The calls of a run: a list below it, the same as a file, and each with all that was asked and said."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import urlencode
from django.views.decorators.http import require_GET

from judging.forms.runs import CallFilterForm
from judging.lead.calls import (
    COLUMNS,
    filter_calls,
    find_call,
    find_neighbours,
    list_cells,
    list_pictures,
    offer_parts,
    say_outcome,
    show_json,
)
from judging.lead.progress import count_unusable
from judging.lead.words import name_part, name_why
from judging.models import JudgeRun
from judging.views.frame import get_run, render_judging
from labeling.access import MemberRequest, members_only
from labeling.views.lead.frame import read_page, send_csv

CALLS = 50


def read_filter(request: MemberRequest, run: JudgeRun) -> tuple[CallFilterForm, dict[str, str]]:
    """The filter of the calls in the address, and what it asks for."""
    form = CallFilterForm(request.GET, offer_parts(run), count_unusable(run))
    return form, form.asked()


def calls_context(request: MemberRequest, run: JudgeRun) -> dict[str, Any]:
    """One page of the calls of a run that match the filter in the address."""
    form, asked = read_filter(request, run)
    page = read_page(request, filter_calls(run, **asked), CALLS)
    rows = [(call, name_part(call.part), name_why(call.why), call.latency_ms / 1000) for call in page]
    return {"filter": form, "calls": page, "call_rows": rows, "query": urlencode(asked)}


@require_GET
@members_only("is_lead")
def calls_table(request: MemberRequest, run: UUID) -> HttpResponseBase:
    """The calls that match as CSV, without what was asked and said."""
    found = get_run(request, run)
    _form, asked = read_filter(request, found)
    return send_csv(f"{request.project.slug}-run-{found.pk}-calls", COLUMNS, list_cells(filter_calls(found, **asked)))


@require_GET
@members_only("is_lead")
def call(request: MemberRequest, run: UUID, call: int) -> HttpResponse:
    """One call: the question as it was asked, its pictures, the reply as it came, and what was made of it."""
    found = get_run(request, run)
    row = find_call(found, call)
    if row is None:
        raise Http404
    newer, older = find_neighbours(found, row)
    context: dict[str, Any] = {
        "run": found,
        "call": row,
        "part": name_part(row.part),
        "outcome": say_outcome(row),
        "parsed": show_json(row.parsed),
        "sampling": show_json(row.sampling) if row.sampling else "",
        "pictures": list_pictures(row),
        "newer": newer,
        "older": older,
    }
    return render_judging(request, "call.html", **context)
