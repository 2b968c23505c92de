"""Loading a vision-language model from a folder or from Hugging Face: safetensors only, no code that comes with the weights."""

from __future__ import annotations

import gc
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import AutoConfig, AutoModelForImageTextToText, AutoTokenizer, DynamicCache
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil
from transformers.utils import cached_file

from judging.backends.base import JudgeUnavailable
from judging.backends.local.config import TransformersConfig
from judging.backends.local.revision import read_revision

# Those whose pictures are written as one run of picture tokens each, with positions on three axes.
MODEL_TYPES = ("qwen2_5_vl", "qwen3_vl", "qwen3_vl_moe", "qwen3_5", "qwen3_5_moe")
DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


@dataclass(frozen=True, kw_only=True)
class Vlm:
    """A loaded model with all that turns questions into its tokens and back. `end_tokens` are those that end a reply."""

    model: Any
    tokenizer: Any
    image_processor: Any
    name: str
    revision: str
    device: torch.device
    dtype: torch.dtype
    end_tokens: frozenset[int]

    @property
    def shares(self) -> bool:
        """Whether a cache can be repeated and continued with unequal lengths.

        Linear attention keeps one state of all it has read instead of a row per token, so padding behind a prefix would change it; a
        sliding window would count the padding.
        """
        cache = DynamicCache(config=self.model.config)
        return not any(cache.is_linear) and not any(cache.is_sliding)


def load_vlm(config: TransformersConfig) -> Vlm:
    """The model of `config`, ready to answer. Raises JudgeUnavailable, saying what is wrong and what to do, where it cannot be loaded."""
    check_folder(config.model)
    device = choose_device(config.device)
    dtype = DTYPES["bfloat16" if device.type == "cuda" else "float32"] if config.dtype == "auto" else DTYPES[config.dtype]
    source = {"pretrained_model_name_or_path": config.model, "revision": config.revision}
    try:
        check_type(AutoConfig.from_pretrained(**source, trust_remote_code=False), config.model)
        tokenizer = AutoTokenizer.from_pretrained(**source, trust_remote_code=False)
        # Named rather than found by Auto…: that one takes another backend, with other pixels, where torchvision is installed.
        image_processor = Qwen2VLImageProcessorPil.from_pretrained(**source)
        tokenizer.chat_template = tokenizer.chat_template or read_chat_template(config)
        model = load_weights(source, dtype).to(device).eval()
    except (OSError, ValueError) as error:
        raise JudgeUnavailable(f"{config.model} cannot be loaded: {error}") from error
    return Vlm(
        model=model,
        tokenizer=tokenizer,
        image_processor=image_processor,
        name=name_model(config.model),
        revision=read_revision(config.model, config.revision),
        device=device,
        dtype=dtype,
        end_tokens=find_end_tokens(model, tokenizer),
    )


def load_weights(source: dict[str, str], dtype: torch.dtype) -> Any:
    """The model with its weights. Weights that are missing would be drawn at random with a warning only: that is refused here."""
    model, report = AutoModelForImageTextToText.from_pretrained(
        **source, dtype=dtype, use_safetensors=True, trust_remote_code=False, output_loading_info=True
    )
    if missing := sorted(report["missing_keys"]):
        raise ValueError(f"its files lack {len(missing)} weights, {missing[0]} among them")
    return model


def name_model(model: str) -> str:
    """The name that is kept with replies: a Hugging Face id, or the folder without the path to it."""
    return Path(model).resolve().name if Path(model).is_dir() else model


def free_memory() -> None:
    """Give back the memory of models that nobody holds any more."""
    gc.collect()
    torch.cuda.empty_cache()


def check_folder(model: str) -> None:
    """Raise JudgeUnavailable where `model` is written as a path and there is no such folder."""
    is_path = model.startswith((".", "/", "~")) or model.count("/") != 1 or "\\" in model
    if is_path and not Path(model).is_dir():
        raise JudgeUnavailable(f"there is no folder {model}; give one, or a Hugging Face id such as Qwen/Qwen3-VL-4B-Instruct")


def check_type(config: Any, model: str) -> None:
    """Raise JudgeUnavailable unless the model is one that this backend can ask about pictures."""
    if config.model_type not in MODEL_TYPES:
        raise JudgeUnavailable(
            f"{model} is a {config.model_type}; this backend knows {', '.join(MODEL_TYPES)}. "
            "Serve another vision-language model with vLLM and judge with the backend openai."
        )


def choose_device(wanted: str) -> torch.device:
    """The device of the configuration; raises JudgeUnavailable where a GPU is asked for and there is none."""
    has_gpu = torch.cuda.is_available()
    if wanted == "auto":
        return torch.device("cuda" if has_gpu else "cpu")
    if wanted.startswith("cuda") and not has_gpu:
        raise JudgeUnavailable("device is cuda and torch sees no GPU here; set it to auto, or install a torch with CUDA")
    return torch.device(wanted)


def read_chat_template(config: TransformersConfig) -> str:
    """The chat template from the file that some checkpoints keep it in, apart from the tokenizer; ValueError where there is none."""
    path = cached_file(config.model, "chat_template.json", revision=config.revision, _raise_exceptions_for_missing_entries=False)
    if path is None:
        raise ValueError("it has no chat template, so it was not trained to answer questions")
    return str(json.loads(Path(path).read_text(encoding="utf-8"))["chat_template"])


def find_end_tokens(model: Any, tokenizer: Any) -> frozenset[int]:
    """The tokens that end a reply: those of the generation settings, and the tokenizer's own."""
    stated = model.generation_config.eos_token_id
    listed = stated if isinstance(stated, list) else [stated]
    return frozenset(token for token in [*listed, tokenizer.eos_token_id] if token is not None)
