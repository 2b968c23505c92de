"""Which weights answered: the commit on Hugging Face, or the hash of a folder."""

from __future__ import annotations

import hashlib
from pathlib import Path

from transformers.utils import cached_file
from transformers.utils.hub import extract_commit_hash

# A checkpoint of 9 GB would take half a minute to hash whole. Training changes nearly every weight, so a few blocks of each file tell.
BLOCKS, BLOCK_BYTES = 16, 64 * 1024


def read_revision(model: str, revision: str) -> str:
    """The commit of a Hugging Face id, or `sha256:…` of a local folder (`revision` says nothing about that)."""
    if Path(model).is_dir():
        return f"sha256:{hash_folder(Path(model))}"
    config = cached_file(model, "config.json", revision=revision)
    return extract_commit_hash(config, None) or revision


def hash_folder(folder: Path) -> str:
    """SHA-256 over the configuration, and over the names, sizes and evenly spread blocks of the weights."""
    digest = hashlib.sha256((folder / "config.json").read_bytes())
    for path in sorted(folder.glob("*.safetensors")):
        digest.update(f"{path.name} {path.stat().st_size}".encode())
        for block in read_blocks(path):
            digest.update(block)
    return digest.hexdigest()


def read_blocks(path: Path) -> list[bytes]:
    """Blocks from the beginning to the end of a file, evenly spread; they overlap where it is small."""
    last = max(path.stat().st_size - BLOCK_BYTES, 0)
    blocks = []
    with path.open("rb") as file:
        for number in range(BLOCKS):
            file.seek(last * number // (BLOCKS - 1))
            blocks.append(file.read(BLOCK_BYTES))
    return blocks
