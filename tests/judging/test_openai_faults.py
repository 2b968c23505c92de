"""What the backend `openai` makes of everything that goes wrong between it and a model."""

from __future__ import annotations

import socket
import threading
from datetime import UTC, datetime

import httpx2
import pytest

from judging.backends import wire
from judging.backends.base import JudgeUnavailable
from judging.backends.rate import Clock
from judging.backends.retries import read_retry_after
from judging.rubrics.base import Why
from tests.judging.backend_asks import GOOD, FakeClock, make_ask, make_backend
from tests.judging.scripted_server import Answer, ScriptedServer, complete, cut, drip, fail, hang, say, send

pytestmark = pytest.mark.pure

PARSED = {"scores": [4.0, 3.5], "reason": "Sharp."}


@pytest.fixture(autouse=True)
def no_key_and_no_proxy(monkeypatch):
    for name in ("OPENAI_API_KEY", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


def ask_once(*script, clock=None, **fields):
    """The reply to one question to a server with this script, and the requests it got."""
    with ScriptedServer(*script, default=fail(418, "the script is over")) as server:
        return make_backend(server, clock, **fields).answer([make_ask()])[0], server.seen


def test_retry_after_is_waited_for():
    clock = FakeClock()

    reply, _ = ask_once(fail(429, retry_after="7"), say(GOOD), clock=clock)

    assert clock.waits == [7]
    assert (reply.parsed, reply.attempts) == (PARSED, 2)


def test_retry_after_holds_the_others_back_too():
    clock = FakeClock()
    with ScriptedServer(fail(429, retry_after="30"), default=say(GOOD)) as server:
        backend = make_backend(server, clock, requests_per_minute=60)
        backend.answer([make_ask(), make_ask()])

    # The retry after thirty seconds, the next question one second later as the rate wants.
    assert clock.waits == [30, 1]


def test_too_many_requests_without_retry_after_back_off_longer_each_time():
    clock = FakeClock()

    reply, _ = ask_once(fail(429), fail(429), fail(429), say(GOOD), clock=clock)

    assert (reply.parsed, reply.attempts) == (PARSED, 4)
    assert [0 <= wait <= most for wait, most in zip(clock.waits, [2, 4, 8], strict=True)] == [True] * 3


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("0", 0),
        ("12", 12),
        ("3600", 60),  # no longer than a minute
        ("Wed, 21 Oct 2026 07:28:30 GMT", 30),
        ("Wed, 21 Oct 2026 07:00:00 GMT", 0),  # past
        ("Wed, 21 Oct 2026 09:00:00 GMT", 60),
        ("soon", None),
        ("-5", None),
        ("nan", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_seconds_or_a_date(header, seconds):
    assert read_retry_after(header, datetime(2026, 10, 21, 7, 28, 0, tzinfo=UTC)) == seconds


@pytest.mark.parametrize("status", [408, 409, 500, 502, 503, 504, 529])
def test_a_server_in_trouble_is_asked_again(status):
    reply, seen = ask_once(fail(status), fail(status), say(GOOD))

    assert (reply.parsed, reply.attempts, len(seen)) == (PARSED, 3, 3)


def test_after_four_attempts_there_is_no_reply():
    reply, seen = ask_once(*[fail(500, "out of memory")] * 4)

    assert len(seen) == 4
    assert (reply.parsed, reply.why, reply.text, reply.attempts) == (None, Why.UNAVAILABLE, "", 4)
    assert reply.detail == "500: out of memory"
    assert reply.tokens_in is None


def test_a_server_that_says_nothing_in_time_is_asked_again():
    reply, _ = ask_once(hang(20), say(GOOD), timeout_s=0.3)

    assert (reply.parsed, reply.attempts) == (PARSED, 2)


def test_a_server_that_never_finishes_is_given_up():
    # Every byte comes in time, all of them would take a minute.
    reply, _ = ask_once(*[drip(0.1, b" " * 600)] * 4, timeout_s=0.3)

    assert (reply.why, reply.attempts) == (Why.UNAVAILABLE, 4)
    assert "ReadTimeout" in reply.detail


def test_a_server_that_sends_without_end_is_given_up(monkeypatch):
    monkeypatch.setattr(wire, "LARGEST_REPLY", 1000)

    reply, _ = ask_once(*[send(b" " * 2000)] * 4)

    assert (reply.why, reply.attempts) == (Why.UNAVAILABLE, 4)


@pytest.mark.parametrize("at", [-1, 0, 40])
def test_a_cut_connection_is_made_anew(at):
    reply, _ = ask_once(cut(say(GOOD), at), say(GOOD))

    assert (reply.parsed, reply.attempts) == (PARSED, 2)


@pytest.mark.parametrize(
    "body", [b"<html>Bad gateway</html>", b'{"choices": [', b'{"choices": []}', b'{"error": {"message": "busy"}}', b"[]", b""]
)
def test_a_200_that_is_no_completion_is_asked_again(body):
    reply, _ = ask_once(send(body), say(GOOD))

    assert (reply.parsed, reply.attempts) == (PARSED, 2)


@pytest.mark.parametrize(
    "text",
    [
        f"```json\n{GOOD}\n```",
        f"Here is my verdict:\n{GOOD}\nI hope it helps.",
        f"<think>Give {{5}}?</think>{GOOD}",
    ],
)
def test_json_in_a_fence_or_in_prose_is_read(text):
    reply, _ = ask_once(say(text))

    assert (reply.parsed, reply.text, reply.attempts) == (PARSED, text, 1)


def test_content_in_parts_is_read():
    with ScriptedServer(lambda seen: say([{"type": "text", "text": GOOD[:9]}, {"type": "text", "text": GOOD[9:]}])(seen)) as server:
        reply = make_backend(server).answer([make_ask()])[0]

    assert reply.parsed == PARSED


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (GOOD[:20], Why.CUT_OFF),
        ("It looks fine to me.", Why.NO_JSON),
        ("", Why.NO_JSON),
        ('{"scores": [4.0, 9.0], "reason": ""}', Why.OUT_OF_RANGE),
        ('{"scores": [4.0], "reason": ""}', Why.WRONG_COUNT),
        ('{"scores": "high", "reason": ""}', Why.WRONG_SHAPE),
    ],
)
def test_an_unusable_reply_is_asked_for_again_with_what_was_wrong(text, why):
    reply, seen = ask_once(say(text), say(GOOD))

    assert (reply.parsed, reply.text, reply.raw, reply.attempts) == (PARSED, GOOD, (text,), 2)
    assert str(why) not in seen[0].prompt
    assert f"could not be used ({why}" in seen[1].prompt
    assert seen[1].prompt.startswith(seen[0].prompt)


def test_after_two_repairs_there_is_a_reason_instead_of_a_score():
    texts = [f'{{"scores": [{number}], "reason": ""}}' for number in range(3)]

    reply, seen = ask_once(*map(say, texts))

    assert len(seen) == 3
    assert (reply.parsed, reply.why, reply.detail) == (None, Why.WRONG_COUNT, "1 scores instead of 2")
    assert (reply.text, reply.raw, reply.attempts) == (texts[2], (texts[0], texts[1]), 3)


def test_a_reply_that_reached_its_length_is_cut_off():
    reply, _ = ask_once(*[say("The picture shows", finish="length")] * 3)

    assert (reply.why, reply.detail) == (Why.CUT_OFF, "the reply reached 1024 tokens")


def test_a_whole_answer_counts_although_its_length_was_reached():
    reply, _ = ask_once(say(GOOD + " " * 50, finish="length"))

    assert reply.parsed == PARSED


def test_when_a_repair_finds_nobody_the_first_reply_is_kept():
    reply, _ = ask_once(say("no"), *[fail(503)] * 4)

    assert (reply.why, reply.text, reply.raw, reply.attempts) == (Why.UNAVAILABLE, "", ("no",), 5)
    # The one reply that came was paid for.
    assert reply.tokens_in == 1000


@pytest.mark.parametrize(
    "behaviour",
    [
        say("", refusal="I will not judge this."),
        say(GOOD, finish="content_filter"),
        say("I'm sorry, but I can't help with that."),
    ],
)
def test_a_refusal_is_final(behaviour):
    reply, seen = ask_once(behaviour)

    assert len(seen) == 1
    assert (reply.parsed, reply.why, reply.attempts) == (None, Why.REFUSED, 1)


def test_a_filter_that_stops_the_question_is_a_refusal_of_this_question_alone():
    with ScriptedServer(fail(400, "filtered", code="content_filter"), default=say(GOOD)) as server:
        refused, next_one = make_backend(server).answer([make_ask(), make_ask()])

    assert (refused.why, refused.detail) == (Why.REFUSED, "400: filtered")
    assert next_one.parsed == PARSED


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (400, "This model's maximum context length is 4096 tokens. However, you requested 9000."),
        (413, "too big"),
        (400, "cannot identify image file"),
        (422, "pictures narrower than 28 pixels are not supported"),
    ],
)
def test_a_question_that_the_server_will_not_take_stops_no_other(status, message):
    with ScriptedServer(fail(status, message), default=say(GOOD)) as server:
        odd, next_one = make_backend(server).answer([make_ask(), make_ask()])

    assert (odd.parsed, odd.why, odd.attempts, odd.detail) == (None, Why.REJECTED, 1, f"{status}: {message}")
    assert next_one.parsed == PARSED


def test_a_server_that_takes_none_of_three_questions_stops_the_run():
    with ScriptedServer(default=fail(400, "no such model")) as server:
        replies = make_backend(server).answer_each([make_ask() for _ in range(9)])
        told = [next(replies)[1].why, next(replies)[1].why]
        with pytest.raises(JudgeUnavailable, match=f"{server.url}/chat/completions rejects the request with 400: no such model"):
            next(replies)

    assert told == [Why.REJECTED] * 2
    assert len(server.seen) == 3


def test_refusals_in_several_calls_of_one_backend_are_counted_together():
    with ScriptedServer(default=fail(400, "no such model")) as server:
        backend = make_backend(server)
        backend.answer([make_ask(), make_ask()])
        with pytest.raises(JudgeUnavailable, match="no such model"):
            backend.answer([make_ask()])


def test_quick_refusals_wait_for_the_reply_that_is_on_the_way():
    on_the_way = threading.Event()

    def answer(seen):
        if seen.prompt == "bad":
            on_the_way.wait(10)
            return fail(400, "cannot identify image file")(seen)
        on_the_way.set()
        return Answer(body=complete(GOOD).body, wait_s=0.3)

    with ScriptedServer(default=answer) as server:
        replies = make_backend(server, max_in_flight=4).answer([make_ask("bad"), make_ask("bad"), make_ask("bad"), make_ask("good")])

    assert [reply.why for reply in replies] == [Why.REJECTED] * 3 + [None]


def test_several_refused_side_by_side_stop_the_run():
    with ScriptedServer(default=fail(400, "no such model")) as server, pytest.raises(JudgeUnavailable, match="no such model"):
        make_backend(server, max_in_flight=4).answer([make_ask() for _ in range(40)])

    # Two are told, for each of which another one is asked.
    assert len(server.seen) <= 6


@pytest.mark.parametrize("first", [say(GOOD), fail(400, "filtered", code="content_filter")])
def test_a_server_that_took_one_question_may_refuse_any_number_after_it(first):
    with ScriptedServer(first, *[fail(400, "not like this")] * 5, default=say(GOOD)) as server:
        replies = make_backend(server).answer([make_ask() for _ in range(7)])

    assert [reply.why for reply in replies[1:6]] == [Why.REJECTED] * 5
    assert replies[6].parsed == PARSED


@pytest.mark.parametrize(
    ("status", "code", "advice"),
    [
        (401, None, "key_variable names (none is named)"),
        (402, None, "out of credit"),
        (403, None, "may not use this model"),
        (404, None, "Check base_url"),
        (302, None, "final address"),
        (429, "insufficient_quota", "out of credit"),
    ],
)
def test_what_no_retry_can_help_stops_the_run(status, code, advice):
    server = ScriptedServer(fail(status, "not like this", code=code), default=say(GOOD))
    with server, pytest.raises(JudgeUnavailable) as raised:
        make_backend(server).answer([make_ask(), make_ask()])

    assert len(server.seen) == 1
    assert advice in str(raised.value)
    assert f"{server.url}/chat/completions" in str(raised.value)
    assert "not like this" in str(raised.value)


def test_a_redirect_is_not_followed():
    server = ScriptedServer(send(b"", 307, Location="/v2/chat/completions"))
    with server, pytest.raises(JudgeUnavailable, match="final address"):
        make_backend(server).answer([make_ask()])

    assert [seen.path for seen in server.seen] == ["/v1/chat/completions"]


def test_the_replies_that_came_before_the_end_are_given():
    with ScriptedServer(say(GOOD), fail(401), default=say(GOOD)) as server:
        replies = make_backend(server).answer_each([make_ask() for _ in range(4)])
        number, first = next(replies)
        with pytest.raises(JudgeUnavailable):
            next(replies)

    assert (number, first.parsed) == (0, PARSED)
    assert len(server.seen) == 2


def test_the_replies_on_the_way_are_given_before_the_run_is_stopped():
    refused = threading.Event()

    def refuse_one_and_answer_the_other(seen):
        if seen.prompt == "refused":
            refused.set()
            return fail(401)(seen)
        refused.wait(20)
        return complete(GOOD)

    with ScriptedServer(default=refuse_one_and_answer_the_other) as server:
        replies = make_backend(server, max_in_flight=2).answer_each([make_ask("refused"), make_ask()])
        number, reply = next(replies)
        with pytest.raises(JudgeUnavailable):
            next(replies)

    assert (number, reply.parsed) == (1, PARSED)


def test_a_server_that_is_not_there_stops_the_run():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
        clock = FakeClock()

        with pytest.raises(JudgeUnavailable, match=f"{url}/chat/completions cannot be reached.*Is base_url right"):
            make_backend(url, clock).answer([make_ask(), make_ask()])

    # Four attempts have three waits between them.
    assert len(clock.waits) == 3


def test_a_server_that_goes_away_leaves_questions_unanswered(monkeypatch):
    send_once = wire.Wire._send
    with ScriptedServer(say(GOOD)) as server:
        backend = make_backend(server)

        def send_then_lose(own, body):
            if server.seen:
                raise httpx2.ConnectError("Connection refused")
            return send_once(own, body)

        monkeypatch.setattr(wire.Wire, "_send", send_then_lose)
        first, second = backend.answer([make_ask(), make_ask()])
        # Of the next call nothing was answered: the run is stopped, and no more questions are given up.
        with pytest.raises(JudgeUnavailable, match="cannot be reached"):
            backend.answer([make_ask()])

    assert first.parsed == PARSED
    assert (second.why, second.attempts) == (Why.UNAVAILABLE, 4)


def test_who_stops_reading_lets_nobody_wait_on():
    # The clock is the real one here: the second question would wait for a minute.
    def answer(seen):
        return complete(GOOD) if seen.prompt == "first" else fail(429, retry_after="60")(seen)

    with ScriptedServer(default=answer) as server:
        replies = make_backend(server, Clock(), max_in_flight=2).answer_each([make_ask("first"), make_ask("second")])
        assert next(replies)[0] == 0
        replies.close()
        waiting = [thread for thread in threading.enumerate() if thread.name.startswith("judge")]
        for thread in waiting:
            thread.join(20)

    assert not [thread for thread in waiting if thread.is_alive()]


def test_who_stops_reading_lets_no_reply_be_asked_for_again():
    # The second question is on the way when the reading stops; its reply then cannot be used, which would be worth two more requests.
    closed = threading.Event()

    def answer(seen):
        if seen.prompt == "first":
            return complete(GOOD)
        closed.wait(20)
        return complete("no")

    with ScriptedServer(default=answer) as server:
        replies = make_backend(server, max_in_flight=2).answer_each([make_ask("first"), make_ask("second"), make_ask("third")])
        assert next(replies)[0] == 0
        replies.close()
        closed.set()
        for thread in [thread for thread in threading.enumerate() if thread.name.startswith("judge")]:
            thread.join(20)

    assert sorted(seen.prompt for seen in server.seen) in (["first"], ["first", "second"])
