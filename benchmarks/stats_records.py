"""Reads what tools/make_candidates.py of the shared folder made into the records that models learn from."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

from benchmarks.classical import list_reference_files
from labeling.data_in.bench_record import parse_task
from labeling.data_in.bench_values import BenchTask
from labeling.data_in.hard_rules import rules_as_json
from labeling.data_in.problem import Place
from labeling.image_render import render_image
from labeling.images import check_image
from modeling.net.concepts import CONCEPTS, RANGES
from modeling.net.groups import TaskKey, find_groups
from modeling.net.records import Example, Order, Picture, Record

Row = Mapping[str, Any]
Key = tuple[str, str, int]


@dataclass(frozen=True, kw_only=True)
class Made:
    """The records of one folder, in the order of its truth; of each the true probability of payment and what two people say."""

    records: list[Record]
    p_pay: list[float]
    said: list[bool]


def read_made(folder: Path, bench: Path) -> Made:
    """The candidates in `folder`, whose tasks and references are in `bench`, with `paid` and the scores of the truth."""
    truth = read_lines(folder / "truth.jsonl")
    orders = {order.task: (order, rules) for order, rules in read_orders(folder, bench, {row["task_id"] for row in truth})}
    groups = find_groups([make_key(order) for order, _ in orders.values()])
    votes: dict[Key, list[bool]] = defaultdict(list)
    for row in read_lines(folder / "labels.jsonl"):
        votes[key_of(row)].append(row["label"])
    pictures = {key_of(row): read_picture(folder / row["image"]) for row in read_lines(folder / "manifest.jsonl")}
    return Made(
        records=[make_record(row, *orders[row["task_id"]], groups[row["task_id"]], pictures) for row in truth],
        p_pay=[row["p_pay"] for row in truth],
        said=[2 * sum(said) > len(said) for said in (votes[key_of(row)] for row in truth)],
    )


def make_record(row: Row, order: Order, rules: list[Any], group: str, pictures: Mapping[Key, Picture]) -> Record:
    """The record of one row of truth."""
    model, task, number = key_of(row)
    others = [at for at in range(1, order.quantity + 1) if at != number]
    example = Example(
        key=f"{model}/{task}/{number}",
        order=order,
        number=number,
        rules=tuple(rules[number - 1]),
        picture=pictures[model, task, number],
        siblings=tuple(pictures[model, task, at] for at in others),
    )
    told = {name: max(RANGES[name].low, float(row[name])) for name in CONCEPTS if row[name] is not None}
    return Record(
        example=example,
        group=group,
        generator=model,
        accepts=row["paid"],
        concepts=told,
        not_applicable=frozenset(CONCEPTS) - frozenset(told),
    )


def read_orders(folder: Path, bench: Path, wanted: set[str]) -> Iterator[tuple[Order, list[Any]]]:
    """The orders of `wanted` tasks, each with the hard rules of its deliverables as JSON."""
    for path in sorted(bench.glob("C-*/*.json")):
        for raw in json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal):
            if raw["task_id"] in wanted:
                task, _ = parse_task(raw, raw["task_category"].removeprefix("C-"), Place())
                yield make_order(task, folder, bench), [rules_as_json(item.rules) for item in task.deliverables]


def make_order(task: BenchTask, folder: Path, bench: Path) -> Order:
    """The order of one task of the benchmark."""
    return Order(
        task=task.task_id,
        category=task.category,
        name=task.name,
        brief=task.brief,
        price_usd=float(task.price_usd),
        quantity=task.quantity,
        is_editing=task.category == "Portrait",
        points=tuple(point.text for point in task.points),
        references=tuple(read_picture(path) for path in list_reference_files(bench, task.task_id)),
        sources=tuple(read_picture(path) for path in sorted((folder / "inputs" / task.task_id).glob("*"))),
    )


def make_key(order: Order) -> TaskKey:
    """What an order shares with others: its brief and its pictures."""
    brief = hashlib.sha256(f"{order.name}\n{order.brief}".encode()).hexdigest()
    keys = frozenset([brief, *(picture.sha256 for picture in (*order.references, *order.sources))])
    return TaskKey(task=order.task, category=order.category, price_usd=order.price_usd, keys=keys, is_test_side=False)


def read_picture(path: Path) -> Picture:
    """The picture in a file, with its facts; what is read of it later is the screen-size copy that the site would make."""
    data = path.read_bytes()
    facts = check_image(data)
    return Picture(
        sha256=hashlib.sha256(data).hexdigest(),
        width=facts.width,
        height=facts.height,
        format=facts.format,
        read=lambda: render_screen(path),
    )


@lru_cache(maxsize=4096)
def render_screen(path: Path) -> bytes:
    """The screen-size copy of the picture in a file."""
    return render_image(path.read_bytes(), "screen")[0]


def key_of(row: Row) -> Key:
    """What names a candidate in the files of the tool."""
    return row["model"], row["task_id"], row["deliverable"]


def read_lines(path: Path) -> list[Row]:
    """The rows of a JSONL file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
