"""What tasks ask for as plain values: a line of `tasks.jsonl`, and the order that a model sees."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from labeling.among import Ids
from labeling.models import Asset, Deliverable, EvaluationPoint, Task, TaskVersion
from modeling.net.records import Order, Picture

Line = dict[str, Any]
COLUMNS = ("pk", "external_id", "version", "category", "name", "brief", "price_usd", "quantity", "is_editing")
ROLES = {Asset.Role.REFERENCE: "references", Asset.Role.SOURCE: "sources"}


@dataclass(frozen=True, kw_only=True)
class Asked:
    """An order, and of each of its deliverables by number the name and the hard rules as JSON."""

    order: Order
    deliverables: Mapping[int, tuple[str, tuple[Mapping[str, Any], ...]]]


def read_tasks(ids: Collection[int]) -> dict[int, Line]:
    """What the rows of these tasks say now, by row id; images by SHA-256, without those that are not stored."""
    lines: dict[int, Line] = {}
    for pk, *values in Task.objects.filter(pk__among=Ids(ids)).order_by().values_list(*COLUMNS):
        line = dict(zip(("task", *COLUMNS[2:]), values, strict=True))
        parts: Line = {"deliverables": [], "points": [], "references": [], "sources": []}
        lines[pk] = {**line, "price_usd": str(line["price_usd"]), **parts}
    among = {"task__among": Ids(lines)}
    for pk, number, name, rules in Deliverable.objects.filter(**among).order_by("number").values_list("task_id", "number", "name", "rules"):
        lines[pk]["deliverables"].append({"number": number, "name": name, "rules": rules})
    for pk, text in EvaluationPoint.objects.filter(**among).order_by("number").values_list("task_id", "text"):
        lines[pk]["points"].append(text)
    assets = Asset.objects.filter(**among, image__isnull=False).order_by("number")
    for pk, role, sha256 in assets.values_list("task_id", "role", "image__sha256"):
        lines[pk][ROLES[Asset.Role(role)]].append(sha256)
    return lines


def read_versions(wanted: Mapping[int, int]) -> dict[int, Line]:
    """What these tasks (row ids) said at the version given for each."""
    now = read_tasks(wanted)
    earlier = {pk: number for pk, number in wanted.items() if now[pk]["version"] != number}
    if earlier:
        for row in TaskVersion.objects.filter(task__among=Ids(earlier)).order_by("pk"):
            if row.number == earlier[row.task_id]:
                now[row.task_id] = describe_document(now[row.task_id]["task"], row.number, row.document)
    return now


def describe_document(task_id: str, number: int, document: Mapping[str, Any]) -> Line:
    """The line of a version that the rows of the task say no longer."""
    return {
        "task": task_id,
        "version": number,
        **{name: document[name] for name in ("category", "name", "brief", "price_usd", "quantity", "is_editing")},
        "deliverables": [{name: item[name] for name in ("number", "name", "rules")} for item in document["deliverables"]],
        "points": [point["text"] for point in document["points"]],
        **{role: [image["sha256"] for image in document[role] if image["sha256"]] for role in ROLES.values()},
    }


def list_pictures(line: Line) -> list[str]:
    """The SHA-256 of every image of a task."""
    return [*line["references"], *line["sources"]]


def parse_task(line: Line, pictures: Mapping[str, Picture]) -> Asked:
    """The order of a line; `pictures` by SHA-256."""
    order = Order(
        task=line["task"],
        category=line["category"],
        name=line["name"],
        brief=line["brief"],
        price_usd=float(line["price_usd"]),
        quantity=line["quantity"],
        is_editing=line["is_editing"],
        points=tuple(line["points"]),
        references=tuple(pictures[sha256] for sha256 in line["references"] if sha256 in pictures),
        sources=tuple(pictures[sha256] for sha256 in line["sources"] if sha256 in pictures),
    )
    rules: dict[int, tuple[str, tuple[Mapping[str, Any], ...]]] = defaultdict(lambda: ("", ()))
    rules |= {item["number"]: (item["name"], tuple(item["rules"])) for item in line["deliverables"]}
    return Asked(order=order, deliverables=rules)
