"""What a mail says: how many, where, and how to stop it; in the person's language."""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from labeling.mail.addresses import stop_address
from labeling.mail.waiting import MOST
from labeling.models import Membership, Notice, NoticeKind, User


def make_message(notice: Notice, address: str, counts: Sequence[tuple[Membership, int]]) -> EmailMessage:
    """The digest of one notice: a line per project with how many wait there."""
    person = notice.person
    with translation.override(language_of(person)):
        context = {"name": person.get_username(), "lines": [make_line(notice, *count) for count in counts], "stop": stop_address(person)}
        template = "work" if notice.kind == NoticeKind.WORK else "disputes"
        subject = _("Images wait for your answer") if notice.kind == NoticeKind.WORK else _("Disputes have been waiting for over a day")
        body = render_to_string(f"labeling/mail/{template}.txt", context)
    return with_headers(EmailMessage(subject=subject, body=body, to=[address]), person)


def make_confirmation(person: User, address: str, link: str) -> EmailMessage:
    """The mail that asks whether the address is the person's."""
    with translation.override(language_of(person)):
        body = render_to_string("labeling/mail/confirm.txt", {"name": person.get_username(), "link": link})
        return EmailMessage(subject=_("Confirm your e-mail address"), body=body, to=[address], headers={"Auto-Submitted": "auto-generated"})


def with_headers(message: EmailMessage, person: User) -> EmailMessage:
    """The message with what lets a mail program unsubscribe by one click (RFC 8058) and keeps other programs from replying."""
    message.extra_headers = {
        "List-Unsubscribe": f"<{stop_address(person)}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Auto-Submitted": "auto-generated",
    }
    return message


def make_line(notice: Notice, membership: Membership, count: int) -> dict[str, object]:
    """One project of the digest; a count that reached its limit may be more."""
    project = membership.project
    page = "label" if notice.kind == NoticeKind.WORK else "adjudicate" if membership.can_adjudicate else "project"
    link = settings.SITE_URL + reverse(f"labeling:{page}", args=[project.slug])
    return {"name": project.name, "count": f"{MOST}+" if count >= MOST else str(count), "link": link}


def language_of(person: User) -> str:
    """The language the person chose, else the site's."""
    return person.language if person.language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
