"""Doing something to every candidate that a filter finds: a preview, then a job."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from labeling.access import MemberRequest, members_only
from labeling.browse.job import KIND, make_params
from labeling.browse.preview import preview
from labeling.forms.browse import BrowseForm
from labeling.forms.many import ACTS, ActForm, ManyForm
from labeling.models import Batch
from labeling.views.lead.browse import write_query
from labeling.views.lead.frame import render_lead, start_job


@require_http_methods(["GET", "HEAD", "POST"])
@members_only("is_lead")
def many(request: MemberRequest) -> HttpResponse:
    """What the act chosen would do to the candidates of the filter in the address; posted with a reason, the job that does it."""
    found = BrowseForm(request.GET, request.project)
    if not found.is_valid():
        return render_lead(request, "candidates.html", "candidates", 422, form=found, is_filtered=True)
    form = ManyForm(request.POST or None, request.project, initial={"act": read_act(request), "to": request.GET.get("to", "0")})
    if request.method == "POST" and form.is_valid():
        params = make_params(form.cleaned_data["act"], found.wanted(), form.cleaned_data["reason"].strip(), form.cleaned_data["to"])
        return start_job(request, KIND, params, _("The job is started."))
    act, asked = read_act(request), request.POST.get("to") or request.GET.get("to", "0")
    batch = Batch.objects.filter(project=request.project, number=int(asked)).first() if asked.isdecimal() and len(asked) < 6 else None
    context: dict[str, Any] = {
        "form": form,
        "acts": ActForm(None, request.project, initial={"act": act, "to": batch.number if batch else 0}),
        "batch": batch,
        "act": act,
        "act_name": dict(ACTS)[act],
        "preview": preview(request.project, found.wanted(), act, batch),
        "asked": found.describe(),
        "query": write_query(found),
        "params": found.wanted().as_params(),
    }
    return render_lead(request, "many.html", "candidates", 422 if form.is_bound else 200, **context)


def read_act(request: MemberRequest) -> Any:
    """The act the address or the form asks for; reopening where it asks for none there is."""
    asked = request.POST.get("act") or request.GET.get("act", "")
    return asked if asked in dict(ACTS) else ACTS[0][0]
