"""Figures of people: everybody's for leads, one's own for oneself, and the concerns about them."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from labeling.api.form_input import read_form, shape_of
from labeling.api.paging import PageQuery, page_of, write_page
from labeling.api.shapes import Person, Shape
from labeling.api.views import LeadView, ProjectView
from labeling.forms.concerns import ClosingForm, ReplyForm
from labeling.lead.concerns import concerns_about, open_concerns
from labeling.models import Concern, Report
from labeling.protocol.concerns import answer_concern, close_concern
from labeling.quality.concerns import RULES, tell_concern
from labeling.quality.people_figures import KINDS, WITHHELD, describe_people, describe_person, read_own
from labeling.quality.report import newest_report

ConcernReply = shape_of(ReplyForm, "ConcernReply")
Closing = shape_of(ClosingForm, "Closing")


class PersonFigure(Shape):
    """A figure of `n` answers, pairs or the like, with its 95 % interval; null where `withheld` says why, or where there is none.

    Of my own known answers and repeats `n` is null while they are withheld.
    """

    n = serializers.IntegerField(allow_null=True)
    withheld = serializers.ChoiceField(choices=list(WITHHELD), allow_null=True)
    value = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)


class PersonFigures(Shape):
    """Shares in percent, differences in points, `pace` per active hour, `active` in seconds."""

    def get_fields(self) -> dict[str, Any]:
        """A figure of each kind."""
        return {name: PersonFigure(help_text=str(kind.meaning)) for name, kind in KINDS.items()}


class PersonCounts(Shape):
    """How much somebody did; `work` are answers of the label page."""

    work = serializers.IntegerField()
    labels = serializers.IntegerField()
    reviews = serializers.IntegerField()
    skips = serializers.IntegerField()
    active_s = serializers.IntegerField()


class OwnCounts(Shape):
    """How much I did: answers of the label page, skips and active time, without those of the last day."""

    work = serializers.IntegerField()
    skips = serializers.IntegerField()
    active_s = serializers.IntegerField()


class PersonWeek(Shape):
    """The week from this Monday."""

    week = serializers.DateField()
    accept_rate = PersonFigure()
    agreement = PersonFigure()


class MeasuredPerson(Shape):
    """Somebody's figures."""

    person = Person()
    counts = PersonCounts()
    figures = PersonFigures()
    weeks = PersonWeek(many=True)


class Prevalence(Shape):
    """The share of acceptable candidates with its 95 % interval; null where there is none."""

    value = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)


class PeopleShape(Shape):
    """Everybody, by name. Without `identified`, sensitivity and specificity have no interval; `prevalence` is the share acceptable."""

    measured_at = serializers.DateTimeField()
    identified = serializers.BooleanField()
    prevalence = Prevalence()
    people = MeasuredPerson(many=True)


class OwnConcern(Shape):
    """A figure of mine that a human should look at; `reply` is mine, `closing` the lead's, each empty while there is none."""

    id = serializers.IntegerField(source="pk")
    kind = serializers.ChoiceField(choices=list(RULES))
    reason = serializers.SerializerMethodField()
    raised_at = serializers.DateTimeField()
    reply = serializers.CharField(allow_blank=True)
    closed_at = serializers.DateTimeField(allow_null=True)
    closing = serializers.CharField(allow_blank=True)

    def get_reason(self, concern: Concern) -> str:
        """Why it was raised, in the language asked for."""
        return tell_concern(concern)


class ConcernShape(OwnConcern):
    """A concern, as leads see it."""

    person = Person()


class OwnFigures(Shape):
    """My figures as measured on `day`, from what had been closed for a day by then; null while there are none."""

    day = serializers.DateField()
    identified = serializers.BooleanField()
    counts = OwnCounts(allow_null=True)
    figures = PersonFigures(allow_null=True)
    weeks = PersonWeek(many=True)


class PeopleView(LeadView):
    """People."""

    @extend_schema(responses=PeopleShape)
    def get(self, _request: Request, slug: str) -> Response:
        """The newest measurement; 404 while there is none. It is made with that of agreement."""
        report = newest_report(self.project, Report.Kind.PEOPLE)
        if report is None:
            raise NotFound(_("Nothing has been measured yet."))
        return Response(PeopleShape.write(describe_people(report)))


class OwnFiguresView(ProjectView):
    """My figures."""

    rights = ("can_label", "can_adjudicate")

    @extend_schema(responses=OwnFigures)
    def get(self, _request: Request, slug: str) -> Response:
        """What is told of me, measured once a day; 404 while nothing is."""
        report = newest_report(self.project, Report.Kind.PEOPLE)
        if report is None:
            raise NotFound(_("Nothing has been measured yet."))
        own, mine = report.figures["own"], read_own(report, self.person)
        told = describe_person(mine) if mine else {"counts": None, "figures": None, "weeks": []}
        return Response(OwnFigures.write({"day": own["day"], "identified": own["identified"], **told}))


class OwnConcernsView(ProjectView):
    """Concerns about me."""

    @extend_schema(parameters=[PageQuery], responses=page_of(OwnConcern))
    def get(self, request: Request, slug: str) -> Response:
        """Every concern about me, the newest first."""
        return Response(write_page(request, concerns_about(self.project, self.person), OwnConcern, newest_first=True))


class ReplyConcernView(ProjectView):
    """Replying to a concern."""

    @extend_schema(request=ConcernReply, responses=OwnConcern)
    def post(self, request: Request, slug: str, concern: int) -> Response:
        """Say something to a concern about me; while it is open, something else replaces it."""
        reply = read_form(request, ReplyForm, ConcernReply).cleaned_data["reply"]
        return Response(OwnConcern.write(answer_concern(self.project, concern, self.person, reply)))


class ConcernsView(LeadView):
    """Concerns about people."""

    @extend_schema(parameters=[PageQuery], responses=page_of(ConcernShape))
    def get(self, request: Request, slug: str) -> Response:
        """Concerns that are not closed, oldest first."""
        return Response(write_page(request, open_concerns(self.project), ConcernShape))


class CloseConcernView(LeadView):
    """Closing a concern."""

    @extend_schema(request=Closing, responses=ConcernShape)
    def post(self, request: Request, slug: str, concern: int) -> Response:
        """Close a concern with a remark that the person reads."""
        closing = read_form(request, ClosingForm, Closing).cleaned_data["closing"]
        return Response(ConcernShape.write(close_concern(self.project, concern, self.person, closing)))
