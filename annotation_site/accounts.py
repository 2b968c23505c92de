"""Signing in and out, by password or by a one-time link, and one's own password and language."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import login, update_session_auth_hash, views
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import PasswordChangeForm, SetPasswordForm
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import check_for_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST
from django.views.i18n import set_language as set_language_cookie

from labeling.access import PersonRequest
from labeling.models import SignInLink, User

sign_in = views.LoginView.as_view(template_name="registration/sign_in.html", redirect_authenticated_user=True)
sign_out = views.LogoutView.as_view()


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def change_password(request: PersonRequest) -> HttpResponse:
    """Change one's own password; sessions on other devices end, this one stays.

    Somebody who came by a link has no password yet and is not asked for it.
    """
    form_class = PasswordChangeForm if request.user.has_usable_password() else SetPasswordForm
    form = form_class(request.user, request.POST or None)
    if not form.is_valid():
        return render(request, "registration/change_password.html", {"form": form})
    form.save()
    update_session_auth_hash(request, request.user)
    messages.success(request, _("Your password is changed."))
    return redirect("labeling:home")


@never_cache
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def use_link(request: HttpRequest, token: str) -> HttpResponse:
    """Offer the sign-in on GET, do it on POST: a program that previews links must not use this one up."""
    link = SignInLink.objects.select_related("person").filter(token_sha256=SignInLink.digest(token), **still_open()).first()
    if link is None:
        return render(request, "registration/link_over.html", status=410)
    if request.method != "POST":
        return render(request, "registration/use_link.html", {"person": link.person})
    # The condition is checked again by the database, so that of two requests at once only one signs in.
    if not SignInLink.objects.filter(pk=link.pk, **still_open()).update(used_at=Now()):
        return render(request, "registration/link_over.html", status=410)
    login(request, link.person, backend="django.contrib.auth.backends.ModelBackend")
    return redirect("labeling:home")


def still_open() -> dict[str, object]:
    """The filter of links that can still be used."""
    return {"used_at": None, "expires_at__gt": Now(), "person__is_active": True}


@login_not_required
@require_POST
def set_language(request: HttpRequest) -> HttpResponseBase:
    """Remember the language on this device, and for somebody signed in on every device."""
    language = request.POST.get("language", "")
    if request.user.is_authenticated and check_for_language(language):
        User.objects.filter(pk=request.user.pk).update(language=language)
    return set_language_cookie(request)
