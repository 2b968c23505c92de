"""The first-day test of a checkpoint, on the tiny one and on some that are broken."""

import json

import pytest
import torch
from django.core.management import CommandError, call_command

from modeling.net import check
from modeling.net.backbones.tiny import build_tiny
from modeling.net.check import check_backbone
from modeling.net.config import BackboneConfig
from modeling.net.finding import check_shape

pytestmark = pytest.mark.pure
torch.set_num_threads(1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return build_tiny(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(autouse=True)
def few_rows(monkeypatch):
    monkeypatch.setattr(check, "ROWS", 2)
    monkeypatch.setattr(check, "NEW_TOKENS", 4)


def change_config(folder, **values):
    file = folder / "config.json"
    known = json.loads(file.read_text())
    for part, changed in values.items():
        known[part] |= changed
    file.write_text(json.dumps(known))


def find(folder):
    return {finding.what: finding for finding in check_backbone(BackboneConfig(kind="qwen3-vl", path_or_id=str(folder)), "cpu")}


def test_a_sound_checkpoint_passes_everything(folder, capsys):
    call_command("check_backbone", str(folder), "--device", "cpu", "--json")

    findings = {line["what"]: line for line in map(json.loads, capsys.readouterr().out.splitlines())}
    assert {finding["verdict"] for finding in findings.values()} == {"ok", "note"}
    assert [what for what, finding in findings.items() if finding["verdict"] == "note"] == ["known shape"]
    assert findings["one question"]["found"].startswith("4 tokens in ")
    # 26 layers of two tensors; 16 and 8 times (inputs + outputs) of them: 0.094 and 0.047 million.
    assert findings["two steps of concepts"]["found"] == "52 tensors, 0.09 million weights"
    assert findings["two steps of decision"]["found"] == "52 tensors, 0.05 million weights"
    assert findings["saved and loaded"]["found"] == "greatest difference 0"
    assert {"speed of training", "speed of representations", "most memory"} <= set(findings)


def test_parts_that_do_not_fit_together_fail(tmp_path):
    folder = build_tiny(tmp_path)
    change_config(folder, vision_config={"out_hidden_size": 96})

    findings = find(folder)

    assert list(findings)[-1] == "width of the vision tower's output"
    assert findings["width of the vision tower's output"].verdict == "fails"


def test_a_picture_token_of_another_number_fails(tmp_path):
    folder = build_tiny(tmp_path)
    known = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(known | {"image_token_id": known["image_token_id"] - 1}))

    failed = [finding for finding in find(folder).values() if finding.verdict == "fails"]

    assert [finding.what for finding in failed] == ["loading"]
    assert "image" in failed[0].found.lower()


def test_a_step_that_moves_the_frozen_weights_is_found(folder, monkeypatch):
    whole = check.train_step

    def careless(backbone, *arguments):
        with torch.no_grad():
            backbone.model.visual.pos_embed.weight.mul_(1.01)
        return whole(backbone, *arguments)

    monkeypatch.setattr(check, "train_step", careless)

    findings = find(folder)

    assert findings["two steps of concepts"].found == "the frozen weights moved"
    assert list(findings)[-1] == "two steps of concepts"


def test_the_command_fails_in_words(folder, tmp_path):
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "llama"}))

    with pytest.raises(CommandError, match=r"a?llama; qwen3_vl is wanted.*docs/gpu\.md"):
        call_command("check_backbone", str(tmp_path))
    with pytest.raises(CommandError, match="configuration"):
        call_command("check_backbone", str(tmp_path / "nothing"))
    with pytest.raises(CommandError, match="Name a folder"):
        call_command("check_backbone")
    with pytest.raises(CommandError, match="torch sees no GPU"):
        call_command("check_backbone", str(folder), "--device", "cuda")


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU: --random-4b would build 9 GB of weights")
def test_random_weights_of_the_real_shape_need_a_gpu():
    with pytest.raises(CommandError, match=r"Nothing was checked.*need a GPU"):
        call_command("check_backbone", "--random-4b")


def test_a_known_shape_that_differs_is_a_note():
    from transformers import Qwen3VLConfig

    from modeling.net.shapes import TEXT_OF_4B, VISION_OF_4B

    same = Qwen3VLConfig(text_config=dict(TEXT_OF_4B), vision_config=dict(VISION_OF_4B))
    other = Qwen3VLConfig(text_config={**TEXT_OF_4B, "num_hidden_layers": 35}, vision_config=dict(VISION_OF_4B))

    known, odd = (list(check_shape(shape))[-1] for shape in (same, other))

    assert (known.verdict, known.found) == ("ok", "Qwen3-VL-4B; all as noted")
    assert (odd.verdict, odd.found) == ("note", "Qwen3-VL-4B; num_hidden_layers is 35 and not 36")
