"""What templates need to show jobs."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from django import template
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from labeling.lead.report import name_outcome
from labeling.models import Job, JobLine
from labeling.stored_texts import put_together

register = template.Library()
NAMES: dict[str, str | Promise] = {
    "import_bench": _("Import of tasks"),
    "import_candidates": _("Import of candidates"),
    "import_labels": _("Import of labels"),
    "import_suggestions": _("Import of suggestions"),
    "import_scores": _("Import of scores"),
    "extract": _("Reading of briefs"),
    "extract_locally": _("Reading of briefs"),
    "export": _("Export"),
    "void_answers": _("Voiding of answers"),
    "agreement": _("Measuring of agreement"),
    "train": _("Training of a model"),
    "train_gpu": _("Training of a model"),
    "suggest": _("Computing of suggestions"),
    "suggest_gpu": _("Computing of suggestions"),
    "gate": _("Judging of a version"),
    "gate_gpu": _("Judging of a version"),
    "predict": _("Prediction for a program"),
    "predict_gpu": _("Prediction for a program"),
}
MANY: dict[str, str | Promise] = {
    "reopen": _("Reopening many candidates"),
    "hold": _("Holding many candidates"),
    "return": _("Putting many candidates back"),
    "withdraw": _("Withdrawing many candidates"),
    "batch": _("Putting many candidates into a batch"),
}


@register.filter
def job_name(job: Job) -> str:
    """What kind of job it is, in words."""
    name = str(MANY[job.params["act"]] if job.kind == "many" else NAMES.get(job.kind, job.kind))
    return f"{name}: {job.params['format']}" if job.kind == "export" and job.params.get("format") else name


@register.filter
def said(job: Job) -> str:
    """What an ended job has to say beside its state; empty where that is nothing."""
    found = job.result.get("said") or {"text": ""}
    return put_together(found["text"], found)


@register.filter
def outcome_name(outcome: str, job: Job) -> str:
    """What became of a line of the job's report, in words."""
    return name_outcome(job, outcome)


@register.filter
def subject(line: JobLine, subjects: Mapping[str, UUID]) -> UUID | None:
    """The candidate that the line is about, for its address; None where it is about none, or about one that is no more."""
    return subjects.get(line.key)
