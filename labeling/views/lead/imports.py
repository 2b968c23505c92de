"""Starting imports, and those there were."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.views.decorators.http import require_http_methods

from labeling.access import MemberRequest, members_only
from labeling.data_in.uploads import keep_upload
from labeling.forms.imports import ImportForm, list_folders
from labeling.models import Job, Task
from labeling.views.lead.frame import read_page, render_lead, start_job

PAGE_SIZE = 20


@require_http_methods(["GET", "HEAD", "POST"])
@members_only("is_lead")
def imports(request: MemberRequest) -> HttpResponse:
    """The form to start an import, and the imports so far."""
    has_tasks = Task.objects.filter(project=request.project).exists()
    form = ImportForm(request.POST or None, request.FILES or None, initial={"what": "candidates" if has_tasks else "bench"})
    if request.method == "POST" and form.is_valid():
        return start_job(request, f"import_{form.cleaned_data['what']}", make_params(form.cleaned_data))
    jobs = Job.objects.filter(project=request.project, kind__startswith="import_").select_related("created_by").order_by("-pk")
    folders = list_folders(settings.IMPORT_ROOTS)
    status = 422 if form.is_bound else 200
    return render_lead(request, "imports.html", "imports", status, form=form, jobs=read_page(request, jobs, PAGE_SIZE), folders=folders)


def make_params(data: dict[str, Any]) -> dict[str, Any]:
    """What the job is told: where the files lie, what the lead calls them, and whether to write anything."""
    upload, folder = data["upload"], str(data.get("folder"))
    source = {"upload": keep_upload(upload), "name": upload.name} if upload else {"folder": folder, "name": folder}
    return {"source": source, "dry_run": data["dry_run"]}
