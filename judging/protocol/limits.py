"""Changing how much a run may spend."""

from __future__ import annotations

from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext_noop as _

from judging.models import JudgeRun
from judging.protocol.advance import lock_run
from judging.protocol.runs import check_limit
from judging.spend import SPENT, UNTOLD
from labeling.models import User
from labeling.protocol.archive import require_open
from labeling.protocol.outcome import ProtocolError
from labeling.protocol.record import require_right


@transaction.atomic
def change_limit(run: JudgeRun, lead: User, limit: Decimal | None) -> None:
    """Let a run spend at most `limit` USD in all, or as much as it takes where it is None. Locks the run.

    A run that was paused because its money was spent goes on when it is started again. Raises ProtocolError.
    """
    require_right(run.project, lead, "is_lead")
    locked = lock_run(run.pk)
    require_open(run.project_id)
    if locked.is_ended:
        raise ProtocolError("ended_already", _("This run has ended already."))
    check_limit(locked.judge, limit)
    if limit is not None and limit <= locked.cost_usd:
        raise ProtocolError(
            "spent_already", _("$%(spent)s is spent already; pause or cancel the run to spend no more."), spent=f"{locked.cost_usd:.2f}"
        )
    locked.spend_limit_usd = limit
    if locked.said in (SPENT, UNTOLD):
        locked.said, locked.said_params = "", {}
    locked.save(update_fields=["spend_limit_usd", "said", "said_params"])
