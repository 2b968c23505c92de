"""A run on a PostgreSQL that is restarted in the middle of it: `python -m tests.judging.restarted_postgres BROKER FOLDER`.

A program of its own, because the database of a test cannot be restarted. It exits with 0 if the run ended complete.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from tests.judging.own_postgres import OwnPostgres, own_postgres


def main(broker: str, folder: Path) -> None:
    """Start a cluster, and play on it."""
    with own_postgres() as cluster:
        os.environ |= {"DATABASE_URL": cluster.url, "SERVIMAGE_VAR": str(folder), "CELERY_BROKER_URL": "filesystem://localhost/"}
        play(cluster, broker, folder)


def play(cluster: OwnPostgres, broker: str, folder: Path) -> None:
    """Restart the cluster twice while two workers judge: once as an administrator does, once as after a crash."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from judging.models import Call
    from tests.judging.surviving import check_complete, make_started_run, ring_all, slow_server, wait_for_calls
    from tests.workers import worker_harness

    call_command("migrate", verbosity=0)
    with slow_server() as server, worker_harness(broker, folder) as workers:
        run = make_started_run(server)
        workers.start_worker()
        workers.start_worker()
        workers.start_reaper()
        ring_all(workers, run)
        for calls, how in ((5, "fast"), (20, "immediate")):
            wait_for_calls(run, calls)
            cluster.control("stop", "-m", how)
            time.sleep(2)
            cluster.control("start")
            connection.close()
            connection.close_pool()
        check_complete(run, workers)
        sys.stdout.write(f"complete: {Call.objects.filter(run=run).count()} calls stored, {len(server.seen)} asked\n")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
