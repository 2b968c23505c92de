"""The guideline: the version in force, reading it, every version there was, and publishing the next."""

from __future__ import annotations

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from labeling.api.form_input import read_form, shape_of
from labeling.api.paging import PageQuery, page_of, write_page
from labeling.api.shapes import Person, Shape
from labeling.api.views import LeadView, ProjectView
from labeling.forms.guideline import ReadForm
from labeling.forms.project import GuidelineForm
from labeling.lead.readers import list_readers
from labeling.models import Guideline
from labeling.protocol.projects import publish_guideline
from labeling.protocol.reading import read_guideline

Reading = shape_of(ReadForm, "Reading", ("back",))
NewGuideline = shape_of(GuidelineForm, "NewGuideline", needed=("body", "must_read"))


class GuidelineText(Shape):
    """One version of the guideline; `must_read`: new work waits until I have said that I read it, or a later one."""

    number = serializers.IntegerField()
    body = serializers.CharField(allow_blank=True)
    must_read = serializers.BooleanField()
    published_at = serializers.DateTimeField()


class ReaderShape(Shape):
    """A member who answers: the newest version they have read (null: none), and whether they must read before they take new work."""

    person = Person()
    number = serializers.IntegerField(allow_null=True)
    read_at = serializers.DateTimeField(allow_null=True)
    must_read = serializers.BooleanField()


class Readers(Shape):
    """Every member who labels or adjudicates, by name."""

    results = ReaderShape(many=True)


class GuidelineView(ProjectView):
    """The guideline."""

    @extend_schema(responses=GuidelineText)
    def get(self, _request: Request, slug: str) -> Response:
        """The guideline in force."""
        newest = Guideline.objects.filter(project=self.project).order_by("-number").first()
        if newest is None:
            raise Http404
        return Response(GuidelineText.write(newest))


class ReadGuidelineView(ProjectView):
    """Reading the guideline."""

    @extend_schema(request=Reading, responses=GuidelineText)
    def post(self, request: Request, slug: str) -> Response:
        """Say that I have read this version of the guideline; again changes nothing."""
        number = read_form(request, ReadForm, Reading).cleaned_data["number"]
        return Response(GuidelineText.write(read_guideline(self.project, self.person, number)))


class VersionsView(LeadView):
    """The versions of the guideline."""

    @extend_schema(parameters=[PageQuery], responses=page_of(GuidelineText))
    def get(self, request: Request, slug: str) -> Response:
        """Every version, newest first."""
        return Response(write_page(request, Guideline.objects.filter(project=self.project), GuidelineText, newest_first=True))

    @extend_schema(request=NewGuideline, responses={201: GuidelineText})
    def post(self, request: Request, slug: str) -> Response:
        """Publish the next version; `based_on` is the number of the one it was made from, and 409 says that another came between."""
        data = read_form(request, GuidelineForm, NewGuideline).cleaned_data
        made = publish_guideline(self.project, self.person, data["body"], data["must_read"], based_on=data["based_on"])
        return Response(GuidelineText.write(made), status=status.HTTP_201_CREATED)


class VersionView(LeadView):
    """One version."""

    @extend_schema(responses=GuidelineText)
    def get(self, _request: Request, slug: str, number: int) -> Response:
        """A version by its number."""
        found = Guideline.objects.filter(project=self.project, number=number).first()
        if found is None:
            raise Http404
        return Response(GuidelineText.write(found))


class ReadersView(LeadView):
    """Who has read what."""

    @extend_schema(responses=Readers)
    def get(self, _request: Request, slug: str) -> Response:
        """Who has read which version."""
        return Response({"results": ReaderShape.write_all(list_readers(self.project))})
