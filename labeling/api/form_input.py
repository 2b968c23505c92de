"""What a request says, checked by the same forms as on the pages.

A form takes texts, JSON has types: so each form is also written as a serializer, made from the form itself. It describes the request in the
schema and refuses what is of another type; the form then applies its rules.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

from django import forms
from rest_framework import serializers
from rest_framework.request import Request

from labeling.api.errors import refuse_form
from labeling.api.shapes import Shape

AnyForm = TypeVar("AnyForm", bound=forms.BaseForm)


def check_types(shape: type[Shape], data: Any, partial: bool = False) -> dict[str, Any]:
    """The values of `data` as `shape` has them; raises ValidationError (422) for what is missing or of another type."""
    checked = shape(data=data, partial=partial)
    checked.is_valid(raise_exception=True)
    return dict(checked.validated_data)


def read_form(request: Request, form_class: type[AnyForm], shape: type[Shape], **known: Any) -> AnyForm:
    """The valid form of what was sent, with what the address says (`known`); raises what becomes 422 if it is not valid."""
    data = check_types(shape, request.data)
    return check_form(form_class({**data, **known}, request.FILES))


def check_form(form: AnyForm) -> AnyForm:
    """`form` if it is valid; raises what becomes 422 if it is not."""
    if not form.is_valid():
        raise refuse_form(form)
    return form


@cache
def shape_of(
    form_class: type[forms.BaseForm], name: str, leave_out: tuple[str, ...] = (), needed: tuple[str, ...] = (), base: type[Shape] = Shape
) -> type[Shape]:
    """`form_class` as a shape called `name`, without the fields `leave_out`; those `needed` are required whatever the form says."""
    declared: dict[str, forms.Field] = getattr(form_class, "base_fields")  # noqa: B009 - the type of a form class does not know it
    fields = {
        field_name: write_field(field, field.required or field_name in needed)
        for field_name, field in declared.items()
        if field_name not in leave_out
    }
    about = (form_class.__doc__ or "").partition(". ")[0].rstrip(".") + "."
    return type(name, (base,), {**fields, "__doc__": about, "__module__": __name__})


def write_field(field: forms.Field, required: bool) -> serializers.Field[Any, Any, Any, Any]:
    """One field of a form as a serializer has it."""
    options: dict[str, Any] = {"required": required, "help_text": field.help_text or None}
    for kind, make in WRITERS:
        if isinstance(field, kind):
            return make(field, options)
    raise ValueError(f"no way to write a {type(field).__name__} in the API")


def write_text(field: Any, options: dict[str, Any]) -> serializers.CharField:
    """A text; an optional one may be empty."""
    return serializers.CharField(max_length=field.max_length, allow_blank=not options["required"], trim_whitespace=False, **options)


def write_number(field: Any, options: dict[str, Any]) -> serializers.IntegerField:
    """A whole number; an optional one may be null."""
    limits = {"min_value": field.min_value, "max_value": field.max_value}
    return serializers.IntegerField(allow_null=not options["required"], **limits, **options)


def write_choice(field: Any, options: dict[str, Any]) -> serializers.ChoiceField | serializers.CharField:
    """One of several values; a text where each project has its own, which the form knows."""
    values = [value for value, _label in field.choices if value != ""]
    if not values:
        return serializers.CharField(max_length=150, **options)
    return serializers.ChoiceField(choices=values, **options)


def write_choices(field: Any, options: dict[str, Any]) -> serializers.ListField:
    """Any of several values."""
    return serializers.ListField(child=serializers.ChoiceField(choices=[value for value, _label in field.choices]), **options)


Writer = Callable[[Any, dict[str, Any]], serializers.Field[Any, Any, Any, Any]]
# The more special kind comes first.
WRITERS: list[tuple[type[forms.Field], Writer]] = [
    (forms.MultipleChoiceField, write_choices),
    (forms.ChoiceField, write_choice),
    (forms.UUIDField, lambda _field, options: serializers.UUIDField(**options)),
    (forms.FileField, lambda _field, options: serializers.FileField(**options)),
    (forms.BooleanField, lambda _field, options: serializers.BooleanField(**options)),
    (forms.DateField, lambda _field, options: serializers.DateField(allow_null=not options["required"], **options)),
    (forms.IntegerField, write_number),
    (forms.CharField, write_text),
]
