"""What is in the sample project."""

from collections import Counter

import pytest
from django.db import transaction

from labeling.image_store import open_derivative
from labeling.models import Assignment, Candidate, Decision, Event, Flag, Project, State, User
from labeling.protocol.adjudicate import take_adjudication
from labeling.protocol.lease import take_cards
from labeling.rule_lines import list_rules
from labeling.sample import load
from labeling.sample.drawing import canvas, fonts
from labeling.sample.drawing.flaws import draw_picture
from labeling.sample.drawing.goods import tea_box
from labeling.sample.drawing.hand import Hand
from labeling.sample.generators import GENERATORS
from labeling.sample.load import RIGHTS, load_sample


@pytest.fixture(scope="module")
def sample(django_db_setup, django_db_blocker):
    """The sample, drawn once for this module and taken back after it."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield load_sample()[0]
        transaction.set_rollback(True)


def count_rows() -> tuple[int, ...]:
    return tuple(model.objects.count() for model in (User, Candidate, Assignment, Decision, Event, Flag))


@pytest.mark.django_db
def test_the_sample_is_marked_and_covers_every_kind_of_order(sample):
    tasks = list(sample.tasks.prefetch_related("assets", "deliverables"))

    assert (sample.slug, sample.is_sample) == ("sample", True)
    # 7 + 9 + 8 = 24
    assert Counter(task.category for task in tasks) == {"Portrait": 7, "Product": 9, "Digital": 8}
    assert {task.quantity for task in tasks} >= {1, 2, 3, 4, 12}
    assert sum(task.is_editing for task in tasks) == 9
    assert sum(task.source_missing for task in tasks) == 1
    assert any(asset.role == "reference" for task in tasks for asset in task.assets.all())


@pytest.mark.django_db
def test_a_chinese_brief_has_three_thousand_characters_and_a_bundle_of_twelve(sample):
    task = sample.tasks.get(quantity=12)

    assert len(task.brief) >= 3000
    # Chinese characters and Chinese punctuation
    assert sum(letter > "\u2e80" for letter in task.brief) > 0.95 * len(task.brief)
    assert task.bundles.get().candidates.count() == 12


@pytest.mark.django_db
def test_four_generators_deliver_and_their_names_say_that_they_are_made_up(sample):
    names = set(sample.candidates.values_list("bundle__generator__display_name", flat=True))

    assert len(names) == len(GENERATORS) == 4
    assert all("made up" in name for name in names)


@pytest.mark.django_db
def test_every_picture_is_different_and_can_be_shown(sample):
    images = [candidate.image for candidate in sample.candidates.select_related("image")]

    assert len({image.sha256 for image in images}) == len(images)
    for image in images:
        with open_derivative(image, "thumb")[0] as file:
            assert file.read(2) == b"\xff\xd8"


@pytest.mark.django_db
def test_hard_rules_are_met_unmet_and_not_assessable(sample):
    rows = sample.candidates.select_related("deliverable", "image")

    statuses = Counter(line.status for row in rows for line in list_rules(row.deliverable.rules, row.image))

    assert all(statuses[status] > 0 for status in ("met", "unmet", "open"))


@pytest.mark.django_db
def test_the_four_accounts_have_no_password_and_one_right_each(sample):
    people = {row.person.username: row for row in sample.memberships.select_related("person")}

    assert set(people) == set(RIGHTS)
    assert not any(row.person.has_usable_password() for row in people.values())
    assert [sum((row.is_lead, row.can_label, row.can_adjudicate)) for row in people.values()] == [1, 1, 1, 1]


@pytest.mark.django_db
def test_answers_are_in_and_one_dispute_waits_for_the_adjudicator(sample):
    states = Counter(sample.candidates.values_list("state", flat=True))
    adjudicator = User.objects.get(username="adjudicator")

    lease = take_adjudication(sample, adjudicator)

    assert (states[State.SETTLED], states[State.DISPUTED], states[State.HELD], states[State.STAGED]) == (5, 1, 1, 0)
    assert Counter(Decision.objects.values_list("how", flat=True)) == {"consensus": 4, "adjudication": 1}
    assert lease is not None
    assert lease.candidate.state == State.DISPUTED
    assert Flag.objects.get(assignment__project=sample).replied_at is None


@pytest.mark.django_db
def test_work_waits_for_both_annotators_and_nobody_holds_any(sample):
    assert not Assignment.objects.filter(project=sample, status="leased").exists()

    for name in ("annotator", "annotator2"):
        assert len(take_cards(sample, User.objects.get(username=name))) == 3


@pytest.mark.django_db
def test_the_undo_window_is_open_for_answers_from_now_on(sample):
    assert Project.objects.get(pk=sample.pk).undo_minutes == 15


@pytest.mark.django_db
def test_making_the_sample_again_changes_nothing(sample, monkeypatch):
    before = count_rows()
    monkeypatch.setattr(load, "fill_gallery", None)

    project, is_new = load_sample()

    assert (project, is_new, count_rows()) == (sample, False, before)


def test_pictures_can_be_drawn_without_a_chinese_font(monkeypatch):
    monkeypatch.setattr(fonts, "chinese_font_file", lambda: None)
    monkeypatch.setattr(canvas, "chinese_font_file", lambda: None)

    data = draw_picture(tea_box("山茶", "TEA", "净含量"), Hand(subject="tea", style="any"), (120, 160))

    assert data.startswith(b"\xff\xd8")
