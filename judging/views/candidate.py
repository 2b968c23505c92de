"""What the judges made of one candidate: for its lead, and for its adjudicator after the blind answer."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET

from judging.lead.calls import say_outcome
from judging.lead.candidate_rows import HEADER, list_score_rows
from judging.lead.candidate_scores import read_scores
from judging.lead.revealed_scores import read_revealed
from judging.lead.words import name_part
from judging.models import Call
from labeling.access import MemberRequest, members_only
from labeling.lead.candidate import find_decision
from labeling.models import Assignment, Candidate
from labeling.protocol.adjudicate import read_reveal
from labeling.protocol.outcome import ProtocolError
from labeling.views.deck import page_context
from labeling.views.lead.candidate import find_candidate
from labeling.views.lead.frame import lead_context, send_csv


@require_GET
@members_only("is_lead")
def candidate_scores(request: MemberRequest, candidate: UUID) -> HttpResponse:
    """The judges side by side, as a part of the candidate's page or as a page of its own."""
    row = find_candidate(request, candidate)
    context = {"project": request.project, "candidate": row, "scores": read_scores(row), "decision": find_decision(row)}
    if request.htmx:
        return render(request, "judging/scores.html#scores", context)
    return render(request, "judging/scores.html", {**lead_context(request, "candidates"), **context})


@require_GET
@members_only("is_lead")
def candidate_table(request: MemberRequest, candidate: UUID) -> HttpResponseBase:
    """The same as CSV, one row for each judge version and concept or point."""
    row = find_candidate(request, candidate)
    return send_csv(f"{request.project.slug}-scores-{row.public_id}", HEADER, list_score_rows(read_scores(row)))


@require_GET
@members_only("is_lead")
def raw_replies(request: MemberRequest, candidate: UUID) -> HttpResponse:
    """What the judges replied about the candidate and its bundle, word for word."""
    row = find_candidate(request, candidate)
    context = {"project": request.project, "candidate": row, "replies": list_replies(row)}
    if request.htmx:
        return render(request, "judging/replies.html#replies", context)
    return render(request, "judging/replies.html", {**lead_context(request, "candidates"), **context})


def list_replies(candidate: Candidate) -> list[tuple[Call, str, str]]:
    """The calls that stand about a candidate and its bundle, newest version of each judge first; each with its part and what was wrong."""
    # What was said of the bundle was said of submitted samples.
    about = Q(candidate=candidate) | Q(candidate=None) if candidate.is_submitted_sample else Q(candidate=candidate)
    rows = Call.objects.filter(about, bundle=candidate.bundle_id, superseded_at=None)
    calls = rows.select_related("judge", "run").order_by("judge__name", "-judge__version", "part", "chunk", "-pk")
    return [(call, name_part(call.part), say_outcome(call)) for call in calls]


@require_GET
@members_only("can_adjudicate")
def revealed_scores(request: MemberRequest, assignment: UUID) -> HttpResponse:
    """What the judges made of the picture that the person has adjudicated blind; 404 wherever both answers are not shown either."""
    try:
        read_reveal(assignment, request.user)
    except ProtocolError as hidden:
        raise Http404 from hidden
    rows = Assignment.objects.filter(project=request.project, public_id=assignment)
    row = rows.select_related("candidate__bundle__task", "candidate__deliverable", "image").first()
    if row is None:
        raise Http404
    scores = read_revealed(row)
    if request.htmx and scores.is_empty:
        return HttpResponse(status=204)
    context = {"project": request.project, "scores": scores, "assignment": row}
    if request.htmx:
        return render(request, "judging/revealed.html#scores", context)
    return render(request, "judging/revealed.html", page_context(request, page="adjudicate", **context))
