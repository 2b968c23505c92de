"""One project: what its members read of it, and its settings and states for its leads."""

from __future__ import annotations

from typing import Any

from django.forms import model_to_dict
from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from labeling.api.errors import refuse_form
from labeling.api.form_input import check_types, read_form, shape_of
from labeling.api.me import MyProject
from labeling.api.shapes import Shape
from labeling.api.views import LeadView, ProjectView
from labeling.forms.guideline import ReadForm
from labeling.forms.project import SettingsForm
from labeling.lead.states import StateRow, count_states
from labeling.models import Guideline, Project, State
from labeling.progress import count_today, count_unread
from labeling.protocol.projects import SETTINGS, change_settings
from labeling.protocol.reading import read_guideline

Settings = shape_of(SettingsForm, "Settings")


class ProjectDetail(MyProject):
    """A project as a member sees it; `guideline` is the number of the version in force, null where there is none."""

    reasons_required = serializers.BooleanField(source="project.reasons_required")
    guideline = serializers.IntegerField(allow_null=True)
    done_today = serializers.IntegerField()
    unread_replies = serializers.IntegerField()


class GuidelineText(Shape):
    """One version of the guideline; `must_read`: new work waits until I have said that I read it, or a later one."""

    number = serializers.IntegerField()
    body = serializers.CharField(allow_blank=True)
    must_read = serializers.BooleanField()
    published_at = serializers.DateTimeField()


Reading = shape_of(ReadForm, "Reading", ("back",))


class SettingsChanged(Shape):
    """The settings now, and what each change does to work in progress."""

    settings = Settings()
    effects = serializers.DictField(child=serializers.CharField())


class States(Shape):
    """How many candidates are in each state."""

    total = serializers.IntegerField()
    states = serializers.DictField(child=serializers.IntegerField(), help_text=f"Keys: {', '.join(State.values)}.")


class GeneratorStates(States):
    """Those of one generator."""

    generator = serializers.CharField()


class CategoryStates(States):
    """Those of one category."""

    category = serializers.CharField()
    generators = GeneratorStates(many=True)


class ProjectStates(States):
    """Every candidate of the project in exactly one cell."""

    categories = CategoryStates(many=True)


class ProjectDetailView(ProjectView):
    """One project."""

    @extend_schema(responses=ProjectDetail)
    def get(self, _request: Request, slug: str) -> Response:
        """The project, my rights in it, and what I did today."""
        about = {right: getattr(self.membership, right) for right in ("can_label", "can_adjudicate", "is_lead")}
        number = Guideline.objects.filter(project=self.project).order_by("-number").values_list("number", flat=True).first()
        counts = {"done_today": count_today(self.project, self.person), "unread_replies": count_unread(self.project, self.person)}
        return Response(ProjectDetail.write({"project": self.project, **about, "guideline": number, **counts}))


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


class SettingsView(LeadView):
    """The settings of a project."""

    @extend_schema(responses=Settings)
    def get(self, _request: Request, slug: str) -> Response:
        """The settings."""
        return Response(read_settings(self.project))

    @extend_schema(request=Settings, responses=SettingsChanged)
    def patch(self, request: Request, slug: str) -> Response:
        """Change the settings that are sent; the others stay."""
        sent = check_types(Settings, request.data, partial=True)
        form = fill_settings(self.project, sent)
        if not form.is_valid():
            raise refuse_form(form)
        effects = change_settings(self.project, self.person, form.changes())
        told = {name: _(effect) for name, effect in effects.items()}
        return Response({"settings": read_settings(self.project), "effects": told})


class StatesView(LeadView):
    """Where the candidates stand."""

    @extend_schema(responses=ProjectStates)
    def get(self, _request: Request, slug: str) -> Response:
        """Candidates by state, per category and generator."""
        table = count_states(self.project)
        categories = [
            {"category": str(group.category.name), **count_row(group.category), "generators": [name_row(row) for row in group.generators]}
            for group in table.groups
        ]
        return Response(ProjectStates.write({**count_row(table.total), "categories": categories}))


def read_settings(project: Project) -> dict[str, Any]:
    """The settings of a project by name."""
    return Settings.write(model_to_dict(project, SETTINGS))


def fill_settings(project: Project, changes: dict[str, Any]) -> SettingsForm:
    """The form of the settings as the page sends it: every value, with a copy of the one there was."""
    # A row of its own: a form that is refused leaves its values on it.
    row = Project.objects.get(pk=project.pk)
    now = model_to_dict(row, SETTINGS)
    shown = {f"initial-{name}": value for name, value in now.items()}
    return SettingsForm({**now, **changes, **shown}, instance=row)


def count_row(row: StateRow) -> dict[str, Any]:
    """One row of the table of states."""
    return {"total": row.total, "states": {state.value: row.count(state) for state in State}}


def name_row(row: StateRow) -> dict[str, Any]:
    """The row of one generator."""
    return {"generator": str(row.name), **count_row(row)}
