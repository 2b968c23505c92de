"""Who I am and my projects."""

from __future__ import annotations

from django.db import IntegrityError
from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from labeling.access import find_membership, may_create_project
from labeling.api.errors import Invalid
from labeling.api.form_input import read_form, shape_of
from labeling.api.paging import PageQuery, page_of, write_page
from labeling.api.shapes import Shape
from labeling.api.views import ApiView
from labeling.forms.project import NewProjectForm
from labeling.models import ApiToken, Membership
from labeling.protocol.projects import create_project

NewProject = shape_of(NewProjectForm, "NewProject")


class Token(Shape):
    """The token that asks."""

    name = serializers.CharField()
    expires_at = serializers.DateTimeField(allow_null=True)


class Me(Shape):
    """Who asks; `token` is null with a session."""

    id = serializers.UUIDField(source="public_id")
    username = serializers.CharField()
    may_create_projects = serializers.BooleanField()
    token = Token(allow_null=True)


class MyProject(Shape):
    """A project I work in, and what I may do there."""

    slug = serializers.CharField(source="project.slug")
    name = serializers.CharField(source="project.name")
    paused = serializers.BooleanField(source="project.paused")
    archived_at = serializers.DateTimeField(source="project.archived_at", allow_null=True)
    can_label = serializers.BooleanField()
    can_adjudicate = serializers.BooleanField()
    is_lead = serializers.BooleanField()


class MeView(ApiView):
    """The account."""

    @extend_schema(responses=Me)
    def get(self, request: Request) -> Response:
        """Who I am."""
        token = request.auth if isinstance(request.auth, ApiToken) else None
        person = self.person
        about = {"public_id": person.public_id, "username": person.get_username(), "may_create_projects": may_create_project(person)}
        return Response(Me.write({**about, "token": token}))


class ProjectsView(ApiView):
    """My projects."""

    @extend_schema(parameters=[PageQuery], responses=page_of(MyProject))
    def get(self, request: Request) -> Response:
        """The projects I work in; archived ones only where I lead them."""
        mine = Membership.objects.in_sight().filter(person=self.person).select_related("project")
        return Response(write_page(request, mine, MyProject))

    @extend_schema(request=NewProject, responses={201: MyProject})
    def post(self, request: Request) -> Response:
        """Make a project that I then lead; for staff and for whoever leads one."""
        if not may_create_project(self.person):
            raise Http404
        data = read_form(request, NewProjectForm, NewProject).cleaned_data
        try:
            project = create_project(data["slug"], data["name"], self.person)
        except IntegrityError:
            # Somebody else took the address between the check and now.
            raise Invalid({"slug": [_("A project of this address exists already.")]}) from None
        return Response(MyProject.write(find_membership(self.person, project.slug, ())), status=status.HTTP_201_CREATED)
