"""Labelling by program: take, answer, change one's mind, pass on, tell the lead."""

import uuid

import pytest

from labeling.image_store import keep_image
from labeling.models import Answer, Assignment, Candidate, Flag
from labeling.protocol.flags import answer_flag
from labeling.protocol.reap import reap_due
from tests.factories import answer_as, dispute, expire, final_decision, make_candidate, make_lead, make_person, make_project
from tests.labeling.api.programs import Program, key
from tests.labeling.material import make_picture

pytestmark = pytest.mark.django_db


@pytest.fixture
def project():
    """A project with three candidates, whose answers can be changed for a while."""
    project = make_project(undo_minutes=15)
    for _ in range(3):
        make_candidate(project)
    return project


@pytest.fixture
def program(project):
    """A program of an annotator."""
    return Program(make_person(project, can_adjudicate=False, username="ann"), project)


def take(program, **body):
    return program.post("take", **body).data["cards"]


def answer(program, card, verdict="accept", **body):
    return program.post("answer", card["assignment"], **{"key": key(), "answer": verdict} | body)


def test_taking_leases_three_cards_and_reading_them_leases_no_more(program):
    taken = take(program)

    again = program.get("cards").data

    assert len(taken) == 3
    assert [card["assignment"] for card in again["cards"]] == [card["assignment"] for card in taken]
    assert again["empty"] is None
    assert Assignment.objects.filter(status="leased").count() == 3


def test_without_ahead_one_card_is_leased(program):
    assert len(take(program, ahead=False)) == 1


def test_a_card_shows_the_brief_and_neither_generator_nor_candidate(program):
    card = take(program, ahead=False)[0]

    row = Assignment.objects.get(public_id=card["assignment"]).candidate
    assert card["brief"] == row.bundle.task.brief
    assert card["price_usd"] == "90.00"
    text = str(card)
    assert str(row.public_id) not in text
    assert row.bundle.generator.slug not in text
    assert row.image.sha256 not in text


def test_the_pictures_of_a_card_open_with_the_token_that_took_it_and_with_no_other(project, program):
    Candidate.objects.update(image=keep_image(make_picture(64, 48)))
    card = take(program, ahead=False)[0]

    answers = [program.follow(card["candidate"][size]) for size in ("thumb", "screen", "full")]
    other = Program(make_person(project), project).follow(card["candidate"]["thumb"])

    assert [(reply.status_code, reply.headers["Content-Type"]) for reply in answers] == [(200, "image/jpeg")] * 3
    assert b"".join(answers[0].streaming_content)[:2] == b"\xff\xd8"
    assert (other.status_code, other.data["code"]) == (404, "not_found")


def test_a_project_that_is_called_image_has_its_pictures_too():
    project = make_project(slug="image")
    make_candidate(project)
    Candidate.objects.update(image=keep_image(make_picture(64, 48)))
    program = Program(make_person(project), project)

    card = take(program, ahead=False)[0]

    assert program.follow(card["candidate"]["thumb"]).status_code == 200


def test_an_answer_is_stored_and_said_to_be(program):
    card = take(program)[0]

    outcome = answer(program, card, "reject", reasons=["blurry"], note="soft", active_ms=1200, answered_ago_ms=50).data

    stored = Answer.objects.get()
    assert (outcome["kind"], outcome["code"], outcome["replayed"]) == ("submitted", "submitted", False)
    assert (stored.verdict, stored.reasons, stored.note, stored.active_ms) == ("reject", ["blurry"], "soft", 1200)
    assert outcome["answer"] == str(stored.public_id)


def test_the_same_write_sent_twice_is_stored_once_and_the_key_serves_no_other(program):
    card, same = take(program)[0], key()

    first = answer(program, card, key=same).data
    second = answer(program, card, key=same).data
    other = answer(program, card, "reject", key=same)

    assert second == {**first, "replayed": True}
    assert (other.status_code, other.data["code"]) == (409, "key_reused")
    assert Answer.objects.count() == 1


def test_an_answer_that_comes_when_both_seats_are_taken_is_kept_and_said_not_to_count(project, program):
    card = take(program, ahead=False)[0]
    row = Assignment.objects.get(public_id=card["assignment"])
    expire(row)
    reap_due()
    for _ in range(2):
        answer_as(make_person(project), row.candidate, "accept")

    outcome = answer(program, card).data

    assert (outcome["kind"], outcome["code"]) == ("surplus", "surplus")


def test_an_answer_is_edited_and_taken_back_by_name(program):
    card = take(program)[0]
    first = answer(program, card).data["answer"]

    edited = program.post("edit", card["assignment"], key=key(), answer="reject", reasons=["other"], replaces=first).data
    stale = program.post("edit", card["assignment"], key=key(), answer="accept", replaces=first).data
    undone = program.post("undo", card["assignment"], key=key(), replaces=edited["answer"]).data

    assert [edited["code"], stale["code"], undone["code"]] == ["edited", "answer_changed", "undone"]
    assert stale["kind"] == "refused"
    assert program.get("cards").data["cards"][0]["assignment"] == card["assignment"]


def test_recent_answers_are_those_that_can_be_changed(program):
    card = take(program)[0]
    made = answer(program, card, "reject", reasons=["blurry"]).data["answer"]

    recent = program.get("answers").data["results"]

    assert [row["own"]["id"] for row in recent] == [made]
    assert recent[0]["own"]["verdict"] == "reject"
    assert 0 < recent[0]["own"]["changeable_for_s"] <= 15 * 60
    assert program.get("card", card["assignment"]).data["own"]["reasons"] == ["blurry"]


def test_skipping_wants_a_reason_and_flagging_tells_the_lead(project, program):
    first, second, _third = take(program)

    skipped = program.post("skip", first["assignment"], key=key(), reason="cannot_judge").data
    wrong = program.post("skip", second["assignment"], key=key(), reason="boring")
    flagged = program.post("flag", second["assignment"], key=key(), text="Wrong brief?").data

    assert (skipped["code"], flagged["code"]) == ("skipped", "flagged")
    assert (wrong.status_code, wrong.data["code"], list(wrong.data["fields"])) == (422, "invalid", ["reason"])
    flag = Flag.objects.get()
    answer_flag(project, flag.pk, make_lead(project), "It is right.")
    own = program.get("own_flags").data["results"]
    assert [(row["text"], row["reply"], row["is_read"]) for row in own] == [("Wrong brief?", "It is right.", False)]
    assert program.post("read_replies").data == {"marked": 1}
    assert program.get("own_flags").data["results"][0]["is_read"] is True


def test_a_heartbeat_extends_a_lease_and_says_when_it_is_over(program):
    card = take(program)[0]
    row = Assignment.objects.get(public_id=card["assignment"])

    kept = program.post("heartbeat", card["assignment"])
    Assignment.objects.filter(pk=row.pk).update(status="released", lease_until=None)
    over = program.post("heartbeat", card["assignment"])

    assert kept.status_code == 200
    assert kept.data["lease_until"] is not None
    assert (over.status_code, over.data["code"]) == (410, "lease_over")


def test_leaving_gives_back_what_is_held_ahead(program):
    take(program)

    released = program.post("leave").data

    assert released == {"released": 2}
    assert len(program.get("cards").data["cards"]) == 1


def test_progress_counts_my_answers(program):
    answer(program, take(program)[0], active_ms=60_000)

    progress = program.get("progress").data

    assert (progress["done_today"], progress["done"], progress["active_today_s"], progress["remaining"]) == (1, 1, 60, 2)
    assert program.get("project").data["done_today"] == 1


def test_an_empty_queue_says_why(project, program):
    project.paused = True
    project.save(update_fields=["paused"])

    hand = program.post("take").data

    assert hand["cards"] == []
    assert hand["empty"]["kind"] == "paused"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "key"),
        ({"key": "x", "answer": "accept"}, "key"),
        ({"key": str(uuid.UUID(int=1))}, "answer"),
        ({"key": str(uuid.UUID(int=1)), "answer": "maybe"}, "answer"),
        ({"key": str(uuid.UUID(int=1)), "answer": "reject", "reasons": "blurry"}, "reasons"),
        ({"key": str(uuid.UUID(int=1)), "answer": "reject", "reasons": ["soft"]}, "reasons"),
        ({"key": str(uuid.UUID(int=1)), "answer": "accept", "note": "n" * 4001}, "note"),
        ({"key": str(uuid.UUID(int=1)), "answer": "accept", "active_ms": -1}, "active_ms"),
        ({"key": str(uuid.UUID(int=1)), "answer": "accept", "note": {"a": 1}}, "note"),
    ],
)
def test_what_is_wrong_in_an_answer_is_named(program, body, field):
    card = take(program)[0]

    reply = program.post("answer", card["assignment"], **body)

    assert (reply.status_code, reply.data["code"]) == (422, "invalid")
    assert any(name == field or name.startswith(f"{field}.") for name in reply.data["fields"])
    assert not Answer.objects.exists()


def test_a_dispute_is_adjudicated_blind_then_confirmed(project):
    project.undo_minutes = 0
    project.save(update_fields=["undo_minutes"])
    candidate = project.candidates.earliest("pk")
    dispute(candidate)
    program = Program(make_person(project, can_label=False), project)

    card = program.post("take_adjudication").data["cards"][0]
    before = program.get("reveal", card["assignment"])
    blind = program.post("adjudicate", card["assignment"], key=key(), answer="accept").data
    revealed = program.get("adjudications").data["cards"][0]
    closed = program.post("confirm", card["assignment"], key=key(), reason_class="taste", answer="reject", reasons=["other"]).data

    assert (before.status_code, card["reveal"], card["is_adjudication"]) == (404, None, True)
    assert blind["code"] == "adjudicated"
    assert sorted(row["verdict"] for row in revealed["reveal"]["primaries"]) == ["accept", "reject"]
    assert set(revealed["reveal"]["primaries"][0]) == {"verdict", "reasons", "note"}
    assert closed["code"] == "revise"
    assert final_decision(candidate) == ("reject", "adjudication")
    assert program.get("reveal", card["assignment"]).data["reveal"]["is_open"] is False
    assert program.post("take_adjudication").data["empty"]["kind"] == "waiting"
