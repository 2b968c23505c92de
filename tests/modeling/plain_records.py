"""Records without pictures, for what looks at decisions, scores and groups alone."""

from collections.abc import Mapping
from typing import Any

from modeling.net.records import Example, Order, Picture, PictureMissing, Record


def make_plain_record(
    task: str = "task-1",
    generator: str = "flux",
    *,
    accepts: bool | None = True,
    category: str = "Portrait",
    price_usd: float = 100.0,
    **more: Any,
) -> Record:
    """One record of a task; its key is the task and the generator, its group the task unless `group` says otherwise."""
    order = Order(task=task, category=category, name="A poster", brief="A poster.", price_usd=price_usd, quantity=1, is_editing=False)
    example = Example(key=f"{task}/{generator}", order=order, number=1, picture=Picture(sha256="0" * 64, read=fail))
    return Record(example=example, generator=generator, accepts=accepts, **{"group": task, **more})


def make_judged(accepts: bool | None, judged: Mapping[str, float], number: int = 0, **more: Any) -> Record:
    """A record with judges' scores, of a task of its own."""
    return make_plain_record(f"task-{number}", accepts=accepts, judged=judged, **more)


def fail() -> bytes:
    """There is no picture."""
    raise PictureMissing
