"""Drawn candidates, for looking at a backbone where there are no others."""

from __future__ import annotations

import hashlib
import io

from PIL import Image, ImageDraw

from modeling.net.records import Example, Order, Picture


def draw_example(number: int) -> Example:
    """A drawn candidate with a reference, for every second one with a source and siblings too, of unequal sizes."""
    pictures = [draw_picture(number, shade, 160 + 32 * (number % 4), 224) for shade in range(6)]
    is_editing = bool(number % 2)
    order = Order(
        task=f"drawn-{number}",
        category="Product",
        name="A poster for a bakery",
        brief="A poster with a warm background and one round loaf of bread, sharp and clean, without text. " * (1 + number % 3),
        price_usd=40.0 + number,
        quantity=3 if is_editing else 1,
        is_editing=is_editing,
        points=("One round loaf", "No text"),
        references=tuple(pictures[1:3]),
        sources=tuple(pictures[3:4]) if is_editing else (),
    )
    siblings = tuple(pictures[4:6]) if is_editing else ()
    return Example(key=f"drawn-{number}", order=order, number=1, picture=pictures[0], siblings=siblings)


def draw_picture(number: int, shade: int, width: int, height: int) -> Picture:
    """A circle on a coloured ground, as a PNG in memory."""
    image = Image.new("RGB", (width, height), (230 - 20 * shade, 180 - 10 * number, 90 + 20 * shade))
    ImageDraw.Draw(image).ellipse((30, 40 + 5 * number, 110, 120 + 5 * number), fill=(150, 90, 40))
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    data = buffer.getvalue()
    return Picture(sha256=hashlib.sha256(data).hexdigest(), width=width, height=height, format="PNG", read=lambda: data)
