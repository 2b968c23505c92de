"""The batches of a project: how far they are, making one, changing one."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from labeling.access import MemberRequest, members_only
from labeling.forms.batches import BatchForm, show_batch
from labeling.lead.batches import list_batches, read_progress
from labeling.models import Batch
from labeling.protocol.batches import change_batch, create_batch
from labeling.protocol.outcome import ProtocolError
from labeling.views.lead.frame import render_lead, send_csv


@require_http_methods(["GET", "HEAD", "POST"])
@members_only("is_lead")
def batches(request: MemberRequest) -> HttpResponse:
    """Every batch with its progress, and the form that makes one."""
    form = BatchForm(request.POST or None, request.project)
    if request.method == "POST" and form.is_valid():
        try:
            batch = create_batch(request.project, request.user, form.plan())
        except ProtocolError as error:
            form.add_error("name", str(error))
        else:
            fill = reverse("labeling:candidates", args=[request.project.slug], query={"act": "batch", "to": batch.number})
            made = _("“%(name)s” is made.") % {"name": batch.name}
            messages.success(request, format_html('{} <a href="{}">{}</a>', made, fill, _("Put candidates into it")))
            return redirect("labeling:batches", request.project.slug)
    context: dict[str, Any] = {"form": form, "rows": list_batches(request.project)}
    return render_lead(request, "batches.html", "batches", 422 if form.is_bound else 200, **context)


@require_GET
@members_only("is_lead")
def batches_table(request: MemberRequest) -> HttpResponseBase:
    """The batches with their progress as CSV; codes and not names, so that a program can read it in every language."""
    header = [_("number"), _("name"), _("category"), _("priority"), _("due"), _("people"), _("closed"), _("candidates"), _("done")]
    rows = (
        [
            row.batch.number,
            row.batch.name,
            row.batch.category,
            row.batch.priority,
            row.batch.due.isoformat() if row.batch.due else "",
            " ".join(person.get_username() for person in row.batch.people.all()),
            int(row.batch.closed),
            row.total,
            row.done,
        ]
        for row in list_batches(request.project)
    )
    return send_csv(f"{request.project.slug}-batches", header, rows)


@require_http_methods(["GET", "HEAD", "POST"])
@members_only("is_lead")
def batch(request: MemberRequest, batch: UUID) -> HttpResponse:
    """One batch, for changing."""
    found = Batch.objects.filter(project=request.project, public_id=batch).first()
    if found is None:
        raise Http404
    form = BatchForm(request.POST or None, request.project, found, initial=show_batch(found))
    if request.method == "POST" and form.is_valid():
        try:
            effects = change_batch(request.project, request.user, batch, form.plan())
        except ProtocolError as error:
            form.add_error(None, str(error))
        else:
            for effect in dict.fromkeys(effects.values()):
                messages.success(request, _("Saved. %(effect)s") % {"effect": _(effect)})
            if not effects:
                messages.info(request, _("Nothing was changed."))
            return redirect("labeling:batches", request.project.slug)
    return render_lead(request, "batch.html", "batches", 422 if form.is_bound else 200, form=form, row=read_progress(found))
