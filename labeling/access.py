"""Who may open a page of a project. A person without the right gets 404, so that an address tells nothing."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, Literal, ParamSpec

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django_htmx.middleware import HtmxDetails

from labeling.models import Membership, Project, User
from labeling.prepared import Prepared

Right = Literal["can_label", "can_adjudicate", "is_lead"]
P = ParamSpec("P")
MEMBERSHIP = Prepared(
    lambda person, slug: Membership.objects.active().select_related("project").filter(person_id=person, project__slug=slug)
)


class PersonRequest(HttpRequest):
    """A request of somebody signed in."""

    user: User
    htmx: HtmxDetails


class MemberRequest(PersonRequest):
    """A request of a member of `project` who has the right its view asks for."""

    project: Project
    membership: Membership


View = Callable[Concatenate[MemberRequest, P], HttpResponseBase]
SluggedView = Callable[..., HttpResponseBase]


def members_only(*rights: Right) -> Callable[[View[P]], SluggedView]:
    """Decorator: read the project from the slug and let members with any of `rights` in (any member if none is named).

    A script says in `X-Person` whose page it runs on. If somebody else has signed in on this device since, the answer is 409:
    one person's waiting answers must never be sent as another's.
    """

    def decorate(view: View[P]) -> SluggedView:
        @wraps(view)
        def guarded(request: MemberRequest, slug: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if request.headers.get("X-Person", str(request.user.public_id)) != str(request.user.public_id):
                return HttpResponse(status=409)
            try:
                request.membership = find_membership(request.user, slug, rights)
            except Http404:
                if request.method != "POST" or not request.htmx:
                    raise
                return refuse_stranger(request)
            request.project = request.membership.project
            return view(request, *args, **kwargs)

        return guarded

    return decorate


def refuse_stranger(request: PersonRequest) -> HttpResponse:
    """The 404 of a page, in the form of an outcome: an outbox keeps what it has until the site itself has spoken."""
    context = {"code": "not_allowed", "message": _("You are no longer allowed to do this.")}
    return render(request, "labeling/label.html#refusal", context, status=404)


def find_membership(person: User, slug: str, rights: tuple[Right, ...]) -> Membership:
    """The active membership of `person` in the project; raises Http404 if there is none with any of `rights`."""
    membership = MEMBERSHIP.first(person=person.pk, slug=slug)
    if membership is None or (rights and not any(getattr(membership, right) for right in rights)):
        raise Http404
    return membership


def may_create_project(person: User) -> bool:
    """Whether `person` may make projects: whoever leads one already, and staff, so that there can be a first one."""
    return person.is_staff or Membership.objects.active().filter(person=person, is_lead=True).exists()
