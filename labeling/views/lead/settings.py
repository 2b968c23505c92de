"""A project's settings and guideline, with the history of their changes."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from labeling.access import MemberRequest, members_only
from labeling.forms.project import GuidelineForm, SettingsForm
from labeling.lead.readers import list_readers
from labeling.lead.sentences import tell_history
from labeling.models import Event, Guideline, Project
from labeling.protocol.outcome import ProtocolError
from labeling.protocol.projects import change_settings, effect_of, publish_guideline
from labeling.views.lead.frame import read_page, render_lead

ABOUT_THE_PROJECT = [
    Event.Kind.PROJECT_CREATED,
    Event.Kind.SETTINGS_CHANGED,
    Event.Kind.SUGGESTIONS_STOPPED,
    Event.Kind.ARCHIVED,
    Event.Kind.BROUGHT_BACK,
    Event.Kind.MEMBER_CHANGED,
    Event.Kind.BATCH_CHANGED,
    Event.Kind.INVITATION_MADE,
    Event.Kind.INVITATION_REVOKED,
    Event.Kind.GUIDELINE_PUBLISHED,
    Event.Kind.EXAMPLES_ORDERED,
]
HISTORY_SIZE = 30


@require_http_methods(["GET", "HEAD", "POST"])
@members_only("is_lead")
def settings(request: MemberRequest) -> HttpResponse:
    """Show the settings with what a change of each does, and store changes."""
    # A row of its own: a form that is refused leaves its values on it, and the page would show them as the project's.
    form = SettingsForm(request.POST or None, instance=Project.objects.get(pk=request.project.pk))
    if request.method == "POST" and form.is_valid():
        effects = change_settings(request.project, request.user, form.changes())
        for effect in dict.fromkeys(effects.values()):
            messages.success(request, _("Saved. %(effect)s") % {"effect": _(effect)})
        if not effects:
            messages.info(request, _("Nothing was changed."))
        return redirect("labeling:settings", request.project.slug)
    # Of a pause, what ending it would do while there is one.
    fields = [(field, effect_of(field.name, not request.project.paused)) for field in form]
    events = Event.objects.filter(project=request.project, kind__in=ABOUT_THE_PROJECT).select_related("actor").order_by("-pk")
    page = read_page(request, events, HISTORY_SIZE)
    context: dict[str, Any] = {"form": form, "fields": fields, "history": tell_history(page), "page": page}
    return render_lead(request, "settings.html", "settings", status=422 if form.is_bound else 200, **context)


@require_GET
@members_only("is_lead")
def about(request: MemberRequest) -> HttpResponse:
    """What each setting is for, at length."""
    return render_lead(request, "about_settings.html", "settings")


@require_http_methods(["GET", "HEAD", "POST"])
@members_only("is_lead")
def guideline(request: MemberRequest) -> HttpResponse:
    """Show the guideline in force for editing, and publish the next version."""
    versions = Guideline.objects.filter(project=request.project).order_by("-number")
    newest = versions.first()
    number = newest.number if newest else 0
    form = GuidelineForm(request.POST or None, initial={"body": newest.body if newest else "", "based_on": number, "must_read": True})
    if request.method == "POST" and form.is_valid():
        try:
            published = publish_guideline(request.project, request.user, **form.cleaned_data)
        except ProtocolError as error:
            form.add_error("body" if error.code == "same_guideline" else None, str(error))
        else:
            messages.success(request, tell_published(published))
            return redirect("labeling:edit_guideline", request.project.slug)
    context: dict[str, Any] = {"form": form, "newest": newest, "number": number, "versions": versions[:50]}
    context["readers"] = list_readers(request.project)
    return render_lead(request, "guideline.html", "settings", status=422 if form.is_bound else 200, **context)


def tell_published(guideline: Guideline) -> str:
    """What publishing a version does to everybody's work."""
    if guideline.body and guideline.must_read:
        text = _("Version %(number)d is published. Everybody reads it before they take new work; what they hold they finish.")
    else:
        text = _("Version %(number)d is published. Nobody is asked to read it.")
    return text % {"number": guideline.number}
