"""One's own progress, and the lead's replies to one's remarks."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from labeling.api.paging import PageQuery, page_of, write_page
from labeling.api.shapes import SecondsField, Shape
from labeling.api.views import ProjectView
from labeling.progress import mark_replies_read, own_flags, read_progress


class DayShape(Shape):
    """What I did on one day."""

    day = serializers.DateField()
    count = serializers.IntegerField()
    active_s = SecondsField(source="active")


class ProgressShape(Shape):
    """My work here. `per_hour` is answers per active hour, null while there is too little to go by; `remaining` is an upper bound."""

    done_today = serializers.IntegerField()
    done = serializers.IntegerField()
    active_today_s = SecondsField(source="active_today")
    per_hour = serializers.IntegerField(allow_null=True)
    remaining = serializers.IntegerField()
    time_left_s = SecondsField(source="time_left", allow_null=True)
    days = DayShape(many=True)


class OwnFlag(Shape):
    """A remark of mine; `reply` is empty and `replied_at` null while there is none."""

    assignment = serializers.UUIDField(source="assignment.public_id")
    text = serializers.CharField()
    created_at = serializers.DateTimeField()
    reply = serializers.CharField(allow_blank=True)
    replied_at = serializers.DateTimeField(allow_null=True)
    is_read = serializers.SerializerMethodField()

    def get_is_read(self, flag: object) -> bool:
        """Whether I marked the reply as read."""
        return getattr(flag, "read_at", None) is not None


class Marked(Shape):
    """How many replies were marked."""

    marked = serializers.IntegerField()


class ProgressView(ProjectView):
    """My progress."""

    @extend_schema(responses=ProgressShape)
    def get(self, _request: Request, slug: str) -> Response:
        """What I did, how fast, and what is left at most."""
        return Response(ProgressShape.write(read_progress(self.project, self.person)))


class OwnFlagsView(ProjectView):
    """My remarks."""

    @extend_schema(parameters=[PageQuery], responses=page_of(OwnFlag))
    def get(self, request: Request, slug: str) -> Response:
        """What I told the lead, newest first, with the replies."""
        return Response(write_page(request, own_flags(self.project, self.person), OwnFlag, newest_first=True))


class ReadRepliesView(ProjectView):
    """Replies."""

    @extend_schema(request=None, responses=Marked)
    def post(self, _request: Request, slug: str) -> Response:
        """Mark every reply as read."""
        return Response(Marked.write({"marked": mark_replies_read(self.project, self.person)}))
