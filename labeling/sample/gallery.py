"""Drawing and storing every picture of the sample, several at a time."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from labeling.image_store import record_images, store_files
from labeling.images import ImageFacts
from labeling.models import Image
from labeling.sample.drawing.flaws import draw_picture
from labeling.sample.drawing.hand import Hand, Scene
from labeling.sample.generators import GENERATORS, choose_flaws
from labeling.sample.orders import SampleOrder

# Long side of a reference, in pixels.
REFERENCE_SIDE = 480


@dataclass(frozen=True, kw_only=True)
class Commission:
    """One picture to draw; `name` is the asset's file name, or generator, task and deliverable."""

    name: str
    scene: Scene
    hand: Hand
    size: tuple[int, int]


def commission_all(orders: list[SampleOrder]) -> Iterator[Commission]:
    """Every picture of `orders`: references, source images, then what the generators deliver."""
    for order in orders:
        for number, scene in enumerate(order.references, start=1):
            scale = REFERENCE_SIDE / max(order.size)
            size = (round(order.size[0] * scale), round(order.size[1] * scale))
            hand = Hand(subject=f"{order.task_id} reference {number}", style="client")
            yield Commission(name=order.file_of("refs", number), scene=scene, hand=hand, size=size)
        if order.source is not None:
            hand = Hand(subject=order.task_id, style="client")
            yield Commission(name=order.file_of("inputs", 1), scene=order.source, hand=hand, size=order.size)
        for index in order.generators:
            yield from commission_bundle(order, index)


def commission_bundle(order: SampleOrder, index: int) -> Iterator[Commission]:
    """What one generator delivers for `order`; the pieces of a set share their style."""
    generator = GENERATORS[index]
    for number, piece in enumerate(order.pieces, start=1):
        hand = Hand(subject=order.task_id, style=generator.known.slug, flaws=choose_flaws(generator, order, number))
        yield Commission(name=candidate_name(generator.known.slug, order, number), scene=piece.scene, hand=hand, size=order.size)


def candidate_name(slug: str, order: SampleOrder, number: int) -> str:
    """How a candidate's picture is found in the gallery."""
    return f"{slug}/{order.task_id}/{number}"


def fill_gallery(orders: list[SampleOrder]) -> dict[str, Image]:
    """Draw and store every picture of `orders`; return the rows by name."""
    commissions = list(commission_all(orders))
    # Drawing and encoding leave Python's lock alone most of the time; the database is touched by this thread only.
    with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as painters:
        stored = list(painters.map(carry_out, commissions))
    rows = record_images(stored)
    return {commission.name: rows[facts.sha256] for commission, facts in zip(commissions, stored, strict=True)}


def carry_out(commission: Commission) -> ImageFacts:
    """Draw one picture and store its files."""
    return store_files(draw_picture(commission.scene, commission.hand, commission.size))
