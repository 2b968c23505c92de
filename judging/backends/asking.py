"""One question on its way through an OpenAI-compatible server: attempts, weaker JSON modes, repairs, and the reply in the end."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from judging.backends.base import Reply
from judging.backends.chat import Completion, make_body, read_completion, word_prompt
from judging.backends.clean import clean
from judging.backends.data_urls import DataUrls
from judging.backends.json_modes import JsonMode, Modes
from judging.backends.openai_config import OpenAIConfig
from judging.backends.prices import Prices, Tally
from judging.backends.rate import Clock, Gate, Stopped
from judging.backends.retries import Fault, try_again
from judging.backends.taken import REFUSED_AT_MOST, Taken
from judging.backends.wire import Rejected, Wire
from judging.material import PictureLost
from judging.rubrics.base import Ask, Unusable, Why

REPAIRS = 2
FILTERED = {"content_filter", "content_policy_violation", "ResponsibleAIPolicyViolation"}


@dataclass(frozen=True, kw_only=True)
class Means:
    """What the questions of one backend share; `stop` and `heard` (the server has answered something) are those of one call."""

    config: OpenAIConfig
    clock: Clock
    wire: Wire
    gate: Gate
    modes: Modes
    data_urls: DataUrls
    taken: Taken
    stop: threading.Event = field(default_factory=threading.Event)
    heard: threading.Event = field(default_factory=threading.Event)


class Asking:
    """One question; `run` once."""

    def __init__(self, ask: Ask, means: Means) -> None:
        self.ask, self.means = ask, means
        self.tally = Tally()
        self.raw: list[str] = []
        self.sent: list[str] = []
        self.attempts = 0
        self.seconds = 0.0
        self.mode: JsonMode = means.modes.mode
        self.last: Completion | None = None

    def run(self) -> Reply:
        """The reply. Raises JudgeUnavailable, and Stopped where nobody waits for it any more."""
        self.means.taken.begin()
        try:
            return self.ask_until_read()
        finally:
            self.means.taken.end()

    def ask_until_read(self) -> Reply:
        """The reply, asked for again where it cannot be used. Raises like `run`."""
        try:
            urls = self.means.data_urls.get(self.ask)
        except PictureLost as error:
            return self.make_reply(why=Why.PICTURE_LOST, detail=str(error))
        problem: Unusable | None = None
        for _ in range(1 + REPAIRS):
            try:
                completion = self.fetch(urls, problem)
            except Fault as fault:
                return self.give_up(fault)
            except Rejected as rejected:
                return self.read_rejected(rejected)
            try:
                return self.read(completion)
            except Unusable as unusable:
                problem = unusable
            self.raw.append(completion.text)
            if problem.why == Why.REFUSED:
                break
        return self.make_reply(self.raw.pop(), why=problem.why if problem else None, detail=problem.detail if problem else "")

    def read(self, completion: Completion) -> Reply:
        """The reply in a completion. Raises Unusable."""
        if completion.refusal:
            raise Unusable(Why.REFUSED, completion.refusal)
        try:
            return self.make_reply(completion.text, parsed=self.ask.parse(completion.text))
        except Unusable as unusable:
            if completion.is_cut_off:
                raise Unusable(Why.CUT_OFF, f"the reply reached {self.ask.max_tokens} tokens") from unusable
            raise

    def fetch(self, urls: Sequence[str], problem: Unusable | None) -> Completion:
        """A completion, after as many attempts as it takes. Raises Fault, Rejected, or JudgeUnavailable."""
        return try_again(lambda: self.attempt(urls, problem), self.means.clock, self.means.stop)

    def attempt(self, urls: Sequence[str], problem: Unusable | None) -> Completion:
        """A completion of one attempt, in a weaker mode where the server does not take the one that is set."""
        while True:
            self.mode = self.means.modes.mode
            body = make_body(self.ask, urls, self.mode, problem, **self.sampling)
            try:
                return self.send(body, word_prompt(self.ask, self.mode, problem))
            except Rejected as rejected:
                if not self.means.modes.weaken(self.mode, rejected.problem):
                    raise

    def send(self, body: dict[str, Any], text: str) -> Completion:
        """Send one request when its turn comes, and count it; `text` is what it says beside the pictures."""
        self.means.gate.take(self.means.stop)
        self.attempts += 1
        # Once for all attempts with the same words.
        if text != (self.sent[-1] if self.sent else self.ask.prompt):
            self.sent.append(text)
        began = time.perf_counter()
        try:
            completion = read_completion(self.means.wire.post(body))
        except Fault as fault:
            if not fault.unreached:
                self.means.heard.set()
            if fault.retry_after_s is not None:
                self.means.gate.hold(fault.retry_after_s)
            raise
        finally:
            self.seconds += time.perf_counter() - began
        self.means.heard.set()
        self.means.taken.note()
        self.last, usage = completion, completion.usage
        self.tally.add(usage.prompt_tokens if usage else None, usage.completion_tokens if usage else None)
        return completion

    def give_up(self, fault: Fault) -> Reply:
        """The reply where all attempts failed. Raises JudgeUnavailable where no question of this call has reached the server."""
        if self.means.stop.is_set():
            raise Stopped
        if fault.unreached and not self.means.heard.is_set():
            raise self.means.wire.unavailable(f"cannot be reached: {fault}. Is base_url right, and does the server run?")
        return self.make_reply(why=Why.UNAVAILABLE, detail=str(fault))

    def read_rejected(self, rejected: Rejected) -> Reply:
        """The reply where the server will not take this one question. Raises JudgeUnavailable where it has taken none of several."""
        if rejected.code in FILTERED:
            self.means.taken.note()
            return self.make_reply(why=Why.REFUSED, detail=str(rejected))
        if self.means.taken.is_hopeless():
            raise self.means.wire.unavailable(
                f"rejects the request with {rejected}. So it did with {REFUSED_AT_MOST} questions, and took none"
            )
        return self.make_reply(why=Why.REJECTED, detail=str(rejected))

    @property
    def sampling(self) -> dict[str, Any]:
        """How the model is told to choose its words."""
        config = self.means.config
        return {"model": config.model, "temperature": config.temperature, "seed": config.seed}

    def make_reply(self, text: str = "", *, parsed: dict[str, Any] | None = None, why: Why | None = None, detail: str = "") -> Reply:
        """The reply with all that is known about how it came."""
        config = self.means.config
        told_model = self.last.model if self.last else ""
        told_revision = self.last.system_fingerprint if self.last else ""
        return Reply(
            text=text,
            parsed=parsed,
            why=why,
            detail=clean(detail)[:300],
            raw=tuple(self.raw),
            sent=tuple(self.sent),
            model=told_model or config.model,
            revision=config.revision or told_revision or "",
            tokens_in=self.tally.tokens_in,
            tokens_out=self.tally.tokens_out,
            cost_usd=self.tally.cost_usd(Prices(in_usd=config.price_in_usd, out_usd=config.price_out_usd)),
            latency_ms=round(self.seconds * 1000),
            attempts=self.attempts,
            sampling={"temperature": config.temperature, "seed": config.seed, "max_tokens": self.ask.max_tokens, "json_mode": self.mode},
        )
