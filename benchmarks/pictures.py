"""Any number of different picture files out of a few pictures: each gets a comment of its own, which costs no encoding."""

from __future__ import annotations

import io
import random
import struct
import zlib
from typing import Literal

from PIL import Image

Format = Literal["JPEG", "PNG"]
DIFFERENT = 24


def make_picture(side: int, format: Format, seed: int) -> bytes:
    """A square picture with soft shapes and some grain, which compresses about as a generated image does."""
    rng = random.Random(seed)
    coarse = Image.frombytes("RGB", (side // 16, side // 16), rng.randbytes((side // 16) ** 2 * 3))
    grain = Image.effect_noise((side, side), 12).convert("RGB")
    picture = Image.blend(coarse.resize((side, side), Image.Resampling.BICUBIC), grain, 0.12)
    stream = io.BytesIO()
    picture.save(stream, format, **({"quality": 92} if format == "JPEG" else {}))
    return stream.getvalue()


def mark(data: bytes, number: int) -> bytes:
    """The same picture with `number` in a comment, so that its bytes are others."""
    text = f"number {number}".encode()
    if data.startswith(b"\xff\xd8"):
        return data[:2] + b"\xff\xfe" + struct.pack(">H", len(text) + 2) + text + data[2:]
    body = b"tEXtComment\0" + text
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    # Before IEND, the last twelve bytes.
    return data[:-12] + chunk + data[-12:]
