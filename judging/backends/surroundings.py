"""What the environment of a process says about the site, for code that knows no Django; annotation_site/settings.py reads the same."""

from __future__ import annotations

import os
from pathlib import Path


def read_text(name: str) -> str:
    """The value of `name`, or of the file that `<name>_FILE` points to; '' where neither is set. Raises ValueError for a lost file."""
    path = os.environ.get(f"{name}_FILE", "")
    if not path:
        return os.environ.get(name, "").strip()
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ValueError(f"{name}_FILE points to {path}, which cannot be read: {error.strerror}") from error


def is_production() -> bool:
    """Whether the site runs with SERVIMAGE_ENV=production."""
    return read_text("SERVIMAGE_ENV") == "production"


def read_roots(variable: str) -> list[Path]:
    """The folders listed in an environment variable, separated as in PATH, links followed."""
    return [Path(item).expanduser().resolve() for item in os.environ.get(variable, "").split(os.pathsep) if item.strip()]


def may_read(path: str, variable: str) -> bool:
    """Whether `path`, links followed, lies below a folder of `variable`; anything does where that lists none and the site is embedded."""
    roots = read_roots(variable)
    if not roots and not is_production():
        return True
    try:
        real = Path(path).resolve()
    # RuntimeError for a loop of links, ValueError for a NUL.
    except (OSError, RuntimeError, ValueError):
        return False
    return any(real.is_relative_to(root) for root in roots)
