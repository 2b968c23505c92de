"""An import conflict as the lead reads it: what would change, part by part, and how much work it touches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from labeling.data_in.hard_rules import rules_from_json
from labeling.data_in.hard_rules.describe import describe_rule
from labeling.data_in.write_task import changed_parts
from labeling.lead.inbox import CANDIDATE
from labeling.lead.marks import Sides, mark_lines
from labeling.models import Candidate, ImportConflict, TaskVersion
from labeling.protocol.conflicts import used_among

PARTS: dict[str, str | Promise] = {
    "category": gettext_lazy("category"),
    "name": gettext_lazy("name"),
    "brief": gettext_lazy("brief"),
    "price_usd": gettext_lazy("price"),
    "quantity": gettext_lazy("number of images"),
    "is_editing": gettext_lazy("editing"),
    "source_missing": gettext_lazy("source image missing"),
    "deliverables": gettext_lazy("deliverables"),
    "points": gettext_lazy("evaluation points"),
    "references": gettext_lazy("references"),
    "sources": gettext_lazy("source images"),
}


@dataclass(frozen=True, kw_only=True)
class Change:
    """One part that would change: its lines of text, or the hashes of its pictures, before and after."""

    label: str | Promise
    old: list[str] = field(default_factory=list)
    new: list[str] = field(default_factory=list)
    old_images: list[str] = field(default_factory=list)
    new_images: list[str] = field(default_factory=list)

    @property
    def lines(self) -> Sides:
        """The lines of both sides with what differs marked."""
        return mark_lines(self.old, self.new)

    @property
    def images(self) -> tuple[list[tuple[str, bool]], list[tuple[str, bool]]]:
        """The pictures of both sides, each with whether it is only on this one, or in another place."""
        return mark_images(self.old_images, self.new_images), mark_images(self.new_images, self.old_images)


@dataclass(frozen=True, kw_only=True)
class ConflictItem:
    """One conflict with its changes; `touched` counts the candidates that would start a new round.

    `example` is one of the candidates of a changed task, of those touched if there are any.
    """

    row: ImportConflict
    changes: list[Change]
    touched: int
    example: Candidate | None = None


def find_pictured(candidates: QuerySet[Candidate]) -> Candidate | None:
    """The first of the candidates that has a picture, with what a page tells of it."""
    return candidates.filter(image__isnull=False).select_related(*CANDIDATE).order_by("sort", "pk").first()


def describe_conflict(row: ImportConflict) -> ConflictItem:
    """What accepting `row` would change now; the present content counts, not that of the day of the import."""
    if row.candidate is not None:
        touched = used_among(Candidate.objects.filter(pk=row.candidate.pk)).count()
        return ConflictItem(row=row, changes=[describe_image_change(row.candidate, row)], touched=touched)
    asked_for = Candidate.objects.filter(bundle__task=row.task, deliverable__number__lte=row.new["quantity"])
    used = used_among(asked_for)
    example = find_pictured(used) or find_pictured(asked_for)
    return ConflictItem(row=row, changes=describe_content_change(row), touched=used.count(), example=example)


def describe_image_change(candidate: Candidate, row: ImportConflict) -> Change:
    """The picture there is and the one imported, each with its size."""
    sides: list[tuple[list[str], list[str]]] = []
    for image in (candidate.image, row.new_image):
        sides.append(([f"{image.width} × {image.height} px"], [image.sha256]) if image else ([], []))
    (old, old_images), (new, new_images) = sides
    return Change(label=gettext_lazy("image"), old=old, new=new, old_images=old_images, new_images=new_images)


def mark_images(images: Sequence[str], others: Sequence[str]) -> list[tuple[str, bool]]:
    """`images`, each with whether `others` have another one, or none, in its place."""
    return [(sha256, [sha256] != list(others[place : place + 1])) for place, sha256 in enumerate(images)]


def describe_content_change(row: ImportConflict) -> list[Change]:
    """The parts of a task that differ between its present version and the imported one."""
    present = TaskVersion.objects.filter(task=row.task).order_by("-number").first()
    old: Mapping[str, Any] = present.document if present else {}
    return [describe_part(part, old.get(part), row.new.get(part)) for part in changed_parts(old, row.new)]


def describe_part(part: str, old: Any, new: Any) -> Change:
    """One part before and after."""
    label = PARTS.get(part, part)
    if part in ("references", "sources"):
        return Change(label=label, old=name_files(old), new=name_files(new), old_images=list_hashes(old), new_images=list_hashes(new))
    return Change(label=label, old=list_lines(part, old), new=list_lines(part, new))


def list_lines(part: str, value: Any) -> list[str]:
    """The value of a part as lines of text."""
    if part == "points":
        return [point["text"] for point in value or []]
    if part == "deliverables":
        return [describe_deliverable(item) for item in value or []]
    if part == "price_usd":
        return [f"${value}"]
    if isinstance(value, bool):
        return [_("yes") if value else _("no")]
    return str(value or "").splitlines()


def describe_deliverable(item: Mapping[str, Any]) -> str:
    """One deliverable with its hard rules."""
    rules = [describe_rule(rule) for rule in rules_from_json(item["rules"])]
    wanted = "; ".join(f"{rule.label}: {', '.join(rule.values)}" for rule in rules)
    return f"{item['number']}. {item['name']}" + (f" ({wanted})" if wanted else "")


def list_hashes(items: Sequence[Mapping[str, Any]] | None) -> list[str]:
    """The pictures that are at hand."""
    return [item["sha256"] for item in items or [] if item["sha256"]]


def name_files(items: Sequence[Mapping[str, Any]] | None) -> list[str]:
    """The pictures that are named but not at hand."""
    return [_("%(number)d: missing") % {"number": item["number"]} for item in items or [] if not item["sha256"]]
