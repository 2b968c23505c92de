"""What waits for the lead, and the answers to it.

Every action is a plain form. A script gets the item back with what became of it; without one the inbox comes back with a message.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from labeling.access import MemberRequest, members_only
from labeling.forms.inbox import ReplyForm
from labeling.lead.concerns import ConcernItem
from labeling.lead.conflicts import ConflictItem, describe_conflict
from labeling.lead.contradictions import Contradiction, describe_contradiction, describe_said, open_contradictions
from labeling.lead.inbox import KINDS, LISTS, count_inbox, open_conflicts, open_flags, unseen_surplus
from labeling.lead.stops import tell_stop
from labeling.models import CHECKS, Assignment, Candidate, Concern, Event, Flag, ImportConflict, Purpose
from labeling.protocol.checks import review_check
from labeling.protocol.conflicts import accept_conflict, dismiss_conflict
from labeling.protocol.flags import answer_flag, review_surplus
from labeling.protocol.outcome import ProtocolError
from labeling.views.lead.frame import read_page, render_lead

FIRST_FEW, PAGE_SIZE = 5, 20


@require_GET
@members_only("is_lead")
def inbox(request: MemberRequest) -> HttpResponse:
    """The first few of each kind, or one kind page by page (`?kind=`)."""
    counts, kind = count_inbox(request.project), request.GET.get("kind", "")
    if kind and kind not in KINDS:
        raise Http404
    sections = []
    for name in [kind] if kind else KINDS:
        found: QuerySet[Any] = LISTS[name](request.project)
        page = read_page(request, found, PAGE_SIZE) if kind else None
        items = [wrap(row) for row in (page or found[:FIRST_FEW])]
        sections.append({"kind": name, "label": KINDS[name], "count": counts.of(name), "items": items, "page": page})
    return render_lead(request, "inbox.html", "inbox", sections=sections, kind=kind, inbox=counts)


@require_POST
@members_only("is_lead")
def reply(request: MemberRequest, flag: int) -> HttpResponse:
    """Reply to a flag."""
    row = open_flags(request.project).filter(pk=flag).first()
    form = ReplyForm(request.POST)

    def send() -> object:
        return answer_flag(request.project, flag, request.user, form.cleaned_data["reply"])

    return settle(request, "flags", row, form, send, _("Replied"))


@require_POST
@members_only("is_lead")
def review(request: MemberRequest, assignment: UUID) -> HttpResponse:
    """Mark a surplus answer as reviewed."""
    row = unseen_surplus(request.project).filter(public_id=assignment).first()
    return settle(request, "surplus", row, None, lambda: review_surplus(request.project, assignment, request.user), _("Marked as reviewed"))


@require_POST
@members_only("is_lead")
def review_contradiction(request: MemberRequest, assignment: UUID) -> HttpResponse:
    """Note that somebody has looked at an audit or a second adjudication that contradicts."""
    row = open_contradictions(request.project).filter(public_id=assignment).first()
    return settle(request, "contradictions", row, None, lambda: review_check(request.project, assignment, request.user), _("Looked at"))


@require_POST
@members_only("is_lead")
def accept(request: MemberRequest, conflict: int) -> HttpResponse:
    """Let the import make its change: work in progress starts a new round."""
    row = open_conflicts(request.project).filter(pk=conflict).first()
    started: list[int] = []

    def accept_it() -> None:
        started.append(accept_conflict(request.project, conflict, request.user))

    return settle(request, "conflicts", row, None, accept_it, lambda: tell_accepted(sum(started)))


@require_POST
@members_only("is_lead")
def dismiss(request: MemberRequest, conflict: int) -> HttpResponse:
    """Keep what is there; the import's change is dropped."""
    row = open_conflicts(request.project).filter(pk=conflict).first()
    return settle(request, "conflicts", row, None, lambda: dismiss_conflict(request.project, conflict, request.user), _("Dismissed"))


def tell_accepted(rounds: int) -> str:
    """What accepting a conflict did."""
    if not rounds:
        return _("Accepted; no new round was needed")
    return ngettext("Accepted; %(count)d candidate starts a new round", "Accepted; %(count)d candidates start a new round", rounds) % {
        "count": rounds
    }


def settle(
    request: MemberRequest, kind: str, row: Any, form: forms.Form | None, act: Callable[[], object], done: str | Callable[[], str]
) -> HttpResponse:
    """Do `act` if the form allows it, and say what became of the item; `row` is None where it is settled already."""
    problem, item = "", wrap(row) if row is not None else None
    if form is not None and not form.is_valid():
        problem = " ".join(str(error) for errors in form.errors.values() for error in errors)
    else:
        try:
            act()
        except ProtocolError as error:
            problem = str(error)
    return send_item(request, kind, item, problem, done if isinstance(done, str) else done(), form)


def send_item(request: MemberRequest, kind: str, item: Any, problem: str, done: str, form: forms.Form | None = None) -> HttpResponse:
    """The item with its problem, or what became of it; a plain form goes back to where it came from."""
    if request.htmx:
        context = {"kind": kind, "item": item, "candidate": find_candidate(item), "problem": problem, "done": done, "form": form}
        return render_lead(request, "inbox.html#reply", "inbox", **context)
    if problem:
        messages.error(request, problem)
    else:
        messages.success(request, done)
    return redirect("labeling:inbox", request.project.slug)


def find_candidate(item: Any) -> Candidate | None:
    """The candidate an item is about; None for a task's conflict and for an item that is settled already."""
    row = item.row if isinstance(item, ConflictItem | Contradiction) else item
    row = row.assignment if isinstance(row, Flag) else row
    return row if isinstance(row, Candidate) else getattr(row, "candidate", None)


def wrap(row: Any) -> Any:
    """What the template needs of one item: a conflict, contradiction or concern with all that is told of it, else the row itself."""
    if isinstance(row, Concern):
        return ConcernItem(row=row)
    if isinstance(row, Event):
        return {"event": row, "why": tell_stop(row.data)}
    if isinstance(row, ImportConflict):
        return describe_conflict(row)
    if isinstance(row, Assignment) and row.purpose == Purpose.GOLD:
        row.said = describe_said(row, row)  # type: ignore[attr-defined]
    is_check = isinstance(row, Assignment) and row.purpose in CHECKS
    return describe_contradiction(row) if is_check else row
