"""Answering a group of questions that begin alike, in one of three ways that give the same replies."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any

import torch

from judging.backends.base import Reply
from judging.backends.local.config import TransformersConfig, Way
from judging.backends.local.decode import Choose, choose_likeliest, decode, make_sampler, read_probability
from judging.backends.local.loading import Vlm
from judging.backends.local.prefill import Batch, prefill_shared, prefill_whole, read_into_cache
from judging.backends.local.processor import Prefix, read_prefix, read_suffix
from judging.backends.local.replies import describe_sampling, make_reply
from judging.rubrics.base import Ask, Why, hash_of


def choose_way(vlm: Vlm, config: TransformersConfig) -> Way:
    """How this model is asked: as configured, but shared only where its cache allows it."""
    if config.way in ("auto", "shared"):
        return "shared" if vlm.shares else "batched"
    return config.way


def answer_group(vlm: Vlm, config: TransformersConfig, asks: Sequence[Ask], pictures: Sequence[bytes]) -> Iterator[Reply]:
    """The reply to each of `asks`, which have the system prompt and `pictures` in common, in order and as they come.

    Raises PictureLost before the first one.
    """
    way = choose_way(vlm, config)
    at_once = 1 if way == "alone" else config.batch
    # Not around the loop: whoever reads the replies is not to be in that mode.
    with torch.inference_mode():
        prompts = Prompts(vlm=vlm, prefix=read_prefix(vlm, asks[0].system, pictures), way=way)
    for start in range(0, len(asks), at_once):
        with torch.inference_mode():
            replies = answer_chunk(prompts, config, asks[start : start + at_once])
        yield from replies


class Prompts:
    """The questions of a group on their way into the model; what they share is read once, when it is first needed."""

    def __init__(self, *, vlm: Vlm, prefix: Prefix, way: Way) -> None:
        self.vlm, self.prefix, self.way = vlm, prefix, way
        self.cache: Any = None

    def read(self, suffixes: list[list[int]]) -> Batch:
        """Read the prompts with these suffixes side by side."""
        if self.way != "shared":
            return prefill_whole(self.vlm, self.prefix, suffixes)
        if self.cache is None:
            self.cache = read_into_cache(self.vlm, self.prefix)
        return prefill_shared(self.vlm, self.prefix, self.cache, suffixes)


def answer_chunk(prompts: Prompts, config: TransformersConfig, asks: Sequence[Ask]) -> list[Reply]:
    """The replies of questions side by side; half of them at a time where the memory of the GPU does not suffice for all."""
    try:
        return answer_side_by_side(prompts, config, asks)
    except torch.OutOfMemoryError as error:
        lack = str(error)
    # After the handler: until it ends the error holds on to the memory of the failed attempt.
    torch.cuda.empty_cache()
    if len(asks) == 1:
        return [Reply(text="", parsed=None, why=Why.REJECTED, detail=lack[:300], model=prompts.vlm.name, revision=prompts.vlm.revision)]
    half = len(asks) // 2
    return answer_chunk(prompts, config, asks[:half]) + answer_chunk(prompts, config, asks[half:])


def answer_side_by_side(prompts: Prompts, config: TransformersConfig, asks: Sequence[Ask]) -> list[Reply]:
    """Read the prompts of `asks`, write the replies, and parse them."""
    began, vlm = time.monotonic(), prompts.vlm
    suffixes = [read_suffix(vlm, prompts.prefix, ask.prompt) for ask in asks]
    batch = prompts.read(suffixes)
    probabilities = [read_probability(vlm, row, ask.yes_no) if ask.yes_no else None for row, ask in zip(batch.logits, asks, strict=True)]
    written = decode(vlm, batch, [ask.max_tokens for ask in asks], make_choose(config, asks))
    took_ms = round(1000 * (time.monotonic() - began))
    return [
        make_reply(
            ask,
            vlm.tokenizer.decode(tokens, skip_special_tokens=True),
            ended=tokens[-1] in vlm.end_tokens,
            probability=probability,
            model=vlm.name,
            revision=vlm.revision,
            tokens_in=len(prompts.prefix.ids) + len(suffix),
            tokens_out=len(tokens),
            latency_ms=took_ms,
            sampling=describe_sampling(config, ask) | {"dtype": name_dtype(vlm.dtype), "way": prompts.way},
        )
        for ask, suffix, tokens, probability in zip(asks, suffixes, written, probabilities, strict=True)
    ]


def make_choose(config: TransformersConfig, asks: Sequence[Ask]) -> Choose:
    """How tokens are chosen. The seed of a question depends on the question alone, not on what is asked beside it."""
    if config.temperature == 0:
        return choose_likeliest
    return make_sampler(config.temperature, [int(hash_of([config.seed, ask.digest])[:15], 16) for ask in asks])


def name_dtype(dtype: torch.dtype) -> str:
    """`float32` of `torch.float32`."""
    return str(dtype).removeprefix("torch.")
