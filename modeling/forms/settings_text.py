"""Settings of a run as somebody types them: one `name=value` a line, the name with its place, such as `stage1.epochs=10`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from modeling.lead.run_settings import write_value


def parse_settings(text: str) -> dict[str, Any]:
    """The settings of such a text by name with place; raises ValueError, in the reader's language, for a line of another form."""
    found: dict[str, Any] = {}
    for line in filter(None, (line.strip() for line in text.splitlines())):
        name, equals, value = (part.strip() for part in line.partition("="))
        if not equals or not name:
            raise ValueError(_("“%(line)s” is not of the form name=value.") % {"line": line})
        found[name] = read_value(value)
    return found


def read_value(text: str) -> Any:
    """A number, true or false where it is one, else the text itself."""
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return value if isinstance(value, (bool, int, float)) else text


def write_settings(changed: Mapping[str, Any]) -> str:
    """Such settings as text again."""
    return "\n".join(f"{name}={write_value(value)}" for name, value in changed.items())
