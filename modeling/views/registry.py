"""The models of a project: what is in use, every version, the runs, and going back to the version before."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from judging.lead.installing import tell_install
from labeling.access import MemberRequest, members_only
from labeling.protocol.outcome import ProtocolError
from labeling.views.lead.frame import read_page, send_csv
from labeling.views.lead.jobs import STOP_POLLING
from modeling.lead.drift import LOOK_COLUMNS, list_look_cells, list_looks
from modeling.lead.needs import read_needs
from modeling.lead.registry import RUN_COLUMNS, VERSION_COLUMNS, list_rows, list_run_cells, list_version_cells, read_in_use
from modeling.models import RetrainPlan, TrainingRun
from modeling.protocol.registry import list_versions, roll_back
from modeling.views.frame import render_modeling

VERSIONS, RUNS, ALL_RUNS = 30, 5, 30


@require_GET
@members_only("is_lead")
def models(request: MemberRequest) -> HttpResponse:
    """What is in use and how it does, every version, when the project retrains by itself, and its runs."""
    page = read_page(request, list_versions(request.project), VERSIONS)
    context: dict[str, Any] = {
        **now_context(request),
        "versions": page,
        "rows": list_rows(page, request.project),
        "plan": RetrainPlan.objects.filter(project=request.project).first(),
        "runs": find_runs(request)[:RUNS],
        "needs": read_needs(request.project),
        "install": tell_install(),
        "looks": list_looks(request.project),
    }
    return render_modeling(request, "models.html", **context)


def find_runs(request: MemberRequest) -> QuerySet[TrainingRun]:
    """The runs of the project, newest first."""
    runs = TrainingRun.objects.filter(project=request.project)
    return runs.select_related("created_by", "snapshot", "version").order_by("-number")


@require_GET
@members_only("is_lead")
def training_runs(request: MemberRequest) -> HttpResponse:
    """Every run."""
    return render_modeling(request, "runs.html", runs=read_page(request, find_runs(request), ALL_RUNS))


@require_GET
@members_only("is_lead")
def runs_table(request: MemberRequest) -> HttpResponseBase:
    """Every run as CSV."""
    return send_csv(f"{request.project.slug}-training-runs", RUN_COLUMNS, list_run_cells(find_runs(request)))


@require_GET
@members_only("is_lead")
def models_status(request: MemberRequest) -> HttpResponse:
    """The part of the page that changes while something is on its way: 204 while nothing did, 286 once nothing is any more."""
    context = now_context(request)
    if not context["is_busy"]:
        return render_modeling(request, "models.html#update", STOP_POLLING, **context)
    if request.GET.get("seen") == context["version"]:
        return HttpResponse(status=204)
    return render_modeling(request, "models.html#update", **context)


def now_context(request: MemberRequest) -> dict[str, Any]:
    """What is in use, the run at work and the promotion on its way."""
    # Somebody else may have put another version to use since this request began.
    request.project.refresh_from_db(fields=["model_version"])
    in_use = read_in_use(request.project)
    states = [TrainingRun.State.QUEUED, TrainingRun.State.RUNNING]
    run = TrainingRun.objects.filter(project=request.project, state__in=states).first()
    job = in_use.waiting.job if in_use.waiting else None
    seen: list[Any] = [in_use.name, run.state if run else "", run.at_stage if run else "", run.step if run else ""]
    seen += [job.state if job else "", job.done if job else "", job.total if job else ""]
    is_busy = run is not None or (job is not None and job.state in ("queued", "running"))
    return {"in_use": in_use, "at_work": run, "is_busy": is_busy, "version": "-".join(map(str, seen))}


@require_GET
@members_only("is_lead")
def models_table(request: MemberRequest) -> HttpResponseBase:
    """Every version as CSV; codes and not names, so that a program can read it in every language."""
    rows = list_rows(list_versions(request.project), request.project)
    return send_csv(f"{request.project.slug}-models", VERSION_COLUMNS, list_version_cells(rows))


@require_GET
@members_only("is_lead")
def drift_table(request: MemberRequest) -> HttpResponseBase:
    """Every look at how versions in use did, as CSV."""
    return send_csv(f"{request.project.slug}-drift", LOOK_COLUMNS, list_look_cells(request.project))


@require_POST
@members_only("is_lead")
def bring_back(request: MemberRequest) -> HttpResponse:
    """Go back to the version that was in use before."""
    try:
        promotion = roll_back(request.project, request.user)
    except ProtocolError as error:
        messages.error(request, str(error))
    else:
        text = _("%(version)s is in use again. It applies to candidates nobody has taken yet.") % {"version": promotion.name}
        messages.success(
            request, text if promotion.name else _("No version is in use any more: whoever takes a candidate now sees no suggestion.")
        )
    return redirect("modeling:models", request.project.slug)
