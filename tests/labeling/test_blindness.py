"""Nothing that people who answer get to see depends on what anybody else answered, names a generator, or opens what is another's.

Each script is played twice from the same rows, with another person's answer once accept and once reject, and all bytes are compared.
"""

from __future__ import annotations

import logging
import re
import uuid
from io import BytesIO

import pytest
from django.db import transaction
from django.urls import get_resolver
from PIL import Image

from labeling.image_store import open_original
from labeling.models import Answer, Assignment, User
from tests.factories import lease_for
from tests.labeling.blind_program import ProgramWatcher
from tests.labeling.blind_routes import ROUTES, find_address, is_of_a_project, list_routes, look_at_pictures
from tests.labeling.blind_scripts import (
    Play,
    adjudicate_all,
    measure_people,
    play_adjudicator,
    play_adjudicator_until_the_reveal,
    play_annotator,
    play_broken,
    play_held,
    play_measured,
    play_pictures,
    play_voided,
)
from tests.labeling.blind_stage import REMARK, Clock, Stage, Watcher, answer_as, find_secrets, make_stage, submit_as

pytestmark = pytest.mark.django_db
logging.getLogger("django.request").setLevel(logging.ERROR)

# What the long script has to meet to show anything.
OUTCOMES = {
    *("submitted", "late", "surplus", "edited", "undone", "skipped", "flagged"),
    *("answer_changed", "window_closed", "key_reused", "already_answered"),
}
BY_HAND_AND_PROGRAM = pytest.mark.parametrize(
    "by", [pytest.param(Watcher, id="by hand"), pytest.param(ProgramWatcher, id="by program", marks=pytest.mark.once)]
)
# Both ways of working and both sets of rights.
WAYS_AND_RIGHTS = pytest.mark.parametrize(
    ("by", "can_adjudicate"),
    [
        pytest.param(Watcher, False, id="by hand-annotator"),
        pytest.param(ProgramWatcher, True, id="by program-annotator and adjudicator", marks=pytest.mark.once),
    ],
)


@pytest.fixture
def clock(monkeypatch):
    """The site's time, standing still."""
    return Clock(monkeypatch)


def play_run(play: Play, stage: Stage, user: User | None, clock: Clock, verdict: str, by: type[Watcher] = Watcher) -> Watcher:
    """Play a script once and undo all that it did."""
    start = clock.now
    with transaction.atomic():
        watcher = by(user, stage.project.slug)
        play(stage, watcher, clock, verdict)
        transaction.set_rollback(True)
    clock.now = start
    return watcher


def first_difference(one: Watcher, other: Watcher) -> str:
    """Where two runs differ first, with the piece of text around it; '' if nowhere."""
    for left, right in zip(one.transcript(), other.transcript(), strict=False):
        if left != right:
            at = next((n for n, pair in enumerate(zip(left[3], right[3], strict=False)) if pair[0] != pair[1]), 0)
            piece = slice(max(0, at - 300), at + 300)
            return f"{left[0]}\n{left[1:3]}\n{right[1:3]}\n--- {left[3][piece]!r}\n+++ {right[3][piece]!r}"
    return "" if len(one.seen) == len(other.seen) else f"{len(one.seen)} replies against {len(other.seen)}"


def compare_runs(play: Play, stage: Stage, user: User, clock: Clock, by: type[Watcher] = Watcher) -> Watcher:
    """Play a script with both answers of the other person and see that nothing differs; returns one of the runs."""
    runs = [play_run(play, stage, user, clock, verdict, by) for verdict in ("accept", "reject")]
    assert first_difference(*runs) == ""
    return runs[0]


def posted(watcher: Watcher) -> set[str]:
    """The routes this browser has sent something to."""
    names = {seen.asked.removeprefix("POST ") for seen in watcher.seen if seen.asked.startswith("POST ")}
    return {name if ":" in name else f"labeling:{name}" for name in names}


def said(watcher: Watcher, what: str) -> set[str]:
    """The outcomes (`code`) or the states of empty pages (`state`) that this browser was told."""
    told = re.compile(f'data-{what}="([a-z_]+)"|"{"kind" if what == "state" else what}":"([a-z_]+)"')
    return {one or other for seen in watcher.seen for one, other in told.findall(seen.body.decode("latin-1"))}


def test_every_route_says_who_may_see_it():
    routes = {name for name, _pattern in list_routes(get_resolver())}

    assert routes == set(ROUTES)


@WAYS_AND_RIGHTS
def test_an_annotator_sees_the_same_whatever_the_other_person_answered(clock, can_adjudicate, by):
    stage = make_stage(can_adjudicate=can_adjudicate)

    run = compare_runs(play_annotator, stage, stage.me, clock, by)

    writes = "write" if by is Watcher else "program write"
    assert {name for name, kind in ROUTES.items() if kind == writes} <= posted(run)
    assert run.routes == set(ROUTES)
    assert said(run, "code") >= OUTCOMES
    assert said(run, "state") >= {"start", "must_read", "all_yours", "finished"}
    assert [seen.status for seen in run.seen if "/example/" in seen.path and seen.path.endswith("/thumb")] != []
    assert find_secrets(stage, run) == []


@BY_HAND_AND_PROGRAM
def test_ones_own_figures_tell_nothing_of_what_others_answered_before_candidates_are_closed_for_a_day(clock, by):
    stage = make_stage()

    run = compare_runs(play_measured, stage, stage.me, clock, by)

    assert {seen.status for seen in run.seen if seen.path.endswith("/figures/")} == {200}
    assert find_secrets(stage, run) == []


def test_what_the_last_test_looks_at_does_tell_of_others_once_candidates_are_closed(clock):
    """Else it would compare what never changes."""
    stage = make_stage()

    def play_on(stage: Stage, me: Watcher, clock: Clock, verdict: str) -> None:
        play_measured(stage, me, clock, verdict)
        clock.advance(hours=17)
        measure_people(stage)
        me.get(me.url("own_figures"))

    runs = [play_run(play_on, stage, stage.me, clock, verdict) for verdict in ("accept", "reject")]

    assert "progress/figures/" in first_difference(*runs)


def test_whose_answers_are_voided_is_told_how_many_and_why_and_nothing_of_the_other_person(clock):
    stage = make_stage()

    run = compare_runs(play_voided, stage, stage.me, clock)

    told = [seen for seen in run.seen if b"Please read the brief first." in seen.body]
    assert {seen.path.rsplit("/", 2)[-2] for seen in told} == {"progress"}
    assert find_secrets(stage, run) == []


@pytest.mark.parametrize("play", [play_broken, play_held])
@BY_HAND_AND_PROGRAM
def test_an_annotator_does_not_see_that_a_dispute_was_taken_out(clock, play, by):
    stage = make_stage()

    run = compare_runs(play, stage, stage.me, clock, by)

    assert find_secrets(stage, run) == []


@BY_HAND_AND_PROGRAM
def test_an_adjudicator_sees_the_same_before_the_blind_answer_whoever_accepted(clock, by):
    stage = make_stage()

    run = compare_runs(play_adjudicator_until_the_reveal, stage, stage.third, clock, by)

    assert find_secrets(stage, run) == []
    assert {seen.status for seen in run.seen if "/image/" in seen.asked} == {200, 404}


@BY_HAND_AND_PROGRAM
def test_an_adjudicator_never_sees_a_name(clock, by):
    stage = make_stage()

    run = play_run(play_adjudicator, stage, stage.third, clock, "reject", by)

    assert [seen.asked for seen in run.seen if REMARK.encode() in seen.body] != []
    assert find_secrets(stage, run, allowed=(REMARK,)) == []


@BY_HAND_AND_PROGRAM
def test_pictures_lose_what_they_say_about_their_generator(clock, by):
    stage = make_stage()
    marked = [b"".join(open_original(row.image).chunks()) for row in stage.candidates]

    run = play_run(play_pictures, stage, stage.me, clock, "accept", by)

    assert all(b"Zanzibar" in data or b"Quokka" in data for data in marked)
    pictures = [seen for seen in run.seen if "/image/" in seen.asked and seen.status == 200]
    assert {seen.body[:4] for seen in pictures} == {b"\xff\xd8\xff\xe0"}
    assert [seen.asked for seen in pictures if Image.open(BytesIO(seen.body)).getexif() or b"Software" in seen.body] == []


# What is another's


def make_others_work(stage: Stage, clock: Clock) -> list[str]:
    """Assignments of others in every state: released, leased, submitted, kept but not counted, and an adjudication."""
    first, second, third, fourth, *_rest = stage.candidates
    late = lease_for(stage.other, first)
    clock.advance(minutes=16)
    lease_for(stage.other, second)
    answer_as(stage.other, third, "accept")
    for candidate in (first, fourth):
        answer_as(stage.fourth, candidate, "accept")
        answer_as(stage.fifth, candidate, "reject")
    submit_as(stage.other, late, "accept")
    clock.advance(minutes=16)
    assert adjudicate_all(stage, stage.third) == 2
    return [str(row.public_id) for row in Assignment.objects.filter(project=stage.project).order_by("pk")]


def write_in_every_way(me: Watcher, assignment: str) -> None:
    """Send everything that can be sent about an assignment."""
    fields = {"assignment": assignment, "shown": assignment, "answer": "accept", "reason": "other", "reason_class": "taste", "text": "?"}
    for name in ("answer", "skip", "flag", "keep", "adjudicate_answer", "confirm", "adjudicate_skip"):
        me.post(name, key=me.key(), only_outcome="1", **fields)
    for name in ("answer", "undo"):
        me.post(name, key=me.key(), only_outcome="1", replaces=assignment, **fields)


@BY_HAND_AND_PROGRAM
def test_an_assignment_of_another_person_cannot_be_opened(clock, by):
    stage = make_stage(can_adjudicate=True)
    others = make_others_work(stage, clock)
    me = by(stage.me, stage.project.slug)
    me.cards = others

    look_at_pictures(me)
    for card in others:
        for name in ("card", "reveal"):
            me.get(me.url(f"{me.space}:{name}", assignment=card))
            me.get(me.url(f"{me.space}:{name}", assignment=card), script=True)

    assert {seen.status for seen in me.seen} == {404}


@BY_HAND_AND_PROGRAM
def test_writing_to_an_assignment_of_another_person_tells_no_more_than_writing_to_none(clock, by):
    stage = make_stage(can_adjudicate=True)
    others = make_others_work(stage, clock)
    before = Answer.objects.count()

    nothing, *runs = [
        play_run(lambda _stage, me, _clock, assignment: write_in_every_way(me, assignment), stage, stage.me, clock, assignment, by)
        for assignment in [str(uuid.uuid4()), *others]
    ]

    assert [first_difference(nothing, run) for run in runs] == [""] * len(others)
    assert all(b'data-code="not_found"' in seen.body or b'"code":"not_found"' in seen.body or seen.status == 410 for seen in nothing.seen)
    assert Answer.objects.count() == before


def test_somebody_who_is_no_member_finds_no_page_of_the_project(clock):
    stage = make_stage()
    work = make_others_work(stage, clock)
    stranger = Watcher(stage.stranger, stage.project.slug)

    for name, pattern in list_routes(get_resolver()):
        if "slug" in pattern.pattern.converters:
            path = find_address(name, pattern, stage, work[0])
            for fields in (None, {"assignment": work[0], "key": stranger.key(), "answer": "accept"}):
                stranger.ask(name, path, fields, script=False)

    assert {seen.status for seen in stranger.seen} == {404, 405}
    assert {seen.asked for seen in stranger.seen if seen.status == 404} == {name for name in ROUTES if is_of_a_project(name)}
    assert find_secrets(stage, stranger) == []


def test_somebody_who_is_not_signed_in_is_sent_to_sign_in(clock):
    stage = make_stage()
    nobody = Watcher(None, stage.project.slug)

    for name, pattern in list_routes(get_resolver()):
        if is_of_a_project(name):
            nobody.ask(name, find_address(name, pattern, stage, str(uuid.uuid4())), None, script=False)
            nobody.ask(name, find_address(name, pattern, stage, str(uuid.uuid4())), {}, script=True)

    assert {seen.status for seen in nobody.seen} == {302, 401}
