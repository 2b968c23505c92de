"""Who has read which version of the guideline."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from labeling.models import Guideline, GuidelineReading, Membership, Project, User


@dataclass(frozen=True, kw_only=True)
class Reader:
    """One member who answers: the newest version they have read and when (None: none), and whether they must read before new work."""

    person: User
    number: int | None
    read_at: datetime | None
    must_read: bool


def list_readers(project: Project) -> list[Reader]:
    """The members who label or adjudicate, by name."""
    members = Membership.objects.active().filter(Q(can_label=True) | Q(can_adjudicate=True), project=project)
    asked = find_asked(project)
    newest: dict[int, tuple[int, datetime]] = {}
    readings = GuidelineReading.objects.filter(guideline__project=project).order_by("guideline__number")
    for person_id, number, read_at in readings.values_list("person_id", "guideline__number", "read_at"):
        newest[person_id] = (number, read_at)
    return [
        make_reader(member.person, newest.get(member.person_id), asked)
        for member in members.select_related("person").order_by("person__username")
    ]


def make_reader(person: User, newest: tuple[int, datetime] | None, asked: int | None) -> Reader:
    """One member with their newest reading; `asked` is the version that is to be read, None if none is."""
    number, read_at = newest or (None, None)
    return Reader(person=person, number=number, read_at=read_at, must_read=asked is not None and (number or 0) < asked)


def find_asked(project: Project) -> int | None:
    """The number of the version that everybody has to have read, or a later one; None if nothing is asked."""
    versions = Guideline.objects.filter(project=project).order_by("-number")
    newest = versions.first()
    if newest is None or not newest.body:
        return None
    return versions.filter(must_read=True).exclude(body="").values_list("number", flat=True).first()
