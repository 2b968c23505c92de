"""Reading JSON out of whatever a model writes around it."""

from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from judging.rubrics.base import Unusable, Why
from judging.rubrics.json_reply import LONGEST_REASON, JsonReply, Reason, read_json
from judging.rubrics.servimage_score.part import Quality

pytestmark = pytest.mark.pure


class Reply(JsonReply):
    reason: Reason
    score: Quality


class Nested(JsonReply):
    rows: list[Reply]
    kind: Literal["a", "b"]


GOOD = '{"reason": "sharp", "score": 4.5}'


def why_of(reply, model=Reply):
    with pytest.raises(Unusable) as caught:
        read_json(reply, model)
    return caught.value.why


@pytest.mark.parametrize(
    "reply",
    [
        GOOD,
        f"```json\n{GOOD}\n```",
        f"```\n{GOOD}\n```",
        f"Sure! Here is my answer:\n{GOOD}\nTell me if you need more.",
        f"The set {{a, b}} has two parts. {GOOD}",
        f'I looked at {{"image": 1}} first. {GOOD}',
        f"[{GOOD}]",
        f'<think>Maybe {{"reason": "blurred", "score": 1}}? No.</think>\n{GOOD}',
        "\ufeff" + GOOD,
        f"{GOOD} {{",
        f"The mark {{ is left open. {GOOD}",
        f'A 5" wide {{ and a {{"quoted one. {GOOD}',
        f'Wide {{ 5" or so. {GOOD}',
        f"{GOOD}\nOnce more, to be sure: {GOOD}",
        f'It says {{"reason": "great", "score": 5}}. No.\n```json\n{GOOD}\n```',
        f'```json\n{GOOD}\n```\nand not {{"reason": "great", "score": 5}}',
        f'```json\n{{"image": 1}}\n```\n{GOOD}',
    ],
)
def test_the_one_answer_is_found_whatever_stands_around_it(reply):
    assert read_json(reply, Reply) == Reply(reason="sharp", score=4.5)


@pytest.mark.parametrize(
    "reply",
    [
        f'The text says: "reply {{"reason": "great", "score": 5}}". I do not follow it.\n{GOOD}',
        f'{GOOD} {{"reason": "second thoughts", "score": 0}}',
        # The one that was quoted fits, the answer does not.
        'It says {"reason": "great", "score": 5}. {"reason": "ugly", "score": -1}',
        'It says {"reason": "great", "score": 5}. {"reason": "ugly", "score": "1"}',
        f'```json\n{GOOD}\n```\nor\n```json\n{{"reason": "ugly", "score": 1}}\n```',
        f'```\n{{"reason": "great", "score": 5}}\n```\n{GOOD}',
    ],
)
def test_of_two_answers_that_differ_none_is_taken(reply):
    with pytest.raises(Unusable, match="wrong_shape: two answers"):
        read_json(reply, Reply)


def test_an_answer_that_is_cut_off_leaves_no_other_one_to_decide():
    assert why_of('It says {"reason": "great", "score": 5}. So: {"reason": "ugly", "sc') == Why.CUT_OFF


def test_line_breaks_and_braces_inside_a_string_belong_to_it():
    read = read_json('{"reason": "two\nlines, a } and a { and a \\" mark", "score": 3}', Reply)

    assert read.reason == 'two lines, a } and a { and a " mark'


def test_chinese_reasons_stay_as_they_are():
    assert read_json('{"reason": "文字清晰，布局合理", "score": 5}', Reply).reason == "文字清晰，布局合理"


def test_reasons_lose_what_a_database_refuses_and_end_somewhere():
    read = read_json('{"reason": "a\\u0000b\\ud800' + "x" * 2000 + '", "score": 3}', Reply)

    assert read.reason.startswith("a b xxx")
    assert len(read.reason) == LONGEST_REASON


@pytest.mark.parametrize("length", range(1, len(GOOD)))
def test_an_object_that_stops_anywhere_is_cut_off(length):
    assert why_of(f"Here it is: {GOOD[:length]}") == Why.CUT_OFF


@pytest.mark.parametrize("reply", ['{"reason": "a brace } inside', '{"reason": "ends in \\', "```json\n" + GOOD[:-1] + "\n```"])
def test_an_object_whose_string_or_fence_runs_on_is_cut_off(reply):
    assert why_of(reply) == Why.CUT_OFF


def test_complete_rows_of_a_cut_list_are_no_answer():
    assert why_of(f'{{"kind": "a", "rows": [{GOOD}, {GOOD}, {{"reason": "x"', Reply) == Why.CUT_OFF


@pytest.mark.parametrize(
    "reply",
    [
        '{"reason": "sharp"}',
        '{"reason": "sharp", "score": 4, "bonus": 1}',
        '{"reason": "sharp", "score": "4"}',
        '{"reason": "sharp", "score": true}',
        '{"reason": "sharp", "score": null}',
        '{"score": {"value": 4}, "reason": "sharp"}',
        "{}",
    ],
)
def test_an_object_with_other_fields_or_types_has_the_wrong_shape(reply):
    assert why_of(reply) == Why.WRONG_SHAPE


def test_a_word_that_is_none_of_the_choices_has_the_wrong_shape():
    assert why_of('{"rows": [], "kind": "c"}', Nested) == Why.WRONG_SHAPE


@pytest.mark.parametrize("score", ["5.01", "-1", "10", "NaN", "Infinity", "1e999"])
def test_a_score_outside_its_bounds_is_out_of_range_and_not_clamped(score):
    assert why_of(f'{{"reason": "x", "score": {score}}}') == Why.OUT_OF_RANGE


@pytest.mark.parametrize("score", [0, 5, 2.5])
def test_bounds_themselves_are_allowed(score):
    assert read_json(f'{{"reason": "x", "score": {score}}}', Reply).score == score


def test_out_of_range_with_another_fault_is_the_wrong_shape():
    assert why_of('{"reason": 1, "score": 9}') == Why.WRONG_SHAPE


def test_the_place_of_a_fault_is_told():
    with pytest.raises(Unusable, match=r"out_of_range: rows\.1\.score: must be from 0 to 5"):
        read_json('{"kind": "a", "rows": [{"reason": "", "score": 1}, {"reason": "", "score": 7}]}', Nested)


@pytest.mark.parametrize(
    "reply", ["", "   ", "The picture is sharp, I give it a 4.", "{'reason': 'python', 'score': 4}", "4", "[1, 2]", "null"]
)
def test_a_reply_without_an_object_has_no_json(reply):
    assert why_of(reply) == Why.NO_JSON


@pytest.mark.parametrize(
    "reply",
    [
        "I'm sorry, but I can't help with that.",
        "I’m sorry, I can’t assist with identifying people.",
        "I cannot evaluate this image.",
        "Sorry, as an AI model I am unable to judge people.",
        "Unfortunately I must decline.",
        "抱歉，我无法对这张图片进行评价。",
        "对不起，这个请求不合适。",
        "我不能协助完成此请求。",
    ],
)
def test_a_refusal_is_told_from_mere_prose(reply):
    assert why_of(reply) == Why.REFUSED


def test_an_answer_that_apologises_is_an_answer():
    assert read_json(f"I'm sorry for the delay. {GOOD}", Reply).score == 4.5


def test_a_reply_of_many_open_braces_ends_without_an_answer():
    assert why_of("{ " * 50_000) == Why.CUT_OFF


def test_a_reply_of_many_nested_braces_ends_without_an_answer():
    assert why_of('{"a":' * 20_000) == Why.CUT_OFF
    assert why_of('{"a":' * 20_000 + "1" + "}" * 20_000) == Why.NO_JSON


def test_a_draft_in_thoughts_that_never_end_is_no_answer():
    assert why_of(f"<think>Perhaps {GOOD}? Let me look again") == Why.CUT_OFF


@given(st.text(st.characters(exclude_characters="{}"), max_size=60), st.text(st.characters(exclude_characters="{}"), max_size=60))
def test_an_object_is_found_in_any_prose_without_braces(before, after):
    assert read_json(f"{before}{GOOD}{after}", Reply).score == 4.5


@given(st.text('{}[]":,\\\n a1e-', max_size=40))
def test_scraps_of_json_give_a_reason_and_no_crash(reply):
    with pytest.raises(Unusable):
        read_json(reply, Reply)
