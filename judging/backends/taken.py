"""Whether a server takes what it is sent: one bad question must not stop the others, a wrong setting must not spoil a thousand of them."""

from __future__ import annotations

import threading

# So many questions that a server refuses before it has taken any are the fault of the settings.
REFUSED_AT_MOST = 3


class Taken:
    """What became of the questions of one backend; shared by its threads. Each question is between `begin` and `end` while it is asked."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._any = False
        self._refused = self._asked = self._waiting = 0

    def begin(self) -> None:
        """A question is being asked."""
        with self._changed:
            self._asked += 1

    def end(self) -> None:
        """It is no longer."""
        with self._changed:
            self._asked -= 1
            self._changed.notify_all()

    def note(self) -> None:
        """The server has taken a question."""
        if not self._any:
            with self._changed:
                self._any = True
                self._changed.notify_all()

    def is_hopeless(self) -> bool:
        """Note that the server would not take the question that is asked; whether it would take none, and is to be asked no more.

        A refusal comes at once and a reply takes its time, so this waits for what else is on the way.
        """
        with self._changed:
            self._refused += 1
            if self._any or self._refused < REFUSED_AT_MOST:
                return False
            self._waiting += 1
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._any or self._waiting == self._asked)
            self._waiting -= 1
            return not self._any
