"""One-time sign-in links for whoever runs the site, one per role."""

from __future__ import annotations

import os

from django.conf import settings
from django.db.models.functions import Now
from django.urls import reverse

from labeling.models import Membership, Project, SignInLink, User

SITE_URL_FILE = "site_url"
# The order is that of the work: who answers first comes first.
ROLES = {"annotator": "can_label", "adjudicator": "can_adjudicate", "lead": "is_lead"}


def make_link(person: User, site_url: str) -> str:
    """The address of a new link that signs `person` in once, within a day; clears away the links that are over."""
    SignInLink.objects.filter(expires_at__lt=Now()).delete()
    return site_url.rstrip("/") + reverse("use_link", args=[SignInLink.make(person)])


def note_site_url(url: str) -> None:
    """Remember where the site was started last, for links made from another terminal."""
    (settings.VAR_DIR / SITE_URL_FILE).write_text(url, encoding="utf-8")


def find_site_url() -> str:
    """SITE_URL or PORT where the environment names them, else where the site was started last."""
    if any(name in os.environ for name in ("SITE_URL", "SITE_URL_FILE", "HOST", "PORT")):
        return str(settings.SITE_URL)
    noted = settings.VAR_DIR / SITE_URL_FILE
    return noted.read_text(encoding="utf-8").strip() if noted.is_file() else str(settings.SITE_URL)


def find_project(slug: str | None) -> Project | None:
    """The project of that slug; without one the newest that is no sample, or else the sample. None if there is none."""
    projects = Project.objects.order_by("is_sample", "-pk")
    return (projects.filter(slug=slug) if slug else projects).first()


def find_projects(slug: str | None) -> list[Project]:
    """The project of that slug; without one the newest that is no sample, and the sample. Empty if there is none."""
    found = find_project(slug)
    if found is None or slug:
        return [found] if found else []
    return [found, *Project.objects.filter(is_sample=True, archived_at=None).exclude(pk=found.pk).order_by("-pk")[:1]]


def people_by_role(project: Project) -> dict[str, User]:
    """One person for each role that somebody has in the project, each somebody else where there are enough people."""
    members = list(Membership.objects.active().filter(project=project).select_related("person"))
    # Who has fewest rights shows a role best: a lead who may also label is not the one to try labelling as.
    members.sort(key=lambda member: (member.can_label + member.can_adjudicate + member.is_lead, member.pk))
    chosen: dict[str, User] = {}
    for role, right in ROLES.items():
        holders = [member.person for member in members if getattr(member, right)]
        fresh = [person for person in holders if person not in chosen.values()]
        if holders:
            chosen[role] = (fresh or holders)[0]
    return chosen


def describe_links(project: Project, site_url: str) -> list[str]:
    """A line for each role of the project: role, account and a new link."""
    people = people_by_role(project)
    return [f"  {role:<12} {person.get_username():<16} {make_link(person, site_url)}" for role, person in people.items()]
