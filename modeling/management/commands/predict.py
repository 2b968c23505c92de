"""Asks a model about one image and the order it was made for."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from labeling.jobs.context import JobFailed
from modeling.management.commands.export_model import find_version
from modeling.model_folder import find_base, find_folder, require_packages
from modeling.net.asking import PRICE_USD, ask_about
from modeling.net.records import CATEGORIES, Example, PictureMissing


class Command(BaseCommand):
    help = "Prints the probability that a client accepts an image, and the sub-scores, as JSON."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Arguments of the command."""
        parser.add_argument("--model", required=True, metavar="NAME|FOLDER", help="a version of the registry, or the folder of a model")
        parser.add_argument("--base", metavar="FOLDER|ID", help="where the checkpoint lies that a qwen3-vl model was trained on")
        parser.add_argument("--project", metavar="SLUG", help="whose version is meant where several have the name")
        parser.add_argument("--brief", required=True, metavar="TEXT|@FILE")
        parser.add_argument("--image", required=True, type=Path, metavar="FILE")
        parser.add_argument("--reference", action="append", type=Path, default=[], metavar="FILE")
        parser.add_argument("--source", type=Path, metavar="FILE", help="the image that was to be edited")
        parser.add_argument("--price", type=float, default=PRICE_USD, metavar="USD", help="of the whole order")
        parser.add_argument("--category", choices=CATEGORIES, default=CATEGORIES[-1])
        parser.add_argument("--quantity", type=int, default=1, metavar="N", help="images of the order")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Ask. Raises CommandError for what cannot be asked."""
        try:
            require_packages()
            from modeling.net.predict import load_model

            folder = find_model(options["model"], options["project"])
            example = make_example(options)
            model = load_model(folder, base=options["base"] or find_base(folder))
            lost: list[str] = []
            told = model.predict([example], lost=lost)
        except (ValueError, PictureMissing, JobFailed) as problem:
            raise CommandError(str(problem)) from problem
        if lost:
            raise CommandError(f"{options['image']} is damaged.")
        said = {"backend": model.backend, "p_accept": told[0].p_accept, "concepts": told[0].concepts}
        self.stdout.write(json.dumps({**said, "not_applicable": list(told[0].not_applicable)}))


def find_model(name: str, project: str | None) -> Path:
    """The folder of a model; raises CommandError where the name means none or several."""
    if Path(name).is_dir():
        return Path(name)
    return find_folder(find_version(name, project).folder)


def make_example(options: dict[str, Any]) -> Example:
    """The order and its picture; raises ValueError and PictureMissing."""
    brief: str = options["brief"]
    if brief.startswith("@"):
        try:
            brief = Path(brief[1:]).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"The brief cannot be read from {brief[1:]}: {error}") from error
    return ask_about(
        brief,
        options["image"],
        references=options["reference"],
        source=options["source"],
        price_usd=options["price"],
        category=options["category"],
        quantity=options["quantity"],
    )
