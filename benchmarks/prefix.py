"""What reading the pictures of several questions once saves: a vision-language model asked in three ways, with the prompts of our rubrics.

    python -m benchmarks.prefix [--side 512] [--rounds 5] [--reply 96] [--four-b]

The questions are those about one picture that begin alike: BRF, the three of VEQ, and pay_direct. They are asked one after the other
(alone), with whole prompts side by side (batched), and with the pictures read once and only the rest side by side (shared). Every reply
has `--reply` tokens, so that each way does the same work. Reading prompts (prefill) and writing replies (decode) are timed apart, in
turns, and the medians are printed. Weights are random: a tiny Qwen3-VL in float32 on the CPU, and one round of it in bfloat16; with
`--four-b` one of the size of Qwen3-VL-4B in bfloat16 on a GPU. `differs_percent` is the share of tokens that are not those of `alone`,
place by place: behind the first that differs nearly all do. In bfloat16 rounding alone makes some differ, the more so where random
weights leave the likeliest token hardly ahead.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from PIL import Image
from transformers import Qwen3VLConfig, Qwen3VLForConditionalGeneration

from judging.backends.local.config import TransformersConfig
from judging.backends.local.decode import choose_likeliest, decode
from judging.backends.local.loading import Vlm, load_vlm
from judging.backends.local.prefill import Batch, prefill_shared, prefill_whole, read_into_cache
from judging.backends.local.processor import Prefix, read_prefix, read_suffix
from judging.material import Material, Picture, Sample
from judging.rubrics.base import Ask, Limits
from judging.rubrics.registry import get_rubric
from tests.judging.tiny_models import build_image_processor, build_qwen3_vl, build_tokenizer, name_tokens

BRIEF = (
    "We open a small bakery in the old harbour and need a poster for the first week. Show fresh bread on a wooden table in warm morning "
    "light, leave room at the top for our name, and keep the colours of the enclosed photograph. No people, no stock-photo look. It will "
    "be printed in A2 and used on our page, so it has to be sharp, and the words 'Open from 6' must be readable from across the street."
)
POINTS = ("Fresh bread on a wooden table", "Warm morning light", "Room for a name at the top", "The words 'Open from 6'", "No people")
# Of Qwen3-VL-4B; 4.4 billion weights in all.
TEXT_OF_4B = {
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
VISION_OF_4B = {
    "depth": 24,
    "hidden_size": 1024,
    "intermediate_size": 4096,
    "num_heads": 16,
    "out_hidden_size": 2560,
    "num_position_embeddings": 2304,
    "deepstack_visual_indexes": [5, 11, 17],
}

# Each gives the batches to write replies to; the prompts are read when the next one is asked for.
Way = Callable[[Vlm, Prefix, list[list[int]]], list[Callable[[], Batch]]]


@dataclass(frozen=True, kw_only=True)
class Took:
    """What one way took for all questions, and the tokens of each reply."""

    prefill_s: float
    decode_s: float
    tokens: list[list[int]]


def draw_picture(side: int) -> bytes:
    """A picture with something in it, as PNG."""
    stream = io.BytesIO()
    Image.radial_gradient("L").resize((side, side)).convert("RGB").save(stream, "PNG")
    return stream.getvalue()


def make_asks(picture: bytes, side: int) -> list[Ask]:
    """The questions of ServImageScore and pay_direct that begin with this one picture alone."""
    shown = Picture(sha256="0" * 64, width=side, height=side, format="PNG", read=lambda: picture)
    sample = Sample(key=1, number=1, deliverable="A poster for the first week of a bakery", rules=(), picture=shown)
    material = Material(
        key=1,
        task_id="poster-1",
        task_version=1,
        category="Digital",
        name="Poster for a bakery",
        brief=BRIEF,
        price_usd=120.0,
        quantity=1,
        is_editing=False,
        points=POINTS,
        references=(),
        sources=(),
        samples=(sample,),
    )
    limits = Limits(pictures=8, side_px=side)
    asked = [question for name in ("servimage_score", "pay_direct") for question in get_rubric(name).ask(material, limits)]
    return [question for question in asked if isinstance(question, Ask)]


def ask_alone(vlm: Vlm, prefix: Prefix, suffixes: list[list[int]]) -> list[Callable[[], Batch]]:
    """One prompt after the other."""
    return [lambda suffix=suffix: prefill_whole(vlm, prefix, [suffix]) for suffix in suffixes]


def ask_batched(vlm: Vlm, prefix: Prefix, suffixes: list[list[int]]) -> list[Callable[[], Batch]]:
    """Whole prompts side by side."""
    return [lambda: prefill_whole(vlm, prefix, suffixes)]


def ask_shared(vlm: Vlm, prefix: Prefix, suffixes: list[list[int]]) -> list[Callable[[], Batch]]:
    """The pictures once, the rest side by side."""
    return [lambda: prefill_shared(vlm, prefix, read_into_cache(vlm, prefix), suffixes)]


WAYS: dict[str, Way] = {"alone": ask_alone, "batched": ask_batched, "shared": ask_shared}


def now(vlm: Vlm) -> float:
    """Seconds, when the GPU has done what it was given."""
    if vlm.device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter()


@torch.inference_mode()
def time_way(vlm: Vlm, prefix: Prefix, suffixes: list[list[int]], way: Way, reply: int) -> Took:
    """Ask all questions in one way."""
    prefill_s = decode_s = 0.0
    tokens: list[list[int]] = []
    for read in way(vlm, prefix, suffixes):
        began = now(vlm)
        batch = read()
        between = now(vlm)
        tokens += decode(vlm, batch, [reply] * len(batch.mask), choose_likeliest)
        prefill_s, decode_s = prefill_s + between - began, decode_s + now(vlm) - between
    return Took(prefill_s=prefill_s, decode_s=decode_s, tokens=tokens)


def load_tiny(folder: Path, dtype: str) -> Vlm:
    """The tiny model on the CPU; replies end at their limit only."""
    return replace(load_vlm(TransformersConfig(model=str(folder), device="cpu", dtype=dtype)), end_tokens=frozenset())


def build_4b(corpus: list[str]) -> Vlm:
    """A model of the size of Qwen3-VL-4B in bfloat16 on the GPU."""
    tokenizer, device = build_tokenizer(corpus), torch.device("cuda")
    config = Qwen3VLConfig(text_config=TEXT_OF_4B, vision_config=VISION_OF_4B, tie_word_embeddings=True, **name_tokens(tokenizer))
    torch.manual_seed(0)
    torch.set_default_dtype(torch.bfloat16)
    with device:
        model = Qwen3VLForConditionalGeneration(config).eval()
    torch.set_default_dtype(torch.float32)
    return Vlm(
        model=model,
        tokenizer=tokenizer,
        image_processor=build_image_processor(),
        name="random Qwen3-VL-4B",
        revision="",
        device=device,
        dtype=torch.bfloat16,
        end_tokens=frozenset(),
    )


def compare(vlm: Vlm, asks: list[Ask], picture: bytes, rounds: int, reply: int) -> None:
    """Time the ways in turns, after one round that does not count, and print a line for each."""
    prefix = read_prefix(vlm, asks[0].system, [picture])
    suffixes = [read_suffix(vlm, prefix, ask.prompt) for ask in asks]
    about = {"model": vlm.name, "device": describe_device(vlm), "dtype": str(vlm.dtype), "threads": torch.get_num_threads()}
    print(
        json.dumps(about | {"prefix_tokens": len(prefix.ids), "suffix_tokens": [len(suffix) for suffix in suffixes], "reply_tokens": reply})
    )
    took: dict[str, list[Took]] = {name: [] for name in WAYS}
    for number in range(rounds + 1):
        # Each way comes first, in the middle and last in turn.
        for name in sorted(WAYS, key=lambda name: (list(WAYS).index(name) + number) % len(WAYS)):
            took[name].append(time_way(vlm, prefix, suffixes, WAYS[name], reply))
    alone = took["alone"][1:]
    for name, runs in took.items():
        print(json.dumps({"way": name} | describe(runs[1:], alone)))
    print(json.dumps({"load": round(os.getloadavg()[0], 1)}))


def describe(runs: list[Took], alone: list[Took]) -> dict[str, float]:
    """Medians in seconds, the median of the ratios round by round, and the share of other tokens."""
    ratios = {
        "prefill": [one.prefill_s / other.prefill_s for one, other in zip(alone, runs, strict=True)],
        "decode": [one.decode_s / other.decode_s for one, other in zip(alone, runs, strict=True)],
        "all": [(one.prefill_s + one.decode_s) / (other.prefill_s + other.decode_s) for one, other in zip(alone, runs, strict=True)],
    }
    pairs = [pair for one, other in zip(alone[0].tokens, runs[0].tokens, strict=True) for pair in zip(one, other, strict=True)]
    differs = sum(one != other for one, other in pairs) / len(pairs)
    medians = {
        "prefill_s": round(statistics.median(run.prefill_s for run in runs), 4),
        "decode_s": round(statistics.median(run.decode_s for run in runs), 4),
    }
    times = {f"{name}_times_faster": round(statistics.median(values), 2) for name, values in ratios.items()}
    return medians | times | {"differs_percent": round(100 * differs, 2)}


def describe_device(vlm: Vlm) -> str:
    """The GPU by its name, or cpu."""
    return torch.cuda.get_device_name() if vlm.device.type == "cuda" else "cpu"


def main() -> None:
    """Read the command line and compare the ways on the tiny model, then on the large one if asked for and possible."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--side", type=int, default=512, help="pixels of the square picture")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--reply", type=int, default=96, help="tokens of each reply")
    parser.add_argument("--four-b", action="store_true", help="also a Qwen3-VL-4B of random weights, on a GPU")
    options = parser.parse_args()
    picture = draw_picture(options.side)
    asks = make_asks(picture, options.side)
    corpus = [ask.system + ask.prompt for ask in asks]
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "tiny-qwen3-vl"
        build_qwen3_vl(folder, corpus=corpus, hidden=96, layers=4, vision_hidden=64, vision_layers=4)
        compare(load_tiny(folder, "float32"), asks, picture, options.rounds, options.reply)
        compare(load_tiny(folder, "bfloat16"), asks, picture, 1, options.reply)
    if options.four_b and torch.cuda.is_available():
        compare(build_4b(corpus), asks, picture, options.rounds, options.reply)
    elif options.four_b:
        print(json.dumps({"four_b": "not run: torch sees no GPU here"}))


if __name__ == "__main__":
    main()
