"""One candidate as its lead sees it, and what a lead does to it.

The same actions are in the inbox: `back` in the form says where a plain form came from.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from labeling.access import MemberRequest, members_only
from labeling.browse.find import find_neighbours
from labeling.browse.orders import ORDERS
from labeling.forms.browse import BrowseForm
from labeling.forms.inbox import ReasonForm, ReplaceForm
from labeling.lead.candidate import READ, check_rules, find_decision, list_rounds
from labeling.lead.contradictions import describe_contradiction, open_contradictions
from labeling.lead.examples import count_witnesses, find_example
from labeling.lead.timeline import read_timeline
from labeling.lead.workload import tell_blocked
from labeling.models import Asset, Batch, Candidate, Report, State
from labeling.protocol.examples import is_closed
from labeling.protocol.hold import hold_candidate, reopen_candidate, replace_image, return_candidate, withdraw_candidate
from labeling.protocol.outcome import ProtocolError
from labeling.quality.report import newest_report
from labeling.quality.skills import tell_candidate
from labeling.views.lead.browse import write_query
from labeling.views.lead.frame import render_lead
from labeling.views.lead.inbox import send_item


@require_GET
@members_only("is_lead")
def candidate(request: MemberRequest, candidate: UUID) -> HttpResponse:
    """State, picture, task, every answer of every round, and the timeline."""
    row = find_candidate(request, candidate)
    task = row.bundle.task
    assets = task.assets.select_related("image")
    before = request.GET.get("before", "")
    timeline, earlier = read_timeline(row, int(before) if before.isdecimal() and len(before) < 19 else None)
    context: dict[str, Any] = {
        "candidate": row,
        "task": task,
        "rules": check_rules(row),
        "points": task.points.all(),
        "references": [asset for asset in assets if asset.role == Asset.Role.REFERENCE],
        "sources": [asset for asset in assets if asset.role == Asset.Role.SOURCE],
        "siblings": row.bundle.candidates.select_related("deliverable", "image").order_by("deliverable__number", "sample"),
        "rounds": list_rounds(row),
        "decision": find_decision(row),
        "advisory": tell_candidate(newest_report(request.project, Report.Kind.PEOPLE), row),
        "batch": Batch.objects.filter(project=row.project_id, number=row.batch).first(),
        "example": find_example(row),
        "witnesses": count_witnesses(row),
        "blocked": tell_blocked(row),
        "can_be_example": row.state == State.SETTLED and row.image is not None and is_closed(row, timezone.now()),
        "timeline": timeline,
        "earlier": earlier,
        **link_neighbours(request, row),
    }
    return render_lead(request, "candidate.html", "candidates", **context)


def link_neighbours(request: MemberRequest, row: Candidate) -> dict[str, Any]:
    """The candidates before and behind this one in the list that the address was opened from, and the list itself."""
    form = BrowseForm(request.GET, request.project)
    if not form.is_valid():
        return {"query": "", "previous": None, "next": None}
    pair = find_neighbours(request.project, form.wanted(), ORDERS[form.chosen_order], row)
    ids = dict(Candidate.objects.filter(pk__in=[pk for pk in pair if pk]).values_list("pk", "public_id"))
    previous, following = (ids[pk] if pk else None for pk in pair)
    return {"query": write_query(form), "previous": previous, "next": following}


@require_POST
@members_only("is_lead")
def hold(request: MemberRequest, candidate: UUID) -> HttpResponse:
    """Take the candidate out of the queue."""
    form = ReasonForm(request.POST)
    return act(request, candidate, form, lambda: hold_candidate(candidate, request.user, form.cleaned_data["reason"]), _("Held"))


@require_POST
@members_only("is_lead")
def put_back(request: MemberRequest, candidate: UUID) -> HttpResponse:
    """Put a held or withdrawn candidate back to where its answers leave it."""
    return act(request, candidate, None, lambda: return_candidate(candidate, request.user), _("Back in the queue"))


@require_POST
@members_only("is_lead")
def withdraw(request: MemberRequest, candidate: UUID) -> HttpResponse:
    """Leave the candidate out of exports and settlement."""
    form = ReasonForm(request.POST)
    return act(request, candidate, form, lambda: withdraw_candidate(candidate, request.user, form.cleaned_data["reason"]), _("Withdrawn"))


@require_POST
@members_only("is_lead")
def reopen(request: MemberRequest, candidate: UUID) -> HttpResponse:
    """Start a new round of the candidate."""
    form = ReasonForm(request.POST)
    done = _("Reopened: a new round starts")
    return act(request, candidate, form, lambda: reopen_candidate(candidate, request.user, form.cleaned_data["reason"]), done)


@require_POST
@members_only("is_lead")
def replace(request: MemberRequest, candidate: UUID) -> HttpResponse:
    """Give the candidate an uploaded image."""
    form = ReplaceForm(request.POST, request.FILES)

    def store() -> Candidate:
        return replace_image(candidate, request.user, form.cleaned_data["image"], form.cleaned_data["reason"])

    return act(request, candidate, form, store, _("The image is replaced"))


def act(request: MemberRequest, candidate: UUID, form: forms.Form | None, do: Callable[[], object], done: str) -> HttpResponse:
    """Do something to a candidate of this project; the inbox gets its item back, a plain form the page it came from."""
    find_candidate(request, candidate)
    problem, back, contradiction = "", request.POST.get("back"), None
    if back == "contradictions":
        contradiction = open_contradictions(request.project).filter(candidate__public_id=candidate).first()
    if form is not None and not form.is_valid():
        problem = " ".join(str(error) for errors in form.errors.values() for error in errors)
    else:
        try:
            do()
        except ProtocolError as error:
            problem = str(error)
    if contradiction is not None:
        return send_item(request, "contradictions", describe_contradiction(contradiction), problem, done, form)
    if back == "inbox":
        return send_item(request, "held", find_candidate(request, candidate), problem, done, form)
    if problem:
        messages.error(request, problem)
    else:
        messages.success(request, done)
    return redirect("labeling:candidate", request.project.slug, candidate)


def find_candidate(request: MemberRequest, candidate: UUID) -> Any:
    """A candidate of this project; raises Http404."""
    found = Candidate.objects.filter(project=request.project, public_id=candidate).select_related(*READ).first()
    if found is None:
        raise Http404
    return found
