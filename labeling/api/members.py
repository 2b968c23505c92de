"""People of a project and their rights."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from labeling.api.form_input import read_form, shape_of
from labeling.api.paging import PageQuery, page_of, write_page
from labeling.api.shapes import Effects, LeasesEnded, Shape
from labeling.api.views import LeadView
from labeling.forms.members import AddMemberForm, LimitsForm, RightsForm
from labeling.models import Category, Membership
from labeling.protocol.members import add_member, change_member, drop_member, limit_member, make_account, make_sign_in_link

AddMember = shape_of(AddMemberForm, "AddMember")
Rights = shape_of(RightsForm, "Rights")
Limits = shape_of(LimitsForm, "Limits")


class Member(Shape):
    """Somebody who works here."""

    person = serializers.UUIDField(source="person.public_id")
    username = serializers.CharField(source="person.username")
    can_label = serializers.BooleanField()
    can_adjudicate = serializers.BooleanField()
    is_lead = serializers.BooleanField()
    categories = serializers.ListField(child=serializers.ChoiceField(choices=Category.choices))
    daily_cap = serializers.IntegerField(allow_null=True)


class SignInAddress(Shape):
    """A link that signs its person in once, within a day; it is told this once."""

    link = serializers.CharField()


class MembersView(LeadView):
    """Everybody who works here."""

    @extend_schema(parameters=[PageQuery], responses=page_of(Member))
    def get(self, request: Request, slug: str) -> Response:
        """The members."""
        members = Membership.objects.active().filter(project=self.project).select_related("person")
        return Response(write_page(request, members, Member))

    @extend_schema(request=AddMember, responses={201: Member})
    def post(self, request: Request, slug: str) -> Response:
        """Add somebody by account name; `account` says whether that is a new account."""
        form = read_form(request, AddMemberForm, AddMember)
        if form.person is not None:
            membership = add_member(self.project, self.person, form.person, form.rights())
        else:
            membership = make_account(self.project, self.person, form.cleaned_data["username"], form.rights())
        return Response(Member.write(membership), status=status.HTTP_201_CREATED)


class MemberView(LeadView):
    """One member."""

    @extend_schema(request=Rights, responses=LeasesEnded)
    def put(self, request: Request, slug: str, person: UUID) -> Response:
        """Give a member exactly these rights."""
        self.find(person)
        form = read_form(request, RightsForm, Rights)
        return Response(LeasesEnded.write({"released": change_member(self.project, self.person, person, form.rights())}))

    @extend_schema(responses={200: LeasesEnded})
    def delete(self, _request: Request, slug: str, person: UUID) -> Response:
        """Take a member off the project; their answers stay."""
        return Response(LeasesEnded.write({"released": drop_member(self.project, self.person, person)}))

    def find(self, person: UUID) -> None:
        """Raise Http404 unless the person is a member: what is not there is so whatever was sent."""
        if not Membership.objects.active().filter(project=self.project, person__public_id=person).exists():
            raise Http404


class MemberLimitsView(LeadView):
    """What one member is given."""

    @extend_schema(request=Limits, responses=Effects)
    def put(self, request: Request, slug: str, person: UUID) -> Response:
        """Give a member work of these categories only (none: of all), and no more than so many primary answers a day (null: any number)."""
        if not Membership.objects.active().filter(project=self.project, person__public_id=person).exists():
            raise Http404
        form = read_form(request, LimitsForm, Limits)
        return Response(Effects.of(limit_member(self.project, self.person, person, **form.cleaned_data)))


class MemberLinkView(LeadView):
    """One-time sign-in links."""

    @extend_schema(request=None, responses={201: SignInAddress})
    def post(self, request: Request, slug: str, person: UUID) -> Response:
        """Make a sign-in link for a member who may do nothing but what I lead."""
        token = make_sign_in_link(self.project, self.person, person)
        link = request.build_absolute_uri(reverse("use_link", args=[token]))
        return Response(SignInAddress.write({"link": link}), status=status.HTTP_201_CREATED)
