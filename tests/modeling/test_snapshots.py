"""What a snapshot freezes, what it leaves out, and that nothing changes it."""

import json
import os
import time
import uuid
from dataclasses import replace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from labeling.data_in.read_version import find_images, parse_document
from labeling.data_in.write_task import rewrite_task
from labeling.image_store import original_name
from labeling.jobs.context import JobFailed
from labeling.models import Assignment
from labeling.protocol.hold import withdraw_candidate
from labeling.protocol.submission import Submission
from labeling.protocol.submit import submit_answer
from modeling.models import Snapshot
from modeling.net.records import PictureMissing
from modeling.net.watch import Stopped
from modeling.snapshots.examples import load_examples
from modeling.snapshots.files import snapshot_folder
from modeling.snapshots.filters import Filters
from modeling.snapshots.make import make_snapshot
from modeling.snapshots.read import read_records
from tests.factories import adjudicate_as, agree, answer_as, dispute, lease_for, make_lead, make_person, make_project
from tests.labeling.raw_rows import raw_decision, raw_suggestion, update
from tests.modeling.made_snapshot import decide, draw_image, freeze, key_of, write_candidate, write_order, write_pictured

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def model_root(settings, tmp_path):
    settings.MODEL_ROOT = tmp_path
    return tmp_path


def make_suggested(project, **order):
    """A candidate about which the version in use, tiny-1, has said something."""
    candidate = write_candidate(write_order(project, **order))
    raw_suggestion(candidate)
    return candidate


def list_files(root):
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def read_lines(snapshot, name="records.jsonl"):
    return [json.loads(line) for line in (snapshot_folder(snapshot) / name).read_text().splitlines()]


def test_a_record_is_the_candidate_with_its_order_pictures_decision_and_answers():
    project, photo = make_project(), draw_image()
    task = write_order(project, photo, quantity=2)
    first, second = write_pictured(task).candidates.select_related("project", "image").order_by("pk")
    agree(first, "accept")

    snapshot, records = freeze(project)

    record, other = records[key_of(first)], records[key_of(second)]
    assert (record.accepts, record.is_blind, record.weight) == (True, True, 1.0)
    assert (other.accepts, other.is_blind) == (None, True)
    example = record.example
    assert (example.order.task, example.order.brief, example.order.quantity) == (task.external_id, task.brief, 2)
    assert (example.order.price_usd, example.order.points) == (100.01, ("清爽", "简洁"))
    assert [picture.sha256 for picture in example.order.references] == [photo.sha256]
    assert (example.picture.sha256, example.picture.width, example.picture.height) == (first.image.sha256, 32, 24)
    assert [picture.sha256 for picture in example.siblings] == [second.image.sha256]
    assert example.picture.read().startswith(b"\xff\xd8")
    line = next(line for line in read_lines(snapshot) if line["candidate"] == key_of(first))
    assert [(answer["purpose"], answer["seat"], answer["verdict"], answer["exposure"]) for answer in line["answers"]] == [
        ("primary", 1, "accept", "none"),
        ("primary", 2, "accept", "none"),
    ]
    assert (line["decision"]["how"], line["version"], line["generator"]) == ("consensus", 1, first.bundle.generator.slug)
    assert snapshot.event_id == project.events.latest("pk").pk


def test_examples_of_now_are_those_of_the_snapshot():
    project = make_project()
    candidates = [
        candidate
        for number in (1, 3)
        for candidate in write_pictured(write_order(project, draw_image(), quantity=number)).candidates.order_by("pk")
    ]
    _snapshot, records = freeze(project)

    with CaptureQueriesContext(
        connection,
    ) as asked:
        examples = load_examples([candidate.pk for candidate in reversed(candidates)])

    assert [example.key for example in examples] == [key_of(candidate) for candidate in reversed(candidates)]
    assert examples == [records[example.key].example for example in examples]
    assert len(asked) == 8, "the same for one candidate as for thousands"


def test_what_happens_later_changes_no_snapshot():
    project = make_project()
    task = write_order(project, draw_image())
    candidate = write_candidate(task)
    snapshot = make_snapshot(project, Filters(), None)
    before = read_records(snapshot)

    agree(candidate)
    document = task.versions.get().document
    rewrite_task(task, replace(parse_document(document), brief="Another brief."), find_images(document), None)

    assert read_records(snapshot) == before
    _later, records = freeze(project)
    assert (before[0].accepts, records[key_of(candidate)].accepts) == (None, True)
    assert (before[0].example.order.brief, records[key_of(candidate)].example.order.brief) == (task.brief, "Another brief.")


@pytest.mark.parametrize("name", ["manifest.json", "records.jsonl", "tasks.jsonl", "images.jsonl"])
def test_an_altered_file_is_named_and_not_read(name):
    project = make_project()
    decide(write_candidate(write_order(project)))
    snapshot, _records = freeze(project)
    path = snapshot_folder(snapshot) / name
    path.chmod(0o600)
    path.write_bytes(path.read_bytes() + b" ")

    with pytest.raises(JobFailed, match=name):
        read_records(snapshot)


def test_a_snapshot_whose_folder_is_elsewhere_says_so(settings, tmp_path):
    project = make_project()
    decide(write_candidate(write_order(project)))
    snapshot, _records = freeze(project)
    settings.MODEL_ROOT = tmp_path / "elsewhere"

    with pytest.raises(JobFailed, match="SERVIMAGE_MODELS"):
        read_records(snapshot)


def test_a_stopped_snapshot_leaves_nothing_and_an_empty_project_gives_none(model_root):
    project = make_project()
    with pytest.raises(JobFailed, match="no candidate"):
        make_snapshot(project, Filters(), None)
    decide(write_candidate(write_order(project)))

    with pytest.raises(Stopped):
        make_snapshot(project, Filters(), None, cancelled=lambda: True)

    assert list_files(model_root) == []
    assert not Snapshot.objects.exists()


def test_what_a_killed_snapshot_left_is_swept_away_and_one_under_way_is_not(model_root):
    project = make_project()
    decide(write_candidate(write_order(project)))
    beside = model_root / project.slug / "snapshots"
    for name, age in ((".part-killed", 3700), (".part-at-work", 60)):
        (beside / name).mkdir(parents=True)
        (beside / name / "draft.jsonl").write_text("{}")
        for path in (beside / name / "draft.jsonl", beside / name):
            os.utime(path, (time.time() - age,) * 2)

    snapshot, _records = freeze(project)

    assert sorted(path.name for path in beside.iterdir()) == [".part-at-work", snapshot_folder(snapshot).name]


def test_snapshots_are_numbered_and_the_same_labels_give_the_same_bytes(model_root):
    project = make_project()
    decide(write_candidate(write_order(project)))

    one, two = (make_snapshot(project, Filters(), make_lead(project)) for _ in range(2))

    # Each by its own name: another database may have a project of this one's.
    assert [row.folder for row in (one, two)] == [f"{project.slug}/snapshots/{row.number}-{row.public_id.hex[:8]}" for row in (one, two)]
    assert (snapshot_folder(one) / "records.jsonl").read_bytes() == (snapshot_folder(two) / "records.jsonl").read_bytes()
    assert not [name for name in list_files(model_root) if "part" in name]


def test_withdrawn_candidates_and_those_without_a_picture_are_left_out_and_counted():
    project = make_project()
    lead = make_lead(project)
    withdrawn, bare, kept = (write_candidate(write_order(project)) for _ in range(3))
    withdraw_candidate(withdrawn.public_id, lead, "sent twice")
    decide(bare)
    update(bare, image=None)

    snapshot, records = freeze(project)

    assert set(records) == {key_of(kept)}
    assert snapshot.counts["left_out"] == {"no_image": 1, "withdrawn": 1}
    assert (snapshot.counts["candidates"], snapshot.counts["no_label"]) == (1, {"undecided": 1})


def test_a_decision_about_another_image_is_none():
    project = make_project()
    candidate = write_candidate(write_order(project))
    agree(candidate)
    update(candidate, image=draw_image())

    snapshot, records = freeze(project)

    assert records[key_of(candidate)].accepts is None
    assert snapshot.counts["no_label"] == {"old_image": 1}


def test_each_label_names_the_version_its_author_had_on_screen():
    project = make_project(policy="measured", control_share=0, model_version="tiny-1")
    candidate, control = make_suggested(project), make_suggested(project, is_test_side=True)
    for one in (candidate, control):
        agree(one)

    snapshot, records = freeze(project)

    lines = {line["candidate"]: line for line in read_lines(snapshot)}
    seen = sorted((answer["arm"], answer["exposure"], answer["model_version"]) for answer in lines[key_of(candidate)]["answers"])
    assert seen == [("assisted", "prefilled", "tiny-1"), ("blind", "none", "")]
    assert {answer["model_version"] for answer in lines[key_of(control)]["answers"]} == {""}
    assert (records[key_of(candidate)].is_blind, records[key_of(control)].is_blind) == (False, True)
    assert snapshot.counts["taught_by"] == {"tiny-1": 1}
    assert snapshot.counts["test_side"] == {"blind": 1}


def test_who_kept_their_answer_after_the_reveal_had_seen_it_before_it_was_final():
    project = make_project(policy="reveal", control_share=0, model_version="tiny-1")
    candidate = make_suggested(project)
    agree(candidate)

    snapshot, records = freeze(project)

    [line] = read_lines(snapshot)
    assert {(answer["arm"], answer["exposure"], answer["model_version"]) for answer in line["answers"]} == {("reveal", "none", "tiny-1")}
    assert not records[key_of(candidate)].is_blind


def make_filtered_project():
    """Decided: blind, with a suggestion, adjudicated; and the same two on the test side, by adjudication."""
    project = make_project(policy="measured", control_share=0, model_version="tiny-1")
    blind, adjudicated = (write_candidate(write_order(project)) for _ in range(2))
    assisted, tested = make_suggested(project), write_candidate(write_order(project, is_test_side=True))
    agree(blind)
    agree(assisted)
    for candidate in (adjudicated, tested):
        dispute(candidate)
        adjudicate_as(make_person(project), candidate, "accept")
    return project, blind, assisted, adjudicated, tested


@pytest.mark.parametrize(
    ("filters", "silenced", "counted"),
    [
        ({}, None, {}),
        ({"blind_only": True}, "assisted", {"not_blind": 1}),
        ({"drop": "adjudicated"}, "adjudicated", {"adjudicated": 1}),
    ],
)
def test_filters_leave_out_what_they_say_and_never_touch_the_test_side(filters, silenced, counted):
    project, blind, assisted, adjudicated, tested = make_filtered_project()
    named = {"blind": blind, "assisted": assisted, "adjudicated": adjudicated, "tested": tested}

    snapshot, records = freeze(project, **filters)

    assert {name for name, row in named.items() if records[key_of(row)].accepts is None} == ({silenced} if silenced else set())
    assert snapshot.counts["no_label"] == counted
    assert sum(snapshot.counts["labels"].values()) == 4 - len(counted)


def test_decisions_with_a_suggestion_weigh_less_where_the_lead_wants_that():
    project, blind, assisted, adjudicated, tested = make_filtered_project()

    snapshot, records = freeze(project, assisted_weight=0.25)

    assert [records[key_of(row)].weight for row in (blind, assisted, adjudicated, tested)] == [1.0, 0.25, 1.0, 1.0]
    assert snapshot.counts["assisted"] == {"down_weighted": 1, "labels": 1}


def test_decisions_that_stay_uncertain_can_be_left_out_by_the_skills_of_their_people():
    project = make_project()
    people = [make_person(project) for _ in range(2)]
    # Two people who agree 12 times and differ twice: what they differ on is as likely one as the other.
    agreed = [write_candidate(write_order(project)) for _ in range(12)]
    differed = [write_candidate(write_order(project)) for _ in range(2)]
    # Where a project has a test side, all its other tasks teach.
    write_candidate(write_order(project, is_test_side=True))
    for number, candidate in enumerate(agreed):
        for person in people:
            answer_as(person, candidate, "accept" if number % 2 else "reject")
    for number, candidate in enumerate(differed):
        for place, person in enumerate(people):
            answer_as(person, candidate, "accept" if number == place else "reject")
        settle_past_protocol(candidate)

    snapshot, records = freeze(project, drop="uncertain")

    lines = {line["candidate"]: line for line in read_lines(snapshot)}
    assert [lines[key_of(row)]["dropped"] for row in differed] == ["uncertain"] * 2
    assert {lines[key_of(row)]["dropped"] for row in agreed} == {""}
    assert all(0.35 <= lines[key_of(row)]["posterior"] <= 0.65 for row in differed)
    assert all(records[key_of(row)].accepts is None for row in differed)
    assert snapshot.counts["no_label"] == {"uncertain": 2, "undecided": 1}


def settle_past_protocol(candidate):
    """Let a decision stand that no third label is behind."""
    raw_decision(candidate)
    update(candidate, state="settled", q_state=5, q_excl=0, q_excl2=0)


def test_decisions_from_elsewhere_on_the_test_side_count_as_blind_and_are_told_apart():
    project = make_project()
    candidate = decide(write_candidate(write_order(project, is_test_side=True)), "reject")

    snapshot, records = freeze(project)

    record = records[key_of(candidate)]
    assert (record.part, record.accepts, record.is_blind) == ("test", False, True)
    assert snapshot.counts["test_side"] == {"imported": 1}


def test_a_task_that_came_to_share_a_photo_with_the_test_side_is_set_aside():
    project, photo = make_project(), draw_image()
    tested = decide(write_candidate(write_order(project, photo, is_test_side=True)))
    leaking, plain = write_order(project), [decide(write_candidate(write_order(project))) for _ in range(9)]
    leak = decide(write_candidate(leaking))
    before = freeze(project)[1][key_of(leak)].part

    document = leaking.versions.get().document
    shown = [{"number": 1, "file": "1.png", "sha256": photo.sha256}]
    rewrite_task(leaking, parse_document(document | {"references": shown}), {"1.png": photo}, None)
    snapshot, records = freeze(project)

    assert before in ("train", "val")
    assert [records[key_of(row)].part for row in (tested, leak)] == ["test", "aside"]
    assert records[key_of(tested)].group == records[key_of(leak)].group
    assert {records[key_of(row)].part for row in plain} == {"train", "val"}
    assert (snapshot.counts["aside"], snapshot.counts["parts"]["aside"]) == ({"test_side": 1}, 1)


def test_tasks_are_held_together_by_one_that_has_no_candidate():
    project, one, two = make_project(), draw_image(), draw_image()
    tested = decide(write_candidate(write_order(project, one, is_test_side=True)))
    write_order(project, one, two)
    linked = decide(write_candidate(write_order(project, two)))

    _snapshot, records = freeze(project)

    assert (records[key_of(tested)].part, records[key_of(linked)].part) == ("test", "aside")


def test_a_generator_can_be_left_out_and_an_unknown_one_is_named():
    project = make_project()
    candidates = [decide(write_candidate(write_order(project))) for _ in range(4)]
    slug = candidates[0].bundle.generator.slug

    snapshot, records = freeze(project, split="logo", generator=slug)

    assert {key for key, record in records.items() if record.part == "test"} == {key_of(candidates[0])}
    assert snapshot.split == "logo"
    with pytest.raises(JobFailed, match="nobody-1"):
        freeze(project, split="logo", generator="nobody-1")


def test_a_lost_picture_is_told_when_it_is_read():
    from django.core.files.storage import default_storage

    project = make_project()
    candidate = decide(write_candidate(write_order(project)))
    _snapshot, records = freeze(project)
    picture = records[key_of(candidate)].example.picture
    for size in ("screen", "thumb"):
        default_storage.delete(f"derived/{size}/{picture.sha256[:2]}/{picture.sha256}.jpg")
    default_storage.delete(original_name(picture.sha256, picture.format))

    with pytest.raises(PictureMissing, match=picture.sha256):
        picture.read()


def test_an_answer_that_is_taken_later_is_not_in_a_snapshot_made_before_it():
    project = make_project()
    candidate = write_candidate(write_order(project))
    lease = lease_for(make_person(project), candidate)
    snapshot, _records = freeze(project)

    submit_answer(lease.public_id, lease.person, Submission(verdict="accept"), uuid.uuid4())

    assert [line["answers"] for line in read_lines(snapshot)] == [[]]
    assert Assignment.objects.get().status == "submitted"
