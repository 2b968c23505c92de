"""What a person chooses to be told by mail, and where: an address only once its link was opened."""

from __future__ import annotations

import logging
from smtplib import SMTPException

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext_noop as _
from django.views.decorators.debug import sensitive_variables

from labeling.mail.addresses import make_confirmation_token, may_ask
from labeling.mail.message import make_confirmation
from labeling.models import MailAddress, User
from labeling.protocol.outcome import ProtocolError

logger = logging.getLogger(__name__)


def choose_mail(person: User, address: str, *, work: bool, disputes: bool) -> bool:
    """Store the kinds of mail for the person's confirmed address, True; or send a link to another one, False.

    Raises ProtocolError where the site sends no mail, enough links were sent today, or the server does not take the address.
    """
    if not settings.MAIL_ENABLED:
        raise ProtocolError("mail_off", _("This site sends no e-mail. Whoever runs it can name a mail server in its settings."))
    if MailAddress.objects.filter(person=person, address=address).update(wants_work=work, wants_disputes=disputes):
        return True
    if not may_ask(person):
        raise ProtocolError("enough_links", _("Enough links were sent today. Use the newest one, or try again tomorrow."))
    send_link(person, address, work=work, disputes=disputes)
    return False


@sensitive_variables("token", "link")
def send_link(person: User, address: str, *, work: bool, disputes: bool) -> None:
    """Send the link that confirms the address; raises ProtocolError if the server does not take it."""
    token = make_confirmation_token(person, address, work=work, disputes=disputes)
    link = settings.SITE_URL + reverse("labeling:confirm_mail", args=[token])
    try:
        make_confirmation(person, address, link).send()
    except (SMTPException, OSError) as error:
        logger.warning("no confirmation for account %s: %s", person.pk, type(error).__name__)
        text = _("The mail server did not take this address. Check it, or try again later.")
        raise ProtocolError("address_not_taken", text) from error
