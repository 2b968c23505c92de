"""A real site for a crowd run: its own database, gunicorn with two workers of four threads, and the reaper."""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
from django.conf import settings

REAP_EVERY_S = "0.5"


class CrowdSite:
    """The processes of one site on `database_url`; everything it writes is below `folder`."""

    def __init__(self, database_url: str, folder: Path, port: int) -> None:
        self.database_url, self.folder, self.port = database_url, folder, port
        self.address = f"http://127.0.0.1:{port}"
        self.processes: list[subprocess.Popen[bytes]] = []
        self.environment = {**os.environ, "DATABASE_URL": database_url, "SERVIMAGE_VAR": str(folder / "var"), "LOG_LEVEL": "WARNING"}

    def manage(self, *arguments: str) -> str:
        """Run a Python command of the site to its end and return what it printed; RuntimeError if it fails."""
        done = subprocess.run([sys.executable, *arguments], env=self.environment, cwd=settings.BASE_DIR, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"{arguments} failed:\n{done.stderr[-4000:]}")
        return done.stdout

    def prepare(self, people: int, candidates: int) -> list[str]:
        """Make the tables, the static files and the rows; return the names of the people."""
        self.manage("manage.py", "migrate", "--verbosity", "0")
        self.manage("manage.py", "collectstatic", "--noinput", "--verbosity", "0")
        return json.loads(self.manage("-m", "tests.crowd.seed", str(people), str(candidates)))

    def start(self) -> None:
        """Start the web server and the reaper, and wait until a page comes."""
        serve = ["--workers", "2", "--worker-class", "gthread", "--threads", "4", "--keep-alive", "15", "--timeout", "120"]
        self._start("-m", "gunicorn", "annotation_site.wsgi", "--bind", f"127.0.0.1:{self.port}", *serve)
        self._start("manage.py", "reap", "--every", REAP_EVERY_S)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            # Anything between "nobody listens yet" and "too busy to answer within 5 s" is an OSError.
            with suppress(OSError):
                urllib.request.urlopen(f"{self.address}/healthz", timeout=5).close()
                return
            time.sleep(0.2)
        raise RuntimeError(f"no answer within 60 s:\n{self.log()[-4000:]}")

    def _start(self, *arguments: str) -> None:
        with (self.folder / "site.log").open("ab") as log:
            command = [sys.executable, *arguments]
            process = subprocess.Popen(command, env=self.environment, cwd=settings.BASE_DIR, stdout=log, stderr=log, start_new_session=True)
        self.processes.append(process)

    def log(self) -> str:
        """What the site wrote: warnings and errors only, so on a good day gunicorn's few lines."""
        return (self.folder / "site.log").read_text()

    def is_running(self) -> bool:
        """Whether none of the processes has ended by itself."""
        return all(process.poll() is None for process in self.processes)

    def stop(self) -> None:
        """Ask the processes to end, kill those that do not within 10 s with everything they started."""
        for process in self.processes:
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
        for process in self.processes:
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def free_port() -> int:
    """A port of the loopback interface that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def new_database(folder: Path) -> Iterator[str]:
    """The URL of an empty database of the kind the test suite runs on; it is dropped at the end."""
    values = settings.DATABASES["default"]
    if values["ENGINE"].endswith("sqlite3"):
        yield f"sqlite:///{folder / 'crowd.sqlite3'}"
        return
    password = f":{values['PASSWORD']}" if values["PASSWORD"] else ""
    with scratch_database(
        f"postgresql://{values['USER']}{password}@{values['HOST'] or '127.0.0.1'}:{values['PORT'] or 5432}/postgres"
    ) as url:
        yield url


@contextmanager
def scratch_database(server: str) -> Iterator[str]:
    """The URL of a new PostgreSQL database, made and dropped through the one at `server`."""
    name = f"crowd_{os.getpid()}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        connection.execute(f'CREATE DATABASE "{name}"')
        try:
            yield f"{server.rsplit('/', 1)[0]}/{name}"
        finally:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@contextmanager
def crowd_site(folder: Path) -> Iterator[CrowdSite]:
    """A site on a new database that leaves no process and no database behind."""
    with new_database(folder) as url:
        site = CrowdSite(url, folder, free_port())
        try:
            yield site
        finally:
            site.stop()


def open_sql(url: str) -> psycopg.Connection | sqlite3.Connection:
    """A plain connection of the harness's own, in autocommit."""
    if url.startswith("sqlite:///"):
        return sqlite3.connect(url.removeprefix("sqlite:///"), timeout=20, isolation_level=None, check_same_thread=False)
    return psycopg.connect(url, autocommit=True)
