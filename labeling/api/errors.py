"""Every refusal in one shape: `code` is stable, `message` is for people, `fields` says which fields are wrong and why."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied, RequestDataTooBig
from django.http import Http404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import exceptions, status
from rest_framework.response import Response

from labeling.protocol.outcome import ProtocolError

# Refusals of what the request itself says; every other one is about where things stand.
WRONG_IN_ITSELF = {
    "accept_with_reason",
    "bad_active_ms",
    "bad_reason",
    "bad_skip_reason",
    "bad_verdict",
    "empty_flag",
    "empty_reply",
    "needs_stage1",
    "no_right",
    "note_too_long",
    "reason_class_required",
    "reason_required",
    "unknown_preset",
    "unknown_stage",
    "wrong_setting",
}
# A thing that is another's and a thing that is not there are answered alike.
NOT_THERE = {"not_found", "not_allowed"}


class Invalid(exceptions.APIException):
    """The request is not what is asked for; `fields` names what is wrong where."""

    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY
    default_code = "invalid"
    default_detail = gettext_lazy("Some fields are missing or wrong.")

    def __init__(self, fields: dict[str, list[str]] | None = None, detail: Any = None, code: str | None = None) -> None:
        super().__init__(detail, code)
        self.fields = fields or {}


class Gone(exceptions.APIException):
    """What was asked about is over."""

    status_code = status.HTTP_410_GONE
    default_code = "lease_over"
    default_detail = gettext_lazy("Your time for this candidate is over. What you answer may still count.")


class TooManyWrongTokens(exceptions.Throttled):
    """Too many wrong tokens from one address."""

    default_code = "too_many_wrong_tokens"
    default_detail = gettext_lazy("Too many wrong tokens came from your address. Check the token that your program sends.")


class TooLarge(exceptions.APIException):
    """The body is larger than any that makes sense."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "too_large"
    default_detail = gettext_lazy("The request is too large.")


def refuse_form(form: forms.BaseForm) -> Invalid:
    """The refusal of a form that is not valid."""
    errors = {name: [str(error) for error in errors] for name, errors in form.errors.items()}
    general = errors.pop(NON_FIELD_ERRORS, [])
    return Invalid(errors, " ".join(general) or None)


def answer_error(error: Exception, _context: dict[str, Any]) -> Response | None:
    """The response to an exception of a view; None for one that is a bug, which is logged and answered with 500."""
    if isinstance(error, ProtocolError) and error.code not in NOT_THERE:
        wrong = error.code in WRONG_IN_ITSELF
        return describe(error.code, str(error), status.HTTP_422_UNPROCESSABLE_ENTITY if wrong else status.HTTP_409_CONFLICT)
    if isinstance(error, Http404 | ProtocolError | exceptions.NotFound):
        return describe("not_found", _("There is nothing at this address, or nothing for you."), status.HTTP_404_NOT_FOUND)
    if isinstance(error, RequestDataTooBig):
        error = TooLarge()
    if isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    if isinstance(error, exceptions.ValidationError):
        error = Invalid(flatten(error.detail))
    return describe_exception(error) if isinstance(error, exceptions.APIException) else None


def describe_exception(error: exceptions.APIException) -> Response:
    """The response to a refusal of the framework or of this package."""
    code = str(getattr(error.detail, "code", error.default_code))
    response = describe(code, str(error.detail), error.status_code, getattr(error, "fields", None))
    if header := getattr(error, "auth_header", None):
        response.headers["WWW-Authenticate"] = header
    if isinstance(error, exceptions.Throttled) and (wait := getattr(error, "wait", None)):
        response.headers["Retry-After"] = str(int(wait))
    return response


def describe(code: str, message: str, status_code: int, fields: dict[str, list[str]] | None = None) -> Response:
    """One error."""
    return Response({"code": code, "message": message, **({"fields": fields} if fields else {})}, status=status_code)


def flatten(detail: Any, name: str = "") -> dict[str, list[str]]:
    """What a serializer found, as a list of sentences per field; a field within a field is `outer.inner`."""
    if isinstance(detail, dict):
        found: dict[str, list[str]] = {}
        for key, inner in detail.items():
            for place, sentences in flatten(inner, f"{name}.{key}" if name else str(key)).items():
                found.setdefault(place, []).extend(sentences)
        return found
    return {name or "body": [str(sentence) for sentence in detail]}
