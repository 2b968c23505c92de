"""Who works in a project now, and how much."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from labeling.api.shapes import Person, Shape
from labeling.api.views import LeadView
from labeling.lead.people import list_workers


class WorkerShape(Shape):
    """A member, or a former one who answered something. `last_seen` is null for somebody who never was here."""

    person = Person()
    is_active = serializers.BooleanField(source="membership.active", help_text="False for a former member.")
    can_label = serializers.BooleanField(source="membership.can_label")
    can_adjudicate = serializers.BooleanField(source="membership.can_adjudicate")
    is_lead = serializers.BooleanField(source="membership.is_lead")
    today = serializers.IntegerField(help_text="Answers that count since midnight of the site's time zone.")
    total = serializers.IntegerField(help_text="Answers that count.")
    surplus = serializers.IntegerField(help_text="Kept, not counted.")
    void = serializers.IntegerField(help_text="Taken out of all counts.")
    in_hand = serializers.IntegerField(source="held")
    last_seen = serializers.DateTimeField(allow_null=True)


class Workers(Shape):
    """Everybody, active members first; `in_hand` is what all of them hold."""

    in_hand = serializers.IntegerField()
    results = WorkerShape(many=True)


class WorkersView(LeadView):
    """Who works here."""

    @extend_schema(responses={200: Workers})
    def get(self, _request: Request, slug: str) -> Response:
        """Members and former ones with what they did, what they hold, and when they were last seen."""
        workers = list_workers(self.project)
        return Response(Workers.write({"in_hand": sum(worker.held for worker in workers), "results": workers}))
