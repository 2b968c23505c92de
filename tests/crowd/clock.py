"""Moves time for rows chosen at random, through a connection of its own: leases end and undo windows close while people are at work."""

from __future__ import annotations

import random
import threading
from collections import Counter
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from tests.crowd.site import open_sql

TICK_S = 0.25
# Ticks without an answer after which whatever is left counts as old and its time ends.
QUIET_TICKS = 6
AWHILE = timedelta(hours=1)

ANSWERS = "SELECT COALESCE(MAX(id), 0) FROM labeling_answer"
LIVE = "SELECT candidate_id, id FROM labeling_assignment WHERE status = 'leased'"
# Disputes whose windows are open and whose last answer is old.
DISPUTED = (
    "SELECT id FROM labeling_candidate c WHERE ready_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM labeling_assignment s"
    " JOIN labeling_answer a ON a.assignment_id = s.id WHERE s.candidate_id = c.id AND a.id > {old})"
)
# Candidates with an old answer whose window is open.
ANSWERED = (
    "SELECT DISTINCT s.candidate_id FROM labeling_assignment s JOIN labeling_answer a ON a.assignment_id = s.id"
    " WHERE s.status = 'submitted' AND s.editable_until > {now} AND a.id <= {old}"
)
UNSETTLED = "SELECT COUNT(*) FROM labeling_candidate WHERE q_state <> 5"
# While a window is open, its answer can be taken back and nothing is over.
OPEN = "SELECT COUNT(*) FROM labeling_assignment WHERE status = 'submitted' AND editable_until > {now}"
HELD = (
    "SELECT MAX(n) FROM (SELECT COUNT(*) AS n FROM labeling_assignment"
    " WHERE status = 'leased' AND purpose = 'primary' GROUP BY person_id) x"
)


class RandomClock(threading.Thread):
    """Ticks until every candidate is settled, or `give_up` is set; `finished` then is set.

    Time goes by as the crowd works, so that a busy machine does not change what happens: for each answer `lease_share` leases end,
    and a window closes when about `window` more answers have come. `counts` says how many did, `most_held` the most primary
    leases one person was seen to have.
    """

    def __init__(self, url: str, seed: int, lease_share: float, window: int) -> None:
        super().__init__(name="clock")
        self.connection, self.postgres = open_sql(url), not url.startswith("sqlite")
        self.random, self.lease_share, self.window = random.Random(seed), lease_share, window
        self.finished, self.give_up = threading.Event(), threading.Event()
        self.counts: Counter[str] = Counter()
        self.most_held, self.left = 0, -1
        self.answers, self.quiet, self.due = 0, 0, 0.0
        self.error: Exception | None = None

    def run(self) -> None:
        """Tick."""
        try:
            while not self.give_up.wait(TICK_S) and self.left != 0:
                self.tick()
        except Exception as error:  # noqa: BLE001 - told to the test, which fails
            self.error = error
        finally:
            self.finished.set()
            self.connection.close()

    def tick(self) -> None:
        """End some leases, close some windows, see how far the crowd is."""
        unsettled = self.rows(UNSETTLED)[0][0]
        self.most_held = max(self.most_held, self.rows(HELD)[0][0] or 0)
        came = self.rows(ANSWERS)[0][0] - self.answers
        self.answers += came
        self.quiet = 0 if came else self.quiet + 1
        self.end_leases(came)
        self.close_old_windows(came, everything=unsettled == 0)
        # In this order: whatever was taken back before its window closed is unsettled now.
        self.left = self.rows(OPEN.format(now=self.literal(datetime.now(UTC))))[0][0] + self.rows(UNSETTLED)[0][0]

    def end_leases(self, came: int) -> None:
        """End as many leases as are due after `came` more answers, or a few if nobody answers any more."""
        self.due += came * self.lease_share + (3 if self.quiet > QUIET_TICKS else 0)
        live = self.rows(LIVE)
        for candidate, assignment in self.random.sample(live, min(len(live), int(self.due))):
            self.end_lease(candidate, assignment)
        self.due -= int(self.due)

    def close_old_windows(self, came: int, everything: bool) -> None:
        """Close the old windows of all disputes and of some other candidates, or of all."""
        old = self.answers - (0 if self.quiet > QUIET_TICKS else self.window)
        for (candidate,) in self.rows(DISPUTED.format(old=old)):
            self.close_windows(candidate)
        answered = self.rows(ANSWERED.format(old=old, now=self.literal(datetime.now(UTC))))
        for (candidate,) in self.random.sample(answered, len(answered) if everything else min(len(answered), came)):
            self.close_windows(candidate)

    def end_lease(self, candidate: int, assignment: int) -> None:
        """Move the end of one lease into the past."""
        past = self.literal(datetime.now(UTC) - timedelta(seconds=1))
        with self.locked(candidate):
            done = self.connection.execute(
                f"UPDATE labeling_assignment SET lease_until = {past} WHERE id = {assignment} AND status = 'leased'"
            )
            self.counts["lease ended"] += done.rowcount

    def close_windows(self, candidate: int) -> None:
        """Move the undo windows of one candidate's answers into the past, and with them the time its dispute is ready."""
        past = self.literal(datetime.now(UTC) - AWHILE)
        with self.locked(candidate):
            self.connection.execute(
                f"UPDATE labeling_assignment SET editable_until = {past} WHERE candidate_id = {candidate} AND editable_until > {past}"
            )
            done = self.connection.execute(
                f"UPDATE labeling_candidate SET ready_at = {past} WHERE id = {candidate} AND ready_at IS NOT NULL"
            )
            self.counts["window closed"] += 1
            self.counts["dispute made ready"] += done.rowcount

    @contextmanager
    def locked(self, candidate: int):
        """A transaction that holds the candidate, as every change of its rows does."""
        self.connection.execute("BEGIN" if self.postgres else "BEGIN IMMEDIATE")
        if self.postgres:
            self.connection.execute(f"SELECT 1 FROM labeling_candidate WHERE id = {candidate} FOR UPDATE")
        yield
        self.connection.execute("COMMIT")

    def rows(self, statement: str) -> list[tuple]:
        """What a query finds."""
        return self.connection.execute(statement).fetchall()

    def literal(self, moment: datetime) -> str:
        """A moment as this database stores it; Django keeps UTC without a zone on SQLite."""
        kept = moment if self.postgres else moment.replace(tzinfo=None)
        return f"'{kept.isoformat(sep=' ', timespec='microseconds')}'"
