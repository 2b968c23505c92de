"""A person's own progress."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from labeling.access import MemberRequest, members_only
from labeling.lead.concerns import concerns_about
from labeling.progress import list_voided, mark_replies_read, own_flags, read_progress
from labeling.views.deck import member_context


@require_GET
@members_only()
def progress(request: MemberRequest) -> HttpResponse:
    """What this person did, how fast, what is left at most, what was voided, and the replies to their flags."""
    context = {
        "progress": read_progress(request.project, request.user),
        "voided": list_voided(request.project, request.user),
        "flags": own_flags(request.project, request.user)[:50],
        "open_concerns": concerns_about(request.project, request.user).filter(closed_at=None).count(),
    }
    return render(request, "labeling/progress.html", {**context, **member_context(request)})


@require_POST
@members_only()
def read_replies(request: MemberRequest) -> HttpResponse:
    """Mark the replies to one's flags as read."""
    mark_replies_read(request.project, request.user)
    return redirect("labeling:progress", request.project.slug)
