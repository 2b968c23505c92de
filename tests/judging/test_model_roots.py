"""Which weights judges may load: ids of Hugging Face, and folders that whoever runs the site has listed."""

from __future__ import annotations

import pytest

from judging.backends.base import JudgeUnavailable
from judging.backends.registry import check_backend
from judging.backends.transformers_vlm import TransformersBackend, TransformersConfig
from tests.judging.local_asks import encode, make_ask

pytestmark = pytest.mark.pure

ROOTS = "SERVIMAGE_MODEL_ROOTS"


@pytest.fixture(autouse=True)
def embedded_without_a_list(monkeypatch):
    for name in (ROOTS, "SERVIMAGE_ENV", "SERVIMAGE_ENV_FILE"):
        monkeypatch.delenv(name, raising=False)


def is_allowed(model):
    """Whether a judge may be made of this model; the only complaint is the one about where it lies."""
    try:
        check_backend("transformers", {"model": str(model)})
    except ValueError as error:
        if ROOTS not in str(error):
            raise
        return False
    return True


def test_a_folder_is_loaded_from_below_the_listed_ones_alone(monkeypatch, tmp_path):
    for name in ("models/vlm", "models-of-others/vlm"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "models" / "link").symlink_to(tmp_path / "models-of-others" / "vlm")
    monkeypatch.setenv(ROOTS, f"{tmp_path / 'nowhere'}:{tmp_path / 'models'}")

    assert is_allowed(tmp_path / "models" / "vlm")
    for name in ("models-of-others/vlm", "models/../models-of-others/vlm", "models/link", ""):
        assert not is_allowed(tmp_path / name)


def test_without_a_list_any_folder_is_loaded_when_embedded_and_none_in_production(monkeypatch, tmp_path):
    assert is_allowed(tmp_path)
    monkeypatch.setenv("SERVIMAGE_ENV", "production")

    assert not is_allowed(tmp_path)
    assert is_allowed("some-org/some-model")


@pytest.mark.parametrize(
    "model", ["gpt2", "org/name/more", "../name", "org/..", "/etc", "https://host/name", "org\\name", "org/na me", "a\0b"]
)
def test_what_is_neither_an_id_nor_a_listed_folder_is_refused(monkeypatch, tmp_path, model):
    monkeypatch.setenv(ROOTS, str(tmp_path))

    assert not is_allowed(model)


def test_a_folder_that_is_named_like_an_id_is_a_folder(monkeypatch, tmp_path):
    (tmp_path / "org" / "name").mkdir(parents=True)
    monkeypatch.setenv(ROOTS, str(tmp_path / "models"))
    monkeypatch.chdir(tmp_path)

    assert is_allowed("org/other")
    assert not is_allowed("org/name")


def test_the_worker_checks_again(monkeypatch, tmp_path):
    monkeypatch.setenv(ROOTS, str(tmp_path / "models"))
    backend = TransformersBackend(TransformersConfig(model=str(tmp_path)), encode)

    with pytest.raises(JudgeUnavailable, match=ROOTS):
        backend.answer([make_ask()])
