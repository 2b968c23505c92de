"""The judges of a project, one of them, and making another."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from judging.backends.registry import CONFIGS
from judging.forms.judges import JudgeForm, list_settings, offered_backends, show_judge
from judging.forms.runs import RunForm
from judging.lead.installing import tell_install
from judging.lead.judge_concepts import list_concepts
from judging.lead.judges import find_judge, list_judges, read_row
from judging.lead.table import COLUMNS, CONCEPT_COLUMNS, RUN_COLUMNS, list_cells, list_concept_cells, list_run_cells
from judging.lead.words import name_part, name_rubric
from judging.models import Backend, Judge, JudgeRun
from judging.protocol.baselines import BASELINES, start_baselines
from judging.protocol.judges import make_judge
from judging.views.frame import get_judge, render_judging
from labeling.access import MemberRequest, members_only
from labeling.protocol.outcome import ProtocolError
from labeling.views.lead.frame import read_page, send_csv

RUNS = 20


@require_GET
@members_only("is_lead")
def judges(request: MemberRequest) -> HttpResponse:
    """Every judge version with its figures; where there is none, what judges are and how to get the first."""
    rows = list_judges(request.project)
    has_baselines = {rubric for _name, rubric in BASELINES} <= {row.judge.rubric for row in rows}
    context: dict[str, Any] = {"rows": rows, "backends": offered_backends(), "has_baselines": has_baselines, "install": tell_install()}
    return render_judging(request, "judges.html", **context)


@require_GET
@members_only("is_lead")
def judges_table(request: MemberRequest) -> HttpResponseBase:
    """The same as CSV; codes and not names, so that a program can read it in every language."""
    return send_csv(f"{request.project.slug}-judges", COLUMNS, list_cells(list_judges(request.project)))


@require_POST
@members_only("is_lead")
def baselines(request: MemberRequest) -> HttpResponse:
    """Make the judges of plain code and let them judge everything."""
    try:
        runs = start_baselines(request.project, request.user)
    except ProtocolError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("The baselines judge every candidate now.") if runs else _("The baselines are at work already."))
    return redirect("judging:judges", request.project.slug)


@require_http_methods(["GET", "HEAD", "POST"])
@members_only("is_lead")
def new_judge(request: MemberRequest, backend: str) -> HttpResponse:
    """The form of a judge with the settings of one backend; `like` in the address fills in those of another version."""
    if backend not in CONFIGS:
        raise Http404
    like = read_like(request, backend)
    form = JudgeForm(request.POST or None, backend, initial=show_judge(like) if like else {})
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            made = make_judge(request.project, request.user, given["name"], backend, given["rubric"], form.config(), given["parts"])
        except ProtocolError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("%(judge)s is ready. Start a run to let it judge.") % {"judge": made})
            return redirect("judging:judge", request.project.slug, made.public_id)
    context: dict[str, Any] = {"form": form, "backend": backend, "backend_name": Backend(backend).label, "like": like}
    context |= {"backends": offered_backends(), "install": tell_install() if backend == Backend.TRANSFORMERS else ""}
    return render_judging(request, "new_judge.html", 422 if form.is_bound else 200, **context)


def read_like(request: MemberRequest, backend: str) -> Judge | None:
    """The judge whose settings are to be filled in; None where none is named, or one with another backend."""
    try:
        found = find_judge(request.project, UUID(request.GET.get("like", "")))
    except ValueError:
        return None
    return found if found and found.backend == backend else None


@require_GET
@members_only("is_lead")
def judge(request: MemberRequest, judge: UUID) -> HttpResponse:
    """One judge version: its settings, what it covers, what it says of each concept, and its runs."""
    found = get_judge(request, judge)
    runs = JudgeRun.objects.filter(judge=found).select_related("judge", "created_by").order_by("-pk")
    context: dict[str, Any] = {
        "judge": found,
        "row": read_row(found),
        "rubric": name_rubric(found.rubric),
        "parts": [name_part(part) for part in found.parts],
        "settings": list_settings(found),
        "concepts": list_concepts(found),
        "versions": Judge.objects.filter(project=request.project, name=found.name).exclude(pk=found.pk),
        "runs": read_page(request, runs, RUNS),
        "form": RunForm(None, request.project, initial={"judge": str(found.public_id)}),
        "can_change": found.backend in CONFIGS,
        "can_run": found.backend != Backend.IMPORTED,
    }
    return render_judging(request, "judge.html", **context)


@require_GET
@members_only("is_lead")
def judge_table(request: MemberRequest, judge: UUID, part: str) -> HttpResponseBase:
    """What one judge version says of each concept, or its runs, as CSV."""
    found = get_judge(request, judge)
    name = f"{request.project.slug}-judge-{found.pk}-{part}"
    if part == "concepts":
        return send_csv(name, CONCEPT_COLUMNS, list_concept_cells(list_concepts(found)))
    if part == "runs":
        return send_csv(name, RUN_COLUMNS, list_run_cells(JudgeRun.objects.filter(judge=found).order_by("-pk")))
    raise Http404
