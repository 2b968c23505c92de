"""What the person who is watched does, and what others do meanwhile; `verdict` is what another person answers."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from django.urls import reverse

from labeling.jobs.run import run_job
from labeling.models import Assignment, Flag, User
from labeling.protocol.adjudicate import confirm_adjudication, submit_blind, take_adjudication
from labeling.protocol.flags import answer_flag
from labeling.protocol.hold import hold_candidate
from labeling.protocol.outcome import ProtocolError
from labeling.protocol.projects import publish_guideline
from labeling.protocol.reading import read_guideline
from labeling.protocol.skip import skip_candidate
from labeling.protocol.submission import Submission
from labeling.protocol.void import void_answers
from labeling.quality.due import request_agreement
from tests.factories import lease_for
from tests.labeling.blind_routes import look_around, look_at_pictures, look_everywhere
from tests.labeling.blind_stage import REMARK, Clock, Stage, Watcher, answer_as

Play = Callable[[Stage, Watcher, Clock, str], None]
FLIPPED = {"accept": "reject", "reject": "accept"}


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
    read_first(stage, me)
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


def read_first(stage: Stage, me: Watcher) -> None:
    """The lead publishes a guideline: no work before it is read."""
    publish_guideline(stage.project, stage.lead, "Read every letter.\nZoom in once.")
    me.post("take")
    me.post("take", script=False)
    me.get(me.url("guidelines"))
    me.post("read_guideline", script=False, number=1)
    read_guideline(stage.project, stage.third, 1)
    publish_guideline(stage.project, stage.lead, "Read every letter.\nZoom in twice.", must_read=False)


def reply_to_concern(stage: Stage, me: Watcher) -> None:
    """Say something to the concern about oneself, and to one that there is not."""
    for number, concern in enumerate((stage.concern.pk, 10**6)):
        path, body = me.url(f"{me.space}:reply_concern", concern=concern), {"reply": f"I had a small screen ({number})."}
        if me.space == "api":
            me.send("POST api:reply_concern", "POST", path, body)
        else:
            me.ask("POST reply_concern", path, body, script=False)
    look_around(stage, me)


def play_measured(stage: Stage, me: Watcher, clock: Clock, verdict: str) -> None:
    """The other person answers too, and everybody is measured: at once, on the next day, and just before the candidates are closed."""
    me.post("take")
    for card in list(me.cards):
        answer(me, clock, card, "accept")
        answer_as(stage.other, candidate_of(card), verdict)
    for hours in (0, 16, 7.5):
        clock.advance(hours=hours)
        adjudicate_all(stage, stage.third)
        measure_people(stage)
        look_around(stage, me)
        for part in ("figures", "weeks"):
            me.get(reverse("labeling:own_table", kwargs={"slug": me.slug, "part": part}))
        me.get(reverse("labeling:own_chart", kwargs={"slug": me.slug, "chart": "agreement"}))


def measure_people(stage: Stage) -> None:
    """Measure, as the job does."""
    run_job(request_agreement(stage.project, None).pk)


def play_voided(stage: Stage, me: Watcher, clock: Clock, verdict: str) -> None:
    """The lead voids what this person answered: alone, beside an equal answer or a different one; then they go on."""
    me.post("take")
    first, second, _third = me.cards
    answer_as(stage.other, candidate_of(first), verdict)
    for card in (first, second):
        answer(me, clock, card, "accept")
        row = Assignment.objects.get(public_id=card)
        void_answers(row.candidate_id, stage.lead, row.person_id, [row.pk], "Please read the brief first.")
        look_around(stage, me)
    for name in ("answer", "undo"):
        me.post(name, assignment=first, key=me.key(), answer="accept", replaces=me.answers[first])
    me.post("take")
    look_around(stage, me)


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
    assert me.outcome(surplus)[0] == "surplus"
    late = answer(me, clock, free, "reject", reasons=["unreal"], only_outcome="1")
    assert me.outcome(late)[1] == "late"
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
    reply_to_concern(stage, me)
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
