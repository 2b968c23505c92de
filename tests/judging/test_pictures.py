"""What is sent to a judge: small, upright, in RGB, with nothing else in the file; sheets with numbers."""

import io

import pytest
from PIL import Image

from judging import pictures
from judging.material import PictureLost
from judging.pictures import ByteCache, draw_sheet, encode_pictures
from judging.rubrics.base import Ask, Limits
from judging.rubrics.json_reply import JsonReply
from judging.rubrics.layouts import MARGIN_PX, cell_px, fit_pictures
from tests.judging.shown import make_lost, make_shown, show_bytes

pytestmark = pytest.mark.pure
ORIENTATION, GPS = 0x0112, 0x8825


@pytest.fixture(autouse=True)
def empty_cache(monkeypatch):
    monkeypatch.setattr(pictures, "CACHE", ByteCache(10**6))


def make_ask(*shown, **fields):
    plain = {"part": "p", "sample": 1, "side_px": 512, "system": "", "prompt": "", "schema": JsonReply, "parse": lambda _reply: {}}
    return Ask(pictures=shown, **plain | fields)


def sent(*shown, **fields):
    """What is sent, decoded."""
    return [Image.open(io.BytesIO(data)) for data in encode_pictures(make_ask(*shown, **fields))]


def make_jpeg(width, height, **options):
    """A JPEG whose left half is red and whose right half is blue."""
    image = Image.new("RGB", (width, height), "red")
    image.paste("blue", (width // 2, 0, width, height))
    stream = io.BytesIO()
    image.save(stream, "JPEG", **options)
    return stream.getvalue()


def color_at(image, x, y):
    """The colour there, rounded so that what JPEG does to it does not show."""
    return tuple(round(value / 255) for value in image.convert("RGB").getpixel((x, y)))


RED, BLUE, WHITE, BLACK = (1, 0, 0), (0, 0, 1), (1, 1, 1), (0, 0, 0)


@pytest.mark.parametrize(("size", "wanted"), [((2000, 1000), (512, 256)), ((300, 900), (171, 512)), ((100, 80), (100, 80))])
def test_the_longer_side_is_at_most_the_one_asked_for_and_never_enlarged(size, wanted):
    image, = sent(make_shown("red", *size))  # fmt: skip

    assert image.size == wanted
    assert (image.format, image.mode) == ("JPEG", "RGB")


def test_a_size_above_that_for_people_starts_from_the_whole_picture():
    image, = sent(make_shown("red", 2500, 10), side_px=2000)  # fmt: skip

    assert image.size == (2000, 8)


def test_pictures_are_sent_upright_and_without_what_their_file_carries():
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    exif[GPS] = {1: "N", 2: (52.0, 31.0, 12.0)}

    # Orientation 6: the stored top row is the right side, so the stored left half is on top.
    image, = sent(show_bytes(make_jpeg(80, 40, exif=exif, comment=b"secret"), 40, 80))  # fmt: skip

    assert image.size == (40, 80)
    assert (color_at(image, 20, 10), color_at(image, 20, 70)) == (RED, BLUE)
    assert not dict(image.getexif())
    assert "comment" not in image.info


@pytest.mark.parametrize(("mode", "color", "wanted"), [("RGBA", (0, 0, 255, 0), WHITE), ("L", 0, BLACK), ("CMYK", (0, 255, 255, 0), RED)])
def test_every_mode_is_sent_as_rgb_and_see_through_parts_as_white(mode, color, wanted):
    image, = sent(make_shown(color, mode=mode, format="JPEG" if mode == "CMYK" else "PNG"))  # fmt: skip

    assert image.mode == "RGB"
    assert color_at(image, 20, 20) == wanted


def test_pictures_come_in_the_order_of_the_question():
    images = sent(make_shown("red"), make_shown("blue"), make_shown("white"))

    assert [color_at(image, 20, 20) for image in images] == [RED, BLUE, WHITE]


def test_a_picture_is_read_once_for_all_questions_that_show_it_at_one_size():
    reads, original = [], make_shown("red")

    def read():
        reads.append(1)
        return original.read()

    shown = type(original)(sha256=original.sha256, width=64, height=48, format="PNG", read=read)

    first = encode_pictures(make_ask(shown, part="veq_text"))
    second = encode_pictures(make_ask(shown, part="veq_aesthetic"))
    other_size = encode_pictures(make_ask(shown, side_px=32))

    assert first == second != other_size
    assert len(reads) == 2


def test_the_cache_drops_what_was_used_longest_ago_and_keeps_its_limit():
    cache, made = ByteCache(10), []

    def get(name):
        return cache.get_or_make((name, 1), lambda: made.append(name) or b"1234")

    for name in ["a", "b", "a", "c", "a", "b"]:
        get(name)

    # c is the third of four bytes and makes b go, the one used longest ago; a is still there; b is made again.
    assert made == ["a", "b", "c", "b"]
    assert cache.size == 8


def test_a_file_larger_than_the_whole_cache_is_given_and_not_kept():
    cache = ByteCache(3)

    assert cache.get_or_make(("a", 1), lambda: b"12345") == b"12345"
    assert cache.size == 0


@pytest.mark.parametrize("layout", ["each", "sheet"])
@pytest.mark.parametrize(
    "shown", [make_lost(), show_bytes(b"", 4, 4), show_bytes(b"GIF89a....", 4, 4), show_bytes(make_jpeg(80, 40)[:200], 80, 40)]
)
def test_a_picture_that_is_gone_or_damaged_is_lost(shown, layout):
    with pytest.raises(PictureLost):
        encode_pictures(make_ask(make_shown("red"), shown, layout=layout))


def test_a_sheet_shows_every_picture_in_its_cell_with_a_number_above():
    colors = ["red", "blue", "red", "blue", "blue"]
    sheet, = sent(*[make_shown(color, 600, 600) for color in colors], layout="sheet", side_px=768)  # fmt: skip

    # Five pictures: three columns of 768 // 3 = 256 px, two rows; a cell is 256 - 28 = 228 px.
    assert sheet.size == (768, 512)
    centres = [(column * 256 + 128, row * 256 + 142) for row in (0, 1) for column in (0, 1, 2)]
    assert [color_at(sheet, *centre) for centre in centres] == [RED, BLUE, RED, BLUE, BLUE, WHITE]
    strips = [
        sheet.convert("L").crop((column * 256, row * 256, column * 256 + 256, row * 256 + MARGIN_PX))
        for row in (0, 1)
        for column in (0, 1, 2)
    ]
    # Each strip but that of the empty cell has dark letters, and no two the same.
    assert [strip.getextrema()[0] < 100 for strip in strips] == [True, True, True, True, True, False]
    assert len({strip.tobytes() for strip in strips}) == 6


@pytest.mark.parametrize("count", [2, 9, 23, 100])
def test_a_sheet_is_never_larger_than_asked_for(count):
    sheet = draw_sheet(tuple(make_shown("red", 40, 200) for _ in range(count)), 2048)

    assert max(sheet.size) <= 2048


def test_a_sheet_enlarges_no_picture():
    # Two cells of 64 px, the larger side of the pictures, and 28 px around each: 2 x 92 by 92.
    assert draw_sheet((make_shown("red"), make_shown("blue")), 2048).size == (184, 92)


@pytest.mark.parametrize(
    ("count", "limits", "wanted"),
    [
        (1, Limits(), ("each", 1024)),
        (4, Limits(), ("each", 1024)),
        (5, Limits(), ("each", 512)),
        (8, Limits(), ("each", 512)),
        (9, Limits(), ("sheet", 2048)),
        (23, Limits(pictures=8), ("sheet", 2048)),
        (2, Limits(pictures=1), ("sheet", 2048)),
        (3, Limits(side_px=768), ("each", 768)),
        (6, Limits(side_px=768), ("each", 512)),
        # Ten columns of 204 px, less 28, are 176 px; an eleventh leaves 186 - 28 = 158 px, below 160.
        (100, Limits(), ("sheet", 2048)),
        (101, Limits(), None),
        # A backend that takes 768 px: four columns of 192 px, less 28, are 164 px; five would leave 125 px.
        (16, Limits(side_px=768), ("sheet", 768)),
        (17, Limits(side_px=768), None),
    ],
)
def test_pictures_go_each_by_itself_then_on_a_sheet_then_not_at_all(count, limits, wanted):
    fit = fit_pictures(count, limits)

    assert (fit and (fit.layout, fit.side_px)) == wanted


def test_a_cell_is_what_its_column_leaves_beside_the_strip():
    # 23 pictures need five columns: 2048 // 5 = 409, less 28.
    assert cell_px(23, 2048) == 381
