"""Names of generators: every spelling of the paper, one generator each, with its API price."""

from decimal import Decimal

import pytest

from labeling.data_in.codes import Code
from labeling.data_in.problem import ImportProblem, Place
from labeling.generators import KNOWN_GENERATORS, make_slug, read_generator, resolve_generator

pytestmark = pytest.mark.pure

# The paper's names: Table 2, Table 3, Table 6 endpoint, Table 13 and label files; and the price per call.
PAPER = [
    (("Gemini-Banana", "Gemini 2.5 Flash", "gemini-2.5-flash-image"), "0.015947911"),
    (("Gemini-Banana-Pro", "gemini-2.5-flash-image-pro", "gemini-banana-pro"), "0.028"),
    (("GPT-Image-1", "GPT-5 Image", "gpt-image-1"), "0.137406021"),
    (("GPT-Image-1-Mini", "GPT-5 Image Mini", "gpt-image-1-mini"), "0.027542370"),
    (("Ideogram-v3", "ideogram-v3", "ideogram-v3-text-to-image"), "0.03"),
    (("Imagen-4.0", "imagen-4.0", "imagen4"), "0.04"),
    (("Kling-v2", "kling-v2-images"), "0.0278"),
    (("MJ-Relax-Edits", "mj-relax-edits", "mj-relax-edits_4"), "0.019728"),
    (("MJ-Relax-Imagine", "mj-relax-imagine", "mj-relax-imagine_4"), "0.0198"),
    (("SeedEdit-3.0-i2i", "SeedEdit 3.0-i2i", "seededit-3.0-i2i"), "0.0417"),
    (("Seedream-3.0-t2i", "Seedream 3.0-t2i", "seedream-3.0-t2i"), "0.036"),
    (("Seedream-4.0", "Seedream 4.0", "seedream-4.0"), "0.0278"),
    (("FLUX-1.1-Pro", "Flux Pro", "flux-1.1-pro"), "0.04"),
    (("FLUX-Kontext-Pro", "flux-kontext-pro"), "0.04"),
    (("Qwen-Image", "qwen-text-to-image"), "0.034"),
    (("SD-3.5-Large", "stable-diffusion-3.5-large"), "0.065"),
]


@pytest.mark.parametrize(("names", "price"), PAPER)
def test_every_spelling_means_the_same_generator(names, price):
    found = [resolve_generator(name) for name in names]

    assert found[0] is not None
    assert all(one is found[0] for one in found)
    assert (found[0].name, found[0].price_usd) == (names[0], Decimal(price))


def test_the_paper_has_sixteen_generators():
    assert len(KNOWN_GENERATORS) == len(PAPER) == len({known.slug for known in KNOWN_GENERATORS}) == 16


@pytest.mark.parametrize("name", [" gpt_image 1 ", "GPT-IMAGE-1", "gpt image-1", "ＧＰＴ-Image-1", "gpt-image-1_4"])
def test_case_spaces_and_count_suffixes_do_not_matter(name):
    assert resolve_generator(name).slug == "gpt-image-1"


@pytest.mark.parametrize("name", ["gpt-image-2", "gpt-image", "mj-relax", "", "flux"])
def test_a_similar_name_is_not_a_known_one(name):
    assert resolve_generator(name) is None


def test_known_slugs_mean_themselves():
    assert all(make_slug(known.slug) == known.slug for known in KNOWN_GENERATORS)
    assert all(resolve_generator(known.slug) is known for known in KNOWN_GENERATORS)


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Stand In 01", "stand-in-01"),
        ("acme_v2.1", "acme-v2.1"),
        ("通义 万相", "通义-万相"),
        ("a/../b", "a-..-b"),
        ("stand-in-01_4", "stand-in-01-4"),
    ],
)
def test_an_unknown_generator_goes_by_its_slug_and_has_no_price(name, slug):
    generator = read_generator(name)

    assert (generator.slug, generator.name, generator.price_usd) == (slug, name, None)


@pytest.mark.parametrize("name", ["", "   ", "---", "...", "x" * 121, "a\nb\x00", "\u202eevil", "é" * 81])
def test_an_absurd_name_is_refused(name):
    with pytest.raises(ImportProblem) as caught:
        read_generator(name, Place(file="labels.jsonl", line=3))

    assert (caught.value.code, caught.value.place.line) == (Code.BAD_GENERATOR, 3)
