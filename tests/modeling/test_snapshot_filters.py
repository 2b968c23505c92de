"""The filters of a snapshot as values."""

import json
import uuid

import pytest

from modeling.snapshots.filters import Filters

pytestmark = pytest.mark.pure


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"blind_only": "yes"}, "blind_only"),
        ({"assisted_weight": 1.5}, "assisted_weight"),
        ({"assisted_weight": True}, "assisted_weight"),
        ({"drop": "all"}, "drop"),
        ({"concepts": "judge:nobody"}, "concepts"),
        ({"concepts": 3}, "concepts"),
        ({"split": "random"}, "split"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_filter_that_cannot_be_names_itself(values, named):
    with pytest.raises(ValueError, match=named):
        Filters.from_json(values)


def test_filters_come_back_as_they_were():
    judge = uuid.uuid4()
    filters = Filters(blind_only=True, assisted_weight=0.5, drop="uncertain", concepts=f"judge:{judge}", split="logo", generator="sd")

    assert Filters.from_json(json.loads(json.dumps(filters.to_json()))) == filters
    assert filters.judge == judge
