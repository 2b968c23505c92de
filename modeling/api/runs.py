"""Training runs, and when a project retrains by itself."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from labeling.api.errors import Invalid
from labeling.api.form_input import check_types
from labeling.api.paging import PageQuery, page_of, write_page
from labeling.api.shapes import StrictShape
from labeling.api.views import LeadView
from modeling.api.shapes import RetrainPlanShape, RunLineShape, TrainingDetail, TrainingShape
from modeling.models import Preset, RetrainPlan, RunLine, Split, TrainingRun
from modeling.protocol.plans import FEWEST_DECISIONS, change_plan
from modeling.protocol.runs import cancel_run, find_run, resume_run, start_run
from modeling.snapshots.filters import AUTO, DROPS, Filters

FILTERS = ("blind_only", "assisted_weight", "drop", "concepts", "split", "generator")


class Learning(StrictShape):
    """What a run learns from, and what differs from its preset."""

    preset = serializers.ChoiceField(choices=Preset.values)
    settings = serializers.DictField(required=False, default=dict, help_text="As in `config` of a run, nested or with dots in the names.")
    blind_only = serializers.BooleanField(required=False, default=False)
    assisted_weight = serializers.FloatField(required=False, default=1.0, min_value=0, max_value=1)
    drop = serializers.ChoiceField(choices=DROPS, required=False, default=DROPS[0])
    concepts = serializers.CharField(
        required=False, default=AUTO, max_length=60, help_text="auto, none, people, or judge: with a judge's id."
    )
    split = serializers.ChoiceField(choices=Split.values, required=False, default=Split.STANDARD.value)
    generator = serializers.CharField(required=False, default="", allow_blank=True, max_length=200)


class NewTraining(Learning):
    """A run to start. `stage1` is the run whose first stage one of stage 2 alone goes on from."""

    stage = serializers.ChoiceField(choices=TrainingRun.Stage.values, required=False, default=TrainingRun.Stage.BOTH.value)
    stage1 = serializers.UUIDField(required=False, allow_null=True, default=None)


class NewRetrainPlan(Learning):
    """When to retrain: after so many new decisions, weekly, or when the version in use has drifted; nothing of it for never."""

    every_decisions = serializers.IntegerField(required=False, allow_null=True, default=None, min_value=FEWEST_DECISIONS, max_value=10**9)
    weekly = serializers.BooleanField(required=False, default=False)
    on_drift = serializers.BooleanField(required=False, default=False)


def read_filters(asked: dict[str, Any]) -> Filters:
    """The filters of a request; raises what becomes 422."""
    try:
        return Filters(**{name: asked[name] for name in FILTERS})
    except ValueError as problem:
        raise Invalid({"filters": [str(problem)]}) from problem


class TrainingsView(LeadView):
    """The runs of a project."""

    starts_work = True

    @extend_schema(parameters=[PageQuery], responses=page_of(TrainingShape))
    def get(self, request: Request, slug: str) -> Response:
        """Every training run, newest first."""
        runs = TrainingRun.objects.filter(project=self.project).select_related("created_by", "version")
        return Response(write_page(request, runs, TrainingShape, newest_first=True))

    @extend_schema(request=NewTraining, responses={202: TrainingDetail})
    def post(self, request: Request, slug: str) -> Response:
        """Start a run; one at a time in a project."""
        asked = check_types(NewTraining, request.data)
        stage1 = find_run(self.project, asked["stage1"]) if asked["stage1"] else None
        if asked["stage1"] and stage1 is None:
            raise Http404
        how = {name: asked[name] for name in ("preset", "stage", "settings")}
        run = start_run(self.project, self.person, filters=read_filters(asked), stage1=stage1, **how)
        return Response(TrainingDetail.write(run), status=status.HTTP_202_ACCEPTED)


class OneTraining(LeadView):
    """What the views of one run share."""

    def find(self, training: UUID) -> TrainingRun:
        """A run of this project; raises Http404."""
        found = find_run(self.project, training)
        if found is None:
            raise Http404
        return found


class TrainingView(OneTraining):
    """One run."""

    @extend_schema(responses=TrainingDetail)
    def get(self, _request: Request, slug: str, training: UUID) -> Response:
        """How far a run is, its curves, and how it did."""
        return Response(TrainingDetail.write(self.find(training)))


class TrainingLinesView(OneTraining):
    """The log of a run."""

    @extend_schema(parameters=[PageQuery], responses=page_of(RunLineShape))
    def get(self, request: Request, slug: str, training: UUID) -> Response:
        """The log, oldest first."""
        return Response(write_page(request, RunLine.objects.filter(run=self.find(training)), RunLineShape))


class CancelTrainingView(OneTraining):
    """Cancelling."""

    @extend_schema(request=None, responses=TrainingDetail)
    def post(self, _request: Request, slug: str, training: UUID) -> Response:
        """End a run; its worker stops at its next step, and what is saved stays."""
        cancel_run(self.find(training), self.person)
        return Response(TrainingDetail.write(self.find(training)))


class ResumeTrainingView(OneTraining):
    """Resuming."""

    @extend_schema(request=None, responses={202: TrainingDetail})
    def post(self, _request: Request, slug: str, training: UUID) -> Response:
        """Let a cancelled or failed run go on from where it was saved last."""
        resume_run(self.find(training), self.person)
        return Response(TrainingDetail.write(self.find(training)), status=status.HTTP_202_ACCEPTED)


class RetrainPlanView(LeadView):
    """Retraining by itself."""

    @extend_schema(responses=RetrainPlanShape)
    def get(self, _request: Request, slug: str) -> Response:
        """When the project retrains by itself."""
        return Response(
            RetrainPlanShape.write(RetrainPlan.objects.filter(project=self.project).first() or RetrainPlan(project=self.project))
        )

    @extend_schema(request=NewRetrainPlan, responses=RetrainPlanShape)
    def put(self, request: Request, slug: str) -> Response:
        """Change it; new decisions are counted from now on."""
        asked = check_types(NewRetrainPlan, request.data)
        how = {name: asked[name] for name in ("preset", "every_decisions", "weekly", "on_drift", "settings")}
        return Response(RetrainPlanShape.write(change_plan(self.project, self.person, filters=read_filters(asked), **how)))
