"""Nothing about a suggestion reaches somebody who was drawn not to see it, by any route: two runs that differ in nothing but what the
model said are the same to the byte."""

from __future__ import annotations

import logging

import pytest
from django.db import transaction

from labeling.models import Assignment, Draw, Project
from tests.factories import lease_for
from tests.labeling.blind_program import ProgramWatcher
from tests.labeling.blind_routes import look_around, look_at_pictures, look_everywhere
from tests.labeling.blind_scripts import answer, candidate_of, play_adjudicator_until_the_reveal, play_annotator
from tests.labeling.blind_stage import Clock, Stage, Watcher, find_secrets, make_stage, submit_as
from tests.labeling.raw_rows import raw_suggestion
from tests.labeling.test_blindness import first_difference

pytestmark = pytest.mark.django_db
logging.getLogger("django.request").setLevel(logging.ERROR)
# Found by `find_secrets` wherever it turns up.
VERSION = "walrus_model-3"
BACKEND = "qwen3-vl walrus_net"
BY_HAND_AND_PROGRAM = pytest.mark.parametrize(
    "by", [pytest.param(Watcher, id="by hand"), pytest.param(ProgramWatcher, id="by program", marks=pytest.mark.once)]
)
HOPEFUL, HOPELESS = 0.97, 0.03


def by_policy(*pairs):
    """Parametrize by the way of working and the policy: every way and every policy; on PostgreSQL the first pair alone."""
    ways = {Watcher: "by hand", ProgramWatcher: "by program"}
    marks = [(), *[pytest.mark.once] * len(pairs)]
    rows = [pytest.param(by, policy, id=f"{ways[by]}-{policy}", marks=mark) for (by, policy), mark in zip(pairs, marks, strict=False)]
    return pytest.mark.parametrize(("by", "policy"), rows)


@pytest.fixture
def clock(monkeypatch):
    """The site's time, standing still."""
    return Clock(monkeypatch)


def play_both(play, stage: Stage, user, clock: Clock, by: type[Watcher], **project) -> Watcher:
    """Play a script with a model that expects everything to be accepted and with one that expects nothing to be; they must not differ."""
    runs = []
    start = clock.now
    for p_accept in (HOPEFUL, HOPELESS):
        with transaction.atomic():
            Project.objects.filter(pk=stage.project.pk).update(model_version=VERSION, **project)
            stage.project.refresh_from_db()
            for candidate in stage.candidates:
                candidate.project = stage.project
                concepts = {"veq_text": round(5 * p_accept, 1)}
                raw_suggestion(candidate, p_accept, model_version=VERSION, backend=BACKEND, concepts=concepts)
            watcher = by(user, stage.project.slug)
            play(stage, watcher, clock, "accept")
            runs.append((watcher, Draw.objects.count()))
            transaction.set_rollback(True)
        clock.now = start
    assert first_difference(runs[0][0], runs[1][0]) == ""
    assert find_secrets(stage, runs[0][0]) == []
    return runs[0]


@by_policy((Watcher, "measured"), (ProgramWatcher, "reveal"), (Watcher, "off"))
def test_an_annotator_of_the_control_share_sees_nothing_of_what_a_model_says(clock, by, policy):
    stage = make_stage()

    _run, draws = play_both(play_annotator, stage, stage.me, clock, by, policy=policy, control_share=100)

    assert (draws > 0) == (policy != "off")


@BY_HAND_AND_PROGRAM
def test_whoever_has_the_blind_seat_sees_nothing_of_what_the_other_one_was_shown(clock, by, monkeypatch):
    monkeypatch.setattr("labeling.protocol.arms.hash_candidate", lambda _candidate: (100.0, 1))
    stage = make_stage()

    def play(stage: Stage, me: Watcher, clock: Clock, verdict: str) -> None:
        """The other person takes every assisted seat and follows the model or not; this one does all the blind ones."""
        for candidate in stage.candidates:
            lease = lease_for(stage.other, candidate)
            assert lease.arm == "assisted"
            submit_as(stage.other, lease, verdict)
        me.post("take")
        done = 0
        while done < len(me.cards):
            card = me.cards[done]
            assert Assignment.objects.get(public_id=card).arm == "blind"
            look_around(stage, me)
            answer(me, clock, card, "accept" if candidate_of(card).pk % 2 else "reject")
            done += 1
        look_at_pictures(me)
        look_everywhere(stage, me)
        assert done == len(stage.candidates)

    play_both(play, stage, stage.me, clock, by, policy="measured", control_share=0)


@by_policy((ProgramWatcher, "measured"), (Watcher, "all"), (ProgramWatcher, "reveal"))
def test_an_adjudicator_sees_nothing_of_it_before_the_blind_answer(clock, by, policy):
    stage = make_stage()

    play_both(play_adjudicator_until_the_reveal, stage, stage.third, clock, by, policy=policy, control_share=0)


@BY_HAND_AND_PROGRAM
def test_under_reveal_nothing_of_it_is_seen_before_the_answer(clock, by):
    stage = make_stage()

    def play(stage: Stage, me: Watcher, clock: Clock, verdict: str) -> None:
        """Take cards and look at everything there is about them, without answering."""
        me.post("take")
        look_around(stage, me)
        me.post("keep", shown=me.cards[0])
        me.post("flag", assignment=me.cards[0], key=me.key(), text="Is this the right brief?")
        clock.advance(seconds=40)
        look_at_pictures(me)
        look_everywhere(stage, me)
        assert {row.arm for row in Assignment.objects.filter(public_id__in=me.cards)} == {"reveal"}

    play_both(play, stage, stage.me, clock, by, policy="reveal", control_share=0)
