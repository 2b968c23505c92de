"""What the pages of judges share: they stand among the lead's own pages."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render

from judging.lead.judges import find_judge
from judging.models import Judge, JudgeRun
from judging.protocol.runs import find_run
from labeling.access import MemberRequest
from labeling.views.lead.frame import lead_context


def render_judging(request: MemberRequest, template: str, status: int = 200, **context: Any) -> HttpResponse:
    """One page, or a part of it (`page.html#part`)."""
    return render(request, f"judging/{template}", {**lead_context(request, "judges"), **context}, status=status)


def get_judge(request: MemberRequest, public_id: Any) -> Judge:
    """A judge of this project; raises Http404."""
    judge = find_judge(request.project, public_id)
    if judge is None:
        raise Http404
    return judge


def get_run(request: MemberRequest, public_id: Any) -> JudgeRun:
    """A run of this project; raises Http404."""
    run = find_run(request.project, public_id)
    if run is None:
        raise Http404
    return run
