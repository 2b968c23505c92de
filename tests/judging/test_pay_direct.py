"""Asking straight out whether a client would pay."""

import json

import pytest

from judging.rubrics.base import Limits, Unusable, Value, Why
from judging.rubrics.pay_direct import PayDirect, parse
from judging.rubrics.registry import RUBRICS, get_rubric
from judging.rubrics.servimage_score import ServImageScore
from tests.judging.shown import make_material, make_shown

pytestmark = pytest.mark.pure
SOURCE = make_shown("green")
REFERENCES = tuple(make_shown((0, 0, shade)) for shade in range(10, 17))


def ask_one(material, **limits):
    question, = PayDirect().ask(material, Limits(**limits))  # fmt: skip
    return question


def reply(**fields):
    return json.dumps({"reason": "clean work", "verdict": "accept", "probability": 0.8} | fields)


def score(outcome):
    value, = PayDirect().score(make_material(), "pay", 101, [outcome])  # fmt: skip
    return value


def test_the_source_comes_first_then_references_then_the_candidate():
    material = make_material(is_editing=True, sources=(SOURCE,), references=REFERENCES[:2])

    question = ask_one(material)

    assert question.pictures == (SOURCE, *REFERENCES[:2], material.samples[0].picture)
    assert (
        "first the source that was to be edited, then 2 pictures that the client sent as reference, then the picture to be judged"
        in question.prompt
    )
    assert (question.part, question.sample, question.samples, question.side_px) == ("pay", 101, (101,), 1024)


@pytest.mark.parametrize(("limit", "sources", "references"), [(1, 0, 0), (2, 1, 0), (3, 1, 1), (8, 1, 6), (20, 1, 7)])
def test_no_more_pictures_are_shown_than_the_backend_takes(limit, sources, references):
    material = make_material(is_editing=True, sources=(SOURCE,), references=REFERENCES)

    question = ask_one(material, pictures=limit)

    assert len(question.pictures) == sources + references + 1 <= max(limit, 1)
    assert question.pictures == ((SOURCE,) * sources + REFERENCES[:references] + (material.samples[0].picture,))
    assert ("6 pictures of 7 that the client sent" in question.prompt) == (limit == 8)


def test_a_task_that_is_no_edit_shows_no_source():
    assert SOURCE not in ask_one(make_material(sources=(SOURCE,))).pictures


def test_many_pictures_are_sent_smaller():
    assert ask_one(make_material(references=REFERENCES[:4])).side_px == 512
    assert ask_one(make_material(references=REFERENCES[:4]), side_px=256).side_px == 256


def test_the_words_whose_logits_are_read_are_those_of_the_question():
    question = ask_one(make_material())

    assert question.yes_no == ("yes", "no")
    assert "Would this client accept the last picture as it is and pay for it: yes or no?" in question.prompt


def test_brief_points_deliverable_and_price_are_told():
    prompt = ask_one(make_material(brief="为茶馆设计海报", quantity=3)).prompt

    for told in ["为茶馆设计海报", "1. The name is readable", "2. 画面中有一只茶壶", "Poster 1", "138.89 US dollars (3 pictures in all)"]:
        assert told in prompt
    assert "evaluation points" not in ask_one(make_material(points=())).prompt


def test_verdict_stated_probability_and_reason_are_read():
    assert parse(reply()) == {"reason": "clean work", "verdict": "accept", "probability": 0.8}
    assert parse(reply(verdict="reject", probability=None))["probability"] is None


@pytest.mark.parametrize(
    ("fields", "why"),
    [({"probability": 80}, Why.OUT_OF_RANGE), ({"probability": -0.1}, Why.OUT_OF_RANGE), ({"verdict": "yes"}, Why.WRONG_SHAPE)],
)
def test_a_percentage_or_another_verdict_is_unusable(fields, why):
    with pytest.raises(Unusable) as caught:
        parse(reply(**fields))

    assert caught.value.why == why


def test_the_stated_probability_counts_where_there_is_no_other():
    detail = {"verdict": "accept", "stated": 0.8, "probability_from": "stated"}

    assert score(parse(reply())) == Value(concept="p_accept", sample=101, value=0.8, comment="clean work", detail=detail)


def test_the_probability_of_the_logits_counts_before_the_stated_one():
    value = score({**parse(reply()), "logit_probability": 0.0})

    assert value.value == 0.0
    assert value.detail == {"verdict": "accept", "stated": 0.8, "probability_from": "logits"}


def test_a_verdict_without_a_probability_is_no_score():
    value = score(parse(reply(probability=None)))

    assert (value.value, value.why, value.detail["verdict"], value.detail["probability_from"]) == (None, Why.WRONG_SHAPE, "accept", None)
    assert score({**parse(reply(probability=None)), "logit_probability": 0.3}).value == 0.3


def test_an_unusable_reply_is_no_score():
    assert score(Why.REFUSED) == Value(concept="p_accept", sample=101, value=None, why=Why.REFUSED)


def test_rubrics_are_found_by_name():
    assert isinstance(get_rubric("servimage_score"), ServImageScore)
    assert isinstance(get_rubric("pay_direct"), PayDirect)
    assert set(RUBRICS) >= {"servimage_score", "pay_direct", "hard_rules", "classical"}


def test_an_unknown_rubric_is_refused_with_those_there_are():
    with pytest.raises(ValueError, match="no rubric 'vibes'; there are servimage_score, pay_direct"):
        get_rubric("vibes")
