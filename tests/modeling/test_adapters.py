"""LoRA in a tiny Qwen3-VL: what is trained, what stays, and what may be switched when."""

import json
import re

import pytest
import torch
from peft import PeftModel
from transformers import Qwen3VLModel

from modeling.net.adapters import target_of
from modeling.net.check import VIEWS
from modeling.net.config import LoraConfig
from modeling.net.files import hash_tensors, write_tensors
from tests.modeling.tiny_backbone import EMPTY, LORA, make_tiny_backbone

pytestmark = pytest.mark.pure
# Two tensors per layer. Vision: 2 blocks of 4 layers, 16; projector: a merger and one more behind the first block, 2 layers each, 8;
# language: 2 layers of 7, 28. (The model of 74 tensors that the notes speak of has 3 layers in each half.)
VISION, PROJECTOR, LANGUAGE = 16, 8, 28


def take_step(backbone, view, *, rate=0.1, seed=3):
    """One step towards representations of ones; the parameters it moved."""
    parameters = backbone.begin(view, seed)
    for _ in range(2):
        (backbone.encode(range(3), view) - 1).square().mean().backward()
        with torch.no_grad():
            for parameter in parameters:
                parameter -= rate * parameter.grad.sign()
                parameter.grad = None
    return parameters


@torch.no_grad()
def see(backbone, view):
    return backbone.encode(range(3), view)


def test_every_linear_layer_of_the_three_halves_is_reached_and_nothing_else():
    model = make_tiny_backbone().model
    linear = {name for name, module in model.named_modules() if isinstance(module, torch.nn.Linear) and ".lora_" not in name}

    reached = {name for name, _ in model.named_modules() if re.fullmatch(target_of(LoraConfig()), name)}

    assert reached == linear
    assert len(reached) == (VISION + PROJECTOR + LANGUAGE) // 2
    assert not any("patch_embed" in name for name in reached)


@pytest.mark.parametrize(
    ("halves", "tensors"),
    [
        ({"vision": True, "projector": False, "language": False}, VISION),
        ({"vision": False, "projector": True, "language": False}, PROJECTOR),
        ({"vision": False, "projector": False, "language": True}, LANGUAGE),
        ({"vision": True, "projector": True, "language": True}, VISION + PROJECTOR + LANGUAGE),
    ],
)
def test_halves_are_chosen_one_by_one(halves, tensors):
    backbone = make_tiny_backbone(concepts=LoraConfig(**halves), decision=EMPTY)

    parameters = backbone.begin("concepts", seed=0)

    # One more: the query of the pooling.
    assert len(parameters) == tensors + 1
    assert {id(item) for item in backbone.model.parameters() if item.requires_grad} == {id(item) for item in parameters[:-1]}


def test_an_adapter_that_reaches_nothing_is_refused():
    with pytest.raises(ValueError, match="all off"):
        target_of(EMPTY)


def test_only_the_adapter_that_was_begun_is_trained():
    backbone = make_tiny_backbone()
    for view in VIEWS:
        backbone.begin(view, seed=0)

    trained = {name for name, item in backbone.model.named_parameters() if item.requires_grad}

    assert len(trained) == VISION + PROJECTOR + LANGUAGE
    assert all(".decision." in name for name in trained)


def test_every_tensor_of_an_adapter_gets_a_gradient():
    backbone = make_tiny_backbone()
    take_step(backbone, "concepts")

    parameters = [item for item in backbone.model.parameters() if item.requires_grad]
    (backbone.encode(range(3), "concepts") - 1).square().mean().backward()

    assert len(parameters) == VISION + PROJECTOR + LANGUAGE
    assert all(parameter.grad.abs().sum() > 0 for parameter in parameters)


def test_a_new_adapter_changes_nothing_to_the_bit():
    backbone = make_tiny_backbone()
    before = see(backbone, "decision")

    for view in VIEWS:
        backbone.begin(view, seed=0)

    assert torch.equal(see(backbone, "decision"), before)


def test_with_its_adapters_off_the_model_is_the_original_to_the_bit(tmp_path):
    backbone = make_tiny_backbone()
    batch = backbone.collate(range(3))
    backbone.save(tmp_path)
    with torch.no_grad():
        original = backbone.read(batch)
    for view in VIEWS:
        take_step(backbone, view)

    with torch.no_grad(), backbone.adapters.using(None):
        bare = backbone.read(batch)
    with torch.no_grad(), backbone.adapters.using("decision"):
        adapted = backbone.read(batch)

    assert torch.equal(bare, original)
    assert not torch.equal(adapted, original)
    # The same again from the files, without any library for adapters.
    plain = Qwen3VLModel.from_pretrained(tmp_path / "base").eval()
    seen = plain(
        input_ids=batch.ids,
        attention_mask=batch.mask,
        mm_token_type_ids=batch.kinds,
        pixel_values=batch.pixels,
        image_grid_thw=batch.grids,
        output_hidden_states=True,
    )
    assert torch.equal(seen.hidden_states[-1], seen.last_hidden_state)
    assert torch.allclose(seen.last_hidden_state[batch.mask.bool()], original[batch.mask.bool()], atol=1e-5)


def test_the_second_stage_leaves_the_first_as_it_was_to_the_bit():
    backbone = make_tiny_backbone()
    take_step(backbone, "concepts")
    tensors, seen = hash_tensors(backbone.tensors("concepts")), see(backbone, "concepts")

    take_step(backbone, "decision", seed=4)

    assert hash_tensors(backbone.tensors("concepts")) == tensors
    assert torch.equal(see(backbone, "concepts"), seen)
    assert not torch.equal(see(backbone, "decision"), seen)


@pytest.mark.parametrize("checkpointing", ["off", "on"])
def test_a_look_by_the_other_view_between_forward_and_backward_costs_no_gradient(checkpointing):
    backbone = make_tiny_backbone(checkpointing=checkpointing)
    take_step(backbone, "concepts")
    parameters = backbone.begin("decision", seed=1)
    backbone.train(True)

    def gradients(between):
        loss = backbone.encode(range(3), "decision").square().sum()
        if between:
            backbone.encode(range(3, 6), "concepts")
        return torch.autograd.grad(loss, parameters)

    plain, interrupted = gradients(False), gradients(True)

    assert all(torch.equal(one, other) for one, other in zip(plain, interrupted, strict=True))
    assert sum(float(gradient.abs().sum()) > 0 for gradient in interrupted) > len(parameters) // 2


def test_the_same_seed_makes_the_same_adapter_and_leaves_the_generator_alone():
    backbone = make_tiny_backbone()
    torch.manual_seed(7)
    drawn = torch.rand(1)

    hashes = []
    for seed in (5, 6, 5):
        torch.manual_seed(7)
        backbone.begin("concepts", seed)
        assert torch.equal(torch.rand(1), drawn)
        hashes.append(hash_tensors(backbone.tensors("concepts")))

    assert hashes[0] == hashes[2] != hashes[1]


def test_weights_of_another_shape_are_refused():
    small, large = make_tiny_backbone(concepts=LoraConfig(r=4)), make_tiny_backbone(concepts=LoraConfig(r=8))
    part = make_tiny_backbone(concepts=LoraConfig(r=4, vision=False))
    for backbone in (small, large, part):
        backbone.begin("concepts", seed=0)

    with pytest.raises(ValueError, match="has the shape"):
        small.restore("concepts", large.tensors("concepts"))
    with pytest.raises(ValueError, match="lacks base_model"):
        small.restore("concepts", part.tensors("concepts"))
    with pytest.raises(ValueError, match="has no place for base_model"):
        part.restore("concepts", small.tensors("concepts"))


def test_saved_settings_hold_a_name_and_no_path(tmp_path):
    backbone = make_tiny_backbone()
    for view in VIEWS:
        take_step(backbone, view)

    backbone.save(tmp_path)

    for view in VIEWS:
        text = (tmp_path / "adapters" / view / "adapter_config.json").read_text()
        assert json.loads(text)["base_model_name_or_path"] == "tiny"
        assert str(tmp_path.parent) not in text
        assert not re.search(r'"/[a-z]', text)


def test_the_library_itself_reads_what_was_saved(tmp_path):
    backbone = make_tiny_backbone(concepts=LORA)
    take_step(backbone, "concepts")
    backbone.save(tmp_path)
    folder = tmp_path / "adapters" / "concepts"
    write_tensors(folder / "adapter_model.safetensors", backbone.adapters.tensors("concepts"))
    batch = backbone.collate(range(3))

    loaded = PeftModel.from_pretrained(Qwen3VLModel.from_pretrained(tmp_path / "base"), folder, adapter_name="concepts").eval()

    with torch.no_grad(), backbone.adapters.using("concepts"):
        own = backbone.read(batch)
        its = loaded(
            input_ids=batch.ids,
            position_ids=batch.positions,
            mm_token_type_ids=batch.kinds,
            pixel_values=batch.pixels,
            image_grid_thw=batch.grids,
            use_cache=False,
        ).last_hidden_state
    assert torch.equal(own, its)
