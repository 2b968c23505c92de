"""What changed between two versions of a guideline."""

import pytest

from labeling.guideline_changes import Change, compare_paragraphs

pytestmark = pytest.mark.pure


def told(old, new):
    """The changes in short: - and + before a paragraph, a number for those that stayed."""
    signs = {"removed": "-", "added": "+"}
    return [change.count if change.kind == "same" else signs[change.kind] + change.text for change in compare_paragraphs(old, new)]


def test_a_changed_paragraph_goes_and_comes_between_those_that_stayed():
    assert told("One.\n\nTwo.\nThree.", "One.\n\nTwo and a half.\nThree.\nFour.") == [1, "-Two.", "+Two and a half.", 1, "+Four."]


def test_blank_lines_and_blanks_around_a_paragraph_are_no_change():
    assert compare_paragraphs("One.\nTwo.", "  One.\n\n\nTwo.  \n") == []


def test_a_first_text_is_all_new():
    assert compare_paragraphs("", "One.") == [Change(kind="added", text="One.")]


def test_thousands_of_equal_lines_take_no_time():
    assert told("a\n" * 40_000, "a\n" * 40_000 + "b")[-1] == "+b"
