"""Every rubric over stand-in candidates, through a scripted server where a model is asked: that all ends whole, and how long it takes.

    DATABASE_URL=... SERVIMAGE_VAR=... python -m benchmarks.judge_all [--tasks 40] [--editing 20] [--generators 4]

on an empty scratch database. Candidates come from the shared maker of stand-ins (SERVIMAGE_SHARED). Replies are made up to fit the schema
of each question, so the values mean nothing.
"""

from __future__ import annotations

import argparse
import io
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "annotation_site.settings")
os.environ.setdefault("LOG_LEVEL", "ERROR")
django.setup()

from django.core.management import call_command  # noqa: E402

from judging.models import Call, Judge, Score  # noqa: E402
from judging.protocol.judges import make_judge  # noqa: E402
from labeling.bench_project import BENCH_SLUG, prepare_bench_project  # noqa: E402
from labeling.models import Candidate, Project  # noqa: E402
from tests.judging.making import judge_all, make_server_judge  # noqa: E402
from tests.judging.scripted_server import ScriptedServer  # noqa: E402
from tests.shared import BENCH, SHARED  # noqa: E402

IN_FLIGHT, WORKERS = 16, 1


def make_project(folder: Path, arguments: list[str]) -> Project:
    """The published tasks with stand-ins for some of them; editing tasks have the source images that the maker drew."""
    out, bench = folder / "candidates", folder / "bench"
    subprocess.run(
        [sys.executable, str(SHARED / "tools" / "make_candidates.py"), str(out), *arguments], check=True, stdout=subprocess.DEVNULL
    )
    shutil.copytree(BENCH, bench)
    for source in (out / "inputs").glob("*/1.png") if (out / "inputs").is_dir() else []:
        number = int(source.parent.name.rpartition("-")[2])
        into = bench / "C-Portrait" / "inputs" / f"task_{number}"
        into.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, into)
    shutil.rmtree(out / "inputs", ignore_errors=True)
    call_command("migrate", verbosity=0)
    prepare_bench_project()
    for command, source in (("import_bench", bench), ("import_candidates", out)):
        call_command(command, str(source), project=BENCH_SLUG, stdout=io.StringIO())
    return Project.objects.get(slug=BENCH_SLUG)


def report(judge: Judge) -> None:
    """Judge everything, and print what came of it."""
    started = time.perf_counter()
    run = judge_all(judge, parallel=WORKERS, retries_unusable=False)
    seconds = time.perf_counter() - started
    scores = Score.objects.current().filter(judge=judge)
    empty = Counter(scores.exclude(why="").values_list("why", flat=True))
    print(
        f"{judge.rubric:16} {run.state:6} {run.bundles_done:5}/{run.bundles:<5} bundles {run.calls:6} calls {run.unusable:4} unusable "
        f"{scores.filter(value__isnull=False).count():6} values, without: {dict(empty)} {seconds:6.1f} s"
        + (f" {run.calls / seconds:5.0f} calls/s" if run.calls else "")
    )
    again = judge_all(judge)
    print(f"{'':16} again: {again.calls} calls, {again.plan['done_before']} there before, plan of {again.bundles} bundles")


def main() -> None:
    """Make the project, and let every rubric judge it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--tasks", default="40")
    parser.add_argument("--editing", default="20")
    parser.add_argument("--generators", default="4")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, ScriptedServer(keep=False) as server:
        arguments = [text for name, value in vars(options).items() for text in (f"--{name}", value)]
        project = make_project(Path(folder), arguments)
        editing = Candidate.objects.filter(project=project, bundle__task__is_editing=True).count()
        print(f"{Candidate.objects.filter(project=project).count()} candidates, {editing} of them edits; load {os.getloadavg()[0]:.1f}")
        for name in ("hard_rules", "classical"):
            report(make_judge(project, None, name, "code", name, {}))
        for name in ("servimage_score", "pay_direct"):
            report(make_server_judge(project, server.url, name, max_in_flight=IN_FLIGHT))
        questions = Call.objects.values("judge", "bundle", "candidate", "part", "chunk").distinct()
        print(f"calls stored: {Call.objects.count()}, distinct: {questions.count()}")


if __name__ == "__main__":
    main()
