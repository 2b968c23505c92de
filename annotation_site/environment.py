"""Reads typed values from environment variables; an unusable value is a ValueError that names the variable."""

from __future__ import annotations

import os
from pathlib import Path

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off", ""}


def read_text(name: str, default: str = "") -> str:
    """The value of `name`, or of the file that `<name>_FILE` points to, without surrounding space.

    Raises ValueError if that file cannot be read.
    """
    path = os.environ.get(f"{name}_FILE", "")
    if not path:
        return os.environ.get(name, default).strip()
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ValueError(f"{name}_FILE points to {path}, which cannot be read: {error.strerror}") from error


def read_flag(name: str, default: bool = False) -> bool:
    """True for 1/true/yes/on, False for 0/false/no/off or empty; raises ValueError for anything else."""
    value = os.environ.get(name)
    if value is None:
        return default
    if value.strip().lower() in TRUE:
        return True
    if value.strip().lower() in FALSE:
        return False
    raise ValueError(f"{name}={value!r} is neither yes nor no; write 1 or 0")


def read_number(name: str, default: int, minimum: int = 0) -> int:
    """A whole number of at least `minimum`; raises ValueError otherwise."""
    value = os.environ.get(name, "").strip()
    if not value:
        return default
    try:
        number = int(value)
    except ValueError:
        raise ValueError(f"{name}={value!r} is not a whole number") from None
    if number < minimum:
        raise ValueError(f"{name}={number} is below {minimum}")
    return number


def read_list(name: str, default: str = "") -> list[str]:
    """The comma-separated items of `name`, without empty ones."""
    return [item.strip() for item in os.environ.get(name, default).split(",") if item.strip()]


def read_folders(name: str) -> list[Path]:
    """The folders listed in `name`, separated as in PATH, as absolute paths."""
    return [Path(item).expanduser().resolve() for item in os.environ.get(name, "").split(os.pathsep) if item.strip()]
