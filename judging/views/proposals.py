"""Proposals: the list, one of them, deciding about it, and letting a judge read more orders."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from judging.forms.proposals import FilterForm, WishForm, make_form
from judging.lead.calls import show_json
from judging.lead.proposals import (
    compare_deliverables,
    filter_proposals,
    find_next,
    find_proposal,
    lacks_quantity_evidence,
    list_dropped,
    make_excerpt,
    mark_brief,
    tell_size,
)
from judging.lead.words import name_why
from judging.models import Proposal
from judging.proposed import is_same_order
from judging.protocol.extractions import start_extraction
from judging.protocol.proposals import accept_proposal, reject_proposal
from judging.views.frame import render_judging
from labeling.access import MemberRequest, members_only
from labeling.protocol.outcome import ProtocolError
from labeling.views.lead.frame import read_page

PROPOSALS = 20


def get_proposal(request: MemberRequest, public_id: UUID) -> Proposal:
    """A proposal of this project; raises Http404."""
    found = find_proposal(request.project, public_id)
    if found is None:
        raise Http404
    return found


def render_list(request: MemberRequest, wish: WishForm, status: int = 200) -> HttpResponse:
    """The list, and the form that lets a judge make more of it."""
    form = FilterForm(request.GET)
    asked = form.asked()
    page = read_page(request, filter_proposals(request.project, **asked), PROPOSALS)
    rows = [(row, make_excerpt(row), tell_size(row) or name_why(row.why)) for row in page]
    has_any = bool(rows) or Proposal.objects.filter(project=request.project).exists()
    context: dict[str, Any] = {"form": form, "page": page, "rows": rows, "query": urlencode(asked), "kind": asked["kind"], "wish": wish}
    return render_judging(request, "proposals.html", status, has_any=has_any, **context)


@require_GET
@members_only("is_lead")
def proposals(request: MemberRequest) -> HttpResponse:
    """What judges propose, those to be decided first of all."""
    return render_list(request, WishForm(None, request.project))


@require_POST
@members_only("is_lead")
def extract(request: MemberRequest) -> HttpResponse:
    """Let a judge read orders; the job's page says how far it is."""
    form = WishForm(request.POST, request.project)
    if form.is_valid():
        try:
            job = start_extraction(form.wish(), request.user)
        except ProtocolError as error:
            form.add_error(None, str(error))
        else:
            return redirect("labeling:job", request.project.slug, job.public_id)
    return render_list(request, form, 422)


@require_GET
@members_only("is_lead")
def proposal(request: MemberRequest, proposal: UUID) -> HttpResponse:
    """One proposal beside what its task has."""
    found = get_proposal(request, proposal)
    return render_one(request, found, make_form(found) if found.state == Proposal.State.OPEN else None)


def render_one(request: MemberRequest, found: Proposal, form: Any, status: int = 200) -> HttpResponse:
    """The page of a proposal; `form` edits it, None where it is decided."""
    kind = request.GET.get("kind", "")
    following = find_next(found, kind)
    read = found.task.versions.get(number=found.task_version).document
    is_rules = found.kind == Proposal.Kind.RULES and found.content is not None
    context: dict[str, Any] = {
        "proposal": found,
        "task": found.task,
        "kind": kind,
        "marked": mark_brief(found, read),
        "has_changed": not is_same_order(found.task, read),
        "deliverables": compare_deliverables(found) if is_rules else [],
        "lacks_evidence": lacks_quantity_evidence(found),
        "dropped": list_dropped(found),
        "why": name_why(found.why),
        "edited": show_json(found.edited) if found.edited else "",
        "form": form,
        "next": following,
    }
    return render_judging(request, "proposal.html", status, **context)


@require_POST
@members_only("is_lead")
def accept(request: MemberRequest, proposal: UUID) -> HttpResponse:
    """Accept a proposal as it is, or as the form has it where it was edited."""
    found = get_proposal(request, proposal)
    if found.state != Proposal.State.OPEN or "edited" not in request.POST:
        return decide(request, found, lambda: accept_proposal(found, request.user))
    form = make_form(found, request.POST)
    if not form.is_valid():
        return render_one(request, found, form, 422)
    return decide(request, found, lambda: accept_proposal(found, request.user, form.given()))


@require_POST
@members_only("is_lead")
def reject(request: MemberRequest, proposal: UUID) -> HttpResponse:
    """Leave the task as it is."""
    found = get_proposal(request, proposal)
    return decide(request, found, lambda: reject_proposal(found, request.user))


def decide(request: MemberRequest, found: Proposal, act: Any) -> HttpResponse:
    """Do it, say what came of it, and go on with the next one; back to this one where it was refused."""
    kind = request.GET.get("kind", "")
    try:
        decided: Proposal = act()
    except ProtocolError as error:
        messages.error(request, str(error))
        return go_to(request, found, kind)
    said = _("Rejected.") if decided.state == Proposal.State.REJECTED else _("Accepted.")
    messages.success(request, f"{found.task.external_id}: {said} {decided.get_outcome_display()}".strip())
    following = find_next(found, kind)
    return go_to(request, following, kind) if following else redirect("judging:proposals", request.project.slug)


def go_to(request: MemberRequest, found: Proposal, kind: str) -> HttpResponse:
    """The page of a proposal, with the kind that is being gone through."""
    address = reverse("judging:proposal", args=[request.project.slug, found.public_id])
    return redirect(f"{address}?{urlencode({'kind': kind})}" if kind else address)
