"""What looks like lettering: places of strong strokes close together, and how they are scattered."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from judging.rubrics.classical.planes import Plane
from modeling.net.features.bands import BLOCK_PX
from modeling.net.features.looks import Floats
from modeling.net.features.values import Values

Marks = NDArray[np.bool_]

# Between ink and ground there is at least that much, and a block of lettering is crossed by so many edges.
LEAST_STEP, LEAST_CROSSED = 0.15, 0.12


def measure_strokes(luma: Plane) -> Values:
    """The share of blocks that look like lettering, and how they are spread over the picture."""
    if min(luma.shape) < 2 * BLOCK_PX:
        return {}
    along, down = np.abs(np.diff(luma[:-1], axis=1)), np.abs(np.diff(luma[:, :-1], axis=0))
    strong = np.maximum(along, down) > LEAST_STEP * 255
    blocks = _split(strong.astype(np.float32)).mean(axis=(1, 3)) > LEAST_CROSSED
    return {f"stroke_{name}": value for name, value in measure_spread(blocks).items()}


def measure_spread(marked: Marks) -> Values:
    """Of a map of marked places: their share, the rows and columns that have some, the patches, the largest one, and their spread."""
    rows, columns = marked.any(axis=1), marked.any(axis=0)
    sizes = sorted(find_patches(marked), reverse=True)
    at, total = np.nonzero(marked), sum(sizes)
    several = [size for size in sizes if size > 1]
    return {
        "share": float(np.sqrt(marked.mean())),
        "rows": float(rows.mean()),
        "columns": float(columns.mean()),
        "bands": float(np.log1p((np.diff(rows.astype(np.int8), prepend=0) > 0).sum())),
        "patches": float(np.log1p(len(sizes))),
        "large_patches": float(np.log1p(len(several))),
        "largest": float(np.sqrt(sizes[0] / marked.size)) if sizes else 0.0,
        "beside_largest": float(np.sqrt((sum(several) - sizes[0]) / marked.size)) if several else 0.0,
        "compact": sizes[0] / total if total else 0.0,
        "spread": float(at[0].std() / marked.shape[0]) if total > 1 else 0.0,
    }


def find_patches(marked: Marks) -> list[int]:
    """The sizes of the patches of marked places, which touch by a side or a corner."""
    parents: list[int] = []
    sizes: list[int] = []

    def root(patch: int) -> int:
        while parents[patch] != patch:
            patch = parents[patch]
        return patch

    above: list[tuple[int, int, int]] = []
    runs: list[tuple[int, int, int]] = []
    row = -1
    for at, start, stop in list_runs(marked):
        if at != row:
            above, runs, row = runs if at == row + 1 else [], [], at
        own = len(parents)
        parents.append(own)
        sizes.append(stop - start)
        for first, last, patch in above:
            if first <= stop and start <= last and (other := root(patch)) != own:
                sizes[own] += sizes[other]
                parents[other] = own
        runs.append((start, stop, own))
    return [size for patch, size in enumerate(sizes) if parents[patch] == patch]


def list_runs(marked: Marks) -> Iterator[tuple[int, int, int]]:
    """Row, first column and the one behind the last of every run of marked places, from above."""
    wide = np.zeros((marked.shape[0], marked.shape[1] + 1), np.int8)
    wide[:, :-1] = marked
    edges = np.flatnonzero(np.diff(wide.ravel(), prepend=0)).tolist()
    for begin, end in zip(edges[::2], edges[1::2], strict=True):
        row, start = divmod(begin, wide.shape[1])
        yield row, start, start + end - begin


def _split(plane: Plane) -> Floats:
    rows, columns = (length // BLOCK_PX for length in plane.shape)
    whole = plane[: rows * BLOCK_PX, : columns * BLOCK_PX]
    return np.asarray(whole.reshape(rows, BLOCK_PX, columns, BLOCK_PX), dtype=np.float32)
