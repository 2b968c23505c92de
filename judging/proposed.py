"""What a proposal says, checked and put into the content of its task."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_noop as _

from judging.extractors.base import Order
from judging.models import Proposal
from labeling.data_in.bench_record import MAX_DELIVERABLE_NAME, MAX_POINT, MAX_QUANTITY
from labeling.data_in.bench_values import BenchDeliverable, BenchPoint, BenchTask
from labeling.data_in.hard_rules import Rule
from labeling.data_in.hard_rules.parse import parse_rules
from labeling.data_in.json_text import check_storable
from labeling.data_in.problem import ImportProblem, Line, Place
from labeling.models import Task
from labeling.protocol.outcome import ProtocolError

MOST_POINTS = 255


def read_order(task: Task) -> Order:
    """What extractors see of a task."""
    return Order(task_id=task.external_id, name=task.name, brief=task.brief)


def is_same_order(task: Task, document: Mapping[str, Any]) -> bool:
    """Whether a version of the task asked the same question of extractors as it does now; blanks around a text are no part of it."""
    return [task.name.strip(), task.brief.strip()] == [document["name"].strip(), document["brief"].strip()]


def check_given(kind: str, given: Any) -> dict[str, Any]:
    """What is to become of a task, as a lead edited it or as it was proposed, without evidence. Raises ProtocolError.

    Rules: {"deliverables": [{"name", "rules"}]}, the rules in the form of the published files, None where there are none.
    Points: {"points": [{"text"}]}.
    """
    check = CHECKS[kind]
    try:
        return check(given)
    except (TypeError, KeyError, AttributeError) as error:
        raise ProtocolError("wrong_shape", _("This is not of the form that proposals have.")) from error


def check_rules(given: Mapping[str, Any]) -> dict[str, Any]:
    """Deliverables with their rules."""
    items = [{"name": item["name"].strip(), "rules": item["rules"] or None} for item in given["deliverables"]]
    if not 1 <= len(items) <= MAX_QUANTITY:
        raise ProtocolError("wrong_quantity", _("A task has between 1 and %(most)s deliverables."), most=MAX_QUANTITY)
    for number, item in enumerate(items, 1):
        require_text(item["name"], MAX_DELIVERABLE_NAME, number)
        if not isinstance(item["rules"], dict | None):
            raise ProtocolError("no_object", _("The rules of number %(number)s are no JSON object."), number=number)
        require_storable(item, number)
    return {"deliverables": items}


def check_points(given: Mapping[str, Any]) -> dict[str, Any]:
    """Points."""
    items = [{"text": item["text"].strip()} for item in given["points"]]
    if not items:
        raise ProtocolError("no_points", _("There is no point left. Reject the proposal instead."))
    if len(items) > MOST_POINTS:
        raise ProtocolError("too_many_points", _("A task has at most %(most)s points."), most=MOST_POINTS)
    for number, item in enumerate(items, 1):
        require_text(item["text"], MAX_POINT, number)
        require_storable(item, number)
    return {"points": items}


def require_text(text: str, most: int, number: int) -> None:
    """Raise ProtocolError where a text is blank or too long."""
    if not text:
        raise ProtocolError("blank", _("Number %(number)s is blank."), number=number)
    if len(text) > most:
        raise ProtocolError("too_long", _("Number %(number)s is longer than %(most)s characters."), number=number, most=most)


def require_storable(item: Mapping[str, Any], number: int) -> None:
    """Raise ProtocolError where a text holds what no database stores."""
    try:
        check_storable(item, Place())
    except ImportProblem as problem:
        raise ProtocolError("bad_characters", _("Number %(number)s has characters that cannot be stored."), number=number) from problem


def read_rules(raw: Any, number: int = 1) -> tuple[tuple[Rule, ...], list[Line]]:
    """The typed rules in `raw`, exactly as an import reads them, and what it would report about them."""
    # Imports read numbers exactly, and so does the reader of rules expect them.
    exact = None if raw is None else json.loads(json.dumps(raw), parse_float=Decimal)
    return parse_rules(exact, Place(field=f"deliverables[{number - 1}].rules"))


def apply_rules(content: BenchTask, given: Mapping[str, Any]) -> BenchTask:
    """`content` with other deliverables. Listed prices are shares of the price, so they stay only where their number does."""
    items: Sequence[Mapping[str, Any]] = given["deliverables"]
    same = len(items) == content.quantity
    deliverables = tuple(
        BenchDeliverable(
            number=number,
            name=item["name"],
            price_usd=content.deliverables[number - 1].price_usd if same else None,
            rules=read_rules(item["rules"], number)[0],
            raw_rules=item["rules"],
        )
        for number, item in enumerate(items, 1)
    )
    return replace(content, quantity=len(deliverables), deliverables=deliverables)


def apply_points(content: BenchTask, given: Mapping[str, Any]) -> BenchTask:
    """`content` with other points, named as the published ones are."""
    points = (BenchPoint(number=number, point_id=f"ep_{number:03d}", text=item["text"]) for number, item in enumerate(given["points"], 1))
    return replace(content, points=tuple(points))


CHECKS: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    Proposal.Kind.RULES.value: check_rules,
    Proposal.Kind.POINTS.value: check_points,
}
APPLY: dict[str, Callable[[BenchTask, Mapping[str, Any]], BenchTask]] = {
    Proposal.Kind.RULES.value: apply_rules,
    Proposal.Kind.POINTS.value: apply_points,
}
