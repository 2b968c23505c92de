"""How runs, versions and predictions are written."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from labeling.api.shapes import Shape
from labeling.models import Job
from labeling.stored_texts import put_together
from modeling.models import ModelVersion, Preset, Promotion, TrainingRun
from modeling.pace import estimate_left, read_curves
from modeling.protocol.registry import is_stale, list_caused, passes


class TrainingShape(Shape):
    """A training run. `stage` is what it trains, `at_stage` what it is at; `said` is why it failed."""

    id = serializers.UUIDField(source="public_id")
    number = serializers.IntegerField()
    preset = serializers.ChoiceField(choices=Preset.values)
    stage = serializers.ChoiceField(choices=TrainingRun.Stage.values)
    state = serializers.ChoiceField(choices=TrainingRun.State.values)
    why = serializers.ChoiceField(choices=TrainingRun.Why.values)
    at_stage = serializers.CharField(allow_blank=True)
    step = serializers.IntegerField()
    steps = serializers.IntegerField(allow_null=True)
    said = serializers.CharField(source="said_text", allow_blank=True)
    version = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()
    created_by = serializers.CharField(source="created_by.username", allow_null=True, default=None)
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)

    @extend_schema_field(serializers.UUIDField(allow_null=True))
    def get_version(self, run: TrainingRun) -> str | None:
        """The version it made."""
        version = getattr(run, "version", None)
        return None if version is None else str(version.public_id)


class CurveShape(Shape):
    """The values of a curve by step of its stage."""

    stage = serializers.CharField()
    name = serializers.CharField()
    points = serializers.ListField(child=serializers.ListField(child=serializers.FloatField()), help_text="Pairs of step and value.")


class TrainingDetail(TrainingShape):
    """A run with its settings, curves and figures. `metrics` is `{}` until it is done, and null stands for what is not defined."""

    config = serializers.DictField(source="shown_config")
    filters = serializers.DictField(source="wanted")
    snapshot = serializers.IntegerField(source="snapshot.number", allow_null=True, default=None)
    data_sha256 = serializers.CharField(source="snapshot.sha256", allow_null=True, default=None)
    code = serializers.CharField(allow_blank=True)
    metrics = serializers.DictField()
    seconds_left = serializers.SerializerMethodField()
    curves = serializers.SerializerMethodField()

    @extend_schema_field(serializers.IntegerField(allow_null=True))
    def get_seconds_left(self, run: TrainingRun) -> int | None:
        """Until its stage is done."""
        return estimate_left(run)

    @extend_schema_field(CurveShape(many=True))
    def get_curves(self, run: TrainingRun) -> list[dict[str, Any]]:
        """Its curves."""
        found = read_curves(run)
        rows = [{"stage": stage, "name": name, "points": points} for stage, curves in found.items() for name, points in curves.items()]
        return CurveShape.write_all(rows)


class RunLineShape(Shape):
    """One line of a run's log."""

    at = serializers.DateTimeField()
    text = serializers.CharField(source="said")


class TrainedVersionShape(Shape):
    """A version. `passes` is whether it can be promoted without a reason, `is_stale` whether another version is in use than its gate knows.

    `caused` are the training labels that versions it descends from had a part in, by version; `taught_by` those of any version.
    """

    id = serializers.UUIDField(source="public_id")
    name = serializers.CharField()
    backend = serializers.CharField()
    run = serializers.UUIDField(source="run.public_id")
    parent = serializers.CharField(source="parent.name", allow_null=True, default=None)  # type: ignore[assignment]
    is_used = serializers.SerializerMethodField()
    verdict = serializers.SerializerMethodField()
    incumbent = serializers.CharField(allow_blank=True)
    passes = serializers.SerializerMethodField()
    is_stale = serializers.SerializerMethodField()
    taught_by = serializers.DictField(child=serializers.IntegerField())
    caused = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()

    def get_is_used(self, version: ModelVersion) -> bool:
        """Whether people are shown its suggestions."""
        return version.project.model_version == version.name

    def get_verdict(self, version: ModelVersion) -> str:
        """What the gate says."""
        return str(version.gate.get("verdict", ""))

    def get_passes(self, version: ModelVersion) -> bool:
        """Whether the gate lets it pass."""
        return passes(version, version.project)

    def get_is_stale(self, version: ModelVersion) -> bool:
        """Whether the gate compared it with another version."""
        return is_stale(version, version.project)

    def get_caused(self, version: ModelVersion) -> dict[str, int]:
        """Labels it caused."""
        return list_caused(version)


class TrainedVersionDetail(TrainedVersionShape):
    """A version with its gate, its figures and what makes it what it is."""

    gate = serializers.DictField()
    said = serializers.SerializerMethodField()
    metrics = serializers.DictField(source="run.metrics")
    config = serializers.DictField(source="run.shown_config")
    data_sha256 = serializers.CharField(source="run.snapshot.sha256", allow_null=True, default=None)
    code = serializers.CharField(source="run.code", allow_blank=True)
    sha256 = serializers.CharField()

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_said(self, version: ModelVersion) -> list[str]:
        """The verdict in sentences."""
        return [put_together(row["text"], {"values": row["params"]}) for row in version.gate.get("say", [])]


class TrainedVersions(Shape):
    """The versions of a project, the newest first; there are never many."""

    results = TrainedVersionShape(many=True)


class ModelCardShape(Shape):
    """A model card."""

    markdown = serializers.CharField()


class PromotionShape(Shape):
    """A promotion or its reverse. `used_at` is null while suggestions are being computed; people see those of `former` until then.

    `gate` is the verdict it was promoted on, empty for its reverse.
    """

    version = serializers.CharField(source="name", allow_blank=True)
    former = serializers.CharField(allow_blank=True)
    kind = serializers.ChoiceField(choices=Promotion.Kind.values)
    reason = serializers.CharField(allow_blank=True)
    gate = serializers.DictField()
    created_at = serializers.DateTimeField()
    created_by = serializers.CharField(source="created_by.username", allow_null=True, default=None)
    used_at = serializers.DateTimeField(allow_null=True)
    job = serializers.UUIDField(source="job.public_id", allow_null=True, default=None)


class DriftShape(Shape):
    """A look at the version in use on blind labels that came after it spoke."""

    version = serializers.CharField(source="model_version")
    n = serializers.IntegerField()
    is_alarm = serializers.BooleanField()
    figures = serializers.DictField()
    at = serializers.DateTimeField()


class ModelsState(Shape):
    """What speaks now. `former` is what a roll-back would bring back, empty for no version and null where none is in use; `waiting` is a
    promotion under way.
    """

    version_in_use = serializers.CharField(allow_blank=True)
    former = serializers.CharField(allow_blank=True, allow_null=True)
    waiting = PromotionShape(allow_null=True)
    drift = DriftShape(allow_null=True)


class RetrainPlanShape(Shape):
    """When the project retrains by itself; null and false for never."""

    preset = serializers.ChoiceField(choices=Preset.values)
    every_decisions = serializers.IntegerField(allow_null=True)
    weekly = serializers.BooleanField()
    on_drift = serializers.BooleanField()
    filters = serializers.DictField(source="wanted")
    settings = serializers.DictField()


class PredictionShape(Shape):
    """What a version says of what was asked. All of it but `state` and `error` is null until the job is done."""

    id = serializers.UUIDField(source="public_id")
    state = serializers.ChoiceField(choices=Job.State.values)
    error = serializers.CharField(source="error_text", allow_blank=True)
    version = serializers.CharField(source="result.version", allow_null=True, default=None)
    backend = serializers.CharField(source="result.backend", allow_null=True, default=None)
    p_accept = serializers.FloatField(source="result.p_accept", allow_null=True, default=None)
    concepts = serializers.DictField(child=serializers.FloatField(), source="result.concepts", allow_null=True, default=None)
    not_applicable = serializers.ListField(child=serializers.CharField(), source="result.not_applicable", allow_null=True, default=None)
