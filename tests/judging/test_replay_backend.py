"""The backend `replay`, and the format of stored replies."""

from __future__ import annotations

import io
import json

import pytest

from judging.backends import replay as replay_module
from judging.backends.base import JudgeUnavailable
from judging.backends.registry import make_backend
from judging.backends.replay import ReplayBackend, ReplayConfig
from judging.backends.stored_replies import RepliesProblem, read_replies, write_reply_line
from judging.rubrics.base import Limits, Why
from tests.judging.backend_asks import GOOD, make_ask, make_picture

pytestmark = pytest.mark.pure

PLACE = {"generator": "flux", "task_id": "digital-1", "deliverable": 2, "part": "clarity"}


def line(**fields):
    return json.dumps({**PLACE, "reply": GOOD, **fields}) + "\n"


def replay(*lines, name_of=lambda ask: {"generator": "flux", "task_id": "digital-1", "deliverable": 2}, **config):
    return ReplayBackend(read_replies(lines), ReplayConfig(file="unused.jsonl", **config), name_of)


def test_a_stored_reply_is_found_by_its_place():
    reply = replay(line(model="gpt-4o")).answer([make_ask()])[0]

    assert (reply.text, reply.parsed, reply.why) == (GOOD, {"scores": [4.0, 3.5], "reason": "Sharp."}, None)
    # Nobody was asked, and nothing was paid.
    assert (reply.model, reply.attempts, reply.tokens_in, reply.cost_usd) == ("gpt-4o", 0, None, None)


@pytest.mark.parametrize(
    "other",
    [
        {"generator": "sdxl"},
        {"generator": None},
        {"task_id": "digital-2"},
        {"deliverable": 1},
        {"sample": 2},
        {"part": "realism"},
        {"chunk": 2},
    ],
)
def test_a_reply_for_another_place_is_not_taken(other):
    reply = replay(line(**other)).answer([make_ask()])[0]

    assert (reply.parsed, reply.why, reply.text) == (None, Why.NO_REPLY_STORED, "")


def test_parts_of_a_bundle_have_no_deliverable():
    backend = replay(
        line(deliverable=None, part="cns_set", chunk=2),
        name_of=lambda ask: {"generator": "flux", "task_id": "digital-1", "deliverable": None},
    )

    assert backend.answer([make_ask(part="cns_set", sample=None, chunk=2, chunks=2)])[0].parsed


def test_what_is_asked_about_a_task_alone_has_no_generator():
    backend = replay(line(generator=None, deliverable=None, part="rules"), name_of=lambda ask: {"task_id": "digital-1"})

    assert backend.answer([make_ask(part="rules", sample=None)])[0].parsed


def test_the_digest_of_a_question_goes_before_its_place():
    asked = make_ask(pictures=(make_picture(),))
    exact = json.dumps({"digest": asked.digest, "reply": GOOD, "model": "exact"})

    assert replay(line(model="by place"), exact).answer([asked])[0].model == "exact"
    assert replay(exact, name_of=None).answer([asked, make_ask("another")])[1].why == Why.NO_REPLY_STORED


def test_a_stored_reply_that_is_unusable_has_its_reason():
    reply = replay(line(reply="no"), model="gpt-4o", revision="2024-08").answer([make_ask()])[0]

    assert (reply.text, reply.parsed, reply.why) == ("no", None, Why.NO_JSON)
    assert (reply.model, reply.revision) == ("gpt-4o", "2024-08")


def test_what_is_written_reads_back():
    digest = make_ask().digest
    texts = [GOOD, "两行\n文字 \u2028", ""]
    lines = [write_reply_line(text, digest=digest, place={**PLACE, "chunk": number}, model="m") for number, text in enumerate(texts, 1)]

    with pytest.raises(RepliesProblem, match="Line 2: another reply to the question of line 1"):
        read_replies(lines)
    read = replay(*[write_reply_line(text, place={**PLACE, "chunk": number}) for number, text in enumerate(texts, 1)])
    assert all(text.count("\n") == 1 for text in lines)
    assert [reply.text for reply in read.answer([make_ask(chunk=number, chunks=3) for number in (1, 2, 3)])] == texts


def test_a_line_without_a_question_is_not_written():
    with pytest.raises(ValueError, match="task_id and part, or digest"):
        write_reply_line(GOOD, place={"generator": "flux"})


def test_the_same_line_twice_is_one_reply():
    assert len(read_replies([line(), "\n", line()])) == 1


def test_bytes_and_a_byte_order_mark_are_read():
    assert len(read_replies(io.BytesIO(b"\xef\xbb\xbf" + line().encode()))) == 1
    assert len(read_replies(["\ufeff" + line()])) == 1


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{", "Line 2: Invalid JSON"),
        ("[]", "Line 2: .*object"),
        (json.dumps({"reply": GOOD}), "Line 2: it needs task_id and part, or digest"),
        (json.dumps({**PLACE}), "Line 2: reply: Field required"),
        (line(deliverable=0), "Line 2: deliverable: .*greater than or equal to 1"),
        (line(deliverable="2"), "Line 2: deliverable: .*integer"),
        (line(digest="abc"), "Line 2: digest"),
        (line(scores=[1]), "Line 2: scores: Extra inputs are not permitted"),
        (line(reply="other"), "Line 2: another reply to the question of line 1. Keep one of the two."),
        (line(model="other"), "Line 2: another reply"),
    ],
)
def test_a_wrong_line_is_named(text, problem):
    with pytest.raises(RepliesProblem, match=problem) as raised:
        read_replies([line(), text])

    assert raised.value.line == 2


def test_a_replay_is_made_of_a_file(tmp_path):
    file = tmp_path / "replies.jsonl"
    file.write_text(line(), encoding="utf-8")

    backend = make_backend("replay", {"file": str(file), "pictures": 3, "side_px": 512}, name_of=lambda ask: PLACE)

    assert backend.limits == Limits(pictures=3, side_px=512)
    assert [(number, reply.why) for number, reply in backend.answer_each([make_ask()])] == [(0, None)]


@pytest.mark.parametrize("content", [None, "{\n", "\u00ff".encode("latin-1")])
def test_a_file_that_cannot_be_read_stops_the_run(tmp_path, content):
    file = tmp_path / "replies.jsonl"
    if content:
        file.write_bytes(content if isinstance(content, bytes) else content.encode())

    with pytest.raises(JudgeUnavailable, match=r"replies\.jsonl cannot be read"):
        make_backend("replay", {"file": str(file)})


def count_reads(monkeypatch):
    """The files that are read from now on."""
    read, files = replay_module.read_replies, []
    monkeypatch.setattr(replay_module, "read_replies", lambda lines: files.append(lines.name) or read(lines))
    replay_module.read_file.cache_clear()
    return files


def test_a_file_is_read_once_for_all_batches_and_again_when_it_changes(tmp_path, monkeypatch):
    file, reads = tmp_path / "replies.jsonl", count_reads(monkeypatch)
    file.write_text(line(), encoding="utf-8")

    first = [make_backend("replay", {"file": str(file)}, lambda ask: PLACE).answer([make_ask()])[0] for _batch in range(3)]
    file.write_text(line(model="another"), encoding="utf-8")
    after = make_backend("replay", {"file": str(file)}, lambda ask: PLACE).answer([make_ask()])[0]

    assert len(reads) == 2
    assert [reply.model for reply in (*first, after)] == ["", "", "", "another"]


def test_the_replies_of_no_more_than_two_files_are_kept(tmp_path, monkeypatch):
    reads = count_reads(monkeypatch)
    files = [tmp_path / f"{number}.jsonl" for number in range(3)]
    for file in files:
        file.write_text(line(), encoding="utf-8")
        make_backend("replay", {"file": str(file)})

    make_backend("replay", {"file": str(files[2])})
    make_backend("replay", {"file": str(files[0])})

    assert reads == [str(files[number]) for number in (0, 1, 2, 0)]


def test_the_worker_reads_from_below_the_folders_of_imports_alone(tmp_path, monkeypatch):
    for name in ("in", "out"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "replies.jsonl").write_text(line(), encoding="utf-8")
    (tmp_path / "in" / "link.jsonl").symlink_to(tmp_path / "out" / "replies.jsonl")
    monkeypatch.setenv("SERVIMAGE_IMPORT_ROOTS", str(tmp_path / "in"))

    assert make_backend("replay", {"file": str(tmp_path / "in" / "replies.jsonl")}).answer([make_ask()])
    for name in ("out/replies.jsonl", "in/../out/replies.jsonl", "in/link.jsonl"):
        with pytest.raises(JudgeUnavailable, match="lie in no folder of SERVIMAGE_IMPORT_ROOTS"):
            make_backend("replay", {"file": str(tmp_path / name)})


def test_in_production_no_file_is_read_until_folders_are_listed(tmp_path, monkeypatch):
    (tmp_path / "replies.jsonl").write_text(line(), encoding="utf-8")
    monkeypatch.setenv("SERVIMAGE_ENV", "production")

    with pytest.raises(JudgeUnavailable, match="SERVIMAGE_IMPORT_ROOTS"):
        make_backend("replay", {"file": str(tmp_path / "replies.jsonl")})
