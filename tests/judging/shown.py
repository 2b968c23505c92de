"""Builders of what a judge sees, without a database, and of what it replies."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from judging.material import Material, Picture, PictureLost, Sample
from tests.labeling.material import make_picture


def make_shown(color: Any = "red", width: int = 64, height: int = 48, **options: Any) -> Picture:
    """A plain picture of this colour."""
    return show_bytes(make_picture(width, height, color=color, **options), width, height, options.get("format", "PNG"))


def show_bytes(data: bytes, width: int, height: int, format: str = "JPEG") -> Picture:
    """A picture whose upright size is told."""
    return Picture(sha256=hashlib.sha256(data).hexdigest(), width=width, height=height, format=format, read=lambda: data)


def make_lost() -> Picture:
    """A picture whose bytes are gone."""

    def read() -> bytes:
        raise PictureLost("gone")

    return Picture(sha256="0" * 64, width=64, height=48, format="PNG", read=read)


def make_sample(number: int = 1, **fields: Any) -> Sample:
    """A candidate whose key is its number and 100."""
    picture = fields.pop("picture", None) or make_shown((number, 0, 0))
    return Sample(**{"key": 100 + number, "number": number, "deliverable": f"Poster {number}", "rules": (), "picture": picture} | fields)


def make_material(count: int = 1, /, **fields: Any) -> Material:
    """A bundle with as many candidates as its task asks for, two points, no reference and no source."""
    plain = {
        "key": 7,
        "task_id": "digital-001",
        "task_version": 1,
        "category": "C-Digital",
        "name": "Tea shop",
        "brief": "A calm poster for a tea shop.",
        "price_usd": 138.89,
        "quantity": count,
        "is_editing": False,
        "points": ("The name is readable", "画面中有一只茶壶"),
        "references": (),
        "sources": (),
        "samples": tuple(make_sample(number) for number in range(1, count + 1)),
    }
    return Material(**plain | fields)


def brf_reply(*rows: list[int], first: int = 1) -> str:
    """What a judge says of brief following: one row of 0 and 1 for each picture."""
    images = [
        {"image": number, "items": [{"point": k, "reason": "" if bit else f"no {k}", "score": bit} for k, bit in enumerate(bits, 1)]}
        for number, bits in enumerate(rows, first)
    ]
    return json.dumps({"images": images})


def set_reply(*scores: float, flags: tuple[str, ...] = ()) -> str:
    """What a judge says of a set: one score for each picture."""
    rows = [{"image": number, "reason": f"it is {score}", "flags": list(flags), "score": score} for number, score in enumerate(scores, 1)]
    return json.dumps({"images": rows})
