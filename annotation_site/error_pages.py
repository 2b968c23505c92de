"""What an address that is not there, and a fault of the site, answer: a page to people, JSON to programs."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views import defaults

OF_PROGRAMS = "/api/"


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404."""
    if not request.path.startswith(OF_PROGRAMS):
        return defaults.page_not_found(request, exception)
    return JsonResponse({"code": "not_found", "message": _("There is nothing at this address, or nothing for you.")}, status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """500; what went wrong is in the log and nowhere else."""
    if not request.path.startswith(OF_PROGRAMS):
        return defaults.server_error(request)
    return JsonResponse({"code": "server_error", "message": _("This is a fault of the site, not yours, and it is in its log.")}, status=500)
