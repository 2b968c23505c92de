"""Background jobs of a project: the list, one job while it runs, and its report."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from labeling.access import MemberRequest, members_only
from labeling.browse.job import KIND
from labeling.forms.browse import BrowseForm
from labeling.forms.imports import LineFilterForm
from labeling.jobs.kinds import INNER
from labeling.jobs.queue import request_cancel
from labeling.lead.report import COLUMNS, count_codes, count_outcomes, filter_lines, find_subjects, group_problems, list_cells, render_json
from labeling.models import ImportConflict, Job
from labeling.views.lead.frame import read_page, render_lead, send_csv

PAGE_SIZE, LINES = 30, 100
STOP_POLLING = 286  # htmx's own: swap this one in and ask no more


@require_GET
@members_only("is_lead")
def jobs(request: MemberRequest) -> HttpResponse:
    """Every job of the project, newest first, but those that are parts of something with a page of its own."""
    rows = Job.objects.filter(project=request.project).exclude(kind__in=INNER).select_related("created_by", "export").order_by("-pk")
    return render_lead(request, "jobs.html", "jobs", jobs=read_page(request, rows, PAGE_SIZE))


@require_GET
@members_only("is_lead")
def job(request: MemberRequest, job: UUID) -> HttpResponse:
    """One job: its progress while it runs, its report, and what it came to."""
    row = find_job(request, job)
    return render_lead(request, "job.html", "jobs", **job_context(request, row), **describe_act(request, row))


@require_GET
@members_only("is_lead")
def job_status(request: MemberRequest, job: UUID) -> HttpResponse:
    """The part of the job's page that changes, with the counts of the navigation: 204 while nothing did, 286 once it has ended."""
    row = find_job(request, job)
    if is_ended(row):
        return render_lead(request, "job.html#update", "jobs", STOP_POLLING, **job_context(request, row))
    if request.GET.get("seen") == make_version(row):
        return HttpResponse(status=204)
    return render_lead(request, "job.html#update", "jobs", **job_context(request, row))


@require_POST
@members_only("is_lead")
def cancel_job(request: MemberRequest, job: UUID) -> HttpResponse:
    """Ask the job to stop; it leaves things whole and ends at its next step."""
    row = find_job(request, job)
    if is_ended(row):
        messages.info(request, _("This job has ended already."))
    else:
        request_cancel(row.pk)
        messages.success(request, _("The job is asked to stop."))
    return redirect("labeling:job", request.project.slug, job)


@require_GET
@members_only("is_lead")
def report(request: MemberRequest, job: UUID, extension: str) -> HttpResponseBase:
    """The report's lines, filtered as on the page, as a CSV or JSON file."""
    row = find_job(request, job)
    lines = filter_lines(row, read_filter(request, row).wanted())
    name = f"{request.project.slug}-{row.kind}-{row.pk}"
    if extension == "csv":
        return send_csv(name, COLUMNS, list_cells(lines))
    response = StreamingHttpResponse(render_json(row, lines), content_type="application/json")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.json"'
    return response


def describe_act(request: MemberRequest, row: Job) -> dict[str, Any]:
    """To which candidates a job does something, and into which batch it puts them, in words; nothing for other jobs."""
    if row.kind != KIND:
        return {}
    form = BrowseForm(row.params["wanted"], request.project)
    asked = [(str(form.fields[name].label), form.name_value(name, value)) for name, value in row.params["wanted"].items()]
    return {"asked": asked, "batch": form.batch_names.get(row.params.get("batch", 0), "")}


def job_context(request: MemberRequest, row: Job) -> dict[str, Any]:
    """What the page of a job shows; the lines only once it has ended, because they would move while one reads."""
    form, ended = read_filter(request, row), is_ended(row)
    lines = filter_lines(row, form.wanted())
    asked = request.GET.copy()
    asked.pop("page", None)
    asked.pop("seen", None)
    problems = group_problems(row) if ended and not asked else []
    page = read_page(request, lines, LINES) if ended else None
    shown = [*(page or []), *(line for group in problems for line in group.examples)]
    return {
        "job": row,
        "is_ended": ended,
        "version": make_version(row),
        "outcomes": count_outcomes(row),
        "problems": problems,
        "filter": form,
        "lines": page,
        "subjects": find_subjects(row, shown),
        "query": asked.urlencode(),
        "conflicts": ImportConflict.objects.filter(job=row, state=ImportConflict.State.OPEN).count() if ended else 0,
    }


def read_filter(request: MemberRequest, row: Job) -> LineFilterForm:
    """The filter the address asks for."""
    return LineFilterForm(request.GET, count_outcomes(row), count_codes(row))


def make_version(row: Job) -> str:
    """Changes whenever the page of a running job would."""
    return f"{row.state}-{row.attempt}-{row.done}-{row.total}-{row.cancel_requested}"


def is_ended(row: Job) -> bool:
    """Whether the job will change no more."""
    return row.state in (Job.State.DONE, Job.State.FAILED, Job.State.CANCELLED)


def find_job(request: MemberRequest, job: UUID) -> Job:
    """A job of this project; raises Http404."""
    found = Job.objects.filter(project=request.project, public_id=job).select_related("created_by").first()
    if found is None:
        raise Http404
    return found
