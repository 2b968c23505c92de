"""Adjudicating: the blind answer, the reveal, then confirm or revise."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from labeling.api.card_shapes import CardShape
from labeling.api.cards import Hand
from labeling.api.form_input import read_form, shape_of
from labeling.api.shapes import OutcomeShape
from labeling.api.views import ProjectView, tell
from labeling.forms.answer import AnswerForm, ConfirmForm
from labeling.models import REVIEWING, Assignment, Purpose, Status
from labeling.protocol.adjudicate import confirm_adjudication, pending_reveal, submit_blind, take_adjudication
from labeling.protocol.explain_empty import explain_empty
from labeling.views.adjudicate import read_cards

BlindAnswering = shape_of(AnswerForm, "BlindAnswering", ("assignment", "reject_for", "replaces"), ("answer",))
Confirming = shape_of(ConfirmForm, "Confirming", ("assignment",))


class AdjudicationView(ProjectView):
    """What I have to adjudicate."""

    rights = ("can_adjudicate",)

    @extend_schema(responses=Hand)
    def get(self, _request: Request, slug: str) -> Response:
        """The dispute or reveal in my hands; reading it takes nothing new."""
        held = Assignment.objects.leased_by(self.person.pk, self.project.pk).filter(purpose__in=REVIEWING)
        return Response(write_dispute(self, pending_reveal(self.project, self.person) or held.first()))


class TakeAdjudicationView(ProjectView):
    """Taking a dispute."""

    rights = ("can_adjudicate",)

    @extend_schema(request=None, responses=Hand)
    def post(self, _request: Request, slug: str) -> Response:
        """Take a dispute; a reveal that waits for me comes first."""
        return Response(write_dispute(self, take_adjudication(self.project, self.person)))


class BlindAnswerView(ProjectView):
    """The blind answer."""

    rights = ("can_adjudicate",)

    @extend_schema(request=BlindAnswering, responses=OutcomeShape)
    def post(self, request: Request, slug: str, assignment: UUID) -> Response:
        """Answer a dispute before seeing what was answered; this settles it."""
        form = read_form(request, AnswerForm, BlindAnswering, assignment=assignment)
        return tell(submit_blind(assignment, self.person, form.submission(), form.cleaned_data["key"]))


class RevealView(ProjectView):
    """The reveal."""

    rights = ("can_adjudicate",)

    @extend_schema(responses=CardShape)
    def get(self, _request: Request, slug: str, assignment: UUID) -> Response:
        """One of my adjudications with both primary answers; not there before my blind answer is in."""
        mine = Assignment.objects.filter(project=self.project, person=self.person, purpose=Purpose.ADJUDICATION)
        row = mine.filter(public_id=assignment, status=Status.SUBMITTED).first()
        if row is None:
            raise Http404
        return Response(CardShape.write(read_cards(self.person, row)[0]))


class ConfirmView(ProjectView):
    """Closing an adjudication."""

    rights = ("can_adjudicate",)

    @extend_schema(request=Confirming, responses=OutcomeShape)
    def post(self, request: Request, slug: str, assignment: UUID) -> Response:
        """Keep the blind answer or revise it, and say why the two differed."""
        form = read_form(request, ConfirmForm, Confirming, assignment=assignment)
        data, final = form.cleaned_data, form.submission()
        return tell(confirm_adjudication(assignment, self.person, data["reason_class"], final, data["key"]))


def write_dispute(view: ProjectView, row: Assignment | None) -> dict[str, Any]:
    """The card of `row`, or why there is none."""
    empty = None if row else explain_empty(view.project, view.person, Purpose.ADJUDICATION)
    return Hand.write({"cards": read_cards(view.person, row), "empty": empty})
