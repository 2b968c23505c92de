"""What waits for the lead: flags, held candidates, contradictions, surplus answers, import conflicts."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from labeling.api.candidate_shapes import CandidateRow, FlagRow
from labeling.api.form_input import read_form, shape_of
from labeling.api.paging import PageQuery, page_of, read_page, write_page
from labeling.api.shapes import Person, Shape
from labeling.api.views import LeadView
from labeling.forms.inbox import ReplyForm
from labeling.lead.conflicts import describe_conflict
from labeling.lead.contradictions import describe_contradiction, open_contradictions
from labeling.lead.inbox import count_inbox, held_candidates, open_conflicts, open_flags, unseen_surplus
from labeling.models import CHECKS, Assignment, Reason, Verdict
from labeling.protocol.checks import review_check
from labeling.protocol.conflicts import accept_conflict, dismiss_conflict
from labeling.protocol.flags import answer_flag, review_surplus

Reply = shape_of(ReplyForm, "Reply")


class Inbox(Shape):
    """How many things of each kind wait."""

    flags = serializers.IntegerField()
    held = serializers.IntegerField()
    concerns = serializers.IntegerField()
    contradictions = serializers.IntegerField()
    conflicts = serializers.IntegerField()
    surplus = serializers.IntegerField()


class OpenFlag(FlagRow):
    """A remark that waits for a reply."""

    candidate = serializers.UUIDField(source="assignment.candidate.public_id")
    assignment = serializers.UUIDField(source="assignment.public_id")
    person = Person(source="assignment.person")


class Surplus(Shape):
    """A late answer for which there was no seat: kept, not counted."""

    assignment = serializers.UUIDField(source="public_id")
    candidate = serializers.UUIDField(source="candidate.public_id")
    person = Person()
    submitted_at = serializers.DateTimeField()
    verdict = serializers.ChoiceField(choices=Verdict.values)
    note = serializers.SerializerMethodField()
    is_reviewed = serializers.SerializerMethodField()

    def get_note(self, row: Assignment) -> str:
        """What the person wrote with it."""
        newest = max(row.answers.all(), key=lambda answer: answer.number, default=None)
        return newest.note if newest else ""

    def get_is_reviewed(self, row: Assignment) -> bool:
        """Whether a lead marked it as reviewed."""
        return row.reviewed_at is not None


class SaidShape(Shape):
    """What one person said; `is_check` marks the one that contradicts."""

    person = serializers.CharField()
    verdict = serializers.ChoiceField(choices=Verdict.values, source="answer.verdict")
    reasons = serializers.ListField(child=serializers.ChoiceField(choices=Reason.values), source="answer.reasons")
    note = serializers.CharField(allow_blank=True, source="answer.note")
    is_check = serializers.BooleanField()


class ContradictionShape(Shape):
    """An audit or a second adjudication that contradicts the decision, with everything said in its round."""

    assignment = serializers.UUIDField(source="row.public_id")
    candidate = serializers.UUIDField(source="row.candidate.public_id")
    purpose = serializers.ChoiceField(choices=[purpose.value for purpose in CHECKS], source="row.purpose")
    submitted_at = serializers.DateTimeField(source="row.submitted_at")
    said = SaidShape(many=True)


class Looked(Shape):
    """An audit or a second adjudication that a lead has looked at."""

    assignment = serializers.UUIDField(source="public_id")
    reviewed_at = serializers.DateTimeField()


class Change(Shape):
    """One part that would change."""

    label = serializers.CharField()  # type: ignore[assignment]
    old = serializers.ListField(child=serializers.CharField(allow_blank=True))
    new = serializers.ListField(child=serializers.CharField(allow_blank=True))
    old_images = serializers.ListField(child=serializers.CharField(), help_text="SHA-256 of each.")
    new_images = serializers.ListField(child=serializers.CharField(), help_text="SHA-256 of each.")


class Conflict(Shape):
    """A change an import may not make by itself; accepted, `touched` candidates start a new round."""

    id = serializers.IntegerField(source="row.pk")
    created_at = serializers.DateTimeField(source="row.created_at")
    task = serializers.CharField(source="row.task.external_id", allow_null=True)
    candidate = serializers.UUIDField(source="row.candidate.public_id", allow_null=True)
    changes = Change(many=True)
    touched = serializers.IntegerField()


class Accepted(Shape):
    """How many candidates started a new round."""

    rounds = serializers.IntegerField()


class InboxView(LeadView):
    """What waits."""

    @extend_schema(responses=Inbox)
    def get(self, _request: Request, slug: str) -> Response:
        """What waits for the lead, counted."""
        return Response(Inbox.write(count_inbox(self.project)))


class FlagsView(LeadView):
    """Remarks."""

    @extend_schema(parameters=[PageQuery], responses=page_of(OpenFlag))
    def get(self, request: Request, slug: str) -> Response:
        """Flags without a reply, oldest first."""
        return Response(write_page(request, open_flags(self.project), OpenFlag))


class ReplyView(LeadView):
    """Replying."""

    @extend_schema(request=Reply, responses=OpenFlag)
    def post(self, request: Request, slug: str, flag: int) -> Response:
        """Reply to a flag; its author sees it beside their progress."""
        reply = read_form(request, ReplyForm, Reply).cleaned_data["reply"]
        return Response(OpenFlag.write(answer_flag(self.project, flag, self.person, reply)))


class HeldView(LeadView):
    """Held candidates."""

    @extend_schema(parameters=[PageQuery], responses=page_of(CandidateRow))
    def get(self, request: Request, slug: str) -> Response:
        """Candidates out of the queue until the lead decides; the routes of candidates say what can be done."""
        held = held_candidates(self.project).select_related("project").prefetch_related("decisions")
        return Response(write_page(request, held, CandidateRow))


class SurplusView(LeadView):
    """Surplus answers."""

    @extend_schema(parameters=[PageQuery], responses=page_of(Surplus))
    def get(self, request: Request, slug: str) -> Response:
        """Surplus answers that are not reviewed, oldest first."""
        return Response(write_page(request, unseen_surplus(self.project), Surplus))


class ReviewView(LeadView):
    """Reviewing."""

    @extend_schema(request=None, responses=Surplus)
    def post(self, _request: Request, slug: str, assignment: UUID) -> Response:
        """Mark a surplus answer as reviewed."""
        return Response(Surplus.write(review_surplus(self.project, assignment, self.person)))


class ContradictionsView(LeadView):
    """Contradictions."""

    @extend_schema(parameters=[PageQuery], responses=page_of(ContradictionShape))
    def get(self, request: Request, slug: str) -> Response:
        """Audits and second adjudications that contradict and that nobody has looked at, oldest first."""
        page, link = read_page(request, open_contradictions(self.project))
        return Response({"results": ContradictionShape.write_all(map(describe_contradiction, page)), "next": link})


class ReviewContradictionView(LeadView):
    """Looking at a contradiction."""

    @extend_schema(request=None, responses=Looked)
    def post(self, _request: Request, slug: str, assignment: UUID) -> Response:
        """Note that I have looked at it; the decision stays what it is."""
        return Response(Looked.write(review_check(self.project, assignment, self.person)))


class ConflictsView(LeadView):
    """Import conflicts."""

    @extend_schema(parameters=[PageQuery], responses=page_of(Conflict))
    def get(self, request: Request, slug: str) -> Response:
        """Changes that an import may not make by itself, oldest first."""
        page, link = read_page(request, open_conflicts(self.project))
        return Response({"results": Conflict.write_all(map(describe_conflict, page)), "next": link})


class AcceptView(LeadView):
    """Accepting a conflict."""

    @extend_schema(request=None, responses=Accepted)
    def post(self, _request: Request, slug: str, conflict: int) -> Response:
        """Let the import make its change."""
        return Response(Accepted.write({"rounds": accept_conflict(self.project, conflict, self.person)}))


class DismissView(LeadView):
    """Dismissing a conflict."""

    @extend_schema(request=None, responses=Accepted)
    def post(self, _request: Request, slug: str, conflict: int) -> Response:
        """Keep what is there."""
        dismiss_conflict(self.project, conflict, self.person)
        return Response(Accepted.write({"rounds": 0}))
