"""What is marked between two texts, and between the pictures of an import conflict."""

import pytest

from labeling.lead.conflicts import describe_conflict, mark_images
from labeling.lead.marks import MOST_WORDS, mark_lines, mark_words
from labeling.models import ImportConflict
from tests.factories import make_candidate, make_image, make_project


def show(lines):
    """The lines with what is marked in brackets."""
    return ["".join(f"[{piece.text}]" if piece.is_marked else piece.text for piece in line.pieces) for line in lines]


@pytest.mark.pure
@pytest.mark.parametrize(
    ("old", "new", "before", "after"),
    [
        (["$90.00"], ["$120.00"], ["[$90.00]"], ["[$120.00]"]),
        (["A blue poster."], ["A red poster."], ["A [blue] poster."], ["A [red] poster."]),
        (["A poster."], ["A poster.", "No text."], ["A poster."], ["A poster.", "[No text.]"]),
        (["A poster."], ["A red poster.", "No text."], ["A poster."], ["A [red ]poster.", "[No text.]"]),
        (["One.", "Two.", "Three."], ["One.", "Three."], ["One.", "[Two.]", "Three."], ["One.", "Three."]),
        (["海报上有两个人物"], ["海报上有三个人物"], ["海报上有[两]个人物"], ["海报上有[三]个人物"]),
        (["Paint a garden at night"], ["商品需要白色背景"], ["[Paint a garden at night]"], ["[商品需要白色背景]"]),
        ([], ["New."], [], ["[New.]"]),
        (["Same."], ["Same."], ["Same."], ["Same."]),
    ],
)
def test_only_what_differs_is_marked(old, new, before, after):
    sides = mark_lines(old, new)

    assert [show(side) for side in sides] == [before, after]
    assert [[line.text for line in side] for side in sides] == [old, new]


@pytest.mark.pure
def test_a_very_long_line_is_marked_whole():
    old = "word " * MOST_WORDS
    new = old + "more"

    sides = mark_words(old, new)

    assert [[piece.is_marked for piece in side.pieces] for side in sides] == [[True], [True]]


@pytest.mark.pure
def test_a_picture_is_marked_where_another_or_none_stands_in_its_place():
    assert mark_images(["a", "b"], ["a", "c", "d"]) == [("a", False), ("b", True)]
    assert mark_images(["a", "c", "d"], ["a", "b"]) == [("a", False), ("c", True), ("d", True)]


@pytest.mark.django_db
def test_another_picture_of_a_candidate_says_its_size():
    project = make_project()
    candidate = make_candidate(project, image=make_image(width=1024, height=768))
    row = ImportConflict.objects.create(project=project, candidate=candidate, field="image", new_image=make_image(width=1024, height=1024))

    (change,) = describe_conflict(row).changes

    assert [show(side) for side in change.lines] == [["1024 × [768] px"], ["1024 × [1024] px"]]
    assert [[marked for _sha256, marked in side] for side in change.images] == [[True], [True]]
