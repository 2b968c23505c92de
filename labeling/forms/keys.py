"""The form of one's own keys."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from django import forms
from django.forms.boundfield import BoundField
from django.utils.translation import gettext as _

from labeling.keys import COMMANDS, GROUPS, is_key, show_key

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class KeyMapForm(forms.Form):
    """One field per command. `reset` in the posted form brings the defaults back, `none` turns every key off."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for command in COMMANDS.values():
            widget = forms.TextInput(attrs={"data-key": True, "autocomplete": "off", "autocapitalize": "off", "spellcheck": "false"})
            self.fields[command.name] = forms.CharField(label=command.label, required=False, max_length=12, strip=False, widget=widget)

    def clean(self) -> dict[str, Any]:
        """One usable key per command and one command per key."""
        data = super().clean() or {}
        if "reset" in self.data or "none" in self.data:
            return data
        keys = {name: self.normal(key) for name, key in data.items()}
        for name in [name for name, key in keys.items() if not is_key(key)]:
            self.add_error(name, _("Type one character, or the name of a key such as Enter or ArrowLeft."))
        uses = Counter(key for key in keys.values() if key)
        for name in [name for name, key in keys.items() if uses[key] > 1]:
            self.add_error(name, _("%(key)s is given to more than one action.") % {"key": show_key(keys[name])})
        return keys

    @staticmethod
    def normal(key: str) -> str:
        """A key as it is stored: letters small, a typed blank as Space."""
        return "Space" if key == " " else key.lower() if len(key) == 1 else key.strip()

    def own_keys(self) -> dict[str, str]:
        """What to store: only what differs from the defaults, so that a new default reaches everybody else."""
        if "reset" in self.data:
            return {}
        if "none" in self.data:
            return dict.fromkeys(COMMANDS, "")
        return {name: key for name, key in self.cleaned_data.items() if key != COMMANDS[name].key}

    def groups(self) -> list[tuple[StrOrPromise, list[BoundField]]]:
        """The fields under their headings."""
        return [(label, [self[command.name] for command in commands]) for label, commands in GROUPS]
