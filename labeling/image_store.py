"""Where pictures are kept: each original once under its SHA-256, and beside it what people see of it.

Everything goes through Django's storage API, so a folder and an object store both do. Originals are private: no view opens
one. The storage must write a name whole or not at all; object stores do, and labeling/atomic_storage.py does for a folder.
"""

from __future__ import annotations

import hashlib
import io
import threading
from collections.abc import Collection
from dataclasses import asdict
from typing import get_args

from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage

from labeling.image_render import RenderSize, check_and_render, render_image
from labeling.images import EXTENSIONS, ImageFacts
from labeling.models import Image
from labeling.prepared import Prepared

SIZES: tuple[RenderSize, ...] = get_args(RenderSize)
AT_IMPORT: tuple[RenderSize, ...] = ("screen", "thumb")

KNOWN = Prepared(lambda sha256: Image.objects.filter(sha256=sha256))

# A picture of 40 megapixels takes hundreds of megabytes while it is decoded: one at a time in each process.
_rendering = threading.Lock()


class ImageLost(Exception):
    """The original of a picture is no longer in the storage, so nothing can be made from it."""


def keep_image(data: bytes) -> Image:
    """Store the picture in `data` with its thumbnail and screen size, and return its row; the same bytes give the same row.

    Safe in any number of processes at once. Raises ImportProblem as `check_image` does, and then has stored nothing.
    """
    if (known := find_image(hashlib.sha256(data).hexdigest())) is not None:
        return keep_known(known, data)
    facts = store_files(data)
    return record_images([facts])[facts.sha256]


def find_image(sha256: str) -> Image | None:
    """The row of the picture with this hash; None if it was never stored."""
    return KNOWN.first(sha256=sha256)


def find_images(hashes: Collection[str]) -> dict[str, Image]:
    """The rows of those pictures that were stored before, by hash."""
    return {row.sha256: row for row in Image.objects.filter(sha256__in=hashes)} if hashes else {}


def keep_known(image: Image, data: bytes) -> Image:
    """`image` itself, after putting its original back where the storage has lost it."""
    store_once(original_name(image.sha256, image.format), data)
    return image


def store_files(data: bytes) -> ImageFacts:
    """The part of `keep_image` that needs no database: check the picture, store its files, return its facts."""
    facts, derivatives = check_and_render(data, AT_IMPORT)
    store_once(original_name(facts.sha256, facts.format), data)
    for size, (derivative, _type) in derivatives.items():
        store_once(derived_name(facts, size), derivative)
    return facts


def record_images(facts: Collection[ImageFacts]) -> dict[str, Image]:
    """The rows of pictures by SHA-256; made now unless another process made them first."""
    if not facts:
        return {}
    # In one order everywhere: two transactions that add the same pictures would else wait for each other.
    rows = [Image(**asdict(item)) for item in sorted(facts, key=lambda item: item.sha256)]
    Image.objects.bulk_create(rows, ignore_conflicts=True)
    return {row.sha256: row for row in Image.objects.filter(sha256__in=[row.sha256 for row in rows])}


def open_original(image: Image) -> File[bytes]:
    """The original bytes of `image`, for exports and judges; never for a person's browser. Raises ImageLost."""
    found = open_stored(original_name(image.sha256, image.format))
    if found is None:
        raise ImageLost(f"the original of image {image.sha256} is not in the storage")
    return found


def open_derivative(image: Image, size: RenderSize) -> tuple[File[bytes], str]:
    """What people see of `image` in one size, and its content type; made anew where it is lost or was not made yet.

    Raises ImageLost where the original is gone too.
    """
    name = derived_name(image, size)
    found = open_stored(name) or File(io.BytesIO(make_derivative(image, size)), name)
    return found, content_type(image)


def ensure_derivative(image: Image, size: RenderSize) -> str:
    """The name of what people see of `image` in one size, after making sure that it is there. Raises ImageLost."""
    name = derived_name(image, size)
    if not is_stored(name):
        make_derivative(image, size)
    return name


def make_derivative(image: Image, size: RenderSize) -> bytes:
    """Render one size of `image` from its original, store it and return it; what another thread made meanwhile is taken."""
    name = derived_name(image, size)
    with _rendering:
        if (found := open_stored(name)) is not None:
            with found:
                made: bytes = found.read()
            return made
        with open_original(image) as original:
            data, _type = render_image(original.read(), size)
        store_once(name, data)
        return data


def original_name(sha256: str, format: str) -> str:
    """Where the original with this hash and true format lies in the storage."""
    return f"originals/{sha256[:2]}/{sha256}.{EXTENSIONS[format][0]}"


def derived_name(image: Image | ImageFacts, size: RenderSize) -> str:
    """Where one size of `image` lies in the storage."""
    return f"derived/{size}/{image.sha256[:2]}/{image.sha256}.{'png' if image.has_alpha else 'jpg'}"


def content_type(image: Image) -> str:
    """The content type of every size of `image`; the same choice as `render_image` makes."""
    return "image/png" if image.has_alpha else "image/jpeg"


def store_once(name: str, data: bytes) -> None:
    """Store `data` under exactly `name` unless it is there; another length under that name is what a crash left, and is replaced."""
    if is_stored(name, len(data)):
        return
    saved = default_storage.save(name, ContentFile(data))
    if saved == name:
        return
    # A storage that never overwrites: either another process has just stored the same bytes, or the name holds a broken file.
    default_storage.delete(saved)
    if not is_stored(name, len(data)):
        default_storage.delete(name)
        default_storage.save(name, ContentFile(data))


def is_stored(name: str, length: int | None = None) -> bool:
    """Whether the storage holds `name`, whole as far as its length tells; an empty file is what a crash left."""
    try:
        size = default_storage.size(name)
    except FileNotFoundError:
        return False
    return size == length if length is not None else size > 0


def open_stored(name: str) -> File[bytes] | None:
    """The file `name`; None where the storage has none, or only an empty one, as a power cut leaves it."""
    try:
        found = default_storage.open(name)
    except FileNotFoundError:
        return None
    if found.size:
        return found
    found.close()
    return None
