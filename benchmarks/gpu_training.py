"""Training and asking a vision-language backbone: our setting against that of the paper's authors, on identical rows in one run.

    python -m benchmarks.gpu_training [--rows 64] [--rounds 3] [--batch 8] [--backbone DIR]

Where torch sees a GPU, the backbone has random weights of the shape of Qwen3-VL-4B, in bfloat16, unless `--backbone` names another.
Where it sees none, the same comparison runs on the tiny one in float32 on one thread of the CPU, and says what that leaves
unmeasured.

The authors' setting: one row per forward pass, gradients added up over eight of them on each of four cards, every activation recomputed,
the head over the vocabulary in the pass and all hidden states kept, an attention mask, and in stage 2 the frozen view computed anew in
each step. Ours: `--batch` rows of like length per pass, recomputing only what does not fit, no head over the vocabulary, and the frozen
view computed once for the two epochs of stage 2. Both take pictures of at most 50,176 pixels and one step of AdamW per 32 rows. Pictures
are decoded before the clock runs, in both.

Printed per setting: candidates per second of stage 1, of stage 2, of both in the paper's proportion (five epochs and two), and of asking
(both views); the peak memory of the card, and model FLOP utilisation: operations of the model per second as a share of the card's
peak, of which recomputing is none. Ratios are medians over rounds, which take turns.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch.nn.functional import linear

from modeling.net.backbones.base import View
from modeling.net.backbones.qwen import QwenBackbone
from modeling.net.backbones.tiny import build_tiny
from modeling.net.batch import Batch
from modeling.net.check import NOTHING, build_4b, name_card, wait_for
from modeling.net.config import make_qwen
from modeling.net.drawn import draw_example
from modeling.net.shapes import count_work, find_peak

EFFECTIVE = 32
EPOCHS = {"concepts": 5, "decision": 2}
AIM = {"training": 3.0, "asking": 5.0}
LEFT_OUT = "no GPU: the size of a real model, bfloat16, the memory and the utilisation of a card are not measured"


class EitherWay(QwenBackbone):
    """The backbone, read as ours or as the authors' code does."""

    is_authors = False

    def read(self, batch: Batch) -> torch.Tensor:
        """The hidden states of the last layer; the authors' way makes all logits as well."""
        if not self.is_authors:
            return super().read(batch)
        with self._casting():
            seen = self.model(
                input_ids=batch.ids,
                attention_mask=batch.mask,
                position_ids=batch.positions,
                mm_token_type_ids=batch.kinds,
                pixel_values=batch.pixels,
                image_grid_thw=batch.grids,
                use_cache=False,
                output_hidden_states=True,
            )
            self.logits = linear(seen.last_hidden_state, self.model.get_input_embeddings().weight)
        return seen.hidden_states[-1]

    def choose(self, is_authors: bool) -> None:
        """Go on in one of the two ways."""
        self.is_authors, self.logits = is_authors, None
        self.checkpointing.wanted = "on" if is_authors else "auto"


@dataclass(frozen=True, kw_only=True)
class Took:
    """Seconds per row of each part of the work in one round, and the most memory of the card in GB."""

    concepts: float
    frozen: float
    decision: float
    asking: float
    memory_gb: float | None

    def stage2(self, is_authors: bool) -> float:
        """Seconds per row and epoch: the frozen view is computed in every epoch, or once for all."""
        return self.decision + (self.frozen if is_authors else self.frozen / EPOCHS["decision"])

    def training(self, is_authors: bool) -> float:
        """Seconds per row of a whole run."""
        return EPOCHS["concepts"] * self.concepts + EPOCHS["decision"] * self.stage2(is_authors)


def divide(rows: Sequence[int], backbone: QwenBackbone, batch: int) -> Iterator[list[int]]:
    """Rows of like length, so many at a time."""
    lengths = dict(zip(rows, backbone.lengths(rows), strict=True))
    order = sorted(rows, key=lengths.__getitem__)
    return (order[at : at + batch] for at in range(0, len(order), batch))


def train(backbone: QwenBackbone, view: View, rows: Sequence[int], batch: int) -> None:
    """One epoch over the rows; the loss is that of a logit per row."""
    parameters = backbone.begin(view, seed=0)
    optimizer = torch.optim.AdamW(parameters, lr=1e-5)
    backbone.train(True)
    for start in range(0, len(rows), EFFECTIVE):
        chosen = rows[start : start + EFFECTIVE]
        for part in divide(chosen, backbone, batch):
            goal = torch.tensor([float(row % 2) for row in part], device=backbone.device)
            logits = backbone.encode(part, view).mean(dim=1)
            torch.nn.functional.binary_cross_entropy_with_logits(logits, goal, reduction="sum").div(len(chosen)).backward()
        optimizer.step()
        optimizer.zero_grad()
    backbone.train(False)


@torch.no_grad()
def look(backbone: QwenBackbone, views: Sequence[View], rows: Sequence[int], batch: int) -> None:
    """The representations of all rows by some views."""
    for view in views:
        for part in divide(rows, backbone, batch):
            backbone.encode(part, view)


def measure(backbone: EitherWay, rows: Sequence[int], batch: int, is_authors: bool) -> Took:
    """One round in one of the two ways."""
    backbone.choose(is_authors)
    batch, asked = (1, 1) if is_authors else (batch, 4 * batch)
    if backbone.device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(backbone.device)
    concepts = clock(backbone.device, lambda: train(backbone, "concepts", rows, batch))
    frozen = clock(backbone.device, lambda: look(backbone, ["concepts"], rows, asked))
    decision = clock(backbone.device, lambda: train(backbone, "decision", rows, batch))
    asking = clock(backbone.device, lambda: look(backbone, ["concepts", "decision"], rows, asked))
    memory = torch.cuda.max_memory_allocated(backbone.device) / 1e9 if backbone.device.type == "cuda" else None
    per_row = {"concepts": concepts, "frozen": frozen, "decision": decision, "asking": asking}
    return Took(**{name: seconds / len(rows) for name, seconds in per_row.items()}, memory_gb=memory)


def clock(device: torch.device, act: Callable[[], object]) -> float:
    """The seconds that something takes; on a CPU those of the processor, so that other work on the machine is not counted."""
    now = time.monotonic if device.type == "cuda" else time.process_time
    wait_for(device)
    began = now()
    act()
    wait_for(device)
    return now() - began


def tell(backbone: EitherWay, rows: Sequence[int], rounds: Sequence[Took], is_authors: bool) -> dict[str, Any]:
    """The figures of one way: candidates per second, memory, utilisation."""
    counted = [backbone.collate([row]) for row in rows]
    tokens = sum(int(batch.mask.sum().item()) for batch in counted) / len(rows)
    visual = sum(int(batch.kinds.sum().item()) for batch in counted) / len(rows)
    work, peak = count_work(backbone.model.config), find_peak(name_card(backbone.device))
    parts = {
        "stage1": ([took.concepts for took in rounds], work.training(round(tokens), round(visual))),
        "stage2": ([took.stage2(is_authors) for took in rounds], work.training(round(tokens), round(visual))),
        "asking": ([took.asking for took in rounds], 2 * work.forward(round(tokens), round(visual))),
    }
    told: dict[str, Any] = {"way": "authors" if is_authors else "ours", "tokens_per_row": round(tokens), "visual_per_row": round(visual)}
    for name, (seconds, operations) in parts.items():
        middle = statistics.median(seconds)
        told[f"{name}_per_s"] = round(1 / middle, 3)
        if peak:
            told[f"{name}_utilisation"] = round(operations / middle / peak, 3)
    told["training_rows_per_s"] = round(sum(EPOCHS.values()) / statistics.median(took.training(is_authors) for took in rounds), 3)
    memory = [took.memory_gb for took in rounds if took.memory_gb is not None]
    return told | {"memory_gb": round(max(memory), 2) if memory else None}


def compare(backbone: EitherWay, rows: Sequence[int], rounds: int, batch: int) -> Iterator[dict[str, Any]]:
    """The figures of both ways, and their ratios round by round."""
    for view in ("concepts", "decision"):
        backbone.begin(view, seed=0)
    for is_authors in (True, False):
        measure(backbone, rows[:EFFECTIVE], batch, is_authors)
    pairs = [(measure(backbone, rows, batch, True), measure(backbone, rows, batch, False)) for _ in range(rounds)]
    yield tell(backbone, rows, [authors for authors, _ in pairs], True)
    yield tell(backbone, rows, [ours for _, ours in pairs], False)
    ratios = {
        "stage1": [authors.concepts / ours.concepts for authors, ours in pairs],
        "stage2": [authors.stage2(True) / ours.stage2(False) for authors, ours in pairs],
        "training": [authors.training(True) / ours.training(False) for authors, ours in pairs],
        "asking": [authors.asking / ours.asking for authors, ours in pairs],
    }
    told = {
        name: {"times": round(statistics.median(found), 2), "rounds": [round(ratio, 2) for ratio in found]}
        for name, found in ratios.items()
    }
    yield {"faster": told, "aim": AIM, "load": round(os.getloadavg()[0], 1), "threads": torch.get_num_threads()}


def load(folder: Path, rows: int) -> EitherWay:
    """The backbone of a folder with drawn candidates attached."""
    settings = make_qwen()
    loras: dict[View, Any] = {"concepts": settings.concept_lora, "decision": settings.decision_lora}
    backbone = EitherWay(replace(settings.backbone, path_or_id=str(folder)), loras, sources=NOTHING)
    backbone.attach([draw_example(number) for number in range(rows)])
    backbone.fit(range(min(rows, EFFECTIVE)))
    return backbone


def main() -> None:
    """Print a line of JSON for what is measured, for each way, and for the ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--batch", type=int, default=8, help="rows per forward pass of ours in training; four times that without gradients")
    parser.add_argument("--backbone", type=Path, metavar="DIR")
    options = parser.parse_args()
    torch.set_num_threads(1)
    has_gpu = torch.cuda.is_available()
    with tempfile.TemporaryDirectory() as built:
        folder = options.backbone or Path(built)
        if options.backbone is None and has_gpu:
            build_4b(folder)
        elif options.backbone is None:
            build_tiny(folder)
        backbone = load(folder, options.rows)
        about = {
            "weights": sum(item.numel() for item in backbone.model.parameters()),
            "dtype": str(backbone.dtype),
            "device": str(backbone.device),
        }
        print(
            json.dumps(about | {"card": name_card(backbone.device), "rows": options.rows} | ({} if has_gpu else {"not_measured": LEFT_OUT}))
        )
        for line in compare(backbone, list(range(options.rows)), options.rounds, options.batch):
            print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
