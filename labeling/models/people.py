"""Who works here: accounts, what each may do in a project, sign-in links, invitations, and tokens for programs."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from datetime import timedelta

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from labeling.models.task import Category

# After so many account names that were taken, an invitation is over.
REFUSALS_ALLOWED = 100


def digest_token(token: str) -> str:
    """The form in which the token of a link is stored and looked up."""
    return hashlib.sha256(token.encode()).hexdigest()


class User(AbstractUser):
    """One account; `keys` is the person's own key map, {action: key}, empty for the defaults."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    keys = models.JSONField(default=dict, blank=True)
    language = models.CharField(max_length=12, blank=True)


class MembershipQuerySet(models.QuerySet["Membership"]):
    def active(self) -> MembershipQuerySet:
        """Members that still work in their project, in a fixed order."""
        return self.filter(active=True, person__is_active=True).order_by("person_id")

    def given_work(self) -> MembershipQuerySet:
        """Active members of projects that give work: neither paused nor archived."""
        return self.active().filter(project__paused=False, project__archived_at=None)

    def in_sight(self) -> MembershipQuerySet:
        """Active members of projects that they find in their lists: an archived one is shown to its leads alone."""
        return self.active().filter(Q(project__archived_at=None) | Q(is_lead=True))


class Membership(models.Model):
    """What one person may do in one project; the three rights are independent.

    `categories` are the task categories the person is given work of, none for all. `daily_cap` is after how many primary answers of a day
    of the site's time zone no new ones are given, NULL for any number.
    """

    project = models.ForeignKey("labeling.Project", on_delete=models.CASCADE, related_name="memberships")
    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    can_label = models.BooleanField(_("annotator"), default=False)
    can_adjudicate = models.BooleanField(_("adjudicator"), default=False)
    is_lead = models.BooleanField(_("lead"), default=False)
    active = models.BooleanField(default=True)
    categories = models.JSONField(_("categories"), default=list, blank=True)
    daily_cap = models.PositiveSmallIntegerField(_("answers a day at most"), null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "person"], name="membership_one_per_person"),
            models.CheckConstraint(condition=Q(can_label=True) | Q(can_adjudicate=True) | Q(is_lead=True), name="membership_some_right"),
            models.CheckConstraint(condition=Q(daily_cap=None) | Q(daily_cap__gte=1), name="membership_daily_cap"),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} in {self.project_id}"

    @property
    def codes(self) -> list[int]:
        """The codes of the categories the person works in; empty for all."""
        return [Category(category).code for category in self.categories]


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
        return digest_token(token)


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def still_open(self) -> InvitationQuerySet:
        """Those that still let somebody in: in time, not revoked, uses left, and whoever made them still leads the project.

        None does while the project is archived. Only the condition on the rows themselves is looked at again where two use one at once.
        """
        mine = {"project": models.OuterRef("project"), "person": models.OuterRef("made_by")}
        leads = Membership.objects.active().filter(**mine, is_lead=True, project__archived_at=None)
        open_ones = self.filter(revoked_at=None, expires_at__gt=timezone.now(), used__lt=F("uses"), refused__lt=REFUSALS_ALLOWED)
        return open_ones.filter(models.Exists(leads.order_by())).order_by("-pk")


class Invitation(models.Model):
    """A link by which `uses` people at most become members of a project; only the hash of its token is kept.

    `categories` and `daily_cap` are those that whoever comes by it is given as a member. `note` is the lead's own label, e.g. an e-mail
    address. `refused` counts account names that were taken: a link must not be a
    place to try out who has an account.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey("labeling.Project", on_delete=models.CASCADE, related_name="invitations")
    token_sha256 = models.CharField(max_length=64, unique=True)
    can_label = models.BooleanField(_("annotator"), default=False)
    can_adjudicate = models.BooleanField(_("adjudicator"), default=False)
    is_lead = models.BooleanField(_("lead"), default=False)
    categories = models.JSONField(_("categories"), default=list, blank=True)
    daily_cap = models.PositiveSmallIntegerField(_("answers a day at most"), null=True, blank=True)
    note = models.CharField(max_length=200, blank=True)
    uses = models.PositiveSmallIntegerField(default=1)
    used = models.PositiveSmallIntegerField(default=0)
    refused = models.PositiveSmallIntegerField(default=0)
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(can_label=True) | Q(can_adjudicate=True) | Q(is_lead=True), name="invitation_some_right"),
            models.CheckConstraint(condition=Q(uses__gte=1, uses__lte=50, used__lte=F("uses")), name="invitation_uses"),
            # Whoever leads sees everything and may let others in: such a link is for one person.
            models.CheckConstraint(condition=Q(is_lead=False) | Q(uses=1), name="invitation_one_lead"),
            models.CheckConstraint(condition=Q(daily_cap=None) | Q(daily_cap__gte=1), name="invitation_daily_cap"),
        ]

    def __str__(self) -> str:
        return f"invitation {self.pk}"


class InvitationUse(models.Model):
    """Who became a member by an invitation, and when."""

    invitation = models.ForeignKey(Invitation, on_delete=models.CASCADE, related_name="people")
    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    joined_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["invitation", "person"], name="invitation_use_one_per_person")]

    def __str__(self) -> str:
        return f"{self.person_id} by invitation {self.invitation_id}"


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
