"""Replies of extractors made from the published rules and points themselves, with some differences planted: no model is asked.

They show that a report counts what agrees as the same and what differs as different; they say nothing about any model.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from judging.extractors.points import bare
from labeling.data_in.bench_values import BenchTask
from labeling.data_in.hard_rules import Box, DpiRule, FileTypeRule, OrientationRule, RatioRule, Rule, SizeRule
from tests.judging.made_orders import make_item, make_points_reply, make_rules_reply, make_size

# One task in so many gets a deliverable too many, another dpi, and a point that is not there.
MORE, OTHER_DPI, OTHER_POINT = 50, 7, 10
BOUNDS = {"exact": "", "at_least": "min_", "at_most": "max_"}


def quote_from(task: BenchTask) -> str:
    """A passage that occurs in the order, for want of the real one, which is not published."""
    return task.name.strip()[:40]


def make_stated(rules: Sequence[Rule], dpi_more: int) -> dict[str, Any]:
    """Published rules as a reply states them."""
    stated: dict[str, Any] = {"dimensions": [], "file_type": []}
    for rule in rules:
        match rule:
            case SizeRule():
                stated["dimensions"] += [size for box in rule.boxes if (size := state_box(box))]
            case RatioRule() | OrientationRule():
                stated["aspect_ratio"] = rule.text
            case FileTypeRule():
                stated["file_type"] += [file_type.name for file_type in rule.types]
            case DpiRule():
                stated["min_dpi"] = int(rule.min_dpi) + dpi_more
    return stated


def state_box(box: Box) -> dict[str, Any] | None:
    """A size as a reply states it; None for what it cannot say: further lengths, and both bounds at once."""
    said = {bound: (getattr(box, f"{prefix}width"), getattr(box, f"{prefix}height")) for bound, prefix in BOUNDS.items()}
    used = {bound: sides for bound, sides in said.items() if any(sides)}
    if box.extra or len(used) != 1:
        return None
    ((bound, (width, height)),) = used.items()
    return make_size(width, height, "unknown", bound)


def reply_rules(task: BenchTask, place: int, planted: Counter[str]) -> str:
    """The rules of a task as a reply; what differs is counted in `planted`."""
    more = int(place % OTHER_DPI == 0)
    items = [make_item(row.name, **make_stated(row.rules, more)) for row in task.deliverables]
    for row, item in zip(task.deliverables, items, strict=True):
        boxes = [box for rule in row.rules if isinstance(rule, SizeRule) for box in rule.boxes]
        planted["size missing"] += len(boxes) - len(item["rules"]["visual_specs"]["dimensions"])
        planted["dpi"] += more * any(isinstance(rule, DpiRule) for rule in row.rules)
    if place % MORE == 0:
        items.append(make_item("One more"))
        planted["quantity"] += 1
    passage = dict.fromkeys(("output_quantity", "file_type", "dimensions", "aspect_ratio", "resolution"), quote_from(task))
    return make_rules_reply(*items, quotes={" ".join(row.name.split()): passage for row in task.deliverables})


def reply_points(task: BenchTask, place: int, planted: Counter[str]) -> str:
    """The points of a task as a reply; what differs is counted in `planted`."""
    texts = [point.text for point in task.points]
    planted["point twice"] += len(texts) - len({bare(" ".join(text.split())) for text in texts})
    if place % OTHER_POINT == 0 and texts:
        texts[-1] = "Qqq www eee rrr."
        planted["point"] += 1
    return make_points_reply(*((text, quote_from(task)) for text in texts))


def write_replies(file: Path, tasks: Sequence[BenchTask]) -> Counter[str]:
    """Write the replies of both extractors about all tasks; returns what was planted."""
    planted: Counter[str] = Counter()
    with file.open("w", encoding="utf-8") as out:
        out.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in list_lines(tasks, planted))
    return planted


def list_lines(tasks: Sequence[BenchTask], planted: Counter[str]) -> Iterator[dict[str, Any]]:
    """A line for each reply, as the backend `replay` reads them."""
    for place, task in enumerate(tasks):
        for kind, reply in (("rules", reply_rules), ("points", reply_points)):
            yield {"task_id": task.task_id, "part": f"extract_{kind}", "reply": reply(task, place, planted), "model": "published"}
