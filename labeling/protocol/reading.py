"""Reading the guideline: who has to before they take new work, and saying that one has."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Subquery
from django.utils.translation import gettext_noop as _

from labeling.models import Event, Guideline, GuidelineReading, Project, User
from labeling.protocol.outcome import ProtocolError
from labeling.protocol.record import require_member


def find_unread(project: Project, person: User) -> Guideline | None:
    """The version in force if `person` has to read it before they take new work; None if nothing is asked. One statement.

    Asked for is the newest version published as one to be read; whoever has read that or a later one is done. Without a text in
    force nothing is asked.
    """
    versions = Guideline.objects.filter(project=project)
    asked = versions.filter(must_read=True).exclude(body="").order_by("-number").values("number")[:1]
    read = GuidelineReading.objects.filter(person=person, guideline__project=project).order_by("-guideline__number")
    numbers = versions.annotate(asked=Subquery(asked), read=Subquery(read.values("guideline__number")[:1]))
    newest = numbers.order_by("-number").first()
    if newest is None or not newest.body or newest.asked is None or (newest.read or 0) >= newest.asked:
        return None
    return newest


def version_read(project_id: int, person_id: int, at: datetime | None = None) -> Guideline | None:
    """The newest version that a person had said to have read (by the time `at`); None if they had read none."""
    readings = GuidelineReading.objects.filter(person_id=person_id, guideline__project_id=project_id).select_related("guideline")
    if at is not None:
        readings = readings.filter(read_at__lte=at)
    newest = readings.order_by("-guideline__number").first()
    return newest.guideline if newest else None


@transaction.atomic
def read_guideline(project: Project, person: User, number: int) -> Guideline:
    """Remember that `person` has read version `number`; saying it again changes nothing.

    A version published while they read is not the one they read: it is asked for next.
    """
    require_member(project, person)
    guideline = Guideline.objects.filter(project=project, number=number).exclude(body="").first()
    if guideline is None:
        raise ProtocolError("not_found", _("There is no such version of the guideline."))
    _reading, is_new = GuidelineReading.objects.get_or_create(guideline=guideline, person=person)
    if is_new:
        Event.objects.create(project=project, actor=person, kind=Event.Kind.GUIDELINE_READ, data={"number": number})
    return guideline
