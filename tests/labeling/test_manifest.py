"""Candidate lists and label files: what is usable is read, everything else has its name, line and record."""

import io
import json

import pytest

from labeling.data_in.candidate_list import TaskKey
from labeling.data_in.codes import Code
from labeling.data_in.label_file import read_labels
from labeling.data_in.manifest import read_candidate_folders, read_candidate_manifest
from labeling.data_in.problem import ImportProblem, Outcome
from labeling.data_in.zip_source import ZipTree
from tests.labeling.material import make_folder, make_zip

pytestmark = pytest.mark.pure

TASKS = {
    "portrait-001": TaskKey(category="Portrait", quantity=1),
    "product-001": TaskKey(category="Product", quantity=1),
    "digital-002": TaskKey(category="Digital", quantity=3),
}


def show(bundles):
    """Bundles as plain values: record and (deliverable, sample, image) of each entry."""
    return {bundle.record: [(entry.deliverable, entry.sample, entry.image) for entry in bundle.entries] for bundle in bundles}


def make_lines(*records):
    return "".join((record if isinstance(record, str) else json.dumps(record)) + "\n" for record in records)


def make_entry(model="acme", task_id="product-001", deliverable=1, image="1.png", **more):
    return {"model": model, "task_id": task_id, "deliverable": deliverable, "image": image, **more}


def read_entries(tmp_path, *records, files=("1.png", "2.png")):
    tree = make_folder(tmp_path, {"manifest.jsonl": make_lines(*records), **dict.fromkeys(files, b"x")})
    return read_candidate_manifest(tree, "manifest.jsonl", TASKS)


def read(*records):
    return read_labels(io.BytesIO(make_lines(*records).encode()), "labels.jsonl", TASKS)


def make_labels(model="acme", task_id="product-001", category="C-Product", **annotations):
    return {"model": model, "task_id": task_id, "category": category, "annotations": annotations or {"subtask_1": True}}


def problems(found):
    """Each line of a report: (line number, field, code)."""
    return [(line.line, line.field, line.code) for line in found.lines]


@pytest.mark.parametrize("prefix", ["", "upload/candidates/"])
def test_candidates_are_found_in_folders_of_generator_and_task(tmp_path, prefix):
    names = ["acme/digital-002/1.jpg", "acme/digital-002/2.JPEG", "acme/digital-002/3.webp", "GPT-5 Image/product-001/1.png"]
    files = {f"{prefix}{name}": b"x" for name in names}

    for tree in (make_folder(tmp_path, files), ZipTree(make_zip(files))):
        found = read_candidate_folders(tree, TASKS)

        assert found.lines == ()
        assert show(found.bundles) == {
            "acme/digital-002": [(k, 1, f"{prefix}{names[k - 1]}") for k in (1, 2, 3)],
            "gpt-image-1/product-001": [(1, 1, f"{prefix}{names[3]}")],
        }


def test_spellings_of_one_generator_make_one_bundle(tmp_path):
    files = {
        "mj-relax-imagine_4/digital-002/1.png": b"x",
        "MJ-Relax-Imagine/digital-002/2.png": b"x",
        "Mj Relax Imagine/digital-002/1.png": b"y",
    }

    found = read_candidate_folders(make_folder(tmp_path, files), TASKS)

    assert show(found.bundles) == {
        "mj-relax-imagine/digital-002": [
            (1, 1, "Mj Relax Imagine/digital-002/1.png"),
            (2, 1, "MJ-Relax-Imagine/digital-002/2.png"),
        ]
    }
    assert [(line.file, line.code, line.outcome) for line in found.lines] == [
        ("mj-relax-imagine_4/digital-002/1.png", Code.DUPLICATE_CANDIDATE, Outcome.REJECTED),
        ("Mj Relax Imagine/digital-002/1.png", Code.INCOMPLETE_BUNDLE, Outcome.WARNING),
    ]
    assert found.lines[1].params["missing"] == "3"


def test_names_that_are_no_candidates_are_refused_and_the_rest_goes_on(tmp_path):
    files = {
        "acme/product-001/1.png": b"x",
        "acme/product-001/cover.png": b"x",
        "acme/product-001/0.png": b"x",
        "acme/product-001/1.svg": b"x",
        "acme/product-001/2.png": b"x",
        "acme/product-999/1.png": b"x",
        "---/product-001/1.png": b"x",
        "loose.png": b"x",
        "refs/product-001/1.png": b"x",
        "readme.md": b"x",
        "truth.jsonl": b"x",
    }

    found = read_candidate_folders(make_folder(tmp_path, files), TASKS)

    assert list(show(found.bundles)) == ["acme/product-001"]
    assert {line.file: line.code for line in found.lines} == {
        "acme/product-001/cover.png": Code.UNUSABLE_NAME,
        "acme/product-001/0.png": Code.UNUSABLE_NAME,
        "acme/product-001/1.svg": Code.UNUSABLE_NAME,
        "acme/product-001/2.png": Code.NO_SUCH_DELIVERABLE,
        "acme/product-999/1.png": Code.UNKNOWN_TASK,
        "---/product-001/1.png": Code.BAD_GENERATOR,
        "loose.png": Code.UNUSABLE_NAME,
        "refs/product-001/1.png": Code.RESERVED_FOLDER,
    }


def test_source_images_beside_the_candidates_are_found(tmp_path):
    files = {f"out/inputs/portrait-001/{k}.png": b"x" for k in (2, 10, 1)} | {"out/inputs/portrait-999/1.png": b"x"}

    found = read_candidate_folders(make_folder(tmp_path, files), TASKS)

    assert found.sources == {"portrait-001": tuple(f"out/inputs/portrait-001/{k}.png" for k in (1, 2, 10))}
    assert found.bundles == found.lines == ()


def test_a_manifest_lists_candidates_and_samples(tmp_path):
    found = read_entries(
        tmp_path, make_entry(), make_entry(sample=2, image="2.png"), make_entry("GPT-Image-1", image="2.png", flaws={"blur": 1})
    )

    assert found.lines == ()
    assert show(found.bundles) == {
        "acme/product-001": [(1, 1, "1.png"), (1, 2, "2.png")],
        "gpt-image-1/product-001": [(1, 1, "2.png")],
    }
    assert found.bundles[0].entries[1].place.line == 2


def test_images_are_relative_to_the_manifest(tmp_path):
    files = {"out/manifest.jsonl": make_lines(make_entry(image="acme/./1.png")), "out/acme/1.png": b"x"}

    found = read_candidate_manifest(make_folder(tmp_path, files), "out/manifest.jsonl", TASKS)

    assert show(found.bundles) == {"acme/product-001": [(1, 1, "out/acme/1.png")]}


@pytest.mark.parametrize(
    ("record", "code", "field"),
    [
        ("{", Code.BAD_JSON, ""),
        ("[]", Code.WRONG_TYPE, ""),
        ({"task_id": "product-001"}, Code.MISSING_KEY, "image"),
        (make_entry(task_id="product-999"), Code.UNKNOWN_TASK, ""),
        (make_entry(deliverable=2), Code.NO_SUCH_DELIVERABLE, ""),
        (make_entry(deliverable=0), Code.OUT_OF_RANGE, "deliverable"),
        (make_entry(deliverable="1"), Code.WRONG_TYPE, "deliverable"),
        (make_entry(deliverable=True), Code.WRONG_TYPE, "deliverable"),
        (make_entry(sample=0), Code.OUT_OF_RANGE, "sample"),
        (make_entry(model="..."), Code.BAD_GENERATOR, ""),
        (make_entry(model="a\0"), Code.BAD_CHARACTERS, ""),
        (make_entry(image="3.png"), Code.MISSING_FILE, "image"),
        (make_entry(image="../outside.png"), Code.UNSAFE_NAME, "image"),
        (make_entry(image="/etc/passwd"), Code.UNSAFE_NAME, "image"),
        (make_entry(image="a\\1.png"), Code.UNSAFE_NAME, "image"),
        ('"' + "x" * 1_000_001 + '"', Code.LINE_TOO_LONG, ""),
    ],
)
def test_a_faulty_line_of_a_manifest_is_refused_by_number_and_the_rest_goes_on(tmp_path, record, code, field):
    (tmp_path / "outside.png").write_bytes(b"x")

    found = read_entries(tmp_path / "root", "", record, make_entry(image="2.png"))

    assert show(found.bundles) == {"acme/product-001": [(1, 1, "2.png")]}
    assert problems(found) == [(2, field, code)]
    assert found.lines[0].outcome == Outcome.REJECTED


def test_an_entry_that_is_there_twice_counts_once(tmp_path):
    found = read_entries(tmp_path, make_entry(), make_entry(), make_entry(image="2.png"))

    assert show(found.bundles) == {"acme/product-001": [(1, 1, "1.png")]}
    assert problems(found) == [(2, "", Code.REPEATED_CANDIDATE), (3, "", Code.DUPLICATE_CANDIDATE)]


def test_a_manifest_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ImportProblem) as caught:
        read_candidate_manifest(make_folder(tmp_path, {}), "manifest.jsonl", TASKS)

    assert caught.value.code == Code.MISSING_FILE


def test_labels_are_read_by_deliverable():
    found = read(
        make_labels("GPT-5 Image"), make_labels("acme", "digital-002", "C-Digital", subtask_3=False, subtask_1=True, subtask_2=False)
    )

    assert found.lines == ()
    assert [(row.generator.slug, row.task_id, row.labels, row.complete) for row in found.rows] == [
        ("gpt-image-1", "product-001", {1: True}, True),
        ("acme", "digital-002", {1: True, 2: False, 3: False}, True),
    ]


def test_an_extra_label_is_reported_and_ignored():
    # The paper's example gives portrait-001 two subtasks; the task has one deliverable.
    found = read(make_labels(task_id="portrait-001", category="C-Portrait", subtask_1=True, subtask_2=True))

    assert [(row.labels, row.complete) for row in found.rows] == [({1: True}, True)]
    assert problems(found) == [(1, "annotations.subtask_2", Code.EXTRA_SUBTASK)]


def test_a_missing_label_is_no_rejection_and_leaves_the_row_incomplete():
    found = read(make_labels(task_id="digital-002", category="C-Digital", subtask_2=False))

    assert [(row.labels, row.complete) for row in found.rows] == [({2: False}, False)]
    assert problems(found) == [(1, f"annotations.subtask_{k}", Code.MISSING_SUBTASK) for k in (1, 3)]


@pytest.mark.parametrize(
    ("value", "labels", "code"),
    [
        (None, {}, Code.NULL_LABEL),
        (1, {1: True}, Code.NUMBER_LABEL),
        (0, {1: False}, Code.NUMBER_LABEL),
        (2, {}, Code.NON_BOOLEAN_LABEL),
        (1.0, {}, Code.NON_BOOLEAN_LABEL),
        ("true", {}, Code.NON_BOOLEAN_LABEL),
        ([True], {}, Code.NON_BOOLEAN_LABEL),
    ],
)
def test_a_label_that_is_not_true_or_false_has_its_problem(value, labels, code):
    found = read(make_labels(subtask_1=value))

    assert [(row.labels, row.complete) for row in found.rows] == [(labels, bool(labels))]
    assert problems(found) == [(1, "annotations.subtask_1", code)]


@pytest.mark.parametrize("key", ["subtask_0", "subtask_01", "subtask_", "subtask_x", "SUBTASK_1", "1", "subtask_1 "])
def test_a_key_of_another_form_is_reported_and_ignored(key):
    found = read(make_labels(subtask_1=True, **{key: False}))

    assert found.rows[0].labels == {1: True}
    assert problems(found) == [(1, f"annotations.{key}", Code.BAD_SUBTASK_KEY)]


@pytest.mark.parametrize(
    ("record", "code", "field"),
    [
        ("not json", Code.BAD_JSON, ""),
        (b"\xff".decode("latin-1"), Code.BAD_JSON, ""),
        ("3", Code.WRONG_TYPE, ""),
        (make_labels(model=""), Code.BLANK_TEXT, "model"),
        (make_labels(model="???"), Code.BAD_GENERATOR, "model"),
        (make_labels(task_id="product-999"), Code.UNKNOWN_TASK, "task_id"),
        (make_labels(category="C-Digital"), Code.WRONG_CATEGORY, "category"),
        (make_labels(category="Product"), Code.WRONG_CATEGORY, "category"),
        ({"model": "acme", "task_id": "product-001", "category": "C-Product"}, Code.MISSING_KEY, "annotations"),
        (make_labels() | {"annotations": [True]}, Code.WRONG_TYPE, "annotations"),
    ],
)
def test_a_faulty_line_of_labels_is_refused_by_number_and_the_rest_goes_on(record, code, field):
    found = read(record, "", make_labels())

    assert [row.place.line for row in found.rows] == [3]
    assert problems(found) == [(1, field, code)]
    assert found.lines[0].outcome == Outcome.REJECTED


def test_a_line_that_says_the_same_again_is_a_warning():
    found = read(make_labels("gpt-image-1"), make_labels("GPT-5 Image"))

    assert len(found.rows) == 1
    assert [(line.line, line.code, line.outcome, line.params["other"]) for line in found.lines] == [
        (2, Code.DUPLICATE_LABELS, Outcome.WARNING, 1)
    ]


def test_a_line_that_says_otherwise_is_refused_and_the_first_one_stands():
    found = read(make_labels(subtask_1=True), make_labels(subtask_1=False))

    assert found.rows[0].labels == {1: True}
    assert [(line.line, line.code, line.outcome) for line in found.lines] == [(2, Code.CONFLICTING_LABELS, Outcome.REJECTED)]


@pytest.mark.parametrize(("second", "labels", "codes"), [("true", {1: True}, []), ("false", {}, [Code.REPEATED_SUBTASK])])
def test_two_labels_for_one_deliverable_in_one_line_count_only_if_they_agree(second, labels, codes):
    text = json.dumps(make_labels()).replace('"subtask_1": true', f'"subtask_1": true, "subtask_1": {second}')

    found = read(text)

    assert found.rows[0].labels == labels
    assert [line.code for line in found.lines] == codes


def test_line_separators_inside_texts_do_not_break_lines():
    found = read(json.dumps(make_labels("a\u2028b"), ensure_ascii=False), make_labels())

    assert [(row.place.line, row.generator.slug) for row in found.rows] == [(1, "a-b"), (2, "acme")]
    assert found.lines == ()


def test_a_byte_order_mark_and_windows_line_ends_are_no_fault():
    data = (
        b"\xef\xbb\xbf"
        + make_lines(make_labels(), make_labels(task_id="portrait-001", category="C-Portrait")).replace("\n", "\r\n").encode()
    )

    found = read_labels(io.BytesIO(data), "labels.jsonl", TASKS)

    assert (len(found.rows), found.lines) == (2, ())


def test_text_that_is_not_utf_8_has_its_problem():
    found = read_labels(io.BytesIO(b'{"model": "\xff"}\n'), "labels.jsonl", TASKS)

    assert problems(found) == [(1, "", Code.BAD_ENCODING)]


def test_a_report_line_carries_its_place_and_sentence():
    (line,) = read(make_labels(category="C-Digital")).lines

    assert line.as_json() == {
        "outcome": "rejected",
        "file": "labels.jsonl",
        "line": 1,
        "record": "acme/product-001",
        "field": "category",
        "code": "wrong_category",
        "reason": "C-Digital; this is a task of C-Product.",
    }
