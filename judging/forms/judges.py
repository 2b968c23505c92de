"""Making a version of a judge: its name, its rubric, and the settings that its backend has."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from judging.backends.config import IS_A_SECRET
from judging.backends.registry import CONFIGS, check_backend
from judging.forms.settings_fields import ADVANCED, make_fields
from judging.lead.words import name_part, name_rubric
from judging.models import Backend, Judge
from judging.models.judge import NAME_LENGTH
from judging.rubrics.registry import RUBRICS, get_rubric
from labeling.forms.imports import find_allowed


class JudgeForm(forms.Form):
    """A judge that asks a model through the backend `kind`; it has a field for each of the backend's settings."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=NAME_LENGTH,
        help_text=gettext_lazy("Other settings under the same name make its next version."),
    )
    rubric = forms.ChoiceField(label=gettext_lazy("Rubric"))
    parts = forms.MultipleChoiceField(
        label=gettext_lazy("Parts"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Parts of the rubric to judge. None means all of them."),
    )

    def __init__(self, data: Any, kind: str, **options: Any) -> None:
        super().__init__(data, label_suffix="", **options)
        self.kind = kind
        asking = [name for name in RUBRICS if get_rubric(name).asks_model]
        self.offer("rubric", [(name, name_rubric(name)) for name in asking])
        parts = {part: name for name in asking for part in get_rubric(name).list_parts()}
        self.offer("parts", [(part, f"{name_part(part)} ({name_rubric(rubric)})") for part, rubric in parts.items()])
        self.fields |= make_fields(kind)

    def offer(self, name: str, choices: list[tuple[str, str]]) -> None:
        """What may be chosen in a field."""
        field = self.fields[name]
        if isinstance(field, forms.ChoiceField):
            field.choices = choices

    def clean_name(self) -> str:
        """The name, unless it looks like a key: names are shown everywhere."""
        name: str = self.cleaned_data["name"]
        if IS_A_SECRET.match(name):
            raise forms.ValidationError(_("This looks like a key. Choose another name."), code="secret")
        return name

    def clean_file(self) -> str:
        """Where the replies are, within the folders that the server lets leads read."""
        path = str(self.cleaned_data["file"]).strip()
        found = find_allowed(path, settings.IMPORT_ROOTS)
        if found is None or not found.is_file():
            raise forms.ValidationError(_("The server may not read this, or it is not there."), code="not_allowed")
        return str(found)

    def clean(self) -> dict[str, Any]:
        """Refuse what the rubric or the backend does not take, each at its field."""
        data = super().clean() or {}
        if not self.errors:
            known = get_rubric(data["rubric"]).list_parts()
            if unknown := [name_part(part) for part in data["parts"] if part not in known]:
                self.add_error("parts", _("This rubric does not have: %(parts)s.") % {"parts": ", ".join(unknown)})
            self.check_settings()
        self.forget_secrets()
        return data

    def forget_secrets(self) -> None:
        """Do not show again what was typed by mistake: a key, or an address with a password in it."""
        typed: Any = self.data
        typed = typed.copy()
        for name, value in self.data.items():
            is_wrong_name = name == "key_variable" and name in self.errors
            if isinstance(value, str) and (IS_A_SECRET.match(value) or is_wrong_name or (name == "base_url" and "@" in value)):
                typed[name] = ""
        self.data = typed

    def check_settings(self) -> None:
        """Let the backend look at its settings, and put each of its complaints beside the field that it names."""
        try:
            check_backend(self.kind, self.config())
        except ValueError as problem:
            for name, text in split_complaints(str(problem), self.setting_names()):
                self.add_error(name, text)

    def setting_names(self) -> list[str]:
        """The settings of the backend, in their order."""
        return [field.name for field in fields(CONFIGS[self.kind])]

    def config(self) -> dict[str, Any]:
        """The settings that differ from the backend's own; an empty field of a setting that may be None says so."""
        own = {field.name: field.default for field in fields(CONFIGS[self.kind])}
        given = {name: self.cleaned_data.get(name) for name in own}
        typed = {name: value for name, value in given.items() if value is not None or may_be_none(self.kind, name)}
        return {name: value for name, value in typed.items() if own[name] is MISSING or value != own[name]}

    def plain_fields(self) -> list[forms.BoundField]:
        """The settings that everybody fills in."""
        return [self[name] for name in self.setting_names() if name not in ADVANCED]

    def advanced_fields(self) -> list[forms.BoundField]:
        """The settings that are mostly right as they are."""
        return [self[name] for name in self.setting_names() if name in ADVANCED]

    @property
    def asks_for_advanced(self) -> bool:
        """Whether one of those is wrong and must be seen."""
        return any(name in self.errors for name in ADVANCED)


def may_be_none(kind: str, name: str) -> bool:
    """Whether leaving the field of a setting empty means None and not its usual value."""
    annotation = next(str(field.type) for field in fields(CONFIGS[kind]) if field.name == name)
    return annotation.endswith("None")


def split_complaints(text: str, names: list[str]) -> list[tuple[str | None, str]]:
    """(field, sentence) of what a backend complains about; None where it names no field."""
    starts = "|".join(map(re.escape, names))
    parts = re.split(rf"(?<=\.) (?=(?:{starts}) (?:is|holds)\b)", text)
    found = []
    for part in parts:
        named = re.match(rf"({starts})\b", part)
        found.append((named[1] if named else None, part))
    return found


def show_judge(judge: Judge) -> dict[str, Any]:
    """The values of a judge as the form has them, for making its next version."""
    own = {field.name: None if field.default is MISSING else field.default for field in fields(CONFIGS[judge.backend])}
    parts = [] if judge.parts == list(get_rubric(judge.rubric).list_parts()) else judge.parts
    return {**own, **judge.config, "name": judge.name, "rubric": judge.rubric, "parts": parts}


def list_settings(judge: Judge) -> list[tuple[str, Any]]:
    """(label, value) of the settings of a judge that say something, defaults included; never a key, only where the key is."""
    if judge.backend not in CONFIGS:
        return []
    own: Mapping[str, Any] = {field.name: field.default for field in fields(CONFIGS[judge.backend])}
    used = {name: judge.config.get(name, value) for name, value in own.items()}
    labels = {name: str(field.label) for name, field in make_fields(judge.backend).items()}
    return [(labels[name], value) for name, value in used.items() if value not in (None, "", MISSING)]


def offered_backends() -> list[tuple[str, str]]:
    """(kind, name) of the backends that a judge can be made with."""
    return [(kind, str(Backend(kind).label)) for kind in CONFIGS]
