"""One candidate with its timeline, and what a lead does to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from labeling.api.candidate_shapes import CandidateDetail, CandidateRow, EventRow, with_rows, write_picture
from labeling.api.form_input import check_types, read_form, shape_of
from labeling.api.paging import PageQuery, page_of, read_page
from labeling.api.shapes import Shape
from labeling.api.views import LeadView
from labeling.forms.inbox import ReasonForm, ReplaceForm
from labeling.lead.candidate import check_rules, list_rounds
from labeling.lead.timeline import tell_timeline
from labeling.models import Asset, Candidate, Event, Report
from labeling.models.batch import HIGHEST_NUMBER
from labeling.protocol.batches import batch_candidate
from labeling.protocol.hold import hold_candidate, reopen_candidate, replace_image, return_candidate, withdraw_candidate
from labeling.quality.report import newest_report
from labeling.quality.skills import tell_candidate

Why = shape_of(ReasonForm, "Why")
NewPicture = shape_of(ReplaceForm, "NewPicture")


class Into(Shape):
    """A batch by its number."""

    batch = serializers.IntegerField(min_value=0, max_value=HIGHEST_NUMBER)


class OneCandidate(LeadView):
    """What the views of one candidate share."""

    def find(self, candidate: UUID) -> Candidate:
        """A candidate of this project; raises Http404."""
        found = with_rows(Candidate.objects.filter(project=self.project, public_id=candidate)).first()
        if found is None:
            raise Http404
        return found

    def carry_out(self, candidate: UUID, act: Callable[[], object]) -> Response:
        """Do something to a candidate of this project, and write what it is afterwards."""
        act()
        return Response(CandidateRow.write(self.find(candidate)))


class CandidateView(OneCandidate):
    """One candidate."""

    @extend_schema(responses=CandidateDetail)
    def get(self, _request: Request, slug: str, candidate: UUID) -> Response:
        """The candidate with its task, every answer and every decision."""
        return Response(write_detail(self.find(candidate)))


class TimelineView(OneCandidate):
    """What happened to a candidate."""

    @extend_schema(parameters=[PageQuery], responses=page_of(EventRow))
    def get(self, request: Request, slug: str, candidate: UUID) -> Response:
        """Everything that happened to the candidate, newest first."""
        row = self.find(candidate)
        events = Event.objects.filter(candidate=row).select_related("actor")
        page, link = read_page(request, events, newest_first=True)
        told = [{**vars(line), "kind": event.kind} for event, line in zip(page, tell_timeline(row, page), strict=True)]
        return Response({"results": EventRow.write_all(told), "next": link})


class HoldView(OneCandidate):
    """Holding."""

    @extend_schema(request=Why, responses=CandidateRow)
    def post(self, request: Request, slug: str, candidate: UUID) -> Response:
        """Take a candidate out of the queue until it is returned."""
        self.find(candidate)
        why = read_form(request, ReasonForm, Why).cleaned_data["reason"]
        return self.carry_out(candidate, lambda: hold_candidate(candidate, self.person, why))


class BatchOneView(OneCandidate):
    """Which batch."""

    @extend_schema(request=Into, responses=CandidateRow)
    def post(self, request: Request, slug: str, candidate: UUID) -> Response:
        """Put a candidate into a batch, or with 0 into none."""
        self.find(candidate)
        number = check_types(Into, request.data)["batch"]
        return self.carry_out(candidate, lambda: batch_candidate(candidate, self.person, number))


class ReturnView(OneCandidate):
    """Putting back."""

    @extend_schema(request=None, responses=CandidateRow)
    def post(self, _request: Request, slug: str, candidate: UUID) -> Response:
        """Put a held or withdrawn candidate back to where its answers leave it."""
        self.find(candidate)
        return self.carry_out(candidate, lambda: return_candidate(candidate, self.person))


class WithdrawView(OneCandidate):
    """Withdrawing."""

    @extend_schema(request=Why, responses=CandidateRow)
    def post(self, request: Request, slug: str, candidate: UUID) -> Response:
        """Leave a candidate out of exports and settlement."""
        self.find(candidate)
        why = read_form(request, ReasonForm, Why).cleaned_data["reason"]
        return self.carry_out(candidate, lambda: withdraw_candidate(candidate, self.person, why))


class ReopenView(OneCandidate):
    """Reopening."""

    @extend_schema(request=Why, responses=CandidateRow)
    def post(self, request: Request, slug: str, candidate: UUID) -> Response:
        """Start a new round of a candidate."""
        self.find(candidate)
        why = read_form(request, ReasonForm, Why).cleaned_data["reason"]
        return self.carry_out(candidate, lambda: reopen_candidate(candidate, self.person, why))


class ReplaceView(OneCandidate):
    """Another picture."""

    parser_classes = [MultiPartParser]
    starts_work = True

    @extend_schema(request={"multipart/form-data": NewPicture}, responses=CandidateRow)
    def post(self, request: Request, slug: str, candidate: UUID) -> Response:
        """Give a candidate another image; what was answered starts a new round."""
        self.find(candidate)
        data = read_form(request, ReplaceForm, NewPicture).cleaned_data
        return self.carry_out(candidate, lambda: replace_image(candidate, self.person, data["image"], data["reason"]))


def write_detail(row: Candidate) -> dict[str, Any]:
    """Everything about one candidate."""
    assets = list(row.bundle.task.assets.select_related("image"))

    def pictures(role: Asset.Role) -> list[dict[str, Any] | None]:
        return [write_picture(row.project, asset.image) for asset in assets if asset.role == role and asset.image]

    more = {
        "points": [point.text for point in row.bundle.task.points.all()],
        "rules": check_rules(row),
        "references": pictures(Asset.Role.REFERENCE),
        "sources": pictures(Asset.Role.SOURCE),
        "rounds": list_rounds(row),
        "advisory": tell_candidate(newest_report(row.project, Report.Kind.PEOPLE), row),
    }
    for name, value in more.items():
        setattr(row, name, value)
    return CandidateDetail.write(row)
