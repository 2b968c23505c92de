"""What a card shows of a candidate, and that it shows nothing else."""

from __future__ import annotations

import dataclasses
from decimal import Decimal

import pytest

from labeling.cards import Card, make_cards
from labeling.models import Asset, Candidate
from labeling.rule_lines import list_rules
from labeling.templatetags.reading import language_of
from tests.factories import (
    answer_as,
    lease_for,
    make_bundle,
    make_candidate,
    make_generator,
    make_image,
    make_person,
    make_project,
    make_task,
)

pytestmark = pytest.mark.django_db


def card_of(candidate, person=None):
    return make_cards([lease_for(person or make_person(candidate.project), candidate)])[0]


def test_a_card_shows_the_price_of_one_deliverable():
    project = make_project()
    bundle = make_bundle(make_task(project, quantity=3, price_usd=Decimal("100.00")))

    card = card_of(bundle.candidates.select_related("project").get(deliverable__number=2))

    # 100.00 / 3 = 33.333..., shown in cents.
    assert (card.price_usd, card.number, card.quantity) == (Decimal("33.33"), 2, 3)


def test_reasons_that_cannot_apply_are_left_out_and_the_others_keep_their_digit():
    project = make_project()
    single = card_of(make_bundle(make_task(project)).candidates.select_related("project").get())
    editing = make_bundle(make_task(project, quantity=2, is_editing=True))
    both = card_of(editing.candidates.select_related("project").first())

    assert [reason.digit for reason in single.reasons] == [1, 2, 3, 4, 5, 8, 9]
    assert [reason.digit for reason in both.reasons] == [1, 2, 3, 4, 5, 6, 7, 8, 9]


def test_the_strip_shows_the_whole_delivery_in_order_and_marks_this_one():
    bundle = make_bundle(make_task(make_project(), quantity=3))

    card = card_of(bundle.candidates.select_related("project").get(deliverable__number=2))

    assert [(picture.number, picture.is_this) for picture in card.strip] == [(1, False), (2, True), (3, False)]


def test_a_held_sibling_stays_in_the_strip():
    bundle = make_bundle(make_task(make_project(), quantity=2))
    Candidate.objects.filter(bundle=bundle, deliverable__number=1).update(state="held", q_state=6)

    card = card_of(bundle.candidates.select_related("project").get(deliverable__number=2))

    assert len(card.strip) == 2


def test_missing_files_are_said_and_not_shown():
    candidate = make_candidate()
    task = candidate.deliverable.task
    task.is_editing = True
    task.save()
    Asset.objects.create(task=task, role="reference", number=1, image=make_image())
    Asset.objects.create(task=task, role="reference", number=2, image=None)
    Asset.objects.create(task=task, role="source", number=1, image=None)

    card = card_of(candidate)

    assert (len(card.references), card.missing_references, card.source_missing) == (1, 1, True)
    assert card.compare_with == card.references[0]
    assert not card.can_slide


def test_a_card_names_no_generator_and_has_no_field_for_seat_or_state():
    project = make_project()
    generator = make_generator(slug="secret-generator", display_name="Secret Generator")
    candidate = make_bundle(make_task(project), generator).candidates.select_related("project").get()
    answer_as(make_person(project), candidate, "accept")

    card = card_of(candidate)

    assert "ecret" not in repr(card)
    assert not {"seat", "state", "status", "purpose", "round", "generator"} & {field.name for field in dataclasses.fields(Card)}


def test_cards_take_a_fixed_number_of_queries(django_assert_num_queries, django_assert_max_num_queries):
    project = make_project()
    person = make_person(project)
    one = [lease_for(person, make_candidate(project))]
    three = [lease_for(person, make_bundle(make_task(project, quantity=4)).candidates.select_related("project").first()) for _ in range(2)]

    with django_assert_max_num_queries(15) as counted:
        make_cards(one)
    with django_assert_num_queries(len(counted)):
        make_cards([*one, *three])


def test_own_answer_says_how_long_it_can_be_changed():
    project = make_project(undo_minutes=15)
    person = make_person(project)
    candidate = make_candidate(project)
    answer_as(person, candidate, "reject", reasons=("blurry", "unreal"), note="soft")

    own = make_cards([person.assignments.get()])[0].own

    assert (own.verdict, own.reasons, own.note) == ("reject", ("blurry", "unreal"), "soft")
    assert 14 * 60 < own.changeable_for.total_seconds() <= 15 * 60


@pytest.mark.parametrize(
    ("rules", "lines"),
    [
        ([{"kind": "ratio", "text": "4:3", "width": 4, "height": 3}], [("met", "Ratio: 4:3", "")]),
        (
            [{"kind": "size", "boxes": [{"width": 3000, "height": 3000, "unit": "px"}]}],
            [("unmet", "Size: 3000 × 3000 px", "This one: 640 × 480 px")],
        ),
        (
            [{"kind": "file_type", "types": [{"name": "AI", "file_class": "vector"}]}],
            [("open", "File type: AI", "No picture file can meet this.")],
        ),
        (
            [{"kind": "dpi", "min_dpi": 8000, "weak": True}],
            [("doubtful", "Resolution: at least 8000 dpi", "Does not fit: this one has 72 dpi. Uncertain; a warning only.")],
        ),
    ],
)
def test_hard_rules_are_met_unmet_doubtful_or_open(rules, lines):
    image = make_image(width=640, height=480, dpi=72)

    found = list_rules(rules, image)

    assert [(line.status, line.text, line.note) for line in found] == lines


@pytest.mark.parametrize(
    ("text", "language"), [("logo 设计", "zh-Hans"), ("Logo design", "en"), ("ロゴ 設計", "ja"), ("", "en"), ("100 % — ok", "en")]
)
def test_a_text_tells_its_language(text, language):
    assert language_of(text) == language
