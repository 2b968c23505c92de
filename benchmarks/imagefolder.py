"""Whether the real Hugging Face `datasets` loads a `dataset` export whole: rows, columns, decisions, pictures.

    python3 -m venv /tmp/hf && /tmp/hf/bin/pip install "datasets[vision]==5.2.0"
    /tmp/hf/bin/python benchmarks/imagefolder.py DIR/dataset.zip

Loads the unpacked folder, and the folder with the archive in it as the export left it, offline; compares every row with metadata.jsonl
and looks into every picture for anything but pixels. Prints what it found as JSON; exit status 1 if anything differs. Needs nothing of
the site.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

os.environ["HF_HUB_OFFLINE"] = os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"

import datasets


def load(folder: Path, cache: Path) -> Any:
    """The rows that `imagefolder` finds in `folder`."""
    return datasets.load_dataset("imagefolder", data_dir=str(folder), split="train", cache_dir=str(cache))


def compare(loaded: Any, lines: list[dict[str, Any]]) -> list[str]:
    """What differs between the loaded rows and the lines of metadata.jsonl."""
    wrong = [] if len(loaded) == len(lines) else [f"{len(loaded)} rows for {len(lines)} lines"]
    by_candidate = {line["candidate"]: line for line in lines}
    for row in loaded:
        picture, line = row.pop("image"), by_candidate[row["candidate"]]
        expected = {name: value for name, value in line.items() if name != "file_name"}
        wrong += [f"{row['candidate']}: {name} is {row.get(name)!r}" for name, value in expected.items() if row.get(name) != value]
        picture.load()
        kept = set(picture.info) & {"exif", "comment", "icc_profile", "xmp", "photoshop"}
        wrong += [f"{row['candidate']}: the picture holds {sorted(kept)}"] if kept or len(picture.getexif()) else []
    return wrong


def main() -> None:
    """Load both ways, compare, print."""
    archive = Path(sys.argv[1])
    with zipfile.ZipFile(archive) as opened:
        lines = [json.loads(line) for line in opened.read("metadata.jsonl").splitlines()]
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary)
        with zipfile.ZipFile(archive) as opened:
            opened.extractall(root / "unpacked")
        unpacked, packed = load(root / "unpacked", root / "cache"), load(archive.parent, root / "cache")
        wrong = compare(unpacked, lines) + compare(packed, lines)
        found = {
            "datasets": datasets.__version__,
            "rows": len(unpacked),
            "rows_from_the_archive": len(packed),
            "decisions": dict(Counter(unpacked["decision"])),
            "columns": {name: str(kind) for name, kind in unpacked.features.items()},
        }
    print(json.dumps(found, indent=2))
    if wrong:
        raise SystemExit("\n".join(wrong[:20]))


if __name__ == "__main__":
    main()
