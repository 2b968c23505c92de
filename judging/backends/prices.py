"""What the replies to one question took in tokens and money."""

from __future__ import annotations

from dataclasses import dataclass

PER = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Prices:
    """USD for a million tokens that go in and that come out; None where it is not known."""

    in_usd: float | None = None
    out_usd: float | None = None


class Tally:
    """Tokens of all replies to one question, unusable ones included; None as soon as one of them does not tell, or while there is none."""

    def __init__(self) -> None:
        self._told: list[tuple[int | None, int | None]] = []

    def add(self, tokens_in: int | None, tokens_out: int | None) -> None:
        """Count one reply."""
        self._told.append((tokens_in, tokens_out))

    @property
    def tokens_in(self) -> int | None:
        """Tokens of the questions."""
        return add_up([tokens for tokens, _ in self._told])

    @property
    def tokens_out(self) -> int | None:
        """Tokens of the replies."""
        return add_up([tokens for _, tokens in self._told])

    def cost_usd(self, prices: Prices) -> float | None:
        """What they cost; None where a price or a count is not known."""
        tokens_in, tokens_out = self.tokens_in, self.tokens_out
        if None in (tokens_in, tokens_out, prices.in_usd, prices.out_usd):
            return None
        return ((tokens_in or 0) * (prices.in_usd or 0) + (tokens_out or 0) * (prices.out_usd or 0)) / PER


def add_up(counts: list[int | None]) -> int | None:
    """The sum, None where one is not known or where there is none."""
    known = [count for count in counts if count is not None]
    return sum(known) if known and len(known) == len(counts) else None
