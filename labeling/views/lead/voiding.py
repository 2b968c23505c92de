"""Voiding a person's answers by range: a dry run first, then a job."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from labeling.access import MemberRequest, members_only
from labeling.forms.voiding import VoidForm
from labeling.jobs.void_answers import VOID
from labeling.lead.voiding import list_counts, preview_voiding
from labeling.models import Job
from labeling.views.lead.frame import render_lead, start_job


@require_http_methods(["GET", "HEAD", "POST"])
@members_only("is_lead")
def void(request: MemberRequest) -> HttpResponse:
    """The form, what voiding would do, and the button that does it."""
    form = VoidForm(request.project, request.POST or None, initial={"person": request.GET.get("person")})
    if request.method != "POST" or not form.is_valid():
        return render_lead(request, "void.html", "hours", 422 if form.is_bound else 200, form=form, jobs=list_jobs(request))
    before = form.cleaned_data["before"]
    if "confirm" in request.POST and before is not None:
        return start_job(request, VOID, form.params(), _("The answers are being voided; this page shows how far it is."))
    now = timezone.now()
    preview = preview_voiding(request.project, form.wanted(now))
    sure = VoidForm(request.project, {**request.POST.dict(), "before": now.isoformat()}, auto_id="sure-%s")
    context: dict[str, Any] = {
        "preview": preview,
        "effects": list_counts(preview.effects),
        "refused": list_counts(preview.refused),
        "sure": sure,
    }
    return render_lead(request, "void.html", "hours", form=form, name=form.person_name(), jobs=list_jobs(request), **context)


def list_jobs(request: MemberRequest) -> list[Job]:
    """The last times answers were voided here."""
    return list(Job.objects.filter(project=request.project, kind=VOID).select_related("created_by", "export").order_by("-pk")[:10])
