"""The label page and what it posts."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from labeling.access import MemberRequest, members_only
from labeling.cards import Card, make_cards
from labeling.forms.answer import AnswerForm, DeckForm, FlagForm, SkipForm, UndoForm, read_deck
from labeling.models import REVIEWING, Arm, Assignment
from labeling.protocol.edit import edit_answer, editable_answers, undo_answer
from labeling.protocol.lease import held_cards, keep_ahead, keep_lease, take_cards
from labeling.protocol.outcome import Outcome
from labeling.protocol.reap import release_ahead
from labeling.protocol.skip import raise_flag, skip_candidate
from labeling.protocol.submit import submit_answer
from labeling.views.adjudicate import show as show_adjudication
from labeling.views.deck import attempt, page_context, refuse_form, send_cards, send_outcome, wants_outcome_only


@require_GET
@members_only("can_label")
def label(request: MemberRequest) -> HttpResponse:
    """The label page with what the person holds already; reading it never takes new work."""
    # A lease whose time is over is about to go to somebody else: the page begins with what comes next.
    held = [row for row in held_cards(request.project, request.user) if row.lease_until and row.lease_until > timezone.now()]
    recent = editable_answers(request.project, request.user)
    return render(request, "labeling/label.html", page_context(request, cards=make_cards(held), recent=recent, page="label"))


@require_POST
@members_only("can_label")
def take(request: MemberRequest) -> HttpResponse:
    """Take work."""
    return send_next(request)


@require_POST
@members_only("can_label")
def answer(request: MemberRequest) -> HttpResponse:
    """Store one answer, or change one (`replaces`), and send what comes next."""
    form = AnswerForm(request.POST)
    if not form.is_valid():
        return refuse_form(request, form, "labeling:label", request.project.slug)
    assignment, key, replaces = (form.cleaned_data[name] for name in ("assignment", "key", "replaces"))
    if replaces:
        outcome = attempt(lambda: edit_answer(assignment, request.user, form.submission(), replaces, key))
        return send_outcome(request, outcome, back_to="labeling:label" if "go_on" in request.POST else "labeling:recent")
    outcome = attempt(lambda: submit_answer(assignment, request.user, form.submission(), key))
    return send_next(request, outcome)


@require_POST
@members_only("can_label")
def undo(request: MemberRequest) -> HttpResponse:
    """Take one's own answer back; its card comes first again."""
    form = UndoForm(request.POST)
    if not form.is_valid():
        return refuse_form(request, form, "labeling:recent", request.project.slug)
    assignment, key, replaces = (form.cleaned_data[name] for name in ("assignment", "key", "replaces"))
    outcome = attempt(lambda: undo_answer(assignment, request.user, replaces, key))
    return send_next(request, outcome)


@require_POST
@members_only("can_label")
def skip(request: MemberRequest) -> HttpResponse:
    """Pass a card on with a reason, and send what comes next."""
    form = SkipForm(request.POST)
    if not form.is_valid():
        return refuse_form(request, form, "labeling:label", request.project.slug)
    data = form.cleaned_data
    outcome = attempt(lambda: skip_candidate(data["assignment"], request.user, data["reason"], data["note"], data["key"]))
    return send_next(request, outcome)


@require_POST
@members_only("can_label", "can_adjudicate")
def flag(request: MemberRequest) -> HttpResponse:
    """Tell the lead something about a card; the card stays."""
    back_to = "labeling:label" if request.membership.can_label else "labeling:adjudicate"
    form = FlagForm(request.POST)
    if not form.is_valid():
        return refuse_form(request, form, back_to, request.project.slug)
    data = form.cleaned_data
    outcome = attempt(lambda: raise_flag(data["assignment"], request.user, data["text"], data["key"]))
    return send_outcome(request, outcome, back_to=back_to)


@require_POST
@members_only("can_label", "can_adjudicate")
def keep(request: MemberRequest) -> HttpResponse:
    """The heartbeat of the page: 204 while the card on screen is the person's, 410 once it is not."""
    form = DeckForm(request.POST)
    kept = form.is_valid() and form.cleaned_data["shown"] and keep_lease(form.cleaned_data["shown"], request.user, request.project)
    if not kept:
        return HttpResponse(status=410)
    keep_ahead(request.project, request.user)
    return HttpResponse(status=204)


@require_POST
@members_only("can_label")
def leave(request: MemberRequest) -> HttpResponse:
    """The page goes: give back what it held ahead."""
    release_ahead(request.project, request.user)
    return HttpResponse(status=204)


@require_GET
@members_only("can_label")
def recent(request: MemberRequest) -> HttpResponse:
    """The person's own answers that can still be changed."""
    cards = make_cards([answer.assignment for answer in editable_answers(request.project, request.user)])
    return render(request, "labeling/recent.html", page_context(request, cards=cards))


@require_GET
@members_only("can_label", "can_adjudicate")
def card(request: MemberRequest, assignment: UUID) -> HttpResponse:
    """One candidate the person has or had, with their own answer and the form to change it while that is possible."""
    row = Assignment.objects.filter(project=request.project, person=request.user, public_id=assignment).first()
    if row is None:
        raise Http404
    if row.purpose in REVIEWING:
        return show_adjudication(request, row)
    return render(request, "labeling/label.html", page_context(request, cards=make_cards([row]), page="card"))


def send_next(request: MemberRequest, outcome: Outcome | None = None) -> HttpResponse:
    """What the person holds now, filled up: a script gets cards ahead as well, a plain form one card."""
    if outcome is not None and wants_outcome_only(request):
        return send_outcome(request, outcome, back_to="labeling:label")
    shown, have = read_deck(request.POST)
    rows = take_cards(request.project, request.user, shown=shown, ahead=bool(request.htmx))
    lacking = [row for row in rows if row.public_id not in have]
    cards = make_cards(lacking) if request.htmx else []
    return send_cards(request, [row.public_id for row in rows], cards, outcome, revealing=find_revealing(request, outcome))


def find_revealing(request: MemberRequest, outcome: Outcome | None) -> Card | None:
    """The card of the answer just stored, if its suggestion is to be shown now."""
    # Asked with every answer: without a version in use nothing was ever drawn to be shown.
    if outcome is None or outcome.answer is None or outcome.assignment is None or not request.project.model_version:
        return None
    mine = Assignment.objects.filter(project=request.project, person=request.user, public_id=outcome.assignment, arm=Arm.REVEAL)
    cards = make_cards(list(mine))
    return next((card for card in cards if card.is_revealing), None)
