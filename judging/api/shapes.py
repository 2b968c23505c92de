"""How judges, runs and scores are written."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from judging.lead.progress import count_batches, count_unusable, read_progress
from judging.models import Backend, JudgeRun, Score
from labeling.api.shapes import Shape


class RateShape(Shape):
    """So many out of so many."""

    count = serializers.IntegerField()
    total = serializers.IntegerField()


class JudgeShape(Shape):
    """A judge version. `covered` are candidates judged as they are now, `unusable` replies without a value, and
    `not_applicable` scores that there cannot be. `cost_usd` is null where nobody can tell. `config` never holds a key."""

    id = serializers.UUIDField(source="judge.public_id")
    name = serializers.CharField(source="judge.name")
    version = serializers.IntegerField(source="judge.version")
    backend = serializers.ChoiceField(choices=Backend.values, source="judge.backend")
    model = serializers.CharField(source="judge.model", allow_blank=True)
    revision = serializers.CharField(source="judge.revision", allow_blank=True)
    rubric = serializers.CharField(source="judge.rubric")
    rubric_version = serializers.IntegerField(source="judge.rubric_version")
    parts = serializers.ListField(child=serializers.CharField(), source="judge.parts")
    config = serializers.DictField(source="judge.config")
    fingerprint = serializers.CharField(source="judge.fingerprint")
    created_at = serializers.DateTimeField(source="judge.created_at")
    covered = RateShape()
    unusable = RateShape()
    not_applicable = RateShape()
    cost_usd = serializers.FloatField(allow_null=True)
    last_run = serializers.UUIDField(source="last_run.public_id", allow_null=True, default=None)
    last_run_state = serializers.CharField(source="last_run.state", allow_null=True, default=None)


class Judges(Shape):
    """Every judge version; there are never many."""

    results = JudgeShape(many=True)


class RunShape(Shape):
    """A run. `plan` is `{}` while it is being made; `said` is why it waits, was paused or failed."""

    id = serializers.UUIDField(source="public_id")
    judge = serializers.UUIDField(source="judge.public_id")
    state = serializers.ChoiceField(choices=JudgeRun.State.values)
    wanted = serializers.DictField(child=serializers.CharField(), help_text="The filter of its candidates; empty for all.")
    retries_unusable = serializers.BooleanField()
    parallel = serializers.IntegerField()
    spend_limit_usd = serializers.FloatField(allow_null=True)
    plan = serializers.DictField()
    calls = serializers.IntegerField()
    unusable = serializers.IntegerField()
    bundles = serializers.IntegerField()
    bundles_done = serializers.IntegerField()
    tokens_in = serializers.IntegerField()
    tokens_out = serializers.IntegerField()
    cost_usd = serializers.FloatField(help_text="Of calls whose cost is known.")
    said = serializers.CharField(source="said_text", allow_blank=True)
    created_at = serializers.DateTimeField()
    created_by = serializers.CharField(source="created_by.username", allow_null=True, default=None)
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)


class RunProgress(Shape):
    """`done` of `total` are questions, or bundles for plain code; null where nothing runs or nobody can tell."""

    done = serializers.IntegerField()
    total = serializers.IntegerField()
    counts_bundles = serializers.BooleanField()
    per_second = serializers.FloatField(allow_null=True)
    seconds_left = serializers.IntegerField(allow_null=True)


class RunDetail(RunShape):
    """A run with its progress, its unusable replies by reason and its batches by state."""

    progress = serializers.SerializerMethodField()
    unusable_by_reason = serializers.SerializerMethodField()
    batches = serializers.SerializerMethodField()

    @extend_schema_field(RunProgress)
    def get_progress(self, run: JudgeRun) -> dict[str, Any]:
        """How far it is."""
        return RunProgress.write(read_progress(run))

    def get_unusable_by_reason(self, run: JudgeRun) -> dict[str, int]:
        """Unusable replies by reason."""
        return {why: count for why, _name, count in count_unusable(run)}

    def get_batches(self, run: JudgeRun) -> dict[str, int]:
        """Batches by state."""
        return count_batches(run)


class ScoreShape(Shape):
    """One score that stands. `deliverable` and `sample` are null for one of a whole bundle; `value` is null for the reason in `why`.
    `is_about_now` is false where image, brief or, for a whole bundle, any of its images has changed since."""

    generator = serializers.CharField(source="bundle.generator.slug")
    task = serializers.CharField(source="bundle.task.external_id")
    deliverable = serializers.SerializerMethodField()
    sample = serializers.SerializerMethodField()
    part = serializers.CharField()
    concept = serializers.CharField()
    value = serializers.FloatField(allow_null=True)
    why = serializers.CharField(allow_blank=True)
    comment = serializers.CharField(allow_blank=True)
    detail = serializers.DictField()
    is_about_now = serializers.BooleanField()
    created_at = serializers.DateTimeField()

    def get_deliverable(self, score: Score) -> int | None:
        """The number of the deliverable."""
        return score.candidate.deliverable.number if score.candidate else None

    def get_sample(self, score: Score) -> int | None:
        """The number of the sample."""
        return score.candidate.sample if score.candidate else None
