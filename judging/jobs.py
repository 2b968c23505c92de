"""The jobs of the judges. What they run is imported when a worker begins: no web process needs it."""

from __future__ import annotations

from labeling.jobs.context import JobContext


def plan(context: JobContext) -> None:
    """Plan the run of the params."""
    from judging.plan_job import plan_run_job

    plan_run_job(context)


def judge(context: JobContext) -> None:
    """Judge the batch of the params."""
    from judging.batch import judge_batch

    judge_batch(context)


def import_scores(context: JobContext) -> None:
    """Import the scores of the file in the params."""
    from judging.data_in.load_scores import load_scores
    from labeling.data_in.units import make_job

    make_job(load_scores)(context)


def extract(context: JobContext) -> None:
    """Let the judge of the params read orders."""
    from judging.extract_job import extract

    extract(context)
