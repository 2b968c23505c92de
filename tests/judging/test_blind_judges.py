"""Nothing of a judge reaches anybody before their answer, by any route: runs that differ in nothing but what judges said, and in whether
any has said anything, are the same to the byte."""

from __future__ import annotations

import logging
import uuid
from dataclasses import dataclass

import pytest
from django.db import transaction
from django.urls import get_resolver, reverse

from judging.models import Judge, JudgeRun
from judging.rubrics.base import Why
from labeling.models import Candidate, Job
from tests.judging.made_scores import (
    keep_brf,
    keep_call,
    keep_nothing,
    keep_pay,
    keep_quality,
    keep_rules,
    keep_set,
    make_judge_row,
)
from tests.labeling.blind_program import ProgramWatcher
from tests.labeling.blind_routes import find_address, list_routes, look_around
from tests.labeling.blind_scripts import answer, play_adjudicator_until_the_reveal
from tests.labeling.blind_stage import Clock, Stage, Watcher, answer_as, find_secrets, make_stage
from tests.labeling.test_blindness import first_difference

pytestmark = pytest.mark.django_db
logging.getLogger("django.request").setLevel(logging.ERROR)
# Found by `find_secrets` wherever it turns up.
JUDGE = "walrus_judge"
JUDGE_ID, RUN_ID, CALL = uuid.UUID(int=41), uuid.UUID(int=42), 43


@pytest.fixture
def clock(monkeypatch):
    """The site's time, standing still."""
    return Clock(monkeypatch)


@dataclass(frozen=True)
class Opinion:
    """What judges make of everything: a score from 1 to 5 and a probability."""

    score: float
    p_accept: float


# Nobody has judged anything; everything is good; everything is bad.
OPINIONS = [None, Opinion(5, 0.97), Opinion(1, 0.03)]


def judge_all(stage: Stage, opinion: Opinion) -> None:
    """Let three judges look at every candidate, and another run be at work."""
    judge = make_judge_row(stage.project, JUDGE, public_id=JUDGE_ID)
    payer = make_judge_row(stage.project, f"{JUDGE}_pays", rubric="pay_direct")
    rules = make_judge_row(stage.project, f"{JUDGE}_rules", rubric="hard_rules", backend="code")
    JudgeRun.objects.create(project=stage.project, judge=judge, public_id=RUN_ID, state="running", calls=7, said=JUDGE)
    Job.objects.create(project=stage.project, kind="judge", state="queued", params={"batch": 1})
    for bundle in {candidate.bundle_id: candidate.bundle for candidate in stage.candidates}.values():
        rows = list(Candidate.objects.filter(bundle=bundle).order_by("deliverable__number"))
        keep_brf(judge, bundle, [[int(opinion.score > 3), 1] for _ in rows], reason=JUDGE)
        keep_rules(rules, bundle)
        for row in rows:
            keep_quality(judge, bundle, row.pk, clarity=opinion.score, reason=JUDGE)
            keep_pay(payer, bundle, row.pk, opinion.p_accept, reason=JUDGE)
        if len(rows) > 1:
            keep_set(judge, bundle, [opinion.score for _ in rows], reason=JUDGE)
        elif opinion.score > 3:
            keep_nothing(judge, bundle, "cns_edit", rows[0].pk, Why.REFUSED)
    keep_call(judge, stage.candidates[0].bundle, "brf", JUDGE, pk=CALL)


def look_at_judges(stage: Stage, me: Watcher) -> None:
    """Load what there is about judges, with real ids, as a page and as a script; send something to every address of theirs."""
    for name, pattern in list_routes(get_resolver()):
        if name.startswith("judging:"):
            me.ask(f"POST {name}", find_address(name, pattern, stage, me.cards[0]), {}, script=False)
    of_project = {"slug": stage.project.slug}
    wanted = [
        ("judging:judge", {"judge": JUDGE_ID}),
        ("judging:run", {"run": RUN_ID}),
        ("judging:call", {"run": RUN_ID, "call": CALL}),
        *(("judging:revealed_scores", {"assignment": card}) for card in me.cards),
        *(("judging:candidate_scores", {"candidate": row.public_id}) for row in stage.candidates),
        *(("judging:raw_replies", {"candidate": row.public_id}) for row in stage.candidates),
        ("judging:case_json", {"external_id": stage.candidates[0].bundle.task.external_id}),
    ]
    for name, arguments in wanted:
        path = reverse(name, kwargs={**of_project, **arguments})
        for script in (False, True):
            me.get(path, script)


def judged_statuses(run: Watcher) -> set[int]:
    """What addresses of scores answered: 405 to what is sent there, whoever sends it."""
    return {seen.status for seen in run.seen if seen.path.endswith(("/scores", "/replies", "/case", ".json"))}


def play_all(play, stage: Stage, user, clock: Clock, by: type[Watcher], opinions=OPINIONS) -> Watcher:
    """Play a script with each opinion; the runs must not differ. Returns the second of them."""
    runs, start = [], clock.now
    for opinion in opinions:
        with transaction.atomic():
            if opinion is not None:
                judge_all(stage, opinion)
                assert Judge.objects.filter(project=stage.project).count() == 3
            watcher = by(user, stage.project.slug)
            play(stage, watcher, clock)
            runs.append(watcher)
            transaction.set_rollback(True)
        clock.now = start
    assert [first_difference(runs[0], run) for run in runs[1:]] == [""] * (len(runs) - 1)
    assert find_secrets(stage, runs[1]) == []
    return runs[1]


@pytest.mark.once
def test_an_adjudicator_sees_nothing_of_judges_before_the_blind_answer(clock):
    stage = make_stage()

    def play(stage: Stage, me: Watcher, clock: Clock) -> None:
        play_adjudicator_until_the_reveal(stage, me, clock, "accept")
        look_at_judges(stage, me)

    assert judged_statuses(play_all(play, stage, stage.third, clock, Watcher)) == {404, 405}


def test_an_annotator_sees_nothing_of_judges_before_or_after_an_answer(clock):
    stage = make_stage()

    def play(stage: Stage, me: Watcher, clock: Clock) -> None:
        me.post("take")
        for card in list(me.cards):
            answer(me, clock, card, "accept")
        look_around(stage, me)
        look_at_judges(stage, me)

    assert judged_statuses(play_all(play, stage, stage.me, clock, ProgramWatcher, OPINIONS[:2])) == {404, 405}


def test_what_the_first_test_looks_at_does_tell_of_judges_after_the_blind_answer(clock):
    """Else it would compare what never changes."""
    stage = make_stage()
    told = []
    for opinion in OPINIONS[1:]:
        with transaction.atomic():
            judge_all(stage, opinion)
            me = Watcher(stage.third, stage.project.slug)
            play_to_the_answer(stage, me, clock)
            told.append(me.get(me.url("judging:revealed_scores", assignment=me.cards[0])))
            transaction.set_rollback(True)

    assert "97 %" in told[0]
    assert "3 %" in told[1]
    assert "97 %" not in told[1]


def play_to_the_answer(stage: Stage, me: Watcher, clock: Clock) -> None:
    """Adjudicate one dispute blind."""
    answer_as(stage.other, stage.candidates[0], "accept")
    answer_as(stage.fourth, stage.candidates[0], "reject")
    clock.advance(minutes=20)
    me.post("adjudicate_take")
    me.post("adjudicate_answer", assignment=me.cards[0], key=me.key(), answer="accept")
