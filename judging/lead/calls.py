"""The calls of a run: which, and one of them with all that was asked and said."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from judging.lead.words import name_part, name_why
from judging.models import Call, JudgeRun
from labeling.models import Image

COLUMNS = (
    "call",
    "task_id",
    "generator",
    "deliverable",
    "part",
    "chunk",
    "why",
    "detail",
    "model",
    "revision",
    "tokens_in",
    "tokens_out",
    "latency_ms",
    "cost_usd",
    "attempts",
    "prompt_hash",
    "digest",
    "created_at",
)


def filter_calls(run: JudgeRun, part: str = "", why: str = "") -> QuerySet[Call]:
    """The calls of a run, newest first; `why` is a reason, or `any` for every unusable one."""
    calls = Call.objects.filter(run=run, **({"part": part} if part else {}))
    if why == "any":
        calls = calls.exclude(why="")
    elif why:
        calls = calls.filter(why=why)
    return with_subjects(calls.defer("system", "prompt", "reply", "earlier", "parsed", "images", "sampling")).order_by("-pk")


def with_subjects(calls: QuerySet[Call]) -> QuerySet[Call]:
    """The calls with what they are about."""
    return calls.select_related("candidate__deliverable", "bundle__task", "bundle__generator")


def find_call(run: JudgeRun, number: int) -> Call | None:
    """One call of a run with all of it; None if there is none of that number."""
    return with_subjects(Call.objects.filter(run=run, pk=number)).first()


def list_cells(calls: QuerySet[Call]) -> Iterator[list[Any]]:
    """The rows of the CSV file."""
    for call in calls.iterator(chunk_size=500):
        yield [
            call.pk,
            call.bundle.task.external_id,
            call.bundle.generator.slug,
            call.candidate.deliverable.number if call.candidate else "",
            call.part,
            call.chunk,
            call.why,
            call.detail,
            call.model,
            call.revision,
            call.tokens_in,
            call.tokens_out,
            call.latency_ms,
            call.cost_usd,
            call.attempts,
            call.prompt_hash,
            call.digest,
            call.created_at.isoformat(),
        ]


@dataclass(frozen=True, kw_only=True)
class ShownPicture:
    """A picture of a question by its place; `image` is None where its row is no longer there."""

    number: int
    sha256: str
    image: Image | None


def list_pictures(call: Call) -> list[ShownPicture]:
    """The pictures that a question showed, in order."""
    images = {image.sha256: image for image in Image.objects.filter(sha256__in=call.images)}
    return [ShownPicture(number=number, sha256=sha256, image=images.get(sha256)) for number, sha256 in enumerate(call.images, 1)]


def show_json(value: Any) -> str:
    """JSON as people read it."""
    return json.dumps(value, indent=2, ensure_ascii=False)


def offer_parts(run: JudgeRun) -> list[tuple[str, str]]:
    """(part, its name) of the parts that the judge of a run judges."""
    return [(part, name_part(part)) for part in run.judge.parts]


def find_neighbours(run: JudgeRun, call: Call) -> tuple[int | None, int | None]:
    """The numbers of the newer and of the older call beside this one; None at the ends."""
    calls = Call.objects.filter(run=run)
    newer = calls.filter(pk__gt=call.pk).order_by("pk").values_list("pk", flat=True).first()
    older = calls.filter(pk__lt=call.pk).order_by("-pk").values_list("pk", flat=True).first()
    return newer, older


def say_outcome(call: Call) -> str:
    """Why a reply was unusable, in words with what was found; empty where it was not."""
    if not call.why:
        return ""
    said = name_why(call.why)
    return f"{said}: {call.detail}" if call.detail else said
