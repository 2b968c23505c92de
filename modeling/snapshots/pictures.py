"""Pictures of the storage as models get them: the screen size, read only when it is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any, Final

from labeling.image_store import ImageLost, open_derivative
from labeling.models import Image
from modeling.net.records import Picture, PictureMissing

# What a file keeps of a picture: enough to find it in the storage, and what hard rules are held against.
FACTS = ("sha256", "format", "width", "height", "has_alpha", "dpi")
SIZE: Final = "screen"
AT_ONCE = 5_000


def show(facts: Mapping[str, Any]) -> Picture:
    """The picture with these facts."""
    image = Image(**{name: facts[name] for name in FACTS})
    return Picture(
        sha256=image.sha256,
        width=image.width,
        height=image.height,
        format=image.format,
        dpi=image.dpi,
        read=partial(read_screen_size, image),
    )


def read_screen_size(image: Image) -> bytes:
    """What people see of the picture on the screen: upright, sRGB, at most 1,600 pixels on the longer side. Raises PictureMissing."""
    try:
        file, _type = open_derivative(image, SIZE)
    except ImageLost as lost:
        raise PictureMissing(str(lost)) from lost
    with file:
        data: bytes = file.read()
    return data


def read_facts(hashes: Iterable[str]) -> list[dict[str, Any]]:
    """The facts of the pictures with these hashes, by hash; those that were never stored are missing."""
    wanted, found = sorted(set(hashes)), []
    # A statement takes a bounded number of values.
    for at in range(0, len(wanted), AT_ONCE):
        found += Image.objects.filter(sha256__in=wanted[at : at + AT_ONCE]).order_by("sha256").values(*FACTS)
    return found
