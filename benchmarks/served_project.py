"""A project of 20 candidates, judged through a server, and what came of it. Django must be set up before this is imported."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from random import Random
from typing import Any

from benchmarks.served_orders import Order, draw_picture, make_order
from judging.load_material import load_materials
from judging.models import Call, JudgeRun, Score
from judging.rubrics.base import Ask, Limits
from judging.rubrics.registry import get_rubric
from labeling.image_store import keep_image
from labeling.models import Asset, Bundle, Candidate, Deliverable, EvaluationPoint, Generator, Project, Task
from tests.factories import make_bundle, make_generator, make_project, make_task

# Pictures, language and whether a picture is to be edited, of six tasks; ten pictures from each of two generators.
TASKS = ((1, "en", False), (2, "zh", False), (3, "en", False), (1, "zh", False), (1, "en", True), (2, "en", False))
GENERATORS = 2


def make_judged_project(seed: int) -> Project:
    """The project, with briefs and pictures that are drawn from this seed."""
    rng, project = Random(seed), make_project(name="Served")
    generators = [make_generator() for _ in range(GENERATORS)]
    for quantity, language, is_editing in TASKS:
        task = make_ordered(project, make_order(rng, quantity, language=language, is_editing=is_editing), rng)
        for generator in generators:
            make_pictured(task, generator, rng)
    return project


def make_ordered(project: Project, order: Order, rng: Random) -> Task:
    """The task of an order."""
    said = {"name": order.name, "brief": order.brief, "price_usd": order.price_usd, "is_editing": order.is_editing}
    task = make_task(project, quantity=len(order.deliverables), points=0, **said)
    for number, name in enumerate(order.deliverables, 1):
        Deliverable.objects.filter(task=task, number=number).update(name=name)
    for number, text in enumerate(order.points, 1):
        EvaluationPoint.objects.create(task=task, number=number, point_id=f"ep_{number:03d}", text=text)
    for role, count in ((Asset.Role.SOURCE, int(order.is_editing)), (Asset.Role.REFERENCE, order.references)):
        for number in range(1, count + 1):
            Asset.objects.create(task=task, role=role, number=number, image=keep_image(draw_picture(rng)))
    return task


def make_pictured(task: Task, generator: Generator, rng: Random) -> None:
    """What a generator made for a task."""
    for candidate in make_bundle(task, generator).candidates.order_by("pk"):
        Candidate.objects.filter(pk=candidate.pk).update(image=keep_image(draw_picture(rng)))


def list_asks(project: Project, rubric: str) -> dict[str, Ask]:
    """Every question of a rubric about the project, by its digest."""
    bundles = list(Bundle.objects.filter(task__project=project).values_list("pk", flat=True))
    asked = [question for material in load_materials(bundles) for question in get_rubric(rubric).ask(material, Limits())]
    return {question.digest: question for question in asked if isinstance(question, Ask)}


def count_calls(run: JudgeRun) -> list[dict[str, Any]]:
    """For each part and for all of them: questions, how many replies parsed, at the first attempt and in the end, and what it took."""
    calls = list(Call.objects.filter(run=run).order_by("pk"))
    parts = sorted({call.part for call in calls})
    rows = [{"part": part, **count([call for call in calls if call.part == part])} for part in parts]
    return [*rows, {"part": "all", **count(calls)}]


def count(calls: list[Call]) -> dict[str, Any]:
    """The figures of some calls."""
    parsed = [call for call in calls if call.parsed is not None]
    whys = sorted({call.why for call in calls if call.why})
    return {
        "calls": len(calls),
        "parsed": len(parsed),
        "parsed_percent": round(100 * len(parsed) / len(calls)),
        "at_once": sum(call.attempts == 1 for call in parsed),
        "requests": sum(call.attempts for call in calls),
        "tokens_in": sum(call.tokens_in or 0 for call in calls),
        "tokens_out": sum(call.tokens_out or 0 for call in calls),
        "request_s": round(sum(call.latency_ms for call in calls) / 1000, 1),
        "unusable": {why: sum(call.why == why for call in calls) for why in whys},
    }


def count_scores(run: JudgeRun) -> dict[str, dict[str, Any]]:
    """By concept: how many have a value, the values that there are, and why the others have none."""
    told: dict[str, dict[str, Any]] = {}
    for score in Score.objects.current().filter(judge=run.judge):
        row = told.setdefault(score.concept, {"scored": 0, "values": set(), "without": {}})
        if score.value is None:
            row["without"][score.why] = row["without"].get(score.why, 0) + 1
        else:
            row["scored"] += 1
            row["values"].add(round(score.value, 2))
    return {concept: {**row, "values": sorted(row["values"])} for concept, row in told.items()}


def count_read_alike(run: JudgeRun, asks: dict[str, Ask], count_tokens: Callable[[Ask], int]) -> str:
    """Of the calls with a single request, how many prompts were as long to the server as `count_tokens` says."""
    single: Iterable[Call] = Call.objects.filter(run=run, attempts=1)
    alike = [call.tokens_in == count_tokens(asks[call.digest]) for call in single]
    return f"{sum(alike)}/{len(alike)}"
