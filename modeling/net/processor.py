"""From a candidate to tokens, positions and patches, without torchvision."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from transformers import AutoTokenizer
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil
from transformers.utils import cached_file

from modeling.net.batch import Batch, Prompt, collate
from modeling.net.collage import Part, choose_panels
from modeling.net.picture_reader import PictureReader, Pixels
from modeling.net.prompt import LABELS, SYSTEM, Field, cut_to, describe
from modeling.net.records import Example

TEXT_HERE = "TEXT-OF-THE-ORDER"
IMAGE_TOKEN = "<|image_pad|>"
PLAIN = {"add_special_tokens": False, "split_special_tokens": True}


class Processor:
    """Tokenizer, image processor and chat template of one checkpoint."""

    def __init__(self, tokenizer: Any, image_processor: Any, *, max_length: int, has_picture: bool = True) -> None:
        self.tokenizer, self.pictures = tokenizer, PictureReader(image_processor)
        self.max_length, self.has_picture = max_length, has_picture
        self.image_token_id = tokenizer.convert_tokens_to_ids(IMAGE_TOKEN)
        self.pad_token_id = tokenizer.pad_token_id
        self._read_frame = lru_cache(maxsize=64)(self._render)

    def read(self, example: Example, facts: Sequence[str] = ()) -> Prompt:
        """The prompt of one candidate; raises PictureMissing where its picture cannot be read. Others that cannot are left out."""
        panels, pixels = [], []
        for panel in choose_panels(example) if self.has_picture else []:
            if (seen := self.pictures.look_at(panel)) is not None:
                panels.append(panel)
                pixels.append(seen)
        grids = [self.pictures.grid_of(*seen.shape[:2]) for seen in pixels]
        counts = [rows * columns // self.pictures.merge**2 for _, rows, columns in grids]
        return self._lay_out([panel.part for panel in panels], counts, describe(example, facts), pixels=pixels, grids=grids)

    def _lay_out(
        self,
        parts: Sequence[Part],
        counts: Sequence[int],
        fields: Sequence[Field],
        *,
        pixels: list[Pixels],
        grids: list[tuple[int, int, int]],
    ) -> Prompt:
        pieces, tail = self._read_frame(tuple(parts))
        ids = list(pieces[0])
        starts = []
        for count, piece in zip(counts, pieces[1:], strict=True):
            starts.append(len(ids))
            ids += [self.image_token_id] * count + list(piece)
        after = starts[-1] + counts[-1] if starts else len(ids)
        ids += self.read_text(fields, self.max_length - len(ids) - len(tail)) + list(tail)
        picture = range(starts[0], starts[0] + counts[0]) if starts else range(0)
        return Prompt(ids=ids, pixels=pixels, grids=grids, starts=starts, picture=picture, after=after)

    def read_text(self, fields: Sequence[Field], room: int) -> list[int]:
        """The tokens of a text, at most `room`; a special token written in it stays plain text."""
        whole: list[int] = self.tokenizer("".join(field.text for field in fields), **PLAIN).input_ids
        if len(whole) <= room:
            return whole
        return cut_to(fields, self.tokenizer([field.text for field in fields], **PLAIN).input_ids, room)

    def _render(self, parts: tuple[Part, ...]) -> tuple[list[list[int]], list[int]]:
        """The chat as the template of the checkpoint writes it: tokens before, between and after the pictures, and those after the text."""
        content: list[dict[str, str]] = []
        for place, part in enumerate(parts):
            if place == 0 or part != parts[place - 1]:
                content.append({"type": "text", "text": LABELS[part]})
            content.append({"type": "image"})
        messages = [
            {"role": "system", "content": SYSTEM},
            {"role": "user", "content": [*content, {"type": "text", "text": TEXT_HERE}]},
        ]
        chat = self.tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True, enable_thinking=False)
        head, _, tail = chat.rpartition(TEXT_HERE)
        # A special token ends what stands before it, so the pieces have the same tokens as the whole.
        pieces = [self.tokenizer(piece, add_special_tokens=False).input_ids for piece in head.split(IMAGE_TOKEN)]
        return pieces, self.tokenizer(tail, add_special_tokens=False).input_ids

    def estimate_length(self, example: Example, facts: Sequence[str] = ()) -> int:
        """Tokens of a prompt as told by the sizes of the originals, without reading a picture."""
        panels = choose_panels(example) if self.has_picture else []
        counts = [self.pictures.estimate_tokens(panel) for panel in panels]
        return len(self._lay_out([panel.part for panel in panels], counts, describe(example, facts), pixels=[], grids=[]).ids)

    def collate(self, prompts: Sequence[Prompt]) -> Batch:
        """Prompts side by side."""
        return collate(prompts, self.pictures, image_token_id=self.image_token_id, pad_token_id=self.pad_token_id)


def load_processor(source: str, revision: str, *, min_pixels: int, max_pixels: int, max_length: int, has_picture: bool = True) -> Processor:
    """The processor of a checkpoint by id or folder; OSError or ValueError where there is none."""
    tokenizer = AutoTokenizer.from_pretrained(source, revision=revision, trust_remote_code=False)
    # Named rather than found by Auto…: that one takes another backend, with other pixels, where torchvision is installed.
    size = {"shortest_edge": min_pixels, "longest_edge": max_pixels}
    image_processor = Qwen2VLImageProcessorPil.from_pretrained(source, revision=revision, size=size)
    tokenizer.chat_template = tokenizer.chat_template or read_chat_template(source, revision)
    return Processor(tokenizer, image_processor, max_length=max_length, has_picture=has_picture)


def read_chat_template(source: str, revision: str) -> str:
    """The chat template from the file that some checkpoints keep it in, apart from the tokenizer; ValueError where there is none."""
    path = cached_file(source, "chat_template.json", revision=revision, _raise_exceptions_for_missing_entries=False)
    if path is None:
        raise ValueError("it has no chat template, so it was not trained to answer questions")
    return str(json.loads(Path(path).read_text(encoding="utf-8"))["chat_template"])
