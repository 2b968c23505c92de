"""Who works here: accounts, what each may do in a project, one-time sign-in links, and tokens for programs."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from datetime import timedelta

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class User(AbstractUser):
    """One account; `keys` is the person's own key map, {action: key}, empty for the defaults."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    keys = models.JSONField(default=dict, blank=True)
    language = models.CharField(max_length=12, blank=True)


class MembershipQuerySet(models.QuerySet["Membership"]):
    def active(self) -> MembershipQuerySet:
        """Members that still work in their project, in a fixed order."""
        return self.filter(active=True, person__is_active=True).order_by("person_id")


class Membership(models.Model):
    """What one person may do in one project; the three rights are independent."""

    project = models.ForeignKey("labeling.Project", on_delete=models.CASCADE, related_name="memberships")
    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    can_label = models.BooleanField(_("annotator"), default=False)
    can_adjudicate = models.BooleanField(_("adjudicator"), default=False)
    is_lead = models.BooleanField(_("lead"), default=False)
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "person"], name="membership_one_per_person"),
            models.CheckConstraint(condition=Q(can_label=True) | Q(can_adjudicate=True) | Q(is_lead=True), name="membership_some_right"),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} in {self.project_id}"


class SignInLink(models.Model):
    """A link that signs its person in once; only the hash of its token is kept."""

    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sign_in_links")
    token_sha256 = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"sign-in link {self.pk}"

    @classmethod
    def make(cls, person: User, valid: timedelta = timedelta(days=1)) -> str:
        """Store a new link for `person` and return its token, which is not kept anywhere."""
        token = secrets.token_urlsafe(24)
        cls.objects.create(person=person, token_sha256=cls.digest(token), expires_at=timezone.now() + valid)
        return token

    @staticmethod
    def digest(token: str) -> str:
        """The form in which `token` is stored and looked up."""
        return hashlib.sha256(token.encode()).hexdigest()


class ApiToken(models.Model):
    """What lets a program act for its person, with all of the person's rights; only the hash of the token is kept.

    `last_used_at` is right to the hour, NULL while it was never used. `expires_at` NULL means never.
    """

    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(_("name"), max_length=80)
    token_sha256 = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(name=""), name="api_token_name")]

    def __str__(self) -> str:
        return f"token {self.pk} of {self.person_id}"
