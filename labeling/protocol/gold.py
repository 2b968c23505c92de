"""Which candidates are gold: their right answer is taken from a decision that is beyond doubt, and kept with the image it is about."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, F, Max, Min, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone
from django.utils.translation import gettext_noop as _

from labeling.among import Ids
from labeling.models import (
    Arm,
    Assignment,
    Candidate,
    Decision,
    Event,
    Example,
    Flag,
    Gold,
    Project,
    Purpose,
    QState,
    Skip,
    State,
    Status,
    Task,
    User,
    Verdict,
)
from labeling.protocol.archive import require_open
from labeling.protocol.outcome import ProtocolError
from labeling.protocol.record import lock_candidate, record_change, require_right

MOST_AT_ONCE = 200
# Where to look for candidates beyond doubt: so many random places, so many candidates from each on.
PLACES, FROM_EACH = 40, 60


@transaction.atomic
def add_gold(project: Project, lead: User, public_id: UUID) -> Gold:
    """Make a decided candidate gold, with its decision as the right answer. Locks the task, then the candidate.

    Raises ProtocolError if it is not decided, waits to be looked at once more, has no image, is one of several images of its task or an
    example everybody sees, or its task has gold already.
    """
    require_right(project, lead, "is_lead")
    require_open(project.pk)
    found = Candidate.objects.filter(project=project, public_id=public_id).values_list("pk", "bundle__task_id").first()
    if found is None:
        raise ProtocolError("not_found", _("There is no such candidate."))
    # Two leads may draw at once.
    task = Task.objects.select_for_update(no_key=True).get(pk=found[1])
    candidate = lock_candidate(found[0])
    decision = candidate.decisions.filter(revoked_event=None).first()
    if candidate.q_state != QState.DONE or decision is None or candidate.image is None:
        raise ProtocolError("not_decided", _("Only a decided candidate with an image that waits for no audit can be gold."))
    if task.quantity > 1:
        raise ProtocolError(
            "one_of_several", _("This is one image of several: alone among others it would stand out, so it cannot be gold.")
        )
    if Example.objects.filter(candidate=candidate).exists():
        raise ProtocolError("is_example", _("Everybody sees this candidate decided among the examples, so it cannot be gold."))
    if Gold.objects.filter(task=task, retired_at=None).exists():
        raise ProtocolError("task_has_gold", _("Another candidate of this task is gold already; there is never more than one."))
    gold = Gold.objects.create(
        project=project,
        task=task,
        candidate=candidate,
        image=candidate.image,
        verdict=decision.verdict,
        source=Gold.Source.IMPORTED if decision.how == Decision.How.IMPORTED else Gold.Source.SETTLED,
        added_by=lead,
    )
    record_change(candidate, Event.Kind.GOLD_ADDED, lead, verdict=gold.verdict)
    return gold


@transaction.atomic
def retire_gold(project: Project, lead: User, public_id: UUID) -> None:
    """Give a candidate out as gold no more; what was answered to it stays. Locks the candidate."""
    require_right(project, lead, "is_lead")
    require_open(project.pk)
    found = Candidate.objects.filter(project=project, public_id=public_id).values_list("pk", flat=True).first()
    candidate = lock_candidate(found) if found is not None else None
    gold = Gold.objects.filter(candidate=candidate, retired_at=None).first() if candidate else None
    if candidate is None or gold is None:
        raise ProtocolError("not_gold", _("This candidate is not gold."))
    retire(candidate, gold, lead)


def retire(candidate: Candidate, gold: Gold, lead: User | None, **data: Any) -> None:
    """Take the gold of the locked candidate out of use; `lead` None where it is not a lead who does."""
    gold.retired_at = timezone.now()
    gold.save(update_fields=["retired_at"])
    record_change(candidate, Event.Kind.GOLD_RETIRED, lead, **data)


def retire_if_broken(candidate: Candidate, reports: int) -> None:
    """Take the locked candidate out of use as gold if so many people were given it as gold and called it broken."""
    skips = Skip.objects.filter(candidate=candidate, why=Skip.Why.BROKEN, assignment__purpose=Purpose.GOLD)
    gold = Gold.objects.filter(candidate=candidate, retired_at=None).first()
    if gold is not None and skips.values("person").distinct().count() >= reports:
        retire(candidate, gold, None, broken=True)


def draw_gold(project: Project, lead: User, count: int) -> int:
    """Make `count` candidates gold, drawn from those beyond doubt, as many to be accepted as rejected if there are; how many it were."""
    require_right(project, lead, "is_lead")
    require_open(project.pk)
    drawn = choose(look_around(project), min(count, MOST_AT_ONCE))
    return sum(add_if_free(project, lead, public_id) for public_id in drawn)


def add_if_free(project: Project, lead: User, public_id: UUID) -> int:
    """`add_gold` of a candidate drawn a moment ago; 1, or 0 if it is no longer what it was."""
    try:
        add_gold(project, lead, public_id)
    except ProtocolError:
        return 0
    return 1


def choose(rows: Sequence[tuple[UUID, int, str, bool]], count: int) -> list[UUID]:
    """So many of (candidate, task, verdict, audited): one of a task, audited ones first, the two verdicts in turn as far as they go."""
    by_verdict: dict[str, list[UUID]] = {Verdict.ACCEPT: [], Verdict.REJECT: []}
    tasks: set[int] = set()
    for public_id, task, verdict, _audited in sorted(rows, key=lambda row: not row[3]):
        if task not in tasks:
            tasks.add(task)
            by_verdict[verdict].append(public_id)
    fewer, more = sorted(by_verdict.values(), key=len)
    of_fewer = min(len(fewer), count // 2)
    return [*fewer[:of_fewer], *more[: count - of_fewer], *fewer[of_fewer:]][:count]


def look_around(project: Project) -> list[tuple[UUID, int, str, bool]]:
    """Candidates beyond doubt from random places of the project, in random order."""
    settled = Candidate.objects.standing_as(project.pk, State.SETTLED).order_by("state", "pk")
    ends = settled.order_by().aggregate(first=Min("pk"), last=Max("pk"))
    if ends["first"] is None:
        return []
    starts = {ends["first"], *(random.randint(ends["first"], ends["last"]) for _number in range(PLACES))}
    # The ids first: with all the doubts in one statement a database may begin with everything there is.
    ids = {pk for start in starts for pk in settled.filter(pk__gte=start).values_list("pk", flat=True)[:FROM_EACH]}
    rows = list(beyond_doubt(ids))
    random.shuffle(rows)
    return rows


def beyond_doubt(ids: Iterable[int]) -> QuerySet[Candidate, tuple[UUID, int, str, bool]]:
    """Those of these candidates with two equal blind answers that nobody changed, skipped or remarked on and no audit contradicts, or a
    decision imported; single images of tasks without gold, and not among the examples.
    """
    mine = Assignment.objects.filter(candidate=OuterRef("pk"))
    primaries = mine.filter(purpose=Purpose.PRIMARY, status=Status.SUBMITTED)
    audits = mine.filter(purpose=Purpose.AUDIT, status=Status.SUBMITTED)
    beyond = Decision.objects.filter(candidate=OuterRef("pk"), revoked_event=None, how__in=[Decision.How.CONSENSUS, Decision.How.IMPORTED])
    doubts = [
        primaries.exclude(arm=Arm.BLIND),
        primaries.filter(answers__number__gt=1),
        audits.exclude(verdict=OuterRef("verdict")),
        Skip.objects.filter(candidate=OuterRef("pk")),
        Flag.objects.filter(assignment__candidate=OuterRef("pk")),
        Example.objects.filter(candidate=OuterRef("pk")),
        Gold.objects.filter(task=OuterRef("bundle__task"), retired_at=None),
    ]
    done = {"state": State.SETTLED, "q_state": QState.DONE, "round": 1, "image__isnull": False, "bundle__task__quantity": 1}
    rows = Candidate.objects.filter(pk__among=Ids(ids), **done).annotate(verdict=Subquery(beyond.values("verdict")[:1]))
    for doubt in doubts:
        rows = rows.filter(~Q(Exists(doubt)))
    audited = rows.filter(verdict__isnull=False).annotate(task=F("bundle__task"), audited=Exists(audits))
    return audited.values_list("public_id", "task", "verdict", "audited")
