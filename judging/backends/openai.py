"""The backend `openai`: any server that speaks OpenAI's chat completions, such as vLLM, a hosted model or `transformers serve`."""

from __future__ import annotations

import threading
from collections.abc import Generator, Sequence
from dataclasses import replace

from judging.backends.asking import Asking, Means
from judging.backends.base import Backend, Reply
from judging.backends.data_urls import DataUrls
from judging.backends.json_modes import Modes
from judging.backends.openai_config import OpenAIConfig
from judging.backends.rate import Clock, Gate
from judging.backends.side_by_side import answer_side_by_side
from judging.backends.taken import Taken
from judging.backends.wire import Wire
from judging.rubrics.base import Ask, Limits


class OpenAIBackend(Backend):
    """Asks a server over HTTP, many questions at a time. Nothing is sent before the first question."""

    def __init__(self, config: OpenAIConfig, clock: Clock | None = None) -> None:
        """Raises JudgeUnavailable where the server or the key is not one that judges may use, or the key cannot be one."""
        clock = clock or Clock()
        self.limits = Limits(pictures=config.pictures, side_px=config.side_px)
        self._means = Means(
            config=config,
            clock=clock,
            wire=Wire(config.base_url, config.key_variable, config.timeout_s, config.max_in_flight),
            gate=Gate(config.requests_per_minute, clock),
            modes=Modes(config.json_mode),
            data_urls=DataUrls(keep=2 * config.max_in_flight),
            taken=Taken(),
        )

    def answer(self, asks: Sequence[Ask]) -> list[Reply]:
        """One reply for each question, in order. Raises JudgeUnavailable."""
        replies = dict(self.answer_each(asks))
        return [replies[number] for number in range(len(asks))]

    def answer_each(self, asks: Sequence[Ask]) -> Generator[tuple[int, Reply], None, None]:
        """The number of each question and its reply, as the replies come. Raises JudgeUnavailable after those that came."""
        self._means = means = replace(self._means, stop=threading.Event(), heard=threading.Event())
        return answer_side_by_side(lambda ask: Asking(ask, means).run(), asks, means.config.max_in_flight, means.stop)

    def close(self) -> None:
        """Give up what is still on the way and let go of the connections."""
        self._means.stop.set()
        self._means.wire.close()
