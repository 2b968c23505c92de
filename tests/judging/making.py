"""Projects with real pictures, judges and runs for tests."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import transaction

from judging.models import Judge, JudgeRun
from judging.protocol.advance import advance_runs
from judging.protocol.judges import make_judge
from judging.protocol.runs import plan_run
from labeling.browse.wanted import Wanted
from labeling.image_store import keep_image
from labeling.jobs.run import run_job
from labeling.models import Bundle, Candidate, Job, Project
from tests.factories import make_bundle, make_project, make_task
from tests.labeling.material import make_picture


def make_pictured_bundle(task: Any, **fields: Any) -> Bundle:
    """A bundle whose candidates have pictures of their own in the storage."""
    bundle = make_bundle(task, **fields)
    for number, candidate in enumerate(bundle.candidates.order_by("pk")):
        image = keep_image(make_picture(color=(bundle.pk * 37 % 256, number * 11 % 256, candidate.pk * 59 % 256)))
        Candidate.objects.filter(pk=candidate.pk).update(image=image)
    return bundle


def make_judged_project(tasks: Iterable[int] = (1, 3), **fields: Any) -> tuple[Project, list[Bundle]]:
    """A project with one bundle per task, of so many deliverables each."""
    project = make_project(**fields)
    return project, [make_pictured_bundle(make_task(project, quantity=quantity)) for quantity in tasks]


def make_server_judge(project: Project, url: str, rubric: str = "servimage_score", **config: Any) -> Judge:
    """A judge that asks the server at `url`."""
    parts = config.pop("parts", ())
    return make_judge(project, None, "scripted", "openai", rubric, {"base_url": url, "model": "scripted-model-1", **config}, parts)


def begin(judge: Judge, **fields: Any) -> JudgeRun:
    """A run over everything, planned and started."""
    run = plan_run(judge, None, Wanted(**fields.pop("wanted", {})), starts_at_once=True, **fields)
    work(run)
    return run


def work(run: JudgeRun, most: int = 100) -> JudgeRun:
    """Do the jobs of the run as one worker would, until none waits; returns the run as it is then."""
    for _ in range(most):
        advance_runs()
        job = Job.objects.filter(state=Job.State.QUEUED, project=run.project, kind__startswith="judge").order_by("pk").first()
        if job is None:
            break
        run_job(job.pk)
    run.refresh_from_db()
    return run


def judge_all(judge: Judge, **fields: Any) -> JudgeRun:
    """A run over everything, done."""
    with transaction.atomic():
        run = plan_run(judge, None, Wanted(), starts_at_once=True, **fields)
    return work(run)
