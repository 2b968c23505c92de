"""What a seat sees of a suggestion: drawn for each round of a candidate by a seeded hash, and written down before anybody sees it.

A suggestion is never part of a label: it is shown, and the answer says what its author had seen. docs/suggestions.md tells the whole story.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.db.models import Q

from labeling.models import REVIEWING, Answer, Arm, Assignment, Candidate, Draw, Policy, QState, Status, Suggestion
from labeling.prepared import Prepared, insert_row

PREFILLED = (Arm.ASSISTED, Arm.BOTH)
# How long at least somebody may change their mind once the suggestion is revealed, whatever the undo window.
REVEAL_WINDOW = timedelta(minutes=15)
# What a task of the test side was drawn with: always control.
ALWAYS = 100
# What was given out ahead and let go before it came on screen.
NEVER_SHOWN = Q(status=Status.RELEASED, is_ahead=True)
DRAWN = Prepared(lambda candidate, round: Draw.objects.select_related("suggestion").filter(candidate_id=candidate, round=round))
SUGGESTED = Prepared(
    lambda candidate, image, version: Suggestion.objects.filter(candidate_id=candidate, image_id=image, model_version=version)
)
SEEN = Prepared(
    lambda candidate, person: (
        Assignment.objects.filter(candidate_id=candidate, person_id=person, suggestion__isnull=False)
        .exclude(NEVER_SHOWN)
        .select_related("suggestion")
        .order_by("-id")
    )
)


def read_draw(candidate: Candidate) -> Draw | None:
    """What the candidate's round was drawn to show; None where nothing was drawn, so that everybody answers blind.

    None too where the draw holds no longer: the suggestion is about an image that has been replaced before anybody answered.
    """
    # Nothing is drawn before a version is put to use, and from then on there always is one.
    draw = DRAWN.first(candidate=candidate.pk, round=candidate.round) if candidate.project.model_version else None
    return draw if draw is not None and holds(draw, candidate) else None


def holds(draw: Draw, candidate: Candidate) -> bool:
    """Whether a draw still is about what the candidate shows."""
    return draw.suggestion.image_id == candidate.image_id


def draw_arms(candidate: Candidate) -> Draw | None:
    """`read_draw` of the locked candidate, drawn now if nobody has a seat and the version in use says something about its image.

    Later rounds are answered blind: people may have seen the suggestion in the first. None too under the policy `off`.
    """
    if (draw := read_draw(candidate)) is not None or not may_draw(candidate):
        return draw
    version = candidate.project.model_version
    suggestion = SUGGESTED.first(candidate=candidate.pk, image=candidate.image_id, version=version)
    # One that no longer holds is not drawn again: a round has one draw.
    is_drawn = suggestion is not None and DRAWN.first(candidate=candidate.pk, round=candidate.round) is not None
    return None if suggestion is None or is_drawn else make_draw(candidate, suggestion)


def may_draw(candidate: Candidate) -> bool:
    """Whether a policy that shows suggestions is in force, and the candidate is one that it still applies to."""
    project = candidate.project
    return project.model_version != "" and project.policy != Policy.OFF and candidate.q_state == QState.FRESH and candidate.round == 1


def make_draw(candidate: Candidate, suggestion: Suggestion) -> Draw:
    """Draw the locked candidate by its hash, and keep that."""
    policy, share = Policy(candidate.project.policy), candidate.project.control_share
    if policy == Policy.ALL:
        share = 0
    if candidate.bundle.task.is_test_side:
        share = ALWAYS
    percent, seat = hash_candidate(candidate)
    is_control = percent < share
    draw = Draw(
        project_id=candidate.project_id,
        candidate=candidate,
        round=candidate.round,
        policy=policy,
        control_share=share,
        is_control=is_control,
        assisted_seat=seat if policy == Policy.MEASURED and not is_control else None,
        suggestion=suggestion,
    )
    insert_row(draw)
    return draw


def hash_candidate(candidate: Candidate) -> tuple[float, int]:
    """A number in [0, 100) and a seat, 1 or 2: the same for the same project seed, candidate and round, wherever it is worked out."""
    digest = hashlib.sha256(f"{candidate.project.seed} arm {candidate.public_id} {candidate.round}".encode()).digest()
    return int.from_bytes(digest[:6], "big") * 100 / (1 << 48), 1 + digest[6] % 2


def arm_of(draw: Draw | None, seat: int) -> Arm:
    """What a seat sees by its draw."""
    if draw is None or draw.is_control:
        return Arm.BLIND
    if draw.policy == Policy.MEASURED:
        return Arm.ASSISTED if draw.assisted_seat == seat else Arm.BLIND
    return Arm.REVEAL if draw.policy == Policy.REVEAL else Arm.BOTH


def choose_seat(candidate: Candidate, person_id: int, draw: Draw | None, free: Iterable[int]) -> int | None:
    """The first free seat that the person may have; None if there is none.

    Nobody gets the blind seat beside an assisted one who was once shown the assisted one and let it go: they have seen the suggestion. So
    that they can still take that one, whoever has not seen it gets the blind seat first.
    """
    if draw is None or draw.assisted_seat is None:
        return next(iter(free), None)
    seats = list(free)
    if len(seats) > 1 and has_been_shown(candidate.pk, person_id):
        seats.sort(key=lambda seat: arm_of(draw, seat) != Arm.BLIND)
    return next((seat for seat in seats if arm_of(draw, seat) != Arm.BLIND or find_seen(candidate.pk, person_id) is None), None)


def has_been_shown(candidate_id: int, person_id: int) -> bool:
    """Whether somebody else was shown the suggestion about a candidate whose seats are all free, and let it go."""
    others = Assignment.objects.filter(candidate_id=candidate_id, suggestion__isnull=False).exclude(person_id=person_id)
    return others.exclude(NEVER_SHOWN).exists()


def find_seen(candidate_id: int, person_id: int) -> Suggestion | None:
    """The suggestion about the candidate that the person was given last, whatever became of that; None if they never were."""
    row = SEEN.first(candidate=candidate_id, person=person_id)
    return None if row is None else row.suggestion


def find_exposure(assignment: Assignment) -> dict[str, Any]:
    """What the person has seen of a suggestion before the answer they give now, as the columns of that answer."""
    if assignment.arm in PREFILLED:
        return describe(Answer.Exposure.PREFILLED, assignment.suggestion)
    if assignment.arm == Arm.REVEAL:
        return describe(Answer.Exposure.REVEALED, assignment.suggestion if has_answered(assignment) else None)
    # In the first round the draw keeps whoever has seen it from the blind seat; but they may come back as an adjudicator.
    may_know = assignment.round > 1 or assignment.purpose in REVIEWING
    return describe(Answer.Exposure.REVEALED, find_seen(assignment.candidate_id, assignment.person_id) if may_know else None)


def has_answered(assignment: Assignment) -> bool:
    """Whether the person has ever answered the candidate where the suggestion is shown after the answer, under whichever lease."""
    mine = {"assignment__candidate": assignment.candidate_id, "assignment__person": assignment.person_id}
    return Answer.objects.filter(**mine, assignment__suggestion__isnull=False).exists()


def describe(exposure: Answer.Exposure, suggestion: Suggestion | None) -> dict[str, Any]:
    """The columns of an answer whose author has seen that suggestion, none of them if they have seen none."""
    if suggestion is None:
        return {}
    return {"exposure": exposure, "model_version": suggestion.model_version, "probability": suggestion.p_accept}


def find_revealed(assignment: Assignment) -> Suggestion | None:
    """What an adjudicator is shown after their blind answer: the suggestion that one of the two had, or could have had, before them.

    None on a control candidate, which is to stay free of it to the end.
    """
    draw = Draw.objects.select_related("suggestion").filter(candidate_id=assignment.candidate_id, round=assignment.round).first()
    return None if draw is None or draw.is_control else draw.suggestion
