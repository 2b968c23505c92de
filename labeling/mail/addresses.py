"""A person's own address: asking for it, confirming it by a link, and stopping all mail."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from labeling.models import MailAddress, MailConfirmation, User

SIGNER = signing.Signer(salt="labeling.mail.stop")
# Somebody could type the address of another person: that one gets few mails of it.
LINKS_A_DAY = 5


def may_ask(person: User) -> bool:
    """Whether another link may be sent for this person today."""
    since = timezone.now() - timedelta(days=1)
    return MailConfirmation.objects.filter(person=person, created_at__gt=since).count() < LINKS_A_DAY


def make_confirmation_token(person: User, address: str, *, work: bool, disputes: bool) -> str:
    """Store what the person asks for and return the token of the link that makes it so; an older link ends."""
    token, now = MailConfirmation.make_token(), timezone.now()
    MailConfirmation.objects.filter(person=person, used_at=None).update(expires_at=now)
    MailConfirmation.objects.create(
        person=person,
        address=address,
        wants_work=work,
        wants_disputes=disputes,
        token_sha256=MailConfirmation.digest(token),
        created_at=now,
        expires_at=now + MailConfirmation.VALID,
    )
    return token


def find_confirmation(token: str) -> MailConfirmation | None:
    """The request behind a link that can still be used; None otherwise."""
    rows = MailConfirmation.objects.filter(token_sha256=MailConfirmation.digest(token), used_at=None, expires_at__gt=timezone.now())
    return rows.filter(person__is_active=True).select_related("person").first()


@transaction.atomic
def confirm_address(found: MailConfirmation) -> bool:
    """Make the address the person's; False if the link was used or ended meanwhile."""
    now = timezone.now()
    if not MailConfirmation.objects.filter(pk=found.pk, used_at=None, expires_at__gt=now).update(used_at=now):
        return False
    wanted = {"wants_work": found.wants_work, "wants_disputes": found.wants_disputes}
    MailAddress.objects.update_or_create(person=found.person, defaults={"address": found.address, "confirmed_at": now, **wanted})
    return True


def stop_mail(person: User) -> None:
    """Forget the address: no mail goes out any more, and no link that waits brings it back."""
    MailAddress.objects.filter(person=person).delete()
    MailConfirmation.objects.filter(person=person, used_at=None).update(expires_at=timezone.now())


def stop_address(person: User) -> str:
    """The address that stops a person's mail, without signing in."""
    return settings.SITE_URL + reverse("labeling:stop_mail", args=[SIGNER.sign(str(person.public_id))])


def find_stopper(token: str) -> User | None:
    """Whose mail a link stops; None if it is not one of ours."""
    try:
        return User.objects.filter(public_id=SIGNER.unsign(token)).first()
    except signing.BadSignature:
        return None
