"""The backend `replay`: replies that a model gave earlier, somewhere else, so that published outputs are scored without it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from judging.backends.base import Backend, JudgeUnavailable, Reply
from judging.backends.stored_replies import Key, PlaceName, Stored, read_replies
from judging.backends.surroundings import may_read
from judging.rubrics.base import Ask, Limits, Unusable, Why

# The place of a question in the words of PlaceName; None where it cannot be told.
NameOf = Callable[[Ask], Mapping[str, Any] | None]
ROOTS = "SERVIMAGE_IMPORT_ROOTS"
# In one process: 50,000 replies take about 60 MB.
FILES_KEPT = 2


@dataclass(frozen=True, kw_only=True)
class ReplayConfig:
    """Where the replies are. The limits are those of the model that gave them, so that the questions come out the same."""

    file: str  # JSON lines on the worker
    pictures: Annotated[int, Field(ge=1, le=1000)] = 8
    side_px: Annotated[int, Field(ge=64, le=8192)] | None = None
    model: Annotated[str, Field(max_length=200)] = ""  # where a line does not name the judge
    revision: Annotated[str, Field(max_length=200)] = ""


class ReplayBackend(Backend):
    """Looks replies up, by the digest of the question first, then by its place."""

    def __init__(self, replies: Mapping[Key, Stored], config: ReplayConfig, name_of: NameOf | None = None) -> None:
        self.replies, self.config, self.name_of = replies, config, name_of
        self.limits = Limits(pictures=config.pictures, side_px=config.side_px)

    def answer(self, asks: Sequence[Ask]) -> list[Reply]:
        """One reply for each question, in order."""
        return [self.answer_one(ask) for ask in asks]

    def answer_one(self, ask: Ask) -> Reply:
        """The stored reply, read like a fresh one but never asked for again."""
        stored = self.find(ask)
        # No attempts: nobody was asked.
        told = Reply(text="", parsed=None, model=self.config.model, revision=self.config.revision, attempts=0)
        if stored is None:
            return replace(told, why=Why.NO_REPLY_STORED)
        told = replace(told, text=stored.reply, model=stored.model or told.model)
        try:
            return replace(told, parsed=ask.parse(stored.reply))
        except Unusable as unusable:
            return replace(told, why=unusable.why, detail=unusable.detail)

    def find(self, ask: Ask) -> Stored | None:
        """What is stored for a question; None where nothing is."""
        if (found := self.replies.get(ask.digest)) is not None:
            return found
        name = self.name_of(ask) if self.name_of else None
        return self.replies.get(PlaceName.model_validate({**name, "part": ask.part, "chunk": ask.chunk})) if name else None


def open_replay(config: ReplayConfig, name_of: NameOf | None = None) -> ReplayBackend:
    """The backend with the replies of the file. Raises JudgeUnavailable where it may not be read or cannot be."""
    # Also here, not only where a judge is made: what the path leads to may have changed.
    if not may_read(config.file, ROOTS):
        raise JudgeUnavailable(f"The stored replies in {config.file} lie in no folder of {ROOTS}, so they are not read.")
    try:
        file = Path(config.file).resolve()
        found = file.stat()
        return ReplayBackend(read_file(file, found.st_mtime_ns, found.st_size), config, name_of)
    except (OSError, ValueError) as problem:
        raise JudgeUnavailable(f"The stored replies in {config.file} cannot be read. {problem}") from problem


@lru_cache(maxsize=FILES_KEPT)
def read_file(file: Path, modified_ns: int, size: int) -> Mapping[Key, Stored]:
    """The replies of a file, read once for all batches of a run; `modified_ns` and `size` tell when it is another one."""
    with file.open(encoding="utf-8") as lines:
        return read_replies(lines)
