"""Every rubric that asks a model, through a real HTTP server that replies with made values: the path, not the quality of any judge."""

from __future__ import annotations

import pytest

from judging.rubrics.base import Ask
from judging.rubrics.registry import RUBRICS, get_rubric
from tests.judging.backend_asks import make_backend
from tests.judging.scripted_server import ScriptedServer
from tests.judging.shown import make_material, make_shown

pytestmark = pytest.mark.pure

ASKING = [name for name in RUBRICS if get_rubric(name).asks_model]
POINTS = tuple(f"The poster shows thing {number}, 第 {number} 项" for number in range(1, 49))


@pytest.mark.parametrize("json_mode", ["schema", "none"])
@pytest.mark.parametrize("name", ASKING)
@pytest.mark.parametrize(
    "material",
    [
        make_material(1),
        make_material(3, references=(make_shown("blue"),)),
        make_material(1, is_editing=True, sources=(make_shown("green"),)),
        make_material(23, points=POINTS),
    ],
    ids=["one", "set", "edit", "large"],
)
def test_every_question_of_every_rubric_is_answered_and_scored(name, material, json_mode):
    rubric = get_rubric(name)
    with ScriptedServer() as server:
        backend = make_backend(server, json_mode=json_mode, max_in_flight=4, pictures=8)
        asks = [ask for ask in rubric.ask(material, backend.limits) if isinstance(ask, Ask)]
        replies = backend.answer(asks)

    units = {(ask.part, ask.sample): [] for ask in asks}
    for ask, reply in zip(asks, replies, strict=True):
        units[ask.part, ask.sample].append(reply.parsed)
    values = [value for (part, sample), outcomes in units.items() for value in rubric.score(material, part, sample, outcomes)]
    assert asks
    assert [(reply.why, reply.detail, reply.attempts) for reply in replies] == [(None, "", 1)] * len(asks)
    assert max(len(seen.images) for seen in server.seen) <= 8
    assert all(value.value is not None or value.why is not None for value in values)
    assert any(value.value is not None for value in values)
