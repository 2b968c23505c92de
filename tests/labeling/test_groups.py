"""Which tasks are one group, which side a group is on, and that no suggestion about a task of the test side reaches anybody."""

import uuid
from dataclasses import replace
from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction

from labeling import groups
from labeling.data_in.bench_values import BenchImage
from labeling.data_in.write_task import rewrite_task, write_task
from labeling.groups import TEST_SHARE, is_on_test_side, keys_of_task, name_group
from labeling.models import Answer, Arm, Assignment, Draw, GroupKey, Task
from labeling.protocol.adjudicate import confirm_adjudication, read_reveal, submit_blind, take_adjudication
from labeling.protocol.hidden import find_sight
from labeling.protocol.reap import give_back
from labeling.protocol.submission import Submission
from labeling.protocol.submit import submit_answer
from tests.factories import answer_as, dispute, lease_for, make_bundle, make_image, make_person, make_project
from tests.labeling.importing import run_import
from tests.labeling.material import make_bench, make_picture, make_record
from tests.labeling.raw_rows import answered, raw_answer, raw_assignment, raw_suggestion
from tests.labeling.test_write_task import make_content as make_bench_task

SIDES = import_module("labeling.migrations.0017_sides_of_tasks")
POLICIES = ["measured", "reveal", "all"]


def make_content(task_id, brief="", quantity=1, **changes):
    """An order without images; each has a brief of its own unless one is given."""
    changes = {"brief": brief or f"The brief of {task_id}.", "references": (), "sources": (), "editing": False} | changes
    return replace(make_bench_task(quantity), task_id=task_id, **changes)


def write(project, task_id, *images, **changes):
    """An order of the project with these reference images."""
    named = {f"{number}.png": image for number, image in enumerate(images, start=1)}
    references = tuple(BenchImage(number=number, name=name) for number, name in enumerate(named, start=1))
    return write_task(project, make_content(task_id, references=references, **changes), named)


def place_all(monkeypatch, *, on_test_side):
    """Let every group drawn from now on be on that side."""
    for module in (groups, SIDES):
        monkeypatch.setattr(module, "TEST_SHARE", 1.0 if on_test_side else 0.0)


def make_suggested(monkeypatch, policy):
    """A candidate on the test side of a project whose version in use has said something about it."""
    place_all(monkeypatch, on_test_side=True)
    project = make_project(policy=policy, control_share=0, model_version="tiny-1")
    bundle = make_bundle(write(project, "product-013", quantity=1))
    candidate = bundle.candidates.select_related("project", "bundle__task").first()
    raw_suggestion(candidate)
    return candidate


@pytest.mark.pure
def test_spaces_case_and_width_make_no_other_key_and_a_name_alone_makes_none():
    keys = keys_of_task("Logo", "A red  fox.\n", ["b", "a"])

    assert keys == keys_of_task(" logo", "a ＲＥＤ fox.", ["a", "b"])
    assert keys > {"a", "b"}
    assert keys.isdisjoint(keys_of_task("Logo", "A blue fox.", []))
    assert keys_of_task("Logo", "  ", []) == frozenset()


@pytest.mark.pure
def test_the_side_is_a_seeded_draw_of_a_tenth_of_the_groups():
    names = [name_group(f"digital-{number:03d}", ()) for number in range(4000)]

    first, other = ([is_on_test_side(seed, name) for name in names] for seed in (7, 8))

    # Five standard deviations of 4,000 draws of 10 %: 5 * sqrt(4000 * 0.1 * 0.9) = 95.
    assert abs(sum(first) - 4000 * TEST_SHARE) < 95
    # Two draws of their own meet in 10 % of 10 %.
    assert sum(a and b for a, b in zip(first, other, strict=True)) < 40 + 32
    assert first == [is_on_test_side(7, name) for name in names]


@pytest.mark.django_db
def test_tasks_that_share_a_brief_or_a_picture_are_one_group():
    project, photo = make_project(), make_image()

    first = write(project, "product-001", photo)
    same_photo = write(project, "product-002", make_image(), photo)
    same_brief = write(project, "product-003", brief="The brief of  PRODUCT-001.")
    alone = write(project, "product-004", make_image())
    elsewhere = write(make_project(), "product-001", photo)

    assert first.group == same_photo.group == same_brief.group
    assert len({first.group, alone.group}) == 2
    assert {first.is_test_side, same_photo.is_test_side} == {is_on_test_side(project.seed, first.group)}
    assert elsewhere.is_test_side == is_on_test_side(elsewhere.project.seed, elsewhere.group)


@pytest.mark.django_db
def test_a_task_that_joins_two_groups_is_on_the_test_side_of_one_and_moves_nobody(monkeypatch):
    project, one, two = make_project(), make_image(), make_image()
    place_all(monkeypatch, on_test_side=False)
    training = write(project, "product-001", one)
    place_all(monkeypatch, on_test_side=True)
    tested = write(project, "product-002", two)
    place_all(monkeypatch, on_test_side=False)

    both = write(project, "product-003", one, two)

    assert (both.group, both.is_test_side) == (tested.group, True)
    training.refresh_from_db()
    assert not training.is_test_side


@pytest.mark.django_db
def test_new_content_changes_what_a_task_shares_but_never_its_side(monkeypatch):
    project, photo = make_project(), make_image()
    place_all(monkeypatch, on_test_side=True)
    tested = write(project, "product-001", photo)
    place_all(monkeypatch, on_test_side=False)
    task = write(project, "product-002")

    content = make_content("product-002", references=(BenchImage(number=1, name="1.png"),))
    rewrite_task(task, content, {"1.png": photo}, None)

    task.refresh_from_db()
    assert not task.is_test_side
    assert task.group != tested.group
    assert set(task.keys.values_list("key", flat=True)) == keys_of_task(content.name, content.brief, [photo.sha256])


@pytest.mark.django_db
def test_an_import_gives_each_task_its_side_and_importing_again_changes_none(tmp_path):
    records = [make_record(f"digital-{number:03d}") for number in range(1, 5)]
    for number, record in enumerate(records[2:]):
        record["original_task_data"]["requirements_original"] = f"Something else {number}"
    refs = {f"C-Digital/refs/task_{number:03d}/1.png": make_picture(color=(9, 9, 9)) for number in (1, 4)}
    make_bench(tmp_path, {"Digital": records}, refs)
    project = make_project()

    run_import(project, "bench", tmp_path)
    told = list(project.tasks.order_by("external_id").values_list("external_id", "group", "is_test_side"))
    run_import(project, "bench", tmp_path)

    # 1 and 2 have one brief, 1 and 4 one picture.
    assert [told[0][1] == group for _id, group, _side in told] == [True, True, False, True]
    assert [side for _id, group, side in told] == [is_on_test_side(project.seed, group) for _id, group, side in told]
    assert list(project.tasks.order_by("external_id").values_list("external_id", "group", "is_test_side")) == told


@pytest.mark.django_db
@pytest.mark.parametrize("policy", POLICIES)
def test_both_seats_of_the_test_side_are_blind_in_answers_that_come_late_too(monkeypatch, policy):
    candidate = make_suggested(monkeypatch, policy)
    late = lease_for(make_person(candidate.project), candidate)
    give_back(late, "expired")

    submit_answer(late.public_id, late.person, Submission(verdict="accept"), uuid.uuid4())
    answer_as(make_person(candidate.project), candidate, "accept")

    assert set(Assignment.objects.values_list("arm", "suggestion")) == {("blind", None)}
    assert set(Answer.objects.values_list("exposure", flat=True)) == {"none"}
    assert Draw.objects.get().is_control


@pytest.mark.django_db
@pytest.mark.parametrize("policy", POLICIES)
def test_an_adjudicator_of_the_test_side_is_shown_no_suggestion(monkeypatch, policy):
    candidate = make_suggested(monkeypatch, policy)
    dispute(candidate)
    person = make_person(candidate.project)
    lease = take_adjudication(candidate.project, person)
    submit_blind(lease.public_id, person, Submission(verdict="accept"), uuid.uuid4())

    reveal = read_reveal(lease.public_id, person)
    confirm_adjudication(lease.public_id, person, "taste", None, uuid.uuid4())

    assert reveal.suggestion is None
    assert set(Answer.objects.values_list("exposure", flat=True)) == {"none"}


@pytest.mark.django_db
@pytest.mark.parametrize("policy", POLICIES)
def test_gold_and_repeats_of_the_test_side_are_blind(monkeypatch, policy):
    candidate = make_suggested(monkeypatch, policy)
    person = make_person(candidate.project)
    answer_as(person, candidate, "accept")

    sights = [find_sight(candidate, one, purpose) for one, purpose in ((make_person(candidate.project), "gold"), (person, "repeat"))]

    assert sights == [(Arm.BLIND, None)] * 2


@pytest.mark.django_db
def test_the_database_refuses_to_put_a_task_that_was_given_out_on_the_test_side(monkeypatch):
    place_all(monkeypatch, on_test_side=False)
    project = make_project(policy="all", model_version="tiny-1")
    bundle = make_bundle(write(project, "product-013", quantity=1))
    candidate = bundle.candidates.first()
    raw_suggestion(candidate)
    lease_for(make_person(project), candidate)

    with pytest.raises(IntegrityError, match="task_side_kept"), transaction.atomic():
        Task.objects.update(is_test_side=True)


def forget_sides():
    """The tasks as they were before there were groups."""
    GroupKey.objects.all().delete()
    Task.objects.update(group="", is_test_side=False)


@pytest.mark.django_db
def test_tasks_from_before_get_the_groups_and_sides_that_an_import_gives_now():
    project, photo = make_project(seed=3), make_image()
    for number in range(40):
        write(project, f"product-{number:03d}", *([photo] if number % 10 == 0 else []))
    columns = ("external_id", "group", "is_test_side")
    now, keys = list(Task.objects.order_by("pk").values_list(*columns)), GroupKey.objects.order_by("task", "key").values_list("task", "key")
    known = list(keys)
    forget_sides()

    SIDES.draw_sides(apps, SimpleNamespace(connection=connection))

    assert list(Task.objects.order_by("pk").values_list(*columns)) == now
    assert list(keys) == known
    assert {side for _id, _group, side in now} == {True, False}


@pytest.mark.django_db
def test_groups_of_which_somebody_may_have_seen_a_suggestion_stay_where_models_are_trained(monkeypatch):
    place_all(monkeypatch, on_test_side=False)
    project, photo = make_project(), make_image()
    drawn, shares, seen, answered_, control, untouched = (
        write(project, f"product-{number:03d}", *([photo] if number < 2 else [])) for number in range(6)
    )
    candidates = {task.pk: make_bundle(task).candidates.first() for task in (drawn, seen, answered_, control)}
    suggestions = {pk: raw_suggestion(candidate) for pk, candidate in candidates.items()}
    for task, is_control in ((drawn, False), (control, True)):
        row = {"policy": "all", "control_share": 0, "is_control": is_control, "suggestion": suggestions[task.pk]}
        Draw.objects.create(project=project, candidate=candidates[task.pk], round=1, **row)
    raw_assignment(candidates[seen.pk], make_person(project), arm="assisted")
    raw_answer(raw_assignment(candidates[answered_.pk], make_person(project), **answered()), exposure="revealed")
    raw_assignment(candidates[control.pk], make_person(project))
    forget_sides()
    place_all(monkeypatch, on_test_side=True)
    if connection.vendor == "sqlite":
        # As a migration finds it there, where they are dropped before and made again after.
        with connection.cursor() as cursor:
            cursor.execute("DROP TRIGGER task_side_kept")

    SIDES.draw_sides(apps, SimpleNamespace(connection=connection))

    tested = set(Task.objects.filter(is_test_side=True))
    assert tested == {control, untouched}, f"{shares} shares a photo with {drawn}"
