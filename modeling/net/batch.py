"""Prompts of candidates, and several of them side by side as the model takes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from modeling.net.picture_reader import PictureReader, Pixels


@dataclass(frozen=True, kw_only=True)
class Prompt:
    """One candidate ready for the model.

    `ids` are its tokens; `grids` the patches of each picture as (1, rows, columns), and `pixels` the pictures in their sizes, of shape
    (height, width, 3). `starts` are the places where the tokens of each picture begin, `picture` those of the candidate's own, and `after`
    is the place of the first token that comes after the last picture.
    """

    ids: list[int]
    pixels: list[Pixels]
    grids: list[tuple[int, int, int]]
    starts: list[int]
    picture: range
    after: int


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Prompts side by side, padded behind. Shapes: (rows, tokens) all but `positions` (3, rows, tokens), `last` (rows,), `pixels`
    (patches, values of a patch) and `grids` (pictures, 3); the last two are None without pictures. `kinds` is 1 at tokens of pictures.
    """

    ids: torch.Tensor
    mask: torch.Tensor
    kinds: torch.Tensor
    positions: torch.Tensor
    picture: torch.Tensor
    text: torch.Tensor
    last: torch.Tensor
    pixels: torch.Tensor | None
    grids: torch.Tensor | None

    @property
    def tokens(self) -> int:
        """Places of the batch, padding among them."""
        return int(self.ids.numel())

    def to(self, device: torch.device, dtype: torch.dtype) -> Batch:
        """The same on a device, the patches in `dtype`."""
        moved = {name: None if value is None else value.to(device, non_blocking=True) for name, value in vars(self).items()}
        if moved["pixels"] is not None:
            moved["pixels"] = moved["pixels"].to(dtype)
        return Batch(**moved)


def collate(prompts: Sequence[Prompt], reader: PictureReader, *, image_token_id: int, pad_token_id: int) -> Batch:
    """Prompts side by side; the patches are made here, since they take 8 times the room of the pictures."""
    longest = max(len(prompt.ids) for prompt in prompts)
    shape = (len(prompts), longest)
    ids, mask = torch.full(shape, pad_token_id), torch.zeros(shape, dtype=torch.long)
    picture, text = torch.zeros(shape, dtype=torch.bool), torch.zeros(shape, dtype=torch.bool)
    positions = torch.zeros((3, *shape), dtype=torch.long)
    for row, prompt in enumerate(prompts):
        length = len(prompt.ids)
        ids[row, :length] = torch.tensor(prompt.ids)
        mask[row, :length] = 1
        picture[row, prompt.picture.start : prompt.picture.stop] = True
        text[row, prompt.after : length] = True
        positions[:, row, :length] = positions_of(prompt, reader.merge)
    pixels, grids = reader.make_patches([seen for prompt in prompts for seen in prompt.pixels])
    last = mask.sum(dim=1) - 1
    return Batch(
        ids=ids,
        mask=mask,
        kinds=(ids == image_token_id).long(),
        positions=positions,
        picture=picture,
        text=text,
        last=last,
        pixels=pixels,
        grids=grids,
    )


def positions_of(prompt: Prompt, merge: int) -> torch.Tensor:
    """The positions of the tokens, of shape (3, tokens): time, height and width.

    They are always given to the model: left to itself it keeps the shift of the last pictures it saw. Text counts on alike on the
    three axes; a picture stands at one time, and counts rows and columns; what follows goes on after the longer side.
    """
    length = len(prompt.ids)
    positions = np.zeros((3, length), dtype=np.int64)
    place, at = 0, 0
    for (_, *patches), start in zip(prompt.grids, prompt.starts, strict=True):
        rows, columns = (side // merge for side in patches)
        positions[:, place:start] = np.arange(at, at + start - place)
        at += start - place
        place = start + rows * columns
        positions[0, start:place] = at
        positions[1, start:place] = at + np.repeat(np.arange(rows), columns)
        positions[2, start:place] = at + np.tile(np.arange(columns), rows)
        at += max(rows, columns)
    positions[:, place:] = np.arange(at, at + length - place)
    return torch.from_numpy(positions)
