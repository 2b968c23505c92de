"""Finding candidates, and doing the same to all that a filter finds: the form, the orders and the job of the pages."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from labeling.api.candidate_shapes import CandidateRow, with_rows
from labeling.api.form_input import check_form, check_types, shape_of
from labeling.api.jobs import JobShape
from labeling.api.paging import PageQuery, link_on, no_cursor, page_of, read_place
from labeling.api.shapes import CountShape, Shape, StrictShape
from labeling.api.views import LeadView
from labeling.browse.find import find_page
from labeling.browse.job import KIND, make_params
from labeling.browse.orders import ORDERS, Key, Order, read_key, write_key
from labeling.browse.preview import preview
from labeling.browse.wanted import Wanted
from labeling.forms.browse import BrowseForm
from labeling.forms.many import ActForm, ManyForm
from labeling.jobs.queue import create_job
from labeling.models import Batch, Candidate, Project

# Without the order: what is done to many candidates is done in the order they were made in.
Filter = shape_of(BrowseForm, "CandidateFilter", ("order",), base=StrictShape)
Browsing = shape_of(BrowseForm, "Browsing", base=StrictShape)
Acting = shape_of(ActForm, "Acting")
ActingForReason = shape_of(ManyForm, "ActingForReason")


class CandidateQuery(Browsing, PageQuery):  # type: ignore[misc,valid-type] # a class made of a form
    """Which candidates, in which order; each filter may be left out."""


class Many(Acting):  # type: ignore[misc,valid-type] # a class made of a form
    """What to do to every candidate that the filter finds; `{}` finds all of the project."""

    filter = Filter()


class StartMany(ActingForReason):  # type: ignore[misc,valid-type] # a class made of a form
    """What to do to every candidate that the filter finds, and why: each keeps the reason in its timeline."""

    filter = Filter()


class ManyPreview(Shape):
    """Of the candidates looked at, how many would change and how many stay; not `is_whole`: more match than were looked at."""

    changed = serializers.IntegerField()
    refused = CountShape(many=True)
    is_whole = serializers.BooleanField()


class CandidatesView(LeadView):
    """The candidates of a project."""

    @extend_schema(parameters=[CandidateQuery], responses=page_of(CandidateRow))
    def get(self, request: Request, slug: str) -> Response:
        """Candidates that match, in order; where few match, a page may be short or empty and have a next one all the same."""
        asked = check_types(CandidateQuery, request.query_params)
        form = check_form(BrowseForm(asked, self.project))
        order = ORDERS[form.chosen_order]
        after = read_after(order, asked["cursor"]) if "cursor" in asked else None
        found = find_page(self.project, form.wanted(), order, after=after, size=asked["limit"])
        rows = with_rows(Candidate.objects.filter(pk__in=found.ids)).in_bulk()
        link = link_on(request, write_key(found.later)) if found.later else None
        return Response({"results": CandidateRow.write_all(rows[pk] for pk in found.ids if pk in rows), "next": link})


class ManyPreviewView(LeadView):
    """A look before doing something to many candidates."""

    @extend_schema(request=Many, responses=ManyPreview)
    def post(self, request: Request, slug: str) -> Response:
        """What an act would do to the candidates that match; nothing is changed."""
        asked = check_types(Many, request.data)
        form = check_form(ActForm(asked, self.project))
        batch = Batch.objects.filter(project=self.project, number=int(form.cleaned_data["to"])).first()
        seen = preview(self.project, read_filter(self.project, asked), form.cleaned_data["act"], batch)
        refused = [{"code": refusal.value, "message": refusal.label, "count": count} for refusal, count in seen.refused]
        return Response(ManyPreview.write({"changed": seen.changed, "refused": refused, "is_whole": seen.is_whole}))


class ManyView(LeadView):
    """Doing something to many candidates."""

    starts_work = True

    @extend_schema(request=StartMany, responses={202: JobShape})
    def post(self, request: Request, slug: str) -> Response:
        """Start a job that does an act to every candidate that matches when its turn comes; the job's lines say which were refused."""
        asked = check_types(StartMany, request.data)
        told = check_form(ManyForm(asked, self.project)).cleaned_data
        params = make_params(told["act"], read_filter(self.project, asked), told["reason"].strip(), told["to"])
        job = create_job(self.project, KIND, params, self.person)
        return Response(JobShape.write(job), status=status.HTTP_202_ACCEPTED)


def read_filter(project: Project, asked: dict[str, Any]) -> Wanted:
    """What the filter of a body looks for; raises Invalid."""
    return check_form(BrowseForm(asked["filter"], project)).wanted()


def read_after(order: Order, cursor: str) -> Key:
    """Where a page begins; raises Invalid for a cursor that is none of this order."""
    key = read_key(order, read_place(cursor))
    if key is None:
        raise no_cursor()
    return key
