"""Hours per person, for pay."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.timezone import get_current_timezone_name
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from labeling.access import MemberRequest, members_only
from labeling.forms.hours import read_form
from labeling.lead.hours import PersonWork, Work, measure_work, sum_work
from labeling.views.lead.frame import read_page, render_lead, send_csv

PEOPLE_AT_ONCE = 25


@require_GET
@members_only("is_lead")
def hours(request: MemberRequest) -> HttpResponse:
    """What each person did in a range of days, and how long."""
    form = read_form(request.GET)
    if not form.is_valid():
        return render_lead(request, "hours.html", "hours", 422, form=form)
    people = measure_work(request.project, form.span())
    asked = {name: form[name].value() for name in ("first", "last", "by")}
    context: dict[str, Any] = {
        "people": read_page(request, people, PEOPLE_AT_ONCE),
        "total": sum_work(people),
        "by": form.cleaned_data["by"],
        "zone": get_current_timezone_name(),
        "query": "&".join(f"{name}={value}" for name, value in asked.items()),
    }
    return render_lead(request, "hours.html", "hours", form=form, **context)


@require_GET
@members_only("is_lead")
def hours_table(request: MemberRequest) -> HttpResponseBase:
    """The same as CSV, times in whole seconds."""
    form = read_form(request.GET)
    if not form.is_valid():
        raise Http404
    span = form.span()
    header = [
        *(_("person"), _("period from"), _("all answers"), _("primary answers"), _("adjudications")),
        *(_("kept, not counted"), _("void"), _("skips"), _("active seconds"), _("of these not counted")),
        *(_("answers without a measured time"), _("seconds from first to last, day by day")),
    ]
    name = f"{request.project.slug}-hours-{span.first.isoformat()}-{span.last.isoformat()}"
    return send_csv(name, header, list_cells(measure_work(request.project, span)))


def list_cells(people: list[PersonWork]) -> Iterator[list[Any]]:
    """One row per person and period."""
    for each in people:
        for start, work in each.periods.items():
            yield [each.person.get_username(), *describe(start, work)]


def describe(start: date, work: Work) -> list[Any]:
    """The cells of one period; an active time nobody measured is empty, not 0."""
    active = work.known_active
    counts = [work.all_answers, work.answers, work.adjudications, work.surplus, work.void, work.skips]
    times = ["", ""] if active is None else [seconds(active), seconds(work.active_uncounted)]
    return [start.isoformat(), *counts, *times, work.unmeasured, seconds(work.elapsed)]


def seconds(duration: timedelta) -> int:
    """Whole seconds."""
    return round(duration.total_seconds())
