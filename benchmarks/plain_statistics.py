"""A plain model to be beaten: 26 global statistics of a candidate by itself, and ExtraTrees of scikit-learn on them."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from sklearn.ensemble import ExtraTreesClassifier

from judging.rubrics.classical.blockiness import measure_evenness
from judging.rubrics.classical.colour import measure_colourfulness
from judging.rubrics.classical.noise import measure_noise
from judging.rubrics.classical.planes import read_luma
from judging.rubrics.classical.sharpness import measure_blur
from judging.rubrics.classical.tones import measure_span

Floats = NDArray[np.float64]
TREES, LEAST_LEAF = 500, 2
EDGE, STRONG = 30.0, 40.0


def measure_plain(data: bytes) -> list[float]:
    """Six of luma, nine of colour, four of sharpness, one of noise, three of edges, one of blocks, the ratio and the bytes per pixel."""
    with Image.open(io.BytesIO(data)) as image:
        pixels = np.asarray(image.convert("RGB"))
    luma, colours = read_luma(pixels), pixels.reshape(-1, 3).astype(np.float64) / 255
    most, least = colours.max(axis=1), colours.min(axis=1)
    saturation = (most - least) / np.maximum(most, 1e-9)
    down, along = np.abs(np.diff(luma, axis=0)), np.abs(np.diff(luma, axis=1))
    bend = 4 * luma[1:-1, 1:-1] - luma[:-2, 1:-1] - luma[2:, 1:-1] - luma[1:-1, :-2] - luma[1:-1, 2:]
    shares = np.histogram(luma, 64, (0, 256))[0] / luma.size
    shares = shares[shares > 0]
    height, width = luma.shape
    return [
        *(float(luma.mean()), float(luma.std()), *np.percentile(luma, (5, 50, 95)), -float((shares * np.log2(shares)).sum())),
        *(*colours.mean(axis=0), *colours.std(axis=0), saturation.mean(), saturation.std(), measure_colourfulness(pixels)),
        *(measure_span(luma), float(np.log1p(bend.var())), measure_blur(luma) or 0.0, float(down.mean() + along.mean())),
        *(measure_noise(luma) or 0.0, float((down > EDGE).mean()), float((along > EDGE).mean()), float((np.abs(bend) > STRONG).mean())),
        *(measure_evenness(luma) or 0.0, width / height, len(data) / (width * height)),
    ]


def fit_trees(columns: Floats, accepts: NDArray[np.bool_]) -> Callable[[Floats], Floats]:
    """What gives the probability of accepting for rows of the same columns."""
    trees = ExtraTreesClassifier(TREES, min_samples_leaf=LEAST_LEAF, random_state=0).fit(columns, accepts)
    return lambda rows: np.asarray(trees.predict_proba(rows)[:, 1])
