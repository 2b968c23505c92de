"""The fields of the settings that backends have, by their names; a backend shows those it has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, fields
from typing import Any, get_args

from django import forms
from django.utils.translation import gettext_lazy as _

from judging.backends.json_modes import JsonMode
from judging.backends.local.config import DTYPES, Way
from judging.backends.registry import CONFIGS

# What is mostly right as it is.
ADVANCED = ("revision", "temperature", "seed", "timeout_s", "json_mode", "side_px", "device", "dtype", "way")

PRICE_HELP = _("Without both prices the cost is not known, and a spend limit cannot hold.")

JSON_MODES = {
    "schema": _("a strict schema, or what is left of it if the server refuses"),
    "object": _("any JSON object"),
    "none": _("only asked for in words"),
}
WAYS = {
    "auto": _("as the model allows"),
    "alone": _("one question after the other"),
    "batched": _("side by side"),
    "shared": _("side by side, pictures read once"),
}


def text(**options: Any) -> forms.CharField:
    """A line of text that no browser corrects."""
    attrs = {"autocomplete": "off", "spellcheck": "false", "autocapitalize": "off"}
    return forms.CharField(max_length=options.pop("max_length", 200), widget=forms.TextInput(attrs=attrs), **options)


def number(**options: Any) -> forms.FloatField:
    """A number with a point in it."""
    return forms.FloatField(widget=forms.NumberInput(attrs={"step": "any"}), **options)


def choice(names: Any, **options: Any) -> forms.ChoiceField:
    """One of several."""
    return forms.ChoiceField(choices=[(name, label) for name, label in names], **options)


MAKERS: dict[str, Callable[..., forms.Field]] = {
    "base_url": lambda **o: text(
        label=_("Address of the server"),
        max_length=500,
        help_text=_("Usually ends in /v1. The workers must reach it, not your browser."),
        **o,
    ),
    "model": lambda **o: text(label=_("Model"), help_text=_("As the server names it, or a Hugging Face id or folder of the workers."), **o),
    "revision": lambda **o: text(label=_("Revision"), help_text=_("Kept with each reply."), **o),
    "key_variable": lambda **o: text(
        label=_("Variable that holds the key"),
        max_length=64,
        help_text=_("The name of an environment variable of the workers. The key itself is never typed or kept here."),
        **o,
    ),
    "temperature": lambda **o: number(
        label=_("Temperature"), min_value=0, max_value=2, help_text=_("0 takes the likeliest words. Empty: not sent to a server."), **o
    ),
    "seed": lambda **o: forms.IntegerField(label=_("Seed"), min_value=0, max_value=2**63 - 1, **o),
    "max_in_flight": lambda **o: forms.IntegerField(
        label=_("Questions at once"), min_value=1, max_value=256, help_text=_("For each worker."), **o
    ),
    "requests_per_minute": lambda **o: number(
        label=_("Questions a minute, at most"), min_value=0, help_text=_("For each worker; 0 for no limit."), **o
    ),
    "timeout_s": lambda **o: number(label=_("Wait for a reply, in seconds"), min_value=1, max_value=3600, **o),
    "price_in_usd": lambda **o: number(label=_("USD for a million tokens that go in"), min_value=0, help_text=PRICE_HELP, **o),
    "price_out_usd": lambda **o: number(label=_("USD for a million tokens that come out"), min_value=0, **o),
    "pictures": lambda **o: forms.IntegerField(
        label=_("Pictures in one question, at most"),
        min_value=1,
        max_value=1000,
        help_text=_("More are asked in several questions, or sent as one sheet; the plan of a run says how many."),
        **o,
    ),
    "side_px": lambda **o: forms.IntegerField(
        label=_("Longest side of a picture, in pixels"), min_value=64, max_value=8192, help_text=_("Empty: as the rubric wants it."), **o
    ),
    "json_mode": lambda **o: choice(
        ((mode, JSON_MODES[mode]) for mode in get_args(JsonMode)), label=_("How replies are held to JSON"), **o
    ),
    "device": lambda **o: text(label=_("Device"), max_length=20, help_text=_("auto takes a GPU where there is one."), **o),
    "dtype": lambda **o: choice(((name, name) for name in DTYPES), label=_("Number format of the weights"), **o),
    "batch": lambda **o: forms.IntegerField(label=_("Questions side by side, at most"), min_value=1, max_value=1024, **o),
    "way": lambda **o: choice(((name, WAYS[name]) for name in get_args(Way)), label=_("How questions are put together"), **o),
    "file": lambda **o: text(
        label=_("File with the replies"), max_length=1000, help_text=_("JSON lines, in a folder that leads may import from."), **o
    ),
}


def make_fields(kind: str) -> dict[str, forms.Field]:
    """A field for each setting of a backend, with the backend's own value in it; required where there is none."""
    return {
        field.name: MAKERS[field.name](
            required=field.default is MISSING, **({} if field.default in (MISSING, None) else {"initial": field.default})
        )
        for field in fields(CONFIGS[kind])
    }
