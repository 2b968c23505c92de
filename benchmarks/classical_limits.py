"""Where the constants of the rubric `classical` come from: what its measures find on the reference pictures of ServImageBench.

    python -m benchmarks.classical_limits [--shared FOLDER]

Candidates and their truth are not looked at. The first lines are percentiles over the references as they are, the next over pairs of them,
the last over references that were damaged in one known way, or cropped and saved again as an edit does.
"""

from __future__ import annotations

import argparse
import io
import json
from collections.abc import Callable, Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

from benchmarks.classical import SHARED, read_picture
from judging.rubrics.classical.bundle import compare_styles
from judging.rubrics.classical.colour import compare_palettes
from judging.rubrics.classical.edit import compare_edit
from judging.rubrics.classical.look import Look, look_at
from judging.rubrics.classical.pixels import read_pixels
from judging.rubrics.classical.planes import Pixels

PERCENTILES = (5, 10, 25, 50, 75, 90, 95)
# Every third picture is damaged: medians hardly change with more.
EVERY = 3
CROP = 0.03


def show(name: str, values: Sequence[float | None]) -> None:
    """Print the percentiles of the `values` there are."""
    known = [value for value in values if value is not None]
    found = np.percentile(known, PERCENTILES).round(3).tolist()
    print(json.dumps({"of": name, "n": len(known), **{f"p{percent}": value for percent, value in zip(PERCENTILES, found, strict=True)}}))


def show_looks(looks: Sequence[Look]) -> None:
    """Print the percentiles of every measure."""
    for name in looks[0].numbers:
        show(name, [look.numbers[name] for look in looks])


def show_pairs(tasks: Sequence[Sequence[Look]]) -> None:
    """Print the percentiles of the distances within tasks, and of those between the first references of different tasks."""
    within = [pair for looks in tasks for pair in combinations(looks, 2)]
    between = list(combinations([looks[0] for looks in tasks], 2))
    for name, pairs in (("within tasks", within), ("between tasks", between)):
        show(f"palettes {name}", [compare_palettes(one.palette, other.palette) for one, other in pairs])
        show(f"styles {name}", [compare_styles(one, other) for one, other in pairs])


def save(image: Image.Image) -> Pixels:
    """`image` as it comes back from a JPEG file of quality 88."""
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=88)
    with Image.open(stream) as saved:
        return np.asarray(saved)


def blur(image: Image.Image) -> Pixels:
    """A Gaussian blur of four pixels."""
    return save(image.filter(ImageFilter.GaussianBlur(4)))


def enlarge(image: Image.Image) -> Pixels:
    """Enlarged from a quarter without smoothing."""
    small = image.resize((max(1, image.width // 4), max(1, image.height // 4)), Image.Resampling.NEAREST)
    return save(small.resize(image.size, Image.Resampling.NEAREST))


def crop(image: Image.Image) -> Pixels:
    """Three hundredths cut off at the left and at the top."""
    return save(image.crop((int(CROP * image.width), int(CROP * image.height), image.width, image.height)))


def show_damaged(pictures: Sequence[Pixels]) -> None:
    """Print what the measures find where a known thing was done to the pictures."""
    images = [Image.fromarray(pixels) for pixels in pictures]
    damages: tuple[tuple[str, Callable[[Image.Image], Pixels], Callable[[Look], float | None]], ...] = (
        ("blur of those blurred by 4 px", blur, lambda look: look.blur),
        ("evenness of those enlarged from a quarter", enlarge, lambda look: look.evenness),
    )
    for name, damage, measure in damages:
        show(name, [measure(look_at(damage(image))) for image in images])
    found = [compare_edit(crop(image), pixels) for image, pixels in zip(images, pictures, strict=True)]
    show("ssim of those cropped by 3 %", [finding.ssim for finding in found if finding])


def main() -> None:
    """Read the references and print one line of JSON per measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=SHARED, help="the folder with data/")
    folders = sorted((parser.parse_args().shared / "data" / "ServImage_Bench").glob("C-*/refs/task_*"))
    pictures = [[read_pixels(read_picture(path)) for path in sorted(folder.iterdir())] for folder in folders]
    tasks = [[look_at(pixels) for pixels in own] for own in pictures]
    show_looks([look for looks in tasks for look in looks])
    show_pairs(tasks)
    show_damaged([pixels for own in pictures for pixels in own][::EVERY])


if __name__ == "__main__":
    main()
