"""The project page: where everything stands."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from labeling.access import MemberRequest, members_only
from labeling.lead.charts import draw_throughput
from labeling.lead.decided import count_decided
from labeling.lead.forecast import forecast
from labeling.lead.people import find_shortages, list_workers
from labeling.lead.states import count_states, count_unripe
from labeling.lead.throughput import count_days
from labeling.lead.workload import find_exclusions, read_workload
from labeling.models import Export, Guideline, Job, Task
from labeling.protocol.projects import change_settings
from labeling.quality.figures import read_overall
from labeling.quality.measure import FEWEST_PAIRS
from labeling.quality.report import newest_report
from labeling.views.lead.frame import render_lead, send_csv

RECENT = 5


@require_GET
@members_only("is_lead")
def project(request: MemberRequest) -> HttpResponse:
    """States, throughput, people, agreement, imports and exports, and what waits in the inbox."""
    here = request.project
    decided = count_decided(here)
    workers, days = list_workers(here), count_days(here, decided)
    report = newest_report(here)
    present = [worker.membership for worker in workers if worker.membership.active]
    shortages, exclusions = find_shortages(here, present), find_exclusions(here, present)
    guideline = Guideline.objects.filter(project=here).order_by("-number").first()
    context: dict[str, Any] = {
        "states": count_states(here),
        "unripe": count_unripe(here),
        "chart": draw_throughput(days),
        "week": sum(day.answers for day in days[-7:]),
        "days": [day for day in reversed(days) if day.answers or day.decided],
        "workers": workers,
        "shortages": shortages,
        "exclusions": exclusions,
        "blocked": sum(exclusion.count for exclusion in exclusions),
        "forecast": forecast(read_workload(here, shortages, decided), days),
        "in_hand": sum(worker.held for worker in workers),
        "agreement": read_overall(report.figures) if report else None,
        "measured_at": report.made_at if report else None,
        "fewest": FEWEST_PAIRS,
        "imports": Job.objects.filter(project=here, kind__startswith="import_").select_related("created_by").order_by("-pk")[:RECENT],
        "exports": Export.objects.filter(project=here).select_related("job__created_by").order_by("-pk")[:RECENT],
        "task_count": Task.objects.filter(project=here).count(),
        "has_guideline": bool(guideline and guideline.body.strip()),
    }
    return render_lead(request, "project.html", "project", **context)


@require_POST
@members_only("is_lead")
def pause(request: MemberRequest) -> HttpResponse:
    """Pause the project, or let it go on; the form says which, so that sending it twice does no more than sending it once."""
    is_paused = request.POST.get("paused") == "yes"
    change_settings(request.project, request.user, {"paused": is_paused})
    done = _("Paused: nobody is given anything new.") if is_paused else _("The project goes on: people are given candidates again.")
    messages.success(request, done)
    return redirect("labeling:project", request.project.slug)


@require_GET
@members_only("is_lead")
def states_table(request: MemberRequest) -> HttpResponseBase:
    """States by category and generator as CSV, one row per generator and category."""
    table = count_states(request.project)
    header = [_("category"), _("generator"), *(state.label for state in table.states), _("total")]
    rows = ([group.category.name, row.name, *row.counts, row.total] for group in table.groups for row in group.generators)
    return send_csv(f"{request.project.slug}-states", header, rows)


@require_GET
@members_only("is_lead")
def throughput_table(request: MemberRequest) -> HttpResponseBase:
    """Throughput per day as CSV."""
    header = [_("day"), _("primary answers"), _("adjudications"), _("candidates decided")]
    rows = ([day.day.isoformat(), day.primary, day.adjudications, day.decided] for day in count_days(request.project))
    return send_csv(f"{request.project.slug}-throughput", header, rows)


@require_GET
@members_only("is_lead")
def throughput_chart(request: MemberRequest) -> HttpResponse:
    """The chart of answers per day as an SVG file to keep."""
    chart = draw_throughput(count_days(request.project))
    response = render(request, "labeling/lead/throughput.svg", {"chart": chart, "alone": True}, content_type="image/svg+xml")
    response.headers["Content-Disposition"] = f'attachment; filename="{request.project.slug}-throughput.svg"'
    return response


@require_GET
@members_only("is_lead")
def people_table(request: MemberRequest) -> HttpResponseBase:
    """Who works here as CSV."""
    header = [_("person"), _("annotator"), _("adjudicator"), _("lead"), _("active")]
    header += [_("counted today"), _("counted in all"), _("surplus"), _("void"), _("in hand"), _("last seen")]
    rows = (
        [
            worker.person.get_username(),
            *(int(right) for right in (worker.membership.can_label, worker.membership.can_adjudicate, worker.membership.is_lead)),
            int(worker.membership.active),
            worker.today,
            worker.total,
            worker.surplus,
            worker.void,
            worker.held,
            worker.last_seen.isoformat() if worker.last_seen else "",
        ]
        for worker in list_workers(request.project)
    )
    return send_csv(f"{request.project.slug}-people", header, rows)
