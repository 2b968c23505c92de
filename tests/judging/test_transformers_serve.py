"""The backend `openai` against `transformers serve`, a real server that is not ours, with a model that knows nothing."""

import json
import urllib.request

import pytest

from tests.judging.served import list_missing, serve

if missing := list_missing():
    pytest.skip(f"needs {', '.join(missing)} (docs/backends.md)", allow_module_level=True)

import torch

from judging.backends.base import JudgeUnavailable
from judging.models import Call, Score
from judging.rubrics.base import Why
from tests.judging.backend_asks import make_ask, make_backend, make_picture
from tests.judging.making import judge_all, make_judged_project, make_server_judge
from tests.judging.tiny_llava import build_tiny_llava

# What a reply may lack that was made of random weights.
NO_SCORE = {Why.NO_JSON, Why.CUT_OFF, Why.WRONG_SHAPE}
MOST_TOKENS = 300  # of pay_direct
PICTURES = (make_picture("red", side=200), make_picture("blue"))


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """An untrained model that is served; afterwards nobody listens there any more."""
    with torch.random.fork_rng():
        folder = build_tiny_llava(tmp_path_factory.mktemp("served") / "tiny-llava")
    end_often(folder)
    with serve(folder) as server:
        yield server
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(server.url, timeout=5)


def end_often(folder):
    """Let one of 16 tokens end a reply, so that some replies end by themselves, before the limit."""
    file = folder / "generation_config.json"
    config = json.loads(file.read_text())
    file.write_text(json.dumps({**config, "eos_token_id": list(range(config["eos_token_id"], 600, 16))}))


def ask_once(served, **config):
    """The reply to a question of a few tokens about two pictures."""
    backend = make_backend(served.url, model=served.model, **config)
    (reply,) = backend.answer([make_ask("How good are they?", PICTURES, max_tokens=24)])
    backend.close()
    return reply


@pytest.mark.django_db
@pytest.mark.once
def test_a_run_ends_with_every_reply_kept_and_no_score_made_up(served):
    project, bundles = make_judged_project((1, 1))
    judge = make_server_judge(project, served.url, "pay_direct", model=served.model, max_in_flight=2)

    run = judge_all(judge)

    calls, scores = list(Call.objects.filter(run=run)), list(Score.objects.current().filter(judge=judge))
    assert (run.state, run.calls, run.unusable, run.bundles_done, run.failures) == ("done", 2, 2, 2, 0)
    assert {call.candidate_id for call in calls} == {row.pk for bundle in bundles for row in bundle.candidates.all()}
    assert all(call.parsed is None and call.why in NO_SCORE and call.detail for call in calls)
    # Asked, and asked again twice: what came is kept as it came.
    assert all(call.attempts == 3 and len(call.earlier) == 2 for call in calls)
    assert any(call.reply for call in calls)
    assert {(score.concept, score.value) for score in scores} == {("p_accept", None)}
    assert sorted(score.why for score in scores) == sorted(call.why for call in calls)


@pytest.mark.django_db
@pytest.mark.once
def test_what_the_server_says_of_itself_stands_with_each_call(served):
    project, _bundles = make_judged_project((1,))
    judge = make_server_judge(project, served.url, "pay_direct", model=served.model, price_in_usd=1, price_out_usd=2)

    run = judge_all(judge)

    call = Call.objects.get(run=run)
    assert (call.model, call.revision) == ("tiny-llava@main", "")
    assert call.tokens_in > 3 * 200
    assert 3 <= call.tokens_out <= 3 * MOST_TOKENS
    assert float(call.cost_usd) == pytest.approx((call.tokens_in + 2 * call.tokens_out) / 1e6)
    assert call.sampling == {"temperature": 0, "seed": 0, "max_tokens": MOST_TOKENS, "json_mode": "schema"}
    assert call.latency_ms > 0
    assert (run.tokens_in, run.tokens_out) == (call.tokens_in, call.tokens_out)


@pytest.mark.pure
def test_the_pictures_and_all_words_reach_the_model(served):
    """A picture is four tokens to it, and the schema is told in words where that is asked for."""
    alone, told = ask_once(served), ask_once(served, json_mode="none")
    backend = make_backend(served.url, model=served.model)
    (without,) = backend.answer([make_ask("How good are they?", max_tokens=24)])
    backend.close()

    # Three attempts each, with the same words in the first one and what was wrong with the last reply in the other two.
    assert alone.attempts == without.attempts == told.attempts == 3
    assert alone.text != without.text
    assert alone.tokens_in > without.tokens_in
    assert told.tokens_in > alone.tokens_in


@pytest.mark.pure
def test_the_server_takes_a_format_and_does_not_keep_to_it(served):
    """So `json_mode` is to be `none` with it: what is said in docs/backends.md."""
    replies = {mode: ask_once(served, json_mode=mode) for mode in ("schema", "object", "none")}

    assert {mode: reply.sampling["json_mode"] for mode, reply in replies.items()} == {mode: mode for mode in replies}
    assert all(reply.why in NO_SCORE for reply in replies.values())


@pytest.mark.pure
def test_the_same_seed_gives_the_same_words_and_another_gives_others(served):
    first, again, other, likeliest = (
        ask_once(served, seed=seed, temperature=temperature) for seed, temperature in ((1, 1.0), (1, 1.0), (2, 1.0), (2, 0.0))
    )

    assert (first.raw, first.text) == (again.raw, again.text)
    assert other.raw != first.raw
    assert likeliest.raw == ask_once(served, seed=1, temperature=0.0).raw


@pytest.mark.pure
def test_a_model_it_does_not_serve_stops_the_batch_with_its_own_words(served):
    backend = make_backend(served.url, model="another-model")
    asks = [make_ask(f"How good is it? {number}", PICTURES) for number in range(5)]

    with pytest.raises(JudgeUnavailable, match=r"400: Server is pinned to 'tiny-llava'; requested 'another-model'"):
        backend.answer(asks)
    backend.close()
