"""From a question to tokens and pixels without torchvision, in two parts: the pictures with all before them, and the text after them."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from PIL import Image

from judging.backends.local.loading import Vlm
from judging.material import PictureLost

# Stands for the text of the question while the chat template is rendered.
TEXT_HERE = "TEXT-OF-THE-QUESTION"
IMAGE_TOKEN = "<|image_pad|>"


@dataclass(frozen=True, kw_only=True)
class Prefix:
    """The beginning of a prompt, and what ends it.

    `ids` of shape (tokens,); `positions` of shape (3, tokens): time, height and width. `pixels` of shape (patches, values of a patch) and
    `grid` of shape (pictures, 3), both None without pictures. `tail` are the tokens from the end of the question to the reply.
    """

    ids: torch.Tensor
    positions: torch.Tensor
    pixels: torch.Tensor | None
    grid: torch.Tensor | None
    tail: tuple[int, ...]

    @property
    def next_position(self) -> int:
        """The position of the first token after the prefix: a picture takes fewer positions than tokens."""
        return int(self.positions.max()) + 1 if self.positions.numel() else 0


def read_prefix(vlm: Vlm, system: str, pictures: Sequence[bytes]) -> Prefix:
    """The prefix of every question that has this system prompt and these pictures (encoded, in order).

    Raises PictureLost for a picture that the model cannot take (over 200 times as wide as high, or the other way round).
    """
    head, tail = render_chat(vlm, system, len(pictures))
    pixels, grid = read_pixels(vlm, pictures) if pictures else (None, None)
    ids = torch.tensor(vlm.tokenizer(expand_pictures(vlm, head, grid), add_special_tokens=False).input_ids, device=vlm.device)
    tail_ids = vlm.tokenizer(tail, add_special_tokens=False).input_ids
    return Prefix(ids=ids, positions=find_positions(vlm, ids, grid), pixels=pixels, grid=grid, tail=tuple(tail_ids))


def read_suffix(vlm: Vlm, prefix: Prefix, text: str) -> list[int]:
    """The tokens of a question after its prefix. A special token written in `text` (a brief may hold anything) stays plain text."""
    return [*vlm.tokenizer(text, add_special_tokens=False, split_special_tokens=True).input_ids, *prefix.tail]


def render_chat(vlm: Vlm, system: str, pictures: int) -> tuple[str, str]:
    """The chat as the model's own template writes it, before and after the text of the question."""
    content = [{"type": "image"}] * pictures + [{"type": "text", "text": TEXT_HERE}]
    messages = [{"role": "system", "content": system}, {"role": "user", "content": content}]
    # Templates of models that think take the last argument, the others pass over it.
    chat = vlm.tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True, enable_thinking=False)
    head, _, tail = chat.rpartition(TEXT_HERE)
    return head, tail


def read_pixels(vlm: Vlm, pictures: Sequence[bytes]) -> tuple[torch.Tensor, torch.Tensor]:
    """The patches of all pictures in one row after the other, and the patches of each as (time, height, width)."""
    images = [Image.open(io.BytesIO(data)).convert("RGB") for data in pictures]
    try:
        read = vlm.image_processor(images=images, return_tensors="pt")
    except ValueError as error:
        raise PictureLost(str(error)) from error
    return read["pixel_values"].to(vlm.device, vlm.dtype), read["image_grid_thw"].to(vlm.device)


def expand_pictures(vlm: Vlm, head: str, grid: torch.Tensor | None) -> str:
    """`head` with as many picture tokens for each picture as the model makes of it."""
    if grid is None:
        return head
    start, *rest = head.split(IMAGE_TOKEN)
    counts = (grid.prod(dim=1) // vlm.image_processor.merge_size**2).tolist()
    return start + "".join(IMAGE_TOKEN * count + after for count, after in zip(counts, rest, strict=True))


def find_positions(vlm: Vlm, ids: torch.Tensor, grid: torch.Tensor | None) -> torch.Tensor:
    """The positions of `ids`, of shape (3, tokens).

    They are always given to the model: left to itself it keeps the shift of the last pictures it saw, which is another question's.
    """
    if grid is None:
        return torch.arange(len(ids), device=ids.device).expand(3, -1)
    is_picture = (ids == vlm.model.config.image_token_id).int()[None]
    positions, _ = vlm.model.model.get_rope_index(ids[None], mm_token_type_ids=is_picture, image_grid_thw=grid)
    return positions[:, 0]
