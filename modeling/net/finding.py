"""What is found out about a checkpoint, and what its configuration alone tells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from modeling.net.shapes import KNOWN

Verdict = Literal["ok", "note", "fails"]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One line of the table. A `note` is something to know; with `fails` the checkpoint is not to be trained on."""

    what: str
    found: str
    verdict: Verdict = "ok"


def check_shape(shape: Any) -> Iterator[Finding]:
    """Whether the parts of a configuration fit together, and whether it is one of those that are known."""
    text, vision = shape.text_config, shape.vision_config
    rope = text.rope_parameters
    rules = [
        ("positions on three axes", 2 * sum(rope.get("mrope_section", [])), text.head_dim),
        ("width of the vision tower's output", vision.out_hidden_size, text.hidden_size),
    ]
    for what, found, wanted in rules:
        yield Finding(what=what, found=f"{found}, {wanted} wanted", verdict="ok" if found == wanted else "fails")
    deepest = max(vision.deepstack_visual_indexes, default=-1)
    fits = deepest < vision.depth and len(vision.deepstack_visual_indexes) <= text.num_hidden_layers
    yield Finding(what="layers that feed the language half", found=str(vision.deepstack_visual_indexes), verdict="ok" if fits else "fails")
    if text.hidden_size not in KNOWN:
        yield Finding(what="known shape", found=f"none with a width of {text.hidden_size}", verdict="note")
        return
    name, known_text, known_vision = KNOWN[text.hidden_size]
    odd = [*find_odd(text, known_text), *find_odd(vision, known_vision)]
    yield Finding(what="known shape", found=f"{name}; {'; '.join(odd) or 'all as noted'}", verdict="note" if odd else "ok")


def find_odd(config: Any, known: Mapping[str, Any]) -> list[str]:
    """Where a configuration is not as noted."""
    found = {name: getattr(config, name) for name in known}
    rope = found.get("rope_parameters")
    if rope is not None:
        found["rope_parameters"] = {name: rope.get(name) for name in known["rope_parameters"]}
    return [f"{name} is {found[name]} and not {value}" for name, value in known.items() if found[name] != value]
