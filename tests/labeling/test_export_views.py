"""The page of exports and the download of their files."""

import hashlib
from pathlib import Path

import pytest
from django.urls import reverse

from labeling.data_out.formats import FORMATS
from labeling.data_out.send_file import read_range
from labeling.jobs.run import run_here, run_job
from labeling.models import Candidate, Event, Export, Job
from labeling.protocol.intake import import_decision
from tests.factories import make_lead, make_person, make_project
from tests.labeling.exporting import make_queued, newest_event, store_pictures

pytestmark = pytest.mark.django_db


@pytest.fixture
def project():
    """A project with three candidates, so that a full export has some hundred bytes."""
    project = make_project(slug="posters")
    for _ in range(3):
        make_queued(project)
    return project


@pytest.fixture
def made(project):
    """A full export of it."""
    run_here(project, "export", {"format": "full"})
    return Export.objects.get()


@pytest.fixture
def lead(client, project):
    """A lead who is signed in."""
    person = make_lead(project)
    client.force_login(person)
    return person


def address_of(made, name="full.jsonl"):
    return reverse("labeling:export_file", args=["posters", made.public_id, name])


def bytes_of(made, name="full.jsonl"):
    return Path(made.job.result["folder"], name).read_bytes()


def read(response):
    return b"".join(response.streaming_content)


def test_a_lead_starts_an_export(client, lead, project, monkeypatch):
    rung = []
    monkeypatch.setattr("labeling.jobs.queue.ring", rung.append)

    response = client.post("/p/posters/exports/", {"format": "servimage"})

    job = Job.objects.get()
    assert (job.kind, job.params, job.created_by) == ("export", {"format": "servimage"}, lead)
    assert response.headers["Location"] == reverse("labeling:job", args=["posters", job.public_id])


def test_an_unknown_format_is_refused(client, lead):
    response = client.post("/p/posters/exports/", {"format": "../../etc/passwd"})

    assert response.status_code == 422
    assert not Job.objects.exists()


def test_the_page_lists_what_is_under_way_and_what_is_done(client, lead, project, made):
    Job.objects.create(project=project, kind="export", params={"format": "full"})

    page = client.get("/p/posters/exports/").content.decode()

    assert f'id="export-{made.public_id}"' in page
    assert made.manifest["sha256"] in page
    assert address_of(made) in page
    assert address_of(made, "manifest.json") in page
    assert 'id="under-way"' in page


@pytest.mark.parametrize("who", ["annotator", "lead of another project", "nobody"])
def test_only_leads_of_the_project_see_exports(client, project, made, who):
    if who == "annotator":
        client.force_login(make_person(project))
    elif who == "lead of another project":
        client.force_login(make_lead(make_project()))

    responses = [client.get("/p/posters/exports/"), client.get(address_of(made)), client.post("/p/posters/exports/", {"format": "full"})]

    assert {response.status_code for response in responses} == ({302} if who == "nobody" else {404})
    assert Job.objects.count() == 1


def test_an_export_is_found_under_its_own_project_only(client, project, made):
    other = make_project()
    client.force_login(make_lead(other))

    response = client.get(reverse("labeling:export_file", args=[other.slug, made.public_id, "full.jsonl"]))

    assert response.status_code == 404


@pytest.mark.parametrize("name", ["servimage.jsonl", "..", "%2e%2e%2fsite.sqlite3", "full.jsonl.part"])
def test_only_the_files_of_an_export_are_served(client, lead, made, name):
    response = client.get(f"/p/posters/exports/{made.public_id}/{name}")

    assert response.status_code == 404


def test_a_download_is_the_whole_file_and_is_logged(client, lead, made):
    response = client.get(address_of(made))

    data = bytes_of(made)
    assert (response.status_code, read(response)) == (200, data)
    assert response.headers["Content-Length"] == str(len(data))
    assert response.headers["ETag"] == f'"{hashlib.sha256(data).hexdigest()}"'
    assert response.headers["Accept-Ranges"] == "bytes"
    assert response.headers["Content-Type"] == "application/x-ndjson"
    assert response.headers["Content-Disposition"] == f'attachment; filename="posters-full-{made.cutoff_event_id}.jsonl"'
    assert response.headers["Cache-Control"] == "private, no-transform"
    assert Event.objects.filter(kind="exported", actor=lead, data__act="downloaded").count() == 1


@pytest.mark.parametrize(
    ("form", "suffix", "content_type"),
    [
        ("servimage", "jsonl", "application/x-ndjson"),
        ("full", "jsonl", "application/x-ndjson"),
        ("long", "csv", "text/csv; charset=utf-8"),
        ("label-studio", "zip", "application/zip"),
        ("dataset", "zip", "application/zip"),
    ],
)
def test_every_format_is_started_listed_and_downloaded_in_parts(client, lead, project, form, suffix, content_type, monkeypatch):
    monkeypatch.setattr("labeling.jobs.queue.ring", lambda _job_id: None)
    for candidate in Candidate.objects.filter(project=project):
        import_decision(candidate.pk, "accept", None)
    store_pictures()
    client.post("/p/posters/exports/", {"format": form})
    run_job(Job.objects.get().pk)
    made = Export.objects.get()
    address = address_of(made, made.manifest["file"])

    page = client.get("/p/posters/exports/").content.decode()
    start = client.get(address, headers={"Range": "bytes=0-4"})
    rest = client.get(address, headers={"Range": "bytes=5-"})
    whole = client.get(address)

    assert f'value="{form}"' in page
    assert address in page
    assert whole.headers["Content-Type"] == content_type
    assert whole.headers["Content-Disposition"] == f'attachment; filename="posters-{form}-{made.cutoff_event_id}.{suffix}"'
    data = read(whole)
    assert hashlib.sha256(data).hexdigest() == made.manifest["sha256"]
    assert read(start) + read(rest) == data


def test_the_parametrized_formats_are_all_there_are():
    assert list(FORMATS) == ["servimage", "full", "long", "label-studio", "dataset"]


def test_the_page_says_how_many_candidates_without_an_image_are_left_out(client, lead, project):
    bare = Candidate.objects.filter(project=project).first()
    import_decision(bare.pk, "accept", None)
    Candidate.objects.filter(pk=bare.pk).update(image=None)
    store_pictures()
    run_here(project, "export", {"format": "dataset"})

    page = client.get("/p/posters/exports/").content.decode()

    assert "1 candidate without an image is left out" in page


def test_the_manifest_is_served_too(client, lead, made):
    response = client.get(address_of(made, "manifest.json"))

    assert read(response) == bytes_of(made, "manifest.json")
    assert response.headers["Content-Disposition"] == f'attachment; filename="posters-full-{made.cutoff_event_id}-manifest.json"'


def test_head_says_how_large_the_file_is_and_logs_nothing(client, lead, made):
    newest = newest_event(made.project)

    response = client.head(address_of(made), headers={"Range": "bytes=0-9"})

    assert (response.status_code, response.headers["Content-Length"]) == (200, str(made.manifest["bytes"]))
    assert b"".join(response) == b""
    assert newest_event(made.project) == newest


@pytest.mark.parametrize(
    ("header", "start", "stop"),
    [("bytes=0-9", 0, 10), ("bytes=10-19", 10, 20), ("bytes=100-", 100, None), ("bytes=-7", -7, None), ("bytes=5-99999999", 5, None)],
)
def test_a_range_is_served_in_part(client, lead, made, header, start, stop):
    data, size = bytes_of(made), made.manifest["bytes"]

    response = client.get(address_of(made), headers={"Range": header})

    wanted = data[start:stop]
    first = data.index(wanted) if start >= 0 else size + start
    assert (response.status_code, read(response)) == (206, wanted)
    assert response.headers["Content-Length"] == str(len(wanted))
    assert response.headers["Content-Range"] == f"bytes {first}-{first + len(wanted) - 1}/{size}"


def test_a_broken_download_goes_on_and_is_logged_once(client, lead, made):
    whole = bytes_of(made)
    first = client.get(address_of(made), headers={"Range": "bytes=0-49"})
    rest = client.get(address_of(made), headers={"Range": "bytes=50-", "If-Range": first.headers["ETag"]})

    assert read(first) + read(rest) == whole
    assert Event.objects.filter(kind="exported", data__act="downloaded").count() == 1


@pytest.mark.parametrize("header", ["bytes=999999999-", "bytes=-0"])
def test_a_range_outside_the_file_is_refused(client, lead, made, header):
    response = client.get(address_of(made), headers={"Range": header})

    assert (response.status_code, response.headers["Content-Range"]) == (416, f"bytes */{made.manifest['bytes']}")


@pytest.mark.parametrize("header", ["bytes=0-1,5-6", "bytes=9-3", "bytes=-", "lines=1-2", "bytes=a-b", f"bytes={'9' * 5000}-"])
def test_a_range_that_is_none_gets_the_whole_file(client, lead, made, header):
    response = client.get(address_of(made), headers={"Range": header})

    assert (response.status_code, len(read(response))) == (200, made.manifest["bytes"])


@pytest.mark.parametrize("validator", ['"something else"', 'W/"weak"', "Sat, 21 Nov 2026 04:00:00 GMT"])
def test_a_range_of_another_version_gets_the_whole_file(client, lead, made, validator):
    response = client.get(address_of(made), headers={"Range": "bytes=5-9", "If-Range": validator})

    assert (response.status_code, len(read(response))) == (200, made.manifest["bytes"])


def test_a_file_that_the_other_side_has_is_not_sent_again(client, lead, made):
    etag = f'"{made.manifest["sha256"]}"'

    response = client.get(address_of(made), headers={"If-None-Match": etag})

    assert (response.status_code, response.headers["ETag"], response.content) == (304, etag, b"")


def test_a_file_that_is_gone_or_shorter_than_it_was_is_not_found(client, lead, made):
    path = Path(made.job.result["folder"], "full.jsonl")
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:-1])
    shorter = client.get(address_of(made)).status_code
    path.unlink()

    assert (shorter, client.get(address_of(made)).status_code) == (404, 404)


def test_a_range_of_an_empty_file_is_empty():
    assert read_range("bytes=0-", 0) == range(0)
