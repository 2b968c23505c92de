"""Answering, changing one's mind, passing on, telling the lead; and what one answered."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from labeling.api.card_shapes import CardShape
from labeling.api.form_input import read_form, shape_of
from labeling.api.shapes import OutcomeShape, Shape
from labeling.api.views import ProjectView, tell
from labeling.cards import make_cards
from labeling.forms.answer import AnswerForm, FlagForm, SkipForm, UndoForm
from labeling.protocol.edit import edit_answer, editable_answers, undo_answer
from labeling.protocol.skip import raise_flag, skip_candidate
from labeling.protocol.submit import submit_answer

# The page's reason buttons are a way of its own to say answer and reasons at once.
Answering = shape_of(AnswerForm, "Answering", ("assignment", "reject_for", "replaces"), ("answer",))
Editing = shape_of(AnswerForm, "Editing", ("assignment", "reject_for"), ("answer", "replaces"))
Undoing = shape_of(UndoForm, "Undoing", ("assignment",))
Skipping = shape_of(SkipForm, "Skipping", ("assignment",))
Flagging = shape_of(FlagForm, "Flagging", ("assignment",))


class Recent(Shape):
    """At most the last 20."""

    results = CardShape(many=True)


class AnswerView(ProjectView):
    """Answering."""

    rights = ("can_label",)

    @extend_schema(request=Answering, responses=OutcomeShape)
    def post(self, request: Request, slug: str, assignment: UUID) -> Response:
        """Accept or reject a candidate I hold or held."""
        form = read_form(request, AnswerForm, Answering, assignment=assignment)
        return tell(submit_answer(assignment, self.person, form.submission(), form.cleaned_data["key"]))


class EditView(ProjectView):
    """Changing an answer."""

    rights = ("can_label",)

    @extend_schema(request=Editing, responses=OutcomeShape)
    def post(self, request: Request, slug: str, assignment: UUID) -> Response:
        """Replace my answer while its window is open."""
        form = read_form(request, AnswerForm, Editing, assignment=assignment)
        return tell(edit_answer(assignment, self.person, form.submission(), form.cleaned_data["replaces"], form.cleaned_data["key"]))


class UndoView(ProjectView):
    """Taking an answer back."""

    rights = ("can_label",)

    @extend_schema(request=Undoing, responses=OutcomeShape)
    def post(self, request: Request, slug: str, assignment: UUID) -> Response:
        """Take my answer back while its window is open; I hold the candidate again."""
        data = read_form(request, UndoForm, Undoing, assignment=assignment).cleaned_data
        return tell(undo_answer(assignment, self.person, data["replaces"], data["key"]))


class SkipView(ProjectView):
    """Passing a candidate on."""

    rights = ("can_label", "can_adjudicate")

    @extend_schema(request=Skipping, responses=OutcomeShape)
    def post(self, request: Request, slug: str, assignment: UUID) -> Response:
        """Leave a candidate or a dispute to somebody else, with a reason."""
        data = read_form(request, SkipForm, Skipping, assignment=assignment).cleaned_data
        return tell(skip_candidate(assignment, self.person, data["reason"], data["note"], data["key"]))


class FlagView(ProjectView):
    """Telling the lead."""

    rights = ("can_label", "can_adjudicate")

    @extend_schema(request=Flagging, responses=OutcomeShape)
    def post(self, request: Request, slug: str, assignment: UUID) -> Response:
        """Send the lead a remark about a candidate I have or had."""
        data = read_form(request, FlagForm, Flagging, assignment=assignment).cleaned_data
        return tell(raise_flag(assignment, self.person, data["text"], data["key"]))


class RecentView(ProjectView):
    """What I answered."""

    rights = ("can_label",)

    @extend_schema(responses=Recent)
    def get(self, _request: Request, slug: str) -> Response:
        """My answers that can still be changed, newest first."""
        cards = make_cards([answer.assignment for answer in editable_answers(self.project, self.person)])
        return Response({"results": CardShape.write_all(cards)})
