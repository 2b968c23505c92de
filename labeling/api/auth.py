"""Who asks: a token in the Authorization header, or the session of the pages."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from annotation_site.middleware import client_address
from labeling.api.errors import TooManyWrongTokens
from labeling.api.throttles import WrongTokenLimit
from labeling.api_tokens import find_token
from labeling.models import ApiToken, User

SCHEME = "Bearer"


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer <token>`. It comes first: its challenge is what makes an answer 401 instead of 403."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        """The person and the token; None if the request brings none.

        401 if it brings one that opens nothing, 429 where too many such came from its address: then none is looked up.
        """
        scheme, _blank, text = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != SCHEME.lower():
            return None
        address, limit = client_address(request), WrongTokenLimit()
        if limit.is_reached(address):
            raise TooManyWrongTokens(limit.wait())
        token = find_token(text.strip())
        if token is None:
            limit.count(address)
            raise AuthenticationFailed(
                _("This token is unknown, revoked or over. Make a new one on the page of your account."), "bad_token"
            )
        return token.person, token

    def authenticate_header(self, _request: Request) -> str:
        """What a refused request is told to bring."""
        return SCHEME


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the schema describes the token."""

    target_class = TokenAuthentication
    name = "token"

    def get_security_definition(self, _auto_schema: object) -> dict[str, str]:
        """The scheme in words of OpenAPI."""
        return {"type": "http", "scheme": "bearer", "description": "A token made on the page of your account."}
