"""Archives written member by member are what every reader of zip takes them for."""

import io
import random
import shutil
import subprocess
import zipfile

import pytest

from labeling.data_out import stored_zip
from labeling.data_out.stored_zip import add_member, count_entries, end_archive

pytestmark = pytest.mark.pure

MEMBERS = {"images/01/a.jpg": random.Random(1).randbytes(5000), "说明.txt": "三张海报".encode(), "empty": b"", "rows.jsonl": b"{}\n" * 900}


def make_archive(path, members):
    directory = io.BytesIO()
    with path.open("wb") as archive:
        for name, data in members.items():
            add_member(archive, directory, name, io.BytesIO(data))
        end_archive(archive, directory)
    return path.read_bytes()


@pytest.fixture(params=[0xFFFFFFFF, 1000, 0], ids=["32 bits", "some in 64 bits", "all in 64 bits"])
def limit(request, monkeypatch):
    """From which size or place on the 64-bit fields are used; really four gigabytes."""
    monkeypatch.setattr(stored_zip, "LIMIT", request.param)
    return request.param


def test_the_members_come_back_as_they_were(tmp_path, limit):
    make_archive(tmp_path / "a.zip", MEMBERS)

    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == MEMBERS
        assert {entry.compress_type for entry in archive.infolist()} == {zipfile.ZIP_STORED}
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


@pytest.mark.skipif(shutil.which("unzip") is None, reason="there is no unzip here")
def test_unzip_takes_it_too(tmp_path, limit):
    make_archive(tmp_path / "a.zip", MEMBERS)

    done = subprocess.run(["unzip", "-q", "-t", "a.zip"], cwd=tmp_path, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")


def test_an_archive_of_more_members_than_two_bytes_can_count_is_whole(tmp_path, monkeypatch):
    monkeypatch.setattr(stored_zip, "COUNT_LIMIT", 3)

    make_archive(tmp_path / "a.zip", MEMBERS)

    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert len(archive.namelist()) == 4
    assert b"PK\6\6" in (tmp_path / "a.zip").read_bytes()


def test_an_archive_without_members_is_empty_and_not_broken(tmp_path):
    make_archive(tmp_path / "a.zip", {})

    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert archive.namelist() == []


def test_the_same_members_are_the_same_bytes(tmp_path):
    assert make_archive(tmp_path / "a.zip", MEMBERS) == make_archive(tmp_path / "b.zip", MEMBERS)


def test_entries_are_counted_over_names_and_extra_fields_of_any_length(limit):
    directory = io.BytesIO()
    for name, data in MEMBERS.items():
        add_member(io.BytesIO(), directory, name, io.BytesIO(data))

    assert count_entries(directory) == 4
