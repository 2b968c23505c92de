"""The model versions of a project, and which of them people are shown."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from labeling.access import MemberRequest, members_only
from labeling.forms.suggestions import VersionForm
from labeling.lead.suggestions import count_drawn, list_versions
from labeling.protocol.outcome import ProtocolError
from labeling.protocol.suggestions import use_version
from labeling.views.lead.frame import render_lead


@require_GET
@members_only("is_lead")
def suggestions(request: MemberRequest) -> HttpResponse:
    """What each version has said, what was drawn, and the policy in force."""
    versions = list_versions(request.project)
    context: dict[str, Any] = {"versions": versions, "drawn": count_drawn(request.project)}
    return render_lead(request, "suggestions.html", "suggestions", **context)


@require_POST
@members_only("is_lead")
def use(request: MemberRequest) -> HttpResponse:
    """Show the suggestions of another version from now on."""
    form = VersionForm(request.POST)
    try:
        if form.is_valid():
            use_version(request.project, request.user, form.cleaned_data["version"])
            messages.success(request, _("In use. It applies to candidates nobody has taken yet."))
        else:
            messages.error(request, _("Choose a version."))
    except ProtocolError as error:
        messages.error(request, str(error))
    return redirect("labeling:suggestions", request.project.slug)
