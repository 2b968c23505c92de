"""What waits for the lead: flags, held candidates, concerns about people, contradictions, surplus answers, import conflicts."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from labeling.lead.concerns import open_concerns
from labeling.lead.contradictions import find_open, open_contradictions
from labeling.models import Assignment, Candidate, Flag, ImportConflict, Project, State, Status

KINDS: dict[str, str | Promise] = {
    "flags": _("Flags"),
    "held": _("Held candidates"),
    "concerns": _("Concerns about people"),
    "contradictions": _("Contradictions"),
    "conflicts": _("Import conflicts"),
    "surplus": _("Surplus answers"),
}
CANDIDATE = ("bundle__task", "bundle__generator", "deliverable", "image")


@dataclass(frozen=True, kw_only=True)
class InboxCounts:
    """How many things of each kind wait."""

    flags: int
    held: int
    concerns: int
    contradictions: int
    conflicts: int
    surplus: int

    @property
    def total(self) -> int:
        """Everything that waits."""
        return sum(asdict(self).values())

    def of(self, kind: str) -> int:
        """The count of one kind."""
        return int(getattr(self, kind))


def count_inbox(project: Project) -> InboxCounts:
    """What waits in `project`, a count for each kind."""
    return InboxCounts(
        flags=open_flags(project).count(),
        held=held_candidates(project).count(),
        concerns=open_concerns(project).count(),
        contradictions=len(find_open(project)),
        conflicts=open_conflicts(project).count(),
        surplus=unseen_surplus(project).count(),
    )


def list_tabs(counts: InboxCounts) -> list[tuple[str, str | Promise, int]]:
    """(kind, its name, how many wait) for every kind."""
    return [(kind, label, counts.of(kind)) for kind, label in KINDS.items()]


def open_flags(project: Project) -> QuerySet[Flag]:
    """Flags without a reply, oldest first."""
    related = [f"assignment__candidate__{name}" for name in CANDIDATE]
    flags = Flag.objects.filter(project=project, replied_at=None).order_by("created_at", "pk")
    return flags.select_related("assignment__person", "assignment__image", *related)


def held_candidates(project: Project) -> QuerySet[Candidate]:
    """Candidates out of the queue until the lead decides, longest first."""
    ids = Candidate.objects.standing_as(project.pk, State.HELD).values("pk")
    # Not filtered by the state at once: SQLite would walk along the changes, past all that are not held.
    held = Candidate.objects.filter(pk__in=ids).order_by("state_changed_at", "pk")
    return held.select_related(*CANDIDATE).prefetch_related("skips__person")


def open_conflicts(project: Project) -> QuerySet[ImportConflict]:
    """Changes that an import may not make by itself, oldest first."""
    conflicts = ImportConflict.objects.filter(project=project, state=ImportConflict.State.OPEN).order_by("created_at", "pk")
    return conflicts.select_related("task", "job", "new_image", *(f"candidate__{name}" for name in CANDIDATE))


def unseen_surplus(project: Project) -> QuerySet[Assignment]:
    """Surplus answers the lead has not marked as reviewed, oldest first."""
    found = Assignment.objects.standing_as(project.pk, Status.SURPLUS).filter(reviewed_at=None)
    surplus = found.order_by("submitted_at", "pk")
    return surplus.select_related("person", "image", *(f"candidate__{name}" for name in CANDIDATE)).prefetch_related("answers")


LISTS = {
    "flags": open_flags,
    "held": held_candidates,
    "concerns": open_concerns,
    "contradictions": open_contradictions,
    "conflicts": open_conflicts,
    "surplus": unseen_surplus,
}
