"""One project: what its members read of it, and its settings and states for its leads."""

from __future__ import annotations

from typing import Any

from django.forms import model_to_dict
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from labeling.api.form_input import check_form, check_types, shape_of
from labeling.api.me import MyProject
from labeling.api.shapes import Effects, Shape
from labeling.api.views import LeadView, ProjectView
from labeling.forms.project import SettingsForm
from labeling.lead.states import StateRow, count_states, count_unripe
from labeling.models import Category, Guideline, Project, State, Task
from labeling.progress import count_today, count_unread
from labeling.protocol.archive import archive_project, bring_back_project
from labeling.protocol.projects import SETTINGS, change_settings

Settings = shape_of(SettingsForm, "Settings")


class ProjectDetail(MyProject):
    """A project as a member sees it; `guideline` is the number of the version in force, null where there is none."""

    reasons_required = serializers.BooleanField(source="project.reasons_required")
    guideline = serializers.IntegerField(allow_null=True)
    done_today = serializers.IntegerField()
    unread_replies = serializers.IntegerField()


class SettingsChanged(Shape):
    """The settings now, and what each change does to work in progress."""

    settings = Settings()
    effects = serializers.DictField(child=serializers.CharField())


class States(Shape):
    """How many candidates are in each state."""

    total = serializers.IntegerField()
    needed = serializers.IntegerField(help_text="All but the withdrawn ones.")
    done_percent = serializers.IntegerField(
        allow_null=True,
        help_text="Settled ones of those needed, rounded; 100 only where all are, 0 only where none is; null where none is.",
    )
    states = serializers.DictField(child=serializers.IntegerField(), help_text=f"Keys: {', '.join(State.values)}.")


class GeneratorStates(States):
    """Those of one generator."""

    generator = serializers.CharField()


class CategoryStates(States):
    """Those of one category."""

    category = serializers.ChoiceField(choices=Category.values)
    generators = GeneratorStates(many=True)


class UnripeShape(Shape):
    """Disputes nobody may adjudicate yet, because their answers can still be changed."""

    count = serializers.IntegerField()
    next = serializers.DateTimeField(help_text="When the first of them opens.")


class ProjectStates(States):
    """Every candidate of the project in exactly one cell; `unripe` is null where no dispute waits for the end of an undo window."""

    tasks = serializers.IntegerField()
    unripe = UnripeShape(allow_null=True)
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
        form = check_form(fill_settings(self.project, sent))
        effects = Effects.of(change_settings(self.project, self.person, form.changes()))
        return Response({"settings": read_settings(self.project), **effects})


class ArchiveView(LeadView):
    """The archive."""

    @extend_schema(request=None, responses=MyProject)
    def post(self, _request: Request, slug: str) -> Response:
        """Put the project away: nobody is given anything new, only leads find it, and it can be read, exported and brought back."""
        archive_project(self.project, self.person)
        return Response(MyProject.write(self.membership))


class BringBackView(LeadView):
    """Out of the archive."""

    @extend_schema(request=None, responses=MyProject)
    def post(self, _request: Request, slug: str) -> Response:
        """Bring the project back as it was put away."""
        bring_back_project(self.project, self.person)
        return Response(MyProject.write(self.membership))


class StatesView(LeadView):
    """Where the candidates stand."""

    @extend_schema(responses=ProjectStates)
    def get(self, _request: Request, slug: str) -> Response:
        """Candidates by state, per category and generator."""
        table = count_states(self.project)
        categories = [
            {"category": group.key.value, **count_row(group.category), "generators": [name_row(row) for row in group.generators]}
            for group in table.groups
        ]
        waiting = {"tasks": Task.objects.filter(project=self.project).count(), "unripe": count_unripe(self.project)}
        return Response(ProjectStates.write({**count_row(table.total), **waiting, "categories": categories}))


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
    return {
        "total": row.total,
        "needed": row.needed,
        "done_percent": row.done_percent,
        "states": {state.value: row.count(state) for state in State},
    }


def name_row(row: StateRow) -> dict[str, Any]:
    """The row of one generator."""
    return {"generator": str(row.name), **count_row(row)}
