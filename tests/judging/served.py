"""`transformers serve` as a process of its own: a server of OpenAI's protocol that is not ours."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.crowd.site import free_port

NEEDED = ("torch", "transformers", "fastapi", "uvicorn", "openai", "accelerate")
# Loading torch takes a while on a busy machine.
START_S = 180
# Ends when its input does, so that it does not outlive a process that was killed before it could end it.
COMMAND = """
import os, sys, threading
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(1)), daemon=True).start()
from transformers.cli.transformers import main
main()
"""


@dataclass(frozen=True, kw_only=True)
class Served:
    """A server that answers: its base URL, what it calls its model, and the file with all it writes."""

    url: str
    model: str
    log: Path


def list_missing() -> list[str]:
    """The packages that it needs and that are not installed."""
    return [name for name in NEEDED if importlib.util.find_spec(name) is None]


@contextmanager
def serve(folder: Path, threads: int = 1) -> Iterator[Served]:
    """Serve the model in `folder` until the end of the block; no process is left behind. An error in the block shows the log."""
    port, log = free_port(), folder.parent / f"{folder.name}.log"
    process = start(folder, port, log, threads)
    try:
        wait_for(process, f"http://127.0.0.1:{port}/health")
        yield Served(url=f"http://127.0.0.1:{port}/v1", model=folder.name, log=log)
    except BaseException as error:
        error.add_note(f"{log}:\n{log.read_text(errors='replace')[-4000:]}")
        raise
    finally:
        # With all that it started: it has a session of its own.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        # Waits, and closes its input.
        process.communicate()


def start(folder: Path, port: int, log: Path, threads: int) -> subprocess.Popen[bytes]:
    """The process. It runs beside the folder, so that the model has a name without a path."""
    arguments = ["serve", folder.name, "--device", "cpu", "--host", "127.0.0.1", "--port", str(port)]
    # More threads than free cores make a tiny model ten times as slow.
    own = {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": str(threads), "TOKENIZERS_PARALLELISM": "false"}
    with log.open("wb") as output:
        return subprocess.Popen(
            [sys.executable, "-c", COMMAND, *arguments],
            cwd=folder.parent,
            env={**os.environ, **own},
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )


def wait_for(process: subprocess.Popen[bytes], url: str) -> None:
    """Wait until `url` answers; RuntimeError where the process ends before, or it takes too long."""
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with {process.returncode} before it answered")
        with suppress(OSError):
            urllib.request.urlopen(url, timeout=5).close()
            return
        time.sleep(0.1)
    raise RuntimeError(f"no answer from {url} within {START_S} s")
