"""Doing something to every candidate that a filter finds: a preview, then a job."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
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
    form = ManyForm(request.POST or None, request.project, initial={"act": read_act(request)})
    if request.method == "POST" and form.is_valid():
        params = make_params(form.cleaned_data["act"], found.wanted(), form.cleaned_data["reason"].strip(), form.cleaned_data["to"])
        return start_job(request, KIND, params)
    act = read_act(request)
    batch = find_batch(request, request.POST.get("to") or request.GET.get("to"))
    context: dict[str, Any] = {
        "form": form,
        "acts": ActForm(None, request.project, initial={"act": act, "to": batch.number if batch else 0}),
        "batch": batch,
        "act": act,
        "act_name": dict(ACTS)[act],
        "preview": preview(request.project, found.wanted(), act, batch if act == "batch" else None),
        "asked": found.describe(),
        "query": write_query(found),
        "params": found.wanted().as_params(),
        "change_query": write_query(found, act=act, **({"to": str(batch.number if batch else 0)} if act == "batch" else {})),
    }
    return render_lead(request, "many.html", "candidates", 422 if form.is_bound else 200, **context)


def find_batch(request: MemberRequest, asked: str | None) -> Batch | None:
    """The batch that is asked for by its number; where nothing is said the newest one that is open."""
    batches = Batch.objects.filter(project=request.project)
    if asked is None:
        return batches.filter(closed=False).order_by("-number").first()
    return batches.filter(number=int(asked)).first() if asked.isdecimal() and len(asked) < 6 else None


def read_act(request: MemberRequest) -> Any:
    """The act the address or the form asks for; reopening where it asks for none there is."""
    asked = request.POST.get("act") or request.GET.get("act", "")
    return asked if asked in dict(ACTS) else ACTS[0][0]
