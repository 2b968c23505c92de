"""Pictures: limits before decoding, refusals by name, and re-encoding that leaves nothing but pixels."""

import io
import random
import struct
import zlib

import pytest
from PIL import Image, ImageCms, ImageDraw

from labeling.data_in.codes import Code
from labeling.data_in.problem import ImportProblem
from labeling.image_headers import read_webp_size
from labeling.image_render import SRGB, render_image
from labeling.images import MAX_BYTES, check_image, matches_extension
from tests.labeling.material import make_picture
from tests.shared import BENCH, needs_bench

pytestmark = [
    pytest.mark.pure,
    # Pillow warns about damaged EXIF blocks, which is what some of these pictures are for.
    pytest.mark.filterwarnings("ignore:(Corrupt EXIF|Tag data)"),
]

ORIENTATION, GPS, MAKER = 0x0112, 0x8825, 0x010F


def code_of(data):
    """The problem that checking `data` names, which rendering it names as well."""
    with pytest.raises(ImportProblem) as caught:
        check_image(data)
    with pytest.raises(ImportProblem) as rendering:
        render_image(data, "thumb")
    assert rendering.value.code == caught.value.code
    return caught.value.code


def decode(rendered):
    image = Image.open(io.BytesIO(rendered[0]))
    image.load()
    return image


def make_exif(orientation=1, gps=False):
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    exif[MAKER] = "Acme"
    if gps:
        exif[GPS] = {1: "N", 2: (52.0, 31.0, 12.0)}
    return exif


def make_halves(width=60, height=40, format="JPEG", **options):
    """A picture whose left half is red and whose right half is blue."""
    image = Image.new("RGB", (width, height), "red")
    ImageDraw.Draw(image).rectangle((width // 2, 0, width, height), fill="blue")
    stream = io.BytesIO()
    image.save(stream, format, **options)
    return stream.getvalue()


def make_png_header(width, height):
    """A PNG of a few bytes that claims any size."""

    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")


def make_webp_header(width, height):
    """A WebP of a few bytes that claims any size."""
    body = b"VP8X" + struct.pack("<I", 10) + bytes(4) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


@pytest.mark.parametrize("options", [{}, {"lossless": True}, {"exif": b"Exif\0\0"}])
def test_every_kind_of_webp_header_tells_its_size(options):
    assert read_webp_size(make_picture(123, 45, format="WEBP", **options)) == (123, 45)


def near(color, wanted, tolerance=12):
    return all(abs(one - other) <= tolerance for one, other in zip(color, wanted, strict=True))


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
def test_the_facts_of_a_picture(format):
    data = make_picture(64, 48, format=format)

    facts = check_image(data)

    assert (facts.format, facts.width, facts.height, facts.has_alpha, facts.byte_size) == (format, 64, 48, False, len(data))
    assert len(facts.sha256) == 64


@pytest.mark.parametrize("orientation", [5, 6, 7, 8])
def test_width_and_height_are_those_of_the_upright_picture(orientation):
    facts = check_image(make_picture(64, 48, format="JPEG", exif=make_exif(orientation)))

    assert (facts.width, facts.height) == (48, 64)


@pytest.mark.parametrize(("format", "dpi"), [("PNG", (300, 300)), ("JPEG", (300, 72)), ("JPEG", (72, 300))])
def test_the_resolution_is_the_lower_of_both_axes(format, dpi):
    assert check_image(make_picture(format=format, dpi=dpi)).dpi == min(dpi)


def test_a_picture_that_states_no_resolution_has_none():
    assert check_image(make_picture(format="PNG")).dpi is None
    assert check_image(make_picture(format="WEBP")).dpi is None


def test_only_a_picture_with_a_pixel_to_see_through_has_alpha():
    half = Image.new("P", (4, 4))
    half.info["transparency"] = 0
    stream = io.BytesIO()
    half.save(stream, "PNG")

    assert check_image(make_picture(mode="RGBA", color=(1, 2, 3, 254))).has_alpha
    assert check_image(stream.getvalue()).has_alpha
    assert not check_image(make_picture(mode="RGBA", color=(1, 2, 3, 255))).has_alpha


def test_a_file_extension_is_held_against_the_true_format():
    assert matches_extension("a/1.JPEG", "JPEG")
    assert matches_extension("1.jpg", "JPEG")
    assert matches_extension("1.webp", "WEBP")
    assert not matches_extension("1.png", "JPEG")
    assert not matches_extension("jpg", "PNG")


def test_an_empty_file_is_named():
    assert code_of(b"") == Code.EMPTY_FILE


def test_a_file_over_20_mb_is_refused():
    assert code_of(b"\xff\xd8\xff" + bytes(MAX_BYTES)) == Code.IMAGE_TOO_LARGE


@pytest.mark.parametrize("data", [b"hello", bytes(1000), b"<html><body></body></html>", b"RIFF\0\0\0\0WAVE", b"PK\x03\x04"])
def test_what_is_no_image_is_refused(data):
    assert code_of(data) == Code.NOT_AN_IMAGE


@pytest.mark.parametrize(
    "text",
    [
        '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        '\ufeff<?xml version="1.0"?>\n<!DOCTYPE svg [<!ENTITY a "b">]>\n<SVG/>',
    ],
)
def test_an_svg_is_refused(text):
    assert code_of(text.encode()) == Code.SVG


@pytest.mark.parametrize("format", ["GIF", "BMP", "TIFF", "PDF", "EPS", "ICO", "AVIF"])
def test_other_formats_are_refused_by_name(format):
    data = b"\x00\x00\x00 ftypavif" + bytes(20) if format == "AVIF" else make_picture(format=format)

    with pytest.raises(ImportProblem) as caught:
        check_image(data)

    assert caught.value.code == Code.UNSUPPORTED_FORMAT
    assert str(caught.value.params["format"]) in (format, "PostScript")


def test_a_bomb_is_refused_on_its_header():
    # 9,000 x 9,000 zeros: 81 MP in some 80 kB, which Pillow alone would decode without a word.
    rows = zlib.compress(bytes(9_000 * (9_000 * 3 + 1)), 9)
    header = make_png_header(9_000, 9_000)
    at = header.index(b"IDAT") - 4
    chunk = b"IDAT" + rows
    bomb = header[:at] + struct.pack(">I", len(rows)) + chunk + struct.pack(">I", zlib.crc32(chunk)) + header[-12:]

    assert len(bomb) < 300_000
    assert code_of(bomb) == Code.TOO_MANY_PIXELS


@pytest.mark.parametrize("make", [make_png_header, make_webp_header])
@pytest.mark.parametrize(
    ("width", "height", "code"),
    [
        (6_400, 6_251, Code.TOO_MANY_PIXELS),  # 40.006 MP
        (15_000, 15_000, Code.TOO_MANY_PIXELS),
        (16_001, 1, Code.SIDE_TOO_LONG),
        (1, 16_001, Code.SIDE_TOO_LONG),
    ],
)
def test_the_limits_are_read_from_the_header(make, width, height, code):
    assert code_of(make(width, height)) == code


def test_a_jpeg_of_65_000_pixels_a_side_is_refused_on_its_header():
    data = bytearray(make_picture(format="JPEG"))
    at = data.index(b"\xff\xc0") + 5
    data[at : at + 4] = struct.pack(">HH", 65_000, 65_000)

    assert code_of(bytes(data)) == Code.TOO_MANY_PIXELS


def test_pictures_at_the_limits_are_accepted():
    assert check_image(make_picture(16_000, 2, "L")).width == 16_000
    assert check_image(make_picture(8_000, 5_000, "L")).height == 5_000


@pytest.mark.parametrize("format", ["PNG", "WEBP"])
def test_animated_pictures_are_refused(format):
    frames = [Image.new("RGB", (8, 8), color) for color in ("red", "blue")]
    stream = io.BytesIO()
    frames[0].save(stream, format, save_all=True, append_images=frames[1:])

    assert code_of(stream.getvalue()) == Code.ANIMATED


def test_of_a_jpeg_with_several_pictures_the_first_is_shown():
    stream = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(stream, "MPO", save_all=True, append_images=[Image.new("RGB", (40, 30), "blue")])

    assert check_image(stream.getvalue()).format == "JPEG"
    assert near(decode(render_image(stream.getvalue(), "full")).getpixel((5, 5)), (255, 0, 0))


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("part", [0.3, 0.6, 0.9])
def test_a_truncated_picture_is_refused(format, part):
    stream = io.BytesIO()
    Image.effect_noise((80, 80), 80).convert("RGB").save(stream, format)
    data = stream.getvalue()

    assert code_of(data[: int(len(data) * part)]) == Code.TRUNCATED


def test_a_picture_of_damaged_pixels_is_refused():
    data = bytearray(make_halves(format="PNG"))
    at = data.index(b"IDAT") + 8
    data[at : at + 8] = b"\xff" * 8

    assert code_of(bytes(data)) == Code.DAMAGED


def test_a_damaged_exif_block_does_not_cost_the_picture():
    data = make_halves(exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + bytes(30))

    assert check_image(data).width == 60
    assert decode(render_image(data, "full")).size == (60, 40)


def test_damage_of_any_kind_is_named_and_never_escapes():
    options = [
        ("JPEG", {"exif": make_exif(6, gps=True), "comment": b"x"}),
        ("PNG", {"exif": make_exif(6)}),
        ("WEBP", {"exif": make_exif(6)}),
    ]
    whole = [make_halves(format=format, **more) for format, more in options]
    whole += [make_picture(mode="P"), make_picture(mode="CMYK", format="JPEG"), make_halves(icc_profile=profile_bytes())]
    dice = random.Random(0)

    for _ in range(600):
        data = bytearray(dice.choice(whole))
        for _ in range(dice.choice([1, 2, 5, 30])):
            data[dice.randrange(len(data))] = dice.randrange(256)
        try:
            check_image(bytes(data))
            render_image(bytes(data), "thumb")
        except ImportProblem:
            continue


def profile_bytes():
    return ImageCms.ImageCmsProfile(SRGB).tobytes()


@pytest.mark.parametrize(
    ("size", "expected"),
    [("thumb", (320, 160)), ("screen", (1600, 800)), ("full", (2000, 1000))],
)
@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
def test_sizes_by_the_long_side(size, expected, format):
    rendered = render_image(make_picture(2000, 1000, format=format), size)

    assert rendered[1] == "image/jpeg"
    assert decode(rendered).size == expected


def test_a_small_picture_is_never_enlarged():
    assert decode(render_image(make_picture(100, 50), "screen")).size == (100, 50)


def test_a_line_of_a_picture_keeps_a_pixel():
    assert decode(render_image(make_picture(16_000, 1, "L"), "thumb")).size == (320, 1)


@pytest.mark.parametrize("size", ["thumb", "full"])
@pytest.mark.parametrize(
    ("orientation", "red", "blue"),
    [
        # Where the red left half and the blue right half of 60 x 40 stored pixels come to lie.
        (1, (10, 20), (50, 20)),
        (2, (50, 20), (10, 20)),
        (3, (50, 20), (10, 20)),
        (4, (10, 20), (50, 20)),
        (5, (20, 10), (20, 50)),
        (6, (20, 10), (20, 50)),
        (7, (20, 50), (20, 10)),
        (8, (20, 50), (20, 10)),
    ],
)
def test_pictures_are_shown_upright(size, orientation, red, blue):
    image = decode(render_image(make_halves(exif=make_exif(orientation)), size))

    assert image.size == ((60, 40) if orientation < 5 else (40, 60))
    assert near(image.getpixel(red), (255, 0, 0))
    assert near(image.getpixel(blue), (0, 0, 255))


@pytest.mark.parametrize("size", ["thumb", "screen", "full"])
@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
def test_nothing_but_pixels_is_left(size, format):
    more = {"comment": b"secret comment"} if format == "JPEG" else {}
    data = make_halves(2000, 1000, format, exif=make_exif(1, gps=True), icc_profile=profile_bytes(), dpi=(300, 300), **more)
    assert b"Acme" in data

    rendered = render_image(data, size)

    image = decode(rendered)
    assert not {"exif", "icc_profile", "comment", "dpi", "xmp", "gamma"} & set(image.info)
    assert not image.getexif()
    assert not any(word in rendered[0] for word in (b"Acme", b"secret", b"Exif", b"ICC", b"GPS"))


def test_text_chunks_of_a_png_are_left_behind():
    from PIL.PngImagePlugin import PngInfo

    chunks = PngInfo()
    chunks.add_text("Author", "secret")
    chunks.add_itxt("Prompt", "secret", zip=True)

    rendered = render_image(make_picture(mode="RGBA", color=(9, 9, 9, 9), pnginfo=chunks), "full")

    assert rendered[1] == "image/png"
    assert decode(rendered).info == {}


@pytest.mark.parametrize(
    ("mode", "color", "expected"),
    [
        ("1", 1, (255, 255, 255)),
        ("L", 100, (100, 100, 100)),
        ("I;16", 25_700, (100, 100, 100)),  # 25,700 / 256 = 100.4
        ("P", 0, (0, 0, 0)),
        ("RGB", (10, 200, 30), (10, 200, 30)),
        ("RGBA", (10, 200, 30, 255), (10, 200, 30)),
        ("LA", (100, 255), (100, 100, 100)),
    ],
)
def test_modes_of_png_become_a_jpeg_of_the_same_colours(mode, color, expected):
    rendered = render_image(make_picture(mode=mode, color=color), "full")

    assert rendered[1] == "image/jpeg"
    assert near(decode(rendered).convert("RGB").getpixel((5, 5)), expected, 3)


@pytest.mark.parametrize(("mode", "color"), [("RGBA", (10, 200, 30, 128)), ("LA", (100, 128))])
@pytest.mark.parametrize("size", ["thumb", "full"])
def test_what_can_be_seen_through_becomes_a_png(mode, color, size):
    rendered = render_image(make_picture(mode=mode, color=color), size)

    assert rendered[1] == "image/png"
    assert decode(rendered).getpixel((5, 5))[3] == 128


def test_cmyk_becomes_rgb():
    # Full cyan and yellow without magenta and black is green.
    rendered = render_image(make_picture(mode="CMYK", color=(255, 0, 255, 0), format="JPEG"), "full")

    assert near(decode(rendered).getpixel((5, 5)), (0, 255, 0))


def make_wide_gamut_profile():
    """A display profile with swapped primaries, made from sRGB by exchanging the red and green colorants."""
    data = bytearray(profile_bytes())
    tags = {bytes(data[at : at + 4]): at for at in range(132, 132 + 12 * struct.unpack(">I", data[128:132])[0], 12)}
    red, green = tags[b"rXYZ"], tags[b"gXYZ"]
    data[red + 4 : red + 12], data[green + 4 : green + 12] = data[green + 4 : green + 12], data[red + 4 : red + 12]
    return bytes(data)


@pytest.mark.parametrize("size", ["thumb", "full"])
@pytest.mark.parametrize("alpha", [255, 128])
def test_colours_are_converted_to_srgb_where_a_profile_says_so(size, alpha):
    # In a profile whose red and green colorants are exchanged, stored red looks green.
    data = make_picture(mode="RGBA", color=(255, 0, 0, alpha), icc_profile=make_wide_gamut_profile())

    color = decode(render_image(data, size)).getpixel((5, 5))

    assert near(color[:3], (0, 255, 0))


@pytest.mark.parametrize("profile", [b"junk", b"", bytes(500), profile_bytes()[:200]])
@pytest.mark.parametrize(("mode", "color"), [("RGB", (200, 10, 10)), ("L", 90)])
def test_a_damaged_or_foreign_profile_is_ignored(profile, mode, color):
    rendered = render_image(make_picture(mode=mode, color=color, icc_profile=profile), "full")

    shown = decode(rendered).convert("RGB").getpixel((5, 5))
    assert near(shown, color if mode == "RGB" else (color,) * 3, 3)


def test_the_full_size_keeps_coloured_lettering_sharp_and_loads_progressively():
    image = decode(render_image(make_halves(), "full"))

    assert image.info.get("progressive") == 1
    # All three components sampled 1 x 1: 4:4:4.
    assert [layer[1:3] for layer in image.layer] == [(1, 1)] * 3


@needs_bench
def test_all_published_references_decode():
    files = sorted(BENCH.glob("C-*/refs/*/*"))

    facts = [check_image(path.read_bytes()) for path in files]

    # Known by their first bytes alone, an independent reading of the format; 12 extensions of this copy are wrong.
    starts = {b"\xff\xd8": "JPEG", b"\x89P": "PNG"}
    truths = [starts[path.read_bytes()[:2]] for path in files]
    assert [fact.format for fact in facts] == truths
    wrong = [path for path, truth in zip(files, truths, strict=True) if (path.suffix == ".png") != (truth == "PNG")]
    assert [path for path, fact in zip(files, facts, strict=True) if not matches_extension(path.name, fact.format)] == wrong
