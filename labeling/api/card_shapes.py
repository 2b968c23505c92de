"""A card in JSON. Everything comes from labeling/cards.py, so no generator, seat, state, file name or row number can get in."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from rest_framework import serializers

from labeling.api.shapes import SecondsField, Shape
from labeling.models import Reason, ReasonClass, Verdict


class Address(serializers.CharField):
    """The address of a picture: that of the page, below the API, where a token opens it too."""

    def to_representation(self, value: str) -> str:
        """The same picture of the same assignment."""
        project, _image, rest = value.rpartition("/image/")
        slug = project.rpartition("/")[2]
        return f"{reverse('api:project', args=[slug])}image/{rest}/"


class PictureShape(Shape):
    """One picture in three sizes; width and height are pixels of the full one. Addresses are relative to the site."""

    number = serializers.IntegerField()
    thumb = Address()
    screen = Address()
    full = Address()
    width = serializers.IntegerField()
    height = serializers.IntegerField()
    is_this = serializers.BooleanField(help_text="Whether it is the candidate itself.")


class RuleShape(Shape):
    """A hard rule held against the picture: met, unmet, or open where a file cannot show it."""

    status = serializers.ChoiceField(choices=["met", "unmet", "open"])
    text = serializers.CharField()
    note = serializers.CharField(allow_blank=True)


class ReasonShape(Shape):
    """A reason this task offers for a reject."""

    code = serializers.ChoiceField(choices=Reason.values)
    label = serializers.CharField()  # type: ignore[assignment]


class AnswerShape(Shape):
    """An answer without its author."""

    verdict = serializers.ChoiceField(choices=Verdict.values)
    reasons = serializers.ListField(child=serializers.ChoiceField(choices=Reason.values))
    note = serializers.CharField(allow_blank=True)


class OwnAnswerShape(AnswerShape):
    """One's own answer. `id` is what an edit or undo names; it may be changed for so many seconds, null once it may not."""

    id = serializers.UUIDField(source="public_id")
    changeable_for_s = SecondsField(source="changeable_for", allow_null=True)


class SuggestionShape(Shape):
    """What a model suggests: its calibrated probability that the candidate is accepted, and the answer that stands for."""

    verdict = serializers.ChoiceField(choices=Verdict.values)
    p_accept = serializers.FloatField(min_value=0, max_value=1)
    words = serializers.CharField()
    model_version = serializers.CharField()
    backend = serializers.CharField(allow_blank=True, help_text="What the version runs on, in words; empty for imported suggestions.")
    weakest = serializers.CharField(allow_blank=True)


class RevealShape(Shape):
    """Both primary answers beside one's own, in an order that says nothing; `is_open` until it is confirmed or revised."""

    is_open = serializers.BooleanField()
    own = AnswerShape()
    primaries = AnswerShape(many=True)
    suggestion = SuggestionShape(allow_null=True, help_text="What a model had said; null where nothing was drawn to be shown.")
    reason_classes = serializers.SerializerMethodField()

    def get_reason_classes(self, _reveal: Any) -> list[str]:
        """What a confirmation may name as the reason of the dispute."""
        return list(ReasonClass.values)


class CardShape(Shape):
    """A candidate beside its brief, as one person sees it."""

    assignment = serializers.UUIDField()
    project = serializers.CharField(source="project.slug")
    category = serializers.CharField()
    title = serializers.CharField(allow_blank=True)
    brief = serializers.CharField(allow_blank=True)
    price_usd = serializers.DecimalField(max_digits=12, decimal_places=2, help_text="Unit price, rounded to cents.")
    number = serializers.IntegerField(help_text="Which of the images that the task asks for.")
    quantity = serializers.IntegerField()
    deliverable = serializers.CharField(allow_blank=True)
    rules = RuleShape(many=True)
    points = serializers.ListField(child=serializers.CharField(allow_blank=True))
    candidate = PictureShape()
    delivery = PictureShape(many=True, source="strip", help_text="The images delivered together, this one among them.")
    references = PictureShape(many=True)
    sources = PictureShape(many=True)
    missing_references = serializers.IntegerField()
    is_editing = serializers.BooleanField()
    source_missing = serializers.BooleanField()
    reasons = ReasonShape(many=True)
    is_open = serializers.BooleanField(help_text="Whether it may be answered.")
    is_late = serializers.BooleanField(help_text="Whether its time is over; an answer may still count.")
    is_counted = serializers.BooleanField()
    is_adjudication = serializers.BooleanField()
    own = OwnAnswerShape(allow_null=True)
    reveal = RevealShape(allow_null=True)
    suggestion = SuggestionShape(allow_null=True, help_text="Only where I was drawn to see one, and then maybe after my answer.")
    is_revealing = serializers.BooleanField(help_text="Whether the suggestion waits for me to keep my blind answer or to change it.")
