"""One transaction that waits for the candidates that another one has locked."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from django.db import connection, connections, transaction

# Whoever waits for the transaction that asks this.
WAITING = "SELECT 1 FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid)) LIMIT 1"


class Beside:
    """`act`, running in a thread with a connection of its own: what it gave back, or the error that it raised."""

    def __init__(self, act: Callable[[], Any]) -> None:
        self.act, self.result = act, None
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self) -> None:
        try:
            self.result = self.act()
        except Exception as error:  # noqa: BLE001 - whatever it is, the test must see it
            self.result = error
        finally:
            connections.close_all()

    def join(self) -> Any:
        """Wait for its end; what came of it."""
        self.thread.join()
        return self.result


def act_behind(change: Callable[[], Any], act: Callable[[], Any]) -> Any:
    """What came of `act`, which has begun and waits for what `change` has locked when the transaction of that is committed.

    `change` is done by then, but nobody else sees it. On SQLite, where one transaction writes at a time, `act` has at most begun.
    """
    with transaction.atomic():
        change()
        other = Beside(act)
        wait_for_waiting(other.thread)
    return other.join()


def wait_for_waiting(thread: threading.Thread) -> None:
    """Come back once `thread` waits for the open transaction of this one; AssertionError if it ends without."""
    if connection.vendor != "postgresql":
        time.sleep(0.1)
        return
    while True:
        with connection.cursor() as cursor:
            cursor.execute(WAITING)
            if cursor.fetchone():
                return
        assert thread.is_alive(), "it has waited for nothing"
        time.sleep(0.01)
