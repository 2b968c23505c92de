"""The first-day test of a Qwen3-VL checkpoint, before anything is trained on it."""

from __future__ import annotations

import json
import tempfile
from argparse import ArgumentParser
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from labeling.jobs.context import JobFailed
from modeling.model_folder import require_packages
from modeling.net.config import BackboneConfig, make_qwen


class Command(BaseCommand):
    help = "Loads a checkpoint, asks it one question, trains one step of each stage, saves and loads, and measures memory and speed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Arguments of the command."""
        parser.add_argument("checkpoint", nargs="?", metavar="DIR", help="a folder, or a Hugging Face id")
        parser.add_argument("--revision", default="main", help="branch, tag or commit of an id")
        parser.add_argument("--device", default="auto", metavar="auto|cpu|cuda")
        parser.add_argument(
            "--random-4b", action="store_true", help="build random weights of the shape of Qwen3-VL-4B and check them; needs a GPU"
        )
        parser.add_argument("--json", action="store_true", help="print a line of JSON per finding")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print the table; raises CommandError where a check fails or cannot be made."""
        if bool(options["checkpoint"]) == options["random_4b"]:
            raise CommandError("Name a folder, or an id such as Qwen/Qwen3-VL-4B-Instruct; or else give --random-4b.")
        try:
            require_packages()
        except JobFailed as problem:
            raise CommandError(str(problem)) from problem
        with tempfile.TemporaryDirectory() as folder:
            if options["random_4b"]:
                self.build_4b(Path(folder))
            place = folder if options["random_4b"] else options["checkpoint"]
            config = replace(make_qwen().backbone, path_or_id=place, revision=options["revision"])
            self.look(config, options["device"], options["json"])

    def build_4b(self, folder: Path) -> None:
        """Random weights of that shape in `folder`; raises CommandError where there is no GPU to hold them."""
        from modeling.net.check import build_4b

        try:
            build_4b(folder)
        except ValueError as problem:
            raise CommandError(f"Nothing was checked: {problem}. On a CPU give a folder.") from problem

    def look(self, config: BackboneConfig, device: str, as_json: bool) -> None:
        """Print the findings as they come; raises CommandError at one that fails."""
        from modeling.net.check import check_backbone

        for finding in check_backbone(config, device):
            line = f"{finding.verdict:6}{finding.what:38}{finding.found}"
            self.stdout.write(json.dumps(asdict(finding)) if as_json else line)
            if finding.verdict == "fails":
                raise CommandError(
                    f"{finding.what}: {finding.found}. This checkpoint is not to be trained on as it is; docs/gpu.md says more."
                )
