"""What a person sends as an answer, and the checks that need no database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext_noop as _

from labeling.models import Project, Reason, Verdict
from labeling.protocol.outcome import ProtocolError

NOTE_LIMIT = 4000
LONGEST_DELAY = timedelta(days=30)


@dataclass(frozen=True, kw_only=True)
class Submission:
    """One answer as sent. The times are milliseconds before sending, so that a wrong clock on the device does not matter."""

    verdict: str
    reasons: tuple[str, ...] = ()
    note: str = ""
    active_ms: int | None = None
    shown_ago_ms: int | None = None
    answered_ago_ms: int = 0

    def body(self) -> dict[str, Any]:
        """What an idempotency key stands for: the answer, not its times."""
        return {"verdict": self.verdict, "reasons": self.sorted_reasons(), "note": self.note}

    def sorted_reasons(self) -> list[str]:
        """The reasons in a fixed order, each once."""
        return sorted(set(self.reasons))

    def answered_at(self, now: datetime) -> datetime:
        """When the person answered, at most 30 days ago and never in the future."""
        return now - delay(self.answered_ago_ms)

    def shown_at(self, now: datetime) -> datetime | None:
        """When the candidate was shown, not after the answer; None if the client did not say."""
        if self.shown_ago_ms is None:
            return None
        return min(now - delay(self.shown_ago_ms), self.answered_at(now))


def delay(ago_ms: int) -> timedelta:
    """`ago_ms` between 0 and 30 days, whatever a client sends; clamped first, for a timedelta cannot hold every number."""
    return timedelta(milliseconds=min(max(0, ago_ms), LONGEST_DELAY // timedelta(milliseconds=1)))


def check_submission(project: Project, submission: Submission) -> None:
    """Raise ProtocolError if the answer itself is not acceptable in `project`."""
    if submission.verdict not in Verdict.values:
        raise ProtocolError("bad_verdict", _("The answer must be accept or reject."))
    if unknown := set(submission.reasons) - set(Reason.values):
        raise ProtocolError("bad_reason", _("Unknown reason: %(reasons)s."), reasons=", ".join(sorted(unknown)))
    if submission.verdict == Verdict.ACCEPT and submission.reasons:
        raise ProtocolError("accept_with_reason", _("An accept has no reject reasons."))
    if submission.verdict == Verdict.REJECT and project.reasons_required and not submission.reasons:
        raise ProtocolError("reason_required", _("This project asks for a reason with every reject."))
    if len(submission.note) > NOTE_LIMIT:
        raise ProtocolError("note_too_long", _("The note is longer than %(limit)d characters."), limit=NOTE_LIMIT)
    if submission.active_ms is not None and not 0 <= submission.active_ms <= 2**31 - 1:
        raise ProtocolError("bad_active_ms", _("The active time is out of range."))
