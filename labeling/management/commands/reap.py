"""The reaper as a process of its own, for installations without the supervisor."""

from __future__ import annotations

import signal
import threading
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from labeling.mail.run import mail_once
from labeling.reap import INTERVAL_S, reap, reap_until


class Command(BaseCommand):
    help = (
        "Ends leases that are due, opens disputes, brings back lost jobs and sends mail, until it is stopped. `manage.py up` does the same."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Arguments of the command."""
        parser.add_argument("--every", type=float, default=INTERVAL_S, metavar="SECONDS", help="time between two passes (default 5)")
        parser.add_argument("--once", action="store_true", help="make one pass and end")

    def handle(self, *_args: Any, every: float, once: bool, **_options: Any) -> None:
        """Pass until SIGTERM or Ctrl-C, or once."""
        if once:
            self.stdout.write(f"{reap()} changed")
            if settings.MAIL_ENABLED:
                self.stdout.write(f"{mail_once()} mails sent")
            return
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        reap_until(stop, every)
