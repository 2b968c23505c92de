"""Starting exports, those there were, and their files."""

from __future__ import annotations

import logging
from pathlib import Path
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from labeling.access import MemberRequest, members_only
from labeling.data_out.formats import FORMATS
from labeling.data_out.job import KIND, log_exported, resolve_folder
from labeling.data_out.manifest import MANIFEST
from labeling.data_out.send_file import send_file
from labeling.forms.exports import ExportForm
from labeling.jobs.queue import create_job
from labeling.models import Export, Job
from labeling.views.lead.frame import read_page, render_lead

logger = logging.getLogger(__name__)

PAGE_SIZE = 20


@require_http_methods(["GET", "HEAD", "POST"])
@members_only("is_lead")
def exports(request: MemberRequest) -> HttpResponse:
    """The form to start an export, those under way, and those that are done."""
    form = ExportForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        job = create_job(request.project, KIND, {"format": form.cleaned_data["format"]}, request.user)
        messages.success(request, _("The export is started."))
        return redirect("labeling:job", request.project.slug, job.public_id)
    made = Export.objects.filter(project=request.project).select_related("job__created_by", "cutoff_event").order_by("-pk")
    under_way = Job.objects.filter(project=request.project, kind=KIND, state__in=[Job.State.QUEUED, Job.State.RUNNING])
    context = {
        "form": form,
        "exports": read_page(request, made, PAGE_SIZE),
        "under_way": under_way.select_related("created_by").order_by("pk"),
    }
    return render_lead(request, "exports.html", "exports", 422 if form.is_bound else 200, **context)


@require_safe
@members_only("is_lead")
def export_file(request: MemberRequest, export: UUID, name: str) -> HttpResponseBase:
    """One file of an export; 404 for one that is not part of it, or is not there any more as it was written."""
    made = Export.objects.filter(project=request.project, public_id=export).first()
    if made is None or name not in (made.manifest["file"], MANIFEST):
        raise Http404
    path = find_file(made, name)
    stem, sha256 = f"{request.project.slug}-{made.format}-{made.manifest['cutoff_event']}", made.manifest["sha256"]
    if name == MANIFEST:
        return send_file(request, path, f"{stem}-{MANIFEST}", f"{sha256}-manifest", "application/json")
    response = send_file(request, path, f"{stem}{path.suffix}", sha256, FORMATS[made.format].content_type)
    if request.method == "GET" and is_start(response):
        log_exported(made, request.user.pk, act="downloaded")
    return response


def find_file(made: Export, name: str) -> Path:
    """Where a file of an export lies; raises Http404 if it is gone or has another size than its manifest says."""
    path = resolve_folder(made.folder) / name
    if not path.is_file() or (name != MANIFEST and path.stat().st_size != made.manifest["bytes"]):
        logger.error("export %s: %s is missing or not as it was written", made.pk, path)
        raise Http404(_("The file of this export is not on this machine any more. Its manifest says how to make it again."))
    return path


def is_start(response: HttpResponseBase) -> bool:
    """Whether a download begins here: the whole file, or the part that starts it."""
    return response.status_code == 200 or response.headers.get("Content-Range", "").startswith("bytes 0-")
