"""Statistics of a candidate by itself."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from judging.rubrics.classical.blockiness import measure_evenness
from judging.rubrics.classical.colour import measure_colourfulness
from judging.rubrics.classical.noise import measure_noise
from judging.rubrics.classical.planes import Pixels, Plane
from judging.rubrics.classical.sharpness import measure_blur
from judging.rubrics.classical.tones import measure_contrast, measure_span
from modeling.net.features.bands import LEVELS, list_details, mean_blocks, measure_power, tell_log
from modeling.net.features.frames import measure_frame
from modeling.net.features.looks import Look
from modeling.net.features.strokes import measure_strokes
from modeling.net.features.values import Values

# Differences of luma that are plain to see, and those that are none.
EDGE, NOTHING = 24.0, 0.5
MANY_LEVELS = 64


@lru_cache(maxsize=512)
def measure_alone(look: Look) -> Values:
    """Everything that is told of one picture, by name; NaN where it is too small or flat to tell."""
    luma, pixels = look.luma, look.pixels
    return {
        "blur": _or_nan(measure_blur(luma)),
        "noise": tell_log(_or_nan(measure_noise(luma))) if min(luma.shape) >= 10 else np.nan,
        "evenness": _or_nan(measure_evenness(luma)),
        "contrast": measure_contrast(luma),
        "span": measure_span(luma),
        **measure_details(luma),
        **measure_tones(luma),
        **measure_colours(pixels),
        **measure_steps(luma),
        **measure_frame(pixels[::2, ::2]),
        **measure_strokes(luma),
    }


def measure_details(luma: Plane) -> Values:
    """The strength of details by their size (logarithms of grey levels), and how fast it falls."""
    found = {f"detail_{level}": tell_log(np.sqrt(measure_power(part, part))) for level, part in enumerate(list_details(luma))}
    values = [found.get(f"detail_{level}", np.nan) for level in range(LEVELS)]
    quiet = mean_blocks(np.abs(np.diff(luma, axis=1)))
    return {
        **found,
        "detail_fall": values[0] - values[1],
        "detail_fall_far": values[1] - values[3],
        "quiet_blocks": float((quiet < 1).mean()),
        "busy_blocks": float((quiet > 8).mean()),
    }


def measure_tones(luma: Plane) -> Values:
    """Light and dark, and the levels of grey in use: few of them, or a comb of them, in what was posterised."""
    counts = np.bincount(luma.astype(np.uint8).ravel(), minlength=256) / luma.size
    used = counts[counts > 0]
    ordered = np.sort(counts)[::-1]
    dark, middle, bright = (float(np.searchsorted(np.cumsum(counts), share)) / 255 for share in (0.05, 0.5, 0.95))
    return {
        "light": float(luma.mean()) / 255,
        "dark_end": dark,
        "middle": middle,
        "bright_end": bright,
        "tone_entropy": float(-(used * np.log2(used)).sum()),
        "few_tones": float(ordered[:8].sum()),
        "some_tones": float(ordered[:MANY_LEVELS].sum()),
        "tone_comb": float(np.abs(np.diff(counts, 2)).sum()),
    }


def measure_colours(pixels: Pixels) -> Values:
    """How strong and how many the colours are."""
    red, green, blue = np.moveaxis(pixels[::2, ::2].reshape(-1, 3), -1, 0).copy()
    most, least = (choose(choose(red, green), blue).astype(np.float32) for choose in (np.maximum, np.minimum))
    saturation = (most - least) / np.maximum(most, 1)
    named = (red >> 4).astype(np.int16) * 256 + (green >> 4).astype(np.int16) * 16 + (blue >> 4)
    cells = np.bincount(named, minlength=4096) / len(red)
    ordered = np.sort(cells)[::-1]
    used = ordered[ordered > 0]
    return {
        "colourfulness": measure_colourfulness(pixels[::2, ::2]) / 100,
        "saturation": float(saturation.mean()),
        "saturation_spread": float(saturation.std()),
        "saturation_high": float(np.quantile(saturation[::4], 0.95)),
        "colour_entropy": float(-(used * np.log2(used)).sum()),
        "first_colour": float(ordered[0]),
        "first_colours": float(ordered[:5].sum()),
        "colours_used": tell_log(float((ordered > 1e-3).sum())),
        "grey": float(((most - least) < 8).mean()),
    }


def measure_steps(luma: Plane) -> Values:
    """How neighbours differ: not at all, a little, or by an edge; in blocks and posterised pictures there is little between."""
    along, down = np.abs(np.diff(luma, axis=1)), np.abs(np.diff(luma, axis=0))
    edges = float((along > EDGE).mean()), float((down > EDGE).mean())
    return {
        "same": float((along < NOTHING).mean() + (down < NOTHING).mean()) / 2,
        "edges": sum(edges) / 2,
        "edges_upright": (edges[0] - edges[1]) / (sum(edges) + 0.01),
        "steep": float(np.quantile(along[::4, ::2], 0.99)) / 255,
        "between": float(((along > 3) & (along < EDGE)).mean()),
    }


def _or_nan(value: float | None) -> float:
    return np.nan if value is None else value
