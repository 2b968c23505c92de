"""The rubric `hard_rules`: facts of a picture against the rules of its deliverable."""

from __future__ import annotations

import json

import pytest

from judging.material import Material, Picture, PictureLost, Sample
from judging.rubrics.base import Value, Why
from judging.rubrics.hard_rules import HardRules
from labeling.data_in.hard_rules import Box, DpiRule, FileType, FileTypeRule, OrientationRule, RatioRule, Rule, SizeRule, TextRule

pytestmark = pytest.mark.pure

SQUARE = RatioRule(text="1:1", width=1, height=1)
WEAK_SQUARE = RatioRule(text="1:1", width=1, height=1, weak=True)
PNG = FileTypeRule(types=(FileType(name="PNG", file_class="raster"),))
VECTOR = FileTypeRule(types=(FileType(name="AI", file_class="vector"),))
SIZE = SizeRule(boxes=(Box(width=800, height=600, unit="px"),))
PRINT = DpiRule(min_dpi=300)
STYLE = TextRule(topic="style", texts=("flat",))


def lose() -> bytes:
    raise PictureLost("gone")


def judge(*samples: tuple[Rule, ...], width: int = 800, height: int = 600, format: str = "PNG", dpi: int | None = None) -> list[Value]:
    picture = Picture(sha256="0" * 64, width=width, height=height, format=format, dpi=dpi, read=lose)
    material = Material(
        key=1,
        task_id="digital-001",
        task_version=1,
        category="C-Digital",
        name="",
        brief="",
        price_usd=1.0,
        quantity=len(samples),
        is_editing=False,
        points=(),
        references=(),
        sources=(),
        samples=tuple(
            Sample(key=number + 10, number=number, deliverable="", rules=rules, picture=picture) for number, rules in enumerate(samples, 1)
        ),
    )
    return list(HardRules().measure(material))


def test_the_value_is_the_share_of_the_rules_that_are_met_and_the_picture_is_not_read():
    # 800 x 600 PNG: size and type are met, square is not; 2 of 3.
    (value,) = judge((SIZE, PNG, SQUARE))

    assert value.value == pytest.approx(2 / 3)
    assert (value.concept, value.sample, value.why) == ("hard_rules", 11, None)


def test_every_candidate_gets_one_value_by_its_own_rules():
    values = judge((SIZE,), (SQUARE,), ())

    assert [(value.sample, value.value) for value in values] == [(11, 1.0), (12, 0.0), (13, None)]


def test_no_rules_are_not_applicable_and_never_a_zero():
    (value,) = judge(())

    assert (value.value, value.why, value.detail) == (None, Why.NOT_APPLICABLE, {"findings": []})


@pytest.mark.parametrize("rules", [(VECTOR,), (STYLE,), (PRINT,), (VECTOR, STYLE, PRINT)])
def test_rules_that_a_picture_file_cannot_show_give_no_value(rules):
    (value,) = judge(rules)

    assert (value.value, value.why) == (None, Why.CANNOT_SPEAK)
    assert {finding["status"] for finding in value.detail["findings"]} == {"not_assessable"}


def test_a_weak_rule_counts_neither_for_nor_against_but_its_finding_is_kept():
    unmet, met = judge((WEAK_SQUARE, PNG))[0], judge((WEAK_SQUARE, SIZE), width=600)[0]

    assert (unmet.value, unmet.detail["findings"][0]["status"], unmet.detail["findings"][0]["warns_only"]) == (1.0, "unmet", True)
    assert (met.value, met.detail["findings"][0]["status"], met.detail["findings"][0]["warns_only"]) == (0.0, "met", False)


def test_weak_rules_alone_give_no_value():
    assert judge((WEAK_SQUARE,))[0].why == Why.CANNOT_SPEAK


def test_each_finding_has_the_numbers_that_were_compared():
    (value,) = judge((SIZE, PRINT, OrientationRule(text="竖版", orientation="portrait"), PNG), dpi=72, format="JPEG")

    findings = value.detail["findings"]
    assert [(finding["rule"]["kind"], finding["status"]) for finding in findings] == [
        ("size", "met"),
        ("dpi", "unmet"),
        ("orientation", "unmet"),
        ("file_type", "unmet"),
    ]
    assert [finding["numbers"] for finding in findings] == [
        {"width": 800, "height": 600},
        {"dpi": 72},
        {"width": 800, "height": 600},
        {"file_type": "JPG"},
    ]
    assert value.value == pytest.approx(1 / 4)


def test_the_detail_is_ready_for_json():
    (value,) = judge((SIZE, SQUARE, PNG, PRINT, STYLE, VECTOR))

    assert [finding["rule"]["kind"] for finding in json.loads(json.dumps(value.detail))["findings"]] == [
        "size",
        "ratio",
        "file_type",
        "dpi",
        "text",
        "file_type",
    ]


def test_the_rubric_says_what_it_is():
    rubric = HardRules()

    assert (rubric.name, rubric.version, rubric.asks_model, rubric.list_parts(), rubric.concepts) == (
        "hard_rules",
        1,
        False,
        ("rules",),
        ("hard_rules",),
    )
