"""The first-day test of a checkpoint: shapes, one question, one training step of each stage, saving and loading, memory and speed."""

from __future__ import annotations

import gc
import hashlib
import json
import math
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from transformers import AutoConfig, Qwen3VLForConditionalGeneration

from modeling.net.backbones.base import View
from modeling.net.backbones.qwen import QwenBackbone, choose_device, choose_dtype
from modeling.net.backbones.tiny import build_random
from modeling.net.base_weights import check_folder, find_base
from modeling.net.config import BackboneConfig, LoraConfig, make_qwen
from modeling.net.drawn import draw_example
from modeling.net.files import hash_tensors, read_tensors, write_tensors
from modeling.net.finding import Finding, check_shape
from modeling.net.processor import load_processor
from modeling.net.shapes import TEXT_OF_4B, VISION_OF_4B, count_work, find_peak
from modeling.net.sources import Sources

VIEWS: tuple[View, ...] = ("concepts", "decision")
NOTHING = Sources(features=lambda examples: np.zeros((len(examples), 0), dtype=np.float32))
ROWS = 8
NEW_TOKENS = 16


def check_backbone(config: BackboneConfig, device: str = "auto") -> Iterator[Finding]:
    """The findings as they come; the first one that fails is the last."""
    for find in (check_config, check_use):
        for finding in find(config, device):
            yield finding
            if finding.verdict == "fails":
                return


def check_config(config: BackboneConfig, device: str) -> Iterator[Finding]:
    """What the configuration tells, before any weights are loaded."""
    try:
        choose_device(device)
        check_folder(config.path_or_id)
        shape = AutoConfig.from_pretrained(config.path_or_id, revision=config.revision, trust_remote_code=False)
    except (OSError, ValueError) as error:
        yield Finding(what="configuration", found=str(error), verdict="fails")
        return
    is_known = shape.model_type == "qwen3_vl"
    yield Finding(what="configuration", found=f"{shape.model_type}; qwen3_vl is wanted", verdict="ok" if is_known else "fails")
    yield from check_shape(shape)


def check_use(config: BackboneConfig, device: str) -> Iterator[Finding]:
    """The same things as a run does, with the weights."""
    try:
        yield ask_once(config, choose_device(device))
        free_memory()
        backbone = load(config, device)
    except (OSError, ValueError) as error:
        yield Finding(what="loading", found=str(error), verdict="fails")
        return
    yield describe_weights(backbone)
    yield check_tokens(backbone)
    yield from train_once(backbone)
    yield from measure(backbone)
    yield tell_memory(backbone.device)
    with tempfile.TemporaryDirectory() as folder:
        seen = keep(backbone, Path(folder))
        # Before it is loaded again: there may be no memory for two.
        del backbone
        free_memory()
        yield check_kept(config, device, Path(folder), seen)


def build_4b(folder: Path) -> None:
    """Random weights of the shape of Qwen3-VL-4B in `folder`; ValueError where there is no GPU to hold them."""
    if not torch.cuda.is_available():
        raise ValueError("random weights of that shape need a GPU, and torch sees none here")
    build_random(folder, TEXT_OF_4B, VISION_OF_4B, seed=0, dtype=torch.bfloat16, device="cuda")


def load(config: BackboneConfig, device: str, folder: Path | None = None) -> QwenBackbone:
    """The backbone with drawn candidates attached; facts are left out, since nothing is measured here."""
    settings = make_qwen()
    loras: dict[View, LoraConfig] = {"concepts": settings.concept_lora, "decision": settings.decision_lora}
    backbone = QwenBackbone(replace(config, has_facts=False), loras, sources=NOTHING, folder=folder, device=device)
    backbone.attach([draw_example(number) for number in range(ROWS)])
    return backbone


def describe_weights(backbone: QwenBackbone) -> Finding:
    """How many weights were loaded, in which type and where."""
    count = sum(parameter.numel() for parameter in backbone.model.parameters())
    dtype = str(backbone.dtype).removeprefix("torch.")
    return Finding(what="weights", found=f"{count / 1e6:,.1f} million, {dtype}, {backbone.device}; {backbone.base.digest[:19]}")


def check_tokens(backbone: QwenBackbone) -> Finding:
    """Whether tokenizer and configuration name the same picture token, and the vocabulary has room for all."""
    shape, tokenizer = backbone.model.config, backbone.processor.tokenizer
    same = shape.image_token_id == backbone.processor.image_token_id
    fits = len(tokenizer) <= shape.text_config.vocab_size
    found = f"{len(tokenizer)} of {shape.text_config.vocab_size}, picture {backbone.processor.image_token_id}"
    return Finding(what="tokens", found=found, verdict="ok" if same and fits else "fails")


def ask_once(config: BackboneConfig, device: torch.device) -> Finding:
    """Put the prompt of a drawn candidate to the whole model and let it write a few tokens, for a person to read."""
    with find_base(config, None) as base:
        processor = load_processor(
            base.source, base.revision, min_pixels=config.min_pixels, max_pixels=config.max_pixels, max_length=config.max_length
        )
        dtype = choose_dtype(config.dtype, device)
        source = {"pretrained_model_name_or_path": base.source, "revision": base.revision, "trust_remote_code": False}
        model = Qwen3VLForConditionalGeneration.from_pretrained(**source, dtype=dtype, use_safetensors=True).to(device).eval()
    batch = processor.collate([processor.read(draw_example(0))]).to(device, dtype)
    began = time.monotonic()
    written = model.generate(
        input_ids=batch.ids,
        attention_mask=batch.mask,
        mm_token_type_ids=batch.kinds,
        pixel_values=batch.pixels,
        image_grid_thw=batch.grids,
        max_new_tokens=NEW_TOKENS,
        do_sample=False,
    )[0, batch.ids.shape[1] :]
    seconds = time.monotonic() - began
    said = processor.tokenizer.decode(written, skip_special_tokens=True)
    found = f"{len(written)} tokens in {seconds:.2f} s after {batch.ids.shape[1]}: {said[:80]!r}"
    return Finding(what="one question", found=found, verdict="ok" if len(written) else "fails")


def train_once(backbone: QwenBackbone) -> Iterator[Finding]:
    """One step of each stage: every tensor of its adapter moves, and nothing else does."""
    base = fingerprint(backbone.model)
    for view in VIEWS:
        others = {other: hash_tensors(backbone.tensors(other)) for other in VIEWS if other != view and backbone.adapters.has(other)}
        parameters = backbone.begin(view, seed=0)
        before = {name: tensor.clone() for name, tensor in backbone.adapters.tensors(view).items()}
        # Half of an adapter is zero at first, so that the other half has a gradient only from the second step on.
        losses = [train_step(backbone, list(range(ROWS)), view, parameters) for _ in range(2)]
        after = backbone.adapters.tensors(view)
        still = [name for name, tensor in before.items() if torch.equal(tensor, after[name])]
        changed = [other for other, known in others.items() if hash_tensors(backbone.tensors(other)) != known]
        bad = [
            *([f"{len(still)} tensors do not move, {still[0]} among them"] if still else []),
            *(f"the adapter {other} moved" for other in changed),
            *(["the frozen weights moved"] if fingerprint(backbone.model) != base else []),
            *(["the loss is no number"] if not all(map(math.isfinite, losses)) else []),
        ]
        found = "; ".join(bad) or f"{len(after)} tensors, {sum(map(torch.Tensor.numel, after.values())) / 1e6:.2f} million weights"
        yield Finding(what=f"two steps of {view}", found=found, verdict="fails" if bad else "ok")


def train_step(backbone: QwenBackbone, rows: list[int], view: View, parameters: list[torch.nn.Parameter]) -> float:
    """One step towards representations that are as far from zero as the rows are numbered; the loss before it."""
    backbone.train(True)
    goal = torch.tensor([float(row % 2) for row in rows], device=backbone.device)
    loss = (backbone.encode(rows, view).mean(dim=1) - goal).square().mean()
    loss.backward()
    with torch.no_grad():
        for parameter in parameters:
            if parameter.grad is not None:
                # Only the direction: the gradients of a large model are too small to tell a step from none.
                parameter -= 1e-4 * parameter.grad.sign()
            parameter.grad = None
    backbone.train(False)
    return float(loss.item())


def fingerprint(model: torch.nn.Module) -> str:
    """Sums over the weights that are not of an adapter: they change if any of them is trained."""
    sums = [parameter.detach().double().sum().item() for name, parameter in model.named_parameters() if "lora_" not in name]
    return hashlib.sha256(json.dumps(sums).encode()).hexdigest()


def measure(backbone: QwenBackbone) -> Iterator[Finding]:
    """Tokens per second of training steps and of representations, and how much of the card's arithmetic that is."""
    rows = list(range(ROWS))
    batch = backbone.collate(rows)
    tokens, visual = int(batch.mask.sum().item()), int(batch.kinds.sum().item())
    work, peak = count_work(backbone.model.config), find_peak(name_card(backbone.device))
    parameters = backbone.begin("decision", seed=0)
    kinds: list[tuple[str, Callable[[], object], float]] = [
        ("training", lambda: train_step(backbone, rows, "decision", parameters), work.training(tokens, visual)),
        ("representations", lambda: backbone.encode(rows, "concepts"), work.forward(tokens, visual)),
    ]
    for what, act, operations in kinds:
        seconds = time_it(act, backbone.device)
        share = f", {operations / seconds / peak:.0%} of the card" if peak else ""
        found = f"{tokens / seconds:,.0f} tokens/s, {ROWS / seconds:,.1f} candidates/s{share}"
        yield Finding(what=f"speed of {what}", found=found)


def time_it(act: Callable[[], object], device: torch.device, rounds: int = 3) -> float:
    """The median seconds of doing something, after once to warm up."""
    took = []
    for _ in range(rounds + 1):
        wait_for(device)
        began = time.monotonic()
        act()
        wait_for(device)
        took.append(time.monotonic() - began)
    return statistics.median(took[1:])


def wait_for(device: torch.device) -> None:
    """Until the card has done all it was told to."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def name_card(device: torch.device) -> str:
    """The name of a card; '' for a CPU."""
    return str(torch.cuda.get_device_name(device)) if device.type == "cuda" else ""


def tell_memory(device: torch.device) -> Finding:
    """The most memory that was taken: of the card, or of this process."""
    if device.type == "cuda":
        found = f"{torch.cuda.max_memory_allocated(device) / 1e9:.2f} GB of {name_card(device)}"
    else:
        found = f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB of this process"
    return Finding(what="most memory", found=found)


def check_kept(config: BackboneConfig, device: str, folder: Path, seen: Mapping[View, torch.Tensor]) -> Finding:
    """Whether what was saved in `folder` and is loaded anew gives the same bits."""
    backbone = load(config, device, folder)
    for view in VIEWS:
        backbone.restore(view, read_tensors(folder / "adapters" / view / "adapter_model.safetensors"))
    differ = max(float((see(backbone)[view] - seen[view]).abs().max().item()) for view in VIEWS)
    return Finding(what="saved and loaded", found=f"greatest difference {differ:g}", verdict="fails" if differ else "ok")


def keep(backbone: QwenBackbone, folder: Path) -> Mapping[View, torch.Tensor]:
    """Save a backbone with its adapters; what it sees."""
    backbone.save(folder)
    for view in VIEWS:
        write_tensors(folder / "adapters" / view / "adapter_model.safetensors", backbone.tensors(view))
    return see(backbone)


def see(backbone: QwenBackbone) -> Mapping[View, torch.Tensor]:
    """The representations of all rows by both views."""
    with torch.no_grad():
        return {view: backbone.encode(range(ROWS), view).cpu() for view in VIEWS}


def free_memory() -> None:
    """Give back the memory of models that nobody holds any more."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
