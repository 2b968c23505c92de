"""Importing candidates that are there already, without reading their pictures."""

from __future__ import annotations

import hashlib
import json
import os
import time

import pytest

from labeling.data_in import keep_pictures, units
from labeling.data_in.folder_source import FolderTree
from labeling.data_in.keep_pictures import read_file
from labeling.data_in.seen_files import SeenFiles
from labeling.models import Candidate, ImportConflict
from tests.factories import lease_for, make_person, make_project
from tests.labeling.importing import counts, make_candidates, make_distinct_picture, make_small_bench, refusals, run_import
from tests.labeling.material import make_folder

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_folders")]

LONG_AGO_S = 3600


@pytest.fixture
def reads(monkeypatch):
    """The names of the picture files that an import reads."""
    names = []
    monkeypatch.setattr(keep_pictures, "read_file", lambda tree, name, limit: names.append(name) or read_file(tree, name, limit))
    return names


@pytest.fixture
def project(tmp_path):
    project = make_project()
    run_import(project, "bench", make_small_bench(tmp_path / "bench"))
    return project


def age(folder, seconds=LONG_AGO_S):
    """Let every file below `folder` be that old."""
    then = time.time() - seconds
    for path in folder.rglob("*"):
        os.utime(path, (then, then))
    return folder


def write_manifest(folder, hashes):
    """A manifest of acme's two pictures for product-001 that states these hashes (None: nothing)."""
    lines = [
        {"model": "acme", "task_id": "product-001", "deliverable": number, "image": f"acme/product-001/{number}.png"}
        | ({"sha256": sha256} if sha256 else {})
        for number, sha256 in enumerate(hashes, start=1)
    ]
    (folder / "manifest.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return folder


def hash_of(number, color=0):
    return hashlib.sha256(make_distinct_picture(f"acme/product-001/{number}", color)).hexdigest()


def test_files_of_the_same_size_and_time_are_not_read_again(project, tmp_path, reads):
    folder = age(make_candidates(tmp_path / "c", "acme/product-001", "acme/digital-001"))
    first = run_import(project, "candidates", folder)
    assert (counts(first), len(reads)) == ({"created": 5}, 5)
    reads.clear()

    again = run_import(project, "candidates", folder)

    assert (counts(again), reads) == ({"unchanged": 5}, [])
    assert again.result["units_done"] == again.result["units"] == 2
    same = [(line.outcome, line.file, line.record) for line in again.lines.order_by("key")]
    # The same report, line by line, as one that reads the files.
    forgotten = run_import(project, "candidates", age(folder, 2 * LONG_AGO_S))
    assert len(reads) == 5
    assert same == [(line.outcome, line.file, line.record) for line in forgotten.lines.order_by("key")]


def test_a_file_of_another_time_is_read_and_so_is_the_rest_of_its_bundle(project, tmp_path, reads):
    folder = age(make_candidates(tmp_path / "c", "acme/product-001", "acme/digital-001"))
    run_import(project, "candidates", folder)
    reads.clear()
    (folder / "acme/product-001/2.png").write_bytes(make_distinct_picture("another"))

    job = run_import(project, "candidates", folder)

    assert counts(job) == {"updated": 1, "unchanged": 4}
    assert sorted(reads) == ["acme/product-001/1.png", "acme/product-001/2.png"]


def test_the_time_of_a_file_that_was_just_written_tells_nothing(project, tmp_path, reads):
    folder = make_candidates(tmp_path / "c", "acme/product-001")
    run_import(project, "candidates", folder)
    reads.clear()

    run_import(project, "candidates", folder)

    assert len(reads) == 2


def test_what_was_seen_in_one_project_is_read_for_another(project, tmp_path, reads):
    folder = age(make_candidates(tmp_path / "c", "acme/product-001"))
    run_import(project, "candidates", folder)
    other = make_project()
    run_import(other, "bench", tmp_path / "bench")
    reads.clear()

    job = run_import(other, "candidates", folder)

    assert (counts(job), len(reads)) == ({"created": 2}, 2)


def test_a_dry_run_remembers_nothing_and_passes_over_what_an_import_saw(project, tmp_path, reads):
    folder = age(make_candidates(tmp_path / "c", "acme/product-001"))
    run_import(project, "candidates", folder, dry_run=True)
    run_import(project, "candidates", folder)
    assert len(reads) == 4
    reads.clear()

    job = run_import(project, "candidates", folder, dry_run=True)

    assert (counts(job), reads) == ({"unchanged": 2}, [])


def test_a_manifest_that_states_the_hashes_is_not_read_again(project, tmp_path, reads):
    folder = write_manifest(make_candidates(tmp_path / "c", "acme/product-001"), [hash_of(1), hash_of(2).upper()])
    run_import(project, "candidates", folder)
    reads.clear()

    job = run_import(project, "candidates", folder.rename(tmp_path / "elsewhere"))

    assert (counts(job), reads) == ({"unchanged": 2}, [])


def test_a_file_that_is_not_the_one_the_manifest_states_is_left_out(project, tmp_path):
    folder = write_manifest(make_candidates(tmp_path / "c", "acme/product-001"), [hash_of(1), hash_of(2, color=1)])

    job = run_import(project, "candidates", folder)

    assert counts(job) == {"created": 1, "rejected": 1}
    assert refusals(job) == {("hash_differs", "acme/product-001/2.png")}


def test_a_hash_that_is_none_is_refused(project, tmp_path):
    folder = write_manifest(make_candidates(tmp_path / "c", "acme/product-001"), [hash_of(1)[:63], hash_of(2)])

    job = run_import(project, "candidates", folder)

    assert refusals(job) == {("bad_hash", "manifest.jsonl")}
    assert Candidate.objects.filter(project=project).count() == 1


def test_a_hash_gives_nobody_an_image_of_another_project(project, tmp_path, reads):
    run_import(project, "candidates", make_candidates(tmp_path / "theirs", "acme/product-001"))
    other = make_project()
    run_import(other, "bench", tmp_path / "bench")
    # Named by hash, but what lies there is no picture.
    folder = tmp_path / "c"
    make_folder(folder, {"acme/product-001/1.png": b"no picture", "acme/product-001/2.png": b"no picture"})
    write_manifest(folder, [hash_of(1), hash_of(2)])

    job = run_import(other, "candidates", folder)

    assert counts(job) == {"rejected": 2}
    assert not Candidate.objects.filter(project=other).exists()


def test_an_image_about_which_something_waits_for_the_lead_is_looked_at(project, tmp_path):
    folder, other = age(make_candidates(tmp_path / "c", "acme/product-001")), make_candidates(tmp_path / "d", "acme/product-001", color=1)
    run_import(project, "candidates", folder)
    candidate = Candidate.objects.select_related("project").get(bundle__task__external_id="product-001", deliverable__number=1)
    lease_for(make_person(project), candidate)
    run_import(project, "candidates", other)
    assert ImportConflict.objects.filter(candidate=candidate, state="open").exists()

    run_import(project, "candidates", folder)

    assert not ImportConflict.objects.filter(candidate=candidate, state="open").exists()


@pytest.mark.parametrize("at_once", [1, 2, 100])
def test_new_and_unchanged_bundles_come_in_any_order(project, tmp_path, reads, monkeypatch, at_once):
    monkeypatch.setattr(units, "AT_ONCE", at_once)
    names = [f"generator-{letter}/product-001" for letter in "abcdef"]
    folder = age(make_candidates(tmp_path / "c", *names[::2]))
    run_import(project, "candidates", folder)
    reads.clear()
    make_candidates(folder, *names[1::2])

    job = run_import(project, "candidates", folder)

    # Three bundles of two pictures each are new, the three between them are not.
    assert counts(job) == {"created": 6, "unchanged": 6}
    assert len(reads) == 6
    assert job.result["units_done"] == 6
    assert Candidate.objects.filter(project=project, state="open").count() == 12


def write_at(path, content, seconds_ago):
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    when = time.time_ns() - seconds_ago * 10**9
    os.utime(path, ns=(when, when))


def test_a_picture_replaced_while_it_is_read_is_read_again(tmp_path):
    write_at(tmp_path / "in" / "a.png", b"one", 1000)
    kept = tmp_path / "in" / "a.png"
    stamp = kept.stat()
    seen = SeenFiles(1, FolderTree(tmp_path / "in"))
    write_at(kept, b"two", 2000)
    seen.note("a.png", "hash of two")
    seen.save()

    # What was there first comes back with its old time, as from a copy.
    kept.write_bytes(b"one")
    os.utime(kept, ns=(stamp.st_mtime_ns, stamp.st_mtime_ns))

    assert SeenFiles(1, FolderTree(tmp_path / "in")).find("a.png") is None


def test_a_picture_young_when_it_was_listed_is_read_again_however_long_reading_took(tmp_path, monkeypatch):
    write_at(tmp_path / "in" / "a.png", b"one", 1)
    write_at(tmp_path / "in" / "b.png", b"one", 1000)
    seen = SeenFiles(1, FolderTree(tmp_path / "in"))
    now = time.time_ns()
    monkeypatch.setattr(time, "time_ns", lambda: now + 3600 * 10**9)
    for name in ("a.png", "b.png"):
        seen.note(name, "hash of one")
    seen.save()

    again = SeenFiles(1, FolderTree(tmp_path / "in"))
    assert (again.find("a.png"), again.find("b.png")) == (None, "hash of one")
