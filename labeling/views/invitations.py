"""Coming into a project by an invitation. Looking at the link never uses it up: programs that preview links do that too."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods

from labeling.forms.invitations import JoinForm
from labeling.lead.invitations import tell_limits
from labeling.models import Invitation, Membership, User
from labeling.protocol.invitations import count_refusal, find_invitation, join_as_new, join_project
from labeling.protocol.outcome import ProtocolError


@never_cache
@login_not_required
@sensitive_post_parameters("password1", "password2")
@sensitive_variables("token")
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest, token: str) -> HttpResponse:
    """Offer the membership on GET, give it on POST; every link that is over looks the same to somebody it lets in nowhere."""
    invitation = find_invitation(token)
    if invitation is not None and isinstance(request.user, User):
        member = Membership.objects.active().filter(project=invitation.project, person=request.user).first()
        if member is not None:
            return render(request, "labeling/joined_already.html", {"member": member, "invitation": invitation})
    if invitation is None or not Invitation.objects.still_open().filter(pk=invitation.pk).exists():
        return render(request, "labeling/invitation_over.html", status=410)
    if isinstance(request.user, User):
        return join_as(request, invitation, token, request.user)
    return make_account(request, invitation, token)


def join_as(request: HttpRequest, invitation: Invitation, token: str, person: User) -> HttpResponse:
    """Ask somebody signed in whether they mean to join as who they are, and let them in."""
    if request.method != "POST":
        return render(request, "labeling/join.html", {"invitation": invitation, "limits": tell_limits(invitation)})
    try:
        return welcome(request, join_project(token, person))
    except ProtocolError as error:
        return render(
            request, "labeling/join.html", {"invitation": invitation, "limits": tell_limits(invitation), "problem": str(error)}, status=409
        )


def make_account(request: HttpRequest, invitation: Invitation, token: str) -> HttpResponse:
    """Ask somebody not signed in for an account, make it, and sign it in."""
    form = JoinForm(request.POST or None)
    if form.is_valid():
        try:
            # Hashed before the transaction: it takes as long as fifty statements.
            membership = join_as_new(token, form.save(commit=False))
        except ProtocolError as error:
            form.add_error("username" if error.code == "name_taken" else None, str(error))
        else:
            login(request, membership.person, backend="django.contrib.auth.backends.ModelBackend")
            return welcome(request, membership)
    if form.has_error("username", "unique"):
        count_refusal(token)
    return render(
        request,
        "labeling/join.html",
        {"invitation": invitation, "limits": tell_limits(invitation), "form": form},
        status=422 if form.is_bound else 200,
    )


def welcome(request: HttpRequest, membership: Membership) -> HttpResponse:
    """Say that they are in, and go where their work begins."""
    project = membership.project
    messages.success(request, _("You are a member of %(project)s now.") % {"project": project.name})
    pages = [("can_label", "label"), ("can_adjudicate", "adjudicate"), ("is_lead", "project")]
    name = next(name for right, name in pages if getattr(membership, right))
    return redirect(f"labeling:{name}", project.slug)
