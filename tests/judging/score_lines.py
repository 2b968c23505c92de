"""Files of scores for tests, and what came of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from judging.models import Score
from labeling.jobs.run import run_here
from labeling.models import Bundle, Generator, Job, Project
from tests.factories import make_bundle, make_generator, make_task


def make_scored_bundle(
    project: Project, task_id: str = "digital-001", quantity: int = 2, points: int = 4, generator: str = "acme", **fields: Any
) -> Bundle:
    """The images of one generator for one task, both by name."""
    task = project.tasks.filter(external_id=task_id).first()
    maker = Generator.objects.filter(slug=generator).first() or make_generator(slug=generator)
    return make_bundle(task or make_task(project, quantity=quantity, points=points, external_id=task_id), maker, **fields)


def line(deliverable: int = 1, task_id: str = "digital-001", scores: Any = None, **fields: Any) -> dict[str, Any]:
    """One line of the format `scores`, by default about clarity."""
    scores = {"veq_clarity": 4} if scores is None else scores
    return {"model": "acme", "task_id": task_id, "deliverable": deliverable, "scores": scores} | fields


def split_row(subtask: Any = 1, task_id: str = "digital-001", **fields: Any) -> dict[str, Any]:
    """One row of `cbm_split`."""
    return {"model": "acme", "task_id": task_id, "subtask": subtask} | fields


def write_lines(folder: Path, *lines: Any, name: str = "scores.jsonl") -> Path:
    """A file of these lines, objects or raw text."""
    path = folder / name
    path.write_text("".join((one if isinstance(one, str) else json.dumps(one)) + "\n" for one in lines), encoding="utf-8")
    return path


def import_lines(project: Project, folder: Path, *lines: Any, judge: str = "outside", **params: Any) -> Job:
    """The job of importing these lines, done in this process."""
    source = {"path": str(write_lines(folder, *lines))}
    return run_here(project, "import_scores", {"source": source, "judge": judge, **params})


def list_scores(project: Project, judge: str = "outside", version: int = 1) -> dict[tuple[str, str, int | None, int | None, str], Any]:
    """The values that stand of a judge version, by generator, task, deliverable and sample (None for a bundle) and concept."""
    rows = Score.objects.current().filter(judge__project=project, judge__name=judge, judge__version=version)
    return {
        (
            row.bundle.generator.slug,
            row.bundle.task.external_id,
            row.candidate.deliverable.number if row.candidate else None,
            row.candidate.sample if row.candidate else None,
            row.concept,
        ): row.value
        for row in rows.select_related("bundle__generator", "bundle__task", "candidate__deliverable")
    }


def values_of(project: Project, **fields: Any) -> dict[tuple[int | None, str], Any]:
    """The values that stand, by deliverable (None for a bundle) and concept, where there is one bundle."""
    return {(key[2], key[4]): value for key, value in list_scores(project, **fields).items()}
