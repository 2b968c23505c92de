"""What every view of the API shares: who asks, for which project, with which right."""

from __future__ import annotations

from typing import Any, ClassVar

from django.http import HttpRequest
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from labeling.access import MemberRequest, Right, find_membership
from labeling.api.shapes import OutcomeShape
from labeling.api.throttles import RequestLimit, WorkLimit
from labeling.models import Membership, Project, User
from labeling.protocol.outcome import Outcome


class ApiView(APIView):
    """A view of somebody signed in; `starts_work` says that its POST starts a job or stores a picture."""

    starts_work: ClassVar[bool] = False

    @property
    def person(self) -> User:
        """Who asks."""
        user = self.request.user
        # Permissions are checked before any method of a view runs.
        if not isinstance(user, User):
            raise TypeError(f"{type(user).__name__} passed the permissions")
        return user

    def get_throttles(self) -> list[BaseThrottle]:
        """The limits this request counts for."""
        work = [WorkLimit()] if self.starts_work and self.request.method == "POST" else []
        return [RequestLimit(), *work]


class ProjectView(ApiView):
    """A view of a project for members with any of `rights` (any member if none is named); for everybody else it is not there."""

    rights: ClassVar[tuple[Right, ...]] = ()
    membership: Membership

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Check everything else first, then read the project."""
        super().initial(request, *args, **kwargs)
        self.membership = find_membership(self.person, kwargs["slug"], self.rights)

    @property
    def project(self) -> Project:
        """The project of the address."""
        return self.membership.project


class LeadView(ProjectView):
    """A view of a project for its leads."""

    rights = ("is_lead",)


def tell(outcome: Outcome) -> Response:
    """The outcome of a write as data: a refusal that the protocol stored is an outcome like any other."""
    return Response(OutcomeShape.write(outcome))


def as_page_request(request: Request) -> MemberRequest:
    """The request as the pages' own views take it, with the person the token stands for."""
    inner: HttpRequest = request._request
    inner.user = request.user
    return inner  # type: ignore[return-value]
