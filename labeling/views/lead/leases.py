"""What is in people's hands, and taking it back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from labeling.access import MemberRequest, members_only
from labeling.forms.inbox import ReasonForm
from labeling.lead.leases import describe_lease, holders, live_leases, open_reveals
from labeling.models import User
from labeling.protocol.outcome import ProtocolError
from labeling.protocol.release import release_lease, release_person
from labeling.views.lead.frame import read_page, render_lead

PAGE_SIZE = 100


@require_GET
@members_only("is_lead")
def leases(request: MemberRequest) -> HttpResponse:
    """Every lease of the project, or those of one person, and the reveals that wait."""
    people, asked = holders(request.project), request.GET.get("person", "")
    page = read_page(request, live_leases(request.project, asked), PAGE_SIZE)
    context: dict[str, Any] = {
        "page": page,
        "leases": [describe_lease(row) for row in page],
        "reveals": [] if asked else open_reveals(request.project),
        "people": people,
        "asked": asked,
        "holder": User.objects.filter(username=asked).first() if asked in people else None,
    }
    return render_lead(request, "leases.html", "leases", **context)


@require_POST
@members_only("is_lead")
def release_one(request: MemberRequest, assignment: UUID) -> HttpResponse:
    """End one lease."""

    def release(reason: str) -> str:
        lease = release_lease(request.project, request.user, assignment, reason)
        return _("Released: %(name)s no longer holds it.") % {"name": lease.person.get_username()}

    return act(request, release)


@require_POST
@members_only("is_lead")
def release_all(request: MemberRequest, person: UUID) -> HttpResponse:
    """End everything that one person holds."""
    holder = User.objects.filter(public_id=person, memberships__project=request.project).first()
    if holder is None:
        raise Http404

    def release(reason: str) -> str:
        ended = release_person(request.project, request.user, holder, reason)
        return ngettext("%(count)d lease of %(name)s ended.", "%(count)d leases of %(name)s ended.", ended) % {
            "count": ended,
            "name": holder.get_username(),
        }

    return act(request, release)


def act(request: MemberRequest, release: Callable[[str], str]) -> HttpResponse:
    """Release what the form is about, and say what became of it."""
    form = ReasonForm(request.POST)
    if not form.is_valid():
        messages.error(request, " ".join(str(error) for errors in form.errors.values() for error in errors))
    else:
        try:
            messages.success(request, release(form.cleaned_data["reason"]))
        except ProtocolError as error:
            messages.error(request, str(error))
    return redirect("labeling:leases", request.project.slug)
