"""The tokens of one's own account."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from labeling.access import PersonRequest
from labeling.api_tokens import make_token, revoke_token, usable_tokens
from labeling.forms.tokens import TokenForm


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_variables("text")
def tokens(request: PersonRequest) -> HttpResponse:
    """The tokens that open something, and a form to make one, whose text is shown this once: only its hash is kept."""
    form, text = TokenForm(request.POST or None), ""
    status = 422 if form.is_bound else 200
    if form.is_valid():
        made, text = make_token(request.user, form.cleaned_data["name"], form.valid())
        messages.success(request, _("The token %(name)s is made.") % {"name": made.name})
        form, status = TokenForm(), 200
    mine = usable_tokens().filter(person=request.user)
    return render(request, "registration/tokens.html", {"form": form, "tokens": mine, "text": text}, status=status)


@require_POST
def revoke(request: PersonRequest, token_id: int) -> HttpResponse:
    """Revoke one of one's own tokens."""
    if not revoke_token(request.user, token_id):
        raise Http404
    messages.success(request, _("The token is revoked: whatever used it is signed out."))
    return redirect("tokens")
