"""Any Qwen3-VL checkpoint as a backbone: frozen weights, two adapters, and four looks at what the last layer says of a prompt."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import AutoConfig, Qwen3VLModel

from modeling.net.adapters import Adapters
from modeling.net.backbones.base import View
from modeling.net.base_weights import BaseWeights, find_base
from modeling.net.batch import Batch
from modeling.net.config import BackboneConfig, LoraConfig
from modeling.net.facts import Facts, tell_facts
from modeling.net.files import read_json, write_bytes, write_json
from modeling.net.lost import find_lost
from modeling.net.memory import Checkpointing
from modeling.net.pooling import LOOKS, Pool
from modeling.net.processor import load_processor
from modeling.net.records import Example
from modeling.net.sources import Sources

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}
# Rows of one forward pass where nobody has divided them, and training rows that tell the scale of a representation.
AT_ONCE, SCALE_ROWS = 32, 256
# A prediction looks at the same rows by one view after the other.
KEPT_BATCHES = 4
FILE = "backbone.json"


class QwenBackbone:
    """See backbones/base.py. A representation is centred and scaled by how the original model sees training rows.

    Without that, most of it is the same for all rows, and what differs is lost beside it. `folder` is that of a model that was saved:
    it must have been trained on the same base.
    """

    def __init__(
        self,
        config: BackboneConfig,
        loras: Mapping[View, LoraConfig],
        *,
        sources: Sources,
        folder: Path | None = None,
        device: str = "auto",
    ) -> None:
        self.config, self.sources = config, sources
        self.device = choose_device(device)
        self.dtype = choose_dtype(config.dtype, self.device)
        with find_base(config, folder) as base:
            self.base = base = check_base(base, folder)
            self.processor = load_processor(
                base.source,
                base.revision,
                min_pixels=config.min_pixels,
                max_pixels=config.max_pixels,
                max_length=config.max_length,
                has_picture=config.has_picture,
            )
            self.model = load_model(base, self.dtype, config.attention).to(self.device)
        hidden = self.model.config.text_config.hidden_size
        self.width = LOOKS * hidden
        self.name = "tiny" if config.kind == "tiny" else f"qwen3-vl {base.name.rsplit('/', 1)[-1]}"
        self.has_adapters = not all(lora.is_empty for lora in loras.values())
        self.adapters = Adapters(self.model, loras, base.name)
        self.pools = torch.nn.ModuleDict({view: Pool(hidden) for view in loras}).to(self.device)
        self.checkpointing = Checkpointing(self.model, config.checkpointing, self.device)
        self.facts = Facts() if config.has_facts else None
        self.mean, self.std = torch.zeros(self.width, device=self.device), torch.ones(self.width, device=self.device)
        self._trained: View | None = None
        self._examples: Sequence[Example] = ()
        self._features: NDArray[np.float32] | None = None
        self.forget()

    def forget(self) -> None:
        """Drop what was found out about rows: what they are, or how they are told, has changed."""
        self._lengths: dict[int, int] = {}
        self._seen: dict[int, torch.Tensor] = {}
        self._batches: dict[tuple[int, ...], Batch] = {}

    def attach(self, examples: Sequence[Example]) -> None:
        """The examples that rows are places in from now on; measures them where the prompt tells facts."""
        self._examples = examples
        self._features = self.sources.features(examples) if self.facts is not None else None
        self.forget()

    def lost(self) -> list[int]:
        """Rows whose own picture cannot be read."""
        return find_lost(self._examples)

    def fit(self, rows: Sequence[int]) -> None:
        """Cut points of the facts from training rows; centre and scale from up to 256 of them, seen by the original model."""
        if self.facts is not None and self._features is not None:
            self.facts.fit(self._features[list(rows)])
        self.forget()
        self.mean, self.std = torch.zeros_like(self.mean), torch.ones_like(self.std)
        chosen = [rows[place] for place in np.linspace(0, len(rows) - 1, min(SCALE_ROWS, len(rows))).astype(int)]
        seen = self._encode_still(chosen, None, Pool(self.width // LOOKS).to(self.device))
        self.mean = seen.mean(dim=0)
        self.std = seen.std(dim=0, correction=0)
        # What hardly moves is the same for all rows but for rounding, which is not to be made large.
        self.std = torch.where(self.std > 1e-3 * seen.abs().mean().clamp(min=1e-6), self.std, torch.ones_like(self.std))

    def begin(self, view: View, seed: int) -> list[torch.nn.Parameter]:
        """A new adapter and query for this view; its parameters are the only ones that take gradients from now on."""
        self._trained = view
        if not self.has_adapters:
            return []
        self.adapters.make(view, seed)
        torch.nn.init.zeros_(self.pools[view].query)
        return [*self.adapters.begin(view), self.pools[view].query]

    def encode(self, rows: Sequence[int], view: View) -> torch.Tensor:
        """Representations of rows; with gradients only where `view` is the one that is being trained."""
        if not self.has_adapters:
            return self._encode_fixed(rows)
        if view == self._trained and torch.is_grad_enabled():
            return self._encode(rows, view)
        return self._encode_still(rows, view, self.pools[view])

    def _encode_fixed(self, rows: Sequence[int]) -> torch.Tensor:
        """Nothing is trained, so each row is seen once."""
        missing = [row for row in dict.fromkeys(rows) if row not in self._seen]
        if missing:
            self._seen |= dict(zip(missing, self._encode_still(missing, None, self.pools["concepts"]), strict=True))
        return torch.stack([self._seen[row] for row in rows])

    def _encode_still(self, rows: Sequence[int], view: View | None, pool: Pool) -> torch.Tensor:
        """Without gradients and dropout, a few rows at a time."""
        with torch.no_grad(), self.adapters.using(view), standing_still(self.model):
            chunks = [rows[start : start + AT_ONCE] for start in range(0, len(rows), AT_ONCE)]
            return torch.cat([self._pool(self.collate(chunk), pool) for chunk in chunks])

    def _encode(self, rows: Sequence[int], view: View) -> torch.Tensor:
        batch = self.collate(rows)
        with self.checkpointing.during(batch):
            return self._pool(batch, self.pools[view])

    def _pool(self, batch: Batch, pool: Pool) -> torch.Tensor:
        looked = pool(self.read(batch), batch.picture, batch.text, batch.last)
        return (looked - self.mean) / self.std

    def collate(self, rows: Sequence[int]) -> Batch:
        """The prompts of rows side by side, on the device."""
        key = tuple(rows)
        if key not in self._batches:
            words = tell_facts(self.facts, self._features, rows)
            prompts = [self.processor.read(self._examples[row], told) for row, told in zip(rows, words, strict=True)]
            if len(self._batches) >= KEPT_BATCHES:
                del self._batches[next(iter(self._batches))]
            self._batches[key] = self.processor.collate(prompts).to(self.device, self.dtype)
        return self._batches[key]

    def read(self, batch: Batch) -> torch.Tensor:
        """The hidden states of the last layer, normed, of shape (rows, tokens, hidden).

        There is no attention mask: padding stands behind, where no token of the prompt looks, and without a mask the faster kernels serve.
        The head over the vocabulary is not there at all: at 8,000 tokens its logits would take 5 GB.
        """
        with self._casting():
            return self.model(
                input_ids=batch.ids,
                position_ids=batch.positions,
                mm_token_type_ids=batch.kinds,
                pixel_values=batch.pixels,
                image_grid_thw=batch.grids,
                use_cache=False,
            ).last_hidden_state

    def _casting(self) -> AbstractContextManager[Any]:
        """Adapters are kept in float32, so that small steps are not rounded away, and used in the type of the model."""
        return nullcontext() if self.dtype == torch.float32 else torch.autocast(self.device.type, dtype=self.dtype)

    def lengths(self, rows: Sequence[int]) -> list[int]:
        """Tokens of each row, as the sizes of the original pictures tell them."""
        missing = [row for row in rows if row not in self._lengths]
        for row, told in zip(missing, tell_facts(self.facts, self._features, missing), strict=True):
            self._lengths[row] = self.processor.estimate_length(self._examples[row], told)
        return [self._lengths[row] for row in rows]

    def tensors(self, view: View) -> dict[str, torch.Tensor]:
        """The adapter by the names of the library, the query of the pooling, and what `fit` has learned."""
        fitted = {"scale.mean": self.mean, "scale.std": self.std} | (self.facts.tensors() if self.facts is not None else {})
        return self.adapters.tensors(view) | {"pool.query": self.pools[view].query.detach()} | fitted

    def restore(self, view: View, tensors: Mapping[str, torch.Tensor]) -> None:
        """Put such tensors back; ValueError where they are not of this model and these settings."""
        own = {"pool.query", "scale.mean", "scale.std", *(["facts.cuts"] if self.facts is not None else [])}
        if missing := own - set(tensors):
            raise ValueError(f"the view {view} lacks {', '.join(sorted(missing))}")
        self.adapters.restore(view, {name: tensor for name, tensor in tensors.items() if name not in own})
        with torch.no_grad():
            self.pools[view].query.copy_(tensors["pool.query"])
        self.mean, self.std = tensors["scale.mean"].to(self.device), tensors["scale.std"].to(self.device)
        if self.facts is not None:
            self.facts.restore(tensors)
        self.forget()
        if self._trained is not None:
            self.adapters.begin(self._trained)

    def train(self, is_training: bool) -> None:
        """Switch the dropout of the adapters."""
        self.model.train(is_training)

    def save(self, folder: Path) -> None:
        """Write the base's name and digest, the settings of the adapters, and a base that travels with the model."""
        write_json(folder / FILE, {"name": self.name, "base": self.base.name, "digest": self.base.digest, "width": self.width})
        self.adapters.save_configs(folder / "adapters")
        for name, data in self.base.files.items():
            write_bytes(folder / "base" / name, data)


def choose_device(wanted: str) -> torch.device:
    """The device; `auto` is a GPU where there is one. ValueError where one is asked for and there is none."""
    has_gpu = torch.cuda.is_available()
    if wanted == "auto":
        wanted = "cuda" if has_gpu else "cpu"
    if wanted.startswith("cuda") and not has_gpu:
        raise ValueError("device is cuda and torch sees no GPU here; set it to auto, or install a torch with CUDA")
    # By number: several processes of one run have a card each.
    return torch.device("cuda", torch.cuda.current_device()) if wanted == "cuda" else torch.device(wanted)


def choose_dtype(wanted: str, device: torch.device) -> torch.dtype:
    """The type of the frozen weights; ValueError for one that is not known."""
    if wanted == "auto":
        return torch.bfloat16 if device.type == "cuda" else torch.float32
    if wanted not in DTYPES:
        raise ValueError(f"backbone.dtype is {wanted!r}; it can be auto, {', '.join(DTYPES)}")
    return DTYPES[wanted]


def load_model(base: BaseWeights, dtype: torch.dtype, attention: str) -> Any:
    """The model under the head over the vocabulary. Weights that are missing would be drawn at random: that is refused with ValueError."""
    source = {"pretrained_model_name_or_path": base.source, "revision": base.revision, "trust_remote_code": False}
    kind = AutoConfig.from_pretrained(**source).model_type
    if kind != "qwen3_vl":
        raise ValueError(f"{base.name} is a {kind}; this backbone knows qwen3_vl")
    model, report = Qwen3VLModel.from_pretrained(
        **source, dtype=dtype, attn_implementation=attention, use_safetensors=True, output_loading_info=True
    )
    if missing := sorted(report["missing_keys"]):
        raise ValueError(f"the files of {base.name} lack {len(missing)} weights, {missing[0]} among them")
    # What the library writes into the settings of an adapter: a name, not a path of this machine.
    model.name_or_path = base.name
    return model.eval()


def check_base(base: BaseWeights, folder: Path | None) -> BaseWeights:
    """The base under the name it had when the model was trained. Raises ValueError where that was another base than is there now."""
    if folder is None or not (folder / FILE).is_file():
        return base
    known = read_json(folder / FILE)
    if known["digest"] != base.digest:
        raise ValueError(f"the model was trained on the base {known['digest']}, and {base.name} is now {base.digest}")
    return replace(base, name=known["base"])


@contextmanager
def standing_still(model: torch.nn.Module) -> Iterator[None]:
    """The model without dropout."""
    was_training = model.training
    model.train(False)
    try:
        yield
    finally:
        model.train(was_training)
