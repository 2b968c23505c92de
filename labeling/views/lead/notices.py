"""Which mails went out to the people of a project, and which did not."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from labeling.access import MemberRequest, members_only
from labeling.models import Notice, Project
from labeling.views.lead.frame import read_page, render_lead

DAYS, PAGE_SIZE = 30, 50


@require_GET
@members_only("is_lead")
def notices(request: MemberRequest) -> HttpResponse:
    """The mails of the last 30 days that were about this project, newest first: to whom, how many it said, and what went wrong."""
    page = read_page(request, list_notices(request.project), PAGE_SIZE)
    return render_lead(request, "notices.html", "members", notices=page, is_on=settings.MAIL_ENABLED)


def list_notices(project: Project) -> list[tuple[Notice, int | None]]:
    """(notice, how many it said of this project; None while it says nothing)."""
    since = timezone.localdate() - timedelta(days=DAYS)
    rows = Notice.objects.filter(person__memberships__project=project, day__gte=since).select_related("person").order_by("-pk")
    # What a notice says of other projects is not this lead's to see.
    return [(row, row.counts.get(str(project.pk))) for row in rows if project.pk in row.projects]
