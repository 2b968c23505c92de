"""Tokens with which programs act for a person: making, finding and revoking them."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from labeling.models import ApiToken, User

# A prefix that scanners of leaked secrets, and people, can tell.
PREFIX = "servimage_"
# How exact `last_used_at` is: one write per hour and token, not one per request.
COARSE = timedelta(hours=1)


def make_token(person: User, name: str, valid: timedelta | None) -> tuple[ApiToken, str]:
    """Store a new token of `person` and return it with its text, which is not kept anywhere; `valid` None means for good."""
    text = PREFIX + secrets.token_urlsafe(32)
    expires_at = None if valid is None else timezone.now() + valid
    return ApiToken.objects.create(person=person, name=name, token_sha256=digest(text), expires_at=expires_at), text


def find_token(text: str) -> ApiToken | None:
    """The token of that text if it still opens anything; None if it is unknown, revoked, over, or its person may not sign in."""
    found = usable_tokens().select_related("person").filter(token_sha256=digest(text)).first()
    if found is not None:
        note_use(found)
    return found


def note_use(token: ApiToken) -> None:
    """Remember that the token was used, unless that was noted within the hour."""
    now = timezone.now()
    stale = Q(last_used_at=None) | Q(last_used_at__lt=now - COARSE)
    if token.last_used_at is None or token.last_used_at < now - COARSE:
        ApiToken.objects.filter(stale, pk=token.pk).update(last_used_at=now)


def usable_tokens() -> QuerySet[ApiToken]:
    """Tokens that open something now, newest first."""
    in_time = Q(expires_at=None) | Q(expires_at__gt=timezone.now())
    return ApiToken.objects.filter(in_time, revoked_at=None, person__is_active=True).order_by("-pk")


def revoke_token(person: User, token_id: int) -> bool:
    """Revoke one of the person's own tokens; False if there is no such token, or it is revoked already."""
    mine = ApiToken.objects.filter(pk=token_id, person=person, revoked_at=None)
    return bool(mine.update(revoked_at=timezone.now()))


def digest(text: str) -> str:
    """The form in which a token is stored and looked up; it is random and long, so a plain hash is enough."""
    return hashlib.sha256(text.encode()).hexdigest()
