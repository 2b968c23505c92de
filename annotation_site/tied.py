"""Runs a command that ends with the process that started it: `python tied.py PARENT_PID COMMAND...`.

Started as a file, without the site's packages, so that it costs a few hundredths of a second.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main(parent_pid: int, command: list[str]) -> None:
    """Ask the kernel for SIGTERM when the parent dies, however it dies, and become `command`. Only Linux can do that."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    # The parent may have died before the kernel was asked.
    if os.getppid() != parent_pid:
        sys.exit(1)
    os.execvp(command[0], command)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
