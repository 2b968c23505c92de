"""Flat graphics: a poster of tiles, logos, a pattern, an app icon, a banner."""

from __future__ import annotations

import math
from random import Random

from labeling.sample.drawing.canvas import Canvas, Colour, box_stencil, mix
from labeling.sample.drawing.hand import Hand, Scene, palette

POSTERS = [
    palette("f4e9d8 16213e e94560 f2a541 0f7173"),
    palette("10172a f8f1e5 f25f5c ffe066 50b2c0"),
    palette("f7f3ea 2b2d42 ef8354 4f9d69 6c5b9c"),
    palette("1f1235 ffd6a5 ff5d8f 3bceac f9f7f3"),
]
BRANDS = [palette("f7f1e6 5b3a29 d98e3f"), palette("fbf7f2 7a2e2e e0a458"), palette("f4f1ea 2f4a3c c98b4a")]
SKIES = [palette("2f80ed 56ccf2 ffd166"), palette("5f2c82 49a09d ffe29a"), palette("0f4c81 7fb7be fff1b8"), palette("ff6a88 ffb199 fff7d6")]


def tile(canvas: Canvas, rng: Random, left: float, top: float, side: float, colours: list[Colour]) -> None:
    """One square of the poster: a quarter, a half, a ring, stripes or dots on a ground."""
    ground, first, second = rng.sample(colours, 3)
    canvas.box((left, top, left + side + 1, top + side + 1), ground)
    x, y, half = left + side / 2, top + side / 2, side / 2
    kind = rng.randrange(6)
    if kind == 0:
        corner = rng.choice([(left, top, 0), (left + side, top, 90), (left + side, top + side, 180), (left, top + side, 270)])
        for radius, fill in ((side, first), (side * 0.55, second)):
            box = canvas.pixels((corner[0] - radius, corner[1] - radius, corner[0] + radius, corner[1] + radius))
            canvas.draw.pieslice(box, corner[2], corner[2] + 90, fill=fill)
    elif kind == 1:
        start = rng.choice([0, 90, 180, 270])
        canvas.draw.pieslice(canvas.pixels((left, top, left + side, top + side)), start, start + 180, fill=first)
    elif kind == 2:
        for radius, fill in ((half, first), (half * 0.66, ground), (half * 0.33, second)):
            canvas.ellipse(x, y, radius, radius, fill)
    elif kind == 3:
        for step in range(5):
            canvas.box((left + side * step / 5, top, left + side * (step + 0.5) / 5, top + side), first)
    elif kind == 4:
        for step in range(16):
            canvas.ellipse(left + side * (step % 4 + 0.5) / 4, top + side * (step // 4 + 0.5) / 4, side * 0.07, side * 0.07, first)
    else:
        canvas.polygon([(left, top + side), (left + side, top + side), (left + side, top)], first)
        canvas.ellipse(x - half * 0.4, y - half * 0.4, half * 0.3, half * 0.3, second)


def tile_poster(title: str, lines: tuple[str, ...], seeded: bool = False) -> Scene:
    """A festival poster of geometric tiles; `seeded` makes it the same for every hand, as an edit needs it."""

    def scene(canvas: Canvas, hand: Hand) -> None:
        rng = hand.draw_subject() if seeded else hand.draw_style()
        colours = list(rng.choice(POSTERS))
        if "leaks" in hand.flaws:
            rng.shuffle(colours)
        canvas.box((0, 0, 1000, canvas.height), colours[0])
        side, margin = 220, 60
        for row in range(int((canvas.height - 480) / side)):
            for column in range(4):
                tile(canvas, rng, margin + side * column, margin + side * row, side, colours)
        dark = max(colours, key=lambda item: sum(abs(a - b) for a, b in zip(item, colours[0], strict=True)))
        foot = canvas.height - 60 - 50 * len(lines)
        canvas.text(margin, foot - 110, hand.words(title), 150, dark, anchor="lm", bold=4, width=880)
        for number, line in enumerate(lines if "bare" not in hand.flaws else lines[:-1]):
            canvas.text(margin, foot + 50 * number, hand.words(line), 38, dark, anchor="lm", width=880)

    return scene


def mark(canvas: Canvas, rng: Random, x: float, y: float, radius: float, ink: Colour, accent: Colour, ground: Colour) -> None:
    """The sign of a bakery: an ear of wheat, a rising sun or a rolled loaf."""
    kind = rng.randrange(3)
    if kind == 0:
        canvas.ring(x, y, radius, radius * 0.07, ink)
        canvas.line([(x, y + radius * 0.62), (x, y - radius * 0.5)], radius * 0.06, ink)
        for step in range(5):
            for side in (-1, 1):
                cx, cy = x + side * radius * 0.2, y - radius * 0.5 + step * radius * 0.2
                canvas.polygon(
                    [
                        (x, cy + radius * 0.18),
                        (cx + side * radius * 0.05, cy - radius * 0.08),
                        (cx + side * radius * 0.12, cy + radius * 0.1),
                    ],
                    accent,
                )
    elif kind == 1:
        box = canvas.pixels((x - radius, y - radius * 0.7, x + radius, y + radius * 1.3))
        canvas.draw.pieslice(box, 180, 360, fill=accent)
        for step in range(1, 8):
            angle = math.pi * (1 + step / 8)
            ends = [(x + f * radius * math.cos(angle), y + radius * 0.3 + f * radius * math.sin(angle)) for f in (1.12, 1.4)]
            canvas.line(ends, radius * 0.06, ink)
        canvas.line([(x - radius * 1.3, y + radius * 0.34), (x + radius * 1.3, y + radius * 0.34)], radius * 0.07, ink)
    else:
        for step, fill in enumerate((ink, accent, ground, accent)):
            part = radius * (1 - step * 0.24)
            canvas.ellipse(x + step * radius * 0.05, y, part, part * 0.82, fill)
        canvas.line([(x - radius * 0.9, y + radius * 0.95), (x + radius * 0.9, y + radius * 0.95)], radius * 0.06, ink)


def logo(name: str, tagline: str, version: str = "colour") -> Scene:
    """A logo on a light ground, a dark one, or in one colour."""

    def scene(canvas: Canvas, hand: Hand) -> None:
        rng = hand.draw_style()
        ground, ink, accent = rng.choice(BRANDS)
        if version == "dark":
            ground, ink = mix(ink, (0, 0, 0), 0.25), ground
        if version == "mono":
            ground, ink, accent = (255, 255, 255), (20, 20, 20), (20, 20, 20)
        if "stray" in hand.flaws:
            rng, accent = Random(f"{hand.style} stray"), (40, 120, 190)
        canvas.box((0, 0, 1000, canvas.height), ground)
        middle = canvas.height * 0.42
        mark(canvas, rng, 500, middle - 40, 190, ink, accent, ground)
        canvas.text(500, middle + 270, hand.words(name), 118, ink, bold=2, width=800)
        if "bare" not in hand.flaws:
            canvas.text(500, middle + 360, hand.words(tagline), 40, mix(ink, ground, 0.25), width=640)

    return scene


def pattern(canvas: Canvas, hand: Hand) -> None:
    """A silk pattern: flowers of petals in offset rows, edged by a border."""
    rng = hand.draw_style()
    ground, petal, heart, leaf = rng.choice(
        [
            palette("14342b f6c28b e4572e 5c9e82"),
            palette("23214a f4acb7 ffe066 6c7fd8"),
            palette("f5ead7 b23a48 e09f3e 335c67"),
            palette("0f2f47 f7d6c4 d1495b 66a182"),
        ]
    )
    canvas.box((0, 0, 1000, canvas.height), ground)
    petals = rng.choice([5, 6, 8])
    for row in range(-1, int(canvas.height / 160) + 2):
        for column in range(-1, 7):
            x, y = column * 180 + (row % 2) * 90, row * 160.0
            radius = 62 if (row + column) % 3 else 44
            for step in range(petals):
                angle = 2 * math.pi * step / petals + row * 0.4
                canvas.ellipse(
                    x + radius * 0.62 * math.cos(angle), y + radius * 0.62 * math.sin(angle), radius * 0.42, radius * 0.42, petal
                )
            canvas.ellipse(x, y, radius * 0.36, radius * 0.36, heart)
            canvas.polygon([(x + 70, y + 70), (x + 110, y + 50), (x + 92, y + 92)], leaf)
    if "bare" not in hand.flaws:
        for inset, width, fill in ((0, 60, heart), (60, 16, ground), (76, 8, petal)):
            canvas.draw.rectangle(
                canvas.pixels((inset, inset, 1000 - inset, canvas.height - inset)), outline=fill, width=round(width * canvas.unit)
            )


def app_icon(canvas: Canvas, hand: Hand) -> None:
    """The icon of a weather app: a sun behind a cloud on a rounded square."""
    rng = hand.draw_style()
    top, bottom, sun = rng.choice(SKIES)
    canvas.box((0, 0, 1000, canvas.height), (243, 244, 247))
    canvas.shadow(500, canvas.height * 0.86, 330, 40, 0.35)
    body = (120, canvas.height / 2 - 380, 880, canvas.height / 2 + 380)
    canvas.shade(body, box_stencil(body, 170), [top, mix(top, bottom, 0.6), bottom], across=False)
    x, y = rng.uniform(560, 640), canvas.height / 2 - rng.uniform(80, 130)
    canvas.glow(x, y, 300, sun, 0.6)
    canvas.ellipse(x, y, 130, 130, sun)
    if "bare" in hand.flaws:
        return
    white = (255, 255, 255)
    for dx, dy, radius in ((-150, 90, 110), (-20, 30, 150), (130, 90, 110)):
        canvas.ellipse(480 + dx, canvas.height / 2 + dy, radius, radius, white)
    canvas.box((330, canvas.height / 2 + 90, 610, canvas.height / 2 + 200), white, 20)
    canvas.box((222, canvas.height / 2 + 60, 720, canvas.height / 2 + 200), white, 70)


def banner(title: str, offer: str, button: str) -> Scene:
    """A wide shop banner: words on the left, bubbles and a disc on the right."""

    def scene(canvas: Canvas, hand: Hand) -> None:
        rng = hand.draw_style()
        top, bottom, accent = (SKIES + SKIES)[rng.randrange(4) + ("stray" in hand.flaws) * 2]
        canvas.fade(top, bottom)
        middle = canvas.height / 2
        for _ in range(14):
            size = rng.uniform(8, 46)
            canvas.glow(rng.uniform(480, 1000), rng.uniform(0, canvas.height), size * 2.4, (255, 255, 255), 0.28)
        canvas.ellipse(760, middle, 190, 190, mix(accent, (255, 255, 255), 0.35))
        canvas.ellipse(760, middle, 150, 150, accent)
        canvas.text(760, middle, hand.words(offer), 92, mix(top, (0, 0, 0), 0.35), bold=4, width=250)
        canvas.text(70, middle - 70, hand.words(title), 78, (255, 255, 255), anchor="lm", bold=3, width=470)
        if "bare" not in hand.flaws:
            canvas.box((70, middle + 30, 330, middle + 110), (255, 255, 255), 40)
            canvas.text(200, middle + 70, hand.words(button), 36, mix(top, (0, 0, 0), 0.2), bold=2, width=220)

    return scene
