"""One process that the supervisor keeps running."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from django.conf import settings

logger = logging.getLogger(__name__)

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0
# A child that lived this long was healthy: its next end is a new story.
HEALTHY_S = 60.0
TIED = Path(__file__).with_name("tied.py")


class Child:
    """A command that is started again when it ends, after pauses that grow while it keeps ending.

    It leads a session of its own: Ctrl-C in the terminal reaches the supervisor alone, and the whole group can be killed. With
    `first_after_s` it is started that many seconds later than it could be, for others to be up before.
    """

    def __init__(self, name: str, command: list[str], environment: dict[str, str] | None = None, *, first_after_s: float = 0.0) -> None:
        self.name, self.command = name, command
        self.environment = {**os.environ, **(environment or {})}
        self.process: subprocess.Popen[bytes] | None = None
        self.started_at = 0.0
        self.start_after = time.monotonic() + first_after_s
        self.pause_s = FIRST_PAUSE_S

    def start(self) -> None:
        """Start the process now."""
        command = [sys.executable, str(TIED), str(os.getpid()), *self.command]
        self.process = subprocess.Popen(command, env=self.environment, cwd=settings.BASE_DIR, start_new_session=True)
        self.started_at = time.monotonic()

    def watch(self) -> None:
        """Start the process if its time has come; clear up after it and plan the next start if it has ended."""
        now = time.monotonic()
        if self.process is None:
            if now >= self.start_after:
                self.start()
        elif self.process.poll() is not None:
            self.clear_up(now)

    def clear_up(self, now: float) -> None:
        """Kill what the ended process left behind and plan its next start."""
        code = self.process.returncode if self.process else None
        self.kill()
        if now - self.started_at > HEALTHY_S:
            self.pause_s = FIRST_PAUSE_S
        logger.error("%s ended (%s), started again in %.1f s", self.name, describe_exit(code), self.pause_s)
        self.process, self.start_after = None, now + self.pause_s
        self.pause_s = min(self.pause_s * 2, LONGEST_PAUSE_S)

    def running(self) -> bool:
        """Whether the process has been started and has not ended."""
        return self.process is not None and self.process.poll() is None

    def terminate(self) -> None:
        """Ask the process to stop."""
        if self.process is not None and self.running():
            self.process.terminate()

    def kill(self) -> None:
        """Kill -9 the process and everything it started."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def describe_exit(code: int | None) -> str:
    """An exit status in words."""
    if code is not None and code < 0:
        return f"killed by {signal.Signals(-code).name}"
    return f"exit status {code}"
