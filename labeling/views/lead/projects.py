"""Making a project."""

from __future__ import annotations

from django.contrib import messages
from django.db import IntegrityError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from labeling.access import PersonRequest, may_create_project
from labeling.forms.project import NewProjectForm
from labeling.protocol.projects import create_project


@require_http_methods(["GET", "HEAD", "POST"])
def create(request: PersonRequest) -> HttpResponse:
    """Make a project that the person then leads."""
    if not may_create_project(request.user):
        raise Http404
    form = NewProjectForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            project = create_project(form.cleaned_data["slug"], form.cleaned_data["name"], request.user)
        except IntegrityError:
            # Somebody else took the address between the check and now.
            form.add_error("slug", _("A project of this address exists already."))
        else:
            messages.success(request, _("The project is made, and you lead it."))
            return redirect("labeling:project", project.slug)
    return render(request, "labeling/lead/create.html", {"form": form}, status=422 if form.is_bound else 200)
