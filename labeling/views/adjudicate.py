"""The adjudication page: blind answer, reveal, confirm or revise."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID, uuid4

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from labeling.access import MemberRequest, members_only
from labeling.cards import Card, RevealCard, describe_answer, make_cards
from labeling.forms.answer import AnswerForm, ConfirmForm, SkipForm, read_deck
from labeling.models import REVIEWING, Assignment, Purpose, Status, User
from labeling.protocol.adjudicate import confirm_adjudication, pending_reveal, read_reveal, submit_blind, take_adjudication
from labeling.protocol.outcome import Outcome
from labeling.protocol.skip import skip_candidate
from labeling.suggested import tell_suggestion
from labeling.views.deck import attempt, page_context, refuse_form, send_cards, send_outcome, wants_outcome_only


@require_GET
@members_only("can_adjudicate")
def adjudicate(request: MemberRequest) -> HttpResponse:
    """The adjudication page with what the person has in hand; reading it never takes new work."""
    held = Assignment.objects.leased_by(request.user.pk, request.project.pk).filter(purpose__in=REVIEWING)
    return show(request, pending_reveal(request.project, request.user) or held.first())


@require_GET
@members_only("can_adjudicate")
def reveal(request: MemberRequest, assignment: UUID) -> HttpResponse:
    """One adjudication of the person's with both primary answers; 404 before the blind answer is in."""
    mine = Assignment.objects.filter(project=request.project, person=request.user, purpose=Purpose.ADJUDICATION)
    row = mine.filter(public_id=assignment, status=Status.SUBMITTED).first()
    if row is None:
        raise Http404
    return show(request, row)


@require_POST
@members_only("can_adjudicate")
def take(request: MemberRequest) -> HttpResponse:
    """Take a dispute; an unconfirmed reveal comes first."""
    return send_next(request, None)


@require_POST
@members_only("can_adjudicate")
def answer(request: MemberRequest) -> HttpResponse:
    """Store the blind answer; of a dispute, show both primary answers."""
    form = AnswerForm(request.POST)
    if not form.is_valid():
        return refuse_form(request, form, "labeling:adjudicate", request.project.slug)
    assignment, key = form.cleaned_data["assignment"], form.cleaned_data["key"]
    return send_next(request, attempt(lambda: submit_blind(assignment, request.user, form.submission(), key)))


@require_POST
@members_only("can_adjudicate")
def confirm(request: MemberRequest) -> HttpResponse:
    """Close an adjudication with a reason class, and send the next dispute."""
    form = ConfirmForm(request.POST)
    if not form.is_valid():
        return refuse_form(request, form, "labeling:adjudicate", request.project.slug)
    data = form.cleaned_data
    final = form.submission()
    return send_next(
        request, attempt(lambda: confirm_adjudication(data["assignment"], request.user, data["reason_class"], final, data["key"]))
    )


@require_POST
@members_only("can_adjudicate")
def skip(request: MemberRequest) -> HttpResponse:
    """Leave a dispute to another adjudicator, with a reason."""
    form = SkipForm(request.POST)
    if not form.is_valid():
        return refuse_form(request, form, "labeling:adjudicate", request.project.slug)
    data = form.cleaned_data
    return send_next(request, attempt(lambda: skip_candidate(data["assignment"], request.user, data["reason"], data["note"], data["key"])))


def show(request: MemberRequest, row: Assignment | None) -> HttpResponse:
    """The whole page around one adjudication, or around none."""
    return render(request, "labeling/adjudicate.html", page_context(request, cards=read_cards(request.user, row), page="adjudicate"))


def send_next(request: MemberRequest, outcome: Outcome | None) -> HttpResponse:
    """What the person should do now: confirm the reveal of the blind answer just given, or a new dispute."""
    if outcome is not None and wants_outcome_only(request):
        return send_outcome(request, outcome, back_to="labeling:adjudicate")
    row = take_adjudication(request.project, request.user)
    _shown, have = read_deck(request.POST)
    cards = read_cards(request.user, row)
    lacking = [card for card in cards if card.assignment not in have]
    reveals = [card.reveal for card in cards if card.reveal and card.assignment in have]
    return send_cards(request, [card.assignment for card in cards], lacking, outcome, Purpose.ADJUDICATION, reveals)


def read_cards(person: User, row: Assignment | None) -> list[Card]:
    """The card of `row`, with both primary answers once the person has answered a dispute; a check ends without them."""
    if row is None:
        return []
    card = make_cards([row])[0]
    if row.status != Status.SUBMITTED or row.purpose != Purpose.ADJUDICATION:
        return [card]
    found = read_reveal(row.public_id, person)
    reveal = RevealCard(
        assignment=row.public_id,
        is_open=row.confirmed_at is None,
        own=describe_answer(found.own),
        primaries=[describe_answer(primary) for primary in found.primaries],
        suggestion=tell_suggestion(found.suggestion),
        reasons=card.reasons,
        key=uuid4(),
    )
    return [replace(card, reveal=reveal)]
