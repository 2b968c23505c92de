"""How fast the site answers annotators who do not think: trips per second, waiting time, and what a trip costs.

    python -m benchmarks.labelling                                     # SQLite, 33,000 candidates and 3.3 million
    python -m benchmarks.labelling --postgres postgres://postgres@127.0.0.1:5432/postgres --candidates 33000

A trip is one POST that submits an answer and returns the next card. Gunicorn runs with two processes of four threads on a new
database, half of whose candidates are finished; people are threads of this process. With --postgres a scratch database is made
on that server and dropped again, and SQLite is left out unless --sqlite is given too.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "annotation_site.settings")
os.environ.setdefault("LOG_LEVEL", "WARNING")  # a line of the client for each trip would cost as much as sending it
django.setup()

from django.urls import reverse  # noqa: E402

from benchmarks.processor import seconds_of_database, seconds_of_session  # noqa: E402
from tests.crowd.browser import Browser, new_key  # noqa: E402
from tests.crowd.pages import Reply  # noqa: E402
from tests.crowd.run import percentiles  # noqa: E402
from tests.crowd.seed import PASSWORD, SLUG  # noqa: E402
from tests.crowd.site import CrowdSite, free_port, scratch_database  # noqa: E402

SIZES = [33_000, 3_300_000]
# More than work at a time: every candidate needs two of them, and those who are finished were theirs.
MEMBERS = 16
TRIPS_COUNTED = 60
FIRST_TRIPS = 10
COLUMNS = "trips_per_s", "p50_ms", "p99_ms", "server_ms", "database_ms", "client_ms", "statements", "most_statements", "load"


class Worker(threading.Thread):
    """One annotator with zero think time; `trips` are (when it began, how long it took), both in seconds."""

    def __init__(self, browser: Browser, stop: threading.Event) -> None:
        super().__init__(name=browser.person)
        self.browser, self.stop = browser, stop
        self.trips: list[tuple[float, float]] = []
        self.count = 0

    def run(self) -> None:
        """Answer until told to stop."""
        self.browser.sign_in(reverse("sign_in"), PASSWORD)
        reply = self.browser.post(reverse("labeling:take", args=[SLUG]), {})
        while reply.held and not self.stop.is_set():
            reply = self.trip(reply.held[0], reply.held[1:])
        self.browser.close()

    def trip(self, card: str, have: list[str]) -> Reply:
        """Answer `card`; every third is rejected for a reason."""
        self.count += 1
        answer = {"answer": "accept"} if self.count % 3 else {"answer": "reject", "reasons": ["bad_text"]}
        times = {"active_ms": 900, "shown_ago_ms": 1000, "answered_ago_ms": 0}
        fields = {"assignment": card, "key": new_key(), "have": have, **answer, **times}
        began = time.monotonic()
        reply = self.browser.write("submit", reverse("labeling:answer", args=[SLUG]), fields | ({"shown": have[0]} if have else {}))
        self.trips.append((began, time.monotonic() - began))
        return reply


def measure(site: CrowdSite, names: list[str], seconds: float, warm_up: float) -> dict[str, Any]:
    """Let `names` work and say what `seconds` of it came to, after a warm-up. Times are milliseconds, those of a trip where not said."""
    stop, folder = threading.Event(), site.folder
    workers = [Worker(Browser(site.address, name, folder / f"{name}.jsonl"), stop) for name in names]
    for worker in workers:
        worker.start()
    # Signing in is slow on purpose, and the first requests of a process load what later ones find.
    while any(worker.is_alive() and len(worker.trips) < FIRST_TRIPS for worker in workers):
        time.sleep(0.2)
    time.sleep(warm_up)
    before, began = read_clocks(site), time.monotonic()
    time.sleep(seconds)
    after, ended = read_clocks(site), time.monotonic()
    stop.set()
    for worker in workers:
        worker.join()
    failures = [failure for worker in workers for failure in worker.browser.failures]
    if failures or min(len(worker.trips) for worker in workers) < FIRST_TRIPS:
        raise SystemExit(f"the run failed: {failures[:3]}\n{site.log()[-2000:]}")
    took = [length for worker in workers for start, length in worker.trips if began <= start and start + length <= ended]
    costs = {name: round(1000 * (after[name] - before[name]) / len(took), 1) for name in before}
    p50_ms, p99_ms = percentiles(took)
    return {"trips_per_s": round(len(took) / (ended - began), 1), "p50_ms": p50_ms, "p99_ms": p99_ms, **costs}


def read_clocks(site: CrowdSite) -> dict[str, float]:
    """Processor seconds that the web server, the database and this process have used so far."""
    name = site.database_url.rsplit("/", 1)[1]
    is_sqlite = site.database_url.startswith("sqlite")
    return {
        "server_ms": seconds_of_session(site.processes[0].pid),
        "database_ms": 0.0 if is_sqlite else seconds_of_database(name),
        "client_ms": time.process_time(),
    }


def run(url: str, folder: Path, candidates: int, options: argparse.Namespace) -> dict[str, Any]:
    """Seed one database, work on it, and return the row of the table."""
    site = CrowdSite(url, folder, free_port())
    site.manage("manage.py", "migrate", "--verbosity", "0")
    site.manage("manage.py", "collectstatic", "--noinput", "--verbosity", "0")
    began = time.monotonic()
    names = json.loads(site.manage("-m", "benchmarks.seed", str(candidates), str(MEMBERS)))
    print(f"  seeded in {time.monotonic() - began:.0f} s", flush=True)
    try:
        site.start()
        result = measure(site, names[: options.people], options.seconds, options.warm_up)
    finally:
        site.stop()
    counted = json.loads(site.manage("-m", "benchmarks.trips", SLUG, names[-1], str(TRIPS_COUNTED)))
    load = os.getloadavg()[0]
    return result | {"statements": counted["mean"], "most_statements": counted["most"], "load": round(load, 1)}


@contextmanager
def new_site_database(server: str | None, folder: Path) -> Iterator[str]:
    """The URL of an empty database: a file, or on the PostgreSQL server at `server`."""
    if server is None:
        yield f"sqlite:///{folder / 'benchmark.sqlite3'}"
        return
    with scratch_database(server) as url:
        yield url


def compare(server: str | None, options: argparse.Namespace) -> None:
    """One table for one kind of database, and how much slower the largest size is than the smallest."""
    print(f"{'PostgreSQL' if server else 'SQLite'}, {options.people} annotators", flush=True)
    rows: dict[int, dict[str, Any]] = {}
    for candidates in options.candidates:
        with tempfile.TemporaryDirectory(prefix="labelling-") as folder, new_site_database(server, Path(folder)) as url:
            rows[candidates] = run(url, Path(folder), candidates, options)
        print(f"  {candidates:>9,}: " + ", ".join(f"{name} {rows[candidates][name]}" for name in COLUMNS), flush=True)
    small, large = rows[min(rows)], rows[max(rows)]
    if small is not large:
        grown = ", ".join(
            f"{name} {large[name] / small[name]:.2f}" for name in ("p50_ms", "p99_ms", "server_ms", "database_ms") if small[name]
        )
        print(f"  from {min(rows):,} to {max(rows):,}: trips {small['trips_per_s'] / large['trips_per_s']:.2f} times as slow; {grown}")


def main() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--postgres", metavar="URL", help="a PostgreSQL server on which databases may be made")
    parser.add_argument("--sqlite", action="store_true", help="SQLite too")
    parser.add_argument("--candidates", type=int, nargs="+", default=SIZES)
    parser.add_argument("--people", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--warm-up", type=float, default=3)
    options = parser.parse_args()
    for server in ([None] if options.sqlite or not options.postgres else []) + ([options.postgres] if options.postgres else []):
        compare(server, options)


if __name__ == "__main__":
    main()
