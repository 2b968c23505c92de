"""What the image statistics of the preset `stats` are worth on stand-in candidates, beside a plain model on global image statistics.

    python -m benchmarks.stats_study --candidates DIR [DIR...] [--folds 5]

Each DIR is what tools/make_candidates.py of the shared folder made. The groups of tasks that share a brief or the content of a reference
are dealt to folds; of those that are not tested on one in five validates (early stopping, fusion, calibration), and the rest trains. All
rows are pooled over the folds; the interval of the AUC is that of 1,000 bootstrap samples of groups. Labels are `paid` of the truth, then
what the simulated people say. `oracle` knows the probability that the truth was drawn with. Stand-ins are damaged copies of the
references: the figures prove the machinery, never the quality on real candidates. No database is used.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.classical import SHARED
from benchmarks.plain_statistics import fit_trees, measure_plain
from benchmarks.stats_records import Made, read_made
from modeling.net.backbones.stats import StatsBackbone
from modeling.net.bootstrap import bootstrap_groups
from modeling.net.build import build_model
from modeling.net.config import TrainConfig, make_stats
from modeling.net.features import EXTRACTOR_VERSION, NAMES, extract
from modeling.net.inputs import headed_concepts
from modeling.net.material import read_material
from modeling.net.metrics import compute_metrics
from modeling.net.records import Part, Record
from modeling.net.stages import Setting
from modeling.net.watch import QuietWatch

VAL_OF = 5
SHARES = (0.25, 0.5, 1.0)
FIGURES = ("accuracy", "auc", "log_loss", "ece")

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Folds:
    """The fold of every record and the group it is in."""

    of: NDArray[np.intp]
    groups: list[str]
    count: int


def make_folds(records: Sequence[Record], count: int) -> Folds:
    """Whole groups, the largest first, each to the fold with the fewest records so far; equal ones in the order of a hash."""
    groups = [record.group for record in records]
    sizes = {group: groups.count(group) for group in set(groups)}
    filled, fold_of = [0] * count, {}
    for group in sorted(sizes, key=lambda name: (-sizes[name], sha256(name.encode()).hexdigest())):
        fold_of[group] = filled.index(min(filled))
        filled[fold_of[group]] += sizes[group]
    return Folds(of=np.array([fold_of[group] for group in groups]), groups=groups, count=count)


def divide(records: Sequence[Record], folds: Folds, fold: int) -> list[Record]:
    """The records with their part in one fold."""
    return [replace(record, part=_name_part(record.group, own == fold, fold)) for record, own in zip(records, folds.of, strict=True)]


def _name_part(group: str, is_test: bool, fold: int) -> Part:
    if is_test:
        return "test"
    return "val" if int(sha256(f"{fold} {group}".encode()).hexdigest(), 16) % VAL_OF == 0 else "train"


def predict_stats(
    config: TrainConfig, records: Sequence[Record], features: NDArray[np.float32], folds: Folds, share: float = 1.0
) -> Floats:
    """Out-of-fold probabilities of `stats`, taught with a share of the training groups."""
    p = np.full(len(records), np.nan)
    for fold in range(folds.count):
        parted = divide(records, folds, fold)
        backbone = StatsBackbone(lambda _: features)
        backbone.attach([record.example for record in parted])
        material = read_material(parted, headed_concepts(parted), torch.device("cpu"))
        material = material if share == 1 else material.share(share, config.seed)
        backbone.fit(material.train)
        built = build_model(Setting(config=config, backbone=backbone, folder=None, watch=QuietWatch()), material)
        told = built.model.predict_rows(material.examples, material.test)
        p[list(material.test)] = [prediction.p_accept for prediction in told]
    return p


def predict_trees(columns: NDArray[np.float64], accepts: Bools, folds: Folds) -> Floats:
    """Out-of-fold probabilities of ExtraTrees; what validates `stats` trains here too."""
    p = np.full(len(accepts), np.nan)
    for fold in range(folds.count):
        rows = folds.of == fold
        p[rows] = fit_trees(columns[~rows], accepts[~rows])(columns[rows])
    return p


def read_features(records: Sequence[Record], file: Path) -> NDArray[np.float32]:
    """The features of the records, from the file where they are kept; says what they cost where they were not."""
    if not file.exists():
        # Making the screen-size copies is not counted: the site has them.
        for picture in {picture for record in records for picture in (record.example.picture, *record.example.order.references)}:
            picture.read()
        # As a site would: candidates of one task together, which share its references.
        order = sorted(range(len(records)), key=lambda place: records[place].example.order.task)
        began = time.process_time()
        rows = extract([records[place].example for place in order])
        print(f"{len(NAMES)} features: {1000 * (time.process_time() - began) / len(rows):.1f} ms of processor per candidate")
        np.save(file, rows[np.argsort(order)])
    kept: NDArray[np.float32] = np.load(file)
    return kept


def say(name: str, accepts: Bools, p: Floats, groups: Sequence[str]) -> None:
    """One row of the table."""
    figures = compute_metrics(accepts, p)
    interval = bootstrap_groups(groups, lambda rows: compute_metrics(accepts[rows], p[rows])["auc"])
    told = {figure: f"{figures[figure]:.3f}" for figure in FIGURES}
    told["auc"] += f" [{interval[0]:.3f}, {interval[1]:.3f}]" if interval else ""
    print(f"| {name} | {' | '.join(told.values())} |", flush=True)


def compare(
    made: Made, features: NDArray[np.float32], plain: Floats, folds: Folds, config: TrainConfig, accepts: Bools, label: str
) -> None:
    """The table of one kind of label."""
    say_head(f"{label}: {len(accepts)} candidates, {len(set(folds.groups))} groups, {accepts.mean():.3f} accepted")
    known = np.nan_to_num(np.where(np.isnan(features), -9.0, features), nan=0.0).astype(np.float64)
    records = [replace(record, accepts=bool(own)) for record, own in zip(made.records, accepts, strict=True)]
    rows: Iterable[tuple[str, Callable[[], Floats]]] = (
        ("majority", lambda: np.full(len(accepts), accepts.mean())),
        ("oracle", lambda: np.array(made.p_pay)),
        (f"ExtraTrees, {plain.shape[1]} statistics", lambda: predict_trees(plain, accepts, folds)),
        (f"ExtraTrees, the {len(NAMES)} features", lambda: predict_trees(known, accepts, folds)),
        ("stats without concepts", lambda: predict_stats(config, forget_concepts(records), features, folds)),
        ("stats with concepts", lambda: predict_stats(config, records, features, folds)),
    )
    for name, predict in rows:
        say(name, accepts, predict(), folds.groups)


def draw_curve(made: Made, features: NDArray[np.float32], folds: Folds, config: TrainConfig) -> None:
    """What fewer groups to train on make of it."""
    accepts = np.array([bool(record.accepts) for record in made.records])
    say_head("learning curve, label `paid`")
    for name, records in (("without concepts", forget_concepts(made.records)), ("with concepts", made.records)):
        for share in SHARES[:-1]:
            say(
                f"stats {name}, {share:g} of the training groups",
                accepts,
                predict_stats(config, records, features, folds, share),
                folds.groups,
            )


def forget_concepts(records: Sequence[Record]) -> list[Record]:
    """The records as if nobody had scored anything."""
    return [replace(record, concepts={}, not_applicable=frozenset()) for record in records]


def say_head(title: str) -> None:
    """The head of a table."""
    print(f"\n{title}\n\n| | accuracy | AUC | log loss | ECE |\n|---|---|---|---|---|")


def list_plain(records: Sequence[Record]) -> Iterator[list[float]]:
    """The plain statistics of every candidate."""
    return (measure_plain(record.example.picture.read()) for record in records)


def main() -> None:
    """Read the command line, and study one folder after the other."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--candidates", type=Path, nargs="+", required=True, help="folders that make_candidates.py made")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--shared", type=Path, default=SHARED, help="the folder with data/ServImage_Bench")
    parser.add_argument("--kept", type=Path, default=Path(tempfile.gettempdir()) / "stats_study", help="where features are kept")
    options = parser.parse_args()
    options.kept.mkdir(parents=True, exist_ok=True)
    config = make_stats()
    torch.set_num_threads(1)
    for folder in options.candidates:
        made = read_made(folder, options.shared / "data" / "ServImage_Bench")
        content = sha256("".join(record.example.picture.sha256 for record in made.records).encode()).hexdigest()[:16]
        print(f"\n{folder.name}, load {os.getloadavg()[0]:.1f}")
        features = read_features(made.records, options.kept / f"{content}-{EXTRACTOR_VERSION}.npy")
        plain = np.array(list(list_plain(made.records)))
        folds = make_folds(made.records, options.folds)
        compare(made, features, plain, folds, config, np.array([bool(record.accepts) for record in made.records]), "`paid`")
        draw_curve(made, features, folds, config)
        compare(made, features, plain, folds, config, np.array(made.said), "what the simulated people say")


if __name__ == "__main__":
    main()
