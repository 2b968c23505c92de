"""What a run is going to take, told before it starts: questions, pictures, tokens, cost, time, and what the limits force.

Token counts are estimates until the judge has been asked something: four Latin letters or one Chinese character a token, and one token
for 32 x 32 pixels of a picture, as Qwen3-VL counts. Replies are taken to be as long, and to take as long, as those of this judge so far.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Avg, Count

from judging.material import Picture
from judging.models import Call, Judge
from judging.rubrics.base import Ask
from labeling.models import Project

PATCH_PX = 32
LETTERS_PER_TOKEN = 4
# Until the judge has answered something.
REPLY_TOKENS = 120


@dataclass(kw_only=True)
class Plan:
    """What a run is expected to take. Cost and seconds are None where nobody can tell; `done_before` are questions answered already.

    `by_part` counts questions; `forced` counts, by part and reason, what the limits of the backend or the task leave out or put together.
    """

    bundles: int = 0
    candidates: int = 0
    calls: int = 0
    pictures: int = 0
    done_before: int = 0
    measured: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    cost_usd: float | None = None
    seconds: float | None = None
    by_part: Counter[str] = field(default_factory=Counter)
    forced: Counter[str] = field(default_factory=Counter)

    def add(self, asks: Iterable[Ask]) -> None:
        """Count questions that are to be asked."""
        for ask in asks:
            self.calls += 1
            self.pictures += len(ask.pictures)
            self.tokens_in += count_tokens(ask)
            self.by_part[ask.part] += 1
            if ask.chunk == 2:
                self.forced[f"{ask.part} chunks"] += 1
            if ask.layout == "sheet":
                self.forced[f"{ask.part} sheet"] += 1

    def as_json(self) -> dict[str, Any]:
        """The plan as it is stored."""
        return {**vars(self), "by_part": dict(self.by_part), "forced": dict(self.forced)}


@dataclass(frozen=True, kw_only=True)
class Experience:
    """What replies of this judge took so far, on average; None where there is none yet."""

    tokens_out: float | None
    latency_ms: float | None


def count_tokens(ask: Ask) -> int:
    """About how many tokens a question takes, pictures included."""
    text = ask.system + ask.prompt
    wide = sum(ord(letter) > 0x2E7F for letter in text)
    sheet = ask.layout == "sheet"
    pictures = [(ask.side_px, ask.side_px)] if sheet else [fit(picture, ask.side_px) for picture in ask.pictures]
    return (
        wide
        + math.ceil((len(text) - wide) / LETTERS_PER_TOKEN)
        + sum(math.ceil(w / PATCH_PX) * math.ceil(h / PATCH_PX) for w, h in pictures)
    )


def fit(picture: Picture, side_px: int) -> tuple[int, int]:
    """The size in pixels at which a picture is sent."""
    scale = min(1.0, side_px / max(picture.width, picture.height))
    return max(1, round(picture.width * scale)), max(1, round(picture.height * scale))


def read_experience(judge: Judge) -> Experience:
    """What the replies of this judge, whatever its version, took so far."""
    of_name = Call.objects.filter(judge__project=judge.project, judge__name=judge.name)
    found = of_name.aggregate(tokens=Avg("tokens_out"), latency=Avg("latency_ms"))
    return Experience(tokens_out=found["tokens"], latency_ms=found["latency"])


def estimate(plan: Plan, judge: Judge, parallel: int) -> None:
    """Fill in what follows from the counts: tokens of the replies, cost in USD, and seconds with so many workers."""
    so_far = read_experience(judge)
    plan.tokens_out = round(plan.calls * (so_far.tokens_out or REPLY_TOKENS))
    prices = [judge.config.get(name) for name in ("price_in_usd", "price_out_usd")]
    if all(price is not None for price in prices):
        plan.cost_usd = round((plan.tokens_in * prices[0] + plan.tokens_out * prices[1]) / 1e6, 6)
    if so_far.latency_ms is not None:
        plan.seconds = round(plan.calls * so_far.latency_ms / 1000 / max(1, parallel * int(judge.config.get("max_in_flight", 1))), 1)


def count_unusable(project: Project) -> dict[int, int]:
    """By judge: how many of its calls that stand were unusable."""
    rows = Call.objects.filter(judge__project=project, superseded_at=None).exclude(why="").values("judge").order_by()
    return dict(rows.annotate(count=Count("pk")).values_list("judge", "count"))
