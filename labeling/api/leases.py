"""What is in people's hands, and taking it back."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from labeling.api.candidates import Why
from labeling.api.form_input import check_types, read_form
from labeling.api.paging import PageQuery, page_of, read_page
from labeling.api.shapes import LeasesEnded, Person, Shape
from labeling.api.views import LeadView
from labeling.forms.inbox import ReasonForm
from labeling.lead.leases import describe_lease, live_leases
from labeling.models import Purpose, User
from labeling.protocol.release import release_lease, release_person


class LeaseQuery(PageQuery):
    """Whose leases."""

    person = serializers.CharField(required=False, max_length=150, help_text="An account name.")


class LeaseShape(Shape):
    """A lease; `seen_at` is the last sign of life, `is_late`: its time is over and nobody has noticed yet."""

    assignment = serializers.UUIDField(source="row.public_id")
    candidate = serializers.UUIDField(source="row.candidate.public_id")
    person = Person(source="row.person")
    purpose = serializers.ChoiceField(choices=Purpose.values, source="row.purpose")
    is_ahead = serializers.BooleanField(source="row.is_ahead")
    leased_at = serializers.DateTimeField(source="row.leased_at")
    lease_until = serializers.DateTimeField(source="row.lease_until")
    seen_at = serializers.DateTimeField()
    is_late = serializers.BooleanField()


class LeasesView(LeadView):
    """The leases of a project."""

    @extend_schema(parameters=[LeaseQuery], responses=page_of(LeaseShape))
    def get(self, request: Request, slug: str) -> Response:
        """What is in people's hands, oldest first."""
        asked = check_types(LeaseQuery, request.query_params)
        page, link = read_page(request, live_leases(self.project, asked.get("person", "")).select_related("project"))
        return Response({"results": LeaseShape.write_all(map(describe_lease, page)), "next": link})


class ReleaseView(LeadView):
    """Ending a lease."""

    @extend_schema(request=Why, responses=LeasesEnded)
    def post(self, request: Request, slug: str, assignment: UUID) -> Response:
        """End one lease; what its person sends later is a late answer."""
        reason = read_form(request, ReasonForm, Why).cleaned_data["reason"]
        release_lease(self.project, self.person, assignment, reason)
        return Response(LeasesEnded.write({"released": 1}))


class ReleasePersonView(LeadView):
    """Ending all that somebody holds."""

    @extend_schema(request=Why, responses=LeasesEnded)
    def post(self, request: Request, slug: str, person: UUID) -> Response:
        """End every lease of a member or former member."""
        holder = User.objects.filter(public_id=person, memberships__project=self.project).first()
        if holder is None:
            raise Http404
        reason = read_form(request, ReasonForm, Why).cleaned_data["reason"]
        return Response(LeasesEnded.write({"released": release_person(self.project, self.person, holder, reason)}))
