"""The shapes of published Qwen3-VL checkpoints, and the arithmetic that follows from a shape."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# Noted from memory and from configurations of others, not yet compared with a published config.json: what check_backbone is there for.
TEXT_OF_4B: Mapping[str, Any] = {
    "vocab_size": 151_936,
    "hidden_size": 2560,
    "intermediate_size": 9728,
    "num_hidden_layers": 36,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "head_dim": 128,
    "max_position_embeddings": 262_144,
    "rope_parameters": {"rope_type": "default", "rope_theta": 5e6, "mrope_section": [24, 20, 20], "mrope_interleaved": True},
}
VISION_OF_4B: Mapping[str, Any] = {
    "depth": 24,
    "hidden_size": 1024,
    "intermediate_size": 4096,
    "num_heads": 16,
    "patch_size": 16,
    "out_hidden_size": 2560,
    "num_position_embeddings": 2304,
    "deepstack_visual_indexes": [5, 11, 17],
}
TEXT_OF_2B: Mapping[str, Any] = {
    **TEXT_OF_4B,
    "hidden_size": 2048,
    "intermediate_size": 6144,
    "num_hidden_layers": 28,
    "num_attention_heads": 16,
}
VISION_OF_2B: Mapping[str, Any] = {**VISION_OF_4B, "out_hidden_size": 2048}
# By the hidden width of the language half.
KNOWN: Mapping[int, tuple[str, Mapping[str, Any], Mapping[str, Any]]] = {
    2560: ("Qwen3-VL-4B", TEXT_OF_4B, VISION_OF_4B),
    2048: ("Qwen3-VL-2B", TEXT_OF_2B, VISION_OF_2B),
}


@dataclass(frozen=True, kw_only=True)
class Work:
    """Weights that every token, and every visual token (four patches), is multiplied with: two operations each in a forward pass.

    Attention over the other tokens is left out: at 800 tokens it is about 3 % of Qwen3-VL-4B.
    """

    per_token: int
    per_visual_token: int

    def forward(self, tokens: int, visual_tokens: int) -> float:
        """Floating-point operations of a forward pass."""
        return 2.0 * (tokens * self.per_token + visual_tokens * self.per_visual_token)

    def training(self, tokens: int, visual_tokens: int) -> float:
        """Those of a step with LoRA: forward, and backward through frozen weights, which have no gradients of their own. What is
        recomputed is no work of the model and is not counted."""
        return 2 * self.forward(tokens, visual_tokens)


def count_work(config: Any) -> Work:
    """The work of a Qwen3-VL of this configuration: 3.63 billion weights per token and 1.32 billion per visual token for 4B."""
    text, vision = config.text_config, config.vision_config
    queries, keys = text.num_attention_heads * text.head_dim, text.num_key_value_heads * text.head_dim
    attention = 2 * text.hidden_size * queries + 2 * text.hidden_size * keys
    per_token = text.num_hidden_layers * (attention + 3 * text.hidden_size * text.intermediate_size)
    patch = vision.patch_size**2 * 3 * vision.temporal_patch_size * vision.hidden_size
    block = 4 * vision.hidden_size**2 + 2 * vision.hidden_size * vision.intermediate_size
    merged = vision.hidden_size * vision.spatial_merge_size**2
    mergers = (1 + len(vision.deepstack_visual_indexes)) * (merged**2 + merged * vision.out_hidden_size)
    per_visual_token = vision.spatial_merge_size**2 * (patch + vision.depth * block) + mergers
    return Work(per_token=per_token, per_visual_token=per_visual_token)


# Dense operations per second in bfloat16, by a part of the name that torch gives a card; from the data sheets of NVIDIA.
PEAKS: Mapping[str, float] = {"H200": 989e12, "H100": 989e12, "A100": 312e12, "L40S": 362e12, "RTX A6000": 155e12}


def find_peak(card: str) -> float | None:
    """The peak of a card in operations per second; None for one that is not known."""
    return next((peak for name, peak in PEAKS.items() if name in card), None)
