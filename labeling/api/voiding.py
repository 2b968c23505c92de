"""Voiding a person's answers by range: a dry run first, then a job, as on the page."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from labeling.api.errors import Invalid
from labeling.api.form_input import check_form, check_types, shape_of
from labeling.api.jobs import JobShape
from labeling.api.shapes import CountShape, Shape, StrictShape
from labeling.api.views import LeadView
from labeling.forms.voiding import RangeForm, VoidForm
from labeling.jobs.queue import create_job
from labeling.jobs.void_answers import VOID
from labeling.lead.voiding import Preview, list_counts, preview_voiding
from labeling.models import Membership
from labeling.models.voiding import Voiding

Range = shape_of(RangeForm, "Range", ("person", "guideline"), base=StrictShape)
RangeAndReason = shape_of(VoidForm, "RangeAndReason", ("person", "guideline", "before"), base=StrictShape)
GUIDELINE = "Number of the version that was in force."


class AnswerRange(Range):  # type: ignore[misc,valid-type] # a class made of a form
    """Which answers of the person; what is left out does not matter."""

    guideline = serializers.IntegerField(required=False, allow_null=True, help_text=GUIDELINE)


class StartVoiding(RangeAndReason):  # type: ignore[misc,valid-type] # a class made of a form
    """The range of a dry run, the moment of that, and why."""

    guideline = serializers.IntegerField(required=False, allow_null=True, help_text=GUIDELINE)
    before = serializers.DateTimeField(help_text="From the dry run; what came in at that moment or later stays.")


class VoidPreview(Shape):
    """What voiding would do: rows that become void, candidates that open again, and what becomes of each; `refused` stay as they are."""

    before = serializers.DateTimeField()
    void = serializers.IntegerField(help_text="Answers and adjudications that become void.")
    answers = serializers.IntegerField()
    adjudications = serializers.IntegerField()
    reopened = serializers.IntegerField()
    effects = CountShape(many=True)
    refused = CountShape(many=True)


class VoidingView(LeadView):
    """What both steps share."""

    def find(self, person: UUID) -> int:
        """The row id of a member or former member of this project; raises Http404."""
        found = Membership.objects.filter(project=self.project, person__public_id=person).values_list("person", flat=True).first()
        if found is None:
            raise Http404
        return found


class VoidPreviewView(VoidingView):
    """The dry run."""

    @extend_schema(request=AnswerRange, responses=VoidPreview)
    def post(self, request: Request, slug: str, person: UUID) -> Response:
        """What voiding a range of a person's answers would do; nothing is changed."""
        who = self.find(person)
        form = check_form(RangeForm(self.project, {**check_types(AnswerRange, request.data), "person": who}))
        now = timezone.now()
        return Response(write_preview(preview_voiding(self.project, form.wanted(now)), now))


class VoidView(VoidingView):
    """Voiding."""

    starts_work = True

    @extend_schema(request=StartVoiding, responses={202: JobShape})
    def post(self, request: Request, slug: str, person: UUID) -> Response:
        """Start the job that voids a range of a person's answers; its lines say what became of each candidate."""
        who = self.find(person)
        sent = check_types(StartVoiding, request.data)
        form = check_form(VoidForm(self.project, {**sent, "before": sent["before"].isoformat(), "person": who}))
        if form.cleaned_data["before"] is None:
            raise Invalid({"before": [_("This moment is yet to come.")]})
        job = create_job(self.project, VOID, form.params(), self.person)
        return Response(JobShape.write(job), status=status.HTTP_202_ACCEPTED)


def write_preview(preview: Preview, now: datetime) -> dict[str, Any]:
    """A dry run made at `now`."""
    counts = {name: getattr(preview, name) for name in ("void", "answers", "adjudications", "reopened")}
    told = {"effects": write_counts(preview.effects), "refused": write_counts(preview.refused)}
    return VoidPreview.write({"before": now, **counts, **told})


def write_counts(counts: Counter[Voiding]) -> list[dict[str, Any]]:
    """Each outcome with how many candidates it is of."""
    return [{"code": voiding.value, "message": voiding.label, "count": count} for voiding, count in list_counts(counts)]
