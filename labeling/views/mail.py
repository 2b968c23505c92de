"""A person's own e-mail: the address, the link that confirms it, and the one that stops all mail."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from labeling.access import PersonRequest
from labeling.forms.mail import MailForm
from labeling.mail.addresses import confirm_address, find_confirmation, find_stopper, stop_mail
from labeling.mail.choose import choose_mail
from labeling.models import MailAddress, User
from labeling.protocol.outcome import ProtocolError


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def mail(request: PersonRequest) -> HttpResponse:
    """Show what this person is sent and where; store changes, an address only once its link was opened."""
    own = MailAddress.objects.filter(person=request.user).first()
    if request.method == "POST" and "stop" in request.POST:
        stop_mail(request.user)
        messages.success(request, _("No mail is sent to you any more, and your address is forgotten."))
        return redirect("labeling:mail")
    form = MailForm(request.POST or None, initial=describe(own, request.user))
    status = 200
    if request.method == "POST" and settings.MAIL_ENABLED:
        if form.is_valid() and store(request, form):
            return redirect("labeling:mail")
        status = 422
    return render(request, "labeling/mail/address.html", {"form": form, "own": own, "is_on": settings.MAIL_ENABLED}, status=status)


def describe(own: MailAddress | None, person: User) -> dict[str, Any]:
    """What the form begins with."""
    if own is None:
        return {"address": person.email, "work": True, "disputes": True}
    return {"address": own.address, "work": own.wants_work, "disputes": own.wants_disputes}


def store(request: PersonRequest, form: MailForm) -> bool:
    """Store what was chosen, or send a link to a new address; False, with the reason in the form, where that is refused."""
    data = form.cleaned_data
    try:
        is_stored = choose_mail(request.user, data["address"], work=data["work"], disputes=data["disputes"])
    except ProtocolError as error:
        form.add_error("address", str(error))
        return False
    sent = _("A link is on its way to %(address)s. Open it within a day.") % {"address": data["address"]}
    messages.success(request, _("Saved") if is_stored else sent)
    return True


@never_cache
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def confirm_mail(request: HttpRequest, token: str) -> HttpResponse:
    """Offer to confirm on GET, do it on POST: a program that previews links must not."""
    found = find_confirmation(token)
    if found is None or (request.method == "POST" and not confirm_address(found)):
        return render(request, "labeling/mail/over.html", status=410)
    return render(request, "labeling/mail/confirm.html", {"found": found, "is_done": request.method == "POST"})


@csrf_exempt  # Mail programs post to this without a cookie or a form of ours (RFC 8058); the signed address is the proof.
@never_cache
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def stop_mail_by_link(request: HttpRequest, token: str) -> HttpResponse:
    """Offer to stop all mail on GET, do it on POST, without signing in."""
    person = find_stopper(token)
    if person is None:
        return render(request, "labeling/mail/over.html", status=410)
    if request.method == "POST":
        stop_mail(person)
    return render(request, "labeling/mail/stop.html", {"is_done": request.method == "POST"})
