"""Files that are written whole or not at all, and told apart by their SHA-256."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save


def write_bytes(file: Path, data: bytes) -> None:
    """Write a file beside its place and put it there at once: a kill leaves the old one or the new one."""
    file.parent.mkdir(parents=True, exist_ok=True)
    beside = file.with_name(f".{file.name}.part")
    with beside.open("wb") as handle:
        handle.write(data)
        handle.flush()
        os.fsync(handle.fileno())
    beside.replace(file)


def write_json(file: Path, values: Any) -> None:
    """Write values as JSON; a number that is none (NaN) is refused with ValueError."""
    write_bytes(file, json.dumps(values, indent=1, sort_keys=True, allow_nan=False).encode() + b"\n")


def read_json(file: Path) -> Any:
    """Such values; raises ValueError where it is no JSON."""
    return json.loads(file.read_text(encoding="utf-8"))


def write_tensors(file: Path, tensors: Mapping[str, torch.Tensor], texts: Mapping[str, str] | None = None) -> None:
    """Write tensors as safetensors, with some texts in the header."""
    held = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}
    write_bytes(file, save(held, metadata=dict(texts or {})))


def read_tensors(file: Path) -> dict[str, torch.Tensor]:
    """The tensors of such a file, on the CPU."""
    tensors: dict[str, torch.Tensor] = load_file(str(file))
    return tensors


def hash_name(name: str) -> str:
    """16 hexadecimal digits for a name that a model which is given away should not tell."""
    return hashlib.sha256(name.encode()).hexdigest()[:16]


def hash_file(file: Path) -> str:
    """The SHA-256 of a file."""
    with file.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def hash_tensors(tensors: Mapping[str, torch.Tensor]) -> str:
    """The SHA-256 of the names and bits of tensors."""
    held = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in sorted(tensors.items())}
    return hashlib.sha256(save(held)).hexdigest()
