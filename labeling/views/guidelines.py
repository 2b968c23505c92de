"""The guideline in force with its examples, and saying that one has read it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from labeling.access import MemberRequest, members_only
from labeling.examples import list_examples
from labeling.forms.guideline import ReadForm
from labeling.guideline_changes import compare_paragraphs
from labeling.models import Example, Guideline
from labeling.protocol.outcome import ProtocolError
from labeling.protocol.reading import find_unread, read_guideline, version_read
from labeling.views.deck import member_context
from labeling.views.images import REPLACEABLE, send_picture


@require_GET
@members_only()
def guidelines(request: MemberRequest) -> HttpResponse:
    """The guideline in force, what changed since the version this person read, and the examples."""
    newest = Guideline.objects.filter(project=request.project).order_by("-number").first()
    read = version_read(request.project.pk, request.user.pk)
    is_new = newest is not None and newest.body != "" and (read is None or read.number < newest.number)
    context: dict[str, Any] = {
        "guideline": newest,
        "read": read,
        "is_new": is_new,
        "is_asked": is_new and find_unread(request.project, request.user) is not None,
        "changes": compare_paragraphs(read.body, newest.body) if is_new and read and newest else [],
        "back": "adjudicate" if request.GET.get("back") == "adjudicate" else "",
        "examples": list_examples(request.project),
    }
    return render(request, "labeling/guidelines.html", {**context, **member_context(request)})


@require_POST
@members_only()
def read(request: MemberRequest) -> HttpResponse:
    """Remember that this person has read a version, and go on to the work; a newer one comes first."""
    form = ReadForm(request.POST)
    if not form.is_valid():
        raise Http404
    try:
        read_guideline(request.project, request.user, form.cleaned_data["number"])
    except ProtocolError as error:
        messages.error(request, str(error))
        return redirect("labeling:guidelines", request.project.slug)
    newer = find_unread(request.project, request.user)
    if newer is not None:
        messages.warning(request, _("Version %(number)d was published meanwhile. Read what is new in it.") % {"number": newer.number})
        return redirect("labeling:guidelines", request.project.slug)
    return redirect(f"labeling:{find_work(request, form.cleaned_data['back'])}", request.project.slug)


def find_work(request: MemberRequest, back: str) -> str:
    """The page on which this person works: the one they came from, else labelling before adjudicating."""
    if request.membership.can_adjudicate and (back == "adjudicate" or not request.membership.can_label):
        return "adjudicate"
    return "label" if request.membership.can_label else "guidelines"


@require_GET
@members_only()
def example_image(request: MemberRequest, example: UUID, size: str) -> HttpResponseBase:
    """The picture of an example while it is shown; the address names the example and nothing else."""
    found = Example.objects.shown().select_related("image").filter(project=request.project, public_id=example).first()
    if found is None:
        raise Http404
    return send_picture(found.image, size, "example", REPLACEABLE)
