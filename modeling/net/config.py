"""Everything that decides one run, as frozen values that are saved beside its checkpoint; an unknown key is an error."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields, is_dataclass, replace
from pathlib import Path
from typing import Any, Literal, get_args, get_type_hints

Kind = Literal["stats", "tiny", "qwen3-vl"]
Fusion = Literal["auto", "concepts", "concat"]
KINDS: tuple[Kind, ...] = get_args(Kind)
LONGEST = 1000  # characters of a setting


@dataclass(frozen=True, kw_only=True)
class BackboneConfig:
    """What turns a candidate into a representation. `path_or_id` and `revision` name a Qwen3-VL checkpoint."""

    kind: Kind
    path_or_id: str = ""
    revision: str = "main"
    dtype: str = "auto"  # auto: bfloat16 on a GPU, float32 elsewhere
    attention: str = "sdpa"
    min_pixels: int = 784  # paper appendix G.1, per picture
    max_pixels: int = 50_176  # 224 x 224, 49 visual tokens
    max_length: int = 8_192  # tokens
    checkpointing: Literal["auto", "on", "off"] = "auto"
    has_facts: bool = False  # measured facts as words in the prompt
    has_picture: bool = True  # False only to show what the rest of the prompt carries

    def __post_init__(self) -> None:
        _within(self, {"min_pixels": (1, 2**24), "max_pixels": (1, 2**24), "max_length": (16, 2**18)})
        if self.max_pixels < self.min_pixels:
            raise ValueError(f"max_pixels is {self.max_pixels}; min_pixels, {self.min_pixels}, or more is wanted")


@dataclass(frozen=True, kw_only=True)
class LoraConfig:
    """One adapter: rank, scaling, dropout, and the halves of the model it reaches (paper appendix G.1)."""

    r: int = 16
    alpha: int = 16
    dropout: float = 0.01
    vision: bool = True
    projector: bool = True
    language: bool = True

    def __post_init__(self) -> None:
        _within(self, {"r": (1, 1024), "alpha": (1, 4096)})
        _check_dropout(self.dropout)

    @property
    def is_empty(self) -> bool:
        """Whether nothing of the backbone is trained."""
        return not (self.vision or self.projector or self.language)


@dataclass(frozen=True, kw_only=True)
class HeadConfig:
    """A small network on top: hidden width (units) and dropout. `bins` are the score bins of a concept head, 0 to 5."""

    width: int = 256
    dropout: float = 0.1
    bins: int = 6

    def __post_init__(self) -> None:
        _within(self, {"width": (1, 16_384), "bins": (2, 101)})
        _check_dropout(self.dropout)


@dataclass(frozen=True, kw_only=True)
class OptimConfig:
    """How one stage is trained: AdamW, cosine decay after a warm-up, by step and never by time."""

    learning_rate: float = 4e-5
    head_learning_rate: float = 1e-3
    weight_decay: float = 0.01
    warmup: float = 0.03  # share of the steps
    epochs: int = 5
    batch: int = 32  # effective: per step, over all processes
    micro_batch: int = 8  # rows per forward pass
    clip: float = 1.0  # norm of the gradient
    patience: int = 0  # evaluations without a better validation loss until it stops; 0: never
    evaluate_every: int = 500  # steps; also at the end of each epoch where that comes first
    save_every: int = 500  # steps

    def __post_init__(self) -> None:
        _within(self, {"epochs": (1, 10_000), "batch": (1, 65_536), "micro_batch": (1, 65_536), "patience": (0, 10**6)})
        _within(self, dict.fromkeys(("evaluate_every", "save_every"), (1, 10**6)))
        _within(self, dict.fromkeys(("learning_rate", "head_learning_rate", "weight_decay"), (0, 10)))
        _within(self, {"warmup": (0, 1), "clip": (1e-6, 1e6)})


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """Everything that decides one ServImageModel run."""

    preset: str
    backbone: BackboneConfig
    concept_lora: LoraConfig = field(default_factory=LoraConfig)
    decision_lora: LoraConfig = field(default_factory=lambda: LoraConfig(r=8, alpha=16))
    concept_head: HeadConfig = field(default_factory=HeadConfig)
    decision_head: HeadConfig = field(default_factory=lambda: HeadConfig(width=64))
    stage1: OptimConfig = field(default_factory=OptimConfig)
    stage2: OptimConfig = field(default_factory=lambda: OptimConfig(epochs=2, batch=64))
    fusion: Fusion = "auto"
    has_concepts: bool = True  # False: no bottleneck, the first row of the ablation
    oversample_accepted: bool = True  # training only; the prior is corrected afterwards
    members: int = 1  # heads of other seeds whose logits are averaged
    seed: int = 42
    threads: int = 0  # of torch; 0: as many as the machine gives

    def __post_init__(self) -> None:
        _within(self, {"members": (1, 100), "seed": (0, 2**32 - 1), "threads": (0, 1024)})

    def to_json(self) -> dict[str, Any]:
        """The whole configuration as plain values."""
        return asdict(self)

    def told(self) -> dict[str, Any]:
        """The same for others to read: it does not say where a checkpoint lies on this machine."""
        return without_place(self.to_json())

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> TrainConfig:
        """The configuration of such values; raises ValueError that names a key that is unknown or has a value of the wrong kind."""
        config: TrainConfig = _read(cls, values, "")
        return config

    @property
    def text(self) -> str:
        """The configuration as the text that is hashed and saved."""
        return json.dumps(self.to_json(), sort_keys=True)


def is_id(path_or_id: str) -> bool:
    """Whether a checkpoint is named by a Hugging Face id, organisation/name, by the look of it."""
    return path_or_id.count("/") == 1 and not path_or_id.startswith((".", "/", "~")) and "\\" not in path_or_id


def name_base(path_or_id: str) -> str:
    """The name of a checkpoint, the same on every machine: an id as it is, of a folder the last part. A folder that is there goes first."""
    path = Path(path_or_id)
    return path_or_id if not path_or_id or (is_id(path_or_id) and not path.is_dir()) else path.resolve().name


def without_place(config: Mapping[str, Any]) -> dict[str, Any]:
    """A configuration as plain values with the name of its checkpoint instead of the place."""
    backbone = config.get("backbone")
    if not isinstance(backbone, Mapping) or "path_or_id" not in backbone:
        return dict(config)
    return {**config, "backbone": {**backbone, "path_or_id": name_base(backbone["path_or_id"])}}


def _within(config: Any, bounds: Mapping[str, tuple[float, float]]) -> None:
    for name, (low, high) in bounds.items():
        # NaN is not.
        if not low <= getattr(config, name) <= high:
            raise ValueError(f"{name} is {getattr(config, name)!r}; {low:,} to {high:,} is wanted")


def _check_dropout(dropout: float) -> None:
    if not 0 <= dropout < 1:
        raise ValueError(f"dropout is {dropout!r}; a share from 0 to below 1 is wanted")


def _read(cls: type[Any], values: Mapping[str, Any], where: str) -> Any:
    kinds = get_type_hints(cls)
    known = {item.name for item in fields(cls)}
    if unknown := sorted(set(values) - known):
        raise ValueError(f"there is no setting {where}{unknown[0]}; there are {', '.join(sorted(known))}")
    return cls(**{name: _read_value(kinds[name], value, f"{where}{name}") for name, value in values.items()})


def _read_value(kind: Any, value: Any, where: str) -> Any:
    if is_dataclass(kind):
        if not isinstance(value, Mapping):
            raise ValueError(f"{where} is {value!r}; it has settings of its own")
        return _read(kind, value, f"{where}.")  # type: ignore[arg-type]
    choices = get_args(kind)
    if choices:
        if value not in choices:
            raise ValueError(f"{where} is {value!r}; it can be {', '.join(map(str, choices))}")
        return value
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        # One of more digits is no float at all.
        value = float(value) if abs(value) < 10**15 else math.inf
    if type(value) is not kind:
        raise ValueError(f"{where} is {value!r}; a value of the kind {kind.__name__} is wanted")
    if kind is float and not math.isfinite(value):
        raise ValueError(f"{where} is {value!r}; a finite number is wanted")
    if kind is str and not (len(value) <= LONGEST and value.isprintable()):
        raise ValueError(f"{where} is longer than {LONGEST} characters or has some that cannot be printed")
    return value


def make_stats() -> TrainConfig:
    """Image statistics and brief rules into the same heads: trains in seconds on a CPU; no vision-language model.

    One thread: heads this small are no faster on more, and a worker with another number of cores resumes to the same bits.
    """
    heads = OptimConfig(head_learning_rate=1e-3, weight_decay=0.05, epochs=40, batch=128, micro_batch=128, patience=6)
    return TrainConfig(
        preset="stats",
        backbone=BackboneConfig(kind="stats"),
        concept_head=HeadConfig(width=128, dropout=0.5),
        decision_head=HeadConfig(width=64, dropout=0.5),
        stage1=heads,
        stage2=heads,
        oversample_accepted=False,  # nothing was gained by it, and what is not shifted need not be shifted back
        members=5,
        threads=1,
    )


def make_tiny() -> TrainConfig:
    """A random-weight Qwen3-VL of 0.5 M parameters, built offline: the same code as the real one, a demonstration of the path."""
    return TrainConfig(
        preset="tiny",
        backbone=BackboneConfig(kind="tiny", has_facts=True, max_pixels=128 * 128),
        # Without dropout, which takes a quarter of a step of so small a model.
        concept_lora=LoraConfig(dropout=0.0),
        decision_lora=LoraConfig(r=8, alpha=16, dropout=0.0),
        stage1=OptimConfig(learning_rate=3e-3, head_learning_rate=3e-3, epochs=12, batch=32, micro_batch=32),
        stage2=OptimConfig(learning_rate=3e-3, head_learning_rate=3e-3, epochs=6, batch=32, micro_batch=32),
    )


def make_qwen() -> TrainConfig:
    """The settings of the paper (appendix G.1) for any Qwen3-VL checkpoint; both representations and the concepts decide."""
    return TrainConfig(preset="qwen3-vl", backbone=BackboneConfig(kind="qwen3-vl", path_or_id="Qwen/Qwen3-VL-4B-Thinking"), fusion="concat")


PRESETS: Mapping[str, Callable[[], TrainConfig]] = {"stats": make_stats, "tiny": make_tiny, "qwen3-vl": make_qwen}


def change(config: TrainConfig, **values: Any) -> TrainConfig:
    """The configuration with some settings replaced."""
    return replace(config, **values)
