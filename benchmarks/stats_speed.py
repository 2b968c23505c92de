"""How long the model of image statistics takes: to retrain, to suggest, and to measure an image for the first time.

    DATABASE_URL=... SERVIMAGE_VAR=... python -m benchmarks.stats_speed [--candidates 33000] [--labels 2000] [--images 120] [--judged]

on an empty scratch database. The project has the tasks of ServImageBench and 16 generators; `labels` of its candidates are decided, of a
tenth of its tasks the model is tested. The cache of features is filled with made-up values, on which the decisions depend, and with
--judged a judge has scored five concepts of every candidate: what is timed reads rows, trains and writes rows as with real ones. Each job
runs as a worker runs it. Images are then measured in a second project of drawn pictures, 1,024 pixels wide, with a reference each.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import resource
import time
from collections.abc import Iterator
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "annotation_site.settings")
django.setup()

import numpy as np  # noqa: E402
from django.db import connection  # noqa: E402
from PIL import Image as Pillow  # noqa: E402

from benchmarks.pages import prepare  # noqa: E402
from benchmarks.seed import seed, unguarded  # noqa: E402
from judging.models import Score  # noqa: E402
from judging.protocol.judges import make_judge  # noqa: E402
from labeling.image_store import keep_image  # noqa: E402
from labeling.jobs.run import run_job  # noqa: E402
from labeling.models import Asset, Candidate, Decision, Job, Project, Suggestion, Task  # noqa: E402
from modeling.feature_store import make_keys, stored_features  # noqa: E402
from modeling.models import FeatureRow, ModelVersion, TrainingRun  # noqa: E402
from modeling.net.features import NAMES  # noqa: E402
from modeling.protocol.registry import promote  # noqa: E402
from modeling.protocol.runs import start_run  # noqa: E402
from modeling.snapshots.examples import load_examples  # noqa: E402
from modeling.snapshots.filters import Filters  # noqa: E402
from tests.crowd.seed import SLUG  # noqa: E402
from tests.factories import make_bundle, make_generator, make_lead, make_project, make_task  # noqa: E402
from tests.modeling.made_records import draw  # noqa: E402

PEOPLE, AT_ONCE, SIDE = 20, 2_000, 1_024
CONCEPTS = ("brf", "veq_clarity", "veq_realism", "veq_aesthetic", "veq_text")
REASON = "A benchmark decides nothing."


def fill(project: Project, *, is_judged: bool) -> None:
    """Features of every candidate, decisions that depend on them, a test side, and scores where they are wanted."""
    random = np.random.default_rng(0)
    slopes = random.normal(size=len(NAMES)) / np.sqrt(len(NAMES))
    judge = make_judge(project, None, "classical", "code", "classical", {}) if is_judged else None
    with unguarded():
        Task.objects.filter(project=project, pk__in=list(Task.objects.values_list("pk", flat=True))[::10]).update(is_test_side=True)
        for ids in list_ids(project):
            examples = load_examples(ids)
            values = random.normal(size=(len(ids), len(NAMES))).astype("<f4")
            keys = make_keys(examples)
            FeatureRow.objects.bulk_create(
                FeatureRow(candidate_id=pk, key=key, values=row.tobytes()) for pk, key, row in zip(ids, keys, values, strict=True)
            )
            accepted = random.random(len(ids)) < 1 / (1 + np.exp(-2 * (values @ slopes)))
            rejected = [pk for pk, is_accepted in zip(ids, accepted, strict=True) if not is_accepted]
            Decision.objects.filter(candidate__in=rejected).update(verdict="reject")
            if judge is not None:
                Score.objects.bulk_create(make_scores(judge, ids, values), batch_size=2_000)


def make_scores(judge: Any, ids: list[int], values: np.ndarray[Any, Any]) -> Iterator[Score]:
    """What the judge says of these candidates: each concept follows a few of the features."""
    rows = {row.pk: row for row in Candidate.objects.filter(pk__in=ids).select_related("bundle")}
    for pk, row in zip(ids, values, strict=True):
        for place, concept in enumerate(CONCEPTS):
            value = float(np.clip(2.5 + row[place * 5 : place * 5 + 5].sum(), 0, 5))
            about = {"bundle_id": rows[pk].bundle_id, "candidate_id": pk, "image_id": rows[pk].image_id, "task_version": 1}
            yield Score(judge=judge, part=concept, concept=concept, value=value, inputs="", **about)


def list_ids(project: Project) -> Iterator[list[int]]:
    """The candidates of a project in pieces."""
    ids = list(Candidate.objects.filter(project=project).order_by("pk").values_list("pk", flat=True))
    yield from (ids[at : at + AT_ONCE] for at in range(0, len(ids), AT_ONCE))


def time_job(job: Job) -> dict[str, float]:
    """Seconds and processor seconds of a job, done in this process. SystemExit where it fails."""
    began, before = time.monotonic(), time.process_time()
    run_job(job.pk)
    seconds, cpu = time.monotonic() - began, time.process_time() - before
    job.refresh_from_db()
    if job.state != Job.State.DONE:
        raise SystemExit(f"{job.kind} {job.state}: {job.error_text}")
    return {"seconds": round(seconds, 1), "cpu_seconds": round(cpu, 1), "load": round(os.getloadavg()[0], 1)}


def time_retraining(project: Project) -> dict[str, Any]:
    """A run as a worker does it, the second of two: libraries are loaded then."""
    for _ in range(2):
        run = start_run(project, None, preset="stats", filters=Filters())
        assert run.job is not None
        took = time_job(run.job)
    run = TrainingRun.objects.get(pk=run.pk)
    auc = next(row["figures"]["auc"][0] for row in run.metrics["rows"] if row["method"] == "model" and row["slice"] == "all")
    return {"retraining": took, "training_alone_seconds": run.metrics["seconds"], "n": run.metrics["n"], "auc": round(auc, 3)}


def time_suggesting(project: Project) -> dict[str, Any]:
    """The job that a promotion starts."""
    promotion = promote(ModelVersion.objects.filter(project=project).latest("pk"), make_lead(project), REASON)
    assert promotion.job is not None
    took = time_job(promotion.job)
    return {"suggesting": took, "suggestions": Suggestion.objects.filter(project=project, model_version=promotion.name).count()}


def time_cold(images: int) -> dict[str, Any]:
    """Milliseconds for an image whose features nobody has measured: picture and reference from the storage, statistics, row."""
    ids = draw_candidates(images)
    began, before = time.monotonic(), time.process_time()
    for at in range(0, len(ids), 40):
        stored_features(load_examples(ids[at : at + 40]))
    wall, cpu = time.monotonic() - began, time.process_time() - before
    return {"cold": {"images": images, "ms": round(1000 * wall / images, 1), "cpu_ms": round(1000 * cpu / images, 1)}}


def draw_candidates(images: int) -> list[int]:
    """A project of drawn pictures, four to a task."""
    project, generators = make_project(name="Drawn"), [make_generator() for _ in range(4)]
    ids: list[int] = []
    for number in range(images // 4):
        task = make_task(project, brief=f"A red poster with one circle, number {number}.")
        Asset.objects.create(task=task, role=Asset.Role.REFERENCE, number=1, image=keep_image(encode(number, 0.0)))
        for generator in generators:
            candidate = make_bundle(task, generator).candidates.get()
            Candidate.objects.filter(pk=candidate.pk).update(image=keep_image(encode(number * 5 + len(ids), 0.1 * (len(ids) % 4))))
            ids.append(candidate.pk)
    return ids


def encode(number: int, wrong: float) -> bytes:
    """A picture with a circle and some noise, as JPEG."""
    pixels = np.asarray(draw("red", number % 97 / 97, SIDE, wrong), dtype=np.int16)
    noise = np.random.default_rng(number).integers(-12, 13, pixels.shape, dtype=np.int16)
    stream = io.BytesIO()
    Pillow.fromarray(np.clip(pixels + noise, 0, 255).astype(np.uint8)).save(stream, "JPEG", quality=92)
    return stream.getvalue()


def main() -> None:
    """Read the command line, fill the database and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--candidates", type=int, default=33_000)
    parser.add_argument("--labels", type=int, default=2_000)
    parser.add_argument("--images", type=int, default=120)
    parser.add_argument("--judged", action="store_true", help="let a judge have scored every candidate")
    options = parser.parse_args()
    prepare()
    seed(options.candidates, PEOPLE, finished=options.labels / options.candidates)
    project = Project.objects.get(slug=SLUG)
    fill(project, is_judged=options.judged)
    about = {"database": connection.vendor, "candidates": project.candidates.count(), "cores": os.cpu_count(), "features": len(NAMES)}
    print(json.dumps({**about, "load": [round(value, 1) for value in os.getloadavg()]}))
    print(json.dumps(time_retraining(project)))
    print(json.dumps(time_suggesting(project)))
    print(json.dumps(time_cold(options.images)))
    print(json.dumps({"peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}))


if __name__ == "__main__":
    main()
