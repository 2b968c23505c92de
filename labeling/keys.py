"""The keys of the label and adjudication pages: what can be done, the default key of each, and a person's own map."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from labeling.models import Reason

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

# Keys that have a name instead of a character, as KeyboardEvent.key spells them (the space bar aside).
NAMED_KEYS = {
    "Enter": _("Enter"),
    "Space": _("Space"),
    "Backspace": _("Backspace"),
    "Delete": _("Delete"),
    "Insert": _("Insert"),
    "Home": _("Home"),
    "End": _("End"),
    "PageUp": _("Page up"),
    "PageDown": _("Page down"),
    "ArrowLeft": "←",
    "ArrowRight": "→",
    "ArrowUp": "↑",
    "ArrowDown": "↓",
}


@dataclass(frozen=True)
class Command:
    """One thing a key can do; `key` is its default, '' for none."""

    name: str
    key: str
    label: StrOrPromise


GROUPS: list[tuple[StrOrPromise, list[Command]]] = [
    (
        _("Answer"),
        [
            Command("accept", "a", _("Accept")),
            Command("reject", "r", _("Reject; twice rejects without a reason where the project allows it")),
            *(Command(f"choice_{number}", str(number), reason.label) for number, reason in enumerate(Reason, start=1)),
            Command("send", "Enter", _("Send what is chosen")),
        ],
    ),
    (
        _("Around the answer"),
        [
            Command("note", "n", _("Write a note")),
            Command("undo", "z", _("Take the last answer back")),
            Command("skip", "s", _("Skip, with a reason")),
            Command("flag", "g", _("Tell the lead")),
            Command("help", "?", _("Show all keys")),
        ],
    ),
    (
        _("Picture"),
        [
            Command("zoom_fit", "q", _("Fit")),
            Command("zoom_actual", "w", "100 %"),
            Command("zoom_double", "e", "200 %"),
            Command("zoom_in", "+", _("Zoom in")),
            Command("zoom_out", "-", _("Zoom out")),
            Command("compare", "c", _("Compare with the source or reference")),
            Command("full_screen", "f", _("Full screen")),
            Command("references", "v", _("Open the references")),
            Command("pan_left", "ArrowLeft", _("Move left")),
            Command("pan_right", "ArrowRight", _("Move right")),
            Command("pan_up", "ArrowUp", _("Move up; scrolls the brief while the picture fits")),
            Command("pan_down", "ArrowDown", _("Move down; scrolls the brief while the picture fits")),
        ],
    ),
]

COMMANDS = {command.name: command for _label, commands in GROUPS for command in commands}


def is_key(key: str) -> bool:
    """Whether `key` can be given to a command: one printable character, a named key, or '' for none."""
    return key == "" or key in NAMED_KEYS or (len(key) == 1 and key.isprintable() and not key.isspace())


def read_key_map(own: Mapping[str, object]) -> dict[str, str]:
    """Every command's key: the person's own where it is set and usable, else the default.

    A default gives way to an own key, so that one key never means two things.
    """
    chosen = {name: str(key) for name, key in own.items() if name in COMMANDS and is_key(str(key))}
    taken = set(chosen.values())
    defaults = {name: "" if command.key in taken else command.key for name, command in COMMANDS.items()}
    return defaults | chosen


def show_key(key: str) -> str:
    """How `key` is printed on the page."""
    return str(NAMED_KEYS.get(key, key.upper()))
