"""Batches of a project."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from labeling.api.form_input import check_form, check_types
from labeling.api.shapes import Effects, Shape
from labeling.api.views import LeadView
from labeling.forms.batches import BatchForm
from labeling.lead.batches import list_batches
from labeling.models import Batch, Category
from labeling.protocol.batches import change_batch, create_batch


class BatchInput(Shape):
    """What a batch is to be; without `people` (public ids of members) everybody works in it.

    Of a batch that has people this must be said by `everybody`; leaving them out alone is refused.
    """

    name = serializers.CharField(max_length=80)
    priority = serializers.IntegerField(min_value=-100, max_value=100, required=False, default=0)
    due = serializers.DateField(allow_null=True, required=False, default=None)
    category = serializers.ChoiceField(choices=["", *Category.values], required=False, default="")
    people = serializers.ListField(child=serializers.UUIDField(), required=False, default=list)
    everybody = serializers.BooleanField(required=False, default=False)
    closed = serializers.BooleanField(required=False, default=False)


class BatchShape(Shape):
    """A batch, how many candidates it has (withdrawn ones left out), and how many of them are done."""

    id = serializers.UUIDField(source="batch.public_id")
    number = serializers.IntegerField(source="batch.number")
    name = serializers.CharField(source="batch.name")
    priority = serializers.IntegerField(source="batch.priority")
    due = serializers.DateField(source="batch.due", allow_null=True)
    category = serializers.CharField(source="batch.category", allow_blank=True)
    people = serializers.SerializerMethodField()
    closed = serializers.BooleanField(source="batch.closed")
    total = serializers.IntegerField()
    done = serializers.IntegerField()
    is_late = serializers.BooleanField()

    def get_people(self, row: Any) -> list[UUID]:
        """Who works in it, none for everybody."""
        return [person.public_id for person in row.batch.people.all()]


class Batches(Shape):
    """Every batch; there are never many."""

    results = BatchShape(many=True)


class BatchesView(LeadView):
    """The batches."""

    @extend_schema(responses={200: Batches})
    def get(self, _request: Request, slug: str) -> Response:
        """Every batch in the order in which they are worked on, closed ones last."""
        return Response({"results": BatchShape.write_all(list_batches(self.project))})

    @extend_schema(request=BatchInput, responses={201: BatchShape})
    def post(self, request: Request, slug: str) -> Response:
        """Make an empty batch."""
        batch = create_batch(self.project, self.person, read_batch(self, request).plan())
        [made] = [row for row in list_batches(self.project) if row.batch.pk == batch.pk]
        return Response(BatchShape.write(made), status=status.HTTP_201_CREATED)


class BatchView(LeadView):
    """One batch."""

    @extend_schema(request=BatchInput, responses=Effects)
    def put(self, request: Request, slug: str, batch: UUID) -> Response:
        """Make a batch what is sent; what is left out gets its default."""
        found = Batch.objects.filter(project=self.project, public_id=batch).first()
        return Response(Effects.of(change_batch(self.project, self.person, batch, read_batch(self, request, found).plan())))


def read_batch(view: LeadView, request: Request, batch: Batch | None = None) -> BatchForm:
    """The valid form of what was sent, about the `batch` if there is one."""
    return check_form(BatchForm(check_types(BatchInput, request.data), view.project, batch))
