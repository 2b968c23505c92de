"""The backend `openai` end to end against `transformers serve`: a tiny LLaVA is taught for some minutes, then judges 20 candidates.

    DATABASE_URL=... SERVIMAGE_VAR=... python -m benchmarks.served [--steps 1400] [--layers 2] [--threads 1] [--model FOLDER]

on an empty scratch database. Teaches the model, on this machine's CPU, the form of the replies to the questions of servimage_score and
pay_direct, with orders and pictures of its own; counts how many replies to questions it has not seen parse; serves it by `transformers
serve`; makes a project of 20 candidates (six tasks, briefs in English and Chinese, sets of two and three, one editing task); and runs
both rubrics over it. Prints the share of replies that parsed for each part, and what it took. The replies that it is taught are drawn:
what it says means nothing, and none of this tells how well any model judges.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "annotation_site.settings")
# Before transformers is loaded: nothing is to be fetched.
os.environ["HF_HUB_OFFLINE"] = "1"

import django

django.setup()

import torch  # noqa: E402
from django.core.management import call_command  # noqa: E402
from transformers import AutoProcessor  # noqa: E402

from benchmarks.judging import describe_machine  # noqa: E402
from benchmarks.served_project import count_calls, count_read_alike, count_scores, list_asks, make_judged_project  # noqa: E402
from benchmarks.served_training import RUBRICS, read_question, teach  # noqa: E402
from labeling.models import Candidate, Project  # noqa: E402
from tests.judging.making import judge_all, make_server_judge  # noqa: E402
from tests.judging.served import Served, list_missing, serve  # noqa: E402

SEED = 5  # unlike those of the lessons


def judge(project: Project, rubric: str, server: Served, processor: Any) -> None:
    """Run one rubric over the project and print what came of it."""
    # The server does one request at a time, so two on the way keep it busy.
    judge = make_server_judge(project, server.url, rubric, model=server.model, max_in_flight=2)
    asks, began = list_asks(project, rubric), time.monotonic()
    run = judge_all(judge)
    seconds = round(time.monotonic() - began, 1)
    alike = count_read_alike(run, asks, lambda ask: len(read_question(processor, ask).ids))
    said = {"rubric": rubric, "state": run.state, "seconds": seconds, "prompts_as_taught": alike, "model": judge.calls.first().model}
    for row in (said, *count_calls(run), {"scores": count_scores(run)}):
        print(json.dumps(row, ensure_ascii=False), flush=True)


def main() -> None:
    """Teach, serve, judge and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=1400, help="of teaching (default 1400)")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--layers", type=int, default=2)
    parser.add_argument("--model", type=Path, help="folder to keep the model in; one that is there already is not taught again")
    options = parser.parse_args()
    if missing := list_missing():
        raise SystemExit(f"This needs {', '.join(missing)} (docs/backends.md).")
    torch.set_num_threads(options.threads)
    call_command("migrate", verbosity=0)
    if Candidate.objects.exists():
        raise SystemExit("This database holds candidates; name an empty one in DATABASE_URL.")
    project = make_judged_project(SEED)
    candidates = Candidate.objects.filter(project=project).count()
    machine = {**describe_machine(), "threads": options.threads, "candidates": candidates}
    print(json.dumps({**machine, "note": "neither the model nor its scores are of any judge's quality"}), flush=True)
    with tempfile.TemporaryDirectory(prefix="served-") as folder:
        model = options.model or Path(folder, "tiny-llava")
        if not model.exists():
            teach(model, steps=options.steps, layers=options.layers)
        with serve(model, options.threads) as server:
            for rubric in RUBRICS:
                judge(project, rubric, server, AutoProcessor.from_pretrained(model))
    print(json.dumps({"load": round(os.getloadavg()[0], 1)}), flush=True)


if __name__ == "__main__":
    main()
