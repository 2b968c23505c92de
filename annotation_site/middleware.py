"""What every request passes: headers, sign-in, the person's own language, and the address behind a proxy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import resolve_url
from django.utils import translation
from django_htmx.middleware import HtmxDetails

GetResponse = Callable[[HttpRequest], HttpResponse]


def security_headers(get_response: GetResponse) -> GetResponse:
    """Middleware: other sites may not embed what is sent, and pages use no device."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
        return response

    return middleware


def own_language(get_response: GetResponse) -> GetResponse:
    """Middleware: somebody signed in who chose a language sees it on every device."""

    def middleware(request: HttpRequest) -> HttpResponse:
        language = getattr(request.user, "language", "")
        if language in dict(settings.LANGUAGES):
            translation.activate(language)
            request.LANGUAGE_CODE = language
        return get_response(request)

    return middleware


class SignInRequiredMiddleware(LoginRequiredMiddleware):
    """Every view needs somebody signed in unless it says otherwise; a fragment or script gets 401, not a page."""

    def process_view(
        self, request: HttpRequest, view_func: Callable[..., HttpResponseBase], view_args: tuple[Any, ...], view_kwargs: dict[str, Any]
    ) -> HttpResponseBase | None:
        """None lets the request through; else a redirect to the sign-in page, or 401 where it would land inside a page."""
        redirect = super().process_view(request, view_func, view_args, view_kwargs)
        if redirect is None or not is_from_script(request):
            return redirect
        refused = HttpResponse(status=401)
        if htmx_details(request):
            refused.headers["HX-Redirect"] = f"{resolve_url(settings.LOGIN_URL)}?{urlencode({'next': page_of(request)})}"
        return refused


def htmx_details(request: HttpRequest) -> HtmxDetails | None:
    """What htmx says about this request; None if it did not send it."""
    details = getattr(request, "htmx", None)
    return details or None


def page_of(request: HttpRequest) -> str:
    """The page to come back to: the one htmx was on, never the address of a fragment."""
    details = htmx_details(request)
    return (details.current_url_abs_path if details else request.get_full_path()) or "/"


def is_from_script(request: HttpRequest) -> bool:
    """Whether htmx or fetch() sent this request, so that nobody would see a page sent back."""
    return htmx_details(request) is not None or request.headers.get("Sec-Fetch-Mode") in {"cors", "same-origin"}


def client_address(request: HttpRequest) -> str:
    """The address of the visitor, for the sign-in lockout and for counting wrong tokens.

    Behind a proxy it is the last one in X-Forwarded-For: the proxy itself wrote that, the ones before it come from the visitor.
    """
    forwarded = request.headers.get("X-Forwarded-For", "") if settings.BEHIND_PROXY else ""
    return forwarded.rsplit(",", 1)[-1].strip() or request.META.get("REMOTE_ADDR", "")
