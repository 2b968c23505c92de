"""A link that is shown once, on the page after the one that made it, so that loading that page again makes no second one.

Between the two it travels in a cookie of the browser that asked for it: the site itself keeps only the hash of a link.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

# Django hides cookies with TOKEN in their name from its error reports.
NAME, SALT, SECONDS = "shown_once_token", "labeling.shown_once", 120


def keep_once(response: HttpResponse, path: str, person: int, shown: dict[str, str | int]) -> HttpResponse:
    """Have the browser bring `shown` to the page at `path`, for the person of that row id alone; gives back the response."""
    value = signing.dumps({"person": person, **shown}, salt=SALT)
    secure = settings.SESSION_COOKIE_SECURE
    response.set_cookie(NAME, value, max_age=SECONDS, path=path, secure=secure, httponly=True, samesite="Strict")
    return response


def read_once(request: HttpRequest) -> dict[str, Any]:
    """What is to be shown on this page now; empty where nothing is, or it was for somebody else or too long ago."""
    try:
        shown: dict[str, Any] = signing.loads(request.COOKIES.get(NAME, ""), salt=SALT, max_age=SECONDS)
    except signing.BadSignature:
        return {}
    return shown if shown.pop("person", None) == request.user.pk else {}


def forget(response: HttpResponse, path: str) -> HttpResponse:
    """Take what was shown away from the browser; gives back the response."""
    response.delete_cookie(NAME, path=path, samesite="Strict")
    return response
