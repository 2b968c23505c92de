"""The checkpoint that a backbone starts from: where it lies, what it is called, and how one knows that it is the same again."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from transformers.utils import cached_file
from transformers.utils.hub import extract_commit_hash

from modeling.net.backbones.tiny import build_tiny
from modeling.net.config import BackboneConfig, is_id, name_base

# A checkpoint of 9 GB would take half a minute to hash whole. Training changes nearly every weight, so a few blocks of each file tell.
BLOCKS, BLOCK_BYTES = 16, 64 * 1024


@dataclass(frozen=True, kw_only=True)
class BaseWeights:
    """Where the base is loaded from, its name without any path, and `digest`: its commit, or `sha256:...` of a folder.

    `files` are the contents of a base that travels with the model; {} for one that does not.
    """

    source: str
    revision: str
    name: str
    digest: str
    files: Mapping[str, bytes]


@contextmanager
def find_base(config: BackboneConfig, folder: Path | None) -> Iterator[BaseWeights]:
    """The base of a configuration, for as long as it takes to load it. A tiny one is that of the model in `folder`, or built anew.

    Raises ValueError, saying what to do, where there is none.
    """
    if config.kind == "tiny":
        with tempfile.TemporaryDirectory() as built:
            own = folder / "base" if folder is not None and (folder / "base").is_dir() else build_tiny(Path(built))
            yield BaseWeights(source=str(own), revision="main", name="tiny", digest=f"sha256:{hash_all(own)}", files=read_all(own))
        return
    if not config.path_or_id:
        raise ValueError(
            "backbone.path_or_id is empty; give the folder of a Qwen3-VL checkpoint, or an id such as Qwen/Qwen3-VL-4B-Instruct"
        )
    check_folder(config.path_or_id)
    path, name = Path(config.path_or_id), name_base(config.path_or_id)
    digest = f"sha256:{hash_folder(path)}" if path.is_dir() else find_commit(config.path_or_id, config.revision)
    yield BaseWeights(source=config.path_or_id, revision=config.revision, name=name, digest=digest, files={})


def check_folder(path_or_id: str) -> None:
    """Raise ValueError where it is written as a path and there is no such folder."""
    if not is_id(path_or_id) and not Path(path_or_id).is_dir():
        raise ValueError(f"there is no folder {path_or_id}; give one, or an id such as Qwen/Qwen3-VL-4B-Instruct")


def find_commit(model_id: str, revision: str) -> str:
    """The commit that is loaded under this id."""
    try:
        config = cached_file(model_id, "config.json", revision=revision)
    except OSError as error:
        raise ValueError(f"{model_id} cannot be loaded: {error}") from error
    return extract_commit_hash(config, None) or revision


def hash_folder(folder: Path) -> str:
    """SHA-256 over the configuration, and over names, sizes and evenly spread blocks of the weights; ValueError where there is none."""
    if not (folder / "config.json").is_file():
        raise ValueError(f"there is no config.json in {folder.name}: it is no checkpoint")
    digest = hashlib.sha256((folder / "config.json").read_bytes())
    for path in sorted(folder.glob("*.safetensors")):
        digest.update(f"{path.name} {path.stat().st_size}".encode())
        for block in read_blocks(path):
            digest.update(block)
    return digest.hexdigest()


def read_blocks(path: Path) -> Iterator[bytes]:
    """Blocks from the beginning to the end of a file, evenly spread; they overlap where it is small."""
    last = max(path.stat().st_size - BLOCK_BYTES, 0)
    with path.open("rb") as file:
        for number in range(BLOCKS):
            file.seek(last * number // (BLOCKS - 1))
            yield file.read(BLOCK_BYTES)


def hash_all(folder: Path) -> str:
    """SHA-256 over the names and all bytes of the files of a folder."""
    digest = hashlib.sha256()
    for name, data in read_all(folder).items():
        digest.update(f"{name} {len(data)} ".encode() + data)
    return digest.hexdigest()


def read_all(folder: Path) -> dict[str, bytes]:
    """The files of a folder by name."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}
