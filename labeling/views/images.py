"""The pictures of a card, each shown only through an assignment of the person who asks, and those of a project to its leads.

Blindness: an address names the assignment, a role and a number, never a file, a hash, a candidate or a generator. The answer
carries no ETag and no Last-Modified, because both would be the same for everybody who is shown the picture, and the time would
tell when somebody else first looked at it.
"""

from __future__ import annotations

import logging
from uuid import UUID

from django.conf import settings
from django.db.models import Q
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET

from labeling.access import MemberRequest, members_only
from labeling.cards import find_siblings
from labeling.data_in.problem import ImportProblem
from labeling.image_render import RenderSize
from labeling.image_store import SIZES, ImageLost, content_type, ensure_derivative, open_derivative
from labeling.models import Asset, Assignment, Candidate, Image, ImportConflict, Project
from labeling.render_ahead import render_later

logger = logging.getLogger(__name__)

ASSIGNED = Assignment.objects.select_related("image", "candidate__deliverable")
WITH_SIBLINGS = ("candidate__bundle__candidates__deliverable", "candidate__bundle__candidates__image")
# What an assignment was leased with never changes; what stands beside it can be replaced under the same address.
FIXED = f"private, max-age={24 * 3600}, immutable"
REPLACEABLE = "private, max-age=300"


@require_GET
@members_only()
def image(request: MemberRequest, assignment: UUID, role: str, number: int, size: str) -> HttpResponseBase:
    """A picture of a card the person has or had, in any state: a page left open overnight still shows its pictures."""
    row = ASSIGNED.filter(project=request.project, person=request.user, public_id=assignment).first()
    found = find_picture(row, role, number) if row is not None else None
    if found is None:
        raise Http404
    if role == "candidate" and size == "screen":
        # The page fetches this for the cards it holds ahead; zooming in asks for the full size next.
        render_later(found)
    return send_picture(found, size, f"{role}-{number}", FIXED if role == "candidate" else REPLACEABLE)


@require_GET
@members_only("is_lead")
def lead_image(request: MemberRequest, sha256: str, size: str) -> HttpResponseBase:
    """A picture of the lead's project by the hash of its original: candidates, also replaced ones, assets, and what an import offers."""
    found = Image.objects.filter(sha256=sha256).first()
    if found is None or not belongs_to(request.project, found):
        raise Http404
    return send_picture(found, size, found.sha256[:12], FIXED)


def find_picture(row: Assignment, role: str, number: int) -> Image | None:
    """The picture that the card of `row` shows in this role under this number; None if it shows none there.

    The candidate is the picture the assignment was leased with, whatever replaced it since.
    """
    own_number = row.candidate.deliverable.number
    if role == "candidate":
        return row.image if number == own_number else None
    if role == "sibling" and number != own_number:
        row = ASSIGNED.prefetch_related(*WITH_SIBLINGS).get(pk=row.pk)
        return dict(find_siblings(row.candidate)).get(number)
    if role in Asset.Role.values:
        assets = Asset.objects.filter(task_id=row.candidate.deliverable.task_id, role=role, number=number)
        return next((asset.image for asset in assets.select_related("image")), None)
    return None


def belongs_to(project: Project, image: Image) -> bool:
    """Whether `image` is or was shown in `project`, or waits in it for a lead."""
    return (
        Candidate.objects.filter(project=project, image=image).exists()
        or Asset.objects.filter(task__project=project, image=image).exists()
        or Assignment.objects.filter(project=project, image=image).exists()
        or ImportConflict.objects.filter(Q(new_image=image) | Q(candidate__image=image), project=project).exists()
    )


def send_picture(image: Image, size: str, name: str, caching: str) -> HttpResponseBase:
    """One size of `image` under the neutral file name `name`, kept by the browser as `caching` says.

    Raises Http404 for an unknown size or a lost picture.
    """
    wanted = read_size(size)
    try:
        response = hand_over(image, wanted) if settings.IMAGE_ACCEL_PREFIX else stream(image, wanted)
    except (ImageLost, ImportProblem) as error:
        logger.error("%s", error)
        raise Http404 from error
    extension = "png" if image.has_alpha else "jpg"
    response.headers["Content-Disposition"] = content_disposition_header(False, f"{name}.{extension}") or "inline"
    response.headers["Cache-Control"] = caching
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


def read_size(size: str) -> RenderSize:
    """`size` as one of the sizes there are; raises Http404 otherwise."""
    for known in SIZES:
        if size == known:
            return known
    raise Http404


def stream(image: Image, size: RenderSize) -> HttpResponseBase:
    """The picture through this process."""
    found, kind = open_derivative(image, size)
    return FileResponse(found, content_type=kind)


def hand_over(image: Image, size: RenderSize) -> HttpResponseBase:
    """The picture through the web server in front, which finds the file below its internal location and drops the header."""
    response = HttpResponse(content_type=content_type(image))
    response.headers["X-Accel-Redirect"] = f"{settings.IMAGE_ACCEL_PREFIX.rstrip('/')}/{ensure_derivative(image, size)}"
    return response
