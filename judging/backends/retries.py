"""What is tried again, how often and after how long."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from judging.backends.rate import Clock

Got = TypeVar("Got")
ATTEMPTS = 4
# A server that asks for more is asked again after this long all the same, so that a worker never sleeps through its lease.
LONGEST_RETRY_AFTER_S = 60.0
# Full jitter: anything up to 2, 4 and 8 seconds, so that requests which failed together do not come back together.
BACK_OFF = wait_random_exponential(multiplier=2, max=30)


class Fault(Exception):
    """A request that may work when it is sent again.

    `retry_after_s` is how long the server asks to wait, None where it does not say; `unreached` tells that there was no connection.
    """

    def __init__(self, detail: str, *, retry_after_s: float | None = None, unreached: bool = False) -> None:
        super().__init__(detail)
        self.retry_after_s, self.unreached = retry_after_s, unreached


def try_again(attempt: Callable[[], Got], clock: Clock, stop: threading.Event) -> Got:
    """What `attempt` gives, tried up to four times; raises its last Fault where all of them fail."""
    retrying = Retrying(
        stop=stop_after_attempt(ATTEMPTS),
        wait=choose_wait,
        retry=retry_if_exception_type(Fault),
        sleep=lambda seconds: clock.sleep(seconds, stop) if seconds else None,
        reraise=True,
    )
    return retrying(attempt)


def choose_wait(state: RetryCallState) -> float:
    """Seconds until the next attempt: none where the server said how long, for then the gate holds everybody back."""
    fault = state.outcome.exception() if state.outcome else None
    return 0.0 if isinstance(fault, Fault) and fault.retry_after_s is not None else BACK_OFF(state)


def read_retry_after(header: str | None, now: datetime | None = None) -> float | None:
    """Seconds that a Retry-After header asks for, between 0 and 60; None where there is none, or none that can be read.

    It is a whole number of seconds or a date (RFC 9110, section 10.2.3).
    """
    if not header:
        return None
    try:
        seconds = (
            float(header) if header.strip().isascii() and header.strip().isdigit() else seconds_until(header, now or datetime.now(UTC))
        )
    except (ValueError, OverflowError):
        return None
    return min(max(seconds, 0.0), LONGEST_RETRY_AFTER_S)


def seconds_until(header: str, now: datetime) -> float:
    """Seconds from `now` to an HTTP date, which is in GMT. Raises ValueError where it is no date."""
    date = parsedate_to_datetime(header)
    return ((date if date.tzinfo else date.replace(tzinfo=UTC)) - now).total_seconds()
