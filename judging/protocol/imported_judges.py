"""The versions of judges whose scores were made elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from judging.models import Backend, Judge
from judging.rubrics.base import hash_of
from judging.rubrics.registry import get_rubric
from labeling.models import Project, User
from labeling.protocol.archive import require_open
from labeling.protocol.record import require_right


@dataclass(frozen=True, kw_only=True)
class VersionWanted:
    """Which version an import adds to: that of the judge `name` which was the newest at the time `since`.

    `lead` is None for what an operator does by command. `new_for` names the import that asked for a version of its own, whichever attempt
    at it this is; '' where none did.
    """

    project: Project
    lead: User | None
    name: str
    rubric: str
    since: datetime
    new_for: str = ""

    def make_fields(self) -> dict[str, Any]:
        """What all versions of the judge have in common."""
        version = get_rubric(self.rubric).version
        source = {"config": {"source": "import"}, "parts": []}
        return {"backend": Backend.IMPORTED.value, "rubric": self.rubric, "rubric_version": version, **source}

    @property
    def fingerprint(self) -> str:
        """Scores of one import may differ from those of another without any setting that tells why, so the import itself is part of it."""
        return hash_of({**self.make_fields(), "import": self.new_for})


def find_imported_judge(wanted: VersionWanted) -> Judge | None:
    """The version that an import adds to; None if it has still to be made."""
    versions = Judge.objects.filter(project=wanted.project, name=wanted.name)
    mine = versions.filter(fingerprint=wanted.fingerprint)
    if wanted.new_for:
        return mine.first()
    # One that an import beside this one makes meanwhile must not get the second half of this one.
    before = versions.filter(backend=Backend.IMPORTED, rubric=wanted.rubric, created_at__lte=wanted.since)
    return before.order_by("-version").first() or mine.first()


@transaction.atomic
def make_imported_judge(wanted: VersionWanted) -> Judge:
    """The version that an import adds to, made now unless it is there. Locks the project. Raises ProtocolError."""
    project = wanted.project
    if wanted.lead is not None:
        require_right(project, wanted.lead, "is_lead")
    # Two that make the next version at once would both count the same one before.
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    require_open(project.pk)
    known = find_imported_judge(wanted)
    if known is not None:
        return known
    number = (Judge.objects.filter(project=project, name=wanted.name).aggregate(last=Max("version"))["last"] or 0) + 1
    made = {"version": number, "fingerprint": wanted.fingerprint, "created_by": wanted.lead}
    return Judge.objects.create(project=project, name=wanted.name, **wanted.make_fields(), **made)
