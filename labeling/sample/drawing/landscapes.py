"""Mountains by day and season, and a house under the stars."""

from __future__ import annotations

import math
from random import Random

from labeling.sample.drawing.canvas import Canvas, Colour, Point, mix
from labeling.sample.drawing.hand import Hand, Scene, palette

# Sky above, sky below, sun, far ridge, near ridge.
SEASONS = [
    palette("34506e c9d6e2 fff6e0 9fb4c8 1f3347"),
    palette("4a5a86 f3c9c0 ffe9d0 a99bb8 33304f"),
    palette("5b8fa8 f4dfc8 fff3c4 8fb3a0 2f5d50"),
    palette("6fa8c9 fbe3e0 fffbe6 a6c48a 3c6e47"),
    palette("4fa3c7 e8f3d6 fff7b8 8cc084 1f6f54"),
    palette("2a8fbd d9f2f2 fffbe0 63b5a5 12574f"),
    palette("1f78b4 ffe9b8 fff2a8 5aa9a0 0f4c5c"),
    palette("2b6cb0 fcd9a0 ffe08a 7fa66b 2d4a2b"),
    palette("46688f f6c98f ffd98a c39a5b 5a3d28"),
    palette("5a4a78 f2a65a ffe0a3 c46a3c 4a1f24"),
    palette("3b3f5c d98e73 ffd7b0 8a6f7d 2b2233"),
    palette("1c2b4a a9c0d9 f4f8ff 7f97b5 14213a"),
]
MOODS = [
    palette("12355b f6ae2d fff1c9 f26419 2f1b3c"),
    palette("2d3561 f3826f ffd8a8 c05c7e 241a3f"),
    palette("0b5563 f7e1b5 fff8dc 5e9ea0 0d2c33"),
    palette("3d5a80 ee6c4d ffe6d0 98a8c0 1d2d44"),
]


def ridge(canvas: Canvas, rng: Random, base: float, rough: float, fill: Colour) -> None:
    """One mountain range from side to side, everything below it filled."""
    waves = [(rough / n, 0.0021 * n * n, rng.uniform(0, 7)) for n in (1, 2, 3, 5)]
    points: list[Point] = []
    for x in range(0, 1001, 10):
        points.append((x, base - sum(size * (1 - abs(math.sin(pace * x + start))) for size, pace, start in waves)))
    canvas.polygon([(0, canvas.height), *points, (1000, canvas.height)], fill)


def trees(canvas: Canvas, rng: Random, base: float, fill: Colour, count: int = 26) -> None:
    """Firs along the lower edge."""
    for _ in range(count):
        x, high = rng.uniform(-20, 1020), rng.uniform(60, 150)
        foot = base + rng.uniform(0, 60)
        for part in range(3):
            top, half = foot - high + part * high * 0.24, high * (0.13 + 0.06 * part)
            canvas.polygon([(x, top), (x - half, top + high * 0.42), (x + half, top + high * 0.42)], fill)


def land(canvas: Canvas, rng: Random, colours: list[Colour], horizon: float) -> None:
    """Sky, sun and five ranges one behind the other."""
    sky, low, sun, far, near = colours
    canvas.fade(sky, mix(sky, low, 0.55), low, bottom=horizon + 120)
    x, y = rng.uniform(250, 760), horizon * rng.uniform(0.45, 0.62)
    canvas.glow(x, y, 420, sun, 0.55)
    canvas.ellipse(x, y, 74, 74, sun)
    for step in range(5):
        share = step / 4
        base = horizon + (canvas.height - horizon) * (0.02 + 0.72 * share)
        ridge(canvas, rng, base, 120 - 58 * share, mix(mix(far, low, 0.45), near, share))
    trees(canvas, rng, canvas.height - 40, mix(near, (0, 0, 0), 0.35))


def travel_poster(title: str, line: str) -> Scene:
    """A poster of mountains with a title on top and a line below."""

    def scene(canvas: Canvas, hand: Hand) -> None:
        rng = hand.draw_style()
        colours = rng.choice(MOODS)
        land(canvas, rng, colours, canvas.height * 0.5)
        light = mix(colours[2], (255, 255, 255), 0.4)
        canvas.text(500, 130, hand.words(title), 150, light, bold=3, width=860)
        if "bare" not in hand.flaws:
            canvas.text(500, 235, hand.words(line), 40, light, width=800)
        edge = 26
        canvas.draw.rectangle(canvas.pixels((edge, edge, 1000 - edge, canvas.height - edge)), outline=light, width=round(4 * canvas.unit))

    return scene


def calendar_page(month: int, name: str) -> Scene:
    """One month of a calendar: its landscape above, its days below."""

    def scene(canvas: Canvas, hand: Hand) -> None:
        rng = hand.draw_style()
        shift = 0 if "stray" not in hand.flaws else 6
        colours = SEASONS[(month - 1 + shift) % 12]
        paper, ink = (250, 247, 240), mix(colours[4], (0, 0, 0), 0.2)
        land(canvas, rng, colours, canvas.height * 0.26)
        split = canvas.height * 0.6
        canvas.box((0, split, 1000, canvas.height), paper)
        canvas.text(70, split + 92, f"{month:02d}", 130, mix(colours[3], colours[4], 0.4), anchor="lm", bold=2)
        canvas.text(930, split + 92, hand.words(name), 62, ink, anchor="rm", width=560)
        write_days(canvas, month, split + 190, ink, colours[3])

    return scene


def write_days(canvas: Canvas, month: int, top: float, ink: Colour, accent: Colour) -> None:
    """The days of a month of 2027 in weeks from Monday."""
    first = (4, 0, 0, 3, 5, 1, 3, 6, 2, 4, 0, 2)[month - 1]
    length = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)[month - 1]
    row = (canvas.height - top - 30) / 6
    for day in range(1, length + 1):
        week, weekday = divmod(first + day - 1, 7)
        fill = mix(accent, (150, 30, 30), 0.4) if weekday > 4 else ink
        canvas.text(110 + 130 * weekday, top + row * (week + 0.5), str(day), 34, fill)


def book_cover(title: str, author: str) -> Scene:
    """A lit house under a large moon."""

    def scene(canvas: Canvas, hand: Hand) -> None:
        rng = hand.draw_style()
        night, dusk, moon, lamp = rng.choice(
            [palette("0b1633 3c4f8f f4ecd0 ffcf70"), palette("1d1135 7b3f7f ffe3c2 ffb85c"), palette("08242b 2f7f86 f6f0d2 ffd166")]
        )
        canvas.fade(night, mix(night, dusk, 0.6), dusk)
        for _ in range(120):
            size = rng.uniform(1, 3.2)
            canvas.ellipse(rng.uniform(0, 1000), rng.uniform(0, canvas.height * 0.7), size, size, mix(moon, dusk, rng.random() * 0.6))
        canvas.glow(500, canvas.height * 0.47, 560, moon, 0.35)
        canvas.ellipse(500, canvas.height * 0.47, 235, 235, moon)
        ridge(canvas, rng, canvas.height * 0.8, 60, mix(night, dusk, 0.25))
        ridge(canvas, rng, canvas.height * 0.92, 46, mix(night, (0, 0, 0), 0.4))
        draw_house(canvas, rng.uniform(380, 560), canvas.height * 0.82, mix(night, (0, 0, 0), 0.5), lamp, "bare" in hand.flaws)
        canvas.text(500, 150, hand.words(title), 118, moon, bold=2, width=880)
        canvas.text(500, canvas.height - 80, hand.words(author), 44, mix(moon, dusk, 0.3), width=700)

    return scene


def draw_house(canvas: Canvas, x: float, foot: float, wall: Colour, lamp: Colour, is_dark: bool) -> None:
    """A small house; its window is lit unless `is_dark`."""
    canvas.polygon([(x - 90, foot - 110), (x, foot - 200), (x + 90, foot - 110)], wall)
    canvas.box((x - 72, foot - 112, x + 72, foot + 40), wall)
    canvas.box((x + 34, foot - 200, x + 56, foot - 130), wall)
    if not is_dark:
        canvas.glow(x, foot - 50, 130, lamp, 0.7)
        canvas.box((x - 24, foot - 78, x + 24, foot - 24), lamp, 4)
        canvas.line([(x, foot - 78), (x, foot - 24)], 5, wall)
        canvas.line([(x - 24, foot - 51), (x + 24, foot - 51)], 5, wall)
