"""What is left to do in a project, for the forecast; and candidates for which nobody is left."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Exists, F, Max, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from labeling.lead.decided import Decided, count_decided
from labeling.lead.forecast import Workload
from labeling.lead.people import Shortages
from labeling.lead.unfinished import count_checks, count_leased, count_unfinished
from labeling.models import Assignment, Batch, Candidate, Decision, Membership, Project, Purpose, QState, Skip, State, Status, split_lane
from labeling.protocol.hold import PEOPLE_NEEDED
from labeling.protocol.queue import MAY_ADJUDICATE, MAY_LABEL, barred_from
from labeling.protocol.staff import Staff, read_staff

# In a larger team exclusions hardly ever leave nobody; looking for it would only cost.
SMALL_TEAM = 12
LOOKED_AT_MOST, LISTED = 1000, 20


def read_workload(project: Project, shortages: Shortages, decided: Decided | None = None) -> Workload:
    """What is left in `project` now; what `shortages` says cannot be finished is only counted. `decided` are its decisions where they are
    counted already.
    """
    unfinished = count_unfinished(project)
    closed = set(Batch.objects.filter(project=project, closed=True).values_list("number", flat=True))
    counts: Counter[tuple[State, QState]] = Counter()
    for (lane, state, q_state), count in unfinished.items():
        if is_possible(lane, closed, shortages):
            counts[state, q_state] += count
    leased = sum(count for lane, count in count_leased(project).items() if is_possible(lane, closed, shortages))
    open_count = sum(counts[State.OPEN, q_state] for q_state in (QState.FRESH, QState.HALF, QState.BOTH))
    # Primary answers that open candidates have: their taken seats less those that are only leased, which are few.
    given = counts[State.OPEN, QState.HALF] + 2 * counts[State.OPEN, QState.BOTH] - leased
    waiting = Candidate.objects.filter(project=project, state=State.DISPUTED, q_state=QState.BOTH).aggregate(last=Max("ready_at"))
    # Of all candidates that have two answers, those left out too: where nobody can settle disputes they pile up.
    disputed = sum(count for (_lane, state, _q_state), count in unfinished.items() if state == State.DISPUTED)
    compared, differed = count_compared(project, decided or count_decided(project), disputed)
    return Workload(
        primaries=2 * open_count - given,
        open=open_count,
        disputes=counts[State.DISPUTED, QState.DISPUTED] + counts[State.DISPUTED, QState.ADJUDICATED],
        windows=counts[State.DISPUTED, QState.BOTH],
        windows_until=waiting["last"],
        held=counts[State.HELD, QState.OUT],
        checks=sum(count for lane, count in count_checks(project).items() if is_possible(lane, closed, shortages)),
        compared=compared,
        differed=differed,
        closed=sum(count for (lane, _state, _q_state), count in unfinished.items() if split_lane(lane)[0] in closed),
        lacking=sum(count for (lane, _state, _q_state), count in unfinished.items() if lane in shortages.lanes),
        is_paused=project.paused,
        is_archived=project.archived_at is not None,
        is_stopped=bool(shortages.common),
        shortages=tuple(shortages),
    )


def is_possible(lane: int, closed: Container[int], shortages: Shortages) -> bool:
    """Whether candidates of the lane are handed out, and people are enough for them."""
    return split_lane(lane)[0] not in closed and lane not in shortages.lanes


def count_compared(project: Project, decided: Decided, disputed: int) -> tuple[int, int]:
    """How many candidates have two answers, and how many of those different ones; `disputed` are still undecided."""
    # Nearly all decisions are agreed ones, and every settled candidate has one that stands: so these are what the others leave.
    settled = Candidate.objects.filter(project=project, state=State.SETTLED).count()
    adjudicated, imported = decided.others[Decision.How.ADJUDICATION], decided.others[Decision.How.IMPORTED]
    return settled - imported + disputed, adjudicated + disputed


@dataclass(frozen=True, kw_only=True)
class Exclusion:
    """What single candidates cannot get, as a sentence: `count` of them, the first ones listed; none where it is about no present ones."""

    text: str
    count: int = 0
    candidates: Sequence[Candidate] = ()

    def __str__(self) -> str:
        return self.text

    @property
    def unlisted(self) -> int:
        """How many are not listed."""
        return self.count - len(self.candidates)


@dataclass(frozen=True, kw_only=True)
class Blocked:
    """Row ids of candidates that wait in vain: open ones nobody is left to label, disputes nobody is left to settle, and disputes that
    nobody may settle, for no adjudicator works there."""

    unlabelled: Sequence[int]
    unsettled: Sequence[int]
    unstaffed: Sequence[int]


def find_exclusions(project: Project, memberships: Sequence[Membership]) -> list[Exclusion]:
    """What single candidates cannot get from these active members, though they are enough on the whole."""
    staff = read_staff(project.pk, memberships)
    team = staff.choose(memberships)
    if len(team.people) > SMALL_TEAM:
        return []
    found = []
    if len(team.people) == PEOPLE_NEEDED:
        text = _("With three people no adjudicated candidate can be reopened: its adjudicator may not answer in the round after.")
        found.append(Exclusion(text=text))
    blocked = find_blocked(Candidate.objects.filter(project=project), staff)
    if blocked.unlabelled:
        text = ngettext(
            "%(count)d open candidate has nobody left to answer it: the others skipped it, or adjudicated it in the round before.",
            "%(count)d open candidates have nobody left to answer them: the others skipped or, in the round before, adjudicated them.",
            len(blocked.unlabelled),
        )
        found.append(make_exclusion(text, blocked.unlabelled))
    if blocked.unsettled:
        text = ngettext(
            "%(count)d dispute has no adjudicator left: whoever could has answered or skipped it.",
            "%(count)d disputes have no adjudicator left: whoever could has answered or skipped them.",
            len(blocked.unsettled),
        )
        found.append(make_exclusion(text, blocked.unsettled))
    if blocked.unstaffed:
        text = ngettext(
            "%(count)d dispute waits where nobody may settle it: no adjudicator works in its category or batch.",
            "%(count)d disputes wait where nobody may settle them: no adjudicator works in their category or batch.",
            len(blocked.unstaffed),
        )
        found.append(make_exclusion(text, blocked.unstaffed))
    return found


def make_exclusion(text: str, ids: Sequence[int]) -> Exclusion:
    """`text` about the candidates of these row ids, as far as they are listed."""
    listed = Candidate.objects.filter(pk__in=ids[:LISTED]).select_related("bundle__task", "bundle__generator", "deliverable")
    return Exclusion(text=text % {"count": len(ids)}, count=len(ids), candidates=list(listed.order_by("pk")))


def tell_blocked(candidate: Candidate) -> str:
    """Why nobody will be given the candidate though it waits for an answer, and what helps.

    Empty where somebody may be, and where too few people work in its category or batch at all, which the members page says.
    """
    if candidate.state not in (State.OPEN, State.DISPUTED):
        return ""
    blocked = find_blocked(Candidate.objects.filter(pk=candidate.pk), read_staff(candidate.project_id))
    if blocked.unlabelled:
        return _("Nobody is left to answer it: the others skipped it, or adjudicated it in the round before. Another annotator helps.")
    if blocked.unsettled:
        return _(
            "Nobody is left to settle it: whoever could has answered or skipped it. Another adjudicator helps, or a new round: reopen it."
        )
    if blocked.unstaffed:
        return _("Nobody may settle it: no adjudicator works in its category or batch. Let one work there.")
    return ""


def find_blocked(candidates: QuerySet[Candidate], staff: Staff) -> Blocked:
    """Those of the `candidates` of a project that wait in vain for these people; a bounded number of each kind is looked at."""
    skipped = Exists(Skip.objects.filter(candidate=OuterRef("pk"), round=OuterRef("round")))
    voided = Exists(Assignment.objects.filter(candidate=OuterRef("pk"), purpose=Purpose.ADJUDICATION, status=Status.VOID))
    rows = candidates.order_by("pk").values_list("pk", "lane")
    unlabelled = dict(rows.filter(Q(round__gt=1) | skipped | voided, state=State.OPEN)[:LOOKED_AT_MOST])
    disputed = dict(rows.filter(state=State.DISPUTED).exclude(q_state=QState.ADJUDICATED)[:LOOKED_AT_MOST])
    people = staff.choose(staff.memberships).people
    cannot_label, cannot_settle = read_barred(unlabelled, people, MAY_LABEL), read_barred(disputed, people, MAY_ADJUDICATE)
    answering = read_answering(list(unlabelled))

    def lacks_annotators(pk: int, lane: int) -> bool:
        annotators = staff.of(lane).annotators
        # Where fewer than two label at all it is the category or batch that is short, which labeling/lead/people.py tells.
        return len(annotators) >= 2 and len(annotators - cannot_label[pk] - answering[pk]) < 2 - len(answering[pk])

    unsettled = [pk for pk, lane in disputed.items() if not staff.of(lane).adjudicators - cannot_settle[pk]]
    return Blocked(
        unlabelled=[pk for pk, lane in unlabelled.items() if lacks_annotators(pk, lane)],
        unsettled=[pk for pk in unsettled if staff.of(disputed[pk]).adjudicators],
        unstaffed=[pk for pk in unsettled if not staff.of(disputed[pk]).adjudicators],
    )


def read_barred(ids: Iterable[int], people: Iterable[int], condition: str) -> defaultdict[int, set[int]]:
    """Which of the people may not have each candidate, by the queue's own `condition`."""
    barred: defaultdict[int, set[int]] = defaultdict(set)
    for pk, person in barred_from(ids, people, condition):
        barred[pk].add(person)
    return barred


def read_answering(ids: Sequence[int]) -> defaultdict[int, set[int]]:
    """Who holds or gave a primary answer of each candidate in its round."""
    answering: defaultdict[int, set[int]] = defaultdict(set)
    live = Assignment.objects.filter(
        candidate__in=ids, round=F("candidate__round"), purpose=Purpose.PRIMARY, status__in=["leased", "submitted"]
    )
    for pk, person in live.values_list("candidate_id", "person_id"):
        answering[pk].add(person)
    return answering
