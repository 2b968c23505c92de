"""What models suggest: bringing it in, which version people see, and what was drawn."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from labeling.api.form_input import check_types, read_form, shape_of
from labeling.api.shapes import Shape, StrictShape
from labeling.api.views import LeadView
from labeling.data_in.load_candidates import list_tasks
from labeling.data_in.load_suggestions import write_part
from labeling.data_in.problem import Line, Outcome, Place
from labeling.data_in.suggestion_file import read_suggestions
from labeling.forms.suggestions import VersionForm
from labeling.lead.suggestions import list_versions
from labeling.models import VERSION_LENGTH
from labeling.protocol.archive import require_open
from labeling.protocol.suggestions import put_to_use, use_version

MOST_AT_ONCE = 1000
UseVersion = shape_of(VersionForm, "UseVersion")


class NewSuggestion(StrictShape):
    """What a model version says about one image; `concepts` are sub-scores from 0 to 5 by name, null where one does not apply."""

    model_version = serializers.CharField(max_length=VERSION_LENGTH)
    generator = serializers.CharField(max_length=200)
    task_id = serializers.CharField(max_length=200)
    deliverable = serializers.IntegerField(min_value=1, max_value=255)
    sample = serializers.IntegerField(min_value=1, max_value=999, required=False)
    p_accept = serializers.FloatField(min_value=0, max_value=1)
    concepts = serializers.DictField(child=serializers.FloatField(min_value=0, max_value=5, allow_null=True), required=False)


class NewSuggestions(StrictShape):
    """Suggestions to bring in, a thousand at most; `use` shows their version instead of the one in use."""

    suggestions = NewSuggestion(many=True, allow_empty=False)
    use = serializers.BooleanField(default=False)

    def validate_suggestions(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Refuse more than one request may bring."""
        if len(rows) > MOST_AT_ONCE:
            raise serializers.ValidationError(f"{len(rows)} suggestions; at most {MOST_AT_ONCE} at once.")
        return rows


class SuggestionLineShape(Shape):
    """What became of one suggestion; `index` counts from 0. `code` and `reason` say what was wrong, empty where nothing was."""

    index = serializers.IntegerField()
    outcome = serializers.ChoiceField(choices=[outcome.value for outcome in Outcome])
    record = serializers.CharField(allow_blank=True)
    field = serializers.CharField(allow_blank=True)
    code = serializers.CharField(allow_blank=True)
    reason = serializers.CharField(allow_blank=True)


class SuggestionsStored(Shape):
    """What became of all of them. All that could be kept are kept."""

    counts = serializers.DictField(child=serializers.IntegerField(), help_text=f"Keys: {', '.join(outcome.value for outcome in Outcome)}.")
    lines = SuggestionLineShape(many=True)
    version_in_use = serializers.CharField(allow_blank=True)


class ModelVersionShape(Shape):
    """A model version: about how many images it has spoken, its mean probability, and since when."""

    name = serializers.CharField()
    suggestions = serializers.IntegerField()
    mean_p = serializers.FloatField()
    since = serializers.DateTimeField()
    is_used = serializers.BooleanField()


class Versions(Shape):
    """Those of a project, the one in use first."""

    results = ModelVersionShape(many=True)


class SuggestionsView(LeadView):
    """Suggestions."""

    starts_work = True

    @extend_schema(responses=Versions)
    def get(self, _request: Request, slug: str) -> Response:
        """The model versions that have said something here."""
        return Response(Versions.write({"results": list_versions(self.project)}))

    @extend_schema(request=NewSuggestions, responses=SuggestionsStored)
    def post(self, request: Request, slug: str) -> Response:
        """Bring in what a model says. Nothing it said before is overwritten; the first version of a project is put to use."""
        asked = check_types(NewSuggestions, request.data)
        require_open(self.project.pk)
        found = read_suggestions(((Place(line=index), row) for index, row in enumerate(asked["suggestions"])), list_tasks(self.project))
        with transaction.atomic():
            lines = [*found.lines, *write_part(self.project, found.rows)]
            if any(line.outcome in (Outcome.CREATED, Outcome.UNCHANGED) for line in lines):
                put_to_use(self.project, found.versions[-1], self.person, instead=asked["use"])
        self.project.refresh_from_db(fields=["model_version"])
        return Response(SuggestionsStored.write({**sum_up(lines), "version_in_use": self.project.model_version}))


class UseVersionView(LeadView):
    """Which version is shown."""

    @extend_schema(request=UseVersion, responses=Versions)
    def post(self, request: Request, slug: str) -> Response:
        """Show the suggestions of this version on candidates nobody has taken yet."""
        use_version(self.project, self.person, read_form(request, VersionForm, UseVersion).cleaned_data["version"])
        return Response(Versions.write({"results": list_versions(self.project)}))


def sum_up(lines: list[Line]) -> dict[str, Any]:
    """The lines in the order of what was sent, and how many there are of each outcome."""
    ordered = sorted(lines, key=lambda line: line.line or 0)
    rows = [
        {
            "index": line.line or 0,
            "outcome": line.outcome.value,
            "record": line.record,
            "field": line.field,
            "code": line.code.value if line.code else "",
            "reason": line.reason,
        }
        for line in ordered
    ]
    return {"counts": {outcome.value: sum(line.outcome == outcome for line in lines) for outcome in Outcome}, "lines": rows}
