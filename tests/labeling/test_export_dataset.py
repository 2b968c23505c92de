"""The format `dataset`: pictures in an archive."""

import hashlib
import io
import json
import zipfile
from decimal import Decimal

import pytest
from django.core.files.storage import default_storage
from PIL import Image as Picture

from labeling.data_in.write_task import rewrite_task, write_task
from labeling.image_store import derived_name, keep_image
from labeling.jobs.run import run_here
from labeling.models import Candidate
from labeling.protocol.hold import replace_image, withdraw_candidate
from labeling.protocol.intake import import_decision
from tests.factories import adjudicate_as, answer_as, make_generator, make_image, make_lead, make_project
from tests.labeling.export_stage import make_content
from tests.labeling.exporting import export, make_queued, make_team, newest_event, picture_of, read_member, read_rows
from tests.labeling.material import make_picture

pytestmark = pytest.mark.django_db


def decide(candidate, team, verdict):
    """Let two people agree."""
    for person in team[:2]:
        answer_as(person, candidate, verdict)


def names_in(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.namelist()


def test_a_row_is_a_picture_with_what_was_ordered_and_what_was_decided(tmp_path):
    project = make_project()
    task = write_task(project, make_content("digital-001", quantity=3, price_usd=Decimal("100.00"), name="海报", brief="三张海报。"), {})
    candidates = make_queued(project, task=task, generator=make_generator(slug="imagen4"))
    decide(candidates[1], make_team(project), "reject")

    data, manifest = export(project, "dataset", tmp_path)

    [row] = read_rows("dataset", data)
    name = f"images/{candidates[1].public_id.hex[:2]}/{candidates[1].public_id}.jpg"
    assert row == {
        "file_name": name,
        "candidate": str(candidates[1].public_id),
        "task_id": "digital-001",
        "category": "Digital",
        "task_name": "海报",
        "brief": "三张海报。",
        "price_usd": "100.00",
        "quantity": 3,
        "deliverable": 2,
        "deliverable_name": "Image of 海报",
        "unit_price_exact": "100/3",
        "unit_price_usd": "33.33",
        "generator": "imagen4",
        "sample": 1,
        "is_submitted_sample": True,
        "image_sha256": candidates[1].image.sha256,
        "decision": "reject",
        "how": "consensus",
    }
    assert names_in(data) == [name, "metadata.jsonl"]
    assert read_member(data, name) == picture_of(candidates[1].image.sha256)
    assert (manifest["rows"], manifest["counts"], manifest["sha256"]) == (1, {"reject": 1}, hashlib.sha256(data).hexdigest())


def test_only_settled_candidates_with_a_picture_are_there(tmp_path):
    project = make_project()
    team, lead = make_team(project), make_lead(project)
    agreed, disputed, withdrawn, imported, bare, _fresh = (make_queued(project)[0] for _ in range(6))
    answer_as(team[0], disputed, "accept")
    answer_as(team[1], disputed, "reject")
    adjudicate_as(team[2], disputed, "reject")
    decide(agreed, team, "accept")
    decide(withdrawn, team, "accept")
    withdraw_candidate(withdrawn.public_id, lead, "Shows a real person")
    import_decision(imported.pk, "accept", None)
    import_decision(bare.pk, "accept", None)
    Candidate.objects.filter(pk=bare.pk).update(image=None)

    data, manifest = export(project, "dataset", tmp_path)

    rows = read_rows("dataset", data)
    found = {row["candidate"]: (row["decision"], row["how"]) for row in rows}
    assert found == {
        str(agreed.public_id): ("accept", "consensus"),
        str(disputed.public_id): ("reject", "adjudication"),
        str(imported.public_id): ("accept", "imported"),
    }
    assert len(names_in(data)) == 4
    assert manifest["counts"] == {"accept": 2, "reject": 1, "without_image": 1}


def test_two_candidates_with_the_same_picture_have_a_file_each(tmp_path):
    project = make_project()
    team = make_team(project)
    first, second = make_queued(project)[0], make_queued(project)[0]
    Candidate.objects.filter(pk=second.pk).update(image=first.image)
    decide(first, team, "accept")
    decide(second, team, "reject")

    data, _manifest = export(project, "dataset", tmp_path)

    names = [row["file_name"] for row in read_rows("dataset", data)]
    assert len(set(names)) == 2
    assert read_member(data, names[0]) == read_member(data, names[1])


def test_pictures_are_those_people_saw_and_tell_nothing_about_the_original(tmp_path):
    project = make_project()
    team = make_team(project)
    exif = Picture.Exif()
    exif[0x010F], exif[0x8825] = "Camera of Zhang Wei", {1: "N", 2: (31.0, 14.0, 0.0)}
    photo = keep_image(make_picture(2000, 1500, color=(10, 90, 200), format="JPEG", exif=exif, comment=b"by Zhang Wei"))
    logo = keep_image(make_picture(40, 30, "RGBA", (10, 90, 200, 99)))
    for image in (photo, logo):
        [candidate] = make_queued(project)
        Candidate.objects.filter(pk=candidate.pk).update(image=image)
        decide(candidate, team, "accept")

    data, _manifest = export(project, "dataset", tmp_path)

    names = [row["file_name"] for row in read_rows("dataset", data)]
    jpeg, png = (Picture.open(io.BytesIO(read_member(data, name))) for name in names)
    assert (jpeg.format, jpeg.size, png.format, png.size) == ("JPEG", (1600, 1200), "PNG", (40, 30))
    assert [name.rpartition(".")[2] for name in names] == ["jpg", "png"]
    assert not jpeg.getexif()
    assert not {"comment", "exif", "icc_profile", "xmp"} & set(jpeg.info)
    assert b"Zhang Wei" not in data


def test_a_picture_and_a_brief_that_changed_later_are_exported_as_they_were(tmp_path):
    project = make_project()
    team, lead = make_team(project), make_lead(project)
    task = write_task(project, make_content("digital-001", brief="Blue."), {})
    [candidate] = make_queued(project, task=task)
    decide(candidate, team, "accept")
    before, cutoff = candidate.image.sha256, newest_event(project)
    rewrite_task(task, make_content("digital-001", brief="Red."), {}, None)
    replace_image(candidate.public_id, lead, make_image(), "Sharper")

    data, _manifest = export(project, "dataset", tmp_path, cutoff)

    [row] = read_rows("dataset", data)
    assert (row["image_sha256"], row["brief"]) == (before, "Blue.")
    assert read_member(data, row["file_name"]) == picture_of(before)


def test_a_picture_that_is_lost_stops_the_export_and_says_what_to_do(tmp_path, settings):
    settings.STORAGES = {**settings.STORAGES, "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"}}
    project = make_project()
    [candidate] = make_queued(project)
    decide(candidate, make_team(project), "accept")

    job = run_here(project, "export", {"format": "dataset", "out": str(tmp_path)})

    assert job.state == "failed"
    assert candidate.image.sha256 in job.error_text
    assert "Import the candidates again" in job.error_text
    assert list(tmp_path.iterdir()) == []


def test_a_derivative_that_is_lost_is_made_again_with_the_same_bytes(tmp_path, settings):
    settings.STORAGES = {**settings.STORAGES, "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"}}
    project = make_project()
    image = keep_image(make_picture(300, 200, color=(1, 2, 3), format="JPEG"))
    [candidate] = make_queued(project)
    Candidate.objects.filter(pk=candidate.pk).update(image=image)
    decide(candidate, make_team(project), "accept")
    cutoff = newest_event(project)
    expected, _manifest = export(project, "dataset", tmp_path / "first", cutoff)
    default_storage.delete(derived_name(image, "screen"))

    job = run_here(project, "export", {"format": "dataset", "out": str(tmp_path / "second"), "cutoff": cutoff})

    assert job.state == "done"
    assert (tmp_path / "second" / "dataset.zip").read_bytes() == expected


def test_without_a_settled_candidate_the_archive_has_an_empty_table(tmp_path):
    project = make_project()
    make_queued(project)

    data, manifest = export(project, "dataset", tmp_path)

    assert names_in(data) == ["metadata.jsonl"]
    assert read_member(data, "metadata.jsonl") == b""
    assert (manifest["rows"], json.dumps(manifest["counts"])) == (0, "{}")
