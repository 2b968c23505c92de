"""Nothing that people who answer get to see depends on what anybody else answered, names a generator, or opens what is another's.

Each script is played twice from the same rows, with another person's answer once accept and once reject, and all bytes are compared.
"""

from __future__ import annotations

import logging
import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from io import BytesIO
from typing import Any

import pytest
from django.db import transaction
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from PIL import Image

from labeling.image_store import open_original
from labeling.models import Answer, Assignment, Flag, User
from labeling.protocol.adjudicate import confirm_adjudication, submit_blind, take_adjudication
from labeling.protocol.flags import answer_flag
from labeling.protocol.hold import hold_candidate
from labeling.protocol.outcome import ProtocolError
from labeling.protocol.skip import skip_candidate
from labeling.protocol.submission import Submission
from tests.factories import lease_for
from tests.labeling.blind_stage import REMARK, Clock, Stage, Watcher, answer_as, find_secrets, make_stage, submit_as

pytestmark = pytest.mark.django_db
logging.getLogger("django.request").setLevel(logging.ERROR)

# What each route is to somebody who answers: a `page`, a `write`, something of a `lead` (404), of the account, or of the machine.
# Whoever adds a route adds it here; the scripts below then visit it.
ROUTES = {
    "labeling:home": "page",
    "labeling:keys": "page",
    "labeling:session": "page",
    "labeling:signed_in": "page",
    "labeling:label": "page",
    "labeling:take": "write",
    "labeling:answer": "write",
    "labeling:undo": "write",
    "labeling:skip": "write",
    "labeling:flag": "write",
    "labeling:keep": "write",
    "labeling:leave": "write",
    "labeling:recent": "page",
    "labeling:card": "page",
    "labeling:adjudicate": "page",
    "labeling:adjudicate_take": "write",
    "labeling:adjudicate_answer": "write",
    "labeling:reveal": "page",
    "labeling:confirm": "write",
    "labeling:adjudicate_skip": "write",
    "labeling:progress": "page",
    "labeling:read_replies": "write",
    "labeling:guidelines": "page",
    "labeling:image": "page",
    "labeling:lead_image": "lead",
    "labeling:create_project": "lead",
    "labeling:project": "lead",
    "labeling:states_table": "lead",
    "labeling:throughput_table": "lead",
    "labeling:throughput_chart": "lead",
    "labeling:people_table": "lead",
    "labeling:settings": "lead",
    "labeling:edit_guideline": "lead",
    "labeling:members": "lead",
    "labeling:add_member": "lead",
    "labeling:change_member": "lead",
    "labeling:remove_member": "lead",
    "labeling:make_link": "lead",
    "labeling:inbox": "lead",
    "labeling:reply_flag": "lead",
    "labeling:review_surplus": "lead",
    "labeling:accept_conflict": "lead",
    "labeling:dismiss_conflict": "lead",
    "labeling:candidate": "lead",
    "labeling:hold_candidate": "lead",
    "labeling:return_candidate": "lead",
    "labeling:withdraw_candidate": "lead",
    "labeling:reopen_candidate": "lead",
    "labeling:replace_image": "lead",
    "labeling:imports": "lead",
    "labeling:jobs": "lead",
    "labeling:job": "lead",
    "labeling:job_status": "lead",
    "labeling:cancel_job": "lead",
    "labeling:report_csv": "lead",
    "labeling:report_json": "lead",
    "labeling:exports": "lead",
    "labeling:export_file": "lead",
    "sign_in": "account",
    "sign_out": "account",
    "change_password": "account",
    "set_language": "account",
    "use_link": "account",
    "healthz": "machine",
    "readyz": "machine",
}
PICTURES = [*((role, number) for role in ("candidate", "sibling") for number in (1, 2, 3)), ("reference", 1), ("source", 1)]
# What the long script has to meet to show anything.
OUTCOMES = {
    *("submitted", "late", "surplus", "edited", "undone", "skipped", "flagged"),
    *("answer_changed", "window_closed", "key_reused", "already_answered"),
}
FLIPPED = {"accept": "reject", "reject": "accept"}
BOTH_RIGHTS = pytest.mark.parametrize("can_adjudicate", [False, True], ids=["annotator", "annotator and adjudicator"])

Play = Callable[[Stage, Watcher, Clock, str], None]


@pytest.fixture
def clock(monkeypatch):
    """The site's time, standing still."""
    return Clock(monkeypatch)


# Addresses


def list_routes(resolver: URLResolver, namespace: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Every route the site knows, with its full name."""
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            yield from list_routes(pattern, namespace + (f"{pattern.namespace}:" if pattern.namespace else ""))
        else:
            yield f"{namespace}{pattern.name}", pattern


def find_address(name: str, pattern: URLPattern, stage: Stage, assignment: str) -> str:
    """An address of a route that exists, as far as somebody outside can tell: real ids wherever there are any."""
    flag = Flag.objects.order_by("pk").first()
    known: dict[str, Any] = {
        "slug": stage.project.slug,
        "assignment": assignment,
        "role": "candidate",
        "number": 1,
        "size": "thumb",
        "sha256": stage.candidates[0].image.sha256,
        "candidate": stage.candidates[0].public_id,
        "person": stage.other.public_id,
        "flag": flag.pk if flag else 1,
        "conflict": 1,
        "job": uuid.UUID(int=1),
        "export": uuid.UUID(int=2),
        "name": "labels.jsonl",
        "token": "no-such-token",
    }
    return reverse(name, kwargs={argument: known[argument] for argument in pattern.pattern.converters})


def look_around(stage: Stage, me: Watcher) -> None:
    """Load every page, and every card this person was ever shown, as the browser and as a script does."""
    for name, pattern in list_routes(get_resolver()):
        if ROUTES[name] == "page" and "assignment" not in pattern.pattern.converters:
            me.get(reverse(name, kwargs=dict.fromkeys(pattern.pattern.converters, stage.project.slug)))
    for card in me.cards:
        me.get(me.url("card", assignment=card))


def look_everywhere(stage: Stage, me: Watcher) -> None:
    """Load every route there is and send something to those of leads, with real ids."""
    for name, pattern in list_routes(get_resolver()):
        path = find_address(name, pattern, stage, me.cards[0])
        me.ask(f"GET {name}", path, None, script=False)
        me.ask(f"GET {name}", path, None, script=True)
        if ROUTES[name] == "lead":
            me.ask(f"POST {name}", path, {}, script=False)


def look_at_pictures(me: Watcher, sizes: tuple[str, ...] = ("thumb",)) -> None:
    """Load every picture of every card this person was ever shown."""
    for card in me.cards:
        for role, number in PICTURES:
            for size in sizes:
                me.get(me.url("image", assignment=card, role=role, number=number, size=size))


# What people do


def candidate_of(assignment: str):
    """The candidate behind a card; only the test knows it."""
    return Assignment.objects.get(public_id=assignment).candidate


def answer(me: Watcher, clock: Clock, card: str, verdict: str, **fields: Any) -> str:
    """Answer a card as the label page does; the reply has the next card."""
    clock.advance(seconds=20)
    times = {"active_ms": 9000, "shown_ago_ms": 9500, "have": me.cards}
    return me.post("answer", assignment=card, key=fields.pop("key", me.key()), answer=verdict, **times, **fields)


def edit(me: Watcher, clock: Clock, card: str, verdict: str, replaces: str | None = None) -> str:
    """Change an answer."""
    clock.advance(seconds=20)
    return me.post("answer", assignment=card, key=me.key(), answer=verdict, replaces=replaces or me.answers[card])


def undo(me: Watcher, clock: Clock, card: str) -> str:
    """Take an answer back."""
    clock.advance(seconds=20)
    return me.post("undo", assignment=card, key=me.key(), replaces=me.answers[card], have=me.cards)


def adjudicate_all(stage: Stage, person: User) -> int:
    """Adjudicate whatever there is for `person`; how many that were."""
    count = 0
    while (lease := take_adjudication(stage.project, person)) is not None:
        submit_blind(lease.public_id, person, Submission(verdict="reject", note=REMARK), uuid.uuid4())
        confirm_adjudication(lease.public_id, person, "taste", None, uuid.uuid4())
        count += 1
    return count


def play_annotator(stage: Stage, me: Watcher, clock: Clock, verdict: str) -> None:
    """A long day of one annotator: before and after the other person, changing their mind, late, and at the end of all work."""
    look_around(stage, me)
    me.post("take")
    me.get(me.url("label"))
    first, second, third = me.cards
    answer_as(stage.other, candidate_of(first), verdict)
    answer(me, clock, first, "accept")
    look_around(stage, me)
    change_mind(stage, me, clock, first)
    answer(me, clock, second, "reject", reasons=["blurry", "other"], note="mine")
    answer_as(stage.other, candidate_of(second), verdict)
    look_around(stage, me)
    change_mind(stage, me, clock, second)
    pass_on(stage, me, third, verdict)
    come_late(stage, me, clock, verdict)
    ask_too_late(stage, me, clock, first)
    finish(stage, me, clock, verdict)


def change_mind(stage: Stage, me: Watcher, clock: Clock, card: str) -> None:
    """Edit, edit wrongly, take back, look, answer again, send that again, and use its key for something else."""
    stale = me.answers[card]
    edit(me, clock, card, "reject")
    edit(me, clock, card, "accept")
    edit(me, clock, card, "reject", replaces=stale)
    me.get(me.url("recent"))
    undo(me, clock, card)
    look_around(stage, me)
    me.post("undo", script=False, assignment=card, key=me.key(), replaces=stale)
    key = me.key()
    for verdict in ("accept", "accept", "reject"):
        answer(me, clock, card, verdict, key=key)
    me.post("answer", script=False, assignment=card, key=me.key(), answer="accept")
    me.get(me.url("label"))


def pass_on(stage: Stage, me: Watcher, card: str, verdict: str) -> None:
    """Skip a card that two others then answer; flag, keep and leave."""
    me.post("flag", assignment=card, key=me.key(), text="Is this the right brief?")
    me.post("keep", shown=card)
    me.post("skip", assignment=card, key=me.key(), reason="cannot_judge", have=me.cards)
    answer_as(stage.other, candidate_of(card), verdict)
    answer_as(stage.fourth, candidate_of(card), "accept")
    me.post("skip", assignment=card, key=me.key(), reason="other", have=me.cards)
    me.post("keep", shown=card)
    me.post("answer", assignment=card, key=me.key(), answer="reject")
    me.post("leave")
    me.get(me.url("label"))
    look_around(stage, me)


def come_late(stage: Stage, me: Watcher, clock: Clock, verdict: str) -> None:
    """Two leases end; one candidate is finished by others meanwhile, the other is not."""
    shown = len(me.cards)
    me.post("take", have=me.cards)
    held = list(Assignment.objects.filter(person=stage.me, status="leased").order_by("pk").values_list("public_id", flat=True))
    over, free = str(held[0]), str(held[1])
    assert shown < len(me.cards)
    clock.advance(minutes=20)
    answer_as(stage.other, candidate_of(over), verdict)
    answer_as(stage.fourth, candidate_of(over), "accept")
    me.post("keep", shown=over)
    look_around(stage, me)
    surplus = answer(me, clock, over, "accept", only_outcome="1")
    assert 'data-outcome="surplus"' in surplus
    late = answer(me, clock, free, "reject", reasons=["unreal"], only_outcome="1")
    assert 'data-code="late"' in late
    answer_as(stage.other, candidate_of(free), verdict)
    for row in Assignment.objects.filter(person=stage.me, late_of__isnull=False).order_by("pk"):
        me.cards.append(str(row.public_id))
    look_around(stage, me)


def ask_too_late(stage: Stage, me: Watcher, clock: Clock, card: str) -> None:
    """The windows close, what is disputed is adjudicated; what this person asks for then is refused or goes to the lead."""
    clock.advance(minutes=20)
    adjudicate_all(stage, stage.third)
    edit(me, clock, card, "reject")
    undo(me, clock, card)
    me.post("flag", script=False, assignment=card, key=me.key(), text="Please turn this one into a reject.")
    for flag in Flag.objects.filter(replied_at=None).order_by("pk"):
        answer_flag(stage.project, flag.pk, stage.lead, "Done.")
    look_around(stage, me)
    me.post("read_replies", script=False)
    me.post("adjudicate_take")
    for name in ("adjudicate_answer", "confirm", "adjudicate_skip"):
        fields = {"answer": "accept", "reason": "other", "reason_class": "taste"}
        me.post(name, assignment=card, key=me.key(), **fields)
        me.post(name, script=False, assignment=card, key=me.key(), **fields)


def finish(stage: Stage, me: Watcher, clock: Clock, verdict: str) -> None:
    """Work until there is nothing left, while the other person does the rest; then look at what an empty page says."""
    while True:
        me.post("take", have=me.cards)
        held = Assignment.objects.filter(person=stage.me, status="leased", purpose="primary").order_by("pk").first()
        if held is None:
            break
        answer(me, clock, str(held.public_id), "accept")
    look_around(stage, me)
    for candidate in stage.candidates:
        if Assignment.objects.filter(candidate=candidate, status="submitted").count() == 1:
            answer_as(stage.other, candidate, verdict)
    me.post("take")
    look_around(stage, me)
    clock.advance(minutes=20)
    adjudicate_all(stage, stage.third)
    me.post("take", script=False)
    look_everywhere(stage, me)
    look_at_pictures(me)


def play_broken(stage: Stage, me: Watcher, clock: Clock, verdict: str) -> None:
    """Two people report a candidate as broken after two others have answered it; they had it in hand before."""
    leases = []
    for person in (stage.fourth, stage.fifth):
        leases += [lease_for(person, candidate) for candidate in stage.candidates]
        clock.advance(minutes=16)
    me.post("take")
    card = me.cards[0]
    answer(me, clock, card, "accept")
    answer_as(stage.other, candidate_of(card), verdict)
    for lease in leases:
        if lease.candidate_id == candidate_of(card).pk:
            skip_candidate(lease.public_id, lease.person, "broken", "", uuid.uuid4())
    finish_alone(stage, me, clock, card)


def play_held(stage: Stage, me: Watcher, clock: Clock, verdict: str) -> None:
    """The lead holds what is disputed; what is settled cannot be held."""
    me.post("take")
    card = me.cards[0]
    answer(me, clock, card, "accept")
    answer_as(stage.other, candidate_of(card), verdict)
    with suppress(ProtocolError):
        hold_candidate(candidate_of(card).public_id, stage.lead, REMARK)
    finish_alone(stage, me, clock, card)


def finish_alone(stage: Stage, me: Watcher, clock: Clock, card: str) -> None:
    """The others answer everything else alike, so that this person's pages are empty; `card` is looked at and taken back if it can be."""
    for candidate in stage.candidates:
        for person in (stage.other, stage.fourth):
            if Assignment.objects.filter(candidate=candidate, status__in=["leased", "submitted"]).count() < 2 and not (
                Assignment.objects.filter(candidate=candidate, person=person, status="submitted").exists()
            ):
                answer_as(person, candidate, "accept")
    for row in Assignment.objects.filter(person=stage.me, status="leased").order_by("pk"):
        answer(me, clock, str(row.public_id), "accept")
        if Assignment.objects.filter(candidate=row.candidate, status="submitted").count() < 2:
            answer_as(stage.other, row.candidate, "accept")
    me.post("take")
    look_around(stage, me)
    undo(me, clock, card)
    look_around(stage, me)
    me.post("skip", assignment=card, key=me.key(), reason="other", have=me.cards)
    me.post("take")
    look_around(stage, me)


def play_pictures(_stage: Stage, me: Watcher, _clock: Clock, _verdict: str) -> None:
    """Take cards and look at everything they show, in every size."""
    me.post("take")
    look_at_pictures(me, ("thumb", "screen", "full"))


def play_adjudicator_until_the_reveal(stage: Stage, judge: Watcher, clock: Clock, verdict: str) -> None:
    """An adjudicator before the blind answer: every candidate is disputed, `verdict` is what one of the two answered."""
    for candidate in stage.candidates:
        answer_as(stage.other, candidate, verdict)
        answer_as(stage.fourth, candidate, FLIPPED[verdict])
    look_around(stage, judge)
    clock.advance(minutes=20)
    look_around(stage, judge)
    judge.post("adjudicate_take")
    look_everywhere(stage, judge)
    look_at_pictures(judge)
    judge.post("flag", assignment=judge.cards[0], key=judge.key(), text="Is this the right brief?")
    judge.post("keep", shown=judge.cards[0])
    judge.post("confirm", assignment=judge.cards[0], key=judge.key(), reason_class="taste")
    judge.post("adjudicate_skip", assignment=judge.cards[0], key=judge.key(), reason="other")
    look_around(stage, judge)


def play_adjudicator(stage: Stage, judge: Watcher, clock: Clock, verdict: str) -> None:
    """An adjudicator through the reveal and beyond."""
    play_adjudicator_until_the_reveal(stage, judge, clock, verdict)
    judge.post("adjudicate_answer", assignment=judge.cards[-1], key=judge.key(), answer="accept", note="mine")
    look_around(stage, judge)
    judge.post("confirm", assignment=judge.cards[-1], key=judge.key(), reason_class="taste", answer="reject", reasons=["unreal"])
    look_around(stage, judge)
    look_at_pictures(judge)


# Runs


def play_run(play: Play, stage: Stage, user: User | None, clock: Clock, verdict: str) -> Watcher:
    """Play a script once and undo all that it did."""
    start = clock.now
    with transaction.atomic():
        watcher = Watcher(user, stage.project.slug)
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


def compare_runs(play: Play, stage: Stage, user: User, clock: Clock) -> Watcher:
    """Play a script with both answers of the other person and see that nothing differs; returns one of the runs."""
    runs = [play_run(play, stage, user, clock, verdict) for verdict in ("accept", "reject")]
    assert first_difference(*runs) == ""
    return runs[0]


def posted(watcher: Watcher) -> set[str]:
    """The routes this browser has sent something to."""
    return {f"labeling:{seen.asked.removeprefix('POST ')}" for seen in watcher.seen if seen.asked.startswith("POST ")}


def said(watcher: Watcher, what: str) -> set[str]:
    """The outcomes (`code`) or the states of empty pages (`state`) that this browser was told."""
    return {value for seen in watcher.seen for value in re.findall(f'data-{what}="([a-z_]+)"', seen.body.decode("latin-1"))}


def test_every_route_says_who_may_see_it():
    routes = {name for name, _pattern in list_routes(get_resolver())}

    assert routes == set(ROUTES)


@BOTH_RIGHTS
def test_an_annotator_sees_the_same_whatever_the_other_person_answered(clock, can_adjudicate):
    stage = make_stage(can_adjudicate=can_adjudicate)

    run = compare_runs(play_annotator, stage, stage.me, clock)

    assert {name for name, kind in ROUTES.items() if kind == "write"} <= posted(run)
    assert run.routes == set(ROUTES)
    assert said(run, "code") >= OUTCOMES
    assert said(run, "state") >= {"start", "all_yours", "finished"}
    assert find_secrets(stage, run) == []


@pytest.mark.parametrize("play", [play_broken, play_held])
def test_an_annotator_does_not_see_that_a_dispute_was_taken_out(clock, play):
    stage = make_stage()

    run = compare_runs(play, stage, stage.me, clock)

    assert find_secrets(stage, run) == []


def test_an_adjudicator_sees_the_same_before_the_blind_answer_whoever_accepted(clock):
    stage = make_stage()

    run = compare_runs(play_adjudicator_until_the_reveal, stage, stage.third, clock)

    assert find_secrets(stage, run) == []
    assert {seen.status for seen in run.seen if "/image/" in seen.asked} == {200, 404}


def test_an_adjudicator_never_sees_a_name(clock):
    stage = make_stage()

    run = play_run(play_adjudicator, stage, stage.third, clock, "reject")

    assert [seen.asked for seen in run.seen if REMARK.encode() in seen.body] != []
    assert find_secrets(stage, run, allowed=(REMARK,)) == []


def test_pictures_lose_what_they_say_about_their_generator(clock):
    stage = make_stage()
    marked = [b"".join(open_original(row.image).chunks()) for row in stage.candidates]

    run = play_run(play_pictures, stage, stage.me, clock, "accept")

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


def test_an_assignment_of_another_person_cannot_be_opened(clock):
    stage = make_stage(can_adjudicate=True)
    others = make_others_work(stage, clock)
    me = Watcher(stage.me, stage.project.slug)
    me.cards = others

    look_at_pictures(me)
    for card in others:
        for name in ("card", "reveal"):
            me.get(me.url(name, assignment=card))
            me.get(me.url(name, assignment=card), script=True)

    assert {seen.status for seen in me.seen} == {404}


def test_writing_to_an_assignment_of_another_person_tells_no_more_than_writing_to_none(clock):
    stage = make_stage(can_adjudicate=True)
    others = make_others_work(stage, clock)
    before = Answer.objects.count()

    nothing, *runs = [
        play_run(lambda _stage, me, _clock, assignment: write_in_every_way(me, assignment), stage, stage.me, clock, assignment)
        for assignment in [str(uuid.uuid4()), *others]
    ]

    assert [first_difference(nothing, run) for run in runs] == [""] * len(others)
    assert all(b'data-code="not_found"' in seen.body or seen.status == 410 for seen in nothing.seen)
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


def is_of_a_project(name: str) -> bool:
    """Whether a route belongs to one project."""
    return "slug" in dict(list_routes(get_resolver()))[name].pattern.converters
