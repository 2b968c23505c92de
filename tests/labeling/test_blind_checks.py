"""Before the blind answer an adjudicator can tell a dispute, an audit and a second adjudication by nothing at all.

The same session is played over the same rows, with the candidate being one of the three, and all bytes are compared, ids apart.
"""

from __future__ import annotations

import itertools
import uuid

import pytest

from labeling.models import Assignment, Project, User
from labeling.protocol.adjudicate import submit_blind, take_adjudication
from labeling.protocol.submission import Submission
from tests.labeling.blind_routes import look_around, look_at_pictures
from tests.labeling.blind_stage import Clock, Stage, Watcher, answer_as, find_secrets, make_stage
from tests.labeling.test_blindness import BY_HAND_AND_PROGRAM, first_difference, play_run, said

pytestmark = pytest.mark.django_db

KINDS = {"dispute": "adjudication", "audit": "audit", "second": "second_adjudication"}


@pytest.fixture
def clock(monkeypatch):
    """The site's time, standing still."""
    return Clock(monkeypatch)


@pytest.fixture
def stage(clock):
    """A project in which everything that is settled is looked at once more, with somebody to watch who only adjudicates."""
    found = make_stage(can_label=False, can_adjudicate=True)
    Project.objects.filter(pk=found.project.pk).update(audit_share=100, second_share=100)
    return found


def prepare(stage: Stage, clock: Clock, kind: str) -> None:
    """Make a dispute, an audit or a second adjudication of the first candidate, ready at the same moment."""
    candidate = stage.candidates[0]
    answer_as(stage.other, candidate, "accept")
    answer_as(stage.fourth, candidate, "accept" if kind == "audit" else "reject")
    clock.advance(minutes=16)
    if kind == "second":
        lease = take_adjudication(stage.project, stage.third)
        submit_blind(lease.public_id, stage.third, Submission(verdict="accept"), uuid.uuid4())


def play_until_the_blind_answer(stage: Stage, me: Watcher, clock: Clock, kind: str) -> None:
    """Everything an adjudicator can load and send before the blind answer, and a skip at the end."""
    prepare(stage, clock, kind)
    look_around(stage, me)
    me.post("adjudicate_take")
    [card] = me.cards
    look_around(stage, me)
    look_at_pictures(me, ("thumb", "screen"))
    me.post("keep", shown=card)
    me.get(me.url(f"{me.space}:reveal", assignment=card))
    me.post("confirm", assignment=card, reason_class="taste", answer="keep", key=me.key(), only_outcome="1")
    me.post("flag", assignment=card, text="Look at the hand.", key=me.key())
    clock.advance(minutes=10)
    me.post("keep", shown=card)
    me.post("adjudicate_take")
    me.post("adjudicate_skip", assignment=card, reason="cannot_judge", note="", key=me.key())
    look_around(stage, me)
    assert Assignment.objects.get(public_id=card).purpose == KINDS[kind]


def play_late(stage: Stage, me: Watcher, clock: Clock, kind: str) -> None:
    """Let the lease end and look at it again before answering."""
    prepare(stage, clock, kind)
    me.post("adjudicate_take")
    [card] = me.cards
    clock.advance(minutes=16)
    me.post("keep", shown=card)
    look_around(stage, me)
    me.post("adjudicate_take")
    look_around(stage, me)


def compare(play, stage: Stage, user: User, clock: Clock, by: type[Watcher]) -> list[Watcher]:
    """Play a script with each of the three, and see that nothing differs."""
    runs = [play_run(play, stage, user, clock, kind, by) for kind in KINDS]
    for one, other in itertools.pairwise(runs):
        assert first_difference(one, other) == ""
    return runs


@BY_HAND_AND_PROGRAM
def test_nothing_tells_a_check_from_a_dispute_before_the_blind_answer(stage, clock, by):
    [watcher, *_others] = compare(play_until_the_blind_answer, stage, stage.me, clock, by)

    assert {"already_confirmed", "flagged", "skipped"} <= said(watcher, "code")
    assert find_secrets(stage, watcher) == []
    assert len(watcher.seen) > 25


@BY_HAND_AND_PROGRAM
def test_nothing_tells_them_apart_when_the_lease_ends(stage, clock, by):
    compare(play_late, stage, stage.me, clock, by)


@BY_HAND_AND_PROGRAM
def test_a_check_shows_nobody_elses_answer_after_the_blind_one_either(stage, clock, by):
    def play(stage: Stage, me: Watcher, clock: Clock, kind: str) -> None:
        prepare(stage, clock, kind)
        me.post("adjudicate_take")
        [card] = me.cards
        me.post("adjudicate_answer", assignment=card, answer="accept", key=me.key())
        look_around(stage, me)
        me.get(me.url(f"{me.space}:reveal", assignment=card))

    audit, second = (play_run(play, stage, stage.me, clock, kind, by) for kind in ("audit", "second"))

    assert first_difference(audit, second) == ""
    assert find_secrets(stage, audit) == []
