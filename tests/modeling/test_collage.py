"""Which pictures stand beside a candidate, and how several share a sheet."""

from dataclasses import replace

import pytest
from PIL import Image

from modeling.net.collage import GROUND, choose_panels, lay_out, make_sheet
from modeling.net.records import Picture
from tests.modeling.made_records import make_records

pytestmark = pytest.mark.pure


def make_pictures(name, count):
    return tuple(Picture(sha256=f"{name}{number}", read=lambda: b"") for number in range(count))


def make_example(*, siblings=0, references=0, sources=0):
    example = make_records(1, 1)[0].example
    order = replace(example.order, references=make_pictures("r", references), sources=make_pictures("o", sources))
    return replace(example, order=order, siblings=make_pictures("s", siblings))


def test_candidate_comes_first_and_alone():
    panels = choose_panels(make_example(siblings=2, references=1, sources=1))

    assert [panel.part for panel in panels] == ["candidate", "source", "siblings", "references"]
    assert [len(panel.pictures) for panel in panels] == [1, 1, 2, 1]


def test_however_much_there_is_six_pictures_are_shown():
    panels = choose_panels(make_example(siblings=30, references=11, sources=3))

    # 1 candidate, 1 source, 30 siblings on 2 sheets of 15, 11 references and the 2 other sources on 2 sheets.
    assert [(panel.part, len(panel.pictures)) for panel in panels] == [
        ("candidate", 1),
        ("source", 1),
        ("siblings", 15),
        ("siblings", 15),
        ("references", 7),
        ("references", 6),
    ]


def test_every_picture_is_shown_once():
    panels = choose_panels(make_example(siblings=9, references=5, sources=2))

    shown = [picture.sha256 for panel in panels for picture in panel.pictures]
    assert sorted(shown[1:]) == sorted(["o0", "o1", *(f"s{n}" for n in range(9)), *(f"r{n}" for n in range(5))])


@pytest.mark.parametrize(("count", "sizes"), [(0, []), (1, [1]), (4, [4]), (5, [3, 2]), (8, [4, 4]), (9, [5, 4])])
def test_four_pictures_share_a_sheet_before_a_second_is_begun(count, sizes):
    assert [len(panel.pictures) for panel in lay_out("references", make_pictures("r", count))] == sizes


def test_one_picture_stays_as_it_is():
    image = Image.new("RGB", (70, 30), "red")

    assert make_sheet([image], 224).size == (70, 30)


def test_pictures_of_a_sheet_stand_whole_in_their_cells():
    red, green, blue = (Image.new("RGB", size, colour) for size, colour in (((10, 20), "red"), ((20, 10), "lime"), ((8, 8), "blue")))

    sheet = make_sheet([red, green, blue], 200)

    # Cells of 100 x 100. The upright one is 50 wide in its middle, the wide one 50 high, the third fills its own.
    assert sheet.size == (200, 200)
    assert [sheet.getpixel(at) for at in ((50, 50), (150, 50), (50, 150))] == [(255, 0, 0), (0, 255, 0), (0, 0, 255)]
    assert [sheet.getpixel(at) for at in ((20, 50), (150, 20), (150, 150))] == [GROUND] * 3
    assert sheet.getpixel((26, 1)) == (255, 0, 0)
