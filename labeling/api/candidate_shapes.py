"""A candidate as its lead sees it, with generator, people and every answer."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from labeling.api.card_shapes import RuleShape
from labeling.api.shapes import Person, Shape
from labeling.lead.candidate import READ
from labeling.models import Answer, Candidate, Category, Decision, Image, Project, Purpose, Skip, State, Status, Verdict


class LeadPicture(Shape):
    """A picture by the SHA-256 of its original, and its addresses relative to the site."""

    sha256 = serializers.CharField()
    width = serializers.IntegerField()
    height = serializers.IntegerField()
    thumb = serializers.CharField()
    screen = serializers.CharField()
    full = serializers.CharField()


class DecisionShape(Shape):
    """A final verdict; it stands unless a later change revoked it."""

    round = serializers.IntegerField()
    verdict = serializers.ChoiceField(choices=Verdict.values)
    how = serializers.ChoiceField(choices=Decision.How.values)
    decided_at = serializers.DateTimeField()
    stands = serializers.SerializerMethodField()

    def get_stands(self, decision: Decision) -> bool:
        """Whether it is the decision now."""
        return decision.revoked_event_id is None


class CandidateRow(Shape):
    """One candidate in a list."""

    id = serializers.UUIDField(source="public_id")
    state = serializers.ChoiceField(choices=State.values)
    state_changed_at = serializers.DateTimeField()
    reason = serializers.CharField(allow_blank=True, help_text="Why it is held or withdrawn.")
    round = serializers.IntegerField()
    batch = serializers.IntegerField(help_text="Number of its batch, 0 for none.")
    task = serializers.CharField(source="bundle.task.external_id")
    category = serializers.ChoiceField(choices=Category.values, source="bundle.task.category")
    title = serializers.CharField(source="bundle.task.name", allow_blank=True)
    number = serializers.IntegerField(source="deliverable.number")
    quantity = serializers.IntegerField(source="bundle.task.quantity")
    sample = serializers.IntegerField()
    is_submitted_sample = serializers.BooleanField()
    generator = serializers.CharField(source="bundle.generator.slug")
    generator_name = serializers.CharField(source="bundle.generator.display_name")
    picture = serializers.SerializerMethodField()
    decision = serializers.SerializerMethodField()

    @extend_schema_field(LeadPicture(allow_null=True))
    def get_picture(self, candidate: Candidate) -> dict[str, Any] | None:
        """The picture, null where only a decision was imported."""
        return write_picture(candidate.project, candidate.image)

    @extend_schema_field(DecisionShape(allow_null=True))
    def get_decision(self, candidate: Candidate) -> dict[str, Any] | None:
        """The decision that stands, null where there is none."""
        stands = next((row for row in candidate.decisions.all() if row.revoked_event_id is None), None)
        return DecisionShape.write(stands) if stands else None


class AnswerRow(Shape):
    """One row of what a person said; the newest counts. `verdict` is null where it took the one before back."""

    id = serializers.UUIDField(source="public_id")
    kind = serializers.ChoiceField(choices=Answer.Kind.values)
    verdict = serializers.ChoiceField(choices=Verdict.values, allow_null=True)
    reasons = serializers.ListField(child=serializers.CharField())
    note = serializers.CharField(allow_blank=True)
    reason_class = serializers.CharField(allow_blank=True)
    exposure = serializers.ChoiceField(choices=Answer.Exposure.values)
    active_ms = serializers.IntegerField(allow_null=True)
    answered_at = serializers.DateTimeField()
    received_at = serializers.DateTimeField()


class SkipRow(Shape):
    """Why a person passed it on."""

    why = serializers.ChoiceField(choices=Skip.Why.values)
    note = serializers.CharField(allow_blank=True)


class FlagRow(Shape):
    """A remark to the lead."""

    id = serializers.IntegerField(source="pk")
    text = serializers.CharField()
    created_at = serializers.DateTimeField()
    reply = serializers.CharField(allow_blank=True)


class WorkRow(Shape):
    """One assignment with everything its person said."""

    assignment = serializers.UUIDField(source="assignment.public_id")
    person = Person(source="assignment.person")
    purpose = serializers.ChoiceField(choices=Purpose.values, source="assignment.purpose")
    seat = serializers.IntegerField(source="assignment.seat", allow_null=True)
    status = serializers.ChoiceField(choices=Status.values, source="assignment.status")
    leased_at = serializers.DateTimeField(source="assignment.leased_at")
    submitted_at = serializers.DateTimeField(source="assignment.submitted_at", allow_null=True)
    picture_sha256 = serializers.CharField(source="assignment.image.sha256", help_text="What the person was shown.")
    answers = serializers.SerializerMethodField()
    skip = SkipRow(allow_null=True)
    flags = FlagRow(many=True)

    @extend_schema_field(AnswerRow(many=True))
    def get_answers(self, work: Any) -> list[dict[str, Any]]:
        """The answers, oldest first."""
        return AnswerRow.write_all(line.answer for line in work.answers)


class RoundRow(Shape):
    """One pass of the candidate through the protocol."""

    number = serializers.IntegerField()
    is_current = serializers.BooleanField()
    work = WorkRow(many=True)
    decisions = DecisionShape(many=True)


class AdvisoryShape(Shape):
    """How probable it is that the candidate is acceptable, from blind answers and how reliable their authors are. It decides nothing."""

    percent = serializers.FloatField()
    labels = serializers.IntegerField(help_text="The blind answers it rests on.")


class CandidateDetail(CandidateRow):
    """One candidate with its task and every answer of every round, the newest round first."""

    brief = serializers.CharField(source="bundle.task.brief", allow_blank=True)
    price_usd = serializers.DecimalField(max_digits=12, decimal_places=2, source="bundle.task.price_usd", help_text="Of the whole task.")
    points = serializers.ListField(child=serializers.CharField(allow_blank=True))
    rules = RuleShape(many=True)
    references = LeadPicture(many=True)
    sources = LeadPicture(many=True)
    rounds = RoundRow(many=True)
    advisory = AdvisoryShape(allow_null=True)


class EventRow(Shape):
    """One thing that happened to a candidate, and the state it left behind."""

    at = serializers.DateTimeField()
    kind = serializers.CharField()
    what = serializers.CharField(help_text="`kind` in words.")
    actor = serializers.CharField()
    details = serializers.ListField(child=serializers.CharField())
    round = serializers.IntegerField(allow_null=True)
    state = serializers.CharField(allow_blank=True, help_text="The state in words.")


def with_rows(rows: QuerySet[Candidate]) -> QuerySet[Candidate]:
    """`rows` with what a shape reads of them, in a fixed number of queries."""
    return rows.select_related(*READ).prefetch_related("decisions")


def write_picture(project: Project, image: Image | None) -> dict[str, Any] | None:
    """`image` as a lead of `project` opens it; None where there is none."""
    if image is None:
        return None
    sizes = ("thumb", "screen", "full")
    addresses = {size: reverse("api:lead_picture", args=[project.slug, image.sha256, size]) for size in sizes}
    return LeadPicture.write({"sha256": image.sha256, "width": image.width, "height": image.height, **addresses})
