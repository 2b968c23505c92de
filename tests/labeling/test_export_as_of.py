"""Nothing that happens during an export changes it: whatever is done between two pages, the bytes are those of the cut-off."""

import copy
from dataclasses import replace

import pytest

from labeling.data_out import as_of
from labeling.data_out.formats import FORMATS
from tests.labeling.export_stage import (
    CHANGES,
    Stage,
    edit,
    import_changed_tasks,
    import_decisions,
    reopen,
    replace_images,
    undo,
    void,
    withdraw,
)
from tests.labeling.exporting import export, newest_event

pytestmark = pytest.mark.django_db


@pytest.fixture
def between_pages(monkeypatch):
    """A function that makes exports have pages of one bundle, and does something once, after the first."""
    monkeypatch.setattr(as_of, "PAGE_CANDIDATES", 1)

    def arrange(form, act):
        plain, pages = FORMATS[form], []

        def render(page):
            lines = plain.render(page)
            pages.append(page)
            if len(pages) == 1:
                act()
            return lines

        monkeypatch.setitem(FORMATS, form, replace(plain, render=render))
        return pages

    return arrange


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_what_happens_between_two_pages_changes_nothing(change, tmp_path, between_pages):
    stage = Stage()
    expected = export(stage.project, "full", tmp_path / "before", stage.cutoff)
    expected_labels = export(stage.project, "servimage", tmp_path / "labels-before", stage.cutoff)

    pages = between_pages("full", lambda: change(stage))
    found = export(stage.project, "full", tmp_path / "during", stage.cutoff)
    labels = export(stage.project, "servimage", tmp_path / "labels-after", stage.cutoff)
    now, _manifest = export(stage.project, "full", tmp_path / "now")

    assert len(pages) >= 8
    assert found == expected
    assert labels == expected_labels
    assert now != expected[0]


TOLD = {
    "servimage": [edit, undo, reopen, void, withdraw, import_decisions, import_changed_tasks],
    "long": [edit, undo, reopen, void],
    "label-studio": [edit, withdraw, replace_images, import_changed_tasks],
    "dataset": [reopen, withdraw, replace_images, import_decisions, import_changed_tasks],
}


@pytest.mark.parametrize(("form", "change"), [(form, change) for form, changes in TOLD.items() for change in changes])
def test_every_format_is_as_steady_as_full(form, change, tmp_path, between_pages):
    stage = Stage()
    expected = export(stage.project, form, tmp_path / "before", stage.cutoff)

    between_pages(form, lambda: change(stage))
    found = export(stage.project, form, tmp_path / "during", stage.cutoff)

    assert found == expected


def test_an_export_without_a_given_cut_off_takes_the_moment_it_starts(tmp_path, between_pages):
    stage = Stage()
    newest = newest_event(stage.project)

    between_pages("full", lambda: edit(stage))
    found, manifest = export(stage.project, "full", tmp_path / "during")
    expected, _manifest = export(stage.project, "full", tmp_path / "then", newest)

    assert manifest["cutoff_event"] == newest
    assert found == expected


def test_a_change_between_the_statements_of_one_page_changes_nothing(tmp_path, monkeypatch):
    stage = Stage()
    expected = export(stage.project, "full", tmp_path / "before", stage.cutoff)
    plain, acts = as_of.read_bundles, [replace_images, import_changed_tasks, edit]

    def read_bundles(rows, cutoff):
        # The rows of candidates and tasks are read, nothing else yet.
        kept = copy.deepcopy(rows)
        while acts:
            acts.pop()(stage)
        return plain(kept, cutoff)

    monkeypatch.setattr(as_of, "read_bundles", read_bundles)

    assert export(stage.project, "full", tmp_path / "during", stage.cutoff) == expected
