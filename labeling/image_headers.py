"""What the first bytes of a file say it is, read before any decoder sees it."""

from __future__ import annotations

JPEG, PNG, WEBP = "JPEG", "PNG", "WEBP"
FORMATS = (JPEG, PNG, WEBP)
PNG_START = b"\x89PNG\r\n\x1a\n"
OTHER_STARTS = {
    b"GIF8": "GIF",
    b"BM": "BMP",
    b"II*\0": "TIFF",
    b"MM\0*": "TIFF",
    b"%PDF": "PDF",
    b"%!PS": "PostScript",
    b"8BPS": "PSD",
    b"\0\0\x01\0": "ICO",
    b"\xff\x0a": "JPEG XL",
    b"\0\0\0\x0cJXL ": "JPEG XL",
    b"\0\0\0\x0cjP  ": "JPEG 2000",
}
BRANDS = {b"avif": "AVIF", b"avis": "AVIF", b"heic": "HEIC", b"heix": "HEIC", b"mif1": "HEIC", b"hevc": "HEIC"}


def sniff_format(data: bytes) -> str | None:
    """The format by content: JPEG, PNG, WEBP, SVG or the name of another known one; None for no known image."""
    if data.startswith(b"\xff\xd8\xff"):
        return JPEG
    if data.startswith(PNG_START):
        return PNG
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return WEBP
    for start, name in OTHER_STARTS.items():
        if data.startswith(start):
            return name
    if data[4:8] == b"ftyp":
        return BRANDS.get(data[8:12])
    return "SVG" if _looks_like_svg(data) else None


def read_webp_size(data: bytes) -> tuple[int, int] | None:
    """Width and height in pixels as a WebP header states them, None if it states none.

    Pillow makes the decoder, which allocates two canvases of that size, before it tells the size.
    """
    kind, body = data[12:16], data[20:30]
    if len(body) < 10:
        return None
    if kind == b"VP8X":
        return int.from_bytes(body[4:7], "little") + 1, int.from_bytes(body[7:10], "little") + 1
    if kind == b"VP8L":
        bits = int.from_bytes(body[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    return (int.from_bytes(body[6:8], "little") & 0x3FFF, int.from_bytes(body[8:10], "little") & 0x3FFF) if kind == b"VP8 " else None


def ends_early(data: bytes, format: str) -> bool:
    """Whether a damaged JPEG, PNG or WebP lacks the end that its format requires."""
    if format == JPEG:
        return b"\xff\xd9" not in data[-64:]
    if format == PNG:
        return b"IEND" not in data[-64:]
    return int.from_bytes(data[4:8], "little") + 8 > len(data)


def _looks_like_svg(data: bytes) -> bool:
    head = data[:4096].decode("utf-8", "ignore").lstrip("\ufeff \t\r\n").lower()
    return head.startswith("<") and "<svg" in head
