"""Letting people in by a link."""

from __future__ import annotations

from uuid import UUID

from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from labeling.api.form_input import read_form, shape_of
from labeling.api.paging import PageQuery, page_of, read_page
from labeling.api.shapes import Shape
from labeling.api.views import LeadView
from labeling.forms.invitations import InviteForm
from labeling.lead.invitations import STATES, tell_invitations
from labeling.models import Category, Invitation
from labeling.protocol.invitations import make_invitation, revoke_invitation

Invite = shape_of(InviteForm, "Invite")


class InvitationShape(Shape):
    """A link, what became of it, and the account names of those who came by it; `orphaned`: whoever made it leads no more."""

    id = serializers.UUIDField(source="invitation.public_id")
    state = serializers.ChoiceField(choices=STATES)
    can_label = serializers.BooleanField(source="invitation.can_label")
    can_adjudicate = serializers.BooleanField(source="invitation.can_adjudicate")
    is_lead = serializers.BooleanField(source="invitation.is_lead")
    categories = serializers.ListField(source="invitation.categories", child=serializers.ChoiceField(choices=Category.choices))
    daily_cap = serializers.IntegerField(source="invitation.daily_cap", allow_null=True)
    note = serializers.CharField(source="invitation.note", allow_blank=True)
    uses = serializers.IntegerField(source="invitation.uses")
    used = serializers.IntegerField(source="invitation.used")
    made_by = serializers.CharField(source="invitation.made_by.username")
    created_at = serializers.DateTimeField(source="invitation.created_at")
    expires_at = serializers.DateTimeField(source="invitation.expires_at")
    people = serializers.ListField(child=serializers.CharField())


class NewInvitation(InvitationShape):
    """An invitation with its link, which is told this once: only its hash is kept."""

    link = serializers.CharField()


class InvitationsView(LeadView):
    """The invitations of a project."""

    @extend_schema(parameters=[PageQuery], responses=page_of(InvitationShape))
    def get(self, request: Request, slug: str) -> Response:
        """Every invitation, newest first."""
        rows = Invitation.objects.filter(project=self.project).select_related("made_by", "project")
        page, link = read_page(request, rows, newest_first=True)
        return Response({"results": InvitationShape.write_all(tell_invitations(page)), "next": link})

    @extend_schema(request=Invite, responses={201: NewInvitation})
    def post(self, request: Request, slug: str) -> Response:
        """Make a link by which people become members."""
        form = read_form(request, InviteForm, Invite)
        invitation, token = make_invitation(self.project, self.person, form.rights(), **form.about())
        link = request.build_absolute_uri(reverse("labeling:join", args=[token]))
        told = {**InvitationShape.write(tell_invitations([invitation])[0]), "link": link}
        return Response(told, status=status.HTTP_201_CREATED)


class InvitationView(LeadView):
    """One invitation."""

    @extend_schema(responses={200: InvitationShape})
    def delete(self, _request: Request, slug: str, invitation: UUID) -> Response:
        """Let nobody else in by a link; whoever came by it stays."""
        row = revoke_invitation(self.project, self.person, invitation)
        return Response(InvitationShape.write(tell_invitations([row])[0]))
