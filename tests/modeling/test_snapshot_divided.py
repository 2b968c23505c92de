"""How the decided candidates of a snapshot are counted by category, price and generator."""

import pytest

from modeling.snapshots.divided import count_divided

pytestmark = pytest.mark.pure


def line(task, generator, part, accepts):
    return {"task": task, "version": 1, "generator": generator, "part": part, "accepts": accepts}


def test_decisions_are_counted_by_category_price_and_generator_in_each_part():
    tasks = {
        ("poster", 1): {"category": "Digital", "price_usd": "69.44"},
        ("portrait", 1): {"category": "Portrait", "price_usd": "300.00"},
    }
    lines = [
        line("poster", "a", "train", True),
        line("poster", "b", "train", False),
        line("poster", "b", "test", True),
        line("portrait", "a", "val", False),
        line("portrait", "b", "val", None),
    ]

    found = count_divided(lines, tasks)

    # Each is [decided, accepted]; what is not decided counts nowhere, and the first bound belongs to the lowest band.
    assert found == {
        "category:Digital": {"train": [2, 1], "test": [1, 1]},
        "category:Portrait": {"val": [1, 0]},
        "generator:a": {"train": [1, 1], "val": [1, 0]},
        "generator:b": {"train": [1, 0], "test": [1, 1]},
        "price:high": {"val": [1, 0]},
        "price:low": {"train": [2, 1], "test": [1, 1]},
    }
