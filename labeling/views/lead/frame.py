"""What all pages of a lead share: the second navigation with its counts, and how an action answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render

from labeling.access import MemberRequest
from labeling.jobs.kinds import INNER
from labeling.jobs.queue import create_job
from labeling.lead.inbox import InboxCounts, count_inbox, list_tabs
from labeling.lead.tables import render_csv
from labeling.models import Job
from labeling.protocol.outcome import ProtocolError
from labeling.views.deck import member_context


def lead_context(request: MemberRequest, section: str, inbox: InboxCounts | None = None) -> dict[str, Any]:
    """Project, rights, the counts of the navigation, and which of its entries this page belongs to; `inbox` where it is counted already."""
    running = Job.objects.filter(project=request.project, state__in=[Job.State.QUEUED, Job.State.RUNNING]).exclude(kind__in=INNER).count()
    inbox = inbox or count_inbox(request.project)
    return {**member_context(request), "inbox": inbox, "tabs": list_tabs(inbox), "running_jobs": running, "section": section}


def render_lead(request: MemberRequest, template: str, section: str, status: int = 200, **context: Any) -> HttpResponse:
    """One page of a lead, or a part of it (`page.html#part`)."""
    return render(request, f"labeling/lead/{template}", {**lead_context(request, section, context.get("inbox")), **context}, status=status)


def start_job(request: MemberRequest, kind: str, params: dict[str, Any], said: str = "") -> HttpResponse:
    """Start a job and go to its page, which says how far it is; where that is refused, back to the form with the reason."""
    try:
        job = create_job(request.project, kind, params, request.user)
    except ProtocolError as error:
        messages.error(request, str(error))
        return redirect(request.get_full_path())
    if said:
        messages.success(request, said)
    return redirect("labeling:job", request.project.slug, job.public_id)


def act(request: MemberRequest, do: Callable[[], object], said: str, *page: Any) -> HttpResponse:
    """Do something and go to `page`, which says what came of it: `said`, or why it was refused."""
    try:
        do()
    except ProtocolError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, said)
    return redirect(*page)


def read_page(request: MemberRequest, rows: QuerySet[Any] | Sequence[Any], size: int) -> Page[Any]:
    """The page of `rows` that the address asks for; a number out of range gives the nearest one."""
    return Paginator(rows, size).get_page(request.GET.get("page"))


def send_csv(name: str, header: Sequence[Any], rows: Iterable[Sequence[Any]]) -> StreamingHttpResponse:
    """A table as a CSV file to keep."""
    response = StreamingHttpResponse(render_csv(header, rows), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response
