"""When the next request may go: evenly spaced, and none while the server asks for a pause. Shared by the threads of one backend."""

from __future__ import annotations

import threading
import time


class Stopped(Exception):
    """Nobody waits for the reply any more."""


class Clock:
    """Time as a backend sees it; a test has one of its own, whose waits take no time."""

    def now(self) -> float:
        """Seconds since some moment."""
        return time.monotonic()

    def sleep(self, seconds: float, stop: threading.Event) -> None:
        """Wait, but no longer than until `stop` is set."""
        stop.wait(seconds)


class Gate:
    """A token bucket that holds one token: so many requests a minute, at even distances (0: no limit)."""

    def __init__(self, per_minute: float, clock: Clock) -> None:
        self._interval = 60 / per_minute if per_minute else 0.0
        self._clock = clock
        self._lock = threading.Lock()
        self._free_at = clock.now()

    def take(self, stop: threading.Event) -> None:
        """Wait for one's turn. Raises Stopped where `stop` is set by then."""
        with self._lock:
            now = self._clock.now()
            turn = max(now, self._free_at)
            self._free_at = turn + self._interval
        if turn > now:
            self._clock.sleep(turn - now, stop)
        if stop.is_set():
            raise Stopped

    def hold(self, seconds: float) -> None:
        """Let nobody else pass for so long; who had a turn by now keeps it."""
        with self._lock:
            self._free_at = max(self._free_at, self._clock.now() + seconds)
