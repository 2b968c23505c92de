"""Things on a table: a tea box, a coffee pouch, a bottle, a jar."""

from __future__ import annotations

import math

from labeling.sample.drawing.canvas import Canvas, Colour, box_stencil, mix, polygon_stencil
from labeling.sample.drawing.hand import Hand, Scene, palette

# Wall, floor, body, label, ink.
TEAS = [
    palette("d9e2dc b9c7bd 1f5c4a f4ead5 8b1e3f"),
    palette("ecdccf d5bda8 8b1e3f f8efe0 1f3b4d"),
    palette("dfe3ea bfc6d3 23395b f2e9d8 b5533c"),
]
SCENTS = [
    palette("f3d9d2 e0b5a8 e8a598 fff6ee 6b2f3a"),
    palette("d8e4ea b3cad6 7fb2c7 f7fbff 1d3c4f"),
    palette("e9e2cf d3c6a2 c9a95b fffaf0 4a3a16"),
]
WHITE = (255, 255, 255)


def studio(canvas: Canvas, wall: Colour, floor: Colour, horizon: float) -> None:
    """A wall that runs into a floor."""
    canvas.fade(mix(wall, WHITE, 0.35), wall, bottom=horizon)
    canvas.fade(mix(floor, WHITE, 0.15), mix(floor, (0, 0, 0), 0.12), top=horizon)


def flower(canvas: Canvas, x: float, y: float, radius: float, fill: Colour, heart: Colour) -> None:
    """A camellia seen from the front."""
    for ring, petals in ((1.0, 9), (0.66, 7), (0.36, 5)):
        for step in range(petals):
            angle = 2 * math.pi * step / petals + ring
            shade = mix(fill, WHITE, 0.28 * (1 - ring) + 0.05 * (step % 2))
            canvas.ellipse(
                x + radius * ring * 0.6 * math.cos(angle), y + radius * ring * 0.6 * math.sin(angle), radius * 0.34, radius * 0.34, shade
            )
    canvas.ellipse(x, y, radius * 0.16, radius * 0.16, heart)


def tea_box(name: str, line: str, weight: str) -> Scene:
    """A tall tea box from a corner, a flower on its front."""

    def scene(canvas: Canvas, hand: Hand) -> None:
        rng = hand.draw_style()
        wall, floor, body, label, ink = rng.choice(TEAS)
        high = canvas.height
        studio(canvas, wall, floor, high * 0.68)
        canvas.shadow(520, high * 0.86, 330, 40)
        top, foot = high * 0.2, high * 0.86
        front = [(230, top), (620, top + 18), (620, foot + 18), (230, foot)]
        side = [(620, top + 18), (780, top - 26), (780, foot - 40), (620, foot + 18)]
        canvas.shade((230, top - 30, 620, foot + 20), polygon_stencil(front), [mix(body, WHITE, 0.18), body, mix(body, (0, 0, 0), 0.08)])
        canvas.shade((620, top - 30, 780, foot + 20), polygon_stencil(side), [mix(body, (0, 0, 0), 0.32), mix(body, (0, 0, 0), 0.5)])
        canvas.polygon([(230, top), (390, top - 42), (780, top - 26), (620, top + 18)], mix(body, WHITE, 0.3))
        canvas.box((268, top + 70, 582, foot - 40), label, 12)
        flower(canvas, 425, top + (foot - top) * 0.36, 118, ink, (240, 200, 90))
        canvas.text(425, foot - 290, hand.words(name), 92, ink, bold=2, width=280)
        if "bare" not in hand.flaws:
            canvas.text(425, foot - 205, hand.words(line), 34, mix(ink, label, 0.2), width=270)
            canvas.text(425, foot - 90, hand.words(weight), 30, mix(ink, label, 0.3), width=240)

    return scene


def coffee_pouch(name: str, roast: str, dark: bool) -> Scene:
    """A standing pouch with a label, beans around its foot."""

    def scene(canvas: Canvas, hand: Hand) -> None:
        rng = hand.draw_style()
        wall, floor, accent = rng.choice(
            [palette("efe6da d8c7b2 c65d3b"), palette("dfe6e3 bccac4 2f6f6b"), palette("efe3e3 d6bdbd a63d57")]
        )
        body = (52, 40, 36) if dark != ("stray" in hand.flaws) else (206, 176, 140)
        high = canvas.height
        studio(canvas, wall, floor, high * 0.7)
        canvas.shadow(500, high * 0.87, 300, 36)
        box = (250, high * 0.14, 750, high * 0.88)
        stops = [mix(body, (0, 0, 0), 0.3), mix(body, WHITE, 0.25), body, mix(body, WHITE, 0.12), mix(body, (0, 0, 0), 0.35)]
        canvas.shade(box, box_stencil(box, 46), stops)
        for step in range(4):
            canvas.line([(262, high * 0.165 + step * 14), (738, high * 0.165 + step * 14)], 3, mix(body, (0, 0, 0), 0.4))
        canvas.box((310, high * 0.36, 690, high * 0.74), (246, 240, 228), 10)
        canvas.box((310, high * 0.36, 690, high * 0.43), accent, 10)
        canvas.ring(500, high * 0.505, 58, 6, accent)
        canvas.arc(500, high * 0.505, 34, 200, 340, 8, accent)
        canvas.text(500, high * 0.612, hand.words(name), 66, (48, 34, 30), bold=3, width=340)
        if "bare" not in hand.flaws:
            canvas.text(500, high * 0.675, hand.words(roast), 32, (90, 70, 60), width=330)
        for _ in range(16):
            x, y = rng.uniform(120, 880), rng.uniform(high * 0.885, high * 0.95)
            canvas.ellipse(x, y, 24, 15, (66, 42, 30))
            canvas.line([(x - 16, y + 2), (x, y - 2), (x + 16, y + 2)], 3, (120, 84, 62))

    return scene


def bottle(name: str, line: str) -> Scene:
    """A glass bottle on a round pedestal before a disc."""

    def scene(canvas: Canvas, hand: Hand) -> None:
        rng = hand.draw_style()
        wall, floor, body, label, ink = rng.choice(SCENTS)
        high = canvas.height
        studio(canvas, wall, floor, high * 0.74)
        canvas.ellipse(500, high * 0.42, 330, 330, mix(wall, body, 0.45))
        foot = high * 0.8
        canvas.shade(
            (190, foot, 810, foot + 130),
            box_stencil((190, foot, 810, foot + 130)),
            [mix(floor, (0, 0, 0), 0.25), mix(floor, WHITE, 0.4), mix(floor, (0, 0, 0), 0.3)],
        )
        canvas.ellipse(500, foot + 130, 310, 46, mix(floor, (0, 0, 0), 0.2))
        canvas.ellipse(500, foot, 310, 46, mix(floor, WHITE, 0.55))
        canvas.shadow(500, foot + 6, 190, 22)
        glass = (330, high * 0.36, 670, foot + 10)
        stops = [
            mix(body, (0, 0, 0), 0.25),
            mix(body, WHITE, 0.6),
            body,
            mix(body, WHITE, 0.25),
            mix(body, WHITE, 0.7),
            mix(body, (0, 0, 0), 0.3),
        ]
        canvas.shade(glass, box_stencil(glass, rng.choice([30, 70, 110])), stops)
        cap = (430, high * 0.22, 570, high * 0.365)
        canvas.shade(cap, box_stencil(cap, 18), [mix(ink, (0, 0, 0), 0.3), mix(ink, WHITE, 0.5), ink, mix(ink, (0, 0, 0), 0.4)])
        canvas.box((385, high * 0.5, 615, high * 0.68), label, 6)
        canvas.text(500, high * 0.56, hand.words(name), 62, ink, bold=1, width=205)
        if "bare" not in hand.flaws:
            canvas.text(500, high * 0.63, hand.words(line), 28, mix(ink, label, 0.25), width=205)

    return scene


def jar(name: str, line: str, plain_ground: bool | None = None) -> Scene:
    """A wide jar. With `plain_ground` set it is the same jar for every hand: False on its table, True cut out on white."""

    def scene(canvas: Canvas, hand: Hand) -> None:
        rng = hand.draw_style() if plain_ground is None else hand.draw_subject()
        wall, floor, body, label, ink = rng.choice(
            [
                palette("f1e4c8 d9c08c e0982f fff8e7 5a3210"),
                palette("e4ece6 c1d1c4 a9c9a4 fbfff8 27472f"),
                palette("ece4ee cfc0d6 c9a7d8 fffaff 45305a"),
            ]
        )
        high = canvas.height
        if plain_ground and "leaks" in hand.flaws:
            body, label = mix(body, (60, 90, 200), 0.35), mix(label, (255, 255, 0), 0.2)
        if plain_ground:
            canvas.box((0, 0, 1000, high), mix(wall, WHITE, 0.55) if "bare" in hand.flaws else WHITE)
        else:
            studio(canvas, wall, floor, high * 0.62)
            scatter(canvas, hand, floor)
        canvas.shadow(500, high * 0.85, 290, 34, 0.22 if plain_ground else 0.5)
        glass = (230, high * 0.33, 770, high * 0.87)
        canvas.shade(
            glass,
            box_stencil(glass, 80),
            [mix(body, (0, 0, 0), 0.28), mix(body, WHITE, 0.45), body, mix(body, WHITE, 0.2), mix(body, (0, 0, 0), 0.32)],
        )
        lid = (250, high * 0.22, 750, high * 0.345)
        canvas.shade(
            lid,
            box_stencil(lid, 22),
            [mix(ink, (0, 0, 0), 0.3), mix(ink, WHITE, 0.55), ink, mix(ink, WHITE, 0.2), mix(ink, (0, 0, 0), 0.4)],
        )
        canvas.box((300, high * 0.45, 700, high * 0.76), label, 14)
        flower(canvas, 500, high * 0.53, 54, body, ink)
        canvas.text(500, high * 0.635, hand.words(name), 72, ink, bold=2, width=360)
        canvas.text(500, high * 0.705, hand.words(line), 32, mix(ink, label, 0.25), width=350)

    return scene


def scatter(canvas: Canvas, hand: Hand, floor: Colour) -> None:
    """The things that lie about on a kitchen table."""
    rng = hand.draw_subject()
    for _ in range(9):
        x, y, size = rng.uniform(40, 960), rng.uniform(canvas.height * 0.68, canvas.height * 0.97), rng.uniform(18, 44)
        canvas.shadow(x, y + size * 0.5, size, size * 0.25, 0.3)
        canvas.ellipse(x, y, size, size * 0.8, mix(floor, (rng.randrange(120, 230), rng.randrange(60, 150), 60), 0.7))
