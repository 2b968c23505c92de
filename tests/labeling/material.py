"""Builders of what an import reads: folders, archives, records and pictures; functions with defaults."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

from PIL import Image

from labeling.data_in.folder_source import FolderTree


def make_folder(root: Path, files: dict[str, bytes | str]) -> FolderTree:
    """Write `files` below `root` and open it."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    root.mkdir(exist_ok=True)
    return FolderTree(root)


def make_zip(files: dict[str, bytes | str], **options: Any) -> io.BytesIO:
    """An archive of `files` in memory."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, **options) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    stream.seek(0)
    return stream


def make_picture(width: int = 64, height: int = 48, mode: str = "RGB", color: Any = None, format: str = "PNG", **options: Any) -> bytes:
    """The bytes of a plain picture."""
    stream = io.BytesIO()
    Image.new(mode, (width, height), color if color is not None else 0).save(stream, format, **options)
    return stream.getvalue()


def make_record(task_id: Any = "product-001", quantity: int = 1, price: Any = 100, rules: Any = None, **changes: Any) -> dict[str, Any]:
    """One task as ServImageBench writes it; `changes` replace top-level values."""
    deliverable: dict[str, Any] = {"subtask": "Logo", "price_usd": f"${price / quantity:.2f}"}
    if rules is not None:
        deliverable["rules"] = rules
    record = {
        "task_id": task_id,
        "task_category": f"C-{str(task_id).partition('-')[0].capitalize()}",
        "original_task_data": {
            "task_name_original": "logo设计",
            "requirements_original": "我们需要一个鲜明的logo",
            "output_quantity": quantity,
            "price_usd": price,
        },
        "hard_rules": {"deliverables": [deliverable] * quantity},
        "soft_rules": {"points": [{"point_id": "ep_001", "point_requirement": "Logo设计鲜明"}]},
    }
    return json.loads(json.dumps(record | changes))


def make_bench(root: Path, records: dict[str, Any], files: dict[str, bytes | str] | None = None) -> FolderTree:
    """A benchmark folder; `records` by category (a list of records or the raw text of the file), empty where not given."""
    made: dict[str, bytes | str] = dict(files or {})
    for category in ("Portrait", "Product", "Digital"):
        content = records.get(category, [])
        made[f"C-{category}/{category}.json"] = content if isinstance(content, str | bytes) else json.dumps(content)
    return make_folder(root, made)
