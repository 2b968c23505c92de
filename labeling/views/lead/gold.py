"""What a lead does about gold: draw some, make one candidate gold or gold no longer, look at what was missed."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from labeling.access import MemberRequest, members_only
from labeling.forms.gold import DrawGoldForm
from labeling.lead.gold import missed_gold
from labeling.protocol.checks import review_check
from labeling.protocol.gold import add_gold, draw_gold, retire_gold
from labeling.protocol.outcome import ProtocolError
from labeling.views.lead.inbox import settle


@require_POST
@members_only("is_lead")
def draw(request: MemberRequest) -> HttpResponse:
    """Make some candidates gold, drawn from those beyond doubt."""
    form = DrawGoldForm(request.POST)
    if not form.is_valid():
        messages.error(request, " ".join(str(error) for errors in form.errors.values() for error in errors))
        return redirect("labeling:control", request.project.slug)

    try:
        count = draw_gold(request.project, request.user, form.cleaned_data["count"])
        messages.add_message(request, messages.SUCCESS if count else messages.WARNING, tell_drawn(count))
    except ProtocolError as error:
        messages.error(request, str(error))
    return redirect("labeling:control", request.project.slug)


@require_POST
@members_only("is_lead")
def add(request: MemberRequest, candidate: UUID) -> HttpResponse:
    """Make one candidate gold."""

    def act() -> str:
        add_gold(request.project, request.user, candidate)
        return _("This candidate is gold now.")

    return attempt(request, act, candidate)


@require_POST
@members_only("is_lead")
def retire(request: MemberRequest, candidate: UUID) -> HttpResponse:
    """Give one out as gold no more."""

    def act() -> str:
        retire_gold(request.project, request.user, candidate)
        return _("It is given out as gold no more; what was answered stays.")

    return attempt(request, act, candidate if request.POST.get("back") == "candidate" else None)


@require_POST
@members_only("is_lead")
def review(request: MemberRequest, assignment: UUID) -> HttpResponse:
    """Note that somebody has looked at a missed gold."""
    row = missed_gold(request.project).filter(public_id=assignment).first()
    return settle(request, "gold", row, None, lambda: review_check(request.project, assignment, request.user), _("Looked at"))


def attempt(request: MemberRequest, act: Callable[[], str], candidate: UUID | None = None) -> HttpResponse:
    """Do it and say what came of it, on the page it was asked from."""
    try:
        messages.success(request, act())
    except ProtocolError as error:
        messages.error(request, str(error))
    if candidate is not None:
        return redirect("labeling:candidate", request.project.slug, candidate)
    return redirect("labeling:control", request.project.slug)


def tell_drawn(count: int) -> str:
    """How many became gold."""
    if not count:
        return _(
            "There is no candidate beyond doubt that could be gold: two equal blind answers, nothing changed, skipped or remarked on, "
            "the only image of its task, and no other gold of that task."
        )
    return ngettext("%(count)d candidate is gold now.", "%(count)d candidates are gold now.", count) % {"count": count}
