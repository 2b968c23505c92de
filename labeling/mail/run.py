"""The mail of the reaper: a thread of its own, because a server that does not answer must not hold up ending leases."""

from __future__ import annotations

import logging
import threading

from django.db import DatabaseError, connection

from labeling.mail.notices import look_around
from labeling.mail.send import send_due

logger = logging.getLogger(__name__)

INTERVAL_S = 30.0


def mail_once() -> int:
    """Notice what there is to tell and send what is due; returns how many mails left."""
    look_around()
    return send_due()


def mail_until(stop: threading.Event, interval_s: float = INTERVAL_S) -> None:
    """Pass at once and then every `interval_s` seconds until `stop` is set; a database that fails is tried again next time."""
    while True:
        try:
            mail_once()
        except DatabaseError as error:
            logger.warning("mail waits, tried again in %s s: %s", interval_s, error)
        finally:
            connection.close()
        if stop.wait(interval_s):
            return
