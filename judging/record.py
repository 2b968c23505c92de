"""Storing replies and scores: whole groups in one transaction that stands or falls with the worker's right to the batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from judging.backends.base import Reply
from judging.load_material import hash_pictures
from judging.material import Material
from judging.models import Call, JudgeRun, Score
from judging.questions import Unit
from judging.replies import clean, describe_reply
from judging.rubrics.base import Ask, Value
from labeling.among import Ids
from labeling.jobs.context import JobContext
from labeling.models import Image


@dataclass(frozen=True, kw_only=True)
class Answered:
    """A question about a bundle and its reply."""

    material: Material
    ask: Ask
    reply: Reply


@dataclass(frozen=True, kw_only=True)
class Scored:
    """The values of one unit."""

    unit: Unit
    values: Sequence[Value]


def make_call(run: JudgeRun, answered: Answered) -> Call:
    """The row of a question and its reply."""
    ask, reply = answered.ask, answered.reply
    return Call(
        run=run,
        judge=run.judge,
        bundle_id=answered.material.key,
        candidate_id=ask.sample,
        part=ask.part,
        chunk=ask.chunk,
        digest=ask.digest,
        images=ask.image_hashes,
        layout=ask.layout,
        side_px=ask.side_px,
        parsed=clean(reply.parsed),
        probability=reply.probability,
        **describe_reply(ask, reply),
    )


@transaction.atomic
def store(context: JobContext, run: JudgeRun, answered: Sequence[Answered], scored: Sequence[Scored], calls: Sequence[Call]) -> None:
    """Store `calls` (those of `answered`) and scores and add them to the counts of the run. Locks the run, then the job.

    Raises JobLost, and stores nothing, if the batch is no longer this worker's.
    """
    replies = [item.reply for item in answered]
    JudgeRun.objects.filter(pk=run.pk).update(
        calls=F("calls") + len(replies),
        unusable=F("unusable") + sum(reply.parsed is None for reply in replies),
        tokens_in=F("tokens_in") + sum(reply.tokens_in or 0 for reply in replies),
        tokens_out=F("tokens_out") + sum(reply.tokens_out or 0 for reply in replies),
        cost_usd=F("cost_usd") + sum((call.cost_usd or Decimal(0) for call in calls), Decimal(0)),
    )
    if replies:
        JudgeRun.objects.filter(pk=run.pk, failures__gt=0).update(failures=0, not_before=None, said="", said_params={})
    context.checkpoint({})
    if run.retries_unusable:
        supersede_calls(calls)
    Call.objects.bulk_create(calls)
    store_scores(run, scored)


def supersede_calls(calls: Sequence[Call]) -> None:
    """Let go of the unusable calls that these take the place of."""
    for call in calls:
        same = {"candidate_id": call.candidate_id} if call.candidate_id else {"bundle_id": call.bundle_id, "candidate": None}
        old = Call.objects.filter(judge_id=call.judge_id, part=call.part, chunk=call.chunk, digest=call.digest, superseded_at=None, **same)
        old.exclude(why="").update(superseded_at=Now())


def store_scores(run: JudgeRun, scored: Sequence[Scored]) -> None:
    """Let these values stand in the place of those that were there about the same candidates, bundles and concepts."""
    rows = [make_score(run, item.unit, value) for item in scored for value in item.values]
    if not rows:
        return
    images = dict(Image.objects.filter(sha256__in={sha for row, sha in rows if sha}).values_list("sha256", "pk"))
    for row, sha256 in rows:
        row.image_id = images.get(sha256)
    Score.objects.filter(pk__among=Ids(find_former(run, [row for row, _sha in rows]))).update(superseded_at=Now())
    Score.objects.bulk_create([row for row, _sha in rows])


def find_former(run: JudgeRun, rows: Sequence[Score]) -> list[int]:
    """The ids of the standing scores that `rows` take the place of."""
    new = {(row.bundle_id, row.candidate_id, row.concept) for row in rows}
    standing = Score.objects.current().filter(judge=run.judge, bundle__in={row.bundle_id for row in rows})
    found = standing.values_list("pk", "bundle", "candidate", "concept")
    return [pk for pk, bundle, candidate, concept in found if (bundle, candidate, concept) in new]


def make_score(run: JudgeRun, unit: Unit, value: Value) -> tuple[Score, str]:
    """The row of a value, and the SHA-256 of the picture it is about ('' for a whole bundle)."""
    shown = {sample.key: sample.picture.sha256 for sample in unit.material.samples}
    row = Score(
        judge=run.judge,
        run=run,
        bundle_id=unit.material.key,
        candidate_id=value.sample,
        part=unit.part,
        concept=value.concept,
        value=value.value,
        why=value.why or "",
        comment=value.comment,
        detail=dict(value.detail),
        inputs=unit.inputs,
        task_version=unit.material.task_version,
        pictures="" if value.sample else hash_pictures((sample.key, sample.picture.sha256) for sample in unit.material.samples),
    )
    return row, shown.get(value.sample or 0, "")
