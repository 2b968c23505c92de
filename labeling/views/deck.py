"""What the label and adjudication views send back: a fragment to a script, a whole page or a redirect to a plain form."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import SimpleLazyObject

from labeling.access import MemberRequest, PersonRequest
from labeling.cards import Card, Choice, RevealCard
from labeling.keys import GROUPS, read_key_map
from labeling.models import Purpose, ReasonClass, Skip
from labeling.progress import count_today, count_unread
from labeling.protocol.explain_empty import explain_empty
from labeling.protocol.outcome import Outcome, ProtocolError, refuse

LEVELS = {"submitted": messages.SUCCESS, "surplus": messages.WARNING, "refused": messages.ERROR}


def page_context(request: MemberRequest, **more: Any) -> dict[str, Any]:
    """What every page of a project shows: project, rights, keys, counters, and the lists that digits choose from."""
    return member_context(request) | {
        "keys": read_key_map(request.user.keys),
        "key_groups": GROUPS,
        "skip_reasons": number_choices(Skip.Why),
        "reason_classes": number_choices(ReasonClass),
        "done_today": count_today(request.project, request.user),
        **more,
    }


def member_context(request: MemberRequest) -> dict[str, Any]:
    """What the navigation of a project needs."""
    return {
        "project": request.project,
        "membership": request.membership,
        # Counted where a page shows it: the replies to a script do not.
        "unread_replies": SimpleLazyObject(lambda: count_unread(request.project, request.user)),
    }


def number_choices(choices: Any) -> list[Choice]:
    """The choices of an enumeration with the digits that choose them."""
    return [Choice(digit=digit, code=choice.value, label=choice.label) for digit, choice in enumerate(choices, start=1)]


def attempt(act: Callable[[], Outcome]) -> Outcome:
    """The outcome of a write; a refusal that has no receipt is an outcome too."""
    try:
        return act()
    except ProtocolError as error:
        return refuse(error)


def send_cards(
    request: MemberRequest,
    held: Sequence[UUID],
    cards: Sequence[Card],
    outcome: Outcome | None = None,
    purpose: Purpose = Purpose.PRIMARY,
    reveals: Sequence[RevealCard] = (),
    revealing: Card | None = None,
) -> HttpResponse:
    """The outcome of a write, what the person holds now, the cards and reveals the page lacks, or why there is nothing to hold.

    `revealing` is the card just answered, where a suggestion is shown only now.
    """
    page = "adjudicate" if purpose == Purpose.ADJUDICATION else "label"
    context = page_context(request, outcome=outcome, held=held, page=page)
    if not held:
        context["empty"] = explain_empty(request.project, request.user, purpose)
    if request.htmx:
        return render(request, "labeling/label.html#reply", {**context, "cards": cards, "reveals": reveals, "revealing": revealing})
    if outcome is not None:
        messages.add_message(request, LEVELS[outcome.kind], outcome.message)
    if revealing is not None:
        return redirect("labeling:card", request.project.slug, revealing.assignment)
    if held:
        return redirect(f"labeling:{page}", request.project.slug)
    return render(request, f"labeling/{page}.html", context)


def wants_outcome_only(request: MemberRequest) -> bool:
    """Whether the write comes from a page that shows no cards, so that none may be taken for it."""
    return bool(request.htmx) and "only_outcome" in request.POST


def send_outcome(request: MemberRequest, outcome: Outcome, back_to: str) -> HttpResponse:
    """The outcome of a write that changes no card; a plain form goes `back_to` a page of the project."""
    if request.htmx:
        return render(request, "labeling/label.html#reply", page_context(request, outcome=outcome))
    messages.add_message(request, LEVELS[outcome.kind], outcome.message)
    return redirect(back_to, request.project.slug)


def refuse_form(request: PersonRequest, form: forms.Form, back_to: str, slug: str) -> HttpResponse:
    """422 with the form's errors to a script; a message and the page again to a plain form."""
    errors = " ".join(str(error) for errors in form.errors.values() for error in errors)
    if request.htmx:
        return render(request, "labeling/label.html#refusal", {"code": "invalid", "message": errors}, status=422)
    messages.error(request, errors)
    return redirect(back_to, slug)
