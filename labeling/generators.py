"""The names of image generators: one generator per model, whatever a file calls it, with its API price.

Names and prices are those of the ServImage paper (Tables 2, 3, 6 and 13, appendix price list); prices are USD per call.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal

from labeling.data_in.codes import Code
from labeling.data_in.problem import ImportProblem, Place

MAX_NAME, MAX_SLUG = 120, 80


@dataclass(frozen=True, kw_only=True)
class KnownGenerator:
    """One generator: `slug` as label files name it, `name` for leads, `price_usd` per API call or None if unknown."""

    slug: str
    name: str
    price_usd: Decimal | None
    aliases: tuple[str, ...] = ()


def _known(slug: str, name: str, price_usd: str, *aliases: str) -> KnownGenerator:
    return KnownGenerator(slug=slug, name=name, price_usd=Decimal(price_usd), aliases=aliases)


KNOWN_GENERATORS = (
    _known("gemini-2.5-flash-image", "Gemini-Banana", "0.015947911", "Gemini 2.5 Flash"),
    _known("gemini-banana-pro", "Gemini-Banana-Pro", "0.028", "gemini-2.5-flash-image-pro"),
    _known("gpt-image-1", "GPT-Image-1", "0.137406021", "GPT-5 Image"),
    _known("gpt-image-1-mini", "GPT-Image-1-Mini", "0.027542370", "GPT-5 Image Mini"),
    _known("ideogram-v3-text-to-image", "Ideogram-v3", "0.03"),
    _known("imagen4", "Imagen-4.0", "0.04"),
    _known("kling-v2-images", "Kling-v2", "0.0278"),
    _known("mj-relax-edits", "MJ-Relax-Edits", "0.019728"),
    _known("mj-relax-imagine", "MJ-Relax-Imagine", "0.0198"),
    _known("seededit-3.0-i2i", "SeedEdit-3.0-i2i", "0.0417", "SeedEdit"),
    _known("seedream-3.0-t2i", "Seedream-3.0-t2i", "0.036"),
    _known("seedream-4.0", "Seedream-4.0", "0.0278"),
    _known("flux-1.1-pro", "FLUX-1.1-Pro", "0.04", "Flux Pro"),
    _known("flux-kontext-pro", "FLUX-Kontext-Pro", "0.04"),
    _known("qwen-text-to-image", "Qwen-Image", "0.034"),
    _known("stable-diffusion-3.5-large", "SD-3.5-Large", "0.065"),
)
# Midjourney's label files carry the number of pictures of a call: mj-relax-imagine_4.
COUNT_SUFFIX = re.compile(r"_\d{1,2}$")


def make_slug(name: str) -> str:
    """`name` in lower case with `-` for spaces, underscores and everything that is no letter, digit or dot; may be empty."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return re.sub(r"-{2,}", "-", re.sub(r"[^\w.]|_", "-", folded)).strip("-.")


BY_SLUG = {make_slug(name): known for known in KNOWN_GENERATORS for name in (known.slug, known.name, *known.aliases)}


def resolve_generator(name: str) -> KnownGenerator | None:
    """The known generator that `name` means in any of the paper's spellings, or None; case, spaces and `_4` do not matter."""
    return BY_SLUG.get(make_slug(name)) or BY_SLUG.get(make_slug(COUNT_SUFFIX.sub("", name.strip())))


def read_generator(name: str, place: Place | None = None) -> KnownGenerator:
    """The generator that `name` means; an unknown one keeps its name, goes by the slug of it, and has no price.

    Raises ImportProblem (bad_generator) for a name without a letter or digit, with control characters, or too long.
    """
    if known := resolve_generator(name):
        return known
    slug, stripped = make_slug(name), " ".join(name.split())
    if not slug or len(slug) > MAX_SLUG or len(stripped) > MAX_NAME or not stripped.isprintable():
        raise ImportProblem(Code.BAD_GENERATOR, place, found=ascii(name)[:80])
    return KnownGenerator(slug=slug, name=stripped, price_usd=None)
