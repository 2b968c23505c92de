"""Letters for the sample pictures: Pillow's own font, and a Chinese one where the machine has it."""

from __future__ import annotations

from functools import cache, lru_cache
from pathlib import Path

from PIL import ImageFont

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

CHINESE_FONTS = (
    "/usr/share/fonts/opentype/noto/NotoSerifCJK-Bold.ttc",
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc",
    "/usr/share/fonts/google-noto-cjk/NotoSansCJK-Bold.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
    "/System/Library/Fonts/PingFang.ttc",
    "C:/Windows/Fonts/msyhbd.ttc",
)


@cache
def chinese_font_file() -> str | None:
    """The first Chinese font this machine has; None where it has none and texts are set in Latin letters instead."""
    return next((path for path in CHINESE_FONTS if Path(path).is_file()), None)


@lru_cache(maxsize=256)
def load_font(size_px: int, chinese: bool) -> Font:
    """A font of this size; `chinese` only where `chinese_font_file` found one."""
    path = chinese_font_file() if chinese else None
    return ImageFont.truetype(path, size_px) if path else ImageFont.load_default(size_px)
