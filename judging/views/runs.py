"""One run: its plan, its progress, what it came to, and what a lead does about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from judging.forms.runs import LimitForm
from judging.lead.judges import tells_cost
from judging.lead.plan import count_not_asked, list_parts
from judging.lead.progress import count_batches, count_unusable, list_at_work, list_failed, read_progress
from judging.lead.table import PLAN_COLUMNS, list_plan_cells
from judging.models import JudgeRun, RunBatch
from judging.protocol.limits import change_limit
from judging.protocol.runs import cancel_run, pause_run, plan_run, start_run
from judging.rubrics.registry import get_rubric
from judging.views.calls import calls_context, read_filter
from judging.views.frame import get_run, render_judging
from labeling.access import MemberRequest, members_only
from labeling.browse.wanted import read_params
from labeling.forms.browse import BrowseForm
from labeling.models import User
from labeling.protocol.outcome import ProtocolError
from labeling.views.lead.frame import act as act_and_go
from labeling.views.lead.frame import send_csv
from labeling.views.lead.jobs import STOP_POLLING


@require_GET
@members_only("is_lead")
def run(request: MemberRequest, run: UUID) -> HttpResponse:
    """One run with its calls."""
    found = get_run(request, run)
    return render_judging(request, "run.html", **run_context(request, found), **calls_context(request, found))


@require_GET
@members_only("is_lead")
def run_status(request: MemberRequest, run: UUID) -> HttpResponse:
    """The part of the page that changes: 204 while nothing did, 286 once the run has ended."""
    found = get_run(request, run)
    context = run_context(request, found)
    if found.is_ended:
        return render_judging(request, "run.html#update", STOP_POLLING, **context, **calls_context(request, found))
    if request.GET.get("seen") == context["version"]:
        return HttpResponse(status=204)
    return render_judging(request, "run.html#update", **context, query=urlencode(read_filter(request, found)[1]))


@require_GET
@members_only("is_lead")
def plan_table(request: MemberRequest, run: UUID) -> HttpResponseBase:
    """The plan, part by part, as CSV."""
    found = get_run(request, run)
    return send_csv(f"{request.project.slug}-run-{found.pk}-plan", PLAN_COLUMNS, list_plan_cells(list_parts(found)))


def run_context(request: MemberRequest, found: JudgeRun) -> dict[str, Any]:
    """What the changing part of the page shows."""
    form = BrowseForm(found.wanted, request.project)
    progress, batches = read_progress(found), count_batches(found)
    at_work = list_at_work(found) if found.state == JudgeRun.State.RUNNING else []
    context: dict[str, Any] = {
        "run": found,
        "asks_model": get_rubric(found.judge.rubric).asks_model,
        "asked": form.describe() if form.is_valid() else list(found.wanted.items()),
        "parts": list_parts(found),
        "not_asked": count_not_asked(found),
        "progress": progress,
        "batches": [(state, RunBatch.State(state).label, count) for state, count in batches.items()],
        "unusable": count_unusable(found),
        "at_work": at_work,
        "waits_for_worker": all(batch.since is None for batch in at_work),
        "minutes_planned": round((found.plan.get("seconds") or 0) / 60),
        "failed": list_failed(found) if batches["failed"] else [],
        "tells_cost": tells_cost(found.judge),
        "limit_form": LimitForm(initial={"spend_limit_usd": found.spend_limit_usd}, label_suffix=""),
    }
    return context | {"version": make_version(found, context)}


def make_version(found: JudgeRun, context: dict[str, Any]) -> str:
    """Changes whenever the page of a run would."""
    progress, planner = context["progress"], found.planner
    batches = ".".join(str(count) for _state, _name, count in context["batches"])
    seen = [
        found.state,
        found.calls,
        found.bundles_done,
        found.failures,
        found.spend_limit_usd,
        batches,
        round(progress.per_second or 0, 1),
    ]
    work = [f"{batch.number}.{batch.done}.{batch.attempt}" for batch in context["at_work"]]
    return "-".join(map(str, [*seen, planner.done if planner else 0, bool(found.said), *work]))


def act(request: MemberRequest, run: UUID, do: Callable[[JudgeRun, User], None], said: str) -> HttpResponse:
    """Do something to a run and go back to its page."""
    found = get_run(request, run)
    return act_and_go(request, lambda: do(found, request.user), said, "judging:run", request.project.slug, run)


@require_POST
@members_only("is_lead")
def start(request: MemberRequest, run: UUID) -> HttpResponse:
    """Start a planned run, or go on with a paused one."""
    return act(request, run, start_run, _("The run is started."))


@require_POST
@members_only("is_lead")
def pause(request: MemberRequest, run: UUID) -> HttpResponse:
    """Stop for now."""
    return act(request, run, pause_run, _("The run is paused; workers stop at their next reply."))


@require_POST
@members_only("is_lead")
def cancel(request: MemberRequest, run: UUID) -> HttpResponse:
    """End the run for good."""
    return act(request, run, cancel_run, _("The run is cancelled. What is stored stays."))


@require_POST
@members_only("is_lead")
def limit(request: MemberRequest, run: UUID) -> HttpResponse:
    """Change what the run may spend."""
    form = LimitForm(request.POST, label_suffix="")
    if not form.is_valid():
        messages.error(request, " ".join(str(error) for errors in form.errors.values() for error in errors))
        return redirect("judging:run", request.project.slug, run)
    amount = form.cleaned_data["spend_limit_usd"]
    return act(request, run, lambda found, lead: change_limit(found, lead, amount), _("The spend limit is changed."))


@require_POST
@members_only("is_lead")
def again(request: MemberRequest, run: UUID) -> HttpResponse:
    """Plan another run over the same candidates, which judges what is missing; `retries` asks unusable ones again, too."""
    old = get_run(request, run)
    how: dict[str, Any] = {"parallel": old.parallel, "spend_limit_usd": old.spend_limit_usd, "retries_unusable": "retries" in request.POST}
    try:
        new = plan_run(old.judge, request.user, read_params(old.wanted), **how)
    except ProtocolError as error:
        messages.error(request, str(error))
        return redirect("judging:run", request.project.slug, run)
    return redirect("judging:run", request.project.slug, new.public_id)
