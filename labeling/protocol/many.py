"""What a lead does to each of many candidates: the action for one, after a second look that many need."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_noop as _

from labeling.models import Candidate, State, User
from labeling.protocol.batches import put_into_batch
from labeling.protocol.hold import hold_candidate, lock_for_lead, reopen_candidate, return_candidate, withdraw_candidate
from labeling.protocol.outcome import ProtocolError

Act = Literal["reopen", "hold", "return", "withdraw", "batch"]
ACTS: tuple[Act, ...] = ("reopen", "hold", "return", "withdraw", "batch")


@transaction.atomic
def act_on_one(act: Act, public_id: UUID, lead: User, reason: str, is_wanted: Callable[[Candidate], bool], batch: int = 0) -> bool:
    """Do `act` to one candidate if it is still wanted under its lock; False if it is not. `batch` is where "batch" puts it.

    Raises ProtocolError where the act for one does, and where reopening would throw away answers that are only coming in, or
    decide about a held candidate in passing.
    """
    candidate = lock_for_lead(public_id, lead)
    if not is_wanted(candidate):
        return False
    if act == "reopen":
        check_round_is_over(candidate)
        reopen_candidate(public_id, lead, reason)
    elif act == "hold":
        hold_candidate(public_id, lead, reason)
    elif act == "withdraw":
        withdraw_candidate(public_id, lead, reason)
    elif act == "batch":
        put_into_batch(candidate, lead, batch, reason)
    else:
        return_candidate(public_id, lead)
    return True


def check_round_is_over(candidate: Candidate) -> None:
    """Raise ProtocolError for what only somebody who looks at it should reopen: what is open, and what is held."""
    if candidate.state == State.OPEN:
        raise ProtocolError("open_already", _("This candidate is open already."))
    if candidate.state == State.HELD:
        raise ProtocolError("is_held", _("This candidate is held; decide about it first."))
