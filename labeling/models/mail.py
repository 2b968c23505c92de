"""E-mail: who wants which, the links that confirm an address, what the site saw last, and one row per mail."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class NoticeKind(models.TextChoices):
    WORK = "work", _("work arrived")
    DISPUTES = "disputes", _("disputes wait over a day")


class MailAddress(models.Model):
    """A confirmed address of one person, and what they want to be told; without a row they get no mail."""

    person = models.OneToOneField("labeling.User", on_delete=models.CASCADE, related_name="mail")
    address = models.EmailField()
    wants_work = models.BooleanField(default=True)
    wants_disputes = models.BooleanField(default=True)
    confirmed_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"mail address of {self.person_id}"

    def wants(self, kind: str) -> bool:
        """Whether the person wants to be told of this kind."""
        return self.wants_work if kind == NoticeKind.WORK else self.wants_disputes


class MailConfirmation(models.Model):
    """A link sent to an address to see whether it is the person's; only the hash of its token is kept."""

    person = models.ForeignKey("labeling.User", on_delete=models.CASCADE, related_name="mail_confirmations")
    address = models.EmailField()
    wants_work = models.BooleanField()
    wants_disputes = models.BooleanField()
    token_sha256 = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    VALID = timedelta(days=1)

    def __str__(self) -> str:
        return f"mail confirmation {self.pk}"

    @staticmethod
    def make_token() -> str:
        """A new token, which is not kept anywhere."""
        return secrets.token_urlsafe(24)

    @staticmethod
    def digest(token: str) -> str:
        """The form in which `token` is stored and looked up."""
        return hashlib.sha256(token.encode()).hexdigest()


class MailWatch(models.Model):
    """What the site saw for one person, project and kind when it last looked; `idle_since` is NULL while there is work."""

    person = models.ForeignKey("labeling.User", on_delete=models.CASCADE, related_name="+")
    project = models.ForeignKey("labeling.Project", on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=10, choices=NoticeKind.choices)
    looked_at = models.DateTimeField()
    idle_since = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "project", "kind"], name="mail_watch_one_per_kind")]

    def __str__(self) -> str:
        return f"{self.kind} of {self.person_id} in {self.project_id}"


class Notice(models.Model):
    """One mail, at most one per person, kind and day. It is claimed before it is sent, so that no two processes send it.

    `projects` are the row ids of those it is about; `counts` is what the mail said, by the same ids, {} until it is sent.
    """

    class State(models.TextChoices):
        QUEUED = "queued", _("queued")
        SENDING = "sending", _("being sent")
        SENT = "sent", _("sent")
        FAILED = "failed", _("failed")
        DROPPED = "dropped", _("not needed any more")

    person = models.ForeignKey("labeling.User", on_delete=models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=10, choices=NoticeKind.choices)
    day = models.DateField()
    projects = models.JSONField(default=list)
    counts = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    attempt = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "kind", "day"], name="notice_one_per_day"),
            models.CheckConstraint(condition=Q(kind__in=["work", "disputes"]), name="notice_kind"),
            models.CheckConstraint(condition=Q(state__in=["queued", "sending", "sent", "failed", "dropped"]), name="notice_state"),
            models.CheckConstraint(
                condition=Q(state="sent", sent_at__isnull=False) | (~Q(state="sent") & Q(sent_at=None)), name="notice_sent"
            ),
        ]
        indexes = [models.Index(fields=["state", "due_at"], name="notice_by_state")]

    def __str__(self) -> str:
        return f"{self.kind} notice {self.pk}"
