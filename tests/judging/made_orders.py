"""Orders, and replies of an extractor about them, for tests."""

from __future__ import annotations

import json
from typing import Any

from judging.extractors.base import Order

BRIEF = """I need 2 posters for a concert: one A4 portrait, one banner 1920 x 1080 px.
Both as ＰＮＧ, print quality (300 dpi).
The title must read "NIGHT TRAIN". Use dark blue."""
ORDER = Order(task_id="digital-001", name="Concert posters", brief=BRIEF)
CHINESE = Order(task_id="product-001", name="海报设计", brief="主图一张，尺寸1080×1920像素，背景为深蓝色，主标题“夜行列车”必须清晰可读。")


def make_size(width: float | None, height: float | None, unit: str = "px", bound: str = "exact") -> dict[str, Any]:
    """One size as the reply states it."""
    return {"width": width, "height": height, "unit": unit, "bound": bound}


def make_item(name: str = "Poster", **rules: Any) -> dict[str, Any]:
    """One deliverable as the reply states it: file_type, dimensions, aspect_ratio, min_dpi, file_size."""
    dpi = rules.get("min_dpi")
    specs = {
        "dimensions": rules.get("dimensions", []),
        "aspect_ratio": rules.get("aspect_ratio"),
        "resolution": None if dpi is None else {"min_dpi": dpi},
    }
    stated = {"file_type": rules.get("file_type", []), "visual_specs": specs, "file_size": rules.get("file_size")}
    return {"subtask": name, "rules": stated}


def make_rules_reply(*items: dict[str, Any], quotes: dict[str, dict[str, str]] | None = None, quantity: int | None = None) -> str:
    """A reply of the extractor `rules`; `quotes` are by deliverable and rule."""
    reasoning = [
        {"subtask": name, "evidence": [{"rule": rule, "quote": quote} for rule, quote in by_rule.items()]}
        for name, by_rule in (quotes or {}).items()
    ]
    extracted = {"output_quantity": len(items) if quantity is None else quantity, "deliverables": list(items)}
    return json.dumps({"extracted_rules": extracted, "reasoning": reasoning}, ensure_ascii=False)


def make_points_reply(*points: tuple[str, str]) -> str:
    """A reply of the extractor `points`: (point, evidence)."""
    return json.dumps({"points": [{"point": point, "evidence": evidence} for point, evidence in points]}, ensure_ascii=False)
