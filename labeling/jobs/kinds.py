"""What each kind of job runs."""

from __future__ import annotations

from collections.abc import Callable

from labeling.jobs.context import JobContext

# A function gets the context of one attempt; it returns when the work is done or `context.cancelled()` said so.
KINDS: dict[str, Callable[[JobContext], None]] = {}
