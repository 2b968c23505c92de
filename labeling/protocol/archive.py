"""Putting a project away, and bringing it back. Nothing is deleted: everything in it can still be read and exported."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_noop as _

from labeling.models import Event, Project, User
from labeling.protocol.outcome import ProtocolError
from labeling.protocol.record import require_right

ARCHIVED = _("Nobody is given candidates any more, and only leads find the project; what people hold can still be answered.")
IS_ARCHIVED = _("This project is archived, so nothing in it can be changed. Bring it back first.")
BROUGHT_BACK = _("People find the project again and are given candidates, unless it is paused.")


def require_open(project_id: int) -> None:
    """Raise ProtocolError if the project is archived, for what leads do to its candidates, batches, guideline and people to come.

    Asked under the lock of what is changed. What began just before the project was archived may still end after it.
    """
    if not Project.objects.filter(pk=project_id, archived_at=None).exists():
        raise ProtocolError("archived", IS_ARCHIVED)


@transaction.atomic
def archive_project(project: Project, lead: User) -> None:
    """Put the project away. Raises ProtocolError if it is already."""
    locked = lock_project(project, lead)
    if locked.archived_at is not None:
        raise ProtocolError("archived", _("This project is archived already."))
    project.archived_at = locked.archived_at = timezone.now()
    locked.save(update_fields=["archived_at"])
    note(project, lead, Event.Kind.ARCHIVED, ARCHIVED)


@transaction.atomic
def bring_back_project(project: Project, lead: User) -> None:
    """Bring the project back as it was put away. Raises ProtocolError if it is not archived."""
    locked = lock_project(project, lead)
    if locked.archived_at is None:
        raise ProtocolError("not_archived", _("This project is not archived."))
    project.archived_at = locked.archived_at = None
    locked.save(update_fields=["archived_at"])
    note(project, lead, Event.Kind.BROUGHT_BACK, BROUGHT_BACK)


def lock_project(project: Project, lead: User) -> Project:
    """The row of a project that `lead` leads, locked against other changes of it."""
    require_right(project, lead, "is_lead")
    return Project.objects.select_for_update(no_key=True).get(pk=project.pk)


def note(project: Project, lead: User, kind: Event.Kind, effect: str) -> None:
    """Log the change with what it does to work in progress."""
    Event.objects.create(project=project, actor=lead, kind=kind, data={"effects": {"archived": effect}})
