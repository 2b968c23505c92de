"""The secret key of an embedded installation: made once, kept in a file only its owner can read."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

MINIMUM_LENGTH = 50


def load_or_make_secret_key(path: Path) -> str:
    """The key stored at `path`; made there with mode 0600 if there is none yet.

    Raises ValueError if the file holds no usable key.
    """
    if not path.exists():
        make_secret_key(path)
    key = path.read_text(encoding="utf-8").strip()
    if len(key) < MINIMUM_LENGTH:
        raise ValueError(f"{path} holds no secret key of {MINIMUM_LENGTH} characters or more; delete it to have a new one made")
    return key


def make_secret_key(path: Path) -> None:
    """Write a new random key to `path`; when two processes start at once, the first one wins."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(secrets.token_urlsafe(64))
    # A hard link cannot replace a file, so a reader sees a whole key and all processes see the same one.
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
