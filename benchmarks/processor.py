"""How much processor time processes have used, from /proc."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

TICKS_S = 1 / os.sysconf("SC_CLK_TCK")


def seconds_of_session(leader: int) -> float:
    """Processor seconds of a process that leads its session and of everything it started that still lives."""
    return sum(used for session, _name, used in list_processes() if session == leader)


def seconds_of_database(name: str) -> float:
    """Processor seconds of the PostgreSQL backends connected to the database `name`; 0 where it runs on another machine."""
    return sum(used for _session, title, used in list_processes() if title.startswith("postgres:") and f" {name} " in title)


def list_processes() -> Iterator[tuple[int, str, float]]:
    """Every process as (session, command line, processor seconds so far)."""
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            title = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            fields = (folder / "stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            # It has ended since the folder was listed.
            continue
        yield int(fields[3]), title, (int(fields[11]) + int(fields[12])) * TICKS_S
