"""Typed reading of environment variables."""

import pytest

from annotation_site.environment import read_flag, read_folders, read_list, read_number, read_text

pytestmark = pytest.mark.pure


@pytest.mark.parametrize(("value", "expected"), [("1", True), ("yes", True), ("TRUE", True), ("0", False), ("off", False), ("", False)])
def test_a_flag_reads_the_usual_words(monkeypatch, value, expected):
    monkeypatch.setenv("SOME_FLAG", value)

    assert read_flag("SOME_FLAG", default=not expected) is expected


def test_an_unclear_flag_is_refused_by_name(monkeypatch):
    monkeypatch.setenv("SOME_FLAG", "perhaps")

    with pytest.raises(ValueError, match="SOME_FLAG='perhaps'"):
        read_flag("SOME_FLAG")


@pytest.mark.parametrize("value", ["many", "-1", "1.5"])
def test_an_unusable_number_is_refused_by_name(monkeypatch, value):
    monkeypatch.setenv("SOME_NUMBER", value)

    with pytest.raises(ValueError, match="SOME_NUMBER"):
        read_number("SOME_NUMBER", default=3)


def test_a_missing_number_is_its_default(monkeypatch):
    monkeypatch.delenv("SOME_NUMBER", raising=False)

    assert read_number("SOME_NUMBER", default=3) == 3


def test_a_secret_may_come_from_a_file(monkeypatch, tmp_path):
    (tmp_path / "key").write_text("from the file\n")
    monkeypatch.setenv("SOME_TEXT", "from the variable")
    monkeypatch.setenv("SOME_TEXT_FILE", str(tmp_path / "key"))

    assert read_text("SOME_TEXT") == "from the file"


def test_a_missing_secret_file_is_refused_by_name(monkeypatch, tmp_path):
    monkeypatch.setenv("SOME_TEXT_FILE", str(tmp_path / "none"))

    with pytest.raises(ValueError, match=r"SOME_TEXT_FILE points to .*none"):
        read_text("SOME_TEXT")


def test_lists_and_folders_drop_empty_items(monkeypatch, tmp_path):
    monkeypatch.setenv("SOME_LIST", "a, b,,")
    monkeypatch.setenv("SOME_FOLDERS", f"{tmp_path}:")

    assert read_list("SOME_LIST") == ["a", "b"]
    assert read_folders("SOME_FOLDERS") == [tmp_path.resolve()]
