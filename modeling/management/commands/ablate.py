"""Trains the five rows of the paper's ablation on a snapshot of a project, and prints them beside the published figures."""

from __future__ import annotations

import hashlib
import json
from argparse import ArgumentParser
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from labeling.data_out.code_version import code_version
from labeling.jobs.context import JobFailed
from labeling.models import Project
from labeling.protocol.outcome import ProtocolError
from modeling.management.commands.train import find_project, read_setting
from modeling.model_folder import find_folder, require_packages
from modeling.models import Preset, Snapshot
from modeling.net.ablation import Line, Variant, ablate, list_variants
from modeling.net.config import TrainConfig
from modeling.net.watch import QuietWatch
from modeling.protocol.settings import make_config
from modeling.train_job import choose_records

if TYPE_CHECKING:
    from django.core.management.base import OutputWrapper


class Command(BaseCommand):
    help = "Trains the five rows of the paper's Table 4 on a snapshot; killed, it goes on where it was. No version is registered."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Arguments of the command."""
        parser.add_argument("--project", required=True, metavar="SLUG")
        parser.add_argument("--preset", choices=Preset.values, required=True, help="stats has the first two rows only")
        parser.add_argument(
            "--snapshot", type=int, metavar="NUMBER", help="of the project; the newest that a run learned from unless given"
        )
        parser.add_argument("--other", default="", metavar="ID|FOLDER", help="the checkpoint of the last row")
        parser.add_argument("--set", action="append", type=read_setting, default=[], metavar="KEY=VALUE", help="such as stage1.epochs=3")
        parser.add_argument("--json", action="store_true")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Train and print. Raises CommandError."""
        snapshot = find_snapshot(find_project(options["project"]), options["snapshot"])
        try:
            require_packages()
            config = make_config(options["preset"], dict(options["set"]))
            lines = train_all(snapshot, config, list_variants(config, options["other"]), self.stderr)
        except (ProtocolError, JobFailed, ValueError) as problem:
            raise CommandError(str(problem)) from problem
        self.stdout.write(json.dumps([describe(line) for line in lines]) if options["json"] else tell(lines, snapshot, config))


class SpokenWatch(QuietWatch):
    """Says on a stream what the rows report."""

    def __init__(self, stream: OutputWrapper) -> None:
        super().__init__()
        self.stream = stream

    def say(self, text: str, **values: Any) -> None:
        """Write the line."""
        self.stream.write(text % values if values else text)


def train_all(snapshot: Snapshot, config: TrainConfig, variants: Sequence[Variant], stream: OutputWrapper) -> list[Line]:
    """The lines of all rows, in a folder that the same rows find again."""
    from modeling.feature_store import stored_features
    from modeling.net.sources import Sources
    from modeling.snapshots.read import read_records, read_targets

    records = choose_records(config.preset, read_records(snapshot))
    return ablate(
        variants,
        records,
        folder_of(snapshot, config, variants),
        sources=Sources(features=stored_features),
        watch=SpokenWatch(stream),
        data_sha256=snapshot.sha256,
        targets=read_targets(snapshot),
        code=code_version(),
    )


def find_snapshot(project: Project, number: int | None) -> Snapshot:
    """The newest snapshot that a run of a project learned from, or that of a number; raises CommandError where there is none.

    The gate makes snapshots too: of the test side as it is decided, without any concepts.
    """
    wanted = {"runs__isnull": False} if number is None else {"number": number}
    found = project.snapshots.filter(**wanted).order_by("-number").first()
    if found is None:
        which = "no snapshot" if number is None else f"no snapshot {number}"
        raise CommandError(f"{project.slug} has {which}. A training run makes one: manage.py train --project {project.slug} --preset stats")
    return found


def folder_of(snapshot: Snapshot, config: TrainConfig, variants: Sequence[Variant]) -> Path:
    """Where the rows of these settings on this snapshot lie: other settings must not go on from them."""
    texts = [snapshot.sha256, *(variant.config.text for variant in variants if variant.config)]
    digest = hashlib.sha256("\n".join(texts).encode()).hexdigest()
    return find_folder("ablations") / f"{snapshot.project.slug}-{snapshot.number}-{config.preset}-{digest[:12]}"


def describe(line: Line) -> dict[str, Any]:
    """A line as plain values."""
    told = asdict(line)
    told["variant"] = {name: told["variant"][name] for name in ("slug", "name", "paper", "why_not")}
    return told


def tell(lines: Sequence[Line], snapshot: Snapshot, config: TrainConfig) -> str:
    """The table in words."""
    head = f"{config.preset} on {snapshot} of {snapshot.project.slug}: accuracy on the test part in percent, 95 % intervals over groups"
    rows = [f"{'':38}{'here':>8}  {'interval':15}{'n':>6}{'majority':>10}{'paper':>8}"]
    for line in lines:
        variant = line.variant
        if line.accuracy is None:
            rows.append(f"{variant.name:38}{'-':>8}  {'':15}{'':>6}{'':>10}{variant.paper:8.2f}  {variant.why_not}")
            continue
        value, low, high = line.accuracy
        between = "" if low is None or high is None else f"{100 * low:.2f} to {100 * high:.2f}"
        rows.append(f"{variant.name:38}{percent(value):>8}  {between:15}{line.n:6}{percent(line.majority):>10}{variant.paper:8.2f}")
    return "\n".join([head, *rows])


def percent(share: float | None) -> str:
    """A share in percent; a dash where it is not defined."""
    return "-" if share is None else f"{100 * share:.2f}"
