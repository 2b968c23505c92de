"""A Qwen3-VL with half a million random weights, built offline in a moment: the whole path of its large namesakes, for a demonstration."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import torch
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import GenerationConfig, Qwen2Tokenizer, Qwen3VLConfig, Qwen3VLForConditionalGeneration
from transformers.models.qwen2.tokenization_qwen2 import PRETOKENIZE_REGEX
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

from modeling.net.facts import all_words
from modeling.net.prompt import LABELS, QUESTION, SYSTEM

SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>", "<|image_pad|>", "<|video_pad|>"]
# What the published template writes for turns of system, user and assistant without tools.
TEMPLATE = (
    "{%- for m in messages %}{{- '<|im_start|>' + m.role + '\\n' }}"
    "{%- if m.content is string %}{{- m.content }}{%- else %}{%- for part in m.content %}"
    "{%- if part.type == 'image' %}{{- '<|vision_start|><|image_pad|><|vision_end|>' }}{%- else %}{{- part.text }}{%- endif %}"
    "{%- endfor %}{%- endif %}{{- '<|im_end|>\\n' }}{%- endfor %}"
    "{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- endif %}"
)
SENTENCES = [
    SYSTEM,
    *LABELS.values(),
    QUESTION,
    "Category: Portrait\nName: A product\nBrief: A digital picture\nPrice: 100.00 USD for 1",
    "\nDeliverable 1 of 1: not described\nPoints:\n- The\nMeasured:",
    "A poster of a product with a white background, in bright and clean colours, with sharp text.",
]
VOCABULARY = 1024
TEXT: Mapping[str, Any] = {
    "hidden_size": 64,
    "intermediate_size": 192,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 16,
    "max_position_embeddings": 8192,
    # On time, height and width, together half of a head.
    "rope_parameters": {"rope_type": "default", "rope_theta": 10_000.0, "mrope_section": [4, 2, 2], "mrope_interleaved": True},
    # With 0.02, which is usual for large ones, so few layers hardly change what they are given, and nothing is learned.
    "initializer_range": 0.08,
}
VISION: Mapping[str, Any] = {
    "depth": 2,
    "hidden_size": 64,
    "intermediate_size": 192,
    "num_heads": 4,
    "patch_size": 16,
    "out_hidden_size": 64,
    "num_position_embeddings": 256,
    "deepstack_visual_indexes": [0],
    "initializer_range": 0.08,
}


def build_tiny(folder: Path, seed: int = 0) -> Path:
    """A tiny checkpoint in `folder`, in the format of a published one; the same seed gives the same weights with one version of torch."""
    return build_random(folder, TEXT, VISION, seed=seed)


def build_random(
    folder: Path, text: Mapping[str, Any], vision: Mapping[str, Any], *, seed: int, dtype: torch.dtype = torch.float32, device: str = "cpu"
) -> Path:
    """A checkpoint of this shape with random weights in `folder`; `text` may name more tokens than the tokenizer has, a thousand."""
    tokenizer = build_tokenizer([*SENTENCES * 4, *(f" {word}" * 50 for word in all_words())])
    size = {"vocab_size": VOCABULARY} | dict(text)
    config = Qwen3VLConfig(
        text_config=size | {"bos_token_id": None, "eos_token_id": tokenizer.eos_token_id, "pad_token_id": tokenizer.pad_token_id},
        vision_config=dict(vision),
        tie_word_embeddings=True,
        dtype=dtype,
        **name_tokens(tokenizer),
    )
    with torch.random.fork_rng(), torch.device(device):
        torch.manual_seed(seed)
        model = Qwen3VLForConditionalGeneration._from_config(config, dtype=dtype)
        patches = model.model.visual.patch_embed.proj.weight
        torch.nn.init.normal_(patches, std=patches[0].numel() ** -0.5)
    model.generation_config = GenerationConfig(eos_token_id=[tokenizer.eos_token_id, tokenizer.pad_token_id], do_sample=False)
    size = {"shortest_edge": 32 * 32, "longest_edge": 224 * 224}
    image_processor = Qwen2VLImageProcessorPil(patch_size=16, image_mean=[0.5] * 3, image_std=[0.5] * 3, size=size)
    for part in (model, tokenizer, image_processor):
        part.save_pretrained(folder)
    return folder


def build_tokenizer(corpus: Iterable[str]) -> Qwen2Tokenizer:
    """A byte-level BPE tokenizer that splits text as Qwen's does, its tokens learned from `corpus`."""
    learned = Tokenizer(models.BPE())
    learned.normalizer = normalizers.NFC()
    split = pre_tokenizers.Split(Regex(PRETOKENIZE_REGEX), "isolated")
    learned.pre_tokenizer = pre_tokenizers.Sequence([split, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    learned.decoder = decoders.ByteLevel()
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(vocab_size=VOCABULARY - len(SPECIAL), initial_alphabet=alphabet, show_progress=False)
    learned.train_from_iterator(corpus, trainer)
    model = json.loads(learned.to_str())["model"]
    tokenizer = Qwen2Tokenizer(
        vocab=model["vocab"],
        merges=[tuple(merge) for merge in model["merges"]],
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        unk_token=None,
        extra_special_tokens=SPECIAL[1:],
    )
    tokenizer.chat_template = TEMPLATE
    return tokenizer


def name_tokens(tokenizer: Any) -> dict[str, int]:
    """The special tokens that the configuration of a model names."""
    names = {"image_token_id": "<|image_pad|>", "video_token_id": "<|video_pad|>"}
    names |= {"vision_start_token_id": "<|vision_start|>", "vision_end_token_id": "<|vision_end|>"}
    return {field: tokenizer.convert_tokens_to_ids(token) for field, token in names.items()}
