"""Tiny vision-language models with random weights, saved as a folder like a published one. Importing this needs torch.

They run the whole path of their large namesakes in milliseconds; what they say is noise until `teach` has taught them something.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import torch
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import (
    GenerationConfig,
    Qwen2_5_VLConfig,
    Qwen2_5_VLForConditionalGeneration,
    Qwen2Tokenizer,
    Qwen3_5Config,
    Qwen3_5ForConditionalGeneration,
    Qwen3VLConfig,
    Qwen3VLForConditionalGeneration,
)
from transformers.models.qwen2.tokenization_qwen2 import PRETOKENIZE_REGEX
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

from judging.backends.local.prefill import pad_rows, place_suffix
from judging.backends.local.processor import read_prefix, read_suffix

SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>", "<|image_pad|>", "<|video_pad|>"]
CORPUS = [
    'Score the picture from 0 to 5. Answer as JSON: {"score": 3}',
    "accept or reject",
    "Is the picture sharp, true to the brief?",
] * 20
# What the published template writes for turns of system, user and assistant without tools.
TEMPLATE = (
    "{%- for m in messages %}{{- '<|im_start|>' + m.role + '\\n' }}"
    "{%- if m.content is string %}{{- m.content }}{%- else %}{%- for part in m.content %}"
    "{%- if part.type == 'image' %}{{- '<|vision_start|><|image_pad|><|vision_end|>' }}{%- else %}{{- part.text }}{%- endif %}"
    "{%- endfor %}{%- endif %}{{- '<|im_end|>\\n' }}{%- endfor %}"
    "{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- endif %}"
)
SMALLEST_PX, LARGEST_PX = 32 * 32, 1024 * 1024


def build_qwen3_vl(folder: Path, corpus: Iterable[str] = CORPUS, **shape: int) -> Path:
    """A tiny Qwen3-VL in `folder`, its tokens learned from `corpus`; `shape` makes it a little larger."""
    text, vision = text_of_qwen3(**shape), vision_of_qwen3(**shape)
    return build(folder, Qwen3VLConfig, Qwen3VLForConditionalGeneration, text, vision, corpus=corpus)


def build_qwen3_5(folder: Path) -> Path:
    """A tiny Qwen3.5: every second layer has linear attention."""
    linear = {"linear_key_head_dim": 16, "linear_value_head_dim": 16, "linear_num_key_heads": 2, "linear_num_value_heads": 2}
    text = text_of_qwen3() | linear | {"layer_types": ["linear_attention", "full_attention"]}
    text["rope_parameters"]["partial_rotary_factor"] = 1.0
    vision = vision_of_qwen3()
    del vision["deepstack_visual_indexes"]
    return build(folder, Qwen3_5Config, Qwen3_5ForConditionalGeneration, text, vision)


def build_qwen2_5_vl(folder: Path) -> Path:
    """A tiny Qwen2.5-VL: patches of 14 pixels, windows in the vision tower."""
    text = text_of_qwen3()
    del text["head_dim"]
    text["rope_parameters"] = {"rope_type": "default", "rope_theta": 10_000.0, "mrope_section": [4, 2, 2]}
    vision = {"depth": 2, "hidden_size": 32, "intermediate_size": 64, "num_heads": 2, "patch_size": 14, "out_hidden_size": 64}
    vision |= {"window_size": 56, "fullatt_block_indexes": [1]}
    return build(folder, Qwen2_5_VLConfig, Qwen2_5_VLForConditionalGeneration, text, vision, patch_size=14)


def text_of_qwen3(*, hidden: int = 64, layers: int = 2, **_: int) -> dict[str, Any]:
    """The language half: heads of 16, two of them to each key."""
    heads = hidden // 16
    return {
        "hidden_size": hidden,
        "intermediate_size": 3 * hidden,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "num_key_value_heads": heads // 2,
        "head_dim": 16,
        "max_position_embeddings": 8192,
        # On time, height and width, together half of a head.
        "rope_parameters": {"rope_type": "default", "rope_theta": 10_000.0, "mrope_section": [4, 2, 2], "mrope_interleaved": True},
        "initializer_range": 0.08,
    }


def vision_of_qwen3(*, hidden: int = 64, vision_hidden: int = 32, vision_layers: int = 2, **_: int) -> dict[str, Any]:
    """The vision tower; its first layer also feeds the language half."""
    return {
        "depth": vision_layers,
        "hidden_size": vision_hidden,
        "intermediate_size": 2 * vision_hidden,
        "num_heads": vision_hidden // 16,
        "patch_size": 16,
        "out_hidden_size": hidden,
        "num_position_embeddings": 256,
        "deepstack_visual_indexes": [0],
        "initializer_range": 0.08,
    }


def build(
    folder: Path,
    make_config: Any,
    make_model: Any,
    text: dict[str, Any],
    vision: dict[str, Any],
    *,
    corpus: Iterable[str] = CORPUS,
    patch_size: int = 16,
) -> Path:
    """A model of these shapes with random weights (seed 0), its tokenizer and image processor, in `folder`."""
    tokenizer = build_tokenizer(corpus)
    config = make_config(
        text_config=text | {"vocab_size": len(tokenizer), "bos_token_id": None, "eos_token_id": tokenizer.eos_token_id},
        vision_config=vision,
        **name_tokens(tokenizer),
    )
    torch.manual_seed(0)
    model = make_model(config)
    patches = model.model.visual.patch_embed.proj.weight
    torch.nn.init.normal_(patches, std=patches[0].numel() ** -0.5)
    model.generation_config = GenerationConfig(eos_token_id=[tokenizer.eos_token_id, tokenizer.pad_token_id])
    for part in (model, tokenizer, build_image_processor(patch_size)):
        part.save_pretrained(folder)
    return folder


def name_tokens(tokenizer: Any) -> dict[str, int]:
    """The special tokens that the configuration of a model names."""
    names = {"image_token_id": "<|image_pad|>", "video_token_id": "<|video_pad|>"}
    names |= {"vision_start_token_id": "<|vision_start|>", "vision_end_token_id": "<|vision_end|>"}
    return {field: tokenizer.convert_tokens_to_ids(token) for field, token in names.items()}


def build_image_processor(patch_size: int = 16) -> Qwen2VLImageProcessorPil:
    """What turns pictures into patches; it leaves sizes from 32 to 1024 pixels as they are."""
    sizes = {"shortest_edge": SMALLEST_PX, "longest_edge": LARGEST_PX}
    return Qwen2VLImageProcessorPil(patch_size=patch_size, image_mean=[0.5] * 3, image_std=[0.5] * 3, size=sizes)


def build_tokenizer(corpus: Iterable[str]) -> Qwen2Tokenizer:
    """A byte-level BPE tokenizer that splits text as Qwen's does, with up to 1,000 tokens learned from `corpus`."""
    learned = Tokenizer(models.BPE())
    learned.normalizer = normalizers.NFC()
    split = pre_tokenizers.Split(Regex(PRETOKENIZE_REGEX), "isolated")
    learned.pre_tokenizer = pre_tokenizers.Sequence([split, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    learned.decoder = decoders.ByteLevel()
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    learned.train_from_iterator(corpus, trainers.BpeTrainer(vocab_size=1000, initial_alphabet=alphabet, show_progress=False))
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


def teach(vlm: Any, lessons: Sequence[tuple[str, bytes, str, str]], steps: int = 60, rate: float = 3e-3) -> float:
    """Train a loaded model on (system, picture, prompt, reply) until it can repeat them; the last loss per token, in nats."""
    batch, labels = lay_out_lessons(vlm, lessons)
    torch.manual_seed(0)
    optimizer = torch.optim.AdamW(vlm.model.parameters(), lr=rate)
    loss = torch.zeros(())
    for _ in range(steps):
        optimizer.zero_grad()
        logits = vlm.model(**batch, use_cache=False).logits
        # The token at each place is told by the place before it.
        loss = torch.nn.functional.cross_entropy(logits[:, :-1].flatten(0, 1), labels[:, 1:].flatten())
        loss.backward()
        optimizer.step()
    return loss.item()


def lay_out_lessons(vlm: Any, lessons: Sequence[tuple[str, bytes, str, str]]) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
    """What the model takes, and the labels of shape (lessons, tokens): -100 where nothing is to be learned."""
    rows, labels, prefixes = [], [], []
    for system, picture, prompt, reply in lessons:
        prefix = read_prefix(vlm, system, [picture])
        learned = [*vlm.tokenizer(reply, add_special_tokens=False).input_ids, vlm.tokenizer.eos_token_id]
        ids, positions = place_suffix(prefix, [*read_suffix(vlm, prefix, prompt), *learned])
        rows.append((torch.cat([prefix.ids, ids]), torch.cat([prefix.positions, positions], dim=1)))
        labels.append(learned)
        prefixes.append(prefix)
    ids, mask, positions = pad_rows(rows)
    wanted = torch.full_like(ids, -100)
    for row, learned in enumerate(labels):
        wanted[row, -len(learned) :] = torch.tensor(learned)
    pixels, grid = torch.cat([prefix.pixels for prefix in prefixes]), torch.cat([prefix.grid for prefix in prefixes])
    read = {"input_ids": ids, "attention_mask": mask, "position_ids": positions, "pixel_values": pixels, "image_grid_thw": grid}
    return read, wanted
