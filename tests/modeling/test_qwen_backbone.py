"""The backbone of vision-language models, on the tiny one."""

import json
import time
from dataclasses import replace

import pytest
import torch

from modeling.net.backbones.qwen import QwenBackbone
from modeling.net.backbones.tiny import build_tiny
from modeling.net.base_weights import hash_all
from modeling.net.check import VIEWS
from modeling.net.checkpoint import Parts, write_parts
from modeling.net.config import BackboneConfig, LoraConfig, make_tiny
from modeling.net.drawn import draw_example
from modeling.net.memory import estimate_bytes
from modeling.net.pooling import Pool
from modeling.net.records import PictureMissing
from modeling.net.sources import Sources
from tests.modeling.test_adapters import see, take_step
from tests.modeling.tiny_backbone import EMPTY, LORA, ROWS, make_tiny_backbone, measure

pytestmark = pytest.mark.pure


def test_tiny_is_built_in_a_moment_and_the_same_each_time(tmp_path):
    began = time.process_time()
    first = build_tiny(tmp_path / "first")
    took = time.process_time() - began

    assert took < 1
    assert hash_all(first) == hash_all(build_tiny(tmp_path / "again")) != hash_all(build_tiny(tmp_path / "other", seed=1))
    # 0.53 million: 0.20 in the tower with its patches and places, 0.16 in two mergers, 0.07 of tokens, 0.10 in two layers.
    assert sum(item.numel() for item in make_tiny_backbone().model.parameters()) == 527_552


def test_padded_rows_are_what_they_are_alone():
    backbone = make_tiny_backbone()
    take_step(backbone, "concepts")
    lengths = [len(backbone.processor.read(draw_example(row)).ids) for row in range(ROWS)]

    with torch.no_grad():
        together = backbone.encode(range(ROWS), "concepts")
        alone = torch.cat([backbone.encode([row], "concepts") for row in range(ROWS)])

    assert len(set(lengths)) > 2
    assert torch.allclose(together, alone, atol=2e-5)


def test_recomputed_gradients_are_the_plain_ones_to_the_bit():
    found = {}
    for checkpointing in ("off", "on"):
        backbone = make_tiny_backbone(checkpointing=checkpointing)
        take_step(backbone, "concepts")
        parameters = [item for item in backbone.model.parameters() if item.requires_grad]
        backbone.train(True)
        found[checkpointing] = torch.autograd.grad(backbone.encode(range(3), "concepts").square().sum(), parameters)

    # All 52, those of the vision tower among them.
    assert len(found["on"]) == 52
    assert all(gradient.abs().sum() > 0 for gradient in found["on"])
    assert all(torch.equal(one, other) for one, other in zip(found["off"], found["on"], strict=True))


def test_batches_are_recomputed_where_they_would_not_fit(monkeypatch):
    backbone = make_tiny_backbone()
    backbone.begin("concepts", seed=0)
    backbone.train(True)
    calls = []
    block = backbone.model.visual.blocks[0]
    block.register_forward_pre_hook(lambda *_: calls.append(block.gradient_checkpointing))
    few, many = backbone.collate([0]), backbone.collate([0, 1, 2, 3])
    weight = backbone.checkpointing

    weight.limit = (few.tokens + 1) * weight.per_token + len(few.pixels) * weight.per_patch
    backbone.encode([0], "concepts")
    backbone.encode([0, 1, 2, 3], "concepts")

    assert many.tokens > few.tokens
    assert calls == [False, True]


def test_memory_of_a_token_is_estimated_as_worked_out():
    from transformers import Qwen3VLConfig

    from modeling.net.shapes import TEXT_OF_4B, VISION_OF_4B, count_work

    config = Qwen3VLConfig(text_config=dict(TEXT_OF_4B), vision_config=dict(VISION_OF_4B))

    # 36 x (2 x (8 x 2560 + 4 x (4096 + 1024) + 4 x 9728) + 3 x (5 x 2560 + 4096 + 9728)) bytes: 8.6 MB.
    assert estimate_bytes(config, 2)[0] == 36 * (2 * 79_872 + 3 * 26_624) == 8_626_176
    # Per layer 2 x 2560 x 4096 (queries, output) + 2 x 2560 x 1024 (keys, values) + 3 x 2560 x 9728; twice that per token forward.
    assert count_work(config).per_token == 36 * (20_971_520 + 5_242_880 + 74_711_040) == 3_633_315_840
    assert count_work(config).training(1000, 0) == 4 * 1000 * 3_633_315_840


def test_what_is_saved_and_loaded_gives_the_same_bits(tmp_path):
    backbone = make_tiny_backbone()
    for seed, view in enumerate(VIEWS):
        take_step(backbone, view, seed=seed)
    backbone.save(tmp_path)

    loaded = make_tiny_backbone(folder=tmp_path)
    for view in VIEWS:
        loaded.restore(view, backbone.tensors(view))

    for view in VIEWS:
        assert torch.equal(see(loaded, view), see(backbone, view))
    assert not torch.equal(see(loaded, "concepts"), see(loaded, "decision"))


def test_a_model_keeps_the_adapters_it_looks_through_and_no_others(tmp_path):
    backbone = make_tiny_backbone()
    for view in VIEWS:
        backbone.begin(view, seed=0)
    backbone.save(tmp_path)

    write_parts(tmp_path, Parts(config=make_tiny(), backbone=backbone, fusion="concat"))

    assert sorted(file.name for file in (tmp_path / "adapters" / "concepts").iterdir()) == [
        "adapter_config.json",
        "adapter_model.safetensors",
    ]
    assert not (tmp_path / "adapters" / "decision").exists()


def test_after_loading_training_can_go_on(tmp_path):
    backbone = make_tiny_backbone()
    take_step(backbone, "concepts")
    tensors = {name: tensor.clone() for name, tensor in backbone.tensors("concepts").items()}

    parameters = backbone.begin("concepts", seed=3)
    backbone.restore("concepts", tensors)
    backbone.encode(range(3), "concepts").square().sum().backward()

    assert all(parameter.requires_grad for parameter in parameters)
    assert all(parameter.grad is not None for parameter in parameters)


def test_a_base_that_was_changed_is_refused(tmp_path):
    make_tiny_backbone().save(tmp_path)
    file = tmp_path / "base" / "preprocessor_config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"image_mean": [0.4, 0.5, 0.5]}))

    with pytest.raises(ValueError, match="was trained on the base sha256:"):
        make_tiny_backbone(folder=tmp_path)


def test_a_checkpoint_is_named_without_its_path(tmp_path):
    folder = build_tiny(tmp_path / "somewhere" / "my-qwen")
    config = BackboneConfig(kind="qwen3-vl", path_or_id=str(folder))

    backbone = QwenBackbone(config, {"concepts": LORA, "decision": EMPTY}, sources=Sources(features=measure), device="cpu")
    backbone.save(tmp_path / "saved")

    assert backbone.name == "qwen3-vl my-qwen"
    assert str(tmp_path) not in (tmp_path / "saved" / "backbone.json").read_text()
    # Published weights stay where they are; only a tiny base travels with the model.
    assert not (tmp_path / "saved" / "base").exists()


def test_what_is_no_checkpoint_is_refused_in_words(tmp_path):
    def load(place):
        config = BackboneConfig(kind="qwen3-vl", path_or_id=place)
        return QwenBackbone(config, {"concepts": LORA, "decision": LORA}, sources=Sources(features=measure), device="cpu")

    with pytest.raises(ValueError, match="there is no folder"):
        load(str(tmp_path / "none"))
    with pytest.raises(ValueError, match=r"no config\.json"):
        load(str(tmp_path))
    with pytest.raises(ValueError, match="path_or_id is empty"):
        load("")


def test_weights_that_are_missing_are_refused(tmp_path):
    from safetensors.torch import load_file, save_file

    folder = build_tiny(tmp_path)
    tensors = load_file(folder / "model.safetensors")
    del tensors["model.visual.merger.linear_fc1.weight"]
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})

    with pytest.raises(ValueError, match=r"lack 1 weights, visual\.merger\.linear_fc1\.weight"):
        QwenBackbone(
            BackboneConfig(kind="qwen3-vl", path_or_id=str(folder)),
            {"concepts": LORA, "decision": LORA},
            sources=Sources(features=measure),
            device="cpu",
        )


def test_representations_of_training_rows_are_centred_and_scaled():
    seen = see(make_tiny_backbone(rows=3), "decision")

    spread = seen.std(dim=0, correction=0)
    assert torch.allclose(seen.mean(dim=0), torch.zeros(256), atol=1e-4)
    # But for columns that hardly differ between these rows: they are not made large.
    assert ((spread - 1).abs() < 0.01).float().mean() > 0.98
    assert spread.max() < 1.01


def test_without_adapters_nothing_is_trained_and_each_row_is_seen_once():
    backbone = make_tiny_backbone(concepts=EMPTY, decision=EMPTY)
    passes = []
    backbone.model.register_forward_hook(lambda *_: passes.append(1))

    first = backbone.encode([0, 1, 2], "concepts")
    again = backbone.encode([2, 0, 0], "decision")

    assert not backbone.has_adapters
    assert backbone.begin("concepts", seed=0) == []
    assert len(passes) == 1
    assert torch.equal(again, first[[2, 0, 0]])
    assert not first.requires_grad


def test_without_the_picture_only_the_text_is_seen():
    backbone = make_tiny_backbone(has_picture=False)
    moved = make_tiny_backbone(has_picture=False)
    moved.attach([replace(draw_example(row), picture=draw_example(row + 9).picture) for row in range(ROWS)])

    assert torch.equal(see(backbone, "concepts"), see(moved, "concepts"))
    assert torch.equal(see(backbone, "concepts")[:, :64], torch.zeros(3, 64))


def test_in_bfloat16_adapters_stay_in_float32_and_learn():
    backbone = make_tiny_backbone(dtype="bfloat16", concepts=LoraConfig())

    parameters = take_step(backbone, "concepts")

    assert backbone.model.visual.blocks[0].attn.qkv.weight.dtype == torch.bfloat16
    assert {parameter.dtype for parameter in parameters} == {torch.float32}
    assert see(backbone, "concepts").dtype == torch.float32
    assert torch.isfinite(see(backbone, "concepts")).all()


def test_a_picture_that_is_gone_or_damaged_is_lost():
    whole, gone, cut, other = (draw_example(row) for row in range(4))
    data = cut.picture.read()

    def read_nothing():
        raise PictureMissing("gone")

    backbone = make_tiny_backbone()
    backbone.attach(
        [
            whole,
            replace(gone, picture=replace(gone.picture, read=read_nothing)),
            replace(cut, picture=replace(cut.picture, read=lambda: data[: len(data) // 2])),
            replace(other, picture=replace(other.picture, read=lambda: b"no picture")),
        ]
    )

    assert backbone.lost() == [1, 2, 3]


def test_pooling_looks_at_four_places():
    pool = Pool(2)
    hidden = torch.tensor([[[9.0, 9.0], [1.0, 0.0], [3.0, 0.0], [0.0, 4.0], [0.0, 2.0], [7.0, 7.0]]])
    picture = torch.tensor([[False, True, True, False, False, False]])
    text = torch.tensor([[False, False, False, True, True, False]])

    pooled = pool(hidden, picture, text, torch.tensor([4]))

    # The picture (1 + 3) / 2; the last token; the text (4 + 2) / 2; by a query of zero the mean from the picture to the last token.
    assert pooled.tolist() == [[2.0, 0.0, 0.0, 2.0, 0.0, 3.0, 1.0, 1.5]]


def test_pooling_attends_to_no_prefix_and_no_padding():
    pool = Pool(2)
    with torch.no_grad():
        pool.query.copy_(torch.tensor([100.0, 100.0]))
    hidden = torch.tensor([[[9.0, 9.0], [1.0, 0.0], [3.0, 0.0], [7.0, 7.0]]])
    picture, text = torch.tensor([[False, True, False, False]]), torch.tensor([[False, False, True, False]])

    pooled = pool(hidden, picture, text, torch.tensor([2]))

    assert torch.allclose(pooled[0, 6:], torch.tensor([3.0, 0.0]))
