"""The people of a project: who may do what, and how they sign in the first time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.forms.models import model_to_dict
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_GET, require_POST

from labeling.access import MemberRequest, members_only
from labeling.forms.invitations import InviteForm
from labeling.forms.members import AddMemberForm, LimitsForm, RightsForm
from labeling.lead.invitations import list_invitations
from labeling.lead.people import find_shortages
from labeling.lead.sentences import tell_limit
from labeling.models import Invitation, Membership
from labeling.protocol.invitations import make_invitation, revoke_invitation
from labeling.protocol.members import add_member, change_member, drop_member, limit_member, make_account, make_sign_in_link, may_link
from labeling.protocol.outcome import ProtocolError
from labeling.views.lead.frame import render_lead
from labeling.views.lead.shown_once import forget, keep_once, read_once


@require_GET
@never_cache
@sensitive_variables("shown")
@members_only("is_lead")
def members(request: MemberRequest) -> HttpResponse:
    """Everybody who works here, with their rights, and the form to add somebody; a link that was just made is shown this once."""
    shown = read_once(request)
    if made := shown.pop("made", None):
        shown["made"] = Invitation.objects.filter(project=request.project, pk=made).first()
    response = show(request, AddMemberForm(initial={"can_label": True}), **shown)
    return forget(response, request.path) if shown else response


@require_POST
@members_only("is_lead")
def add(request: MemberRequest) -> HttpResponse:
    """Add somebody by account name; a new account is made on request."""
    form = AddMemberForm(request.POST)
    if not form.is_valid():
        return show(request, form, status=422)
    try:
        if form.person is not None:
            membership = add_member(request.project, request.user, form.person, form.rights())
        else:
            membership = make_account(request.project, request.user, form.cleaned_data["username"], form.rights())
    except ProtocolError as error:
        form.add_error("username", str(error))
        return show(request, form, status=422)
    messages.success(request, _("%(name)s is a member now.") % {"name": membership.person.get_username()})
    return redirect("labeling:members", request.project.slug)


@require_POST
@members_only("is_lead")
def change(request: MemberRequest, person: UUID) -> HttpResponse:
    """Give a member exactly the rights that are ticked."""
    found = find_member(request, person)
    form = RightsForm(request.POST, **name_fields(found))
    if not form.is_valid():
        return show(request, AddMemberForm(initial={"can_label": True}), 422, refused={found.pk: form})
    return carry_out(request, _("The rights are changed."), lambda: change_member(request.project, request.user, person, form.rights()))


@require_POST
@members_only("is_lead")
def limit(request: MemberRequest, person: UUID) -> HttpResponse:
    """Say what a member is given work of, and how much of it a day."""
    found = find_member(request, person)
    form = LimitsForm(request.POST, **name_fields(found))
    if not form.is_valid():
        return show(request, AddMemberForm(initial={"can_label": True}), 422, refused={found.pk: form})
    try:
        effects = limit_member(request.project, request.user, person, **form.cleaned_data)
    except ProtocolError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, tell_limits(found.person.get_username(), form.cleaned_data, effects))
    return redirect("labeling:members", request.project.slug)


@require_POST
@members_only("is_lead")
def remove(request: MemberRequest, person: UUID) -> HttpResponse:
    """Take a member off the project."""
    name = find_member(request, person).person.get_username()
    done = _("%(name)s is removed; their answers stay.") % {"name": name}
    return carry_out(request, done, lambda: drop_member(request.project, request.user, person))


@require_POST
@never_cache
@sensitive_variables("token", "link")
@members_only("is_lead")
def make_link(request: MemberRequest, person: UUID) -> HttpResponse:
    """Make a one-time sign-in link, to be shown on the members page this once: only its hash is kept."""
    name = find_member(request, person).person.get_username()
    try:
        token = make_sign_in_link(request.project, request.user, person)
    except ProtocolError as error:
        messages.error(request, str(error))
        return redirect("labeling:members", request.project.slug)
    link = request.build_absolute_uri(reverse("use_link", args=[token]))
    return show_next(request, link=link, link_for=name)


@require_POST
@never_cache
@sensitive_variables("token", "link")
@members_only("is_lead")
def invite(request: MemberRequest) -> HttpResponse:
    """Make an invitation, its link to be shown on the members page this once: only its hash is kept."""
    form = InviteForm(request.POST, prefix="invite")
    if not form.is_valid():
        return show(request, AddMemberForm(initial={"can_label": True}), 422, invite_form=form)
    try:
        invitation, token = make_invitation(request.project, request.user, form.rights(), **form.about())
    except ProtocolError as error:
        messages.error(request, str(error))
        return redirect("labeling:members", request.project.slug)
    link = request.build_absolute_uri(reverse("labeling:join", args=[token]))
    return show_next(request, invitation_link=link, made=invitation.pk)


@require_POST
@members_only("is_lead")
def revoke(request: MemberRequest, invitation: UUID) -> HttpResponse:
    """Let nobody else in by an invitation."""
    try:
        revoke_invitation(request.project, request.user, invitation)
    except ProtocolError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("The invitation is revoked. Whoever came by it stays."))
    return redirect("labeling:members", request.project.slug)


@sensitive_variables("shown")
def show_next(request: MemberRequest, **shown: str | int) -> HttpResponse:
    """Go to the members page, which shows this once: there, loading the page again makes nothing."""
    path = reverse("labeling:members", args=[request.project.slug])
    return keep_once(redirect(path), path, request.user.pk, shown)


def show(
    request: MemberRequest, form: AddMemberForm, status: int = 200, refused: Mapping[int, forms.Form] | None = None, **context: Any
) -> HttpResponse:
    """The members page around the form to add somebody and the one to invite people; `refused` is a form by the row it belongs to."""
    context.setdefault("invite_form", InviteForm(prefix="invite"))
    context["is_refused"] = status != 200
    context["invitations"] = list_invitations(request.project)
    memberships = list(Membership.objects.active().filter(project=request.project).select_related("person").order_by("person__username"))
    rows = [(row, *make_forms(row, (refused or {}).get(row.pk)), may_link(request.user, row.person)) for row in memberships]
    shortages = find_shortages(request.project, memberships)
    return render_lead(request, "members.html", "members", status, form=form, rows=rows, shortages=shortages, **context)


def name_fields(row: Membership) -> dict[str, Any]:
    """How the fields of a form in a member's row are named, so that no two rows share an id."""
    return {"auto_id": f"{row.pk}-%s", "label_suffix": ""}


def make_forms(row: Membership, refused: forms.Form | None) -> list[forms.Form]:
    """The forms of a member's row, filled with what is stored; `refused` stands as it was sent."""
    kinds: tuple[type[forms.Form], ...] = (RightsForm, LimitsForm)
    return [refused if type(refused) is kind else kind(initial=model_to_dict(row), **name_fields(row)) for kind in kinds]


def tell_limits(name: str, limits: Mapping[str, Any], effects: Mapping[str, str]) -> str:
    """What is new in what somebody is given, and what the change does to work in progress."""
    if not effects:
        return f"{name}: {_('Nothing was changed.')}"
    # The sentence about the cap says what the one about categories says, too.
    effect = effects.get("daily_cap") or effects["categories"]
    changed = ", ".join(tell_limit(limit, limits[limit]) for limit in ("categories", "daily_cap") if limit in effects)
    return _("Saved: %(name)s: %(limits)s. %(effect)s") % {"name": name, "limits": changed, "effect": _(effect)}


def find_member(request: MemberRequest, person: UUID) -> Membership:
    """The active membership of a person in this project; raises Http404."""
    found = Membership.objects.active().select_related("person").filter(project=request.project, person__public_id=person).first()
    if found is None:
        raise Http404
    return found


def carry_out(request: MemberRequest, done: str, act: Callable[[], int]) -> HttpResponse:
    """Do `act`, say how many leases it ended, and show the members again."""
    try:
        ended = act()
    except ProtocolError as error:
        messages.error(request, str(error))
    else:
        note = ngettext("%(count)d candidate in hand went back.", "%(count)d candidates in hand went back.", ended) % {"count": ended}
        messages.success(request, f"{done} {note}" if ended else done)
    # Somebody who took their own lead right away may not see the page any more.
    still_leads = Membership.objects.active().filter(project=request.project, person=request.user, is_lead=True).exists()
    return redirect("labeling:members", request.project.slug) if still_leads else redirect("labeling:home")
