"""The rows that a task and a bundle become."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal

import pytest
from django.db import connection

from labeling.data_in.bench_values import BenchDeliverable, BenchImage, BenchPoint, BenchTask
from labeling.data_in.hard_rules import rules_from_json
from labeling.data_in.hard_rules.parse import parse_rules
from labeling.data_in.problem import Outcome, Place
from labeling.data_in.write_bundle import write_bundle, write_generator
from labeling.data_in.write_task import changed_parts, describe_task, plain_json, rewrite_task, write_task
from labeling.generators import KnownGenerator
from labeling.models import Bundle, Candidate, Event, Generator, State, Task
from labeling.protocol.intake import enter_queue
from tests.factories import make_generator, make_image, make_project, make_task

pytestmark = pytest.mark.django_db
RAW_RULES = {"visual_specs": {"dimensions": {"width": 21, "height": Decimal("3.8")}, "resolution": {"min_dpi": 300}}}


def make_content(quantity: int = 2, **changes) -> BenchTask:
    """An editing task with one reference at hand, one that is missing, and a source image."""
    rules, _lines = parse_rules(RAW_RULES, Place())
    deliverables = tuple(
        BenchDeliverable(number=k, name=f"Label {k}", price_usd=Decimal("50.00"), rules=rules, raw_rules=RAW_RULES)
        for k in range(1, quantity + 1)
    )
    content = BenchTask(
        task_id="product-013",
        category="Product",
        name="海报设计",
        brief="需求",
        price_usd=Decimal("100.01"),
        quantity=quantity,
        deliverables=deliverables,
        points=(BenchPoint(number=1, point_id="ep_001", text="清爽"), BenchPoint(number=2, point_id="ep_003", text="简洁")),
        references=(BenchImage(number=1, name="refs/1.png"), BenchImage(number=2, name=None)),
        sources=(BenchImage(number=1, name="inputs/1.jpg"),),
        editing=True,
    )
    return replace(content, **changes)


def make_images():
    return {"refs/1.png": make_image(), "inputs/1.jpg": make_image()}


def test_a_task_becomes_rows_and_its_first_version():
    project, images = make_project(), make_images()

    task = write_task(project, make_content(), images)

    assert (task.external_id, task.category, task.price_usd, task.quantity, task.is_editing) == (
        "product-013",
        "Product",
        Decimal("100.01"),
        2,
        True,
    )
    assert list(task.deliverables.values_list("number", "name", "listed_price_usd")) == [
        (1, "Label 1", Decimal("50.00")),
        (2, "Label 2", Decimal("50.00")),
    ]
    assert list(task.points.values_list("number", "point_id")) == [(1, "ep_001"), (2, "ep_003")]
    assert list(task.assets.values_list("role", "number", "image", "file")) == [
        ("reference", 1, images["refs/1.png"].pk, "refs/1.png"),
        ("reference", 2, None, ""),
        ("source", 1, images["inputs/1.jpg"].pk, "inputs/1.jpg"),
    ]
    assert task.versions.get().document == describe_task(make_content(), images)


def test_hard_rules_are_stored_typed_and_as_the_file_said_them():
    task = write_task(make_project(), make_content(), make_images())

    deliverable = task.deliverables.get(number=1)

    assert rules_from_json(deliverable.rules) == make_content().deliverables[0].rules
    assert deliverable.raw_rules == {"visual_specs": {"dimensions": {"width": 21, "height": 3.8}, "resolution": {"min_dpi": 300}}}


@pytest.mark.parametrize(("value", "stored"), [(Decimal("3.8"), 3.8), (Decimal("1e400"), "1E+400"), ([Decimal(2), None], [2.0, None])])
def test_exact_decimals_become_numbers_a_json_column_can_hold(value, stored):
    assert plain_json(value) == stored


def test_an_image_that_could_not_be_stored_counts_as_missing_but_keeps_its_name():
    task = write_task(make_project(), make_content(), {})

    source = task.assets.get(role="source")

    assert (source.image, source.file) == (None, "inputs/1.jpg")
    assert task.versions.get().document["sources"] == [{"number": 1, "file": "inputs/1.jpg", "sha256": None}]


def test_changed_parts_names_what_differs():
    images = make_images()
    old, new = describe_task(make_content(), images), describe_task(make_content(brief="anders", price_usd=Decimal("7.00")), images)

    assert changed_parts(old, new) == ["brief", "price_usd"]
    assert changed_parts(old, old) == []


def test_new_content_is_the_next_version_and_the_old_one_stays_readable():
    images = make_images()
    task = write_task(make_project(), make_content(), images)

    rewrite_task(task, make_content(brief="anders", points=make_content().points[:1]), images, None)

    task = Task.objects.get(pk=task.pk)
    assert (task.version, task.brief, task.points.count(), task.assets.count()) == (2, "anders", 1, 3)
    assert [version.document["brief"] for version in task.versions.order_by("number")] == ["需求", "anders"]
    event = Event.objects.get(project=task.project, kind=Event.Kind.TASK_CHANGED)
    assert event.data == {"task": "product-013", "version": 2, "changed": ["brief", "points"]}
    assert task.versions.get(number=2).event == event


def test_deliverables_that_stay_keep_their_rows():
    task = write_task(make_project(), make_content(quantity=2), make_images())
    before = list(task.deliverables.values_list("pk", flat=True))

    rewrite_task(task, make_content(quantity=3), make_images(), None)

    assert list(task.deliverables.values_list("pk", flat=True))[:2] == before
    assert task.deliverables.count() == 3


def test_the_row_of_a_deliverable_that_goes_stays_as_long_as_it_has_candidates():
    images = make_images()
    task = write_task(make_project(), make_content(quantity=3), images)
    write_bundle(task, make_generator(), {(2, 1): make_image()}, 1)

    rewrite_task(task, make_content(quantity=1), images, None)

    task = Task.objects.get(pk=task.pk)
    assert (task.version, task.quantity, [row.number for row in task.deliverables.all()]) == (2, 1, [1, 2])


def test_a_deliverable_that_has_gone_takes_no_more_candidates():
    images = make_images()
    task = write_task(make_project(), make_content(quantity=2), images)
    write_bundle(task, make_generator(), {(2, 1): make_image()}, 1)
    rewrite_task(task, make_content(quantity=1), images, None)

    with pytest.raises(ValueError, match=r"no deliverable \[2\]"):
        write_bundle(task, make_generator(), {(2, 1): make_image()}, 1)


def test_a_bundle_is_staged_and_stands_in_the_queue_once_it_is_entered():
    task = make_task(make_project(), quantity=3)

    written = write_bundle(task, make_generator(), {(k, 1): make_image() for k in (1, 2, 3)}, 4)

    rows = list(Candidate.objects.filter(bundle=written.bundle).order_by("sort"))
    assert [(row.state, row.q_state, row.is_submitted_sample) for row in rows] == [(State.STAGED, 6, True)] * 3
    # sort = place * 256 + deliverable number
    assert [row.sort - written.bundle.place * 256 for row in rows] == [1, 2, 3]
    assert enter_queue(written.staged_ids, None) == 3
    assert set(Candidate.objects.values_list("state", "q_state")) == {(State.OPEN, 0)}


def test_bundles_of_one_task_lie_apart():
    task = make_task(make_project())

    places = [write_bundle(task, make_generator(), {(1, 1): make_image()}, 4).bundle.place for _ in range(4)]

    # Four generators: at least 1/8 of the circular range of 2^40 between any two.
    ordered = sorted(places)
    gaps = [high - low for low, high in zip(ordered, [*ordered[1:], ordered[0] + 2**40], strict=True)]
    assert min(gaps) >= 2**40 // 8


def test_the_seed_of_the_project_decides_the_places():
    generator, places = make_generator(), []
    for _ in range(2):
        task = make_task(make_project(seed=42), external_id="digital-001")
        places.append(write_bundle(task, generator, {(1, 1): make_image()}, 4).bundle.place)

    assert places[0] == places[1]


def test_more_generators_than_announced_still_find_a_place():
    task = make_task(make_project())

    places = {write_bundle(task, make_generator(), {(1, 1): make_image()}, 1).bundle.place for _ in range(3)}

    assert len(places) == 3


def test_writing_a_bundle_again_changes_nothing():
    task, generator = make_task(make_project(), quantity=2), make_generator()
    pictures = {(k, 1): make_image() for k in (1, 2)}
    first = write_bundle(task, generator, pictures, 4)

    again = write_bundle(task, generator, pictures, 4)

    assert again.bundle == first.bundle
    assert [item.outcome for item in first.candidates] == [Outcome.CREATED] * 2
    assert [item.outcome for item in again.candidates] == [Outcome.UNCHANGED] * 2
    assert Candidate.objects.count() == 2


def test_another_image_of_a_staged_candidate_takes_its_place():
    task, generator = make_task(make_project()), make_generator()
    write_bundle(task, generator, {(1, 1): make_image()}, 1)
    better = make_image()

    written = write_bundle(task, generator, {(1, 1): better}, 1)

    assert written.candidates[0].outcome == Outcome.UPDATED
    assert Candidate.objects.get().image == better


def test_another_image_of_a_candidate_in_the_queue_is_a_conflict_and_is_not_written():
    task, generator, shown = make_task(make_project()), make_generator(), make_image()
    enter_queue(write_bundle(task, generator, {(1, 1): shown}, 1).staged_ids, None)

    written = write_bundle(task, generator, {(1, 1): make_image()}, 1)

    assert (written.candidates[0].outcome, written.staged_ids) == (Outcome.CONFLICT, [])
    assert Candidate.objects.get().image == shown


def test_only_the_first_sample_of_a_deliverable_is_the_submitted_one():
    task = make_task(make_project())

    write_bundle(task, make_generator(), {(1, 1): make_image(), (1, 2): make_image()}, 1)

    assert list(Candidate.objects.order_by("sample").values_list("sample", "is_submitted_sample")) == [(1, True), (2, False)]


def test_a_deliverable_the_task_does_not_have_is_refused_and_nothing_is_written():
    task = make_task(make_project(), quantity=2)

    with pytest.raises(ValueError, match=r"no deliverable \[3\]"):
        write_bundle(task, make_generator(), {(1, 1): make_image(), (3, 1): make_image()}, 1)

    assert not Bundle.objects.exists()


def test_a_generator_is_one_row_however_often_it_is_written():
    known = KnownGenerator(slug="gpt-image-1", name="GPT-Image-1", price_usd=Decimal("0.137406021"))
    first = write_generator(known)
    Generator.objects.update(display_name="Renamed by the lead")

    again = write_generator(known)

    assert (again, again.display_name) == (first, "Renamed by the lead")


@pytest.mark.django_db(transaction=True)
def test_two_imports_of_the_same_bundle_at_once_write_it_once():
    task, generator = make_task(make_project(), quantity=2), make_generator()
    pictures, start = {(k, 1): make_image() for k in (1, 2)}, threading.Barrier(4)

    def write(_number: int) -> int:
        start.wait()
        try:
            return write_bundle(task, generator, pictures, 4).bundle.pk
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as imports:
        bundles = set(imports.map(write, range(4)))

    assert len(bundles) == 1
    assert Candidate.objects.count() == 2
