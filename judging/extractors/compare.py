"""How far what was read out of an order is from what its task has: plain counts, by which precision and recall are told."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from labeling.data_in.hard_rules import DpiRule, FileTypeRule, OrientationRule, RatioRule, Rule, SizeRule
from labeling.data_in.hard_rules.ratio import ratios_agree

Item = TypeVar("Item")
# One Chinese character, or one word or number of any other script.
TOKEN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]|[^\W_\u3400-\u9fff\uf900-\ufaff]+")
# Two points say the same from this F1 of their tokens on.
LEAST_F1 = 0.5
RULE_KINDS = ("size", "ratio", "ratio_but_bare_square", "orientation", "file_type", "dpi")


@dataclass(frozen=True, kw_only=True)
class Counts:
    """How many things of one kind were proposed for a task, how many it has, and how many of both are the same."""

    proposed: int
    there: int
    matched: int


def compare_rules(proposed: Sequence[Sequence[Rule]], there: Sequence[Sequence[Rule]]) -> dict[str, Counts]:
    """The counts of each kind of rule, from the rules of every deliverable on both sides.

    Which deliverable a rule belongs to plays no part: the order of deliverables is not part of a brief, and a rule about all of them
    stands at each. Each size, and each file type, counts by itself.
    """
    ours, theirs = list_items(proposed), list_items(there)
    return {kind: count_matches(ours[kind], theirs[kind], is_same_ratio if kind.startswith("ratio") else is_equal) for kind in RULE_KINDS}


def list_items(deliverables: Sequence[Sequence[Rule]]) -> dict[str, list[Any]]:
    """What is compared, by kind."""
    items: dict[str, list[Any]] = {kind: [] for kind in RULE_KINDS}
    for rule in (rule for rules in deliverables for rule in rules):
        match rule:
            case SizeRule():
                items["size"] += [
                    (box.width, box.height, box.min_width, box.min_height, box.max_width, box.max_height, box.extra) for box in rule.boxes
                ]
            case RatioRule():
                sides = (rule.width, rule.height)
                items["ratio"].append(sides)
                items["ratio_but_bare_square"] += [] if rule.weak and rule.width == rule.height else [sides]
            case OrientationRule():
                items["orientation"].append(rule.orientation)
            case FileTypeRule():
                items["file_type"] += [file_type.name for file_type in rule.types]
            case DpiRule():
                items["dpi"].append(rule.min_dpi)
    return items


def is_equal(one: Any, other: Any) -> bool:
    """Whether both are the same value."""
    return bool(one == other)


def is_same_ratio(one: tuple[float, float], other: tuple[float, float]) -> bool:
    """Whether both are the same ratio within the 2 % to which ratios are rounded."""
    return ratios_agree(one, other)


def count_matches(ours: Sequence[Item], theirs: Sequence[Item], is_same: Callable[[Item, Item], bool]) -> Counts:
    """The counts of two lists of things; each thing is matched once."""
    left = list(theirs)
    for item in ours:
        found = next((place for place, other in enumerate(left) if is_same(item, other)), None)
        if found is not None:
            del left[found]
    return Counts(proposed=len(ours), there=len(theirs), matched=len(theirs) - len(left))


def compare_points(proposed: Sequence[str], there: Sequence[str]) -> Counts:
    """The counts of points. Pairs are matched from the likest on, each point once, down to an F1 of their tokens of 0.5.

    Likeness of words is not sameness of meaning: the same point in other words is missed, and so is one in another language.
    """
    ours, theirs = [list(map(tokenize, texts)) for texts in (proposed, there)]
    pairs = [(measure_f1(one, other), left, right) for left, one in enumerate(ours) for right, other in enumerate(theirs)]
    taken_left: set[int] = set()
    taken_right: set[int] = set()
    for f1, left, right in sorted(pairs, key=lambda pair: (-pair[0], pair[1], pair[2])):
        if f1 >= LEAST_F1 and left not in taken_left and right not in taken_right:
            taken_left.add(left)
            taken_right.add(right)
    return Counts(proposed=len(ours), there=len(theirs), matched=len(taken_left))


def tokenize(text: str) -> Counter[str]:
    """The tokens of a text and how often each occurs; case and width make no difference."""
    return Counter(TOKEN.findall(unicodedata.normalize("NFKC", text).casefold()))


def measure_f1(one: Counter[str], other: Counter[str]) -> float:
    """The F1 of the tokens of two texts: twice what they share over what both have; 0 where one of them has none."""
    both = one.total() + other.total()
    return 2 * (one & other).total() / both if both else 0.0
