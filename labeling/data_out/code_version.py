"""Which code wrote an export."""

from __future__ import annotations

import subprocess
import tomllib
from functools import cache
from pathlib import Path

from django.conf import settings


@cache
def code_version() -> str:
    """The release, and the commit where the site runs from a git checkout: `0.1.0+3f2a9c81d04e`, with `.dirty` after local changes."""
    root = Path(settings.BASE_DIR)
    release: str = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    commit = read_commit(root)
    return f"{release}+{commit}" if commit else release


def read_commit(root: Path) -> str | None:
    """The commit checked out at `root`; None where that is no checkout or there is no git."""
    if not (root / ".git").exists():
        return None
    command = ["git", "-C", str(root), "describe", "--always", "--exclude=*", "--abbrev=12", "--dirty=.dirty"]
    try:
        return subprocess.run(command, capture_output=True, check=True, text=True, timeout=10).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return None
