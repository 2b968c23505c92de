"""LoRA in the linear layers of a Qwen3-VL: one adapter for each view, and what may be switched when."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig as PeftLora
from peft import PeftModel, get_peft_model
from peft.tuners.tuners_utils import BaseTunerLayer

from modeling.net.backbones.base import View
from modeling.net.config import LoraConfig

# Named in full rather than as a list of last words: `proj` alone would also reach the convolution that makes the patches.
VISION = r"visual\.blocks\.\d+\.(attn\.(qkv|proj)|mlp\.linear_fc[12])"
PROJECTOR = r"visual\.(merger|deepstack_merger_list\.\d+)\.linear_fc[12]"
LANGUAGE = r"language_model\.layers\.\d+\.(self_attn\.[qkvo]_proj|mlp\.(gate|up|down)_proj)"

# Before the name of a layer in a file of the library.
PREFIX = "base_model.model."


def target_of(lora: LoraConfig) -> str:
    """The pattern that the whole name of a layer must match to get an adapter; ValueError where no half of the model is chosen."""
    chosen = [(VISION, lora.vision), (PROJECTOR, lora.projector), (LANGUAGE, lora.language)]
    halves = [pattern for pattern, is_on in chosen if is_on]
    if not halves:
        raise ValueError("an adapter reaches nothing: vision, projector and language are all off")
    return rf"(.*\.)?({'|'.join(halves)})"


class Adapters:
    """The adapters of a frozen model, one for each view that has one; without any, the model is as it was loaded.

    `set_adapter` of the library switches gradients as well as adapters, and one that is switched between a forward pass and its backward
    pass silently gets none. So views are switched for the time of a call by `using` alone, which puts back all it found.
    """

    def __init__(self, model: torch.nn.Module, loras: Mapping[View, LoraConfig], base_name: str) -> None:
        self.model = model.requires_grad_(False)
        self.loras, self.base_name = loras, base_name
        self.peft: PeftModel | None = None

    def has(self, view: View | None) -> bool:
        """Whether there is an adapter of this view."""
        return self.peft is not None and view in self.peft.peft_config

    def make(self, view: View, seed: int) -> None:
        """A new adapter of this view, as it is before training: it changes nothing. One that was there is dropped."""
        if self.loras[view].is_empty:
            return
        # Half of its weights are random; the generator of the run is left as it was.
        with torch.random.fork_rng(), warnings.catch_warnings():
            # About a name that is going to change, and that the adapter which is dropped was the active one.
            warnings.simplefilter("ignore")
            torch.manual_seed(seed)
            if self.has(view) and self.peft is not None:
                self.peft.delete_adapter(view)
            if self.peft is None:
                self.peft = get_peft_model(self.model, self.make_config(view), adapter_name=view)
            else:
                self.peft.add_adapter(view, self.make_config(view))
        for name, parameter in self.model.named_parameters():
            parameter.requires_grad_(parameter.requires_grad and "lora_" in name)

    def make_config(self, view: View) -> PeftLora:
        """The settings of an adapter in the words of the library. The base has a name there, never a path of this machine."""
        lora = self.loras[view]
        return PeftLora(
            r=lora.r,
            lora_alpha=lora.alpha,
            lora_dropout=lora.dropout,
            bias="none",
            target_modules=target_of(lora),
            base_model_name_or_path=self.base_name,
        )

    def begin(self, view: View) -> list[torch.nn.Parameter]:
        """Train this adapter and no other; its parameters. [] where the view has none, and then none is trained."""
        if self.peft is None:
            return []
        if self.has(view):
            self.peft.set_adapter(view)
            self.set_disabled(False)
        else:
            self.peft.requires_grad_(False)
            self.set_disabled(True)
        return [parameter for parameter in self.model.parameters() if parameter.requires_grad]

    @contextmanager
    def using(self, view: View | None) -> Iterator[None]:
        """The model as this view sees it, for None the original; which parameters take gradients stays as it was."""
        layers = [module for module in self.model.modules() if isinstance(module, BaseTunerLayer)]
        before = [(layer._active_adapter, layer._disable_adapters) for layer in layers]
        for layer in layers:
            layer._active_adapter, layer._disable_adapters = [view], not self.has(view)
        try:
            yield
        finally:
            for layer, (active, is_disabled) in zip(layers, before, strict=True):
                layer._active_adapter, layer._disable_adapters = active, is_disabled

    def set_disabled(self, is_disabled: bool) -> None:
        """Leave all adapters out, or use the active one."""
        for module in self.model.modules():
            if isinstance(module, BaseTunerLayer):
                module._disable_adapters = is_disabled

    def tensors(self, view: View) -> dict[str, torch.Tensor]:
        """The weights of an adapter by the names that the library gives them in a file; {} where there is none."""
        return {name: parameter.detach() for name, parameter in self.parameters(view).items()}

    def parameters(self, view: View) -> dict[str, torch.nn.Parameter]:
        """The same, to be changed. The library's own way asks Hugging Face for the configuration of the base each time."""
        named = self.model.named_parameters() if self.has(view) else ()
        return {PREFIX + name.replace(f".{view}.", "."): item for name, item in named if "lora_" in name and f".{view}." in name}

    def restore(self, view: View, tensors: Mapping[str, torch.Tensor]) -> None:
        """Put the weights of an adapter back; ValueError where they are not those of this model and these settings."""
        if not self.has(view):
            self.make(view, seed=0)
        parameters = self.parameters(view)
        check_names(view, parameters, tensors)
        with torch.no_grad():
            for name, parameter in parameters.items():
                parameter.copy_(tensors[name])

    def save_configs(self, folder: Path) -> None:
        """Write `adapter_config.json` of each adapter into `folder`/VIEW, where its weights lie too."""
        for view in self.loras:
            if self.has(view):
                values = self.make_config(view).to_dict() | {"inference_mode": True}
                (folder / view).mkdir(parents=True, exist_ok=True)
                text = json.dumps(values, default=make_plain, indent=1, sort_keys=True)
                (folder / view / "adapter_config.json").write_text(text, encoding="utf-8")


def check_names(view: View, wanted: Mapping[str, torch.Tensor], given: Mapping[str, torch.Tensor]) -> None:
    """Raise ValueError, naming one, where weights are missing, too many or of another shape."""
    if odd := sorted(set(wanted) ^ set(given)):
        is_missing = odd[0] in wanted
        raise ValueError(f"the adapter {view} {'lacks' if is_missing else 'has no place for'} {odd[0]} and {len(odd) - 1} more")
    for name, tensor in wanted.items():
        if given[name].shape != tensor.shape:
            raise ValueError(f"{name} of the adapter {view} has the shape {tuple(given[name].shape)}; {tuple(tensor.shape)} is wanted")


def make_plain(value: Any) -> Any:
    """A value that JSON has no word for: a set as a list, an enumeration as its text."""
    return sorted(value) if isinstance(value, (set, frozenset)) else str(value)
