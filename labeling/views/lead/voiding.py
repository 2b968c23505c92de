"""Voiding a person's answers by range: a dry run first, then a job."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from labeling.access import MemberRequest, members_only
from labeling.forms.voiding import RangeForm, VoidForm
from labeling.jobs.void_answers import VOID
from labeling.lead.voiding import list_counts, preview_voiding
from labeling.models import Job, Membership
from labeling.views.lead.frame import render_lead, start_job


@require_http_methods(["GET", "HEAD", "POST"])
@members_only("is_lead")
def void(request: MemberRequest) -> HttpResponse:
    """The form, what voiding would do, and the button that does it: looking needs no reason."""
    form = RangeForm(request.project, request.POST or None, initial={"person": request.GET.get("person")})
    if request.method != "POST" or not form.is_valid():
        return render_lead(request, "void.html", "hours", 422 if form.is_bound else 200, form=form, jobs=list_jobs(request))
    is_refused = False
    if "confirm" in request.POST:
        sure = VoidForm(request.project, request.POST)
        is_refused = not sure.is_valid()
        if not is_refused and sure.cleaned_data["before"] is not None:
            return start_job(request, VOID, sure.params(), _("The answers are being voided; this page shows how far it is."))
    return show_preview(request, form, is_refused)


def show_preview(request: MemberRequest, form: RangeForm, is_refused: bool) -> HttpResponse:
    """What voiding the range of the valid `form` would do, with the form that asks for the reason; it says what was refused."""
    now = timezone.now()
    preview = preview_voiding(request.project, form.wanted(now))
    sent = {**request.POST.dict(), "before": now.isoformat()}
    person = form.cleaned_data["person"]
    context: dict[str, Any] = {
        "preview": preview,
        "effects": list_counts(preview.effects),
        "refused": list_counts(preview.refused),
        "sure": VoidForm(request.project, sent if is_refused else None, initial=sent, auto_id="sure-%s"),
        "still_labels": Membership.objects.active().filter(project=request.project, person=person, can_label=True).exists(),
        "name": form.person_name(),
    }
    return render_lead(request, "void.html", "hours", 422 if is_refused else 200, form=form, jobs=list_jobs(request), **context)


def list_jobs(request: MemberRequest) -> list[Job]:
    """The last times answers were voided here."""
    return list(Job.objects.filter(project=request.project, kind=VOID).select_related("created_by", "export").order_by("-pk")[:10])
