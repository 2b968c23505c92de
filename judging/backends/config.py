"""Reading the settings of a backend, which people type and which are kept in rows: so with clear complaints, and without any key."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any, ClassVar, Protocol, TypeVar

from pydantic import TypeAdapter, ValidationError

NAMES_A_SECRET = re.compile(r"key|secret|token|password|credential|authorization", re.IGNORECASE)
# How keys of common services begin. The longer pattern leaves names such as xai-org/some-model and key-visuals alone.
IS_A_SECRET = re.compile(
    r"\s*(sk-|bearer\s|(hf_|gh[opsu]_|github_pat_|gsk_|xai-)\w{16}|AIza[\w-]{16}|key-(?=[a-z]*\d)[a-z0-9]{16})", re.IGNORECASE
)
WHERE_KEYS_GO = "A key is never kept here: put it into an environment variable of the workers and name that in key_variable."


class DataClass(Protocol):
    """Any dataclass."""

    __dataclass_fields__: ClassVar[dict[str, Any]]


Config = TypeVar("Config", bound=DataClass)


def read_config(shape: type[Config], given: Mapping[str, Any]) -> Config:
    """The settings in `given` as a value of the dataclass `shape`.

    Raises ValueError naming each field that is unknown, missing or of the wrong type, with what was given and what is wanted.
    """
    known = {field.name for field in fields(shape)}
    refuse_secrets(given, known)
    if unknown := sorted(set(given) - known):
        raise ValueError(f"There is no setting {', '.join(unknown)}; there are {', '.join(sorted(known))}.")
    try:
        # As JSON, which is how rows keep it: only so does a strict check take a mapping for a dataclass.
        return TypeAdapter(shape).validate_json(json.dumps(dict(given)), strict=True)
    except ValidationError as error:
        raise ValueError(" ".join(describe_problems(error))) from None
    except TypeError as error:
        raise ValueError(f"The settings cannot be kept as JSON: {error}.") from error


def refuse_secrets(given: Mapping[str, Any], known: set[str]) -> None:
    """Raise ValueError, which does not repeat it, where something in `given` looks like a key: by its name, or by how it begins."""
    for name, value in given.items():
        if (name not in known and NAMES_A_SECRET.search(name)) or (isinstance(value, str) and IS_A_SECRET.match(value)):
            raise ValueError(
                f"{name if len(name) <= 40 and not IS_A_SECRET.match(name) else 'A setting'} looks like a key. {WHERE_KEYS_GO}"
            )


def describe_problems(error: ValidationError) -> Iterator[str]:
    """A sentence for each field that is wrong, or the one that the dataclass itself raises."""
    for item in error.errors(include_url=False):
        field = ".".join(str(part) for part in item["loc"] if isinstance(part, str) and part.isidentifier()) or "settings"
        if item["type"] == "value_error":
            yield str(item["ctx"]["error"])
        elif item["type"] in ("missing", "missing_argument", "missing_keyword_only_argument"):
            yield f"{field} is missing."
        elif field == "key_variable":
            # What stands there by mistake may be the key itself.
            yield f"{field} is not the name of an environment variable, such as OPENAI_API_KEY."
        else:
            yield f"{field} is {item['input']!r}: {item['msg'][:1].lower()}{item['msg'][1:]}."
