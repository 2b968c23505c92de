"""Who works in a project, and whether they are enough."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from labeling.days import midnight
from labeling.lead.invitations import list_helpful
from labeling.models import Assignment, Batch, Candidate, Category, Invitation, Membership, Project, State, Status, User, split_lane
from labeling.protocol.hold import PEOPLE_NEEDED
from labeling.protocol.staff import Crew, Staff, read_staff

ANSWERED = (Status.SUBMITTED, Status.SURPLUS, Status.VOID)
UNANSWERED = (Status.LEASED, Status.RELEASED)


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
    # Each figure is a range of the index assignment_by_person; grouped, SQLite would look up every row that anybody ever answered.
    figures = {
        "total": count_rows(Status.SUBMITTED),
        "today": count_rows(Status.SUBMITTED, submitted_at__gte=midnight()),
        "held": count_rows(Status.LEASED),
        "surplus": count_rows(Status.SURPLUS),
        "void": count_rows(Status.VOID),
        # Nobody answers before they take, so of what was answered that is enough.
        **{f"{status}_seen": Subquery(rows_of(status).order_by("-submitted_at").values("submitted_at")[:1]) for status in ANSWERED},
        **{f"{status}_seen": Subquery(rows_of(status).order_by("-leased_at").values("leased_at")[:1]) for status in UNANSWERED},
    }
    members = Membership.objects.filter(project=project).select_related("person").order_by("-active", "person__username")
    workers = [make_worker(membership) for membership in members.annotate(**figures)]
    return [worker for worker in workers if worker.membership.active or worker.total or worker.surplus or worker.void]


def count_rows(status: Status, **more: Any) -> Coalesce:
    """How many assignments the member has in that status."""
    return Coalesce(Subquery(rows_of(status).filter(**more).order_by().values("status").annotate(count=Count("*")).values("count")), 0)


def rows_of(status: Status) -> QuerySet[Assignment]:
    """The assignments in that status of the outer membership."""
    return Assignment.objects.filter(person=OuterRef("person"), project=OuterRef("project"), status=status)


def make_worker(membership: Membership) -> Worker:
    """One member with the figures found for them."""
    found = vars(membership)
    numbers = {name: found[name] for name in ("today", "total", "held", "surplus", "void")}
    seen = [membership.person.last_login, *(found[f"{status}_seen"] for status in Status)]
    return Worker(membership=membership, last_seen=max((at for at in seen if at is not None), default=None), **numbers)


@dataclass(frozen=True, kw_only=True)
class Shortages:
    """What too few people keep from being done; iterating gives the sentences for the lead, there are none where people are enough.

    `common` stops everything. `lanes` cannot be finished while all others can: each lane with its sentence. `remedy` says whether the
    open invitations would mend it, empty without any. `risks` are no shortages: what may become one, to be told beside them.
    """

    common: Sequence[str] = ()
    lanes: Mapping[int, str] = field(default_factory=dict)
    remedy: str = ""
    risks: Sequence[str] = ()

    def __iter__(self) -> Iterator[str]:
        return iter([*self.common, *self.lanes.values(), *([self.remedy] if self.remedy else [])])

    def __bool__(self) -> bool:
        return bool(self.common or self.lanes)


def find_shortages(project: Project, memberships: Sequence[Membership]) -> Shortages:
    """What the active members of `project` cannot get done, together or where not everybody works."""
    found = find_gaps(project, memberships)
    remedy = tell_remedy(project, memberships) if found else ""
    return replace(found, remedy=remedy, risks=find_risks(memberships))


def find_gaps(project: Project, memberships: Sequence[Membership]) -> Shortages:
    """`find_shortages` of these members alone, whoever is invited."""
    if common := find_common_shortages(memberships):
        return Shortages(common=common)
    return Shortages(lanes=find_lane_shortages(project, read_staff(project.pk, memberships)))


def tell_remedy(project: Project, memberships: Sequence[Membership]) -> str:
    """Whether people would be enough once the open invitations are used up, or who would still be missing.

    Empty where none is open that lets in people who answer.
    """
    invitations = list_helpful(project)
    if not invitations:
        return ""
    count = len(invitations)
    missing = find_gaps(project, [*memberships, *imagine_members(invitations)])
    if not missing:
        text = ngettext(
            "%(count)d invitation is open that would mend this once it is used.",
            "%(count)d invitations are open that would mend this once they are used.",
            count,
        )
        return text % {"count": count}
    text = ngettext(
        "%(count)d invitation is open, but even used up it would not mend this. Still missing then: %(missing)s",
        "%(count)d invitations are open, but even used up they would not mend this. Still missing then: %(missing)s",
        count,
    )
    return text % {"count": count, "missing": " ".join(missing)}


def imagine_members(invitations: Sequence[Invitation]) -> list[Membership]:
    """The members, never to be stored, who would come by these invitations; their ids are nobody's."""
    rights = ("can_label", "can_adjudicate", "is_lead", "categories")
    places = (row for row in invitations for _place in range(row.uses - row.used))
    return [
        Membership(project_id=row.project_id, person_id=-number, **{name: getattr(row, name) for name in rights})
        for number, row in enumerate(places, start=1)
    ]


def find_lane_shortages(project: Project, staff: Staff) -> dict[int, str]:
    """The lanes of categories and open batches that are not finished and have too few people, each with a sentence."""
    if not staff.is_divided:
        return {}
    batches = dict(Batch.objects.filter(project=project, closed=False).values_list("number", "name")) | {0: ""}
    unfinished = Candidate.objects.filter(project=project, batch__in=batches).exclude(state__in=[State.SETTLED, State.WITHDRAWN])
    lanes = unfinished.order_by("lane").values_list("lane", flat=True).distinct()
    return {lane: tell_lane(lane, crew, batches) for lane in lanes if count_missing(crew := staff.of(lane))}


def count_missing(crew: Crew) -> int:
    """How many more people a lane needs at least: two who label, one who adjudicates, three who answer; 0 where they are enough."""
    return max(2 - len(crew.annotators), 1 - len(crew.adjudicators), PEOPLE_NEEDED - len(crew.people), 0)


def tell_lane(lane: int, crew: Crew, batches: Mapping[int, str]) -> str:
    """How many people a lane lacks; `batches` are their names by number, empty for what is in none."""
    batch, code = split_lane(lane)
    where = {"category": Category.of_code(code).label, "batch": batches[batch]}
    missing = count_missing(crew)
    text = ngettext(
        "%(name)s: %(count)d more person is needed (annotators: %(annotators)d, adjudicators: %(adjudicators)d). "
        "Two label, a third settles.",
        "%(name)s: %(count)d more people are needed (annotators: %(annotators)d, adjudicators: %(adjudicators)d). "
        "Two label, a third settles.",
        missing,
    )
    return text % {
        "name": _("%(category)s in “%(batch)s”") % where if where["batch"] else str(where["category"]),
        "count": missing,
        "annotators": len(crew.annotators),
        "adjudicators": len(crew.adjudicators),
    }


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
    return sentences


def find_risks(memberships: Sequence[Membership]) -> list[str]:
    """What these active members may come to lack though they are enough, as sentences for the lead."""
    labelling = {row.person_id for row in memberships if row.can_label}
    adjudicating = {row.person_id for row in memberships if row.can_adjudicate}
    # Whoever answered a candidate never adjudicates it, so two annotators may leave nobody to settle their dispute.
    if not adjudicating or len(adjudicating) >= PEOPLE_NEEDED or not adjudicating <= labelling:
        return []
    if len(adjudicating) == 1:
        return [_("The only adjudicator also labels: a dispute with an answer of their own finds nobody left to settle it.")]
    return [_("Every adjudicator also labels: a dispute between adjudicators may find nobody left to settle it.")]
