"""Orders in English and Chinese with drawn pictures: to teach a tiny model what questions look like, and to be judged by it."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from decimal import Decimal
from random import Random

from PIL import Image as Canvas
from PIL import ImageDraw

from judging.material import Material, Picture, Sample

SIDE_PX = 128
THINGS = {
    "en": ("poster", "logo", "banner", "book cover", "menu", "product photo", "portrait", "flyer"),
    "zh": ("海报", "标志", "横幅", "封面", "菜单", "产品图", "肖像", "传单"),
}
CLIENTS = {
    "en": ("a small bakery", "a tea house", "a toy shop", "a night train", "a city library", "a bicycle brand"),
    "zh": ("一家面包店", "一间茶馆", "玩具店", "夜行列车", "城市图书馆", "自行车品牌"),
}
STYLES = {
    "en": ("in warm morning light", "in deep blue", "flat and simple", "with gold letters", "like a photograph", "hand-drawn"),
    "zh": ("温暖的晨光", "深蓝色", "简洁扁平", "金色文字", "照片质感", "手绘风格"),
}
WISHES = {
    "en": ("the name is easy to read", "nothing is cut off", "the background is calm", "no people", "room at the top", "two colours only"),
    "zh": ("名称清晰可读", "画面完整", "背景干净", "不出现人物", "上方留白", "只用两种颜色"),
}
BRIEFS = {
    "en": "We need a {thing} for {client}, {style}. Please see to it that {wish}. It will be printed and used online.",
    "zh": "我们需要为{client}设计{thing}，要求{style}，并且{wish}。用于印刷和网络宣传。",
}
MOST_POINTS, MOST_PICTURES = 4, 3


@dataclass(frozen=True, kw_only=True)
class Order:
    """What a client ordered: `deliverables` are the names of the pictures; an editing task has a source."""

    name: str
    brief: str
    points: tuple[str, ...]
    deliverables: tuple[str, ...]
    price_usd: Decimal
    is_editing: bool
    references: int


def make_order(rng: Random, quantity: int, *, language: str, is_editing: bool = False) -> Order:
    """An order for so many pictures, in "en" or "zh"."""
    thing, client = rng.choice(THINGS[language]), rng.choice(CLIENTS[language])
    style, wish = rng.choice(STYLES[language]), rng.choice(WISHES[language])
    points = rng.sample([*STYLES[language], *WISHES[language]], rng.randint(2, MOST_POINTS))
    return Order(
        name=f"{thing} {client}",
        brief=BRIEFS[language].format(thing=thing, client=client, style=style, wish=wish),
        points=tuple(points),
        deliverables=tuple(f"{thing} {number}" for number in range(1, quantity + 1)),
        price_usd=Decimal(rng.randrange(20, 400)),
        is_editing=is_editing,
        references=rng.randint(0, 2),
    )


def make_orders(rng: Random, count: int) -> list[Order]:
    """Orders of up to three pictures in both languages; every fourth is an editing task."""
    return [
        make_order(
            rng, 1 if number % 4 == 0 else rng.randint(1, MOST_PICTURES), language=rng.choice(["en", "zh"]), is_editing=number % 4 == 0
        )
        for number in range(count)
    ]


def draw_picture(rng: Random) -> bytes:
    """Some shapes on a ground of one colour, as PNG."""
    canvas = Canvas.new("RGB", (SIDE_PX, SIDE_PX), draw_colour(rng))
    pen = ImageDraw.Draw(canvas)
    for _ in range(4):
        x, y, size = rng.randrange(SIDE_PX), rng.randrange(SIDE_PX), rng.randrange(8, 48)
        pen.ellipse((x, y, x + size, y + size), fill=draw_colour(rng))
    stream = io.BytesIO()
    canvas.save(stream, "PNG")
    return stream.getvalue()


def draw_colour(rng: Random) -> tuple[int, int, int]:
    """Any colour."""
    return rng.randrange(256), rng.randrange(256), rng.randrange(256)


def make_material(order: Order, rng: Random) -> Material:
    """The order with new pictures, as rubrics see it."""
    samples = tuple(
        Sample(key=number, number=number, deliverable=name, rules=(), picture=make_shown(rng))
        for number, name in enumerate(order.deliverables, 1)
    )
    return Material(
        key=1,
        task_id="made",
        task_version=1,
        category="Digital",
        name=order.name,
        brief=order.brief,
        price_usd=float(order.price_usd),
        quantity=len(samples),
        is_editing=order.is_editing,
        points=order.points,
        references=tuple(make_shown(rng) for _ in range(order.references)),
        sources=(make_shown(rng),) if order.is_editing else (),
        samples=samples,
    )


def make_shown(rng: Random) -> Picture:
    """A new picture as rubrics see it."""
    data = draw_picture(rng)
    return Picture(sha256=hashlib.sha256(data).hexdigest(), width=SIDE_PX, height=SIDE_PX, format="PNG", read=lambda: data)
