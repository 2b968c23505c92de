"""Which mails went out to the people of a project, and which did not."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpResponse
from django.views.decorators.http import require_GET

from labeling.access import MemberRequest, members_only
from labeling.lead.notices import list_notices
from labeling.views.lead.frame import read_page, render_lead

PAGE_SIZE = 50


@require_GET
@members_only("is_lead")
def notices(request: MemberRequest) -> HttpResponse:
    """The mails of the last 30 days that were about this project, newest first: to whom, how many it said, and what went wrong."""
    page = read_page(request, list_notices(request.project), PAGE_SIZE)
    return render_lead(request, "notices.html", "members", notices=page, is_on=settings.MAIL_ENABLED)
