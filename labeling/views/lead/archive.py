"""Putting a project away, and bringing it back."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from labeling.access import MemberRequest, members_only
from labeling.models import Project, User
from labeling.protocol.archive import archive_project, bring_back_project
from labeling.protocol.outcome import ProtocolError


@require_POST
@members_only("is_lead")
def archive(request: MemberRequest) -> HttpResponse:
    """Put the project away."""
    return carry_out(request, archive_project, _("The project is archived. You find it below your other projects."))


@require_POST
@members_only("is_lead")
def bring_back(request: MemberRequest) -> HttpResponse:
    """Bring the project back."""
    return carry_out(request, bring_back_project, _("The project is back. People find it again."))


def carry_out(request: MemberRequest, act: Callable[[Project, User], None], done: str) -> HttpResponse:
    """Do `act` and show the project again."""
    try:
        act(request.project, request.user)
    except ProtocolError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, done)
    return redirect("labeling:project", request.project.slug)
