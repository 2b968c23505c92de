"""The OpenAPI description, and a plain page that shows it."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from labeling.access import PersonRequest
from labeling.api.views import ApiView

METHODS = ("get", "post", "put", "patch", "delete")
# What every operation may answer besides what it is for, and when.
ALWAYS = {"401": "No token, or one that opens nothing.", "429": "Too many requests; `Retry-After` says for how many seconds."}
REFUSALS = {
    "404": "Nothing is there, or nothing for you.",
    "422": "Something in the request is missing or wrong; `fields` says what.",
}
WRITE_REFUSALS = {
    "409": "Not as things stand now; `code` says why.",
    "400": "The body cannot be read.",
    "403": "A session asked without its CSRF token.",
    "413": "The body is too large.",
    "415": "The body is of a type that is not taken here.",
}


class Describe(AutoSchema):
    """Names operations after their view and method, and takes the group from the module."""

    def get_operation_id(self) -> str:
        """`take_post` for the POST of TakeView."""
        name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type(self.view).__name__.removesuffix("View")).lower()
        return f"{name}_{self.method.lower()}"

    def get_tags(self) -> list[str]:
        """The noun."""
        return [type(self.view).__module__.rpartition(".")[2]]

    def get_serializer_name(self, serializer: Any, direction: Any) -> str:
        """A shape is called after what it shows."""
        return str(super().get_serializer_name(serializer, direction)).removesuffix("Shape")


def add_refusals(result: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
    """Hook of the generator: every operation may refuse, always in the same shape."""
    result["components"]["schemas"]["Error"] = describe_error()
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    for methods in result["paths"].values():
        for method, operation in methods.items():
            told = {**ALWAYS, **REFUSALS, **(WRITE_REFUSALS if method != "get" else {})}
            for status, text in told.items():
                operation["responses"].setdefault(status, {"description": text, "content": content})
    drop_marks(result)
    return result


def drop_marks(value: Any) -> None:
    """Take out of the description what the generator leaves for a hook that is not used here."""
    if isinstance(value, dict):
        value.pop("x-spec-enum-id", None)
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        drop_marks(inner)


def describe_error() -> dict[str, Any]:
    """The one shape of refusals."""
    text = {"type": "string"}
    fields = {"type": "object", "additionalProperties": {"type": "array", "items": text}}
    return {
        "type": "object",
        "description": "A refusal; `code` never changes, `message` is in the language asked for.",
        "properties": {"code": text, "message": text, "fields": fields},
        "required": ["code", "message"],
    }


@cache
def make_schema(language: str) -> dict[str, Any]:
    """The description in `language`; made once per process, because it takes a second."""
    with translation.override(language):
        schema: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return schema


class SchemaView(ApiView):
    """The description of the API."""

    @extend_schema(exclude=True, responses=OpenApiTypes.OBJECT)
    def get(self, _request: Request) -> Response:
        """OpenAPI 3 as JSON."""
        return Response(make_schema(translation.get_language() or "en"))


@require_safe
def documents(request: PersonRequest) -> HttpResponse:
    """The description as a page to read: no script, so that it works under any policy."""
    schema = make_schema(translation.get_language() or "en")
    groups: dict[str, list[dict[str, Any]]] = {}
    for address, methods in schema["paths"].items():
        for method in METHODS:
            if operation := methods.get(method):
                groups.setdefault(operation["tags"][0], []).append(describe_operation(address, method, operation))
    shapes = [describe_shape(name, shape) for name, shape in schema["components"]["schemas"].items()]
    return render(request, "labeling/api.html", {"groups": groups.items(), "shapes": shapes})


def describe_shape(name: str, shape: dict[str, Any]) -> dict[str, Any]:
    """One shape as the page shows it: its fields, each with its type and whether it may be left out."""
    needed = shape.get("required", [])
    fields = [
        {"name": field, "type": name_type(about), "text": about.get("description", ""), "optional": field not in needed}
        for field, about in shape.get("properties", {}).items()
    ]
    return {"name": name, "text": shape.get("description", ""), "fields": fields}


def name_type(about: dict[str, Any]) -> str:
    """The type of a field in words: a shape, a list of something, the values it may have, or a plain type."""
    inner = about["allOf"][0] if "allOf" in about else about
    if inner.get("type") == "array":
        text = f"list of {name_type(inner['items'])}"
    else:
        values = [str(value) for value in inner.get("enum", []) if value is not None]
        text = name_schema(inner) or " | ".join(values) or inner.get("format") or inner.get("type", "")
    return f"{text} or null" if about.get("nullable") else text


def describe_operation(address: str, method: str, operation: dict[str, Any]) -> dict[str, Any]:
    """One operation as the page shows it."""
    bodies = operation.get("requestBody", {}).get("content", {})
    answers = {status: answer for status, answer in operation["responses"].items() if status.startswith("2")}
    return {
        "id": operation["operationId"],
        "method": method.upper(),
        "address": address,
        "text": operation.get("description", ""),
        "parameters": [parameter for parameter in operation.get("parameters", []) if parameter["in"] == "query"],
        "bodies": [(kind, name_schema(body["schema"])) for kind, body in bodies.items()],
        "answers": [(status, name_content(answer)) for status, answer in answers.items()],
    }


def name_content(answer: dict[str, Any]) -> str:
    """What a response carries: a named shape, or a type of file."""
    content = answer.get("content", {})
    return ", ".join(name_schema(body["schema"]) or kind for kind, body in content.items())


def name_schema(schema: dict[str, Any]) -> str:
    """The name of a shape; '' if it has none."""
    return str(schema.get("$ref", "")).rpartition("/")[2]
