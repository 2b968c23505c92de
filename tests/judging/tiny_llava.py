"""A tiny LLaVA with random weights, saved as a folder that `transformers serve` serves with pictures on a CPU. Importing this needs torch.

It does not need torchvision, as the processors of Qwen's models do. What it says is noise until something has taught it.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    CLIPVisionConfig,
    GenerationConfig,
    LlamaConfig,
    LlavaConfig,
    LlavaForConditionalGeneration,
    LlavaProcessor,
    PreTrainedTokenizerFast,
)
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

PAD, END, IMAGE = "<pad>", "<end>", "<image>"
# A picture is 64 x 64 pixels to it, cut into four patches, each of which is a token.
SIDE_PX, PATCH_PX = 64, 32
PICTURE_TOKENS = (SIDE_PX // PATCH_PX) ** 2
LONGEST = 4096
HEAD = 32
TEMPLATE = (
    "{%- for m in messages %}{{- m.role + ': ' }}"
    "{%- if m.content is string %}{{- m.content }}{%- else %}{%- for part in m.content %}"
    "{%- if part.type == 'image' %}{{- '<image>' }}{%- else %}{{- part.text }}{%- endif %}"
    "{%- endfor %}{%- endif %}{{- '<end>\\n' }}{%- endfor %}"
    "{%- if add_generation_prompt %}{{- 'assistant: ' }}{%- endif %}"
)
CORPUS = ['Score the picture from 0 to 5. Answer as JSON: {"score": 3}', "accept or reject"] * 20


def build_tiny_llava(folder: Path, corpus: Iterable[str] = CORPUS, *, vocabulary: int = 600, hidden: int = 64, layers: int = 2) -> Path:
    """Model (seed 0), tokenizer and image processor in `folder`; its tokens are learned from `corpus`."""
    processor = build_processor(build_tokenizer(corpus, vocabulary))
    torch.manual_seed(0)
    model = LlavaForConditionalGeneration(describe_model(processor.tokenizer, hidden, layers))
    # The server samples only where the folder says so; it takes the likeliest token at a temperature of 0 all the same.
    ends, pads = processor.tokenizer.eos_token_id, processor.tokenizer.pad_token_id
    model.generation_config = GenerationConfig(eos_token_id=ends, pad_token_id=pads, do_sample=True)
    for part in (model, processor):
        part.save_pretrained(folder)
    return folder


def build_tokenizer(corpus: Iterable[str], vocabulary: int) -> PreTrainedTokenizerFast:
    """A byte-level BPE tokenizer with at most so many tokens."""
    learned = Tokenizer(models.BPE())
    learned.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    learned.decoder = decoders.ByteLevel()
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    special = [PAD, END, IMAGE]
    trainer = trainers.BpeTrainer(vocab_size=vocabulary, special_tokens=special, initial_alphabet=alphabet, show_progress=False)
    learned.train_from_iterator(corpus, trainer)
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=learned, pad_token=PAD, eos_token=END, model_max_length=LONGEST)
    tokenizer.chat_template = TEMPLATE
    return tokenizer


def build_processor(tokenizer: PreTrainedTokenizerFast) -> LlavaProcessor:
    """What turns messages with pictures into what the model takes."""
    side = {"height": SIDE_PX, "width": SIDE_PX}
    pictures = CLIPImageProcessorPil(size={"shortest_edge": SIDE_PX}, crop_size=side)
    return LlavaProcessor(
        image_processor=pictures,
        tokenizer=tokenizer,
        patch_size=PATCH_PX,
        vision_feature_select_strategy="default",
        # The class token, which the strategy takes off again.
        num_additional_image_tokens=1,
        image_token=IMAGE,
        chat_template=TEMPLATE,
    )


def describe_model(tokenizer: PreTrainedTokenizerFast, hidden: int, layers: int) -> LlavaConfig:
    """The shape: two layers that see, `layers` that read and write."""
    vision = CLIPVisionConfig(
        hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2, image_size=SIDE_PX, patch_size=PATCH_PX
    )
    text = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=hidden,
        intermediate_size=3 * hidden,
        num_hidden_layers=layers,
        num_attention_heads=hidden // HEAD,
        num_key_value_heads=hidden // HEAD,
        max_position_embeddings=LONGEST,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    image = tokenizer.convert_tokens_to_ids(IMAGE)
    return LlavaConfig(vision_config=vision, text_config=text, image_token_id=image, image_seq_length=PICTURE_TOKENS)
