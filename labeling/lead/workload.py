"""What is left to do in a project, for the forecast; and candidates for which nobody is left."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from django.db.models import Count, Exists, F, Max, OuterRef, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from labeling.lead.forecast import Workload
from labeling.lead.people import Shortages
from labeling.models import Assignment, Batch, Candidate, Decision, Membership, Project, Purpose, QState, Skip, State, Status
from labeling.protocol.hold import PEOPLE_NEEDED
from labeling.protocol.queue import MAY_ADJUDICATE, MAY_LABEL, barred_from
from labeling.protocol.staff import Staff, read_staff

# In a larger team exclusions hardly ever leave nobody; looking for it would only cost.
SMALL_TEAM = 12
LOOKED_AT_MOST = 1000


def read_workload(project: Project, shortages: Shortages) -> Workload:
    """What is left in `project` now; what `shortages` says cannot be finished is only counted."""
    unfinished = Candidate.objects.filter(project=project).exclude(state=State.SETTLED).order_by()
    closed = list(Batch.objects.filter(project=project, closed=True).values_list("number", flat=True))
    short = list(shortages.lanes)
    rows = unfinished.exclude(Q(batch__in=closed) | Q(lane__in=short)) if closed or short else unfinished
    counts = {(state, q_state): count for state, q_state, count in rows.values_list("state", "q_state").annotate(count=Count("pk"))}
    waiting = Candidate.objects.filter(project=project, state=State.DISPUTED, q_state=QState.BOTH).aggregate(last=Max("ready_at"))
    in_play = unfinished.exclude(state__in=[State.WITHDRAWN, State.STAGED])
    open_count = sum(count for (state, _q_state), count in counts.items() if state == State.OPEN)
    disputed = {q_state: count for (state, q_state), count in counts.items() if state == State.DISPUTED}
    # Of all candidates that have two answers, those left out too: where nobody can settle disputes they pile up.
    compared, differed = count_compared(project, unfinished.filter(state=State.DISPUTED).count())
    return Workload(
        primaries=2 * open_count - count_given(project, counts, closed, short),
        open=open_count,
        disputes=disputed.get(QState.DISPUTED, 0) + disputed.get(QState.ADJUDICATED, 0),
        windows=disputed.get(QState.BOTH, 0),
        windows_until=waiting["last"],
        held=sum(count for (state, _q_state), count in counts.items() if state == State.HELD),
        compared=compared,
        differed=differed,
        closed=in_play.filter(batch__in=closed).count() if closed else 0,
        lacking=in_play.filter(lane__in=short).count() if short else 0,
        is_paused=project.paused,
        is_archived=project.archived_at is not None,
        is_stopped=bool(shortages.common),
        shortages=tuple(shortages),
    )


def count_given(project: Project, counts: dict[tuple[str, int], int], closed: Sequence[int], short: Sequence[int]) -> int:
    """Primary answers that open candidates have: their taken seats less those that are only leased, which are few."""
    taken = counts.get((State.OPEN, QState.HALF), 0) + 2 * counts.get((State.OPEN, QState.BOTH), 0)
    leased = Assignment.objects.filter(project=project, status=Status.LEASED, purpose=Purpose.PRIMARY, candidate__state=State.OPEN)
    return taken - leased.exclude(Q(candidate__batch__in=closed) | Q(candidate__lane__in=short)).count()


def count_compared(project: Project, disputed: int) -> tuple[int, int]:
    """How many candidates have two answers, and how many of those different ones; `disputed` are still undecided."""
    here = Decision.objects.current().filter(candidate__project=project).exclude(how=Decision.How.IMPORTED)
    decided = dict(here.order_by().values_list("how").annotate(count=Count("pk")))
    differed = disputed + decided.get(Decision.How.ADJUDICATION, 0)
    return differed + decided.get(Decision.How.CONSENSUS, 0), differed


def find_exclusions(project: Project, memberships: Sequence[Membership]) -> list[str]:
    """What single candidates cannot get from these active members, though they are enough on the whole; as sentences."""
    staff = read_staff(project.pk, memberships)
    team = staff.choose(memberships)
    if len(team.people) > SMALL_TEAM:
        return []
    sentences = []
    if len(team.people) == PEOPLE_NEEDED:
        sentences.append(
            _("With three people no adjudicated candidate can be reopened: its adjudicator may not answer in the round after.")
        )
    unlabelled, unsettled = count_blocked(project, staff)
    if unlabelled:
        text = ngettext(
            "%(count)d open candidate has nobody left to answer it: the others skipped it, or adjudicated it in the round before.",
            "%(count)d open candidates have nobody left to answer them: the others skipped or, in the round before, adjudicated them.",
            unlabelled,
        )
        sentences.append(text % {"count": unlabelled})
    if unsettled:
        text = ngettext(
            "%(count)d dispute has no adjudicator left: whoever could has answered or skipped it.",
            "%(count)d disputes have no adjudicator left: whoever could has answered or skipped them.",
            unsettled,
        )
        sentences.append(text % {"count": unsettled})
    return sentences


def count_blocked(project: Project, staff: Staff) -> tuple[int, int]:
    """How many open candidates lack somebody to label them, and how many disputes somebody to settle them; counted up to a bound."""
    skipped = Exists(Skip.objects.filter(candidate=OuterRef("pk"), round=OuterRef("round")))
    voided = Exists(Assignment.objects.filter(candidate=OuterRef("pk"), purpose=Purpose.ADJUDICATION, status=Status.VOID))
    candidates = Candidate.objects.filter(project=project).order_by("pk").values_list("pk", "lane")
    unlabelled = dict(candidates.filter(Q(round__gt=1) | skipped | voided, state=State.OPEN)[:LOOKED_AT_MOST])
    unsettled = dict(candidates.filter(state=State.DISPUTED).exclude(q_state=QState.ADJUDICATED)[:LOOKED_AT_MOST])
    people = staff.choose(staff.memberships).people
    cannot_label, cannot_settle = read_barred(unlabelled, people, MAY_LABEL), read_barred(unsettled, people, MAY_ADJUDICATE)
    answering = read_answering(list(unlabelled))

    def lacks_annotators(pk: int, lane: int) -> bool:
        return len(staff.of(lane).annotators - cannot_label[pk] - answering[pk]) < 2 - len(answering[pk])

    lacking = sum(lacks_annotators(pk, lane) for pk, lane in unlabelled.items())
    return lacking, sum(not staff.of(lane).adjudicators - cannot_settle[pk] for pk, lane in unsettled.items())


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
