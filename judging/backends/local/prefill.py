"""Reading prompts into the cache of the model, whole or only what comes after a prefix that is there already."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn.functional import pad
from transformers import DynamicCache

from judging.backends.local.loading import Vlm
from judging.backends.local.processor import Prefix

Suffixes = Sequence[list[int]]


@dataclass(kw_only=True)
class Batch:
    """Prompts side by side, read as far as `cache` goes.

    `mask` of shape (rows, tokens in the cache) is 0 at padding; `position` of shape (rows,) is that of the next token; `logits` of shape
    (rows, vocabulary) are those of the next token, in float32.
    """

    cache: Any
    mask: torch.Tensor
    position: torch.Tensor
    logits: torch.Tensor

    def keep(self, rows: list[int]) -> None:
        """Let go of all rows but these."""
        index = torch.tensor(rows, device=self.mask.device)
        # Unlike batch_select_indices this works on every kind of cache.
        self.cache.reorder_cache(index)
        self.mask, self.position, self.logits = self.mask[index], self.position[index], self.logits[index]


def read_into_cache(vlm: Vlm, prefix: Prefix) -> Any:
    """The cache of a prefix, for one row. It belongs to these weights and this prefix alone."""
    cache = DynamicCache(config=vlm.model.config)
    # The model under the head: nobody asks for the likeliest token after a picture.
    vlm.model.model(
        input_ids=prefix.ids[None],
        position_ids=prefix.positions[:, None],
        past_key_values=cache,
        use_cache=True,
        **of_pictures(prefix, rows=1),
    )
    return cache


def prefill_shared(vlm: Vlm, prefix: Prefix, cache: Any, suffixes: Suffixes) -> Batch:
    """The suffixes read side by side after a prefix that `cache` holds; `cache` stays as it is.

    The padding of unequal suffixes stands between prefix and suffix, so that every row ends with its own last token.
    """
    repeated = copy.deepcopy(cache)
    repeated.batch_repeat_interleave(len(suffixes))
    ids, mask, positions = pad_rows([place_suffix(prefix, suffix) for suffix in suffixes])
    seen = mask.new_ones(len(suffixes), len(prefix.ids))
    return read_batch(vlm, ids, torch.cat([seen, mask], dim=1), positions, repeated)


def prefill_whole(vlm: Vlm, prefix: Prefix, suffixes: Suffixes) -> Batch:
    """The whole prompts read side by side, pictures and all for every row, with padding before them."""
    placed = [place_suffix(prefix, suffix) for suffix in suffixes]
    whole = [(torch.cat([prefix.ids, ids]), torch.cat([prefix.positions, positions], dim=1)) for ids, positions in placed]
    ids, mask, positions = pad_rows(whole)
    cache = DynamicCache(config=vlm.model.config)
    return read_batch(vlm, ids, mask, positions, cache, **of_pictures(prefix, len(suffixes)))


def place_suffix(prefix: Prefix, suffix: list[int]) -> tuple[torch.Tensor, torch.Tensor]:
    """The tokens of a suffix, and their positions of shape (3, tokens): text counts on alike on the three axes."""
    ids = torch.tensor(suffix, device=prefix.ids.device)
    start = prefix.next_position
    return ids, torch.arange(start, start + len(suffix), device=ids.device).expand(3, -1)


def pad_rows(rows: Sequence[tuple[torch.Tensor, torch.Tensor]]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Tokens and mask of shape (rows, longest), positions of shape (3, rows, longest); padding is token 0 at position 0, masked."""
    longest = max(len(ids) for ids, _ in rows)
    pads = [(longest - len(ids), 0) for ids, _ in rows]
    ids = torch.stack([pad(ids, room) for (ids, _), room in zip(rows, pads, strict=True)])
    mask = torch.stack([pad(torch.ones_like(ids), room) for (ids, _), room in zip(rows, pads, strict=True)])
    positions = torch.stack([pad(positions, room) for (_, positions), room in zip(rows, pads, strict=True)], dim=1)
    return ids, mask, positions


def read_batch(vlm: Vlm, ids: torch.Tensor, mask: torch.Tensor, positions: torch.Tensor, cache: Any, **pictures: torch.Tensor) -> Batch:
    """Read `ids` of shape (rows, tokens) after what `cache` holds; `mask` covers both."""
    read = vlm.model(
        input_ids=ids,
        attention_mask=mask,
        position_ids=positions,
        past_key_values=cache,
        use_cache=True,
        logits_to_keep=1,
        **pictures,
    )
    return Batch(cache=cache, mask=mask, position=positions[0, :, -1] + 1, logits=read.logits[:, -1].float())


def of_pictures(prefix: Prefix, rows: int) -> dict[str, torch.Tensor]:
    """The pictures of a prefix for so many rows, as the model takes them."""
    if prefix.pixels is None or prefix.grid is None:
        return {}
    return {"pixel_values": prefix.pixels.repeat(rows, 1), "image_grid_thw": prefix.grid.repeat(rows, 1)}
