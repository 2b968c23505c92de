"""From one record of a ServImageBench file to a task; what makes a record unusable raises ImportProblem."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal

from labeling.data_in.bench_values import BenchDeliverable, BenchPoint, BenchTask, CategoryName
from labeling.data_in.codes import Code
from labeling.data_in.fields import check_object, read_int, read_list, read_object, read_text
from labeling.data_in.hard_rules.parse import parse_rules
from labeling.data_in.json_text import check_storable, find_repeated_keys
from labeling.data_in.problem import ImportProblem, Line, Outcome, Place, warn

TASK_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,79}")
DOLLARS = re.compile(r"\$(\d{1,9}\.\d{2})")
POINT_ID = re.compile(r"ep_(\d{1,6})")
MAX_PRICE_USD = 10**9
# The deliverable number is the low byte of the queue order.
MAX_QUANTITY = 255
MAX_NAME, MAX_BRIEF, MAX_POINT, MAX_DELIVERABLE_NAME = 2_000, 100_000, 20_000, 600


def parse_task(raw: object, category: CategoryName, place: Place) -> tuple[BenchTask, list[Line]]:
    """The task in `raw`, still without images, and a line for each dirty value that was read all the same.

    Raises ImportProblem where the id, category, price, number of deliverables or a text is unusable.
    """
    record = check_object(raw, place)
    task_id = read_task_id(record, place)
    place = place.at(record=task_id)
    check_storable(record, place)
    _check_category(record, category, place)
    order, here = read_object(record, "original_task_data", place), place.inside("original_task_data")
    price = _read_price(order, here)
    name = read_text(order, "task_name_original", here, MAX_NAME)
    brief = read_text(order, "requirements_original", here, MAX_BRIEF, blank=True)
    lines = [warn(Code.REPEATED_KEY, place, key=key) for key in find_repeated_keys(record)]
    lines += [] if brief else [warn(Code.EMPTY_BRIEF, here.inside("requirements_original"))]
    deliverables = _parse_deliverables(record, place, lines)
    quantity = read_int(order, "output_quantity", here, 1, MAX_QUANTITY)
    if quantity != len(deliverables):
        raise ImportProblem(Code.QUANTITY_DIFFERS, here.inside("output_quantity"), quantity=quantity, listed=len(deliverables))
    lines += _compare_prices(price, deliverables, here)
    task = BenchTask(
        task_id=task_id,
        category=category,
        name=name,
        brief=brief,
        price_usd=price,
        quantity=quantity,
        deliverables=deliverables,
        points=_parse_points(record, place, lines),
    )
    return task, lines


def read_task_id(record: Mapping[str, object], place: Place) -> str:
    """The id under `task_id`, a word that is safe in file names."""
    task_id = read_text(record, "task_id", place, 200)
    if not TASK_ID.fullmatch(task_id):
        raise ImportProblem(Code.BAD_TASK_ID, place.inside("task_id"), found=ascii(task_id)[:80])
    return task_id


def _check_category(record: Mapping[str, object], category: CategoryName, place: Place) -> None:
    found = read_text(record, "task_category", place, 200)
    if found != f"C-{category}":
        raise ImportProblem(Code.WRONG_CATEGORY, place.inside("task_category"), found=found, wanted=f"C-{category}")


def _read_price(order: Mapping[str, object], place: Place) -> Decimal:
    """The task's price: a JSON number of whole cents."""
    if "price_usd" not in order:
        raise ImportProblem(Code.MISSING_KEY, place.inside("price_usd"))
    value = order["price_usd"]
    problem = ImportProblem(Code.BAD_PRICE, place.inside("price_usd"), found=str(value)[:40])
    if isinstance(value, bool) or not isinstance(value, int | Decimal) or not 0 < value < MAX_PRICE_USD:
        raise problem
    cents = Decimal(value).quantize(Decimal("0.01"))
    if cents != value:
        raise problem
    return cents


def _parse_deliverables(record: Mapping[str, object], place: Place, lines: list[Line]) -> tuple[BenchDeliverable, ...]:
    rules, here = read_object(record, "hard_rules", place), place.inside("hard_rules")
    return tuple(
        _parse_deliverable(raw, number, here.inside("deliverables").inside(number - 1), lines)
        for number, raw in enumerate(read_list(rules, "deliverables", here), start=1)
    )


def _parse_deliverable(raw: object, number: int, place: Place, lines: list[Line]) -> BenchDeliverable:
    record = check_object(raw, place)
    name = read_text(record, "subtask", place, MAX_DELIVERABLE_NAME)
    rules, more = parse_rules(record.get("rules"), place.inside("rules"))
    lines += more
    price = None
    try:
        price = _read_dollars(record, place)
    except ImportProblem as problem:
        lines.append(problem.as_line(Outcome.WARNING))
    return BenchDeliverable(number=number, name=name, price_usd=price, rules=rules, raw_rules=record.get("rules"))


def _read_dollars(record: Mapping[str, object], place: Place) -> Decimal:
    """A deliverable's price: text like `$180.32`."""
    text = read_text(record, "price_usd", place, 200)
    match = DOLLARS.fullmatch(text)
    if not match:
        raise ImportProblem(Code.BAD_PRICE, place.inside("price_usd"), found=text[:40])
    return Decimal(match[1])


def _compare_prices(price: Decimal, deliverables: tuple[BenchDeliverable, ...], place: Place) -> list[Line]:
    listed = [item.price_usd for item in deliverables if item.price_usd is not None]
    if len(listed) < len(deliverables) or sum(listed) == price:
        return []
    return [warn(Code.PRICE_SUM_DIFFERS, place.inside("price_usd"), sum=str(sum(listed)), price=str(price))]


def _parse_points(record: Mapping[str, object], place: Place, lines: list[Line]) -> tuple[BenchPoint, ...]:
    rules, here = read_object(record, "soft_rules", place), place.inside("soft_rules")
    here = here.inside("points")
    points = []
    for number, raw in enumerate(read_list(rules, "points", place.inside("soft_rules")), start=1):
        try:
            points.append(_parse_point(raw, number, here.inside(number - 1), lines))
        except ImportProblem as problem:
            lines.append(problem.as_line())
    ids = [point.point_id for point in points]
    for repeated in sorted({point_id for point_id in ids if ids.count(point_id) > 1}):
        lines.append(warn(Code.DUPLICATE_POINT, here, point=repeated))
    if missing := _find_gaps(ids):
        lines.append(warn(Code.POINT_GAP, here, missing=", ".join(missing)))
    if not points:
        lines.append(warn(Code.NO_POINTS, here))
    return tuple(points)


def _parse_point(raw: object, number: int, place: Place, lines: list[Line]) -> BenchPoint:
    record = check_object(raw, place)
    point_id = read_text(record, "point_id", place, 40)
    key = "point_requirement"
    if key not in record:
        damaged = [other for other in record if other.startswith("point") and other != "point_id"]
        if len(damaged) == 1:
            key = damaged[0]
            lines.append(warn(Code.CORRUPT_KEY, place, key=key))
    text = read_text(record, key, place, MAX_POINT)
    return BenchPoint(number=number, point_id=point_id, text=text)


def _find_gaps(point_ids: list[str]) -> list[str]:
    """The ids missing between the first and the last of `ep_001`, `ep_002`, ...; at most ten."""
    numbers = {int(match[1]) for point_id in point_ids if (match := POINT_ID.fullmatch(point_id))}
    # A single wild number would otherwise make a list of a million.
    last = min(max(numbers, default=0), len(point_ids) + 10)
    return [f"ep_{number:03d}" for number in range(1, last) if number not in numbers][:10]
