"""How values are written: each shape lists its fields, so that nothing leaves which nobody listed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers


class Shape(serializers.Serializer[Any]):
    """A response, or a part of one."""

    @classmethod
    def write(cls, value: Any) -> dict[str, Any]:
        """One value in this shape."""
        return dict(cls(value).data)

    @classmethod
    def write_all(cls, values: Iterable[Any]) -> list[dict[str, Any]]:
        """Values in this shape, in their order."""
        return [cls.write(value) for value in values]


class Effects(Shape):
    """What a change does to work in progress, by what was changed; empty where nothing was."""

    effects = serializers.DictField(child=serializers.CharField())

    @classmethod
    def of(cls, effects: Mapping[str, str]) -> dict[str, Any]:
        """The effects as the protocol tells them, in the reader's language."""
        return cls.write({"effects": {name: _(effect) for name, effect in effects.items()}})


class StrictShape(Shape):
    """A shape that refuses what it does not know: a filter with a slip of the pen would otherwise mean everything."""

    def to_internal_value(self, data: Any) -> Any:
        """The values; raises ValidationError for names that are not in the shape too."""
        if isinstance(data, Mapping) and (unknown := set(data) - set(self.fields)):
            raise serializers.ValidationError({name: [_("There is nothing of this name here.")] for name in sorted(map(str, unknown))})
        return super().to_internal_value(data)


@extend_schema_field(OpenApiTypes.INT)
class SecondsField(serializers.Field[Any, Any, int, Any]):
    """A length of time in whole seconds; only ever written."""

    def to_representation(self, value: timedelta) -> int:
        """The seconds."""
        return int(value.total_seconds())


class Error(Shape):
    """A refusal; `code` never changes, `message` is in the language asked for."""

    code = serializers.CharField()
    message = serializers.CharField()
    fields = serializers.DictField(child=serializers.ListField(child=serializers.CharField()), required=False)  # type: ignore[assignment]


class Person(Shape):
    """Somebody a lead works with."""

    id = serializers.UUIDField(source="public_id")
    username = serializers.CharField()


class LeasesEnded(Shape):
    """How many candidates in hand went back to the queue."""

    released = serializers.IntegerField()


class CountShape(Shape):
    """Candidates of which the same becomes."""

    code = serializers.CharField()
    message = serializers.CharField()
    count = serializers.IntegerField()


class OutcomeShape(Shape):
    """What became of a write. `kind` refused changed nothing, surplus is kept but not counted; `replayed`: the outcome given before."""

    kind = serializers.ChoiceField(choices=["submitted", "surplus", "refused"])
    code = serializers.CharField()
    message = serializers.CharField()
    assignment = serializers.UUIDField(allow_null=True)
    answer = serializers.UUIDField(allow_null=True)
    replayed = serializers.BooleanField()
