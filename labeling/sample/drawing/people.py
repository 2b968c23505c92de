"""A portrait, and a mascot with feelings."""

from __future__ import annotations

from labeling.sample.drawing.canvas import Canvas, Colour, box_stencil, mix, round_stencil
from labeling.sample.drawing.hand import Hand, Scene, palette

WHITE = (255, 255, 255)
SKINS = palette("f2c9ac e3ad86 c98a62 9a6242 f6d7c3")
HAIRS = palette("2a1d18 4a2f21 15131a 6b4a2f")
COATS = palette("24344d 5b6b4f 7a3e48 3c3c46 8a6a3f")
ROOM = palette("8fa3a8 b9a58c 6f7f86")


def portrait(backdrop: str | None = None, hair: str | None = None, dim: bool = False, winter: bool = False) -> Scene:
    """A person from the chest up, the same for every hand. `backdrop` and `hair` are colours to change to; None leaves them.

    Without a backdrop the person stands in a cluttered room; `dim` is the light of a cellar; `winter` adds a cap and snow.
    """

    def scene(canvas: Canvas, hand: Hand) -> None:
        rng = hand.draw_subject()
        skin, own_hair, coat = rng.choice(SKINS), rng.choice(HAIRS), rng.choice(COATS)
        long_hair, smile = rng.random() < 0.5, rng.uniform(0.8, 1.2)
        if "leaks" in hand.flaws:
            coat, smile = mix(coat, (190, 60, 60), 0.6), smile * 0.3
        tint = palette(hair)[0] if hair and "bare" not in hand.flaws else own_hair
        draw_backdrop(canvas, hand, palette(backdrop) if backdrop and "bare" not in hand.flaws else None)
        centre, top = 500.0, canvas.height * 0.42
        draw_body(canvas, centre, top, coat, skin)
        draw_head(canvas, centre, top, skin, tint, long_hair)
        draw_face(canvas, centre, top, skin, tint, smile)
        if winter:
            draw_winter(canvas, hand, centre, top)
        if dim:
            canvas.image = canvas.image.point([round(value * 0.42 + 8) for value in range(256)] * 3)

    return scene


def draw_backdrop(canvas: Canvas, hand: Hand, colours: list[Colour] | None) -> None:
    """A plain backdrop, or the room the photo was taken in."""
    if colours:
        canvas.fade(mix(colours[0], WHITE, 0.18), colours[0], mix(colours[-1], (0, 0, 0), 0.08))
        return
    rng = hand.draw_subject()
    wall = rng.choice(ROOM)
    canvas.fade(mix(wall, WHITE, 0.2), mix(wall, (0, 0, 0), 0.15))
    canvas.box((60, canvas.height * 0.06, 330, canvas.height * 0.4), mix(wall, (210, 226, 235), 0.8), 6)
    canvas.line([(195, canvas.height * 0.06), (195, canvas.height * 0.4)], 10, mix(wall, (0, 0, 0), 0.2))
    for shelf in range(3):
        y = canvas.height * (0.14 + 0.13 * shelf)
        x = 690.0
        while x < 950:
            width, high = rng.uniform(16, 34), rng.uniform(70, 110)
            canvas.box((x, y - high, x + width, y), (rng.randrange(70, 200), rng.randrange(70, 160), rng.randrange(60, 150)))
            x += width + 3
        canvas.box((670, y, 980, y + 12), mix(wall, (60, 40, 20), 0.5))


def draw_body(canvas: Canvas, x: float, y: float, coat: Colour, skin: Colour) -> None:
    """Shoulders, collar and neck."""
    foot = canvas.height + 260
    shoulders = (x - 370, y + 280, x + 370, foot)
    canvas.shade(shoulders, box_stencil(shoulders, 240), [mix(coat, WHITE, 0.2), coat, mix(coat, (0, 0, 0), 0.35)])
    canvas.shade(
        (x - 78, y + 90, x + 78, y + 340),
        box_stencil((x - 78, y + 90, x + 78, y + 340), 60),
        [mix(skin, WHITE, 0.06), mix(skin, (90, 40, 30), 0.35)],
    )
    canvas.polygon(
        [(x - 110, y + 270), (x, y + 420), (x + 110, y + 270), (x + 70, y + 250), (x, y + 340), (x - 70, y + 250)], (244, 243, 240)
    )
    for side in (-1, 1):
        canvas.polygon(
            [(x + side * 105, y + 262), (x + side * 12, y + 420), (x + side * 60, y + 640), (x + side * 190, y + 310)],
            mix(coat, (0, 0, 0), 0.22),
        )


def draw_head(canvas: Canvas, x: float, y: float, skin: Colour, hair: Colour, long_hair: bool) -> None:
    """Hair behind, ears, face, hair before."""
    dark = mix(hair, (0, 0, 0), 0.35)
    if long_hair:
        back = (x - 235, y - 250, x + 235, y + 330)
        canvas.shade(back, box_stencil(back, 200), [hair, mix(hair, WHITE, 0.14), dark])
    else:
        canvas.ellipse(x, y - 70, 222, 205, dark)
    for side in (-1, 1):
        canvas.ellipse(x + side * 192, y + 12, 30, 50, mix(skin, (120, 50, 40), 0.25))
    canvas.shade(
        (x - 190, y - 220, x + 190, y + 240),
        round_stencil(x, y + 10, 188, 228),
        [mix(skin, WHITE, 0.22), skin, mix(skin, (110, 50, 40), 0.3)],
    )
    fringe = [(x - 200, y - 20), (x - 190, y - 170), (x - 60, y - 268), (x + 110, y - 258), (x + 200, y - 150), (x + 202, y - 20)]
    inner = [(x + 165, y - 95), (x + 60, y - 150), (x - 70, y - 120), (x - 165, y - 70)]
    canvas.polygon([*fringe, *inner], hair)
    canvas.line([(x - 120, y - 215), (x + 20, y - 235), (x + 130, y - 190)], 10, mix(hair, WHITE, 0.22))


def draw_face(canvas: Canvas, x: float, y: float, skin: Colour, hair: Colour, smile: float) -> None:
    """Brows, eyes, nose, mouth and a little red on the cheeks."""
    brow, line = mix(hair, (0, 0, 0), 0.3), mix(skin, (90, 30, 20), 0.5)
    for side in (-1, 1):
        eye = x + side * 76
        canvas.line([(eye - 46, y - 36), (eye, y - 52), (eye + 44, y - 38)], 12, brow)
        canvas.ellipse(eye, y + 6, 36, 21, (250, 248, 245))
        canvas.ellipse(eye + 3, y + 6, 18, 19, (58, 40, 32))
        canvas.ellipse(eye + 9, y, 6, 6, WHITE)
        canvas.arc(eye, y + 12, 40, 200, 340, 7, brow)
        canvas.haze((eye - 80, y + 30, eye + 80, y + 150), round_stencil(eye + side * 22, y + 88, 40, 26), (214, 90, 80), 0.35, 18)
    canvas.line([(x + 4, y + 20), (x - 14, y + 88), (x + 12, y + 96)], 6, line)
    canvas.arc(x, y + 110 - 20 * smile, 62, 90 - 48 * smile, 90 + 48 * smile, 14, (168, 62, 66))


def draw_winter(canvas: Canvas, hand: Hand, x: float, y: float) -> None:
    """A woollen cap, a scarf and falling snow."""
    rng = hand.draw_style()
    wool = rng.choice(palette("b23a48 2f6f8f d9a441 4c6b4a"))
    cap = (x - 215, y - 330, x + 215, y - 90)
    canvas.shade(cap, box_stencil(cap, 150), [mix(wool, WHITE, 0.2), wool, mix(wool, (0, 0, 0), 0.3)])
    canvas.box((x - 226, y - 150, x + 226, y - 78), mix(wool, WHITE, 0.35), 34)
    canvas.ellipse(x, y - 345, 52, 52, mix(wool, WHITE, 0.55))
    if "bare" not in hand.flaws:
        canvas.box((x - 200, y + 215, x + 200, y + 320), wool, 50)
        for _ in range(110):
            size = rng.uniform(3, 11)
            canvas.ellipse(rng.uniform(0, 1000), rng.uniform(0, canvas.height), size, size, (250, 252, 255))


def mascot(mood: str) -> Scene:
    """A round creature as a sticker: happy, sleepy, surprised or in love."""

    def scene(canvas: Canvas, hand: Hand) -> None:
        rng = hand.draw_style()
        ground, body = rng.choice([palette("e8f1f8 ffb347"), palette("f6ecf7 7fc8a9"), palette("fdf3e1 8fa8f0"), palette("eaf6ef f28fa2")])
        body = mix(body, (90, 90, 200), 0.7) if "stray" in hand.flaws else body
        canvas.box((0, 0, 1000, canvas.height), ground)
        x, y = 500.0, canvas.height * 0.54
        canvas.shadow(x, y + 330, 260, 30, 0.3)
        for grow, fill in ((34, WHITE), (0, body)):
            for side in (-1, 1):
                canvas.ellipse(x + side * 190, y - 250, 92 + grow, 120 + grow, fill)
            canvas.ellipse(x, y, 330 + grow, 310 + grow, fill)
        for side in (-1, 1):
            canvas.ellipse(x + side * 190, y - 250, 52, 74, mix(body, WHITE, 0.45))
        canvas.shade(
            (x - 330, y - 310, x + 330, y + 310),
            round_stencil(x, y, 330, 310),
            [mix(body, WHITE, 0.28), body, mix(body, (0, 0, 0), 0.14)],
            across=False,
        )
        canvas.ellipse(x, y + 120, 190, 150, mix(body, WHITE, 0.55))
        draw_mood(canvas, x, y, mood if "bare" not in hand.flaws else "happy")

    return scene


def draw_mood(canvas: Canvas, x: float, y: float, mood: str) -> None:
    """Eyes, cheeks and mouth."""
    ink = (52, 38, 44)
    for side in (-1, 1):
        eye = x + side * 120
        if mood == "sleepy":
            canvas.arc(eye, y - 60, 44, 20, 160, 12, ink)
        elif mood == "love":
            canvas.ellipse(eye - 20, y - 62, 25, 25, (226, 62, 87))
            canvas.ellipse(eye + 20, y - 62, 25, 25, (226, 62, 87))
            canvas.polygon([(eye - 43, y - 52), (eye + 43, y - 52), (eye, y)], (226, 62, 87))
        else:
            canvas.ellipse(eye, y - 50, 40, 48, ink)
            canvas.ellipse(eye + 13, y - 68, 14, 14, WHITE)
        canvas.ellipse(x + side * 205, y + 30, 44, 28, (244, 150, 150))
    if mood == "surprised":
        canvas.ellipse(x, y + 62, 36, 46, ink)
    else:
        canvas.arc(x, y + 10, 62, 25, 155, 12, ink)
    if mood == "sleepy":
        canvas.text(x + 290, y - 330, "z z Z", 80, ink, bold=2)
