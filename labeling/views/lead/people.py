"""What is told of people: everybody by name, one person with everything, tables, charts, and closing a concern."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from labeling.access import MemberRequest, members_only
from labeling.forms.concerns import ClosingForm
from labeling.lead.concerns import concerns_about, count_by_person, find_open, put_in_words
from labeling.models import Membership, Report, User
from labeling.protocol.concerns import close_concern
from labeling.quality.people_charts import Dots, draw_dots
from labeling.quality.people_figures import HEADER, IN_TABLE, KINDS, Person, list_people, list_table, read_person
from labeling.quality.report import newest_report
from labeling.views.lead.frame import render_lead, send_csv
from labeling.views.lead.inbox import settle
from labeling.views.person_files import send_person_chart, send_person_table, send_svg, show_person

CHARTS = {"accept-rate": "accept_rate", "pace": "pace"}


@require_GET
@members_only("is_lead")
def people(request: MemberRequest) -> HttpResponse:
    """Everybody with the main figures, by name."""
    report = find_report(request)
    rows = list_people(report) if report else []
    concerns = count_by_person(request.project)
    context: dict[str, Any] = {
        "report": report,
        "rows": [(row, concerns.get(row.user.pk, 0)) for row in rows],
        "heads": [KINDS[name] for name in IN_TABLE],
        "skills": report.figures["skills"] if report else None,
        "charts": [(slug, KINDS[name], draw_dots(rows, name)) for slug, name in CHARTS.items()],
    }
    return render_lead(request, "people.html", "people", **context)


@require_GET
@members_only("is_lead")
def table(request: MemberRequest) -> HttpResponseBase:
    """Everybody's figures as CSV."""
    return send_csv(f"{request.project.slug}-people", HEADER, list_table(list_people(require_report(request))))


@require_GET
@members_only("is_lead")
def draw(request: MemberRequest, chart: str) -> HttpResponse:
    """One chart of everybody as an SVG file to keep."""
    if chart not in CHARTS:
        raise Http404
    name = CHARTS[chart]
    dots: Dots = draw_dots(list_people(require_report(request)), name)
    return send_svg(request, "people_dots", f"{request.project.slug}-people-{chart}", {"chart": dots, "kind": KINDS[name]})


@require_GET
@members_only("is_lead")
def person(request: MemberRequest, person: UUID) -> HttpResponse:
    """One person with every figure, the weeks, and the concerns."""
    user, report = find_user(request, person), find_report(request)
    context = {
        "report": report,
        "who": user,
        **show_person(read_person(report, user)),
        "identified": bool(report and report.figures["skills"]["identified"]),
        "concerns": put_in_words(concerns_about(request.project, user)),
    }
    return render_lead(request, "person.html", "people", **context)


@require_GET
@members_only("is_lead")
def person_table(request: MemberRequest, person: UUID, part: str) -> HttpResponseBase:
    """The figures or the weeks of one person as CSV."""
    shown = require_person(request, person)
    return send_person_table(shown, part, f"{request.project.slug}-{shown.name}-{part}")


@require_GET
@members_only("is_lead")
def person_chart(request: MemberRequest, person: UUID, chart: str) -> HttpResponse:
    """One chart over the weeks of one person as an SVG file to keep."""
    shown = require_person(request, person)
    return send_person_chart(request, shown, chart, f"{request.project.slug}-{shown.name}-{chart}")


@require_POST
@members_only("is_lead")
def close(request: MemberRequest, concern: int) -> HttpResponse:
    """Close a concern with a remark that the person reads."""
    form, row = ClosingForm(request.POST), find_open(request.project, concern)

    def close_it() -> object:
        return close_concern(request.project, concern, request.user, form.cleaned_data["closing"])

    reply = settle(request, "concerns", row, form, close_it, _("Closed"))
    if row is not None and request.POST.get("back") == "person" and not request.htmx:
        return redirect("labeling:person", request.project.slug, row.person.public_id)
    return reply


def find_report(request: MemberRequest) -> Report | None:
    """The newest report of people; None while there is none."""
    return newest_report(request.project, Report.Kind.PEOPLE)


def require_report(request: MemberRequest) -> Report:
    """The newest report of people; raises Http404 while there is none."""
    report = find_report(request)
    if report is None:
        raise Http404(_("Nothing has been measured yet."))
    return report


def find_user(request: MemberRequest, person: UUID) -> User:
    """A member of the project, or a former one; raises Http404."""
    membership = Membership.objects.filter(project=request.project, person__public_id=person).select_related("person").first()
    if membership is None:
        raise Http404
    return membership.person


def require_person(request: MemberRequest, person: UUID) -> Person:
    """What the newest report tells of a member; raises Http404 where that is nothing."""
    shown = read_person(require_report(request), find_user(request, person))
    if shown is None:
        raise Http404
    return shown
