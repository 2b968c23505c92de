"""One's own figures, from what is closed, and what one says to a concern about them."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from labeling.access import MemberRequest, members_only
from labeling.forms.concerns import ReplyForm
from labeling.lead.concerns import concerns_about, put_in_words
from labeling.models import Report
from labeling.protocol.concerns import answer_concern
from labeling.protocol.outcome import ProtocolError
from labeling.quality.people_figures import Person, read_own
from labeling.quality.report import newest_report
from labeling.views.deck import member_context
from labeling.views.person_files import send_person_chart, send_person_table, show_person


@require_GET
@members_only("can_label", "can_adjudicate")
def own_figures(request: MemberRequest) -> HttpResponse:
    """The figures of the day, the weeks, and the concerns about oneself."""
    report = newest_report(request.project, Report.Kind.PEOPLE)
    context = {
        "day": report.figures["own"]["day"] if report else None,
        **show_person(read_own(report, request.user)),
        "identified": bool(report and report.figures["own"]["identified"]),
        "concerns": put_in_words(concerns_about(request.project, request.user)),
    }
    return render(request, "labeling/own_figures.html", {**context, **member_context(request)})


@require_GET
@members_only("can_label", "can_adjudicate")
def table(request: MemberRequest, part: str) -> HttpResponseBase:
    """One's own figures or weeks as CSV."""
    return send_person_table(require_own(request), part, f"{request.project.slug}-my-{part}")


@require_GET
@members_only("can_label", "can_adjudicate")
def draw(request: MemberRequest, chart: str) -> HttpResponse:
    """One chart over one's own weeks as an SVG file to keep."""
    return send_person_chart(request, require_own(request), chart, f"{request.project.slug}-my-{chart}")


@require_POST
@members_only()
def reply(request: MemberRequest, concern: int) -> HttpResponse:
    """Say something to a concern about oneself, or something else while it is open."""
    form = ReplyForm(request.POST)
    if not form.is_valid():
        messages.error(request, " ".join(str(error) for errors in form.errors.values() for error in errors))
        return redirect("labeling:own_figures", request.project.slug)
    try:
        answer_concern(request.project, concern, request.user, form.cleaned_data["reply"])
        messages.success(request, _("The lead sees your reply beside the concern."))
    except ProtocolError as error:
        messages.error(request, str(error))
    return redirect("labeling:own_figures", request.project.slug)


def require_own(request: MemberRequest) -> Person:
    """What the newest report tells the person of themselves; raises Http404 where that is nothing."""
    shown = read_own(newest_report(request.project, Report.Kind.PEOPLE), request.user)
    if shown is None:
        raise Http404
    return shown
