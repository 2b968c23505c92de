"""The gallery of closed examples: what is in it, in which order, with which captions."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from labeling.access import MemberRequest, members_only
from labeling.forms.guideline import CaptionForm, MoveForm
from labeling.lead.examples import list_lines
from labeling.protocol.examples import add_example, change_caption, move_example, remove_example
from labeling.protocol.outcome import ProtocolError
from labeling.views.lead.candidate import act
from labeling.views.lead.frame import render_lead


@require_GET
@members_only("is_lead")
def examples(request: MemberRequest) -> HttpResponse:
    """Every example, also those that are not shown at the moment, with why."""
    return render_lead(request, "examples.html", "settings", lines=list_lines(request.project))


@require_POST
@members_only("is_lead")
def add(request: MemberRequest, candidate: UUID) -> HttpResponse:
    """Use a settled candidate as an example."""
    form = CaptionForm(request.POST)
    done = _("It is an example on the guidelines page now.")
    return act(request, candidate, form, lambda: add_example(candidate, request.user, form.cleaned_data["caption"]), done)


@require_POST
@members_only("is_lead")
def caption(request: MemberRequest, example: UUID) -> HttpResponse:
    """Say something else about an example."""
    form = CaptionForm(request.POST)
    done = _("The caption is changed.")
    return carry_out(request, form, lambda: change_caption(request.project, request.user, example, form.cleaned_data["caption"]), done)


@require_POST
@members_only("is_lead")
def move(request: MemberRequest, example: UUID) -> HttpResponse:
    """Move an example up or down."""
    form = MoveForm(request.POST)
    done = _("The order is changed.")
    return carry_out(request, form, lambda: move_example(request.project, request.user, example, form.cleaned_data["step"]), done)


@require_POST
@members_only("is_lead")
def remove(request: MemberRequest, example: UUID) -> HttpResponse:
    """Take an example out of the gallery."""
    done = _("It is no longer an example.")
    return carry_out(request, None, lambda: remove_example(request.project, request.user, example), done)


def carry_out(request: MemberRequest, form: forms.Form | None, do: Callable[[], object], done: str) -> HttpResponse:
    """Do something to the gallery, say what came of it, and show the gallery again."""
    try:
        if form is not None and not form.is_valid():
            messages.error(request, " ".join(str(error) for errors in form.errors.values() for error in errors))
        else:
            do()
            messages.success(request, done)
    except ProtocolError as error:
        messages.error(request, str(error))
    return redirect("labeling:examples", request.project.slug)
