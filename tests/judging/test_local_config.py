"""What the backend `transformers` is without its model: its configuration, its groups, and what it says where torch is not installed."""

import importlib.util
import subprocess
import sys

import pytest
from django.conf import settings

from judging.backends.base import JudgeUnavailable
from judging.backends.local.groups import group_asks
from judging.backends.transformers_vlm import TransformersBackend, TransformersConfig
from tests.judging.local_asks import encode, make_ask

pytestmark = pytest.mark.pure


def test_importing_the_backend_loads_no_torch():
    program = "import judging.backends.transformers_vlm, sys; print({'torch', 'transformers'} & set(sys.modules))"

    result = subprocess.run([sys.executable, "-c", program], cwd=settings.BASE_DIR, capture_output=True, text=True, check=True)

    assert result.stdout.strip() == "set()"


def test_without_torch_the_judge_is_unavailable_and_says_what_to_do(monkeypatch):
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *rest: None if name == "torch" else find_spec(name, *rest))
    backend = TransformersBackend(TransformersConfig(model="somewhere/some-model"), encode)

    with pytest.raises(JudgeUnavailable, match=r"torch.* not installed.*docs/local_models\.md"):
        backend.answer([make_ask()])


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"model": ""}, "model is empty"),
        ({"device": "tpu"}, "device is 'tpu'"),
        ({"dtype": "int8"}, "dtype is 'int8'"),
        ({"way": "twice"}, "way is 'twice'"),
        ({"batch": 0}, "batch is 0"),
        ({"pictures": 0}, "pictures is 0"),
        ({"side_px": 0}, "side_px is 0"),
        ({"temperature": -1.0}, r"temperature is -1\.0"),
    ],
)
def test_a_configuration_that_cannot_be_is_refused(fields, says):
    with pytest.raises(ValueError, match=says):
        TransformersConfig(**{"model": "some/model"} | fields)


def test_the_limits_are_those_of_the_configuration():
    backend = TransformersBackend(TransformersConfig(model="some/model", pictures=3, side_px=512), encode)

    assert (backend.limits.pictures, backend.limits.side_px) == (3, 512)


def test_questions_are_grouped_by_system_prompt_and_pictures_in_their_order():
    asks = [
        make_ask("a", "red", "blue"),
        make_ask("b", "blue", "red"),
        make_ask("c", "red", "blue"),
        make_ask("d", "red", "blue", system="Another."),
        make_ask("e", "red", "blue", layout="sheet"),
        make_ask("f", "red", "blue", side_px=32),
        make_ask("g", "red", "blue"),
        make_ask("h"),
    ]

    assert group_asks(asks) == [[0, 2, 6], [1], [3], [4], [5], [7]]
