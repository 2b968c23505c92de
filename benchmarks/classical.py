"""How far the measures without a model agree with the known flaws of stand-in candidates, and what they cost.

    python -m benchmarks.classical [--seeds 0 1 2] [--tasks refs] [--editing 60] [--generators 4] [--without-references]

For each seed, tools/make_candidates.py of the shared folder makes candidates twice: of tasks with references, and of editing tasks. Each
line is Spearman's coefficient between the value of the rubric and the truth that the tool wrote down, with the 95 % interval of 1,000
bootstrap samples of tasks, and the processor's milliseconds per candidate, its share of the references and sources among them. Stand-ins
are damaged copies of the references, so the rubric sees the undamaged picture too; --without-references keeps these from it. They prove the
machinery, never the quality of a judge. No database is used.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from judging.material import Material, Picture, Sample
from judging.rubrics.classical.rubric import Classical
from labeling.images import check_image

OF_REFERENCES = ("veq_clarity", "veq_realism", "veq_aesthetic", "cns_set")
OF_EDITING = ("cns_edit",)
BOOTSTRAPS = 1000
SHARED = Path(os.environ.get("SERVIMAGE_SHARED") or Path(__file__).resolve().parents[2] / "shared")

Key = tuple[str, str]
Row = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Pair:
    """What the rubric says about one concept of one candidate, and the truth."""

    task_id: str
    concept: str
    value: float
    truth: float


def make_candidates(shared: Path, folder: Path, seed: int, tasks: str, editing: int, generators: int) -> list[Row]:
    """Make candidates in `folder`; the rows of truth, in order."""
    tool = shared / "tools" / "make_candidates.py"
    counts = ["--seed", str(seed), "--tasks", tasks, "--editing", str(editing), "--generators", str(generators)]
    subprocess.run([sys.executable, str(tool), str(folder), *counts], check=True, stdout=subprocess.DEVNULL)
    return [json.loads(line) for line in (folder / "truth.jsonl").read_text(encoding="utf-8").splitlines()]


def list_material(shared: Path, folder: Path, rows: list[Row]) -> Iterator[tuple[Material, list[Row]]]:
    """The material of every bundle with its rows of truth; the key of each sample is its place among these."""
    bundles: dict[Key, list[Row]] = defaultdict(list)
    for row in rows:
        bundles[row["model"], row["task_id"]].append(row)
    bench = shared / "data" / "ServImage_Bench"
    for number, ((generator, task_id), own) in enumerate(bundles.items()):
        inputs = folder / "inputs" / task_id
        material = Material(
            key=number,
            task_id=task_id,
            task_version=1,
            category=task_id.partition("-")[0],
            name="",
            brief="",
            price_usd=0.0,
            quantity=len(own),
            is_editing=inputs.is_dir(),
            points=(),
            references=read_references(bench, task_id),
            sources=tuple(map(read_picture, sorted(inputs.glob("*")))),
            samples=tuple(make_sample(folder / generator / task_id, key, row) for key, row in enumerate(own)),
        )
        yield material, own


def hide_references(bundles: Iterator[tuple[Material, list[Row]]]) -> Iterator[tuple[Material, list[Row]]]:
    """The same bundles as if their tasks had no references."""
    return ((replace(material, references=()), rows) for material, rows in bundles)


def make_sample(folder: Path, key: int, row: Row) -> Sample:
    """The candidate of one row."""
    number = row["deliverable"]
    return Sample(key=key, number=number, deliverable="", rules=(), picture=read_picture(folder / f"{number}.jpg"))


def read_references(bench: Path, task_id: str) -> tuple[Picture, ...]:
    """The references of a task."""
    return tuple(map(read_picture, list_reference_files(bench, task_id)))


def list_reference_files(bench: Path, task_id: str) -> list[Path]:
    """The files of the references of a task; the folders of some are padded with zeros and those of others are not."""
    category, _, number = task_id.partition("-")
    folders = [bench / f"C-{category.title()}" / "refs" / f"task_{name}" for name in dict.fromkeys((number, str(int(number))))]
    return [path for folder in folders for path in sorted(folder.glob("*"))]


def read_picture(path: Path) -> Picture:
    """The picture in a file, with its facts."""
    data = path.read_bytes()
    facts = check_image(data)
    return Picture(
        sha256=hashlib.sha256(data).hexdigest(), width=facts.width, height=facts.height, format=facts.format, read=path.read_bytes
    )


def measure(bundles: Iterator[tuple[Material, list[Row]]], concepts: tuple[str, ...]) -> tuple[list[Pair], float]:
    """What the rubric says where truth says something as well, and the processor's milliseconds per candidate."""
    rubric, pairs, seconds, count = Classical(), [], 0.0, 0
    for material, rows in bundles:
        began = time.process_time()
        values = list(rubric.measure(material))
        seconds, count = seconds + time.process_time() - began, count + len(rows)
        for value in values:
            if value.concept in concepts and value.value is not None and value.sample is not None:
                truth = rows[value.sample][value.concept]
                if truth is not None:
                    pairs.append(Pair(task_id=material.task_id, concept=value.concept, value=value.value, truth=truth))
    return pairs, 1000 * seconds / count


def rank(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The ranks of `values` from 1; equal values share the middle of theirs."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[place]


def correlate(pairs: NDArray[np.float64]) -> float:
    """Spearman's coefficient of pairs, shape (n, 2); NaN where one side is always the same."""
    one, other = rank(pairs[:, 0]), rank(pairs[:, 1])
    one, other = one - one.mean(), other - other.mean()
    norm = float(np.sqrt((one @ one) * (other @ other)))
    return float(one @ other) / norm if norm else float("nan")


def bound(pairs: list[Pair], seed: int) -> tuple[float, float]:
    """The 95 % interval of the coefficient over bootstrap samples of whole tasks."""
    tasks: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for pair in pairs:
        tasks[pair.task_id].append((pair.value, pair.truth))
    blocks, random = [np.array(block) for block in tasks.values()], np.random.default_rng(seed)
    drawn = (random.integers(len(blocks), size=len(blocks)) for _ in range(BOOTSTRAPS))
    found = [correlate(np.concatenate([blocks[number] for number in numbers])) for numbers in drawn]
    low, high = np.nanpercentile(found, (2.5, 97.5))
    return float(low), float(high)


def describe(pairs: list[Pair], concept: str, seed: int, ms: float) -> Row:
    """The line of the table for one concept."""
    own = [pair for pair in pairs if pair.concept == concept]
    low, high = bound(own, seed)
    return {
        "seed": seed,
        "concept": concept,
        "n": len(own),
        "tasks": len({pair.task_id for pair in own}),
        "spearman": round(correlate(np.array([(pair.value, pair.truth) for pair in own])), 3),
        "interval": [round(low, 3), round(high, 3)],
        "ms_per_picture": round(ms, 1),
    }


def run_seed(shared: Path, seed: int, tasks: str, editing: int, generators: int, show_references: bool = True) -> Iterator[Row]:
    """The lines of one seed."""
    for chosen, edits, concepts in ((tasks, 0, OF_REFERENCES), ("1", editing, OF_EDITING)):
        with tempfile.TemporaryDirectory() as name:
            rows = make_candidates(shared, Path(name), seed, chosen, edits, generators)
            bundles = list_material(shared, Path(name), rows)
            pairs, ms = measure(bundles if show_references else hide_references(bundles), concepts)
        for concept in concepts:
            yield describe(pairs, concept, seed, ms)


def main() -> None:
    """Read the command line, measure and print one line of JSON per seed and concept."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--tasks", default="refs", help="as make_candidates.py has it: refs, all or a number")
    parser.add_argument("--editing", type=int, default=60)
    parser.add_argument("--generators", type=int, default=4)
    parser.add_argument("--shared", type=Path, default=SHARED, help="the folder with tools/ and data/")
    parser.add_argument("--without-references", action="store_true")
    options = parser.parse_args()
    for seed in options.seeds:
        for line in run_seed(options.shared, seed, options.tasks, options.editing, options.generators, not options.without_references):
            print(json.dumps(line), flush=True)
    print(json.dumps({"load": round(os.getloadavg()[0], 1)}))


if __name__ == "__main__":
    main()
