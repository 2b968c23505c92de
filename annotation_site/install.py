"""Installs requirements.txt beside the running site: what judges with weights of their own need is large, and nothing else waits for it.

`python -m annotation_site.install` is a step of the supervisor; pages read how far it is.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from django.conf import settings

NEEDED = ("torch", "transformers", "safetensors", "peft", "scipy")
# What pip says of each package it looks at, and when it begins to unpack them all.
COLLECTING, UNPACKING = re.compile(r"Collecting ([\w.-]+)"), "Installing collected packages"
DOWNLOADING = re.compile(r"Downloading .*\((.+)\)")
LAST_WORDS = 300


@dataclass(frozen=True, kw_only=True)
class Install:
    """How far it is: `package` is the one being fetched with its `size` as pip tells it, `fetched` how many were before it.

    `problem` is the end of what pip said where it failed. `at` is seconds since the epoch.
    """

    state: Literal["fetching", "unpacking", "done", "failed"]
    package: str = ""
    size: str = ""
    fetched: int = 0
    problem: str = ""
    at: float = 0.0


def is_complete() -> bool:
    """Whether everything is there; asked without importing it."""
    importlib.invalidate_caches()
    return all(importlib.util.find_spec(name) is not None for name in NEEDED)


def install_steps() -> list[list[str]]:
    """The step of the supervisor, none where everything is there, or somebody else installs (in production, or SERVIMAGE_INSTALL=0)."""
    if settings.PRODUCTION or not settings.INSTALLS_ALL or is_complete():
        return []
    return [[sys.executable, "-m", "annotation_site.install"]]


def read_install() -> Install | None:
    """How far the installation is, or how it ended; None where it never ran."""
    try:
        return Install(**json.loads(state_file().read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def follow(lines: Iterable[str]) -> str:
    """Write down how far pip is while it speaks; returns the end of what it said."""
    fetched, package, said = 0, "", ""
    for line in lines:
        said = (said + line)[-LAST_WORDS:]
        if found := COLLECTING.search(line):
            package, fetched = found[1], fetched + 1
            write_state(Install(state="fetching", package=package, fetched=fetched - 1))
        elif found := DOWNLOADING.search(line):
            write_state(Install(state="fetching", package=package, size=found[1], fetched=fetched - 1))
        elif UNPACKING in line:
            write_state(Install(state="unpacking", fetched=fetched))
    return said


def write_state(install: Install) -> None:
    """Keep how far it is, whole or not at all."""
    kept = {**asdict(install), "at": time.time()}
    half = state_file().with_suffix(".half")
    half.write_text(json.dumps(kept), encoding="utf-8")
    half.replace(state_file())


def state_file() -> Path:
    """Where it is kept."""
    return Path(settings.VAR_DIR) / "install.json"


def main() -> int:
    """Install; the exit status of pip."""
    command = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--no-compile", "--progress-bar", "off"]
    command += ["-r", str(settings.BASE_DIR / "requirements.txt")]
    write_state(Install(state="fetching"))
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=settings.BASE_DIR) as pip:
        said = follow(pip.stdout or [])
    write_state(Install(state="failed", problem=said.strip()) if pip.returncode else Install(state="done"))
    return pip.returncode


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "annotation_site.settings")
    sys.exit(main())
