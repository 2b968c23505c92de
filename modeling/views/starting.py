"""Starting a training run, and when a project starts one by itself."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from judging.lead.installing import tell_install
from labeling.access import MemberRequest, members_only
from labeling.protocol.outcome import ProtocolError
from modeling.forms.plan import PlanForm
from modeling.forms.retrain import RetrainForm, fill_like
from modeling.lead.needs import read_needs
from modeling.models import RetrainPlan, TrainingRun
from modeling.protocol.plans import change_plan
from modeling.protocol.runs import find_run, start_run
from modeling.views.frame import render_modeling


@require_http_methods(["GET", "HEAD", "POST"])
@members_only("is_lead")
def train(request: MemberRequest) -> HttpResponse:
    """The form of a run, filled in like the run that `like` in the address names; posted, the page of the new run."""
    like = read_like(request)
    form = RetrainForm(request.POST or None, request.project, initial=fill_like(like) if like else {})
    if request.method == "POST" and form.is_valid():
        try:
            run = start_run(request.project, request.user, **form.chosen())
        except ProtocolError as error:
            form.add_error(None, str(error))
        else:
            return redirect("modeling:training_run", request.project.slug, run.public_id)
    context: dict[str, Any] = {"form": form, "like": like, "needs": read_needs(request.project), "install": tell_install()}
    return render_modeling(request, "train.html", 422 if form.is_bound else 200, **context)


def read_like(request: MemberRequest) -> TrainingRun | None:
    """The run whose settings are to be filled in; None where none is named."""
    try:
        return find_run(request.project, UUID(request.GET.get("like", "")))
    except ValueError:
        return None


@require_http_methods(["GET", "HEAD", "POST"])
@members_only("is_lead")
def retrain_plan(request: MemberRequest) -> HttpResponse:
    """When the project retrains by itself; posted, back to its models."""
    plan = RetrainPlan.objects.filter(project=request.project).first()
    form = PlanForm(request.POST if request.method == "POST" else None, request.project, plan)
    if form.is_valid():
        try:
            change_plan(request.project, request.user, **form.chosen())
        except ProtocolError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Saved. New decisions are counted from now on."))
            return redirect("modeling:models", request.project.slug)
    return render_modeling(request, "plan.html", 422 if form.is_bound else 200, form=form, plan=plan)
