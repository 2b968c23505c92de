"""What a person holds to answer, as cards: the values of labeling/cards.py and nothing else."""

from __future__ import annotations

from typing import Any, get_args
from uuid import UUID

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from labeling.api.card_shapes import CardShape
from labeling.api.errors import Gone
from labeling.api.form_input import check_types
from labeling.api.shapes import Error, Shape
from labeling.api.views import ProjectView
from labeling.cards import make_cards
from labeling.models import Assignment, Purpose
from labeling.protocol.explain_empty import Kind, explain_empty
from labeling.protocol.lease import held_cards, keep_ahead, keep_lease, take_cards
from labeling.protocol.reap import release_ahead


class Empty(Shape):
    """Why there is nothing to do; `next_at` is when work may come back by itself, null if nobody knows."""

    kind = serializers.ChoiceField(choices=get_args(Kind))
    message = serializers.CharField()
    next_at = serializers.DateTimeField(allow_null=True)


class Hand(Shape):
    """The cards a person holds, the one to answer first; `empty` says why there are none, null where there are."""

    cards = CardShape(many=True)
    empty = Empty(allow_null=True)


class Take(Shape):
    """What to take: `ahead` fills up to three cards, so that the next pictures can be fetched; `shown` is the one being looked at."""

    shown = serializers.UUIDField(required=False, allow_null=True)
    ahead = serializers.BooleanField(required=False, default=True)


class Released(Shape):
    """How many leases ended."""

    released = serializers.IntegerField()


class Kept(Shape):
    """Until when the candidate is this person's."""

    lease_until = serializers.DateTimeField()


class HandView(ProjectView):
    """What I hold."""

    rights = ("can_label",)

    @extend_schema(responses=Hand)
    def get(self, _request: Request, slug: str) -> Response:
        """The cards I hold; reading them takes nothing new."""
        held = held_cards(self.project, self.person)
        return Response(write_hand(self, [row for row in held if row.lease_until and row.lease_until > timezone.now()]))


class TakeView(ProjectView):
    """Taking work."""

    rights = ("can_label",)

    @extend_schema(request=Take, responses=Hand)
    def post(self, request: Request, slug: str) -> Response:
        """Take candidates to answer; what I hold already comes first."""
        asked = check_types(Take, request.data)
        return Response(write_hand(self, take_cards(self.project, self.person, shown=asked.get("shown"), ahead=asked["ahead"])))


class LeaveView(ProjectView):
    """Stopping."""

    rights = ("can_label",)

    @extend_schema(request=None, responses=Released)
    def post(self, _request: Request, slug: str) -> Response:
        """Give back what I hold ahead; the card being looked at stays mine until its time is over."""
        return Response(Released.write({"released": release_ahead(self.project, self.person)}))


class CardView(ProjectView):
    """One card."""

    rights = ("can_label", "can_adjudicate")

    @extend_schema(responses=CardShape)
    def get(self, _request: Request, slug: str, assignment: UUID) -> Response:
        """A candidate I have or had, with my answer."""
        row = Assignment.objects.filter(project=self.project, person=self.person, public_id=assignment).first()
        if row is None:
            raise Http404
        return Response(CardShape.write(make_cards([row])[0]))


class HeartbeatView(ProjectView):
    """Holding on."""

    rights = ("can_label", "can_adjudicate")

    @extend_schema(request=None, responses={200: Kept, 410: Error})
    def post(self, _request: Request, slug: str, assignment: UUID) -> Response:
        """Say that I am still at it: extends this lease, to at most 60 minutes, and what I hold ahead; 410 once it is over."""
        keep_ahead(self.project, self.person)
        until = keep_lease(assignment, self.person, self.project)
        if until is None:
            raise Gone
        return Response(Kept.write({"lease_until": until}))


def write_hand(view: ProjectView, rows: list[Assignment]) -> dict[str, Any]:
    """The cards of `rows`, or why there are none."""
    empty = None if rows else explain_empty(view.project, view.person, Purpose.PRIMARY)
    return Hand.write({"cards": make_cards(rows), "empty": empty})
