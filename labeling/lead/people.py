"""Who works in a project, and whether they are enough."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, Q
from django.utils.translation import gettext as _

from labeling.models import Assignment, Batch, Candidate, Category, Membership, Project, State, Status, User, split_lane
from labeling.progress import midnight
from labeling.protocol.hold import PEOPLE_NEEDED
from labeling.protocol.staff import Staff, read_staff


@dataclass(frozen=True, kw_only=True)
class Worker:
    """One member's work. `today` and `total` are answers that count, adjudications included; with the `surplus` and `void` ones `total`
    makes what the person sees as done (labeling/progress.py). `last_seen` is when they last signed in, or took or answered something here;
    None if they never did.
    """

    membership: Membership
    today: int
    total: int
    held: int
    surplus: int
    void: int
    last_seen: datetime | None

    @property
    def person(self) -> User:
        """The account."""
        return self.membership.person


def list_workers(project: Project) -> list[Worker]:
    """Members of the project and former ones who answered something, active ones first, then by name."""
    submitted, today = Q(status=Status.SUBMITTED), Q(submitted_at__gte=midnight())
    counted = (
        Assignment.objects.filter(project=project)
        .order_by()
        .values("person_id")
        .annotate(
            total=Count("pk", filter=submitted),
            today=Count("pk", filter=submitted & today),
            held=Count("pk", filter=Q(status=Status.LEASED)),
            surplus=Count("pk", filter=Q(status=Status.SURPLUS)),
            void=Count("pk", filter=Q(status=Status.VOID)),
            leased=Max("leased_at"),
            answered=Max("submitted_at"),
        )
    )
    counts: dict[int, dict[str, Any]] = {row["person_id"]: dict(row) for row in counted}
    members = Membership.objects.filter(project=project).select_related("person").order_by("-active", "person__username")
    workers = [make_worker(membership, counts.get(membership.person_id, {})) for membership in members]
    return [worker for worker in workers if worker.membership.active or worker.total or worker.surplus or worker.void]


def make_worker(membership: Membership, row: dict[str, Any]) -> Worker:
    """One member with the counts found for them; `row` is empty for somebody who never took anything."""
    numbers = {name: row.get(name, 0) for name in ("today", "total", "held", "surplus", "void")}
    seen = [at for at in (membership.person.last_login, row.get("leased"), row.get("answered")) if at is not None]
    return Worker(membership=membership, last_seen=max(seen, default=None), **numbers)


def find_shortages(project: Project, memberships: Sequence[Membership]) -> list[str]:
    """What the active members of `project` cannot get done, together or where not everybody works, as sentences for the lead."""
    return find_common_shortages(memberships) or find_lane_shortages(project, read_staff(project.pk, memberships))


def find_lane_shortages(project: Project, staff: Staff) -> list[str]:
    """Categories and batches that are not finished and have too few people, as sentences."""
    if not staff.is_divided:
        return []
    batches = dict(Batch.objects.filter(project=project, closed=False).values_list("number", "name")) | {0: ""}
    unfinished = Candidate.objects.filter(project=project, batch__in=batches).exclude(state__in=[State.SETTLED, State.WITHDRAWN])
    sentences = []
    for lane in unfinished.order_by("lane").values_list("lane", flat=True).distinct():
        crew = staff.of(lane)
        if len(crew.people) < PEOPLE_NEEDED or len(crew.annotators) < 2 or not crew.adjudicators:
            batch, code = split_lane(lane)
            where = {"category": Category.of_code(code).label, "batch": batches[batch]}
            name = _("%(category)s in “%(batch)s”") % where if where["batch"] else str(where["category"])
            text = _("%(name)s: too few people (annotators: %(annotators)d, adjudicators: %(adjudicators)d). Two label, a third settles.")
            counts = {"annotators": len(crew.annotators), "adjudicators": len(crew.adjudicators)}
            sentences.append(text % {"name": name, **counts})
    return sentences


def find_common_shortages(memberships: Sequence[Membership]) -> list[str]:
    """What these active members cannot get done together, as sentences for the lead; empty where they are enough."""
    labelling = {row.person_id for row in memberships if row.can_label}
    adjudicating = {row.person_id for row in memberships if row.can_adjudicate}
    sentences = []
    if len(labelling | adjudicating) < PEOPLE_NEEDED:
        sentences.append(_("Fewer than three people can answer here. Two label each candidate, and a third settles what they disagree on."))
    if len(labelling) < 2:
        sentences.append(_("Fewer than two annotators: no candidate can get its two answers."))
    if not adjudicating:
        sentences.append(_("No adjudicator: disputes will wait."))
    elif adjudicating <= labelling and len(adjudicating) < PEOPLE_NEEDED:
        # Whoever answered a candidate never adjudicates it, so two annotators may leave nobody to settle their dispute.
        sentences.append(_("Every adjudicator also labels: a dispute between adjudicators may find nobody left to settle it."))
    return sentences
