"""Words of a brief that a picture can be held against without understanding it: colours, a background, lettering, counts."""

from __future__ import annotations

import re
from functools import lru_cache
from math import log

import numpy as np

from judging.rubrics.classical.colour import convert_to_lab
from modeling.net.features.bands import tell_log
from modeling.net.features.looks import Look
from modeling.net.features.values import Values
from modeling.net.records import Example, Order

# Names of colours in English and Chinese, and how they look (sRGB).
COLOURS: dict[str, tuple[tuple[int, int, int], str]] = {
    "white": ((250, 250, 250), r"\bwhite\b|白色|纯白|白底"),
    "black": ((15, 15, 15), r"\bblack\b|黑色|纯黑|黑底"),
    "grey": ((128, 128, 128), r"\bgr[ae]y\b|灰色|灰底"),
    "red": ((205, 35, 40), r"\bred\b|红色|大红|朱红|红底"),
    "orange": ((240, 135, 35), r"\borange\b|橙色|橘色|橘黄"),
    "yellow": ((245, 215, 50), r"\byellow\b|黄色|黄底"),
    "gold": ((200, 160, 70), r"\bgold(?:en)?\b|金色|烫金"),
    "green": ((60, 150, 70), r"\bgreen\b|绿色|绿底"),
    "cyan": ((60, 180, 185), r"\b(?:cyan|teal|turquoise)\b|青色|湖蓝"),
    "blue": ((45, 95, 200), r"\bblue\b|蓝色|蓝底"),
    "navy": ((25, 40, 95), r"\bnavy\b|藏青|深蓝"),
    "purple": ((125, 70, 165), r"\b(?:purple|violet)\b|紫色"),
    "pink": ((240, 150, 180), r"\bpink\b|粉色|粉红"),
    "brown": ((120, 80, 50), r"\bbrown\b|棕色|褐色|咖啡色"),
    "beige": ((230, 215, 185), r"\b(?:beige|cream)\b|米色|米白|米黄"),
}
PATTERNS = {name: re.compile(pattern, re.IGNORECASE) for name, (_, pattern) in COLOURS.items()}
ANCHORS = convert_to_lab(np.array([[rgb for rgb, _ in COLOURS.values()]], dtype=np.uint8))[0]
# A colour asked for is there where it covers that share.
THERE = 0.03
GROUND = re.compile(r"background|backdrop|背景|底色|[白黑灰红黄绿蓝]底", re.IGNORECASE)
# So many characters around the word for a background belong to it.
AROUND = 16
LETTERING = re.compile(
    r"\b(?:text|title|slogan|logo|typograph\w*|letter\w*|caption|headline|font)\b|文字|标题|字体|标语|文案|字样", re.IGNORECASE
)
NO_LETTERING = re.compile(
    r"\b(?:no|without)\s+(?:any\s+)?(?:text|words|lettering|logo|watermark)|无文字|不要文字|不含文字|无水印", re.IGNORECASE
)
QUOTED = re.compile(r"[\"“「『《][^\"”」』》]{2,60}[\"”」』》]")
SIDE_PX = 32


@lru_cache(maxsize=1024)
def read_brief(order: Order) -> tuple[Values, tuple[str, ...], tuple[str, ...]]:
    """What the words of an order say, the colours it names, and those that it names for the background."""
    text = "\n".join((order.name, order.brief, *order.points))
    colours = tuple(name for name, pattern in PATTERNS.items() if pattern.search(text))
    around = " ".join(text[max(0, found.start() - AROUND) : found.end() + AROUND] for found in GROUND.finditer(text))
    values = {
        "length": tell_log(len(order.brief)),
        "points": tell_log(len(order.points)),
        "editing": float(order.is_editing),
        "asks_lettering": float(bool(LETTERING.search(text))),
        "forbids_lettering": float(bool(NO_LETTERING.search(text))),
        "quotes": tell_log(len(QUOTED.findall(text))),
        "colours": tell_log(len(colours)),
        "names_ground": float(bool(around)),
    }
    return values, colours, tuple(name for name in colours if PATTERNS[name].search(around))


def measure_brief(example: Example, look: Look) -> Values:
    """What the brief says, and how far the colours of `look` are what it names; NaN where it names none."""
    values, colours, ground = read_brief(example.order)
    lab = convert_to_lab(np.asarray(look.square(SIDE_PX)))
    shares = np.bincount(_name_colours(lab.reshape(-1, 3)), minlength=len(COLOURS)) / SIDE_PX**2
    places = [list(COLOURS).index(name) for name in colours]
    return {**values, **_measure_named(shares[places]), **_measure_ground(lab, ground)}


def _name_colours(lab: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> np.ndarray[tuple[int, ...], np.dtype[np.intp]]:
    # The square of the distance, without that of the colour itself.
    return np.asarray((np.square(ANCHORS).sum(axis=1) - 2 * lab @ ANCHORS.T).argmin(axis=1))


def _measure_named(shares: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> Values:
    if not len(shares):
        return {}
    return {"named_share": float(shares.sum()), "named_there": float((shares > THERE).mean())}


def _measure_ground(lab: np.ndarray[tuple[int, ...], np.dtype[np.float32]], names: tuple[str, ...]) -> Values:
    """How far the rim of the picture is from the nearest colour that is named for the background (CIELAB, logarithm)."""
    rim = np.concatenate([lab[0], lab[-1], lab[:, 0], lab[:, -1]])
    values = {"rim_uneven": tell_log(float(rim.std(axis=0).max())), "rim_light": float(np.median(rim[:, 0])) / 100}
    if names:
        wanted = ANCHORS[[list(COLOURS).index(name) for name in names]]
        apart = np.linalg.norm(np.median(rim, axis=0) - wanted, axis=-1).min()
        values["ground_off"] = log(1 + float(apart))
    return values
