"""A PostgreSQL of one's own, to be restarted in the middle of something."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1:] or [Path(found).parent for found in [shutil.which("initdb")] if found]


class OwnPostgres:
    """A cluster in `folder` that trusts everybody on 127.0.0.1; root runs it as the account postgres, which it insists on."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.port = folder, port
        self.as_postgres = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []

    @property
    def url(self) -> str:
        """The URL of its database."""
        return f"postgres://postgres@127.0.0.1:{self.port}/postgres"

    def run(self, program: str, *arguments: str) -> None:
        """Run one of PostgreSQL's programs on the cluster."""
        command = [*self.as_postgres, str(BINARIES[0] / program), "-D", str(self.folder / "data"), *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=self.folder)

    def control(self, act: str, *arguments: str) -> None:
        """Start, stop or restart it, and wait until that is done."""
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self.folder} -c fsync=off"
        self.run("pg_ctl", "-w", "-l", str(self.folder / "log"), "-o", options, act, *arguments)


@contextmanager
def own_postgres() -> Iterator[OwnPostgres]:
    """A running cluster, removed afterwards."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder = Path(tempfile.mkdtemp())
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
    cluster = OwnPostgres(folder, port)
    try:
        cluster.run("initdb", "--auth", "trust", "--username", "postgres", "--locale", "C.UTF-8", "--no-sync")
        cluster.control("start")
        yield cluster
    finally:
        subprocess.run(
            [*cluster.as_postgres, str(BINARIES[0] / "pg_ctl"), "-D", str(folder / "data"), "-m", "immediate", "stop"], check=False
        )
        shutil.rmtree(folder, ignore_errors=True)
