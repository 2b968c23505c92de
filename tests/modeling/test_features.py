"""Image statistics and brief rules: what known damages do to them, and what cannot be told."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import isnan, log
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter

from modeling.net.features import NAMES, extract, forget, measure
from modeling.net.features.alignment import find_matches
from modeling.net.features.looks import SIDE_PX, read_look
from modeling.net.features.strokes import find_patches
from modeling.net.records import Example, Order, Picture, PictureMissing
from tests.modeling.made_records import make_picture

pytestmark = pytest.mark.pure

SQUARE = {"kind": "size", "boxes": [{"width": 256, "height": 256, "unit": "px"}]}
WIDE = {"kind": "ratio", "text": "16:9", "width": 16, "height": 9}


def draw_scene(seed: int = 0, side: int = 256) -> Image.Image:
    """Soft light, and shapes of many colours with sharp edges."""
    chance = np.random.default_rng(seed)
    scene = Image.fromarray(chance.integers(60, 200, (6, 6, 3), dtype=np.uint8)).resize((side, side), Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(scene)
    for _ in range(25):
        x, y, size = (int(number) for number in chance.integers(0, side, 3))
        draw.ellipse((x, y, x + size // 4, y + size // 4), fill=tuple(int(level) for level in chance.integers(0, 256, 3)))
    return scene


def make_example(
    image: Image.Image | Picture,
    *,
    references: Sequence[Image.Image] = (),
    sources: Sequence[Image.Image] = (),
    siblings: Sequence[Image.Image | Picture] = (),
    brief: str = "A poster.",
    rules: Sequence[Mapping[str, Any]] = (),
) -> Example:
    order = Order(
        task="digital-001",
        category="Digital",
        name="Poster",
        brief=brief,
        price_usd=100,
        quantity=1 + len(siblings),
        is_editing=bool(sources),
        references=tuple(map(make_picture, references)),
        sources=tuple(map(make_picture, sources)),
    )
    return Example(key="1", order=order, number=1, picture=show(image), siblings=tuple(map(show, siblings)), rules=tuple(rules))


def show(image: Image.Image | Picture) -> Picture:
    return image if isinstance(image, Picture) else make_picture(image)


def lose() -> Picture:
    def read() -> bytes:
        raise PictureMissing("gone")

    return Picture(sha256="0" * 64, read=read)


def cut(image: Image.Image, share: float = 0.03) -> Image.Image:
    """The picture without a rim: what must not be taken for a change."""
    width, height = image.size
    return image.crop((round(share * width), round(share * height), width, height))


def tell(example: Example) -> dict[str, float]:
    return dict(zip(NAMES, extract([example])[0].tolist(), strict=True))


def test_names_are_those_that_are_measured_and_no_name_is_there_twice():
    scene = draw_scene()
    example = make_example(
        scene, references=[scene, draw_scene(1)], sources=[scene], siblings=[draw_scene(2)], brief="red on white background", rules=[SQUARE]
    )

    assert set(measure(example)) == set(NAMES)
    assert len(set(NAMES)) == len(NAMES)


def test_blur_noise_and_blocks_raise_what_measures_them_alone_and_beside_the_reference():
    scene = draw_scene()
    grainy = np.asarray(scene, dtype=float) + np.random.default_rng(0).normal(0, 25, (256, 256, 3))
    damaged = {
        "clean": scene,
        "blur": scene.filter(ImageFilter.GaussianBlur(3)),
        "noise": Image.fromarray(np.clip(grainy, 0, 255).astype(np.uint8)),
        "blocks": scene.resize((40, 40), Image.Resampling.NEAREST).resize((256, 256), Image.Resampling.NEAREST),
    }

    found = {name: tell(make_example(cut(image), references=[scene])) for name, image in damaged.items()}

    assert found["blur"]["alone_blur"] > found["clean"]["alone_blur"] + 0.1
    assert found["blur"]["match_more_blur"] > found["clean"]["match_more_blur"] + 0.1
    assert found["blur"]["match_strength_0"] < -0.5 < found["clean"]["match_strength_0"]
    # Logarithms of 1 + grey levels: luma has 0.67 of the deviation of three independent channels, that is about 16.
    assert found["noise"]["alone_noise"] == pytest.approx(log(1 + 16), abs=0.3)
    assert found["noise"]["match_residue_noise"] > found["clean"]["match_residue_noise"] + 1
    assert found["blocks"]["alone_evenness"] < found["clean"]["alone_evenness"] - 0.2


def test_a_cut_and_dull_copy_is_still_explained_by_its_reference_and_another_picture_is_not():
    scene = draw_scene()
    dull = ImageEnhance.Contrast(ImageEnhance.Color(scene).enhance(0.3)).enhance(0.5)

    found = tell(make_example(cut(dull), references=[draw_scene(5), scene]))
    other = tell(make_example(draw_scene(7), references=[draw_scene(5), scene]))

    assert found["match_explained"] > 0.9
    assert other["match_explained"] < 0.5
    # Half of the contrast: the logarithm of the ratio of spreads.
    assert found["match_contrast_ratio"] == pytest.approx(log(0.5), abs=0.15)
    assert found["match_chroma_ratio"] < -0.5


def test_the_place_of_a_framed_copy_is_found():
    scene = draw_scene()
    framed = Image.new("RGB", (256, 256), "navy")
    framed.paste(scene.resize((230, 230)), (13, 13))

    look, reference = (read_look(make_picture(image)) for image in (framed, scene))
    assert look is not None
    assert reference is not None
    [match] = find_matches(look, [reference])

    # The reference is 256 / 230 as large, and begins 13 / 230 of its own side before the frame does.
    assert match.place == pytest.approx([1.113, 1.113, -0.0565, -0.0565], abs=0.01)
    assert tell(make_example(framed))["alone_frame"] == pytest.approx(13 / 256, abs=0.01)


def test_turned_colours_show_as_a_turn_of_the_hue():
    scene = draw_scene()
    turned = np.array(scene.convert("HSV"))
    turned[..., 0] += np.uint8(80)

    found = tell(make_example(Image.fromarray(turned, "HSV").convert("RGB"), references=[scene]))

    assert found["match_hue_turn"] > 1
    assert tell(make_example(cut(scene), references=[scene]))["match_hue_turn"] < 0.1


def test_scattered_lettering_that_no_reference_has_stands_out():
    scene = draw_scene()
    written = scene.copy()
    for x, y in ((20, 30), (120, 90), (40, 150), (130, 220)):
        ImageDraw.Draw(written).text((x, y), "#%&@x", fill="black", font_size=22, stroke_width=1, stroke_fill="white")

    clean, found = (tell(make_example(cut(image), references=[scene])) for image in (scene, written))

    assert found["match_odd_share"] > clean["match_odd_share"] + 0.1
    # Four words; the logarithm of 1 + patches of more than one place.
    assert found["match_odd_large_patches"] >= log(4)


def test_patches_touch_by_a_side_or_a_corner():
    marked = np.array([[1, 0, 0, 1, 1], [0, 1, 0, 0, 0], [0, 0, 0, 0, 1], [1, 1, 1, 0, 1]], dtype=bool)

    assert sorted(find_patches(marked)) == [2, 2, 2, 3]


def test_patches_that_meet_further_down_are_one():
    marked = np.array([[1, 0, 1, 0, 1], [1, 1, 1, 0, 1], [0, 0, 1, 1, 1]], dtype=bool)

    assert find_patches(marked) == [10]


def test_what_cannot_be_compared_is_nan():
    found = tell(make_example(draw_scene()))

    assert all(isnan(value) for name, value in found.items() if name.startswith(("match_", "source_", "set_")))
    assert not any(isnan(value) for name, value in found.items() if name.startswith("alone_"))


def test_a_lost_picture_is_told_nothing_of_and_a_lost_sibling_or_reference_is_left_out():
    scene = draw_scene()
    lost = make_example(lose(), references=[scene])
    without = make_example(scene, references=[scene], siblings=[lose(), draw_scene(2)])
    without = replace(without, order=replace(without.order, references=(*without.order.references, lose())))

    assert np.isnan(extract([lost])).all()
    assert tell(without)["match_explained"] > 0.99
    assert tell(without)["match_references"] == 0  # the logarithm of one
    assert not isnan(tell(without)["set_palette"])


def test_an_image_unlike_its_siblings_stands_apart():
    scene, alike = draw_scene(), cut(draw_scene())
    grey = scene.convert("L").convert("RGB")

    one, other = (tell(make_example(image, siblings=[alike, alike])) for image in (scene, grey))

    assert other["set_palette"] > one["set_palette"] + 0.3
    assert other["set_apart_saturation"] < one["set_apart_saturation"] - 0.1


def test_an_edit_shows_a_changed_subject_and_the_new_background():
    def draw_person(background: str, coat: str) -> Image.Image:
        image = Image.new("RGB", (200, 200), background)
        ImageDraw.Draw(image).ellipse((20, 130, 180, 290), fill=coat)
        ImageDraw.Draw(image).ellipse((65, 40, 135, 150), fill="#d0a080")
        return image

    source = draw_person("#306050", "#204080")

    kept = tell(make_example(draw_person("white", "#204080"), sources=[source]))
    changed = tell(make_example(draw_person("white", "#b03020"), sources=[source]))

    assert kept["source_ground_light"] > 0.98
    assert kept["source_subject_changed"] < 0.1
    assert changed["source_subject_changed"] > 0.3


def test_rules_of_size_and_ratio_are_met_or_missed():
    found = tell(make_example(draw_scene(), rules=[SQUARE, WIDE]))

    assert found["rule_meets_size"] == 1
    assert found["rule_meets_ratio"] == 0
    assert found["rule_rules_met"] == 0.5
    assert found["rule_rules_missed"] == 1
    assert isnan(found["rule_meets_dpi"])
    assert found["rule_ratio_off"] == 0  # the nearest shape that is asked for, the square


@pytest.mark.parametrize("brief", ["A mug on a plain white background.", "产品图,背景用白色"])
def test_a_background_that_the_brief_names_is_looked_for_at_the_rim(brief: str):
    def draw_mug(background: str) -> Image.Image:
        image = Image.new("RGB", (120, 120), background)
        ImageDraw.Draw(image).rectangle((40, 30, 80, 90), fill="#a02020")
        return image

    white, green = (tell(make_example(draw_mug(colour), brief=brief)) for colour in ("white", "#208020"))

    assert white["brief_ground_off"] < log(1 + 5)
    assert green["brief_ground_off"] > log(1 + 40)
    assert white["brief_named_there"] == 1
    assert green["brief_named_there"] == 0


def test_a_brief_that_asks_for_lettering_or_forbids_it_is_heard():
    asks = tell(make_example(draw_scene(), brief='A poster with the slogan "Fresh every day"'))
    forbids = tell(make_example(draw_scene(), brief="A pattern without any text"))

    assert asks["brief_asks_lettering"] == 1
    assert asks["brief_quotes"] == pytest.approx(log(2), abs=1e-6)
    assert forbids["brief_forbids_lettering"] == 1
    assert isnan(asks["brief_ground_off"])


def test_rows_depend_neither_on_their_order_nor_on_what_was_looked_at_before():
    scenes = [draw_scene(seed, 128) for seed in range(4)]
    examples = [make_example(scene, references=scenes[:2], siblings=scenes[2:]) for scene in scenes]

    forward = extract(examples)
    backward = extract(examples[::-1])[::-1]
    forget()
    fresh = extract(examples)

    np.testing.assert_array_equal(forward, backward)
    np.testing.assert_array_equal(forward, fresh)


def test_tiny_flat_and_see_through_pictures_have_a_row_without_infinite_numbers():
    clear = Image.new("RGBA", (90, 90), (255, 0, 0, 0))
    pictures = [Image.new("RGB", (1, 1)), Image.new("RGB", (3, 200), "red"), Image.new("L", (64, 64), 9), clear, draw_scene()]

    rows = extract([make_example(picture, references=pictures, sources=pictures[:1], siblings=pictures[:2]) for picture in pictures])

    assert not np.isinf(rows).any()
    # What can be seen through stands on white.
    assert rows[3][NAMES.index("alone_light")] == pytest.approx(1)


def test_bytes_that_are_no_picture_are_a_lost_picture():
    broken = Picture(sha256="1" * 64, read=lambda: b"\x89PNG and nothing behind")

    assert np.isnan(extract([make_example(broken)])).all()


def test_large_pictures_are_measured_on_a_copy_of_one_scale():
    look = read_look(make_picture(Image.new("RGB", (1600, 900))))

    assert look is not None
    assert look.pixels.shape == (SIDE_PX * 900 // 1600, SIDE_PX, 3)


def test_neither_django_nor_torch_nor_scipy_is_imported():
    code = "import sys, modeling.net.features; print(sorted({name.split('.')[0] for name in sys.modules} & set(sys.argv[1:])))"
    heavy = ["django", "torch", "scipy", "sklearn"]

    said = subprocess.run([sys.executable, "-c", code, *heavy], check=True, capture_output=True, text=True).stdout

    assert said.strip() == "[]"
