"""Who draws a picture, and what goes wrong when they do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from labeling.sample.drawing.canvas import Canvas, Colour, colour


@dataclass(frozen=True, kw_only=True)
class Hand:
    """One drawing of one subject: `subject` fixes what is shown, `style` how this hand shows it.

    The flaws a scene itself knows: `garbled` letters, `leaks` (an edit that changes more than it should), `bare` (something
    the brief asks for is left out). The other flaws are done to the finished picture (flaws.py).
    """

    subject: str
    style: str
    flaws: frozenset[str] = frozenset()

    def draw_subject(self) -> Random:
        """Random numbers that are the same for everybody who draws this subject."""
        return Random(self.subject)

    def draw_style(self) -> Random:
        """Random numbers of this hand for this subject."""
        return Random(f"{self.subject} {self.style}")

    def words(self, text: str) -> str:
        """`text` as this hand letters it."""
        return garble(text, Random(f"{self.style} {text}")) if "garbled" in self.flaws else text


Scene = Callable[[Canvas, Hand], None]


def garble(text: str, rng: Random) -> str:
    """`text` with one or two letters swapped or doubled, as image models write it."""
    letters = list(text)
    places = [i for i in range(len(letters) - 1) if letters[i].isalnum() and letters[i + 1].isalnum() and letters[i] != letters[i + 1]]
    for place in rng.sample(places, min(2, len(places))):
        if rng.random() < 0.6:
            letters[place], letters[place + 1] = letters[place + 1], letters[place]
        else:
            letters[place + 1] = letters[place]
    return "".join(letters)


def palette(text: str) -> list[Colour]:
    """Colours written as `1b2a49 f2c14e ...`."""
    return [colour(item) for item in text.split()]
