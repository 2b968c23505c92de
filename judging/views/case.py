"""The case sheet of a task, and its numbers as files."""

from __future__ import annotations

from django.http import Http404, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.text import slugify
from django.views.decorators.http import require_GET

from judging.lead.case_rows import case_as_json, list_case_rows, make_header
from judging.lead.case_sheet import CaseSheet, read_case
from labeling.access import MemberRequest, members_only
from labeling.data_in.hard_rules import rules_from_json
from labeling.data_in.hard_rules.describe import describe_rule
from labeling.models import Asset, Task
from labeling.views.lead.frame import lead_context, send_csv


@require_GET
@members_only("is_lead")
def case(request: MemberRequest, external_id: str) -> HttpResponse:
    """The sheet, made to be printed; `judge` in the address says whose scores it shows."""
    sheet = find_case(request, external_id)
    task = sheet.task
    assets = list(task.assets.select_related("image"))
    rules = [(row, [describe_rule(rule) for rule in rules_from_json(row.rules)]) for row in task.deliverables.all()]
    context = {
        "sheet": sheet,
        "task": task,
        "points": task.points.all(),
        "rules": [(row, told) for row, told in rules if told],
        "references": [asset for asset in assets if asset.role == Asset.Role.REFERENCE],
        "sources": [asset for asset in assets if asset.role == Asset.Role.SOURCE],
    }
    return render(request, "judging/case.html", {**lead_context(request, "candidates"), **context})


@require_GET
@members_only("is_lead")
def case_table(request: MemberRequest, external_id: str) -> HttpResponseBase:
    """The numbers of the sheet as CSV, one row for each generator and deliverable."""
    sheet = find_case(request, external_id)
    return send_csv(make_name(request, sheet), make_header(sheet), list_case_rows(sheet))


@require_GET
@members_only("is_lead")
def case_json(request: MemberRequest, external_id: str) -> HttpResponse:
    """The numbers of the sheet as JSON."""
    sheet = find_case(request, external_id)
    response = JsonResponse(case_as_json(sheet), json_dumps_params={"ensure_ascii": False, "indent": 2})
    response.headers["Content-Disposition"] = f'attachment; filename="{make_name(request, sheet)}.json"'
    return response


def make_name(request: MemberRequest, sheet: CaseSheet) -> str:
    """The name of a file without its ending; task ids may hold anything."""
    return f"{request.project.slug}-{slugify(sheet.task.external_id) or sheet.task.pk}-case"


def find_case(request: MemberRequest, external_id: str) -> CaseSheet:
    """The sheet of a task of this project; raises Http404."""
    task = Task.objects.filter(project=request.project, external_id=external_id).first()
    if task is None:
        raise Http404
    return read_case(task, request.GET.get("judge", ""))
