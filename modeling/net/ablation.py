"""What each part of the model adds: the five rows of the paper's Table 4, trained on the same records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from modeling.net.config import LoraConfig, TrainConfig
from modeling.net.records import Record
from modeling.net.sources import Sources
from modeling.net.watch import Watch

NO_SCORES = "no concept has the 50 scores that it needs"
NOTHING = LoraConfig(vision=False, projector=False, language=False)


@dataclass(frozen=True, kw_only=True)
class Variant:
    """One row: `paper` is its test accuracy there, in percent. Without a `config` it cannot be made here, and `why_not` says why."""

    slug: str
    name: str
    paper: float
    config: TrainConfig | None
    why_not: str = ""


@dataclass(frozen=True, kw_only=True)
class Line:
    """What became of a row: accuracy on the test part with its interval, each a share; None where it was not trained or is not defined."""

    variant: Variant
    n: int = 0
    accuracy: tuple[float | None, float | None, float | None] | None = None
    majority: float | None = None


def list_variants(config: TrainConfig, other: str = "") -> list[Variant]:
    """The five rows for a configuration, which is the fourth; `other` is the checkpoint of the fifth, by id or folder."""
    has_model = config.backbone.kind != "stats"
    no_model = "" if has_model else "stats has no vision-language model"
    bare = replace(config, concept_lora=NOTHING, decision_lora=NOTHING)
    halves = replace(config, concept_lora=only_vision(config.concept_lora), decision_lora=only_vision(config.decision_lora))
    elsewhere = replace(config, backbone=replace(config.backbone, kind="qwen3-vl", path_or_id=other))
    return [
        Variant(slug="plain", name="plain", paper=72.12, config=replace(bare, has_concepts=False)),
        Variant(slug="concepts", name="+ concepts", paper=78.30, config=bare),
        make_variant("vision", "+ concepts + LoRA (vision)", 79.21, halves, no_model),
        make_variant("full", "+ concepts + LoRA (vision, language)", 82.00, config, no_model),
        make_variant(
            "other", "the whole on another checkpoint", 79.67, elsewhere, no_model or ("" if other else "no other checkpoint given")
        ),
    ]


def make_variant(slug: str, name: str, paper: float, config: TrainConfig, why_not: str) -> Variant:
    """A row, without its configuration where something speaks against it."""
    return Variant(slug=slug, name=name, paper=paper, config=None if why_not else config, why_not=why_not)


def only_vision(lora: LoraConfig) -> LoraConfig:
    """The same adapter in the vision tower alone."""
    return replace(lora, vision=True, projector=False, language=False)


def ablate(
    variants: Sequence[Variant], records: Sequence[Record], folder: Path, *, sources: Sources, watch: Watch, **about: Any
) -> list[Line]:
    """Train each row that can be trained in a folder of its own below `folder`; begun again there, it goes on where it was.

    Where the records teach no concept a row with concepts would be the one without, and is not trained.
    """
    from modeling.net.inputs import headed_concepts

    lines, can_teach = [], bool(headed_concepts(records))
    for variant in variants:
        if variant.config is not None and variant.config.has_concepts and not can_teach:
            variant = replace(variant, config=None, why_not=NO_SCORES)
        lines.append(train_variant(variant, records, folder / variant.slug, sources=sources, watch=watch, **about))
        watch.say("%(name)s is done", name=variant.name)
    return lines


def train_variant(variant: Variant, records: Sequence[Record], folder: Path, *, sources: Sources, watch: Watch, **about: Any) -> Line:
    """Train one row, and read its line off the metrics."""
    if variant.config is None:
        return Line(variant=variant)
    from modeling.net.train import train

    return read_line(variant, train(variant.config, records, folder, sources=sources, watch=watch, **about))


def read_line(variant: Variant, metrics: Mapping[str, Any]) -> Line:
    """The line of a run by its metrics (modeling/net/evaluate.py)."""
    rows = {row["method"]: row for row in metrics["rows"] if row["slice"] == "all"}
    own = rows["model"]
    value, low, high = own["figures"]["accuracy"]
    majority = rows["majority"]["figures"]["accuracy"][0] if "majority" in rows else None
    return Line(variant=variant, n=own["n"], accuracy=(value, low, high), majority=majority)
