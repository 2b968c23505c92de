"""Which model version people see the suggestions of."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext_noop as _

from labeling.models import Event, Project, Suggestion, User
from labeling.protocol.archive import require_open
from labeling.protocol.outcome import ProtocolError
from labeling.protocol.record import require_right
from labeling.protocol.trained import find_trained


@transaction.atomic
def use_version(project: Project, lead: User, version: str) -> None:
    """Show the suggestions of `version` on candidates nobody has taken yet; what was drawn stays. Locks the project.

    Raises ProtocolError if that version has said nothing here, is in use, or was trained here.
    """
    require_right(project, lead, "is_lead")
    locked = lock_open(project)
    if not Suggestion.objects.filter(project=project, model_version=version).exists():
        raise ProtocolError("unknown_version", _("This project has no suggestions of the version %(version)s."), version=version)
    if locked.model_version == version:
        raise ProtocolError("version_in_use", _("This version is in use already."))
    refuse_trained(locked, version)
    store_version(locked, version, lead)
    project.model_version = version


@transaction.atomic
def put_to_use(project: Project, version: str, actor: User | None, *, instead: bool) -> bool:
    """Put `version`, just imported, to use: `instead` of another one, or only if there is none yet. Whether it did. Locks the project.

    One that was trained here never comes to use so: raises ProtocolError where it is to be `instead`.
    """
    locked = lock_open(project)
    if locked.model_version == version or (locked.model_version and not instead):
        return False
    if instead:
        refuse_trained(locked, version)
    elif version in find_trained(locked.pk):
        return False
    store_version(locked, version, actor)
    return True


def refuse_trained(project: Project, version: str) -> None:
    """Raise ProtocolError for a version that was trained here: a gate judges it, and one is told who let it pass."""
    if version in find_trained(project.pk):
        text = _("The version %(version)s was trained here. Promote it on the page “Models”, where its gate stands.")
        raise ProtocolError("trained_here", text, version=version)


def lock_open(project: Project) -> Project:
    """The locked row of a project; raises ProtocolError if it is archived."""
    locked = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    require_open(project.pk)
    return locked


def store_version(locked: Project, version: str, actor: User | None) -> None:
    """Write which version is in use, and that it was changed."""
    data = {"version": version, "former": locked.model_version}
    locked.model_version = version
    locked.save(update_fields=["model_version"])
    Event.objects.create(project=locked, actor=actor, kind=Event.Kind.VERSION_USED, data=data)
