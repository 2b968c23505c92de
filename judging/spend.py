"""Staying within the spend limit of a run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import TypeVar

from django.db import transaction
from django.utils.translation import gettext_noop as _

from judging.models import JudgeRun
from judging.protocol.advance import lock_run
from labeling.stored_texts import make_params

T = TypeVar("T")
# So many questions are handed to a backend at a time; a run with a limit stops between two hands full.
AT_ONCE = 64


class Purse:
    """What may still be spent by one worker of a run.

    A run with a limit never sends more questions at a time than the money left pays for at the price so far, and is paused when that is
    less than one. With several workers, or replies longer than expected, it may be over its limit by what was on its way.
    """

    def __init__(self, run: JudgeRun) -> None:
        self.run = run
        self.expected = expect_cost(run)
        self.counts = run.spend_limit_usd is not None
        self.own_cost, self.own_calls = Decimal(0), 0
        self.in_flight = int(run.judge.config.get("max_in_flight", 1))

    def slices(self, todo: Sequence[T]) -> Iterator[Sequence[T]]:
        """`todo` in hands full; ends early, and pauses the run, when the money does not last for the next question."""
        size = max(AT_ONCE, 4 * self.in_flight)
        at = 0
        while at < len(todo):
            take = min(size, self.affords()) if self.counts else size
            if take < 1:
                stop_spending(self.run.pk)
                return
            yield todo[at : at + take]
            at += take

    def affords(self) -> int:
        """How many questions the money left pays for, as far as can be told."""
        limit, spent = JudgeRun.objects.values_list("spend_limit_usd", "cost_usd").get(pk=self.run.pk)
        if limit is None:
            return AT_ONCE
        left = limit - spent
        if left <= 0:
            return 0
        price = self.own_cost / self.own_calls if self.own_calls else self.expected
        # Workers share what is left.
        pays_for = int(left / price / self.run.parallel) or int(left >= price) if price > 0 else AT_ONCE
        # What a question really costs is known after the first few.
        return pays_for if self.own_calls else min(pays_for, self.in_flight)

    def spend(self, cost: Decimal, calls: int) -> None:
        """Remember what some questions cost, to know better what the next ones will."""
        self.own_cost, self.own_calls = self.own_cost + cost, self.own_calls + calls


def expect_cost(run: JudgeRun) -> Decimal:
    """What a question is expected to cost, in USD; 0 where nobody can tell."""
    calls, cost = run.plan.get("calls"), run.plan.get("cost_usd")
    return Decimal(str(cost)) / calls if calls and cost else Decimal(0)


@transaction.atomic
def stop_spending(run_id: int) -> None:
    """Pause a run whose money is spent. Locks the run."""
    run = lock_run(run_id)
    if run.state != JudgeRun.State.RUNNING:
        return
    run.state = JudgeRun.State.PAUSED
    run.said = _("The spend limit of $%(limit)s is reached; raise it to go on.")
    run.said_params = make_params({"limit": f"{run.spend_limit_usd:f}"})
    run.save(update_fields=["state", "said", "said_params"])
