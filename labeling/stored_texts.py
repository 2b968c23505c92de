"""Texts that are stored now and read later, in the language of whoever reads them.

Kept are the text as the source has it and what fills it. A text without anything to fill it is shown as it is if no translation is
known, so that what older releases stored whole stays readable.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.utils import translation
from django.utils.translation import gettext

# A number that is to be filled in, as in %(event)d.
NUMBER = re.compile(r"(%\(\w+\))[di]")

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


def make_params(values: Mapping[str, Any] | None, where: str = "") -> dict[str, Any]:
    """What is stored beside a text: the `values` that fill it, and the place it is about; empty where there is neither."""
    return {**({"values": dict(values)} if values else {}), **({"where": where} if where else {})}


def put_together(text: str, params: Mapping[str, Any]) -> str:
    """A stored text with its `params` in the language of the reader; a value that a later wording asks for is a question mark."""
    if not text:
        return ""
    said = gettext(text)
    if values := params.get("values"):
        said = fill_in(said, values)
    return f"{params['where']}: {said}" if params.get("where") else said


def fill_in(text: str, values: Mapping[str, Any], missing: str = "?") -> str:
    """`text` with its `values`, and `missing` for each that is not there; as it is where it is no text to be filled at all."""
    try:
        # Numbers as texts: no %d would take what stands for one that is missing.
        return NUMBER.sub(r"\1s", text) % defaultdict(lambda: missing, values)
    except (TypeError, ValueError):
        return text


def as_in_source(text: StrOrPromise) -> str:
    """A text marked for translation, as the source has it."""
    with translation.override(None):
        return str(text)
