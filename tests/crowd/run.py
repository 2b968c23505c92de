"""One crowd run: people as threads on a real site, random time, then the report of what happened."""

from __future__ import annotations

import random
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles

from tests.crowd.clock import RandomClock
from tests.crowd.person import Person, make_person
from tests.crowd.site import CrowdSite


@dataclass(frozen=True, kw_only=True)
class Size:
    """How big a run is; `stoppers` leave for good in the middle with cards in their hands, `mischief` is the habit of everybody."""

    people: int
    candidates: int
    stoppers: int
    mischief: float
    lease_share: float  # leases ended before their time, for each answer
    limit_s: float


@dataclass
class CrowdReport:
    """What really happened. Latencies are milliseconds."""

    seconds: float = 0.0
    requests: int = 0
    per_second: float = 0.0
    p50_ms: float = 0.0
    p99_ms: float = 0.0
    slowest_ms: float = 0.0
    by_address: dict[str, str] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    most_held: int = 0
    failures: list[str] = field(default_factory=list)

    def add_latencies(self, latencies: list[tuple[str, float]]) -> None:
        """Sum up what the requests took, in all and by the last part of the address."""
        self.requests, self.per_second = len(latencies), round(len(latencies) / self.seconds, 1)
        self.p50_ms, self.p99_ms = percentiles([seconds for _path, seconds in latencies])
        self.slowest_ms = round(1000 * max(seconds for _path, seconds in latencies))
        grouped: dict[str, list[float]] = {}
        for path, seconds in latencies:
            grouped.setdefault("/".join(path.split("/")[3:]), []).append(seconds)
        for name, group in sorted(grouped.items()):
            self.by_address[name] = "{} times, {} / {} ms".format(len(group), *percentiles(group))


def percentiles(seconds: list[float]) -> tuple[float, float]:
    """p50 and p99 in milliseconds."""
    cuts = quantiles(seconds, n=100) if len(seconds) > 1 else [seconds[0]] * 99
    return round(1000 * cuts[49], 1), round(1000 * cuts[98], 1)


def run_crowd(site: CrowdSite, names: list[str], size: Size, seed: int, logs: Path) -> CrowdReport:
    """Let everybody work until every candidate is settled, at most `size.limit_s` seconds."""
    draw, report = random.Random(seed), CrowdReport()
    clock = RandomClock(site.database_url, seed, size.lease_share, window=4 * size.people)
    share = size.candidates / size.people
    stops = [round(share * draw.uniform(0.3, 1.5)) if number < size.stoppers else None for number in range(size.people)]
    habits = [{"mischief": size.mischief, "stops_after": after} for after in stops]
    people = [make_person(site.address, name, logs, seed + 1 + n, clock.finished, **habits[n]) for n, name in enumerate(names)]
    threads = [threading.Thread(target=work, args=(person, report), name=person.browser.person) for person in people]
    started = time.monotonic()
    clock.start()
    for thread in threads:
        thread.start()
    if not clock.finished.wait(size.limit_s):
        report.failures.append(f"not done after {size.limit_s} s: {clock.left} candidates or windows open")
        clock.give_up.set()
    for thread in [*threads, clock]:
        thread.join(timeout=60)
    report.seconds = round(time.monotonic() - started, 1)
    if clock.error is not None:
        report.failures.append(f"clock: {clock.error!r}")
    report.failures += [f"{thread.name} hangs" for thread in [*threads, clock] if thread.is_alive()]
    sum_up(report, people, clock)
    return report


def work(person: Person, report: CrowdReport) -> None:
    """One person's thread."""
    try:
        person.work()
    except Exception as error:  # noqa: BLE001 - told to the test, which fails
        report.failures.append(f"{person.browser.person}: {error!r}")
    finally:
        person.browser.close()


def sum_up(report: CrowdReport, people: list[Person], clock: RandomClock) -> None:
    """Collect what everybody counted."""
    report.counts = dict(sorted(sum((person.browser.counts for person in people), clock.counts).items()))
    report.failures += [failure for person in people for failure in person.browser.failures]
    report.most_held = clock.most_held
    report.add_latencies([latency for person in people for latency in person.browser.latencies])
