"""The training loop: by steps, resumable at any of them, the same to the bit on a CPU however often it was interrupted."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch

from modeling.net import processes
from modeling.net.config import OptimConfig
from modeling.net.loop_state import Fitted, LoopState
from modeling.net.watch import Stopped, Watch

# So many effective batches are put in order of length together, before they are cut: enough to find rows of like length.
WINDOW = 8


class Problem(Protocol):
    """What a stage trains."""

    rows: Sequence[int]  # what an epoch goes through; a row may be there more than once

    def parameters(self) -> list[dict[str, Any]]:
        """Groups of parameters with their `lr`, as an optimiser takes them."""

    def lengths(self) -> list[int]:
        """Tokens of each of `rows`."""

    def weigh(self, rows: Sequence[int]) -> float:
        """The sum of the weights of rows: an effective batch is a mean over it."""

    def loss(self, rows: Sequence[int]) -> torch.Tensor:
        """The weighted sum of the losses of rows, with gradients."""

    def validate(self) -> float | None:
        """The loss on validation rows, without gradients; None where there are none."""

    def tensors(self) -> dict[str, torch.Tensor]:
        """What is trained, by name."""

    def restore(self, tensors: Mapping[str, torch.Tensor]) -> None:
        """Put such tensors back, in place."""

    def train(self, is_training: bool) -> None:
        """Switch dropout on or off."""


def fit(problem: Problem, optim: OptimConfig, *, stage: str, seed: int, folder: Path | None, watch: Watch) -> Fitted:
    """Train `problem`, and leave the best state in it. `folder` holds what a resume needs; None: nothing is saved.

    Raises Stopped, with the state saved, once the watch says so.
    """
    groups = problem.parameters()
    parameters = [item for group in groups for item in group["params"]]
    optimizer = torch.optim.AdamW(groups, weight_decay=optim.weight_decay)
    peaks = [group["lr"] for group in optimizer.param_groups]
    batches = Batches(problem, optim, seed)
    steps = optim.epochs * batches.per_epoch
    state = LoopState(problem, optimizer, None if folder is None else folder / f"{stage}.safetensors")
    state.load()
    problem.train(True)
    watch.progress(stage, state.step, steps)
    if state.is_due:
        look(problem, state, stage, watch)
    while state.step < steps and not (optim.patience and state.stale >= optim.patience):
        epoch, place = divmod(state.step, batches.per_epoch)
        set_rates(optimizer, peaks, share_of_peak(state.step, steps, optim.warmup))
        optimizer.zero_grad()
        loss = collect_gradients(problem, batches.of_epoch(epoch)[place], (seed, state.step))
        processes.add_up_gradients(parameters)
        torch.nn.utils.clip_grad_norm_(parameters, optim.clip)
        optimizer.step()
        state.step += 1
        state.add_loss(loss)
        if state.step % optim.evaluate_every == 0 or place + 1 == batches.per_epoch:
            look(problem, state, stage, watch)
        watch.progress(stage, state.step, steps)
        is_stopped = processes.agree(watch.stopped())
        if is_stopped or state.step % optim.save_every == 0:
            keep(state, watch)
        if is_stopped:
            raise Stopped(f"stopped at step {state.step} of {steps} of {stage}")
    keep(state, watch)
    problem.train(False)
    return state.finish()


def keep(state: LoopState, watch: Watch) -> None:
    """Save the state, once all that was reported before it is written down: a resume does not report it again."""
    watch.flush()
    state.save()


def look(problem: Problem, state: LoopState, stage: str, watch: Watch) -> None:
    """Evaluate, report, and keep the state if it is the best so far. Stopped in between, a resume begins with it."""
    problem.train(False)
    state.is_due = True
    try:
        val_loss = problem.validate()
    except Stopped:
        keep(state, watch)
        raise
    state.is_due = False
    problem.train(True)
    watch.point(stage, "train_loss", state.step, state.take_loss())
    if val_loss is not None:
        watch.point(stage, "val_loss", state.step, val_loss)
    state.compare(val_loss)


def share_of_peak(step: int, steps: int, warmup: float) -> float:
    """The learning rate of a step, counted from 0, as a share of the peak: up in a line, then down half a cosine."""
    rising = math.ceil(steps * warmup)
    if step < rising:
        return (step + 1) / rising
    return (1 + math.cos(math.pi * (step - rising) / max(1, steps - rising))) / 2


def set_rates(optimizer: torch.optim.Optimizer, peaks: Sequence[float], share: float) -> None:
    """Set the learning rate of every group."""
    for group, peak in zip(optimizer.param_groups, peaks, strict=True):
        group["lr"] = peak * share


def collect_gradients(problem: Problem, batch: Sequence[Sequence[int]], seeds: tuple[int, int]) -> float:
    """Add up the gradients of this process's micro-batches; gives the loss of the whole effective batch, a weighted mean.

    Dropout is drawn anew for every micro-batch from (seed, step, place): it is the same after a resume and on however many processes,
    and no state of a generator needs to be kept.
    """
    weight = sum(problem.weigh(rows) for rows in batch)
    total, device = 0.0, loss_device(problem)
    for place in range(processes.place(), len(batch), processes.count()):
        seed_dropout(int(np.random.SeedSequence([*seeds, place]).generate_state(1)[0]), device)
        loss = problem.loss(batch[place]) / max(weight, 1e-9)
        loss.backward()
        total += loss.item()
    if processes.count() < 2:
        return total
    return float(processes.add_up(torch.tensor([total], device=device)).item())


def seed_dropout(seed: int, device: torch.device) -> None:
    """Seed what dropout draws from. `torch.manual_seed` does it for all kinds of devices, and took a third of the time of a small head."""
    torch.default_generator.manual_seed(seed)
    if device.type == "cuda":
        torch.cuda.manual_seed(seed)


def loss_device(problem: Problem) -> torch.device:
    """Where the numbers of this problem are."""
    return next(item.device for group in problem.parameters() for item in group["params"])


class Batches:
    """The order of the rows: another permutation in every epoch, with rows of like length in one micro-batch."""

    def __init__(self, problem: Problem, optim: OptimConfig, seed: int) -> None:
        self._rows, self._lengths, self._seed = list(problem.rows), problem.lengths(), seed
        # No process may be without work in a full batch.
        self._micro = max(1, min(optim.micro_batch, optim.batch, optim.batch // processes.count()))
        self._per_step = max(1, optim.batch // self._micro)
        self._window = WINDOW * self._micro * self._per_step
        self._epoch, self._batches = -1, self._make(0)
        self.per_epoch = len(self._batches)

    def of_epoch(self, epoch: int) -> list[list[list[int]]]:
        """The effective batches of an epoch, each a list of micro-batches."""
        if epoch != self._epoch:
            self._epoch, self._batches = epoch, self._make(epoch)
        return self._batches

    def _make(self, epoch: int) -> list[list[list[int]]]:
        chance = np.random.default_rng([self._seed, epoch])
        micro = [rows for window in self._windows(chance.permutation(len(self._rows))) for rows in self._cut(window, chance)]
        return [micro[at : at + self._per_step] for at in range(0, len(micro), self._per_step)]

    def _windows(self, order: np.ndarray[Any, np.dtype[np.int64]]) -> Iterator[list[int]]:
        for at in range(0, len(order), self._window):
            yield sorted((int(place) for place in order[at : at + self._window]), key=lambda place: self._lengths[place])

    def _cut(self, window: list[int], chance: np.random.Generator) -> list[list[int]]:
        cut = [window[at : at + self._micro] for at in range(0, len(window), self._micro)]
        return [[self._rows[place] for place in cut[number]] for number in chance.permutation(len(cut))]
