"""One order with one candidate, put together from a brief and files: what a program asks a model about."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from modeling.net.pictures import open_picture
from modeling.net.records import CATEGORIES, Example, Order, Picture

PRICE_USD = 90.0  # the middle of the price bands, where a program does not say what is paid


def ask_about(
    brief: str,
    image: Path,
    *,
    references: Sequence[Path] = (),
    source: Path | None = None,
    price_usd: float = PRICE_USD,
    category: str = "Digital",
    quantity: int = 1,
) -> Example:
    """The example of a candidate in `image` for an order; with a `source` it is one of editing that image.

    Raises PictureMissing for a file that is no picture, and ValueError for an order there cannot be.
    """
    return make_example(
        brief,
        open_picture(image),
        references=[open_picture(file) for file in references],
        sources=[open_picture(source)] if source else [],
        price_usd=price_usd,
        category=category,
        quantity=quantity,
    )


def make_example(
    brief: str,
    picture: Picture,
    *,
    references: Sequence[Picture] = (),
    sources: Sequence[Picture] = (),
    price_usd: float = PRICE_USD,
    category: str = "Digital",
    quantity: int = 1,
) -> Example:
    """The same from pictures that are read already. Raises ValueError."""
    if not brief.strip():
        raise ValueError("the brief is empty; a model judges an image against what was ordered")
    if category not in CATEGORIES:
        raise ValueError(f"the category is {category!r}; it can be {', '.join(CATEGORIES)}")
    if not price_usd > 0 or quantity < 1:
        raise ValueError(f"the price is {price_usd} and the quantity {quantity}; a price above 0 and at least 1 are wanted")
    order = Order(
        task="asked",
        category=category,
        name=brief.strip().splitlines()[0][:120],
        brief=brief,
        price_usd=price_usd,
        quantity=quantity,
        is_editing=bool(sources),
        references=tuple(references),
        sources=tuple(sources),
    )
    return Example(key="asked", order=order, number=1, picture=picture)
