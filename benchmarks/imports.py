"""How fast candidates come in: new ones, and ones that are there already.

    DATABASE_URL=... SERVIMAGE_VAR=... python -m benchmarks.imports [--candidates 32736] [--png 4000]

on an empty scratch database. Imports a folder of 512 px JPEG, the same folder again (nothing has changed), the same files by a
manifest with their SHA-256, and a folder of 1,024 px PNG. Prints for each the seconds of the command and of the job in it (a worker is
started already), images or rows and megapixels per second of the job, processor seconds and peak memory of the command.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "annotation_site.settings")
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402

from benchmarks.command import run_command  # noqa: E402
from benchmarks.pictures import DIFFERENT, Format, make_picture, mark  # noqa: E402
from benchmarks.seed import make_tasks, reset_sequences, unguarded  # noqa: E402
from benchmarks.shape import GENERATORS, QUANTITIES  # noqa: E402
from labeling.models import Candidate, Project, Task  # noqa: E402
from labeling.protocol.projects import create_project  # noqa: E402
from labeling.triggers import restore_triggers  # noqa: E402

# A file must have been left alone for a while before its time tells anything (labeling/data_in/seen_files.py).
SETTLE_S = 4


def fill() -> Project:
    """A project with the tasks of ServImageBench and no candidates."""
    project = create_project("import-benchmark", "Import benchmark", None)
    with unguarded():
        make_tasks(project, copies=1)
        reset_sequences()
    restore_triggers(connection)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return project


def list_files(project: Project, prefix: str) -> Iterator[tuple[str, str, int]]:
    """(generator, task, deliverable) of every candidate that 16 generators make, bundle by bundle."""
    tasks = list(Task.objects.filter(project=project).order_by("pk").values_list("external_id", "quantity"))
    for number in range(GENERATORS):
        for task_id, quantity in tasks:
            yield from ((f"{prefix}-{number:02d}", task_id, k) for k in range(1, quantity + 1))


def write_files(folder: Path, project: Project, count: int, side: int, format: Format) -> list[dict[str, Any]]:
    """`count` candidates of a square `side` below `folder`; the lines of a manifest that lists them."""
    pictures = [make_picture(side, format, seed) for seed in range(DIFFERENT)]
    lines = []
    for number, (generator, task_id, k) in enumerate(islice(list_files(project, format.lower()), count)):
        name = f"{generator}/{task_id}/{k}.{'jpg' if format == 'JPEG' else 'png'}"
        data = mark(pictures[number % DIFFERENT], number)
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        about = {"model": generator, "task_id": task_id, "deliverable": k, "image": name}
        lines.append(about | {"sha256": hashlib.sha256(data).hexdigest()})
    time.sleep(SETTLE_S)
    return lines


def measure(project: Project, name: str, source: Path, count: int, side: int) -> None:
    """Run the command, and print what it took."""
    ran = run_command("import_candidates", str(source), "--project", project.slug, "--json")
    counts = {outcome: number for outcome, number in ran.said["counts"].items() if number}
    result = {
        "import": name,
        "per_second": round(count / ran.job_seconds),
        "megapixels_per_second": round(count * side**2 / 1e6 / ran.job_seconds, 1),
        **ran.describe(),
        "counts": counts,
    }
    print(json.dumps(result), flush=True)


def main() -> None:
    """Fill the database, write the files, and measure."""
    most = GENERATORS * sum(quantity * count for quantity, count in QUANTITIES.items())
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--candidates", type=int, default=most, help="512 px JPEG")
    parser.add_argument("--png", type=int, default=4000, help="1,024 px PNG")
    options = parser.parse_args()
    call_command("migrate", verbosity=0)
    if Candidate.objects.exists():
        raise SystemExit("This database holds candidates; name an empty one in DATABASE_URL.")
    project = Project.objects.filter(slug="import-benchmark").first() or fill()
    with tempfile.TemporaryDirectory(prefix="imports-") as folder:
        small, large = Path(folder, "small"), Path(folder, "large")
        lines = write_files(small, project, options.candidates, 512, "JPEG")
        measure(project, "512 px JPEG, new", small, len(lines), 512)
        measure(project, "the same folder again", small, len(lines), 512)
        manifest = small / "listed.jsonl"
        manifest.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
        # A moved folder has no file that was seen there before.
        moved = small.rename(Path(folder, "moved"))
        measure(project, "the same by SHA-256 in a manifest", moved / manifest.name, len(lines), 512)
        measure(project, "1,024 px PNG, new", large, len(write_files(large, project, options.png, 1024, "PNG")), 1024)


if __name__ == "__main__":
    main()
