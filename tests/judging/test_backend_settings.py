"""Backends made by name, and what is said about wrong settings."""

from __future__ import annotations

import pytest

from judging.backends.config import read_config
from judging.backends.openai import OpenAIBackend
from judging.backends.openai_config import OpenAIConfig
from judging.backends.registry import check_backend, make_backend
from judging.rubrics.base import Limits

pytestmark = pytest.mark.pure

OPENAI = {"base_url": "http://127.0.0.1:8000/v1", "model": "judge-7b"}


def test_an_openai_backend_is_made_of_settings():
    backend = make_backend("openai", {**OPENAI, "pictures": 4, "side_px": 768, "temperature": 1})

    assert isinstance(backend, OpenAIBackend)
    assert backend.limits == Limits(pictures=4, side_px=768)


def test_settings_of_weights_are_checked_without_loading_any():
    assert check_backend("transformers", {"model": "org/some-vlm", "pictures": 2}).pictures == 2
    with pytest.raises(ValueError, match="batch is 0"):
        check_backend("transformers", {"model": "org/some-vlm", "batch": 0})


def test_an_unknown_backend_names_the_known_ones():
    with pytest.raises(ValueError, match=r"no backend 'gemini'; there are openai, replay, transformers"):
        make_backend("gemini", {})


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"max_in_fligth": 4}, "no setting max_in_fligth; there are base_url, .*max_in_flight"),
        ({"max_in_flight": "8"}, "max_in_flight is '8': input should be a valid integer"),
        ({"max_in_flight": True}, "max_in_flight is True: input should be a valid integer"),
        ({"max_in_flight": 0}, "max_in_flight is 0: input should be greater than or equal to 1"),
        ({"temperature": "hot"}, "temperature is 'hot': input should be a valid number"),
        ({"json_mode": "yaml"}, "json_mode is 'yaml': input should be 'schema', 'object' or 'none'"),
        ({"model": None}, "model is None: input should be a valid string"),
        ({"model": ""}, "model is '': string should have at least 1 character"),
        ({"price_in_usd": -1}, "price_in_usd is -1"),
        ({"timeout_s": 0}, "timeout_s is 0: input should be greater than 0"),
        ({"base_url": "ftp://127.0.0.1/v1"}, "base_url is 'ftp://127.0.0.1/v1'; it must be an http or https address"),
        ({"base_url": "127.0.0.1:8000"}, "must be an http or https address"),
        ({"base_url": "http://"}, "must be an http or https address"),
        ({"base_url": "http://127.0.0.1/v1?x=1"}, "has a query"),
        ({"base_url": "http://127.0.0.1/v1/chat/completions"}, "what stands before it"),
        ({"base_url": "http://[/v1"}, "base_url is 'http://"),
        ({"base_url": "http://127.0.0.1:port/v1"}, "base_url is 'http://127.0.0.1:port/v1'"),
        ({"model": {1}}, "cannot be kept as JSON"),
    ],
)
def test_a_wrong_setting_is_named_with_what_is_wanted(change, problem):
    with pytest.raises(ValueError, match=problem):
        check_backend("openai", {**OPENAI, **change})


def test_a_missing_setting_is_named():
    with pytest.raises(ValueError, match=r"base_url is missing\. model is missing\."):
        check_backend("openai", {})


@pytest.mark.parametrize(
    "change",
    [
        {"api_key": "4711secret"},
        {"apiKey": "4711secret"},
        {"client_secret": "4711secret"},
        {"access_token": "4711secret"},
        {"model": "sk-4711secret"},
        {"key_variable": "sk-4711secret"},
        {"key_variable": "4711secret"},
        {"note": "Bearer 4711secret"},
        {"model": "hf_4711secretABCDEFGHIJKLMNOPQ"},
        {"model": "ghp_4711secretABCDEFGHIJKLMNOPQ"},
        {"model": "gsk_4711secretABCDEFGHIJKLMNOPQ"},
        {"revision": "AIza4711secret-BCDEFGHIJKLMNOPQ"},
        {"revision": "xai-4711secretABCDEFGHIJKLMNOPQ"},
        {"revision": "key-4711secretabcdefghijklmnopq"},
        {"key_variable": "hf_4711secretABCDEFGHIJKLMNOPQ"},
        {"sk-4711secret": 1},
        {"base_url": "https://me:4711secret@127.0.0.1/v1"},
        {"base_url": "https://me:4711secret@[/v1"},
    ],
)
def test_a_key_among_the_settings_is_refused_and_not_repeated(change):
    with pytest.raises(ValueError, match=r"key|password") as raised:
        check_backend("openai", {**OPENAI, **change})

    assert "4711secret" not in str(raised.value)
    assert raised.value.__cause__ is None


def test_settings_are_read_into_the_fields_they_are_for():
    config = read_config(OpenAIConfig, {**OPENAI, "seed": None, "requests_per_minute": 90, "key_variable": "JUDGE_KEY"})

    assert config == OpenAIConfig(**OPENAI, seed=None, requests_per_minute=90, key_variable="JUDGE_KEY")


@pytest.mark.parametrize("name", ["xai-org/grok-vision-something-large", "key-visuals-of-the-campaign", "hf_judge"])
def test_a_name_that_begins_like_a_key_is_none(name):
    assert check_backend("openai", {**OPENAI, "model": name}).model == name
