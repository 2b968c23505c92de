"""Small orders and candidates with known flaws, made in memory: the true scores and the payment probability are known."""

from __future__ import annotations

import hashlib
import io
import math
import random
from collections.abc import Iterator

from PIL import Image, ImageDraw, ImageFilter

from modeling.net.records import CATEGORIES, Example, Order, Part, Picture, Record

COLOURS = {"red": (200, 40, 40), "green": (40, 170, 60), "blue": (50, 70, 200), "yellow": (220, 200, 40)}


def make_records(tasks: int = 40, per_task: int = 4, *, seed: int = 0, side: int = 96, concepts: bool = True) -> list[Record]:
    """`tasks` orders with one candidate of each of `per_task` generators; whole tasks are in one part, 80/10/10 in their order."""
    return [record for number in range(tasks) for record in make_task(number, tasks, per_task, seed, side, concepts)]


def make_task(number: int, tasks: int, per_task: int, seed: int, side: int, concepts: bool) -> Iterator[Record]:
    """The candidates of one order."""
    chance = random.Random(f"{seed} {number}")
    colour = chance.choice(sorted(COLOURS))
    reference = make_picture(draw(colour, chance.random(), side))
    order = Order(
        task=f"made-{number:03d}",
        category=CATEGORIES[number % 3],
        name=f"A {colour} poster",
        brief=f"A poster with a {colour} background and one circle, sharp and clean.",
        price_usd=round(math.exp(chance.uniform(2, 6)), 2),
        quantity=1,
        is_editing=False,
        points=(f"The background is {colour}.",),
        references=(reference,),
    )
    part: Part = "train" if number % 10 < 8 else ("val" if number % 10 == 8 else "test")
    for generator in range(per_task):
        yield make_record(order, generator, part, random.Random(f"{seed} {number} {generator}"), side, concepts)


def make_record(order: Order, generator: int, part: Part, chance: random.Random, side: int, concepts: bool) -> Record:
    """One candidate: blurred and in a wrong colour by strengths in [0, 1], each of them 0 half of the time."""
    blur, wrong = (max(0.0, chance.uniform(-1, 1)) for _ in range(2))
    colour = order.name.split()[1]
    image = draw(colour, chance.random(), side, wrong).filter(ImageFilter.GaussianBlur(5 * blur))
    clarity, brf = 5 * (1 - blur), 5 * (1 - wrong)
    p_pay = 1 / (1 + math.exp(-(2.2 - 0.9 * (5 - clarity) - 0.9 * (5 - brf))))
    return Record(
        example=Example(key=f"{order.task}/{generator}", order=order, number=1, picture=make_picture(image)),
        group=order.task,
        generator=f"generator-{generator}",
        part=part,
        accepts=chance.random() < p_pay,
        concepts={"brf": brf, "veq_clarity": clarity} if concepts else {},
        not_applicable=frozenset({"veq_text", "cns_edit", "cns_set"}) if concepts else frozenset(),
        judged={"brf": brf, "veq_clarity": clarity},
    )


def draw(colour: str, place: float, side: int, wrong: float = 0.0) -> Image.Image:
    """A circle on a background, whose colour is mixed with its opposite by `wrong`."""
    ground = tuple(round(value + wrong * (255 - 2 * value)) for value in COLOURS[colour])
    image = Image.new("RGB", (side, side), ground)
    x = side * (0.2 + 0.3 * place)
    ImageDraw.Draw(image).ellipse((x, x, x + side * 0.3, x + side * 0.3), fill="white", outline="black", width=3)
    return image


def make_picture(image: Image.Image) -> Picture:
    """The picture as a model gets it, held in memory."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    data = buffer.getvalue()
    return Picture(sha256=hashlib.sha256(data).hexdigest(), width=image.width, height=image.height, format="PNG", read=lambda: data)
