"""Hard rules: every dirty spelling of the published tasks, and what a picture's numbers say about them."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.data_in.codes import Code
from labeling.data_in.hard_rules import (
    Box,
    DpiRule,
    FileTypeRule,
    OrientationRule,
    RatioRule,
    SizeRule,
    TextRule,
    VerbatimRule,
    assess_rules,
    rules_as_json,
    rules_from_json,
)
from labeling.data_in.hard_rules.describe import describe_rule
from labeling.data_in.hard_rules.parse import parse_rules
from labeling.data_in.problem import Place

pytestmark = pytest.mark.pure


def parse(rules):
    """The rules and the codes of their lines."""
    parsed, lines = parse_rules(rules, Place(field="rules"))
    return parsed, [line.code for line in lines]


def specs(**visual):
    return {"visual_specs": visual}


def status_of(rules, width=1000, height=1000, format="PNG", dpi=None):
    """The statuses of all rules, by kind, for one picture."""
    return {finding.rule.kind: finding.status for finding in assess_rules(parse(rules)[0], width, height, format, dpi)}


@pytest.mark.parametrize("raw", [None, {}, {"visual_specs": {}}, {"visual_specs": {"resolution": {}}}])
def test_no_rules_are_no_rules(raw):
    assert parse(raw) == ((), [])


def test_a_size_with_both_sides_of_100_or_more_is_in_pixels():
    (rule,), codes = parse(specs(dimensions={"width": 413, "height": 579}))

    assert rule == SizeRule(boxes=(Box(width=413, height=579, unit="px"),))
    assert codes == []


def test_a_size_with_a_side_below_100_has_an_unknown_unit():
    (rule,), codes = parse(specs(dimensions={"width": 1, "height": Decimal("1.5")}))

    assert rule.boxes == (Box(width=1, height=1.5, unit="unit_unknown"),)
    assert codes == [Code.UNIT_UNKNOWN]


def test_a_size_with_a_depth_is_a_thing_in_space_and_not_in_pixels():
    (rule,), codes = parse(specs(dimensions={"width": 550, "height": 330, "depth": 100}))

    assert rule.boxes == (Box(width=550, height=330, extra=(("depth", 100),), unit="unit_unknown"),)
    assert codes == [Code.UNIT_UNKNOWN]


def test_bounds_are_read_as_bounds():
    (rule,), _ = parse(specs(dimensions={"min_width": 2000, "min_height": 1000}))

    assert rule.boxes == (Box(min_width=2000, min_height=1000, unit="px"),)


def test_named_parts_and_lists_become_named_boxes():
    (named,), _ = parse(specs(dimensions={"pc": {"width": 1920, "height": 600}, "mobile": {"width": 750, "height": 500}}))
    (listed,), _ = parse(specs(dimensions=[{"width": 1080, "height": 1080}, {"width": 1080, "height": 1350}]))

    assert [box.name for box in named.boxes] == ["pc", "mobile"]
    assert [box.name for box in listed.boxes] == ["1", "2"]


def test_a_side_of_zero_is_left_out_and_reported():
    only_zero, zero_codes = parse(specs(dimensions={"min_width": 0, "min_height": 0}))
    (half,), half_codes = parse(specs(dimensions={"width": 6080, "height": 0}))

    assert only_zero == ()
    assert half.boxes == (Box(width=6080, unit="px"),)
    assert zero_codes == half_codes == [Code.ZERO_DIMENSION]


@pytest.mark.parametrize("value", ["1080px", True, -5, None, Decimal("1e400"), 10**30])
def test_a_length_that_is_none_is_kept_as_text(value):
    rules, codes = parse(specs(dimensions={"width": value, "height": 500}))

    assert [rule.kind for rule in rules] == ["size", "text"]
    assert codes == [Code.BAD_DIMENSION]


@pytest.mark.parametrize(
    ("text", "width", "height"),
    [("16:9", 16, 9), ("1:1.41667", 1, 1.41667), ("3500:2500", 3500, 2500), ("1.0:1", 1, 1), (" 4 : 2.5 ", 4, 2.5), ("3：4", 3, 4)],
)
def test_two_numbers_are_width_to_height(text, width, height):
    (rule,), codes = parse(specs(aspect_ratio=text))

    assert (rule.width, rule.height, rule.either_way) == (width, height, False)
    assert codes == []


@pytest.mark.parametrize("value", ["1.6", 1.6, Decimal("1.6")])
def test_one_number_is_accepted_either_way(value):
    if isinstance(value, float):
        value = Decimal(str(value))

    (rule,), codes = parse(specs(aspect_ratio=value))

    assert (rule.width, rule.height, rule.either_way) == (1.6, 1, True)
    assert codes == [Code.RATIO_ONE_NUMBER]


@pytest.mark.parametrize(
    ("text", "orientation"),
    [
        ("竖版", "portrait"),
        ("竖排", "portrait"),
        ("竖标", "portrait"),
        ("横版", "landscape"),
        ("横排", "landscape"),
        ("horizontal", "landscape"),
        ("长方形", "landscape"),
    ],
)
def test_words_for_an_orientation_become_one(text, orientation):
    assert parse(specs(aspect_ratio=text)) == ((OrientationRule(text=text, orientation=orientation),), [])


@pytest.mark.parametrize("text", ["2盒装", "蔷薇心愿风格", "variable", "stacked", "0:1", "1:0", "Determined based on the actual bag size"])
def test_any_other_ratio_is_kept_as_text(text):
    assert parse(specs(aspect_ratio=text)) == ((TextRule(topic="aspect_ratio", texts=(text,)),), [Code.RATIO_UNPARSED])


@pytest.mark.parametrize(
    ("text", "name", "file_class"),
    [
        ("PNG", "PNG", "raster"),
        ("jpeg", "JPG", "raster"),
        ("TIF", "TIFF", "raster"),
        ("GIF", "GIF", "raster"),
        ("ai", "AI", "vector"),
        ("CDR", "CDR", "vector"),
        ("矢量源文件", "矢量源文件", "vector"),
        ("Vector graphic source files", "Vector graphic source files", "vector"),
        ("psd", "PSD", "editable_source"),
        ("Source Files", "Source Files", "editable_source"),
        ("位图源文件", "位图源文件", "editable_source"),
        ("Figma", "Figma", "editable_source"),
        ("InDesign", "INDD", "editable_source"),
        ("DST", "DST", "machine"),
        ("CAD", "CAD", "machine"),
        ("Print-ready Files", "Print-ready Files", "other"),
        ("300dpi", "300dpi", "other"),
    ],
)
def test_file_types_get_one_spelling_and_a_class(text, name, file_class):
    (rule,), codes = parse({"file_type": [text]})

    assert (rule.types[0].name, rule.types[0].file_class) == (name, file_class)
    assert codes == ([Code.UNKNOWN_FILE_TYPE] if file_class == "other" else [])


def test_a_file_type_among_the_visual_rules_joins_the_others():
    (rule,), codes = parse({"file_type": ["PNG"], "visual_specs": {"file_type": ["PNG", "GIF"]}})

    assert [item.name for item in rule.types] == ["PNG", "GIF"]
    assert codes == [Code.MISPLACED_RULE]


def test_an_implausible_dpi_is_kept_and_only_warns():
    assert parse(specs(resolution={"min_dpi": 8000})) == ((DpiRule(min_dpi=8000, weak=True),), [Code.IMPLAUSIBLE_DPI])
    assert parse(specs(resolution={"min_dpi": 380})) == ((DpiRule(min_dpi=380),), [])


def test_stray_rules_are_kept_as_text():
    rules, codes = parse({"visual_specs": {"colors": ["深蓝", "白色"], "style": "科技感强", "min_pages": 16}, "annotation": "深夜灯光下"})

    assert rules == (
        TextRule(topic="colors", texts=("深蓝", "白色")),
        TextRule(topic="style", texts=("科技感强",)),
        TextRule(topic="min_pages", texts=("16",)),
        TextRule(topic="annotation", texts=("深夜灯光下",)),
    )
    assert codes == []


def test_a_rule_of_unknown_kind_is_kept_as_text_and_reported():
    assert parse({"smell": {"rose": 1}}) == ((TextRule(topic="smell", texts=('{"rose": 1}',)),), [Code.UNKNOWN_RULE])


def test_verbatim_text_is_a_rule_of_its_own():
    rules, _ = parse({"required_text": {"must_include_verbatim": ["云南鹏天建筑工程有限公司"]}})

    assert rules == (VerbatimRule(texts=("云南鹏天建筑工程有限公司",)),)


def test_a_bare_1_to_1_only_warns():
    (rule,), _ = parse(specs(aspect_ratio="1:1"))
    (finding,) = assess_rules([rule], 1000, 500, "PNG")

    assert rule.weak
    assert (finding.status, finding.warns_only) == ("unmet", True)


def test_pixels_decide_over_a_ratio_that_says_otherwise():
    # 640 / 96 = 6.67, 16 / 24 = 0.67
    rules, codes = parse(specs(aspect_ratio="16:24", dimensions={"width": 640, "height": 160}))
    statuses = [finding.status for finding in assess_rules(rules, 640, 160, "PNG")]

    assert codes == [Code.RATIO_AND_SIZE]
    assert {rule.kind: getattr(rule, "overruled", None) for rule in rules} == {"ratio": True, "size": None}
    assert sorted(statuses) == ["met", "not_assessable"]


def test_neither_refuses_a_picture_where_a_ratio_and_a_size_without_unit_disagree():
    # 60 / 80 = 0.75, 4 / 5 = 0.8: 6 % apart
    rules, codes = parse(specs(aspect_ratio="4:5", dimensions={"width": 60, "height": 80}))

    assert set(codes) == {Code.UNIT_UNKNOWN, Code.RATIO_AND_SIZE}
    assert all(rule.weak for rule in rules)


def test_1_to_1_gives_way_to_any_size():
    # 90 / 54 = 1.67, a business card
    rules, _ = parse(specs(aspect_ratio="1:1", dimensions={"width": 90, "height": 54}))

    assert status_of(specs(aspect_ratio="1:1", dimensions={"width": 90, "height": 54}), 1500, 900) == {
        "ratio": "not_assessable",
        "size": "met",
    }
    assert not next(rule for rule in rules if rule.kind == "size").weak


def test_a_ratio_within_two_percent_of_the_size_agrees():
    # 2480 / 3508 = 0.70696, 1 / 1.41 = 0.70922: 0.3 % apart
    _, codes = parse(specs(aspect_ratio="1:1.41", dimensions={"width": 2480, "height": 3508}))

    assert codes == []


def test_an_exact_size_is_met_by_that_size_alone():
    rules = specs(dimensions={"width": 1080, "height": 1920})

    assert status_of(rules, 1080, 1920) == {"size": "met"}
    assert status_of(rules, 1080, 1919) == {"size": "unmet"}
    assert status_of(rules, 1920, 1080) == {"size": "unmet"}


def test_bounds_are_met_from_the_bound_on():
    rules = specs(dimensions={"min_width": 800, "max_width": 1200})

    assert [status_of(rules, width, 10)["size"] for width in (799, 800, 1200, 1201)] == ["unmet", "met", "met", "unmet"]


def test_a_size_without_unit_is_held_against_the_ratio_only():
    # 14 x 20 cm is 0.7; 700 x 1000 px is 0.7, 720 x 1000 px is 2.9 % off
    rules = specs(dimensions={"width": 14, "height": 20})

    assert status_of(rules, 700, 1000) == {"size": "met"}
    assert status_of(rules, 720, 1000) == {"size": "unmet"}


@pytest.mark.parametrize("dimensions", [{"height": 20}, {"min_width": 5, "max_width": 8}, {"width": 15, "height": 23, "bottom": 6}])
def test_a_size_that_says_nothing_about_the_sides_is_not_assessable(dimensions):
    assert status_of(specs(dimensions=dimensions)) == {"size": "not_assessable"}


def test_one_of_several_sizes_is_enough_and_none_proves_nothing():
    rules, _ = parse(specs(dimensions={"pc": {"width": 1920, "height": 600}, "mobile": {"width": 750, "height": 500}}))

    (met,) = assess_rules(rules, 750, 500, "PNG")
    (none,) = assess_rules(rules, 751, 500, "PNG")

    assert (met.status, met.numbers["box"]) == ("met", "mobile")
    assert none.status == "not_assessable"


def test_one_number_is_met_upright_and_lying():
    # 1.4118 is 240 / 170
    rules = specs(aspect_ratio="1.4118")

    assert [status_of(rules, *size)["ratio"] for size in ((1700, 2400), (2400, 1700), (1700, 2500))] == ["met", "met", "unmet"]


def test_an_orientation_is_met_by_the_longer_side():
    assert [status_of(specs(aspect_ratio="竖版"), *size)["orientation"] for size in ((9, 16), (16, 9), (9, 9))] == ["met", "unmet", "unmet"]
    assert status_of(specs(aspect_ratio="横版"), 16, 9) == {"orientation": "met"}


def test_a_picture_can_meet_a_picture_format_only():
    assert status_of({"file_type": ["AI", "JPEG"]}, format="JPEG") == {"file_type": "met"}
    assert status_of({"file_type": ["AI", "JPG"]}, format="PNG") == {"file_type": "unmet"}
    assert status_of({"file_type": ["AI", "源文件"]}, format="PNG") == {"file_type": "not_assessable"}


def test_a_resolution_is_assessed_where_the_file_states_one():
    rules = specs(resolution={"min_dpi": 300})

    assert [status_of(rules, dpi=dpi)["dpi"] for dpi in (None, 72, 299.9994, 300)] == ["not_assessable", "unmet", "met", "met"]


def test_texts_are_for_people():
    rules = {"annotation": "夜", "required_text": {"must_include_verbatim": ["A"]}}

    assert set(status_of(rules).values()) == {"not_assessable"}


EVERY_KIND = {
    "file_type": ["PNG", "源文件"],
    "visual_specs": {
        "aspect_ratio": "16:24",
        "dimensions": [{"width": 14, "height": 20, "bottom": 5.5}, {"min_width": 800}],
        "resolution": {"min_dpi": 8000},
        "colors": ["blue"],
    },
    "required_text": {"must_include_verbatim": ["A"]},
}


def test_rules_survive_the_way_through_json():
    rules, _ = parse(json.loads(json.dumps(EVERY_KIND), parse_float=Decimal))
    rules += parse(specs(aspect_ratio="竖版"))[0] + parse(specs(aspect_ratio="1.6"))[0]

    assert rules_from_json(json.loads(json.dumps(rules_as_json(rules)))) == rules
    assert {type(rule) for rule in rules} == {SizeRule, RatioRule, OrientationRule, FileTypeRule, DpiRule, VerbatimRule, TextRule}


def test_every_kind_of_rule_has_a_label_and_a_value():
    rules, _ = parse(EVERY_KIND)

    texts = [describe_rule(rule) for rule in rules]

    assert all(text.label and text.values and all(text.values) for text in texts)


@pytest.mark.parametrize(
    ("rules", "value", "note"),
    [
        (specs(dimensions={"width": 1080, "height": 1920}), "1080 × 1920 px", ""),
        (specs(dimensions={"min_width": 800}), "at least 800 px wide", ""),
        (specs(dimensions={"min_width": 800, "min_height": 600}), "at least 800 × 600 px", ""),
        (specs(dimensions={"height": 20, "depth": 5}), "20 high, depth 5", "Unit unknown; only the ratio of the sides counts."),
        (specs(dimensions={"width": 14, "height": 20}), "14 × 20", "Unit unknown; only the ratio of the sides counts."),
        (specs(aspect_ratio="16:9"), "16:9", ""),
        (specs(aspect_ratio="1:1"), "1:1", "Uncertain; a warning only."),
        (specs(aspect_ratio="1.6"), "1.6:1 or 1:1.6", ""),
        (specs(resolution={"min_dpi": 300}), "at least 300 dpi", ""),
        ({"file_type": ["AI"]}, "AI", "No picture file can meet this."),
    ],
)
def test_rules_read_well(rules, value, note):
    text = describe_rule(parse(rules)[0][0])

    assert (text.values[0], text.note) == (value, note)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
rule_keys = ["visual_specs", "resolution", "required_text", "file_type", "aspect_ratio", "dimensions", "min_dpi", "must_include_verbatim"]


@given(st.dictionaries(st.sampled_from(rule_keys), json_values | st.dictionaries(st.sampled_from(rule_keys), json_values)) | json_values)
def test_no_value_of_any_kind_stops_the_reading(raw):
    rules, _ = parse_rules(raw, Place())

    assert rules_from_json(json.loads(json.dumps(rules_as_json(rules)))) == rules
    assert all(finding.status in ("met", "unmet", "not_assessable") for finding in assess_rules(rules, 640, 480, "PNG", 72))
    assert all(describe_rule(rule).label is not None for rule in rules)
