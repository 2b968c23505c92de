"""The gallery of closed examples: what everybody in a project sees of it, and choosing what is in it."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404
from django.http.response import HttpResponseBase
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from labeling.api.form_input import read_form, shape_of
from labeling.api.pictures import JPEG_OR_PNG, SIZE
from labeling.api.shapes import Shape
from labeling.api.views import LeadView, ProjectView, as_page_request
from labeling.examples import ExampleCard, list_examples
from labeling.forms.guideline import CaptionForm, MoveForm
from labeling.lead.examples import list_lines
from labeling.models import Candidate, Verdict
from labeling.protocol.examples import add_example, change_caption, move_example, remove_example
from labeling.views.guidelines import example_image

Caption = shape_of(CaptionForm, "Caption")
Move = shape_of(MoveForm, "Move")


class NewExample(Caption):  # type: ignore[misc,valid-type] # a class made of a form
    """A settled candidate whose answers are past changing, and what it shows."""

    candidate = serializers.UUIDField()


class ExampleShape(Shape):
    """An example as its leads see it; `hidden` says why nobody else does at the moment, and is empty where everybody does."""

    id = serializers.UUIDField(source="example.public_id")
    candidate = serializers.UUIDField(source="example.candidate.public_id")
    caption = serializers.CharField(source="example.caption")
    task = serializers.CharField(source="example.candidate.bundle.task.external_id")
    number = serializers.IntegerField(source="example.candidate.deliverable.number")
    verdict = serializers.ChoiceField(choices=Verdict.values, source="decision.verdict", allow_null=True, default=None)
    hidden = serializers.CharField(allow_blank=True)


class Gallery(Shape):
    """Every example, in order; there are never many."""

    results = ExampleShape(many=True)


class ShownExample(Shape):
    """An example as everybody in the project sees it; the addresses of its picture are relative to the site."""

    id = serializers.UUIDField(source="public_id")
    caption = serializers.CharField()
    category = serializers.CharField()
    title = serializers.CharField(allow_blank=True)
    deliverable = serializers.CharField(allow_blank=True)
    brief = serializers.CharField(allow_blank=True, help_text="Its beginning.")
    verdict = serializers.ChoiceField(choices=Verdict.values)
    reasons = serializers.ListField(child=serializers.CharField())
    screen = serializers.CharField()
    full = serializers.CharField()
    width = serializers.IntegerField()
    height = serializers.IntegerField()


class ShownExamples(Shape):
    """The examples that are shown now, in order."""

    results = ShownExample(many=True)


class ShownExamplesView(ProjectView):
    """The gallery."""

    @extend_schema(responses=ShownExamples)
    def get(self, _request: Request, slug: str) -> Response:
        """The examples beside the guideline, each with its decision and why."""
        shown = list_examples(self.project)
        return Response({"results": [{**ShownExample.write(card), **self.find_pictures(card)} for card in shown]})

    def find_pictures(self, card: ExampleCard) -> dict[str, str]:
        """The addresses of the picture of an example, which a token opens."""
        return {size: reverse("api:example_image", args=[self.project.slug, card.public_id, size]) for size in ("screen", "full")}


class ExampleImageView(ProjectView):
    """The picture of an example."""

    @extend_schema(parameters=[SIZE], responses=JPEG_OR_PNG)
    def get(self, request: Request, slug: str, example: UUID, size: str) -> HttpResponseBase:
        """The picture of an example while it is shown."""
        return example_image(as_page_request(request), slug, example, size)


class LeadExamplesView(LeadView):
    """What the gallery is made of."""

    def write(self) -> list[dict[str, object]]:
        """Every example."""
        return ExampleShape.write_all(list_lines(self.project))

    def write_one(self, example: UUID) -> dict[str, object]:
        """One of them; raises Http404."""
        found = next((line for line in list_lines(self.project) if line.example.public_id == example), None)
        if found is None:
            raise Http404
        return ExampleShape.write(found)


class ExamplesView(LeadExamplesView):
    """The gallery for its leads."""

    @extend_schema(responses=Gallery)
    def get(self, _request: Request, slug: str) -> Response:
        """Every example, also those that are not shown at the moment, with why."""
        return Response({"results": self.write()})

    @extend_schema(request=NewExample, responses={201: ExampleShape})
    def post(self, request: Request, slug: str) -> Response:
        """Use a settled candidate as an example, after the others."""
        form = read_form(request, CaptionForm, NewExample)
        candidate = Candidate.objects.filter(project=self.project, public_id=form.data["candidate"]).first()
        if candidate is None:
            raise Http404
        made = add_example(candidate.public_id, self.person, form.cleaned_data["caption"])
        return Response(self.write_one(made.public_id), status=status.HTTP_201_CREATED)


class ExampleView(LeadExamplesView):
    """One example."""

    @extend_schema(request=Caption, responses=ExampleShape)
    def put(self, request: Request, slug: str, example: UUID) -> Response:
        """Say something else about an example."""
        change_caption(self.project, self.person, example, read_form(request, CaptionForm, Caption).cleaned_data["caption"])
        return Response(self.write_one(example))

    @extend_schema(responses={200: Gallery})
    def delete(self, _request: Request, slug: str, example: UUID) -> Response:
        """Take an example out; the others stay in their order."""
        remove_example(self.project, self.person, example)
        return Response({"results": self.write()})


class MoveExampleView(LeadExamplesView):
    """The order of the examples."""

    @extend_schema(request=Move, responses=Gallery)
    def post(self, request: Request, slug: str, example: UUID) -> Response:
        """Move an example one place up (-1) or down (1)."""
        move_example(self.project, self.person, example, read_form(request, MoveForm, Move).cleaned_data["step"])
        return Response({"results": self.write()})
