"""Running imports in tests: what they read, what they left, and what they may not have touched."""

from __future__ import annotations

import hashlib
import io
import json
from collections import Counter
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError

from labeling.jobs.run import run_here
from labeling.models import Job, Project
from tests.labeling.material import make_bench, make_folder, make_picture, make_record

# What an import may always write: its own row and report.
OWN_TABLES = {"labeling_job", "labeling_jobline"}


def run_import(project: Project, what: str, path: Path, **params: Any) -> Job:
    """The job of importing `what` (bench, candidates, labels) from `path`, done in this process."""
    return run_here(project, f"import_{what}", {"source": {"path": str(path)}, **params})


def run_command(what: str, path: Path, project: Project, *options: str) -> tuple[int, str, str]:
    """Exit status, output and message of `manage.py import_<what>`."""
    output = io.StringIO()
    try:
        call_command(f"import_{what}", str(path), "--project", project.slug, *options, stdout=output)
    except CommandError as error:
        return error.returncode, output.getvalue(), str(error)
    return 0, output.getvalue(), ""


def counts(job: Job) -> dict[str, int]:
    """The counts of a report, without those that are 0; warnings are left out."""
    assert job.state == "done", job.error
    return {outcome: count for outcome, count in job.result["counts"].items() if count and outcome != "warning"}


def problems(job: Job) -> list[tuple[str, ...]]:
    """(outcome, code, record or file) of each line that names a problem, sorted."""
    lines = job.lines.exclude(code="")
    return sorted((line.outcome, line.code, line.record or line.file) for line in lines)


def refusals(job: Job) -> set[tuple[str, str]]:
    """(code, file) of each rejected line."""
    return set(job.lines.filter(outcome="rejected").values_list("code", "file"))


def dump_tables() -> dict[str, list[Any]]:
    """Every row of every table of the site but the jobs' own."""
    models = [model for model in apps.get_models(include_auto_created=True) if model._meta.db_table not in OWN_TABLES]
    return {model._meta.db_table: list(model._base_manager.order_by("pk").values_list()) for model in models}


def list_stored() -> dict[str, str]:
    """Every stored file with the hash of its content."""
    files = (path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file())
    return {str(path.relative_to(settings.MEDIA_ROOT)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def make_small_bench(root: Path, *, brief: str | None = None, price: Any = 100, quantity: int = 2, reference: bytes | None = None) -> Path:
    """A benchmark of one task per category; the keywords say what is different about product-001."""
    product = make_record("product-001", quantity=quantity, price=price)
    if brief is not None:
        product["original_task_data"]["requirements_original"] = brief
    records = {"Portrait": [make_record("portrait-001")], "Product": [product], "Digital": [make_record("digital-001", quantity=3)]}
    make_bench(root, records, {"C-Product/refs/task_001/1.png": reference or make_picture(color=(10, 20, 30))})
    return root


def make_candidates(root: Path, *bundles: str, color: int = 0, quantity: dict[str, int] | None = None) -> Path:
    """A folder of candidates; `bundles` are `generator/task`. Every picture is another one; another `color` makes all of them others."""
    quantities = {"product-001": 2, "digital-001": 3, **(quantity or {})}
    files: dict[str, bytes | str] = {}
    for bundle in bundles:
        for number in range(1, quantities.get(bundle.rpartition("/")[2], 1) + 1):
            files[f"{bundle}/{number}.png"] = make_distinct_picture(f"{bundle}/{number}", color)
    make_folder(root, files)
    return root


def make_distinct_picture(name: str, color: int = 0) -> bytes:
    """A small picture whose colour depends on `name` and `color`."""
    digest = hashlib.sha256(f"{name} {color}".encode()).digest()
    return make_picture(color=tuple(digest[:3]))


def make_labels(path: Path, *lines: dict[str, Any] | str) -> Path:
    """A file of ServImage's annotation lines."""
    path.write_text("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines), encoding="utf-8")
    return path


def label_line(task_id: str = "product-001", model: str = "acme", **annotations: Any) -> dict[str, Any]:
    """One line of labels, by `subtask_1=True` and so on."""
    return {"model": model, "task_id": task_id, "category": f"C-{task_id.partition('-')[0].capitalize()}", "annotations": annotations}


def count_codes(job: Job) -> Counter[str]:
    """How often each problem is in the report."""
    return Counter(job.lines.exclude(code="").values_list("code", flat=True))
