"""Transactions on SQLite wait for each other in a queue instead of asking again and again.

SQLite has one writer at a time. Whoever finds it busy sleeps and tries again, up to 100 ms later, and has no place in a queue: with eight
people at work some wait for seconds while others pass by. A lock on a file beside the database is given to who asked first, by
the kernel, and is free again when its process dies.
"""

from __future__ import annotations

import fcntl
import os

from django.db.backends.sqlite3 import base


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection that holds the writers' lock from the beginning of a transaction to its end."""

    _turn: int | None = None

    def _start_transaction_under_autocommit(self) -> None:
        try:
            if not self.is_in_memory_db():
                self._take_turn()
            super()._start_transaction_under_autocommit()  # type: ignore[misc]  # the stubs do not know it
        except BaseException:
            self._end_turn()
            raise

    def _set_autocommit(self, autocommit: bool) -> None:
        # However a transaction ends, also one whose commit is interrupted, Django comes by here or closes the connection.
        try:
            super()._set_autocommit(autocommit)  # type: ignore[misc]  # the stubs do not know it
        finally:
            if autocommit:
                self._end_turn()

    def _close(self) -> None:
        try:
            super()._close()  # type: ignore[misc]  # the stubs do not know it
        finally:
            self._end_turn()

    def _take_turn(self) -> None:
        """Wait until no other connection, of this process or another, is in a transaction."""
        # Opened anew each time: a fork would share the lock of a file that stays open. Kept before the wait, which may be interrupted.
        self._turn = os.open(f"{self.settings_dict['NAME']}-writers", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o660)
        fcntl.flock(self._turn, fcntl.LOCK_EX)

    def _end_turn(self) -> None:
        """Let the next one in."""
        if self._turn is not None:
            turn, self._turn = self._turn, None
            fcntl.flock(turn, fcntl.LOCK_UN)
            os.close(turn)
