"""Recomputing activations in the backward pass, only for batches that would not fit otherwise."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

import torch

from modeling.net.batch import Batch

# Of the memory that is free once the weights are loaded; the rest is for gradients, the optimiser and what the estimate overlooks.
SHARE = 0.7


class Checkpointing:
    """Whether a batch is recomputed: `on`, `off`, or by an estimate of what its activations take."""

    def __init__(self, model: Any, wanted: Literal["auto", "on", "off"], device: torch.device) -> None:
        self.wanted = wanted
        # With use_reentrant=True the vision tower silently gets no gradients: its input is pixels, which have none.
        model.activation_checkpointing_enable({"use_reentrant": False})
        self.modules = [module for module in model.modules() if getattr(module, "gradient_checkpointing", False)]
        self.set_on(False)
        self.per_token, self.per_patch = estimate_bytes(model.config, next(model.parameters()).element_size())
        self.limit = SHARE * free_bytes(device)

    def is_needed(self, batch: Batch) -> bool:
        """Whether the activations of this batch would be too much."""
        patches = 0 if batch.pixels is None else len(batch.pixels)
        return batch.tokens * self.per_token + patches * self.per_patch > self.limit

    @contextmanager
    def during(self, batch: Batch) -> Iterator[None]:
        """One forward pass, recomputed later or not. The gradients are the same."""
        self.set_on(self.wanted == "on" or (self.wanted == "auto" and self.is_needed(batch)))
        try:
            yield
        finally:
            self.set_on(False)

    def set_on(self, is_on: bool) -> None:
        """Recompute the forward passes that begin from now on."""
        for module in self.modules:
            module.gradient_checkpointing = is_on


def estimate_bytes(config: Any, element: int) -> tuple[float, float]:
    """Activations that a forward pass keeps with LoRA on all linear layers, in bytes per token and per patch.

    Per layer: eight vectors of the hidden width (norms, residual sums, inputs), four of the queries and of the keys, four of the inner
    width; and of every input of an adapter a copy behind its dropout and the mask (one byte). By this, Qwen3-VL-4B in bfloat16 keeps
    8.6 MB per token: 36 x (2 x 79,872 + 3 x 26,624) bytes.
    """
    text, vision = config.text_config, config.vision_config
    queries, keys = text.num_attention_heads * text.head_dim, text.num_key_value_heads * text.head_dim
    kept = 8 * text.hidden_size + 4 * (queries + keys) + 4 * text.intermediate_size
    dropped = 5 * text.hidden_size + queries + text.intermediate_size
    per_token = text.num_hidden_layers * (element * kept + (element + 1) * dropped)
    kept = 8 * vision.hidden_size + 8 * vision.hidden_size + 3 * vision.intermediate_size
    dropped = 3 * vision.hidden_size + vision.intermediate_size
    return per_token, vision.depth * (element * kept + (element + 1) * dropped)


def free_bytes(device: torch.device) -> int:
    """Memory that is free on a device."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_AVPHYS_PAGES")
