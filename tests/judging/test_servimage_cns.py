"""Consistency: edits beside their source, and sets within the limits of a backend."""

import json

import pytest

from judging.rubrics.base import CannotAsk, Why
from tests.judging.servimage import ask, judge, why_of
from tests.judging.shown import make_material, make_sample, make_shown, set_reply

pytestmark = pytest.mark.pure
SOURCE = make_shown("green")
# The lists of the paper's appendix E, in its order.
EDIT_FLAGS = [
    "non_edit_changed",
    "edge_seam",
    "subject_drift",
    "lighting_conflict",
    "perspective_broken",
    "texture_damaged",
    "color_shift",
    "identity_lost",
]
SET_FLAGS = [
    "style_inconsistent",
    "color_palette_broken",
    "layout_divergent",
    "brand_unstable",
    "contrast_varies",
    "texture_inconsistent",
    "spacing_inconsistent",
]


def edit_reply(**fields):
    return json.dumps({"reason": "the face changed", "flags": ["identity_lost"], "score": 2} | fields)


def make_edit(**fields):
    return make_material(is_editing=True, sources=(SOURCE,), **fields)


def test_an_edit_is_shown_before_its_source():
    material = make_edit(references=(make_shown("yellow"),))

    question, = ask(material, "cns_edit")  # fmt: skip

    assert question.pictures == (material.samples[0].picture, SOURCE)
    assert "Picture 1 is an edited picture, picture 2 is the source" in question.prompt
    assert (question.layout, question.side_px) == ("each", 1024)


def test_an_edit_for_a_backend_of_one_picture_is_a_sheet():
    question, = ask(make_edit(), "cns_edit", pictures=1)  # fmt: skip

    assert (question.layout, len(question.pictures)) == ("sheet", 2)
    assert "You see one sheet with two pictures" in question.prompt
    assert [item.why for item in ask(make_edit(), "cns_edit", pictures=1, side_px=224)] == [Why.TOO_MANY_IMAGES]


@pytest.mark.parametrize("fields", [{}, {"is_editing": True}, {"sources": (SOURCE,)}])
def test_what_is_no_edit_or_lacks_its_source_is_not_asked_candidate_by_candidate(fields):
    asked = ask(make_material(2, **fields), "cns_edit")

    assert [(item.place.sample, item.why) for item in asked] == [(101, Why.NOT_APPLICABLE), (102, Why.NOT_APPLICABLE)]


def test_consistency_with_the_source_keeps_its_flags_once_each():
    reply = edit_reply(flags=["identity_lost", "edge_seam", "identity_lost"])

    value, = judge(make_edit(), "cns_edit", reply, sample=101)  # fmt: skip

    assert (value.concept, value.sample, value.value, value.comment) == ("cns_edit", 101, 2, "the face changed")
    assert value.detail == {"flags": ["identity_lost", "edge_seam"], "layout": "each"}


@pytest.mark.parametrize(
    ("fields", "why"),
    [({"score": 0}, Why.OUT_OF_RANGE), ({"score": 5.5}, Why.OUT_OF_RANGE), ({"flags": ["style_inconsistent"]}, Why.WRONG_SHAPE)],
)
def test_consistency_is_from_1_to_5_with_its_own_flags(fields, why):
    assert why_of(ask(make_edit(), "cns_edit")[0], edit_reply(**fields)) == why


@pytest.mark.parametrize(("part", "flags"), [("cns_edit", EDIT_FLAGS), ("cns_set", SET_FLAGS)])
def test_the_flags_are_those_of_the_paper_each_explained(part, flags):
    question = ask(make_material(2, is_editing=True, sources=(SOURCE,)), part)[0]

    enums = [found for model in find_models(question.schema) if (found := model["properties"].get("flags"))]
    assert [item["items"]["enum"] for item in enums] == [flags]
    assert [flag for flag in flags if f"{flag}: " not in question.prompt] == []


def find_models(schema):
    schema = schema.model_json_schema()
    return (schema, *schema.get("$defs", {}).values())


# CNS set.


def test_a_set_is_one_value_for_the_bundle_with_those_of_its_images_in_detail():
    value, = judge(make_material(2), "cns_set", set_reply(2, 3, flags=("brand_unstable",)))  # fmt: skip

    assert (value.concept, value.sample, value.value) == ("cns_set", None, 2.5)
    assert value.comment == "1. it is 2\n2. it is 3"
    assert value.detail["layout"] == "each"
    row = {"number": 2, "sample": 102, "reason": "it is 3", "flags": ["brand_unstable"], "score": 3}
    assert value.detail["images"][1] == row


@pytest.mark.parametrize("reply", [set_reply(3), set_reply(3, 3, 3), set_reply(3, 3).replace('"image": 2', '"image": 1')])
def test_a_set_needs_each_of_its_images_once(reply):
    assert why_of(ask(make_material(2), "cns_set")[0], reply) == Why.WRONG_COUNT


@pytest.mark.parametrize("score", [0, 6])
def test_consistency_of_a_set_is_from_1_to_5(score):
    assert why_of(ask(make_material(2), "cns_set")[0], set_reply(3, score)) == Why.OUT_OF_RANGE


def test_a_task_of_one_deliverable_has_no_set():
    assert [(item.place.sample, item.why) for item in ask(make_material(1), "cns_set")] == [(None, Why.NOT_APPLICABLE)]


def test_a_set_of_which_one_image_is_left_cannot_be_compared():
    material = make_material(quantity=3, samples=(make_sample(2),))

    assert [item.why for item in ask(material, "cns_set")] == [Why.PICTURE_LOST]


@pytest.mark.parametrize(
    ("count", "limits", "wanted"),
    [
        (4, {}, ("each", 1024)),
        (8, {}, ("each", 512)),
        (23, {"pictures": 8}, ("sheet", 2048)),
        (23, {"pictures": 32}, ("each", 512)),
        (23, {"pictures": 8, "side_px": 1024}, ("sheet", 1024)),
    ],
)
def test_a_set_is_one_request_smaller_or_on_a_sheet(count, limits, wanted):
    question, = ask(make_material(count), "cns_set", **limits)  # fmt: skip

    assert (question.layout, question.side_px) == wanted
    assert len(question.pictures) == len(question.samples) == count
    assert ("one sheet with 23 pictures" in question.prompt) == (wanted[0] == "sheet")


def test_a_set_that_fits_on_no_sheet_is_not_asked():
    # 23 pictures on 768 px: five columns of 153 px, below 160.
    asked = ask(make_material(23), "cns_set", pictures=8, side_px=768)

    assert asked == [CannotAsk(place=asked[0].place, why=Why.TOO_MANY_IMAGES)]
    assert (asked[0].place.part, asked[0].place.sample) == ("cns_set", None)


def test_the_score_of_a_sheet_says_that_it_comes_of_one():
    value, = judge(make_material(23), "cns_set", set_reply(*[4] * 22, 2), pictures=8)  # fmt: skip

    # (22 x 4 + 2) / 23
    assert value.value == pytest.approx(90 / 23)
    assert value.detail["layout"] == "sheet"
