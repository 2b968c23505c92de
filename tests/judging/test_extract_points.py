"""Points are read out of an order only where the order says so, each once; and how they are compared with published ones."""

import pytest

from judging.extractors.compare import Counts, compare_points, compare_rules, measure_f1, tokenize
from judging.extractors.points import POINTS, PointsReply
from judging.proposed import read_rules
from judging.rubrics.base import Unusable, Why
from tests.judging.made_orders import CHINESE, ORDER, make_points_reply

pytestmark = pytest.mark.pure

TITLE = ("The title reads NIGHT TRAIN.", 'must read "NIGHT TRAIN"')
BLUE = ("The poster is dark blue.", "Use dark blue")


def read(reply, order=ORDER):
    return POINTS.ask(order).parse(reply)


def test_points_keep_their_order_and_their_passages():
    content = read(make_points_reply(TITLE, BLUE))

    assert content["points"] == [{"text": text, "quote": quote} for text, quote in (TITLE, BLUE)]
    assert content["dropped"] == []


def test_points_without_a_passage_of_the_order_and_repeated_ones_are_dropped_and_told():
    again = ("the title reads “Night Train”", "NIGHT TRAIN")

    content = read(make_points_reply(TITLE, ("It is pretty.", "make it pretty"), ("It is big.", ""), again))

    assert [point["text"] for point in content["points"]] == [TITLE[0]]
    assert [drop["problem"] for drop in content["dropped"]] == ["evidence_not_found", "no_evidence", "duplicate"]


def test_a_chinese_order_gives_chinese_points():
    content = read(make_points_reply(("背景为深蓝色。", "背景为深蓝色"), ("主标题清晰可读。", "必须清晰可读")), CHINESE)

    assert [point["text"] for point in content["points"]] == ["背景为深蓝色。", "主标题清晰可读。"]


@pytest.mark.parametrize(("count", "fits"), [(0, False), (1, True), (48, True), (49, False)])
def test_one_to_48_points_fit(count, fits):
    reply = make_points_reply(*((f"Point {number}", "Use dark blue") for number in range(count)))

    if fits:
        assert len(read(reply)["points"]) == count
    else:
        with pytest.raises(Unusable) as caught:
            read(reply)
        assert caught.value.why == Why.WRONG_COUNT


def test_a_reply_of_another_shape_is_unusable():
    with pytest.raises(Unusable) as caught:
        read('{"points": ["The title reads NIGHT TRAIN."]}')
    assert caught.value.why == Why.WRONG_SHAPE


def test_all_points_may_be_dropped_which_is_told_and_no_failure():
    content = read(make_points_reply(("It is pretty.", "make it pretty")))

    assert (content["points"], len(content["dropped"])) == ([], 1)


def test_the_question_asks_for_the_language_of_the_order_and_for_passages():
    prompt = " ".join(POINTS.ask(CHINESE).prompt.split())

    assert CHINESE.brief in prompt
    for words in ("1 to 48 evaluation points", "in the language of the order", "copied letter by letter", "the later one holds"):
        assert words in prompt


def test_strict_servers_take_the_schema():
    schema = PointsReply.model_json_schema()

    for part in (schema, *schema["$defs"].values()):
        assert set(part["required"]) == set(part["properties"])
        assert part["additionalProperties"] is False


def test_likeness_of_two_points_is_the_f1_of_their_tokens():
    # 4 tokens and 5, of which 3 are shared: 2 * 3 / 9.
    assert measure_f1(tokenize("the title is RED"), tokenize("The title is dark blue")) == pytest.approx(6 / 9)
    # 深 蓝 色 and 背 景 深 蓝 色: 2 * 3 / 8.
    assert measure_f1(tokenize("深蓝色"), tokenize("背景深蓝色")) == pytest.approx(6 / 8)
    assert measure_f1(tokenize(""), tokenize("?")) == 0
    assert tokenize("ＬＯＧＯ 1080px 主图") == {"logo": 1, "1080px": 1, "主": 1, "图": 1}


def test_each_point_is_matched_once_from_the_likest_on():
    there = ["the title is red", "the title is big"]

    assert compare_points(there, there) == Counts(proposed=2, there=2, matched=2)
    # Both would match the first one; only one can.
    assert compare_points(["the title is red"] * 2, there[:1]) == Counts(proposed=2, there=1, matched=1)
    # a b c d shares 2 of 4 with a b x y, an F1 of exactly 0.5; a b c of 3 with the same: 4 / 7; a b c d e f: 4 / 10.
    assert compare_points(["a b c d"], ["a b x y"]).matched == 1
    assert compare_points(["a b c d e f"], ["a b x y"]).matched == 0


def read_all(*raw):
    return [read_rules(rules)[0] for rules in raw]


def test_rules_are_compared_by_kind_whatever_deliverable_they_stand_at():
    one = {"file_type": ["PNG", "AI"], "visual_specs": {"dimensions": {"width": 1080, "height": 1920}, "resolution": {"min_dpi": 300}}}
    two = {"file_type": ["PNG"], "visual_specs": {"aspect_ratio": "16:9"}}

    counts = compare_rules(read_all(one, two), read_all(two, one))

    assert {kind: (count.proposed, count.there, count.matched) for kind, count in counts.items()} == {
        "size": (1, 1, 1),
        "ratio": (1, 1, 1),
        "ratio_but_bare_square": (1, 1, 1),
        "orientation": (0, 0, 0),
        "file_type": (3, 3, 3),
        "dpi": (1, 1, 1),
    }


def test_other_values_do_not_match_and_a_bare_square_is_told_apart():
    ours = read_all({"file_type": ["PNG"], "visual_specs": {"aspect_ratio": "1:1", "resolution": {"min_dpi": 72}}})
    theirs = read_all({"file_type": ["JPG"], "visual_specs": {"aspect_ratio": "1:1", "resolution": {"min_dpi": 300}}})

    counts = compare_rules(ours, theirs)

    assert (counts["file_type"].matched, counts["dpi"].matched, counts["ratio"].matched) == (0, 0, 1)
    assert counts["ratio_but_bare_square"] == Counts(proposed=0, there=0, matched=0)


def test_ratios_match_within_the_two_percent_to_which_they_are_rounded():
    assert compare_rules(read_all({"visual_specs": {"aspect_ratio": "1:1.4142"}}), read_all({"visual_specs": {"aspect_ratio": "5:7"}}))[
        "ratio"
    ].matched
    assert not compare_rules(read_all({"visual_specs": {"aspect_ratio": "4:3"}}), read_all({"visual_specs": {"aspect_ratio": "3:2"}}))[
        "ratio"
    ].matched
