"""Several processes of one run, as `accelerate launch` or `torchrun` start them; alone where they did not."""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import timedelta

import torch
from torch import distributed

# Process 0 alone reads pictures' statistics, evaluates and writes: the others wait for it that long at most.
PATIENCE = timedelta(hours=4)


def start() -> None:
    """Join the other processes of this run, if the environment names any."""
    if int(os.environ.get("WORLD_SIZE", "1")) < 2 or distributed.is_initialized():
        return
    if torch.cuda.is_available():
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")))
    distributed.init_process_group("nccl" if torch.cuda.is_available() else "gloo", timeout=PATIENCE)


def count() -> int:
    """How many processes share the work."""
    return distributed.get_world_size() if distributed.is_initialized() else 1


def place() -> int:
    """Which of them this is, from 0; process 0 alone writes and reports."""
    return distributed.get_rank() if distributed.is_initialized() else 0


def is_first() -> bool:
    """Whether this is the process that writes and reports."""
    return place() == 0


def add_up(tensor: torch.Tensor) -> torch.Tensor:
    """The sum of `tensor` over all processes, in place: the same bits in each of them."""
    if count() > 1:
        distributed.all_reduce(tensor)
    return tensor


def add_up_gradients(parameters: Iterable[torch.nn.Parameter]) -> None:
    """Make every gradient the sum over all processes; in one message, since there are hundreds of small ones."""
    if count() < 2:
        return
    held = list(parameters)
    gradients = [torch.zeros_like(item) if item.grad is None else item.grad for item in held]
    total = add_up(torch.cat([gradient.reshape(-1) for gradient in gradients]))
    for item, part in zip(held, total.split([item.numel() for item in held]), strict=True):
        item.grad = part.view_as(item)


def agree(is_so: bool) -> bool:
    """What process 0 says, in every process."""
    if count() < 2:
        return is_so
    said = torch.tensor([float(is_so and is_first())], device="cuda" if torch.cuda.is_available() else "cpu")
    return bool(add_up(said).item() > 0)


def wait() -> None:
    """Wait for the other processes."""
    if count() > 1:
        distributed.barrier()
