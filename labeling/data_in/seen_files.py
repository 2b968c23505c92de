"""What the files of a folder were when a project last imported it: of the same size and time, a file need not be read again.

Kept beside the site's other files, not in the database: without it an import reads everything, and comes to the same.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from pathlib import Path
from uuid import uuid4

from django.conf import settings

from labeling.data_in.sources import SourceTree


class SeenFiles:
    """The SHA-256 of the files that the project read from `tree` before, and of those it reads now. Only folders have stamps."""

    def __init__(self, project_id: int, tree: SourceTree) -> None:
        self.tree = tree
        key = hashlib.sha256(f"{project_id} {tree.place}".encode()).hexdigest()
        self.path = Path(settings.VAR_DIR) / "seen" / f"{key}.json" if tree.place else None
        self.before = load(self.path)
        self.now: dict[str, list[str]] = {}

    def find(self, name: str) -> str | None:
        """The SHA-256 of `name` if it has been read before and has not changed since, as far as its size and time tell."""
        stamp, sha256 = self.before.get(name, ("", ""))
        return sha256 if stamp and stamp == self.tree.stamp(name) else None

    def note(self, name: str, sha256: str) -> None:
        """Remember what was read of `name`, unless it may have become something else since it was listed."""
        stamp = self.tree.settled_stamp(name)
        if stamp is not None:
            self.now[name] = [stamp, sha256]

    def save(self) -> None:
        """Keep what was noted, and of the rest what was known before and is still there."""
        if self.path is None:
            return
        kept = {name: value for name, value in self.before.items() if name in self.tree}
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = self.path.with_suffix(f".{uuid4().hex}.part")
        part.write_text(json.dumps(kept | self.now), encoding="utf-8")
        os.replace(part, self.path)


def load(path: Path | None) -> dict[str, list[str]]:
    """Stamp and SHA-256 by name, as `save` left them; nothing where there is no such file, or none that can be read."""
    if path is not None:
        with contextlib.suppress(OSError, ValueError):
            loaded = json.loads(path.read_text(encoding="utf-8"))
            return loaded if isinstance(loaded, dict) else {}
    return {}
