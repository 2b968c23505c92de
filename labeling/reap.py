"""What has to happen though nobody asks: leases that end, disputes that open, jobs whose worker died, uploads nobody needs,
measurements that are due."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from django.conf import settings
from django.db import DatabaseError, connection

from labeling.data_in.uploads import sweep_uploads
from labeling.jobs.reaper import reap_jobs
from labeling.mail.run import mail_until
from labeling.protocol.reap import promote_ready, reap_due
from labeling.quality.due import request_due

logger = logging.getLogger(__name__)

INTERVAL_S = 5.0
# What apps that build on this one have to do at every pass; each gives back how many rows it changed.
CHORES: list[Callable[[], int]] = []


def reap() -> int:
    """One pass; any number of processes may run it at once. Returns how many rows and files it changed."""
    return reap_jobs() + reap_due() + promote_ready() + sweep_uploads() + request_due() + sum(map(do_chore, CHORES))


def do_chore(chore: Callable[[], int]) -> int:
    """How many rows a chore changed; one that fails must not keep the rest of the site waiting."""
    try:
        return chore()
    except DatabaseError:
        raise
    except Exception:
        logger.exception("%s failed, tried again with the next pass", chore.__name__)
        return 0


def reap_until(stop: threading.Event, interval_s: float = INTERVAL_S) -> None:
    """Pass at once and then every `interval_s` seconds until `stop` is set; a database that fails is tried again next time."""
    if settings.MAIL_ENABLED:
        threading.Thread(target=mail_until, args=(stop,), name="mail", daemon=True).start()
    while True:
        try:
            reap()
        except DatabaseError as error:
            logger.warning("reaping failed, tried again in %s s: %s", interval_s, error)
        finally:
            # A long-lived connection would outlast a restart of the database.
            connection.close()
        if stop.wait(interval_s):
            return
