"""Giving a candidate another image."""

from __future__ import annotations

from django.db import transaction

from labeling.models import Candidate, Event, Image, State, User
from labeling.protocol.record import lock_candidate, record_change


@transaction.atomic
def replace_untouched(candidate_id: int, image: Image, actor: User | None) -> bool:
    """Give a candidate that nobody holds, answered or decided here its new image; False if somebody did.

    A candidate whose decision was imported without its image takes the image and keeps the decision.
    """
    candidate = lock_candidate(candidate_id)
    if candidate.image_id is not None and is_touched(candidate):
        return False
    old = candidate.image.sha256 if candidate.image else None
    candidate.image = image
    record_change(candidate, Event.Kind.IMAGE_REPLACED, actor, old=old, new=image.sha256)
    return True


def is_touched(candidate: Candidate) -> bool:
    """Whether the locked candidate has work of people in it, or a decision."""
    at_work = candidate.assignments.exclude(status="released").exists()
    return at_work or candidate.state == State.SETTLED or candidate.decisions.filter(revoked_event=None).exists()
