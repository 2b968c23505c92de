"""Sending notices that are due: claimed first, retried a few times, and never twice.

A process that ends between claim and answer leaves a row about which nobody knows whether the server took it. It is given up, not sent
again: a mail that is missing is put right by tomorrow's, one that comes again and again is not.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from smtplib import SMTPException, SMTPRecipientsRefused, SMTPResponseException, SMTPServerDisconnected

from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_noop

from labeling.mail.message import make_message
from labeling.mail.notices import count_waiting
from labeling.models import MailAddress, Membership, Notice, NoticeKind

logger = logging.getLogger(__name__)

AT_ONCE = 20
MAX_ATTEMPTS = 5
FIRST_PAUSE = timedelta(minutes=10)
STALE = timedelta(minutes=10)
State = Notice.State
LOST = gettext_noop("The process ended while it was sending; whether the mail left is not known, so it is not sent again.")


def send_due(limit: int = AT_ONCE) -> int:
    """Send at most `limit` notices that are due; returns how many left. Stops at once where the server does not answer."""
    give_up_stale()
    sent = 0
    due = Notice.objects.filter(state=State.QUEUED, due_at__lte=timezone.now()).order_by("due_at", "pk")
    for pk in list(due.values_list("pk", flat=True)[:limit]):
        if not claim(pk):
            continue
        outcome = deliver(Notice.objects.select_related("person").get(pk=pk))
        sent += outcome is True
        if outcome is None:
            break
    return sent


def claim(pk: int) -> bool:
    """Make a queued notice this process's own; False if another was faster."""
    now = timezone.now()
    return bool(Notice.objects.filter(pk=pk, state=State.QUEUED).update(state=State.SENDING, claimed_at=now, attempt=F("attempt") + 1))


def give_up_stale() -> int:
    """End what a process claimed and never finished; returns how many."""
    stale = Notice.objects.filter(state=State.SENDING, claimed_at__lt=timezone.now() - STALE)
    count = stale.update(state=State.FAILED, error=LOST)
    if count:
        logger.error("%s notices were being sent when their process ended; they are not sent again", count)
    return count


def deliver(notice: Notice) -> bool | None:
    """Send a claimed notice: True if the server took it, False if not this one, None if the server does not answer at all."""
    address = MailAddress.objects.filter(person=notice.person, person__is_active=True).first()
    counts = count_all(notice)
    if address is None or not address.wants(notice.kind) or not counts:
        Notice.objects.filter(pk=notice.pk).update(state=State.DROPPED)
        return False
    try:
        make_message(notice, address.address, counts).send()
    except (SMTPException, OSError) as error:
        note_failure(notice, error, address.address)
        return None if isinstance(error, OSError | SMTPServerDisconnected) and not isinstance(error, SMTPRecipientsRefused) else False
    counted = {str(membership.project_id): count for membership, count in counts}
    Notice.objects.filter(pk=notice.pk).update(state=State.SENT, sent_at=timezone.now(), counts=counted, error="")
    logger.info("notice %s (%s) is sent", notice.pk, notice.kind)
    return True


def count_all(notice: Notice) -> list[tuple[Membership, int]]:
    """What waits for the person now in the projects of the notice; those where nothing does are left out."""
    rows = Membership.objects.given_work().filter(person=notice.person, project__in=notice.projects)
    memberships = rows.select_related("project").order_by("project__name", "pk")
    kind, now = NoticeKind(notice.kind), timezone.now()
    counted = [(membership, count_waiting(membership, kind, now)) for membership in memberships]
    return [(membership, count) for membership, count in counted if count]


def note_failure(notice: Notice, error: Exception, address: str) -> None:
    """Queue the notice for another try, or end it: refused for good, or tried often enough."""
    is_last = notice.attempt >= MAX_ATTEMPTS or is_refused_for_good(error)
    said = describe_error(error).replace(address, "…")[:300]
    pause = FIRST_PAUSE * 2 ** (notice.attempt - 1)
    values = {"state": State.FAILED} if is_last else {"state": State.QUEUED, "due_at": timezone.now() + pause}
    Notice.objects.filter(pk=notice.pk).update(error=said, **values)
    logger.log(logging.ERROR if is_last else logging.WARNING, "notice %s failed at try %s: %s", notice.pk, notice.attempt, said)


def is_refused_for_good(error: Exception) -> bool:
    """Whether the server said that it will never take mail to this address."""
    return isinstance(error, SMTPRecipientsRefused) and all(code >= 500 for code, _text in error.recipients.values())


def describe_error(error: Exception) -> str:
    """What the server said, or what kept it from saying anything."""
    if isinstance(error, SMTPRecipientsRefused):
        return "; ".join(f"{code} {show(text)}" for code, text in error.recipients.values())
    if isinstance(error, SMTPResponseException):
        return f"{error.smtp_code} {show(error.smtp_error)}"
    return f"{type(error).__name__}: {error}"


def show(text: bytes | str) -> str:
    """An answer of the server as text."""
    return text.decode("utf-8", "replace") if isinstance(text, bytes) else text
