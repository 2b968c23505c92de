"""What an import does to candidates: let them into the queue, and settle those decided elsewhere."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_noop as _

from labeling.models import Assignment, Candidate, Decision, Event, State, User, Verdict
from labeling.protocol.outcome import ProtocolError
from labeling.protocol.record import lock_candidate, store_standing
from labeling.protocol.standing import find_in_play

CHUNK = 200


def enter_queue(candidate_ids: Sequence[int], actor: User | None) -> int:
    """Open the staged candidates among `candidate_ids` for labelling, in short transactions; return how many."""
    return sum(enter_chunk(candidate_ids[start : start + CHUNK], actor) for start in range(0, len(candidate_ids), CHUNK))


@transaction.atomic
def enter_chunk(candidate_ids: Sequence[int], actor: User | None) -> int:
    """Open at most one chunk of staged candidates."""
    staged = Candidate.objects.select_for_update(no_key=True).filter(pk__in=candidate_ids, state=State.STAGED, image__isnull=False)
    found = list(staged.order_by("pk"))
    Candidate.objects.filter(pk__in=[candidate.pk for candidate in found]).update(
        state=State.OPEN, q_state=0, state_changed_at=timezone.now()
    )
    Event.objects.bulk_create(
        Event(
            project_id=candidate.project_id,
            actor=actor,
            kind=Event.Kind.QUEUED,
            candidate=candidate,
            candidate_state=State.OPEN,
            round=candidate.round,
        )
        for candidate in found
    )
    return len(found)


@transaction.atomic
def import_decision(candidate_id: int, verdict: str, actor: User | None) -> str:
    """Settle a candidate by a decision made elsewhere; return `created`, `updated` or `unchanged`.

    Raises ProtocolError `decided_here` if people here have decided it or are at it: theirs is never overwritten, `new_round` if
    the lead has started it over, because the decision may be about an older image or brief, and `out_of_queue` if the lead has
    taken it out.
    """
    if verdict not in Verdict.values:
        raise ValueError(f"{verdict!r} is neither accept nor reject")
    candidate = lock_candidate(candidate_id)
    current = Decision.objects.filter(candidate=candidate, revoked_event=None).first()
    if candidate.state in (State.HELD, State.WITHDRAWN):
        raise ProtocolError("out_of_queue", _("This candidate is held or withdrawn; an import does not bring it back."))
    if current is not None and current.verdict == verdict and current.round == candidate.round:
        # Imported again, or what people here decided comes back as it left.
        return "unchanged"
    is_imported = current is not None and current.how == Decision.How.IMPORTED and current.round == candidate.round
    if not is_imported and (current is not None or Assignment.objects.filter(candidate=candidate).exclude(status="released").exists()):
        raise ProtocolError("decided_here", _("This candidate is answered or being answered here; an import does not overwrite that."))
    if not is_imported and candidate.round > 1:
        raise ProtocolError("new_round", _("This candidate was started over here; a decision made elsewhere does not end that."))
    settle_imported(candidate, verdict, actor)
    return "updated" if current is not None else "created"


def settle_imported(candidate: Candidate, verdict: str, actor: User | None) -> None:
    """Write an imported decision of the locked candidate and the event that made it."""
    event = Event.objects.create(
        project_id=candidate.project_id,
        actor=actor,
        kind=Event.Kind.DECIDED_ELSEWHERE,
        candidate=candidate,
        candidate_state=State.SETTLED,
        round=candidate.round,
        data={"verdict": verdict},
    )
    Decision.objects.filter(candidate=candidate, revoked_event=None).update(revoked_event=event)
    Decision.objects.create(candidate=candidate, round=candidate.round, verdict=verdict, how=Decision.How.IMPORTED, event=event)
    store_standing(candidate, find_in_play(candidate, [], verdict, timezone.now()))
