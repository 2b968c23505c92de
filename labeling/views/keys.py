"""A person's own keys."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from labeling.access import PersonRequest
from labeling.forms.keys import KeyMapForm
from labeling.keys import read_key_map


@require_http_methods(["GET", "POST"])
def keys(request: PersonRequest) -> HttpResponse:
    """Show the person's key map, or store a new one."""
    form = KeyMapForm(request.POST or None, initial=read_key_map(request.user.keys))
    if request.method == "POST" and form.is_valid():
        request.user.keys = form.own_keys()
        request.user.save(update_fields=["keys"])
        messages.success(request, _("Your keys are saved."))
        return redirect("labeling:keys")
    return render(request, "labeling/keys.html", {"form": form, "groups": form.groups()}, status=422 if form.is_bound else 200)
