"""Judges and their scores."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from judging.api.shapes import Judges, JudgeShape, ScoreShape
from judging.backends.registry import CONFIGS
from judging.forms.judges import JudgeForm
from judging.forms.settings_fields import make_fields
from judging.lead.judges import find_judge, list_judges, read_row
from judging.models import Backend, Judge, Score
from judging.models.judge import NAME_LENGTH
from judging.protocol.judges import make_judge
from judging.standing import list_about_now
from labeling.api.errors import Invalid
from labeling.api.form_input import check_form, check_types
from labeling.api.paging import PageQuery, page_of, read_page
from labeling.api.shapes import StrictShape
from labeling.api.views import LeadView


class NewJudge(StrictShape):
    """A judge: a rubric of plain code with the backend `code`, or one that asks a model through the backend with the settings `config`.

    Keys are never part of `config`: `key_variable` names the environment variable of the workers that holds one.
    """

    name = serializers.CharField(max_length=NAME_LENGTH)
    backend = serializers.ChoiceField(choices=[*CONFIGS, Backend.CODE.value])
    rubric = serializers.CharField(max_length=40)
    parts = serializers.ListField(child=serializers.CharField(max_length=40), required=False, default=list)
    config = serializers.DictField(required=False, default=dict)


class ScoreQuery(PageQuery):
    """Which scores."""

    concept = serializers.CharField(required=False, max_length=40)


class JudgesView(LeadView):
    """The judges of a project."""

    @extend_schema(responses={200: Judges})
    def get(self, _request: Request, slug: str) -> Response:
        """Every judge version by name, the newest first."""
        return Response({"results": JudgeShape.write_all(list_judges(self.project))})

    @extend_schema(request=NewJudge, responses={201: JudgeShape})
    def post(self, request: Request, slug: str) -> Response:
        """Make a version of a judge; the same settings again give the version there is."""
        asked = check_types(NewJudge, request.data)
        config = {} if asked["backend"] == Backend.CODE else check_config(asked)
        made = make_judge(self.project, self.person, asked["name"], asked["backend"], asked["rubric"], config, asked["parts"])
        return Response(JudgeShape.write(read_row(made)), status=status.HTTP_201_CREATED)


def check_config(asked: dict[str, Any]) -> dict[str, Any]:
    """The settings of the backend as the form of the pages reads them; raises what becomes 422."""
    fields = make_fields(asked["backend"])
    if unknown := set(asked["config"]) - set(fields):
        raise Invalid({f"config.{name}": [_("There is nothing of this name here.")] for name in sorted(map(str, unknown))})
    usual = {name: field.initial for name, field in fields.items() if field.initial is not None}
    named = {name: asked[name] for name in ("name", "rubric", "parts")}
    return check_form(JudgeForm({**usual, **asked["config"], **named}, asked["backend"])).config()


class OneJudge(LeadView):
    """What the views of one judge share."""

    def find(self, judge: UUID) -> Judge:
        """A judge of this project; raises Http404."""
        found = find_judge(self.project, judge)
        if found is None:
            raise Http404
        return found


class JudgeView(OneJudge):
    """One judge."""

    @extend_schema(responses=JudgeShape)
    def get(self, _request: Request, slug: str, judge: UUID) -> Response:
        """A judge version with its figures."""
        return Response(JudgeShape.write(read_row(self.find(judge))))


class JudgeScoresView(OneJudge):
    """What a judge says."""

    @extend_schema(parameters=[ScoreQuery], responses=page_of(ScoreShape))
    def get(self, request: Request, slug: str, judge: UUID) -> Response:
        """The scores that stand, oldest first; those about an older image or brief say so."""
        asked = check_types(ScoreQuery, request.query_params)
        scores = Score.objects.current().filter(judge=self.find(judge), **({"concept": asked["concept"]} if "concept" in asked else {}))
        rows, link = read_page(request, scores.select_related("bundle__task", "bundle__generator", "candidate__deliverable"))
        present = list_about_now(rows)
        for row in rows:
            row.is_about_now = row.pk in present  # type: ignore[attr-defined]
        return Response({"results": ScoreShape.write_all(rows), "next": link})
