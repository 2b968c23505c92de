"""The first page, and who is signed in."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from labeling.access import PersonRequest, may_create_project
from labeling.models import Membership


@require_GET
def home(request: PersonRequest) -> HttpResponse:
    """The projects of this person, each with what they may do in it."""
    mine = Membership.objects.in_sight().filter(person=request.user).select_related("project").order_by("project__name", "pk")
    memberships = [row for row in mine if row.project.archived_at is None]
    archived = [row.project for row in mine if row.project.archived_at is not None]
    context = {"memberships": memberships, "archived": archived, "may_create": may_create_project(request.user)}
    return render(request, "labeling/home.html", context)


@require_GET
@never_cache
@login_not_required
def session(request: HttpRequest) -> JsonResponse:
    """Who is signed in on this device, and a fresh CSRF token: what a page needs to send waiting answers again."""
    person = str(request.user.public_id) if request.user.is_authenticated else None
    return JsonResponse({"person": person, "csrf": get_token(request)})


@require_GET
def signed_in(request: PersonRequest) -> HttpResponse:
    """Where the sign-in opened from a page that lost its session ends: the person goes back to that page."""
    return render(request, "labeling/signed_in.html")
