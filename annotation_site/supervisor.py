"""Keeps the web server and the workers running and reaps what is due, until it is told to stop."""

from __future__ import annotations

import http.client
import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType

from annotation_site.child import Child
from labeling.management.import_command import PARTLY
from labeling.reap import reap_until

logger = logging.getLogger(__name__)

# A worker has handed its job back within milliseconds and the web server has no long requests; then both may be killed.
GRACE_S = 3.0
LOOK_S = 0.2


class Supervisor:
    """Runs `children` until SIGTERM or Ctrl-C. `first_steps` are commands that run one after another beside them."""

    def __init__(self, children: list[Child], first_steps: list[list[str]] | None = None) -> None:
        self.children = children
        self.first_steps = list(first_steps or [])
        self.step: Child | None = None
        self.stop = threading.Event()

    def run(self, when_started: Callable[[threading.Event], None]) -> None:
        """Start everything, call `when_started` in a thread of its own, and keep watch; returns when all is stopped."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.on_signal)
        threading.Thread(target=reap_until, args=(self.stop,), name="reaper", daemon=True).start()
        threading.Thread(target=when_started, args=(self.stop,), name="greeting", daemon=True).start()
        try:
            while not self.stop.is_set():
                for child in self.children:
                    child.watch()
                self.watch_steps()
                self.stop.wait(LOOK_S)
        finally:
            self.stop_all()

    def on_signal(self, _number: int, _frame: FrameType | None) -> None:
        """Ask the loop to end."""
        self.stop.set()

    def watch_steps(self) -> None:
        """Start the next step when the one before has ended well; a step that fails ends the row of them, not the site."""
        if self.step is not None:
            code = self.step.process.poll() if self.step.process else 0
            if code is None:
                return
            if code not in (0, PARTLY):
                logger.error("%s failed; its own words are above. The site goes on without it.", self.step.name)
                self.first_steps.clear()
            self.step = None
        if self.first_steps:
            command = self.first_steps.pop(0)
            self.step = Child(" ".join(command[1:3]), command)
            self.step.start()

    def stop_all(self) -> None:
        """Ask every process to stop, give them GRACE_S seconds, kill the rest with whatever they started."""
        self.stop.set()
        children = [*self.children, *([self.step] if self.step else [])]
        for child in children:
            child.terminate()
        deadline = time.monotonic() + GRACE_S
        while time.monotonic() < deadline and any(child.running() for child in children):
            time.sleep(0.05)
        for child in children:
            child.kill()


def web_command(host: str, port: int, workers: int, threads: int) -> list[str]:
    """The web server: threads, because people wait for the database and not for the processor."""
    options = {"--bind": format_address(host, port), "--workers": workers, "--threads": threads, "--graceful-timeout": 2}
    listed = [text for name, value in options.items() for text in (name, str(value))]
    quiet = ["--worker-class", "gthread", "--log-level", "warning", "--no-control-socket"]
    return [sys.executable, "-m", "gunicorn", "annotation_site.wsgi:application", *quiet, *listed]


def worker_command(queue: str, processes: int, *, may_be_root: bool) -> list[str]:
    """A worker of one queue; it needs neither the other workers' gossip nor their clocks. `may_be_root` silences Celery's advice against
    that.
    """
    silent = ["-W", "ignore:You're running the worker with superuser privileges"] if may_be_root else []
    options = ["--pool", "prefork", "--concurrency", str(processes), "--queues", queue, "--without-gossip", "--without-mingle"]
    return [sys.executable, *silent, "-m", "celery", "--quiet", "--app", "annotation_site", "worker", "--loglevel", "WARNING", *options]


def format_address(host: str, port: int) -> str:
    """`host:port`, with the brackets that an IPv6 address needs."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def why_not_listen(host: str, port: int) -> str | None:
    """Why nothing can listen at that address; None if it is free."""
    try:
        with socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET):
            return None
    except OSError as error:
        return os.strerror(error.errno) if error.errno else str(error)


def wait_for_answer(host: str, port: int, stop: threading.Event) -> bool:
    """Wait until the web server answers a request; False if `stop` was set before."""
    target = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    while not stop.wait(0.1):
        connection = http.client.HTTPConnection(target, port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            connection.getresponse()
        except (OSError, http.client.HTTPException):
            continue
        finally:
            connection.close()
        return True
    return False
