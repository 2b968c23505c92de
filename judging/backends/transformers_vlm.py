"""The backend `transformers`: a vision-language model of the machine's own, from a folder or from Hugging Face.

Importing this module loads no torch; the first question does.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Generator, Iterator, Sequence
from typing import TYPE_CHECKING

from judging.backends.base import Backend, JudgeUnavailable, Reply
from judging.backends.local.config import TransformersConfig, Way
from judging.backends.local.groups import group_asks
from judging.backends.local.where import check_model
from judging.material import PictureLost
from judging.rubrics.base import Ask, Limits, Why

if TYPE_CHECKING:
    from judging.backends.local.loading import Vlm

__all__ = ["TransformersBackend", "TransformersConfig", "Way"]

# The pictures of a question as files (JPEG or PNG), in order and at its size.
Encode = Callable[[Ask], list[bytes]]
NEEDED = ("torch", "transformers")


class TransformersBackend(Backend):
    """Answers with local weights. They are loaded at the first question and stay in the process, for the next batch of a run needs them."""

    def __init__(self, config: TransformersConfig, encode: Encode | None = None) -> None:
        """`encode` gives the pictures of a question; by default they are read, shrunk and laid out as for every backend."""
        self.config = config
        self.limits = Limits(pictures=config.pictures, side_px=config.side_px)
        self.encode = encode or find_encode()

    def answer(self, asks: Sequence[Ask]) -> list[Reply]:
        """One reply for each question, in order. Raises JudgeUnavailable where the model cannot or may not be loaded."""
        replies = dict(self.answer_each(asks))
        return [replies[place] for place in range(len(asks))]

    def answer_each(self, asks: Sequence[Ask]) -> Generator[tuple[int, Reply], None, None]:
        """The number of each question and its reply; those about the same pictures are put to the model together, so many at a time.

        Raises JudgeUnavailable like `answer`.
        """
        vlm = get_vlm(self.config)
        for places in group_asks(asks):
            group = [asks[place] for place in places]
            yield from zip(places, self.answer_group(vlm, group), strict=True)

    def answer_group(self, vlm: Vlm, asks: Sequence[Ask]) -> Iterator[Reply]:
        """The replies of questions that begin alike; without their pictures they go unanswered."""
        from judging.backends.local.answering import answer_group

        try:
            yield from answer_group(vlm, self.config, asks, self.encode(asks[0]))
        except PictureLost as error:
            # It is raised before the first reply.
            yield from [unanswered(vlm, Why.PICTURE_LOST, str(error)) for _ in asks]


def get_vlm(config: TransformersConfig) -> Vlm:
    """The model of `config`; raises JudgeUnavailable where torch or transformers is not installed, or it cannot or may not be loaded."""
    try:
        # Also here, not only where a judge is made: what a path leads to may have changed.
        check_model(config.model)
    except ValueError as error:
        raise JudgeUnavailable(str(error)) from error
    if missing := [name for name in NEEDED if importlib.util.find_spec(name) is None]:
        raise JudgeUnavailable(f"{' and '.join(missing)} not installed here: see docs/local_models.md, or judge with the backend openai")
    from judging.backends.local.kept import get_kept

    return get_kept(config)


def find_encode() -> Encode:
    """What encodes the pictures of a question for every backend."""
    from judging.pictures import encode_pictures

    return encode_pictures


def unanswered(vlm: Vlm, why: Why, detail: str) -> Reply:
    """The reply to a question that was not put to the model."""
    return Reply(text="", parsed=None, why=why, detail=detail[:300], model=vlm.name, revision=vlm.revision)
