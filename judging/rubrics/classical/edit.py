"""What an edit has left of the picture it was made from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from judging.rubrics.classical.alignment import overlay
from judging.rubrics.classical.background import Mask, find_background
from judging.rubrics.classical.colour import FAR_PALETTE, convert_to_lab
from judging.rubrics.classical.planes import Pixels, Plane, read_luma, resize
from judging.rubrics.classical.ramp import fall
from judging.rubrics.classical.ssim import WINDOW_PX, mean_windows, measure_ssim

# Grain and slight softness vanish at this size, so that they are not taken for an edit that went too far; faces do not.
EDIT_SIDE_PX = 128
# An edited picture that is at most so much smaller than its source may be a part of it at the same scale.
LEAST_CROP = 0.85
# Sums of windows are rounded.
NOTHING = 1e-6
# What cropping by 3 % and saving again leaves of the reference pictures of ServImageBench: their lower quartile. At 0 nothing is alike.
# (benchmarks/classical_limits.py shows this, and the other percentiles of this package.)
KEPT_SSIM, LOST_SSIM = 0.98, 0.0
# The difference of colours that is just noticed (Mahy, Van Eycken & Oosterlinck 1994), in units of CIELAB.
NOTICED_COLOUR = 2.3


@dataclass(frozen=True, kw_only=True)
class EditFinding:
    """How much of the subject an edit has kept.

    `ssim` is the likeness outside the background, -1 to 1 (the same); `colour` the mean difference of colours there, in units of CIELAB;
    `background` the share of the picture left out as background; `share` what was kept, 0 to 1.
    """

    ssim: float
    colour: float
    background: float

    @property
    def share(self) -> float:
        """What was kept in shape and in colour."""
        return fall(self.ssim, KEPT_SSIM, LOST_SSIM) * fall(self.colour, NOTICED_COLOUR, FAR_PALETTE)


def compare_edit(edited: Pixels, source: Pixels) -> EditFinding | None:
    """What the edit has kept of `source`, each laid on the other as well as it fits; None where one is too small to be compared."""
    laid = [overlay(*pair) for pair in list_scales(source, edited)]
    fits = [(float(compare_structure(one, other).mean()), one, other) for one, other in laid if min(one.shape[:2]) >= WINDOW_PX]
    if not fits:
        return None
    _, source, edited = max(fits, key=lambda fit: fit[0])
    background = find_background(source) | find_background(edited)
    inside = find_inside(background)
    return EditFinding(
        ssim=float(compare_structure(source, edited)[inside].mean()),
        colour=float(compare_colours(source, edited)[inside].mean()),
        background=float(background.mean()),
    )


def list_scales(source: Pixels, edited: Pixels) -> list[tuple[Pixels, Pixels]]:
    """Both pictures at comparable sizes: the edited one stretched to the source, and, if it may be, as a part cut out of it."""
    share = min(1.0, EDIT_SIDE_PX / max(source.shape[:2]))
    small = resize(source, round(source.shape[1] * share), round(source.shape[0] * share))
    pairs = [(small, resize(edited, small.shape[1], small.shape[0]))]
    if all(LEAST_CROP * whole <= part <= whole for part, whole in zip(edited.shape[:2], source.shape[:2], strict=True)):
        pairs.append((small, resize(edited, round(edited.shape[1] * share), round(edited.shape[0] * share))))
    return pairs


def compare_structure(one: Pixels, other: Pixels) -> Plane:
    """SSIM of every window, on pictures smoothed over 3 x 3 pixels, so that it does not tell the grain of one from that of the other."""
    return measure_ssim(smooth(read_luma(one)), smooth(read_luma(other)))


def compare_colours(one: Pixels, other: Pixels) -> Plane:
    """The difference of the mean colours of every window, in units of CIELAB (CIE76)."""
    difference = convert_to_lab(one) - convert_to_lab(other)
    means = [mean_windows(difference[..., channel]) for channel in range(3)]
    return np.sqrt(sum(mean * mean for mean in means))


def find_inside(background: Mask) -> Mask:
    """The windows that no background touches; all of them where none is left."""
    inside = mean_windows(background) < NOTHING
    return inside if inside.any() else np.ones_like(inside)


def smooth(plane: Plane) -> Plane:
    """The mean of 3 x 3 pixels around each; the edge is repeated outwards."""
    wide = np.pad(plane, 1, mode="edge")
    tall = wide[:, :-2] + wide[:, 1:-1] + wide[:, 2:]
    return (tall[:-2] + tall[1:-1] + tall[2:]) / 9
