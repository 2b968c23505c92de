"""Staying within the spend limit of a run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import TypeVar

from django.db import transaction
from django.utils.translation import gettext_noop as _

from judging.models import Call, JudgeRun
from judging.protocol.advance import lock_run
from labeling.stored_texts import make_params

T = TypeVar("T")
# So many questions are handed to a backend at a time; a run with a limit stops between two hands full.
AT_ONCE = 64
SPENT = _("The spend limit of $%(limit)s is reached; raise it to go on.")
UNTOLD = _("The server does not tell how many tokens it took, so the spend limit of $%(limit)s cannot be kept; take it away to go on.")


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
        self.is_untold = False

    def slices(self, todo: Sequence[T]) -> Iterator[Sequence[T]]:
        """`todo` in hands full; ends early, and pauses the run, when the money does not last for the next question."""
        size = max(AT_ONCE, 4 * self.in_flight)
        at = 0
        while at < len(todo):
            take = min(size, self.affords())
            if take < 1:
                stop_spending(self.run.pk, UNTOLD if self.is_untold else SPENT)
                return
            yield todo[at : at + take]
            at += take

    def affords(self) -> int:
        """How many questions the money left pays for, as far as can be told; any number where there is no limit by now."""
        limit, spent = JudgeRun.objects.values_list("spend_limit_usd", "cost_usd").get(pk=self.run.pk)
        self.counts = limit is not None
        if limit is None:
            return AT_ONCE * self.in_flight
        left = limit - spent
        if left <= 0 or self.is_untold:
            return 0
        price = self.own_cost / self.own_calls if self.own_calls else self.expected
        # Workers share what is left.
        pays_for = int(left / price / self.run.parallel) or int(left >= price) if price > 0 else AT_ONCE
        # What a question really costs is known after the first few.
        return pays_for if self.own_calls else min(pays_for, self.in_flight)

    def spend(self, calls: Sequence[Call]) -> None:
        """Remember what some calls cost, to know better what the next ones will."""
        self.own_cost += sum((call.cost_usd or Decimal(0) for call in calls), Decimal(0))
        self.own_calls += len(calls)
        self.is_untold = self.is_untold or any(call.cost_usd is None and call.attempts for call in calls)


def expect_cost(run: JudgeRun) -> Decimal:
    """What a question is expected to cost, in USD; 0 where nobody can tell."""
    calls, cost = run.plan.get("calls"), run.plan.get("cost_usd")
    return Decimal(str(cost)) / calls if calls and cost else Decimal(0)


@transaction.atomic
def stop_spending(run_id: int, why: str) -> None:
    """Pause a run whose money is spent, or that cannot tell what it spends. Locks the run."""
    run = lock_run(run_id)
    if run.state != JudgeRun.State.RUNNING:
        return
    run.state = JudgeRun.State.PAUSED
    run.said = why
    run.said_params = make_params({"limit": f"{run.spend_limit_usd or 0:f}"})
    run.save(update_fields=["state", "said", "said_params"])
