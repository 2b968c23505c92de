"""Starting a run over all candidates, or over those that a filter finds."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from judging.forms.runs import RunForm
from judging.protocol.runs import plan_run
from judging.views.frame import render_judging
from labeling.access import MemberRequest, members_only
from labeling.browse.few import FEW
from labeling.browse.find import count_found
from labeling.browse.orders import ById
from labeling.forms.browse import BrowseForm
from labeling.protocol.outcome import ProtocolError
from labeling.views.lead.browse import write_query
from labeling.views.lead.frame import render_lead


@require_http_methods(["GET", "HEAD", "POST"])
@members_only("is_lead")
def new_run(request: MemberRequest) -> HttpResponse:
    """The form of a run over the candidates of the filter in the address; posted, the page of the run, which is being planned."""
    found = BrowseForm(request.GET, request.project)
    if not found.is_valid():
        return render_lead(request, "candidates.html", "candidates", 422, form=found, is_filtered=True)
    form = RunForm(request.POST or None, request.project, initial={"judge": request.GET.get("judge", "")})
    if request.method == "POST" and form.is_valid():
        try:
            run = plan_run(form.chosen(), request.user, found.wanted(), **form.how())
        except ProtocolError as error:
            form.add_error(None, str(error))
        else:
            return redirect("judging:run", request.project.slug, run.public_id)
    context: dict[str, Any] = {
        "form": form,
        "asked": found.describe(),
        "query": write_query(found),
        "count": count_found(request.project, found.wanted(), ById()),
        "few": FEW,
    }
    return render_judging(request, "new_run.html", 422 if form.is_bound else 200, **context)
