"""Importing candidate images: whole bundles, hostile files refused by name, changes that wait for the lead, and source images."""

import io
import json
import struct
import zipfile
import zlib
from decimal import Decimal

import pytest

from labeling.data_in import units
from labeling.data_in.units import Import
from labeling.image_store import open_original
from labeling.jobs.queue import request_cancel
from labeling.models import Bundle, Candidate, Event, Generator, ImportConflict, State, Task
from labeling.protocol.conflicts import accept_conflict, dismiss_conflict
from labeling.protocol.hold import hold_candidate, withdraw_candidate
from labeling.protocol.intake import import_decision
from labeling.protocol.lease import take_cards
from labeling.protocol.reap import give_back
from tests.factories import answer_as, lease_for, make_lead, make_person, make_project
from tests.labeling.importing import (
    counts,
    dump_tables,
    list_stored,
    make_candidates,
    make_distinct_picture,
    make_small_bench,
    problems,
    refusals,
    run_command,
    run_import,
)
from tests.labeling.material import make_bench, make_folder, make_picture, make_record

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(tmp_path):
    """A project with enough people for new rounds and one task per category: 1, 2 and 3 images wanted."""
    project = make_project()
    for _ in range(3):
        make_person(project)
    run_import(project, "bench", make_small_bench(tmp_path / "bench"))
    return project


@pytest.fixture
def folder(project, tmp_path):
    """Candidates of one generator for two tasks, imported: two and three images."""
    folder = make_candidates(tmp_path / "candidates", "acme/product-001", "acme/digital-001")
    assert counts(run_import(project, "candidates", folder)) == {"created": 5}
    return folder


def list_candidates(project, **wanted):
    """`generator/task/k` and state of each candidate in order."""
    rows = Candidate.objects.filter(project=project, **wanted).order_by("bundle__generator__slug", "bundle__task__external_id", "sort")
    names = rows.values_list("bundle__generator__slug", "bundle__task__external_id", "deliverable__number", "state")
    return [(f"{slug}/{task}/{number}", state) for slug, task, number, state in names]


def find_candidate(project, name="acme/product-001/1"):
    slug, task, number = name.split("/")
    return Candidate.objects.get(
        project=project, bundle__generator__slug=slug, bundle__task__external_id=task, deliverable__number=number, sample=1
    )


def pack(path, files):
    """A zip file of `files`."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def make_bomb(side=60_000):
    """A PNG of 60,000 x 60,000 pixels in a few kilobytes."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1_000_000))) + chunk(b"IEND", b"")


def cancel_after(monkeypatch, number):
    """Let somebody ask an import to stop when it has done so many units."""
    run_unit = Import.run_unit

    def run_and_ask(work, *arguments):
        run_unit(work, *arguments)
        if work.units_done == number:
            request_cancel(work.job.pk)

    monkeypatch.setattr(units, "ASK_INTERVAL_S", 0)
    monkeypatch.setattr(Import, "run_unit", run_and_ask)


def test_folders_become_candidates_that_can_be_labelled(project, folder):
    assert list_candidates(project) == [
        ("acme/digital-001/1", "open"),
        ("acme/digital-001/2", "open"),
        ("acme/digital-001/3", "open"),
        ("acme/product-001/1", "open"),
        ("acme/product-001/2", "open"),
    ]
    with open_original(find_candidate(project).image) as original:
        assert original.read() == (folder / "acme/product-001/1.png").read_bytes()
    assert take_cards(project, make_person(project))


def test_importing_again_changes_nothing(project, folder):
    before = dump_tables()

    status, output, _message = run_command("candidates", folder, project)

    assert (status, output) == (0, "done: 0 created, 0 updated, 5 unchanged, 0 rejected, 0 conflict, 0 warning\n")
    assert dump_tables() == before


@pytest.mark.parametrize("kind", ["manifest", "folder with a manifest", "zip of folders", "zip with a manifest"])
def test_a_manifest_and_an_archive_give_the_same_candidates_as_folders(project, tmp_path, kind):
    pictures = {f"pictures/{number}.png": make_distinct_picture(str(number)) for number in (1, 2)}
    entries = [{"model": "acme", "task_id": "product-001", "deliverable": k, "image": f"pictures/{k}.png"} for k in (1, 2)]
    manifest = {"manifest.jsonl": "".join(json.dumps(entry) + "\n" for entry in entries)}
    if kind == "zip of folders":
        source = pack(tmp_path / "c.zip", {f"acme/product-001/{k}.png": pictures[f"pictures/{k}.png"] for k in (1, 2)})
    elif kind == "zip with a manifest":
        source = pack(tmp_path / "c.ZIP", {f"top/{name}": content for name, content in {**pictures, **manifest}.items()})
    else:
        source = make_folder(tmp_path / "listed", {**pictures, **manifest}).root / ("manifest.jsonl" if kind == "manifest" else "")

    job = run_import(project, "candidates", source)

    assert counts(job) == {"created": 2}
    assert list_candidates(project) == [("acme/product-001/1", "open"), ("acme/product-001/2", "open")]


def test_aliases_of_a_generator_become_one_with_its_price(project, tmp_path):
    make_candidates(tmp_path / "a", "GPT-5 Image/product-001")
    make_candidates(tmp_path / "b", "gpt_image_1/digital-001", "mj-relax-imagine_4/digital-001", "my own/digital-001")

    run_import(project, "candidates", tmp_path / "a")
    run_import(project, "candidates", tmp_path / "b")

    assert list(Generator.objects.order_by("slug").values_list("slug", "display_name", "api_price_usd")) == [
        ("gpt-image-1", "GPT-Image-1", Decimal("0.137406021")),
        ("mj-relax-imagine", "MJ-Relax-Imagine", Decimal("0.0198")),
        ("my-own", "my own", None),
    ]
    assert Bundle.objects.filter(generator__slug="gpt-image-1").count() == 2


def test_further_samples_are_candidates_and_the_first_is_the_submitted_one(project, tmp_path):
    entries = [{"model": "acme", "task_id": "portrait-001", "deliverable": 1, "image": f"{k}.png", "sample": k} for k in (1, 2)]
    manifest = "".join(json.dumps(entry) + "\n" for entry in entries)
    folder = make_folder(tmp_path / "m", {"manifest.jsonl": manifest, "1.png": make_picture(), "2.png": make_picture(color=(1, 1, 1))})

    job = run_import(project, "candidates", folder.root)

    assert list(job.lines.order_by("pk").values_list("record", flat=True)) == ["acme/portrait-001/1", "acme/portrait-001/1#2"]
    assert list(Candidate.objects.order_by("sample").values_list("sample", "is_submitted_sample")) == [(1, True), (2, False)]


def test_further_samples_without_the_first_are_imported_with_a_warning_until_it_comes(project, tmp_path):
    def import_samples(*samples):
        entries = [{"model": "acme", "task_id": "portrait-001", "deliverable": 1, "image": f"{k}.png", "sample": k} for k in samples]
        manifest = "".join(json.dumps(entry) + "\n" for entry in entries)
        pictures = {f"{k}.png": make_picture(color=(k, 1, 1)) for k in samples}
        job = run_import(project, "candidates", make_folder(tmp_path / f"m{samples}", {"manifest.jsonl": manifest, **pictures}).root)
        return list(job.lines.order_by("pk").values_list("outcome", "code"))

    first, second = import_samples(2), import_samples(1)
    third = import_samples(3)

    assert first == [("created", ""), ("warning", "no_first_sample")]
    assert (second, third) == ([("created", "")], [("created", "")])


def test_hostile_and_broken_files_are_refused_by_name_and_the_rest_goes_on(project, tmp_path):
    files = {
        "bomb/product-001/1.png": make_bomb(),
        "cut/product-001/1.jpg": make_picture(600, 600, color=(9, 8, 7), format="JPEG")[:900],
        "svg/product-001/1.png": b'<svg xmlns="http://www.w3.org/2000/svg"/>',
        "gif/product-001/1.png": make_picture(format="GIF"),
        "text/product-001/1.png": b"hello",
        "empty/product-001/1.png": b"",
        "acme/product-001/1.png": make_picture(),
        "acme/product-001/2.png": b"hello",
        "acme/product-001/readme.exe": b"MZ",
        "acme/product-009/1.png": make_picture(),
        "acme/product-001/3.png": make_picture(),
    }
    folder = make_folder(tmp_path / "c", files).root

    status, output, _message = run_command("candidates", folder, project)

    assert status == 3
    assert refusals(project.jobs.get(kind="import_candidates")) == {
        ("too_many_pixels", "bomb/product-001/1.png"),
        ("truncated", "cut/product-001/1.jpg"),
        ("svg", "svg/product-001/1.png"),
        ("unsupported_format", "gif/product-001/1.png"),
        ("not_an_image", "text/product-001/1.png"),
        ("empty_file", "empty/product-001/1.png"),
        ("not_an_image", "acme/product-001/2.png"),
        ("unusable_name", "acme/product-001/readme.exe"),
        ("unknown_task", "acme/product-009/1.png"),
        ("no_such_deliverable", "acme/product-001/3.png"),
    }
    assert "rejected bomb/product-001/1.png bomb/product-001/1 More than 40 million pixels." in output
    assert list_candidates(project) == [("acme/product-001/1", "open")]


def test_a_hostile_archive_is_refused_entry_by_entry_and_the_rest_goes_on(project, tmp_path):
    source = pack(
        tmp_path / "c.zip",
        {
            "../../etc/product-001/1.png": make_picture(),
            "/acme/product-001/1.png": make_picture(),
            # 30 MB of zeros in 30 kB: 1,000:1, as far as deflate goes.
            "zeros/product-001/1.png": bytes(30_000_000),
            "acme/product-001/2.png": make_picture(),
        },
    )

    job = run_import(project, "candidates", source)

    assert refusals(job) == {
        ("unsafe_name", "../../etc/product-001/1.png"),
        ("unsafe_name", "/acme/product-001/1.png"),
        ("compression_ratio", "zeros/product-001/1.png"),
    }
    assert list_candidates(project) == [("acme/product-001/2", "open")]


def test_an_archive_of_ten_thousand_to_one_is_refused(project, tmp_path):
    # Deflated twice: what the directory says is checked, so nobody unpacks 300 MB to find out.
    source = pack(tmp_path / "c.zip", {"acme/product-001/1.png": make_picture()})
    data = bytearray(source.read_bytes())
    for mark, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        start = data.index(mark)
        compressed = struct.unpack_from("<I", data, start + offset - 4)[0]
        struct.pack_into("<I", data, start + offset, compressed * 10_000)
    source.write_bytes(data)

    status, output, message = run_command("candidates", source, project)

    assert status == 1
    assert message.startswith("the import is failed: No candidate can be read here")
    assert "Compressed 10000:1; more than 200:1 is refused." in output


def test_a_dry_run_says_what_would_happen_and_writes_nothing(project, folder, tmp_path):
    answer_as(make_person(project), find_candidate(project), "accept")
    make_candidates(folder, "acme/product-001", "other/product-001", color=1)
    make_folder(folder, {"other/digital-001/1.png": b"no picture"})
    before, stored = dump_tables(), list_stored()

    status, output, _message = run_command("candidates", folder, project, "--dry-run")

    # acme/product-001/1 is answered, its sister is not; digital-001 is as it was; other is new.
    assert status == 3
    assert output.startswith("dry run, nothing is changed (done): 2 created, 1 updated, 3 unchanged, 1 rejected, 1 conflict")
    assert dump_tables() == before
    assert list_stored() == stored
    assert counts(run_import(project, "candidates", folder)) == {"created": 2, "updated": 1, "unchanged": 3, "rejected": 1, "conflict": 1}


@pytest.mark.parametrize("state", ["open", "given back", "held", "withdrawn"])
def test_another_image_of_a_candidate_nobody_works_on_takes_its_place(project, folder, state):
    candidate, lead = find_candidate(project), make_lead(project)
    if state == "given back":
        give_back(lease_for(make_person(project), candidate), "page_left")
    elif state != "open":
        {"held": hold_candidate, "withdrawn": withdraw_candidate}[state](candidate.public_id, lead, "odd")
    make_candidates(folder, "acme/product-001", color=1)

    job = run_import(project, "candidates", folder)

    assert counts(job) == {"updated": 2, "unchanged": 3}
    candidate = find_candidate(project)
    with open_original(candidate.image) as original:
        assert original.read() == (folder / "acme/product-001/1.png").read_bytes()
    assert (candidate.round, candidate.state) == (1, "open" if state == "given back" else state)
    assert Event.objects.filter(kind=Event.Kind.IMAGE_REPLACED, candidate=candidate).count() == 1


@pytest.mark.parametrize("work", ["leased", "answered", "decided", "decided elsewhere"])
def test_another_image_of_a_candidate_people_work_on_is_a_conflict_and_nothing_changes(project, folder, work):
    candidate = find_candidate(project)
    if work == "leased":
        lease_for(make_person(project), candidate)
    elif work == "decided elsewhere":
        import_decision(candidate.pk, "accept", None)
    for _ in range({"answered": 1, "decided": 2}.get(work, 0)):
        answer_as(make_person(project), candidate, "accept")
    (folder / "acme/product-001/1.png").write_bytes(make_distinct_picture("better"))
    before = dump_tables()

    job = run_import(project, "candidates", folder)

    after = dump_tables()
    assert {table for table in before if before[table] != after[table]} - {"labeling_image"} == {"labeling_importconflict"}
    assert counts(job) == {"conflict": 1, "unchanged": 4}
    assert problems(job) == [("conflict", "candidate_in_use", "acme/product-001/1")]
    conflict = ImportConflict.objects.get()
    assert (conflict.candidate, conflict.field, conflict.state) == (candidate, "image", State.OPEN)
    assert conflict.new_image.sha256 != candidate.image.sha256


def test_an_accepted_image_starts_a_new_round_and_is_no_change_afterwards(project, folder):
    candidate, lead = find_candidate(project), make_lead(project)
    answer_as(make_person(project), candidate, "accept")
    (folder / "acme/product-001/1.png").write_bytes(make_distinct_picture("better"))
    run_import(project, "candidates", folder)

    accept_conflict(project, ImportConflict.objects.get().pk, lead)

    candidate.refresh_from_db()
    assert (candidate.round, candidate.state) == (2, "open")
    assert counts(run_import(project, "candidates", folder)) == {"unchanged": 5}


def test_a_dismissed_image_is_asked_about_again_by_the_next_import(project, folder):
    lease_for(make_person(project), find_candidate(project))
    (folder / "acme/product-001/1.png").write_bytes(make_distinct_picture("better"))
    run_import(project, "candidates", folder)
    run_import(project, "candidates", folder)
    dismiss_conflict(project, ImportConflict.objects.get().pk, make_lead(project))

    job = run_import(project, "candidates", folder)

    assert counts(job) == {"conflict": 1, "unchanged": 4}
    assert sorted(ImportConflict.objects.values_list("state", flat=True)) == ["dismissed", "open"]


def test_candidates_enter_the_queue_when_the_import_is_finished_and_not_before(project, tmp_path, monkeypatch):
    make_candidates(tmp_path / "c", "acme/product-001", "acme/digital-001")
    person, seen = make_person(project), []
    run_unit = Import.run_unit

    def run_and_look(work, *arguments):
        run_unit(work, *arguments)
        seen.append((set(Candidate.objects.values_list("state", flat=True)), take_cards(project, person)))

    monkeypatch.setattr(Import, "run_unit", run_and_look)

    run_import(project, "candidates", tmp_path / "c")

    assert seen == [({"staged"}, [])] * 2
    assert set(Candidate.objects.values_list("state", flat=True)) == {"open"}
    assert len(take_cards(project, person)) == 3


def test_a_cancelled_import_keeps_whole_bundles_lists_them_and_running_it_again_completes_it(project, tmp_path, monkeypatch):
    folder = make_candidates(tmp_path / "c", "acme/digital-001", "acme/product-001", "best/digital-001", "best/product-001")
    with monkeypatch.context() as patch:
        cancel_after(patch, 2)
        status, output, message = run_command("candidates", folder, project)

    whole = [f"acme/{name}" for name in ("digital-001/1", "digital-001/2", "digital-001/3", "product-001/1", "product-001/2")]
    assert (status, message) == (1, "the import is cancelled")
    assert output.splitlines() == [
        "cancelled: 5 created, 0 updated, 0 unchanged, 0 rejected, 0 conflict, 0 warning",
        "2 of 4 tasks, bundles or lines are done, each of them whole:",
        *(f"created {name}.png {name}" for name in whole),
    ]
    assert list_candidates(project) == [(name, "staged") for name in whole]

    job = run_import(project, "candidates", folder)

    assert counts(job) == {"created": 5, "unchanged": 5}
    assert {state for _name, state in list_candidates(project)} == {"open"}
    assert len(list_candidates(project)) == 10
    # Every candidate entered the queue once.
    assert Event.objects.filter(kind=Event.Kind.QUEUED).values("candidate").distinct().count() == 10
    assert Event.objects.filter(kind=Event.Kind.QUEUED).count() == 10


def test_an_import_that_is_cancelled_before_its_first_unit_leaves_nothing(project, tmp_path, monkeypatch):
    folder = make_candidates(tmp_path / "c", "acme/digital-001")
    monkeypatch.setattr(Import, "report_read", lambda work, _lines: request_cancel(work.job.pk))

    job = run_import(project, "candidates", folder)

    assert (job.state, job.result["units_done"]) == ("cancelled", 0)
    assert not Candidate.objects.exists()


def test_source_images_beside_the_candidates_fill_editing_tasks_that_lack_theirs(project, tmp_path):
    photo = make_picture(color=(50, 60, 70))
    folder = make_candidates(tmp_path / "c", "acme/portrait-001")
    make_folder(folder, {"inputs/portrait-001/1.png": photo, "inputs/digital-001/1.png": photo})

    job = run_import(project, "candidates", folder)

    task = Task.objects.get(external_id="portrait-001")
    assert counts(job) == {"created": 1, "updated": 1}
    assert (task.version, task.is_editing, task.source_missing) == (2, True, False)
    with open_original(task.assets.get(role="source").image) as original:
        assert original.read() == photo
    # A poster needs no source image, and one that lies beside the candidates makes no other task of it.
    assert not Task.objects.get(external_id="digital-001").is_editing
    before = dump_tables()
    assert counts(run_import(project, "candidates", folder)) == {"unchanged": 1}
    assert counts(run_import(project, "bench", tmp_path / "bench")) == {"unchanged": 3}
    assert dump_tables() == before


def test_a_source_image_for_a_task_people_work_on_waits_for_the_lead(project, tmp_path):
    folder = make_candidates(tmp_path / "c", "acme/portrait-001")
    run_import(project, "candidates", folder)
    answer_as(make_person(project), find_candidate(project, "acme/portrait-001/1"), "accept")
    make_folder(folder, {"inputs/portrait-001/1.png": make_picture(color=(50, 60, 70))})

    job = run_import(project, "candidates", folder)

    assert counts(job) == {"conflict": 1, "unchanged": 1}
    assert ImportConflict.objects.get().task.external_id == "portrait-001"
    assert Task.objects.get(external_id="portrait-001").source_missing

    accept_conflict(project, ImportConflict.objects.get().pk, make_lead(project))

    assert not Task.objects.get(external_id="portrait-001").source_missing
    assert find_candidate(project, "acme/portrait-001/1").round == 2


@pytest.mark.parametrize("source_first", [True, False], ids=["source first", "brief first"])
def test_a_source_image_and_a_new_brief_wait_for_the_lead_together(project, tmp_path, source_first):
    folder = make_candidates(tmp_path / "c", "acme/portrait-001")
    run_import(project, "candidates", folder)
    answer_as(make_person(project), find_candidate(project, "acme/portrait-001/1"), "accept")
    make_folder(folder, {"inputs/portrait-001/1.png": make_picture(color=(50, 60, 70))})
    record = make_record("portrait-001")
    record["original_task_data"]["requirements_original"] = "another brief"
    make_bench(tmp_path / "new", {"Portrait": [record]})
    imports = [("candidates", folder), ("bench", tmp_path / "new")]

    for what, path in imports if source_first else reversed(imports):
        run_import(project, what, path)
    accept_conflict(project, ImportConflict.objects.get().pk, make_lead(project))

    task = Task.objects.get(external_id="portrait-001")
    assert (task.brief, task.source_missing) == ("another brief", False)


def test_a_broken_source_image_is_refused_and_the_task_still_lacks_its_source(project, tmp_path):
    folder = make_candidates(tmp_path / "c", "acme/portrait-001")
    make_folder(folder, {"inputs/portrait-001/1.png": b"no picture"})

    job = run_import(project, "candidates", folder)

    assert refusals(job) == {("not_an_image", "inputs/portrait-001/1.png")}
    assert counts(job) == {"created": 1, "rejected": 1}
    assert Task.objects.get(external_id="portrait-001").source_missing


def test_the_lines_of_a_bundle_and_a_warning_name_generator_task_and_number(project, tmp_path):
    make_folder(tmp_path / "c", {"acme/digital-001/2.jpg": make_picture()})

    job = run_import(project, "candidates", tmp_path / "c")

    assert problems(job) == [
        ("warning", "extension_differs", "acme/digital-001/2"),
        ("warning", "incomplete_bundle", "acme/digital-001"),
    ]
    assert job.lines.get(code="incomplete_bundle").reason == "The deliverables 1, 3 have no image."


@pytest.mark.parametrize("files", [{}, {"notes.txt": b"x"}, {"loose.png": b"x"}, {"manifest.jsonl": b"not json\n"}])
def test_a_folder_without_a_usable_candidate_fails_and_says_what_is_wanted(project, tmp_path, files):
    make_folder(tmp_path / "c", files)

    status, _output, message = run_command("candidates", tmp_path / "c", project)

    assert status == 1
    assert message.startswith("the import is failed: No candidate can be read here: <generator>/<task>/<number>.jpg")


def test_candidates_of_unknown_tasks_alone_say_that_the_tasks_come_first(tmp_path):
    job = run_import(make_project(), "candidates", make_candidates(tmp_path / "c", "acme/product-001"))

    assert (job.state, "import the tasks first" in job.error) == ("failed", True)


def test_the_json_report_names_what_was_refused(project, folder):
    (folder / "acme/product-001/1.png").write_bytes(b"<svg/>")

    status, output, _message = run_command("candidates", folder, project, "--json")

    report = json.load(io.StringIO(output))
    assert status == 3
    assert report["counts"] == {"created": 0, "updated": 0, "unchanged": 4, "rejected": 1, "conflict": 0, "warning": 0}
    [refused] = [line for line in report["lines"] if line["outcome"] == "rejected"]
    assert (refused["file"], refused["record"], refused["code"]) == ("acme/product-001/1.png", "acme/product-001/1", "svg")
