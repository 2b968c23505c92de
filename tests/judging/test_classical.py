"""The rubric `classical`: worked values of its measures, and what damages do to the scores."""

from __future__ import annotations

import hashlib
import io
import json
import math
from collections.abc import Sequence

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter

from benchmarks.classical import OF_REFERENCES, SHARED, correlate, list_material, make_candidates, measure
from judging.material import Material, Picture, PictureLost, Sample
from judging.rubrics.base import Value, Why
from judging.rubrics.classical.alignment import find_shift
from judging.rubrics.classical.background import spread_within
from judging.rubrics.classical.blockiness import measure_evenness
from judging.rubrics.classical.colour import compare_palettes, convert_to_lab, measure_colourfulness, read_palette
from judging.rubrics.classical.noise import filter_linear, measure_noise
from judging.rubrics.classical.pixels import SIDE_PX, read_pixels
from judging.rubrics.classical.rubric import Classical
from judging.rubrics.classical.sharpness import measure_blur
from judging.rubrics.classical.ssim import measure_ssim
from judging.rubrics.classical.tones import measure_contrast, measure_span
from tests.shared import needs_bench

pytestmark = pytest.mark.pure

CHECKS = np.indices((24, 24)).sum(axis=0) % 2 * 2.0 - 1  # -1 and 1, as on a chessboard
RISING = np.repeat(np.arange(24.0)[:, None], 24, axis=1)  # every row one brighter than the one above


def make_scene(seed: int = 0, side: int = 256, hue: int = 0) -> Image.Image:
    """A picture with soft light, sharp shapes and fine texture; `hue` turns its colours."""
    random = np.random.default_rng(seed)
    light = Image.fromarray(random.integers(60, 200, (6, 6, 3), dtype=np.uint8)).resize((side, side), Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(light)
    for _ in range(25):
        x, y, radius = (int(number) for number in random.integers(0, side, 3))
        draw.ellipse((x, y, x + radius // 4, y + radius // 4), fill=tuple(int(level) for level in random.integers(0, 256, 3)))
    if hue:
        turned = np.array(light.convert("HSV"))
        turned[..., 0] += np.uint8(hue)
        light = Image.fromarray(turned, "HSV").convert("RGB")
    return light


def make_portrait(hair: str = "#503020", coat: str = "#204080", background: str = "#30a060", shift: int = 0) -> Image.Image:
    """A head and shoulders before a background of one colour."""
    image = Image.new("RGB", (256, 256), background)
    draw = ImageDraw.Draw(image)
    draw.ellipse((28 + shift, 170, 228 + shift, 370), fill=coat)
    draw.ellipse((78 + shift, 40, 178 + shift, 150), fill=hair)
    draw.ellipse((88 + shift, 60, 168 + shift, 180), fill="#e0b090")
    for x in (112, 144):
        draw.ellipse((x - 6 + shift, 105, x + 6 + shift, 117), fill="black")
    draw.arc((108 + shift, 130, 148 + shift, 160), 20, 160, fill="darkred", width=4)
    return image


def add_noise(image: Image.Image, deviation: float) -> Image.Image:
    noise = np.random.default_rng(1).normal(0, deviation, (image.height, image.width, 3))
    return Image.fromarray(np.clip(np.asarray(image, float) + noise, 0, 255).astype(np.uint8))


def enlarge(image: Image.Image, factor: int) -> Image.Image:
    small = image.resize((image.width // factor, image.height // factor), Image.Resampling.NEAREST)
    return small.resize(image.size, Image.Resampling.NEAREST)


def dull(image: Image.Image) -> Image.Image:
    return ImageEnhance.Contrast(ImageEnhance.Color(image).enhance(0.3)).enhance(0.4)


def encode(image: Image.Image, format: str = "PNG", **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, format, **options)
    return stream.getvalue()


def make_picture(content: Image.Image | bytes | None) -> Picture:
    """A picture of `content`; None is one whose bytes are gone."""
    data = content if isinstance(content, bytes) else encode(content) if content else None
    size = content.size if isinstance(content, Image.Image) else (1, 1)

    def read() -> bytes:
        if data is None:
            raise PictureLost("gone")
        return data

    return Picture(sha256=hashlib.sha256(data or b"").hexdigest(), width=size[0], height=size[1], format="PNG", read=read)


def make_material(
    samples: Sequence[Image.Image | bytes | None],
    references: Sequence[Image.Image | bytes | None] = (),
    sources: Sequence[Image.Image | bytes | None] = (),
    is_editing: bool | None = None,
) -> Material:
    return Material(
        key=1,
        task_id="digital-001",
        task_version=1,
        category="C-Digital",
        name="",
        brief="",
        price_usd=1.0,
        quantity=len(samples),
        is_editing=bool(sources) if is_editing is None else is_editing,
        points=(),
        references=tuple(map(make_picture, references)),
        sources=tuple(map(make_picture, sources)),
        samples=tuple(
            Sample(key=number + 10, number=number, deliverable="", rules=(), picture=make_picture(content))
            for number, content in enumerate(samples, 1)
        ),
    )


def judge(*samples: Image.Image | bytes | None, **others: object) -> dict[tuple[str, int], Value]:
    """The values of a bundle by concept and number of the deliverable."""
    values = list(Classical().measure(make_material(samples, **others)))
    found = {(value.concept, value.sample - 10): value for value in values}
    assert len(found) == len(values) == 7 * len(samples)
    return found


def score(concept: str, image: Image.Image, **others: object) -> float:
    value = judge(image, **others)[concept, 1].value
    assert value is not None
    return value


def test_immerkaer_on_a_chessboard_is_16_times_its_height_by_6_times_the_root_of_half_pi():
    # At a field of height 3: 4 x 3 for the middle, -2 x -3 four times, 1 x 3 four times: 48. sqrt(pi / 2) / 6 x 48 = 10.0265.
    assert filter_linear(128 + 3 * CHECKS) == pytest.approx(np.full((22, 22), 48.0))
    assert measure_noise(128 + 3 * CHECKS) == pytest.approx(10.0265, abs=1e-4)


def test_immerkaer_finds_nothing_on_a_slope_and_the_deviation_of_noise_on_a_flat_picture():
    noise = np.random.default_rng(0).normal(0, 10, (256, 256))

    assert measure_noise(RISING) == 0
    # The quietest quarter of blocks lies about a tenth below the mean.
    assert 8 < measure_noise(128 + noise) < 10


def test_ssim_of_two_flat_pictures_is_its_term_of_lightness():
    # C1 = 2.55^2 = 6.5025: (2 x 100 x 120 + 6.5025) / (100^2 + 120^2 + 6.5025) = 24006.5025 / 24406.5025 = 0.98361.
    assert measure_ssim(np.full((9, 8), 100.0), np.full((9, 8), 120.0)) == pytest.approx(np.full((2, 1), 0.98361), abs=1e-5)


def test_ssim_of_a_chessboard_and_its_reverse_is_its_term_of_structure():
    # Means 100, variances 100, covariance -100, C2 = 7.65^2 = 58.5225: (-200 + 58.5225) / (200 + 58.5225) = -0.54725.
    found = measure_ssim(100 + 10 * CHECKS, 100 - 10 * CHECKS)

    assert found == pytest.approx(np.full((17, 17), -0.54725), abs=1e-5)
    assert measure_ssim(100 + 10 * CHECKS, 100 + 10 * CHECKS) == pytest.approx(np.ones((17, 17)))


def test_blur_effect_is_a_ninth_for_stripes_and_one_for_a_slope():
    # Stripes of one pixel: neighbours differ by 100, means of nine by 100 / 9, so 1 / 9 of the difference is left as it was.
    stripes = np.repeat((np.arange(24) % 2 * 100.0)[:, None], 24, axis=1)

    assert measure_blur(stripes) == pytest.approx(1 / 9)
    assert measure_blur(stripes.T) == pytest.approx(1 / 9)
    assert measure_blur(RISING) == pytest.approx(1)


def test_evenness_is_zero_for_blocks_and_one_for_a_slope():
    # Blocks of two: the profile is 0, 100, 0, 100, ...; the smaller of two neighbours is always 0.
    blocks = np.kron(CHECKS[:12, :12], np.ones((2, 2))) * 50 + 100

    assert measure_evenness(blocks) == 0
    assert measure_evenness(RISING) == pytest.approx(1)


def test_measures_of_light_have_the_values_worked_out_by_hand():
    # Half 50, half 200: the deviation is 75, the range 150.
    halves = np.repeat([50.0, 200.0], 50).reshape(10, 10)

    assert measure_contrast(halves) == pytest.approx(75 / 255)
    assert measure_span(halves) == pytest.approx(150 / 255)


def test_colourfulness_of_red_and_green_is_worked_out_by_hand():
    # Red minus green is 255 or -255: deviation 255, mean 0. Yellow minus blue is 127.5 everywhere. 255 + 0.3 x 127.5 = 293.25.
    pixels = np.array([[[255, 0, 0], [0, 255, 0]]], dtype=np.uint8)

    assert measure_colourfulness(pixels) == pytest.approx(293.25)
    assert measure_colourfulness(np.full((4, 4, 3), 77, np.uint8)) == 0


def test_cielab_of_red_is_that_of_the_tables():
    # Lindbloom's calculator for sRGB (255, 0, 0) and D65: 53.2, 80.1, 67.2.
    assert convert_to_lab(np.array([[[255, 0, 0]]], np.uint8))[0, 0] == pytest.approx([53.2, 80.1, 67.2], abs=0.2)


def test_palettes_of_black_and_white_are_apart_by_their_lightness_along_five_of_nine_directions():
    black, white = (read_palette(np.full((5, 5, 3), level, np.uint8)) for level in (0, 255))

    # 100 along L, 100 / sqrt(2) along the four diagonals with L, 0 along the four others.
    assert compare_palettes(black, white) == pytest.approx((100 + 4 * 100 / math.sqrt(2)) / 9, abs=0.05)
    assert compare_palettes(black, black) == 0


def test_phase_correlation_finds_how_far_a_part_was_cut_out():
    whole = np.asarray(make_scene().convert("L"), float)

    assert find_shift(whole, whole[7:, 12:]) == (7, 12)
    assert find_shift(whole, whole) == (0, 0)


def test_the_background_is_what_is_joined_to_the_upper_edge():
    allowed = np.array([[0, 1, 0, 0], [0, 1, 1, 0], [0, 0, 1, 0], [1, 0, 1, 1]], dtype=bool)

    assert spread_within(allowed).astype(int).tolist() == [[0, 1, 0, 0], [0, 1, 1, 0], [0, 0, 1, 0], [0, 0, 1, 1]]


def test_a_blurred_copy_is_less_clear_and_no_less_real():
    scene = make_scene()
    blurred = scene.filter(ImageFilter.GaussianBlur(3))

    assert score("veq_clarity", blurred) < score("veq_clarity", scene) - 1
    assert score("veq_realism", blurred) >= score("veq_realism", scene)


@pytest.mark.parametrize("spoil", [lambda scene: add_noise(scene, 25), lambda scene: enlarge(scene, 4)])
def test_noise_and_blocks_lower_clarity_and_realism(spoil):
    scene = make_scene()

    assert score("veq_clarity", spoil(scene)) < score("veq_clarity", scene) - 1
    assert score("veq_realism", spoil(scene)) < score("veq_realism", scene) - 1


def test_more_noise_scores_lower():
    scores = [score("veq_realism", add_noise(make_scene(), deviation)) for deviation in (5, 15, 30, 60)]

    assert scores == sorted(scores, reverse=True)
    assert scores[0] > scores[-1] + 2


def test_a_dulled_copy_is_less_pleasing():
    scene = make_scene()

    assert score("veq_aesthetic", dull(scene)) < score("veq_aesthetic", scene) - 1


def test_a_dull_picture_is_fine_where_the_references_are_dull_as_well():
    dulled = dull(make_scene())

    assert score("veq_aesthetic", dulled, references=[dulled]) > score("veq_aesthetic", dulled) + 1


def test_a_soft_picture_is_fine_where_the_references_are_soft_as_well():
    soft = make_scene().filter(ImageFilter.GaussianBlur(2))

    assert score("veq_clarity", soft, references=[soft]) > score("veq_clarity", soft) + 1


def test_colours_unlike_every_reference_cost_half_and_no_more():
    scene = make_scene()

    like, unlike = (judge(scene, references=[reference])["veq_aesthetic", 1] for reference in (scene, Image.new("RGB", (64, 64))))

    assert (like.value, like.detail["shares"]["palette"]) == (5, 1)
    assert unlike.detail["shares"]["palette"] == 0.5
    assert 0 < unlike.value < 5


def test_one_odd_picture_of_a_bundle_fits_less_than_the_others():
    odd = make_scene(3, hue=110).point(lambda level: 255 - level // 3)

    values = judge(make_scene(0), make_scene(1), odd, make_scene(2))

    scores = [values["cns_set", number].value for number in range(1, 5)]
    assert scores[2] == min(scores)
    assert scores[2] < min(scores[:2] + scores[3:]) - 0.5
    assert all(1 <= value <= 5 for value in scores)


def test_a_bundle_of_equal_pictures_fits_wholly():
    values = judge(make_scene(), make_scene())

    assert [values["cns_set", number].value for number in (1, 2)] == [5, 5]


def test_an_edit_of_the_background_alone_keeps_everything():
    source = make_portrait()

    assert score("cns_edit", make_portrait(background="white"), sources=[source]) > 4.5
    assert score("cns_edit", source, sources=[source]) == pytest.approx(5)


@pytest.mark.parametrize("change", [{"coat": "#b02020"}, {"hair": "#f0e040", "coat": "#60d020"}])
def test_an_edit_that_leaks_into_the_person_keeps_less(change):
    source = make_portrait()

    kept = score("cns_edit", make_portrait(background="white"), sources=[source])
    assert 1 <= score("cns_edit", make_portrait(background="white", **change), sources=[source]) < kept - 1


@pytest.mark.parametrize("box", [(6, 4, 256, 256), (0, 0, 250, 250)])
def test_an_edit_that_is_cropped_a_little_is_laid_on_its_source_first(box):
    edited = make_portrait(background="white").crop(box)

    assert score("cns_edit", edited, sources=[make_portrait()]) > 4.2


def test_an_edit_may_have_another_size_than_its_source():
    assert score("cns_edit", make_portrait(background="white").resize((512, 512)), sources=[make_portrait()]) > 4.5


def test_of_several_sources_the_one_that_is_most_like_counts():
    values = judge(make_portrait(background="white"), sources=[make_scene(4), make_portrait(), None])

    assert values["cns_edit", 1].value > 4.5
    assert values["cns_edit", 1].detail["sources"] == 2


def test_what_no_measure_can_tell_has_no_value():
    values = judge(make_scene())

    assert [(values[concept, 1].value, values[concept, 1].why) for concept in ("brf", "veq_text")] == [(None, Why.CANNOT_SPEAK)] * 2


def test_consistency_does_not_apply_to_a_single_picture_that_edits_nothing():
    values = judge(make_scene())

    assert [(values[concept, 1].value, values[concept, 1].why) for concept in ("cns_edit", "cns_set")] == [(None, Why.NOT_APPLICABLE)] * 2
    assert judge(make_scene(), is_editing=True)["cns_edit", 1].why == Why.NOT_APPLICABLE
    assert judge(make_scene(), sources=[make_scene()], is_editing=False)["cns_edit", 1].why == Why.NOT_APPLICABLE


@pytest.mark.parametrize("lost", [None, b"", b"no picture", encode(make_scene(), "JPEG")[:-200]])
def test_a_lost_picture_says_so_and_the_others_are_scored(lost):
    values = judge(make_portrait(), lost, make_portrait(), sources=[make_portrait()])

    measured = ("veq_clarity", "veq_realism", "veq_aesthetic", "cns_edit", "cns_set")
    assert {values[concept, 2].why for concept in measured} == {Why.PICTURE_LOST}
    assert all(values[concept, 2].value is None for concept in measured)
    assert all(values[concept, number].value is not None for concept in measured for number in (1, 3))


def test_lost_references_and_sources_are_left_out():
    scene = make_scene()

    assert score("veq_clarity", scene, references=[None, b"no picture"]) == score("veq_clarity", scene)
    assert judge(scene, sources=[None])["cns_edit", 1].why == Why.PICTURE_LOST


def test_the_only_picture_left_of_a_bundle_has_nothing_to_fit():
    values = judge(make_scene(), None)

    assert (values["cns_set", 1].why, values["cns_set", 2].why) == (Why.CANNOT_SPEAK, Why.PICTURE_LOST)


ODD = {
    "grey": Image.effect_noise((40, 30), 60),
    "one pixel": Image.new("RGB", (1, 1), "red"),
    "flat": Image.new("RGB", (64, 64), "red"),
    "see-through": Image.new("RGBA", (40, 40), (255, 0, 0, 0)),
    "palette": make_scene().convert("P"),
    "black and white": make_scene().convert("1"),
    "16 bits": Image.fromarray(np.arange(40 * 40, dtype=np.uint16).reshape(40, 40) * 40),
    "very wide": Image.new("RGB", (3000, 1), "blue"),
    "very high": Image.effect_noise((2, 3000), 60).convert("RGB"),
}


@pytest.mark.parametrize("image", ODD.values(), ids=ODD)
def test_odd_pictures_are_scored_as_far_as_they_go(image):
    values = judge(image, make_scene(), references=[image, make_scene()], sources=[image])

    assert all((value.value is None) == (value.why is not None) for value in values.values())
    assert all(0 <= value.value <= 5 for value in values.values() if value.value is not None)


def test_a_picture_without_detail_has_no_clarity_rather_than_a_low_one():
    values = judge(ODD["flat"])

    assert (values["veq_clarity", 1].value, values["veq_clarity", 1].why) == (None, Why.CANNOT_SPEAK)


def test_pictures_are_read_upright_small_and_on_white():
    wide = make_scene(side=1200).crop((0, 0, 1200, 600))
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90 degrees to the right

    turned = read_pixels(make_picture(encode(wide, "JPEG", exif=exif)))
    clear = read_pixels(make_picture(Image.new("RGBA", (20, 10), (255, 0, 0, 0))))

    assert turned.shape == (SIDE_PX, SIDE_PX // 2, 3)
    upright = read_pixels(make_picture(encode(wide.transpose(Image.Transpose.ROTATE_270), "JPEG")))
    assert np.abs(turned.astype(int) - upright).mean() < 3
    assert clear.shape == (10, 20, 3)
    assert clear.min() == 255


def test_a_colour_profile_and_cmyk_are_read():
    pixels = read_pixels(make_picture(encode(make_scene().convert("CMYK"), "JPEG")))

    assert np.abs(pixels.astype(int) - np.asarray(make_scene())).mean() < 5


def test_the_detail_is_ready_for_json_and_holds_what_was_measured():
    values = judge(make_portrait(background="white"), make_portrait(), sources=[make_portrait()], references=[make_scene()])

    detail = json.loads(json.dumps({concept: dict(value.detail) for (concept, number), value in values.items() if number == 1}))
    assert set(detail["veq_clarity"]["measures"]) == {"blur", "noise", "evenness", "contrast", "span", "colourfulness"}
    assert math.prod(detail["veq_clarity"]["shares"].values()) * 5 == pytest.approx(values["veq_clarity", 1].value, abs=0.01)
    assert set(detail["cns_edit"]["measures"]) == {"ssim", "colour", "background"}
    assert set(detail["cns_set"]["measures"]) == {"palette", "style", "to_reference", "share"}


def test_the_rubric_says_what_it_is():
    rubric = Classical()

    assert (rubric.name, rubric.version, rubric.asks_model, rubric.list_parts()) == ("classical", 1, False, ("measures",))
    assert set(rubric.concepts) == {"brf", "veq_clarity", "veq_realism", "veq_aesthetic", "veq_text", "cns_edit", "cns_set"}


def test_spearman_of_the_benchmark_is_worked_out_with_ties():
    # Ranks 1, 2.5, 2.5, 4 and 1, 2, 3, 4: covariance 4.5, variances 4.5 and 5; 4.5 / sqrt(22.5) = 0.94868.
    assert correlate(np.array([(1.0, 10.0), (2.0, 20.0), (2.0, 30.0), (9.0, 40.0)])) == pytest.approx(0.94868, abs=1e-5)


@needs_bench
def test_values_go_with_the_known_flaws_of_stand_ins(tmp_path):
    rows = make_candidates(SHARED, tmp_path, seed=0, tasks="12", editing=0, generators=4)

    pairs, _ = measure(list_material(SHARED, tmp_path, rows), OF_REFERENCES)

    for concept in ("veq_clarity", "veq_realism"):
        assert correlate(np.array([(pair.value, pair.truth) for pair in pairs if pair.concept == concept])) > 0.3
