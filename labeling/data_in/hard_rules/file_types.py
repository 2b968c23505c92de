"""Requested file types in one spelling each, with the class that says what a picture can do about them."""

from __future__ import annotations

from labeling.data_in.hard_rules.values import FileClass, FileType

# A picture format of a candidate is one of these; the rest of the table a picture can never satisfy.
RASTER = ("PNG", "JPG", "TIFF", "GIF", "WEBP", "BMP")
SAME_TYPE = {"JPEG": "JPG", "TIF": "TIFF", "INDESIGN": "INDD"}
CLASS_OF_TYPE: dict[str, FileClass] = {
    **dict.fromkeys(RASTER, "raster"),
    **dict.fromkeys(("AI", "SVG", "EPS", "CDR", "PDF"), "vector"),
    **dict.fromkeys(("PSD", "INDD", "XCF", "PPT", "ILLUSTRATOR", "CANVA", "FIGMA"), "editable_source"),
    **dict.fromkeys(("DST", "PES", "CAD"), "machine"),
}
# Tools keep their own spelling on the page.
SPELLING = {"ILLUSTRATOR": "Illustrator", "CANVA": "Canva", "FIGMA": "Figma"}
VECTOR_WORDS = ("矢量", "vector")
SOURCE_WORDS = ("源文件", "source")


def parse_file_type(text: str) -> FileType:
    """The file type that `text` names; prose about vector or source files gets their class, anything else is `other`."""
    text = text.strip()
    key = text.upper().lstrip(".")
    key = SAME_TYPE.get(key, key)
    if key in CLASS_OF_TYPE:
        return FileType(name=SPELLING.get(key, key), file_class=CLASS_OF_TYPE[key])
    lowered = text.lower()
    if any(word in lowered for word in VECTOR_WORDS):
        return FileType(name=text, file_class="vector")
    if any(word in lowered for word in SOURCE_WORDS):
        return FileType(name=text, file_class="editable_source")
    return FileType(name=text, file_class="other")
