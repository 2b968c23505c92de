"""Pictures as the model takes them: shrunk to its limits, kept, and cut into patches by Pillow alone."""

from __future__ import annotations

import io
import math
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import smart_resize

from modeling.net.collage import Panel, make_sheet
from modeling.net.records import PictureMissing

# Pictures are kept as they go into the model, 150 kB each at 224 x 224, and read anew beyond this.
KEPT_BYTES = 4 << 30

Pixels = NDArray[np.uint8]


class PictureReader:
    """The image processor of a checkpoint, and the pictures that it was lately given."""

    def __init__(self, image_processor: Any) -> None:
        self.image_processor = image_processor
        self.merge: int = image_processor.merge_size
        self.step: int = image_processor.patch_size * self.merge
        self.limits = image_processor.size["shortest_edge"], image_processor.size["longest_edge"]
        self._kept: OrderedDict[tuple[str, ...], Pixels] = OrderedDict()
        self._kept_bytes = 0

    def look_at(self, panel: Panel) -> Pixels | None:
        """The pixels of a panel in the size that the model takes; None where nothing of it can be read and it is not the candidate."""
        if panel.key in self._kept:
            self._kept.move_to_end(panel.key)
            return self._kept[panel.key]
        images = open_pictures(panel)
        if not images:
            return None
        sheet = make_sheet(images, math.isqrt(self.limits[1]) // self.step * self.step)
        pixels = np.asarray(sheet.resize(self.size_of(*sheet.size), self.image_processor.resample), dtype=np.uint8)
        self._keep(panel.key, pixels)
        return pixels

    def _keep(self, key: tuple[str, ...], pixels: Pixels) -> None:
        self._kept[key] = pixels
        self._kept_bytes += pixels.nbytes
        while self._kept_bytes > KEPT_BYTES:
            self._kept_bytes -= self._kept.popitem(last=False)[1].nbytes

    def size_of(self, width: int, height: int) -> tuple[int, int]:
        """Width and height that the model takes a picture in. Beyond 200 times as wide as high it is squeezed."""
        longest = 200 * min(width, height)
        rows, columns = smart_resize(
            min(height, longest), min(width, longest), factor=self.step, min_pixels=self.limits[0], max_pixels=self.limits[1]
        )
        return columns, rows

    def grid_of(self, height: int, width: int) -> tuple[int, int, int]:
        """The patches of a picture in its size."""
        patch: int = self.image_processor.patch_size
        return 1, height // patch, width // patch

    def estimate_tokens(self, panel: Panel) -> int:
        """Tokens of a panel as the sizes of the originals tell them."""
        picture = panel.pictures[0]
        square = math.isqrt(self.limits[1])
        is_one = len(panel.pictures) == 1 and picture.width and picture.height
        width, height = self.size_of(picture.width, picture.height) if is_one else self.size_of(square, square)
        return width * height // self.step**2

    def make_patches(self, pictures: Sequence[Pixels]) -> tuple[torch.Tensor | None, torch.Tensor | None]:
        """The patches of all pictures one after the other, and the patches of each; the pictures have their sizes already."""
        if not pictures:
            return None, None
        read = self.image_processor(images=[Image.fromarray(pixels) for pixels in pictures], do_resize=False, return_tensors="pt")
        return read["pixel_values"], read["image_grid_thw"]


def open_pictures(panel: Panel) -> list[Image.Image]:
    """The pictures of a panel that can be read; raises PictureMissing for a candidate's own."""
    images = []
    for picture in panel.pictures:
        try:
            images.append(open_picture(picture.read()))
        except PictureMissing:
            if panel.part == "candidate":
                raise
    return images


def open_picture(data: bytes) -> Image.Image:
    """The picture in these bytes; raises PictureMissing where there is none."""
    try:
        return Image.open(io.BytesIO(data)).convert("RGB")
    except (UnidentifiedImageError, OSError, ValueError) as error:
        raise PictureMissing(f"these {len(data)} bytes are no picture") from error
