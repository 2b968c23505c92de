"""The backend `transformers`: a vision-language model of the machine's own, from a folder or from Hugging Face.

Importing this module loads no torch; the first question does.
"""

from __future__ import annotations

import importlib.util
import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from judging.backends.base import Backend, JudgeUnavailable, Reply
from judging.backends.local.config import TransformersConfig, Way
from judging.backends.local.groups import group_asks
from judging.material import PictureLost
from judging.rubrics.base import Ask, Limits, Why

if TYPE_CHECKING:
    from judging.backends.local.loading import Vlm

__all__ = ["TransformersBackend", "TransformersConfig", "Way"]

logger = logging.getLogger(__name__)

# The pictures of a question as files (JPEG or PNG), in order and at its size.
Encode = Callable[[Ask], list[bytes]]
NEEDED = ("torch", "transformers")


class TransformersBackend(Backend):
    """Answers with local weights, which are loaded at the first question and kept until `close`."""

    def __init__(self, config: TransformersConfig, encode: Encode | None = None) -> None:
        """`encode` gives the pictures of a question; by default they are read, shrunk and laid out as for every backend."""
        self.config = config
        self.limits = Limits(pictures=config.pictures, side_px=config.side_px)
        self.encode = encode or find_encode()
        self.vlm: Vlm | None = None

    def answer(self, asks: Sequence[Ask]) -> list[Reply]:
        """One reply for each question, in order. Questions about the same pictures are put to the model together.

        Raises JudgeUnavailable where the model cannot be loaded.
        """
        vlm = self.vlm = self.vlm or load(self.config)
        replies: dict[int, Reply] = {}
        for places in group_asks(asks):
            group = [asks[place] for place in places]
            replies.update(zip(places, self.answer_group(vlm, group), strict=True))
        return [replies[place] for place in range(len(asks))]

    def answer_group(self, vlm: Vlm, asks: Sequence[Ask]) -> list[Reply]:
        """The replies of questions that begin alike; without their pictures they go unanswered."""
        from judging.backends.local.answering import answer_group

        try:
            return answer_group(vlm, self.config, asks, self.encode(asks[0]))
        except PictureLost as error:
            return [unanswered(vlm, Why.PICTURE_LOST, str(error)) for _ in asks]

    def close(self) -> None:
        """Let go of the weights and of what they take of the GPU."""
        if self.vlm is None:
            return
        from judging.backends.local.loading import free_memory

        self.vlm = None
        free_memory()


def load(config: TransformersConfig) -> Vlm:
    """The model of `config`; raises JudgeUnavailable where torch or transformers is not installed, or the model cannot be loaded."""
    if missing := [name for name in NEEDED if importlib.util.find_spec(name) is None]:
        raise JudgeUnavailable(f"{' and '.join(missing)} not installed here: see docs/local_models.md, or judge with the backend openai")
    from judging.backends.local.loading import load_vlm

    vlm = load_vlm(config)
    logger.info("Loaded %s (%s) on %s", vlm.name, vlm.revision, vlm.device)
    return vlm


def find_encode() -> Encode:
    """What encodes the pictures of a question for every backend."""
    from judging.pictures import encode_pictures

    return encode_pictures


def unanswered(vlm: Vlm, why: Why, detail: str) -> Reply:
    """The reply to a question that was not put to the model."""
    return Reply(text="", parsed=None, why=why, detail=detail[:300], model=vlm.name, revision=vlm.revision)
