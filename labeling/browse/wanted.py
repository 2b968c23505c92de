"""What candidates are looked for, and how a few of them are held against it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, timedelta
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery

from labeling.browse.checked import checks_of, closed_before
from labeling.browse.drawn import draws, find_drawn
from labeling.browse.paired import find_paired
from labeling.days import midnight_of
from labeling.models import Answer, Assignment, Bundle, Candidate, Decision, Flag, Purpose, Status, Task
from labeling.price_bands import in_band

ANSWERED = [Status.SUBMITTED, Status.SURPLUS, Status.VOID]


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What the candidates looked for have in common; what is empty or None does not matter.

    `decision` is a verdict or `none`, `agreement` is `agreed` or `disputed` (both primary answers of the present round), `generator`
    a slug, `person` an account name, `batch` the number of one, 0 for those in none. `since` and `until` are whole days of the site's
    time zone on which somebody (`person`, where one is named) answered. `price` is a band of prices; `side` is `test` for the tasks on
    which models are tested, `other` for the rest.

    The others ask for a pair (labeling/quality/pairs.py): `pair` is `any`, `equal` or `different`, `other` the account of whoever answered
    beside `person`, `guideline` a version, `none` or `differs`, `exposure` is `blind`, `mixed` or `assisted` (`blind` where it is empty),
    and `week` the Monday of the week in which the second answer came.

    `arm` (`treated` or `control`), `version` and `policy` ask for a draw (labeling/quality/drawn.py); with one of them `pair` is about the
    two answers of its round as they stand in the end, and nothing else about pairs can be asked.

    `check` is `audit` or `second`, whether somebody audited or adjudicated it once more, with `_against` whether they said the opposite.
    `before` is a version of the guideline: closed before it was published, and not plainly (labeling/browse/checked.py).
    """

    state: str = ""
    category: str = ""
    generator: str = ""
    decision: str = ""
    how: str = ""
    agreement: str = ""
    round: int | None = None
    task: str = ""
    person: str = ""
    since: date | None = None
    until: date | None = None
    flag: bool = False
    surplus: bool = False
    reason: str = ""
    batch: int | None = None
    price: str = ""
    side: str = ""
    pair: str = ""
    other: str = ""
    guideline: str = ""
    exposure: str = ""
    week: date | None = None
    arm: str = ""
    version: str = ""
    policy: str = ""
    check: str = ""
    before: int | None = None

    def as_params(self) -> dict[str, str]:
        """What matters, as it stands in an address or in the parameters of a job."""
        texts = {field.name: show(getattr(self, field.name)) for field in fields(self)}
        return {name: text for name, text in texts.items() if text}

    @property
    def asks_for_answers(self) -> bool:
        """Whether it matters who answered, or when."""
        return bool(self.person or self.since or self.until)

    @property
    def asks_for_pair(self) -> bool:
        """Whether it matters what the first two primary answers were."""
        return not self.asks_for_draw and bool(self.pair or self.other or self.guideline or self.exposure or self.week)

    @property
    def asks_for_draw(self) -> bool:
        """Whether it matters what the seats were drawn to see."""
        return bool(self.arm or self.version or self.policy)

    @property
    def asks_for_reading(self) -> bool:
        """Whether the database cannot tell: what people answered has to be read and put together, which takes longer."""
        return self.asks_for_pair or self.asks_for_draw


def show(value: Any) -> str:
    """A value as text; empty where it does not matter."""
    if isinstance(value, bool):
        return "on" if value else ""
    return "" if value is None else str(value)


def read_params(params: Mapping[str, Any]) -> Wanted:
    """The inverse of `as_params`; raises ValueError for what it cannot have written."""
    values: dict[str, Any] = dict(params)
    if unknown := set(values) - {field.name for field in fields(Wanted)}:
        raise ValueError(f"not something to look for: {sorted(unknown)}")
    values |= {name: date.fromisoformat(values[name]) for name in ("since", "until", "week") if name in values}
    values |= {name: values[name] == "on" for name in ("flag", "surplus") if name in values}
    return Wanted(**values | {name: int(values[name]) for name in ("round", "batch", "before") if name in values})


def find_matching(candidates: QuerySet[Candidate], wanted: Wanted) -> set[int]:
    """The ids of those of `candidates` that match. Each is looked at by itself, so pass a bounded number of them."""
    return read_matching(list(narrow(candidates, wanted).order_by().values_list("pk", flat=True)), wanted)


def read_matching(ids: Sequence[int], wanted: Wanted) -> set[int]:
    """Those that match of the candidates which `narrow` left."""
    if wanted.asks_for_pair:
        return find_paired(ids, wanted)
    return find_drawn(ids, wanted) if wanted.asks_for_draw else set(ids)


def narrow(candidates: QuerySet[Candidate], wanted: Wanted) -> QuerySet[Candidate]:
    """Those of `candidates` that the database can tell to match; with a pair or a draw asked for, those that may (`read_matching`)."""
    own = {"state": wanted.state, "round": wanted.round}
    candidates = candidates.filter(**{name: value for name, value in own.items() if value})
    if wanted.batch is not None:
        candidates = candidates.filter(batch=wanted.batch)
    if wanted.generator:
        candidates = has(candidates, Bundle.objects.filter(pk=OuterRef("bundle"), generator__slug=wanted.generator))
    if wanted.task or wanted.category or wanted.price or wanted.side:
        # Not a join: PostgreSQL would begin with the tasks, which it takes to be few, and go through all their candidates.
        candidates = has(candidates, narrow_tasks(Task.objects.filter(bundles=OuterRef("bundle")), wanted))
    if wanted.reason:
        candidates = candidates.filter(state__in=["held", "withdrawn"], reason__icontains=wanted.reason)
    candidates = narrow_by_decision(candidates, wanted)
    candidates = narrow_by_agreement(candidates, wanted.agreement)
    for answered in list_answers(wanted):
        candidates = has(candidates, answered.filter(candidate=OuterRef("pk")))
    for said in list_said(wanted):
        candidates = has(candidates, said.filter(assignment__candidate=OuterRef("pk")))
    if wanted.asks_for_draw:
        candidates = has(candidates, draws(wanted).filter(candidate=OuterRef("pk")))
    if wanted.check:
        candidates = has(candidates, checks_of(wanted.check))
    if wanted.before is not None:
        candidates = has(candidates.filter(state="settled"), closed_before(wanted.before))
    if wanted.flag:
        candidates = has(candidates, Flag.objects.filter(assignment__candidate=OuterRef("pk")))
    if wanted.surplus:
        candidates = has(candidates, Assignment.objects.filter(candidate=OuterRef("pk"), status=Status.SURPLUS))
    return candidates


def has(candidates: QuerySet[Candidate], rows: QuerySet[Any]) -> QuerySet[Candidate]:
    """Those of `candidates` for which `rows` (of the outer candidate) has any.

    A single value, not EXISTS: PostgreSQL would turn that into a join that reads every row of the other table.
    """
    name = f"has_{rows.model._meta.model_name}_{len(candidates.query.annotations)}"
    return candidates.alias(**{name: Subquery(rows.order_by().values("pk")[:1])}).filter(**{f"{name}__isnull": False})


def narrow_by_decision(candidates: QuerySet[Candidate], wanted: Wanted) -> QuerySet[Candidate]:
    """Those with the decision asked for, or with none; a decision stands on settled candidates and on no others."""
    if wanted.decision == "none":
        return candidates.exclude(state="settled") if not wanted.how else candidates.none()
    found = {name: value for name, value in (("verdict", wanted.decision), ("how", wanted.how)) if value}
    if not found:
        return candidates
    standing = Decision.objects.filter(candidate=OuterRef("pk"), revoked_event=None, **found)
    return has(candidates.filter(state="settled"), standing)


def narrow_by_agreement(candidates: QuerySet[Candidate], agreement: str) -> QuerySet[Candidate]:
    """Those whose two primary answers of the present round are equal (`agreed`) or not (`disputed`)."""
    if not agreement:
        return candidates
    one, other = (Subquery(primary_verdict(seat)) for seat in (1, 2))
    both = candidates.alias(one=one, other=other)
    if agreement == "agreed":
        return both.filter(one=F("other"))
    return both.filter(Q(one="accept", other="reject") | Q(one="reject", other="accept"))


def primary_verdict(seat: int) -> QuerySet[Assignment, Any]:
    """What was answered in one seat of the outer candidate's round."""
    rows = Assignment.objects.filter(candidate=OuterRef("pk"), round=OuterRef("round"), seat=seat)
    return rows.filter(purpose=Purpose.PRIMARY, status=Status.SUBMITTED).order_by().values("verdict")[:1]


def list_answers(wanted: Wanted) -> Iterator[QuerySet[Assignment]]:
    """What somebody must have answered: the person in the days asked for, the other one of a pair, and one of the two in its week."""
    if wanted.asks_for_answers:
        yield answers(wanted)
    if wanted.asks_for_pair and wanted.other:
        yield answers(Wanted(person=wanted.other))
    if wanted.asks_for_pair and wanted.week:
        yield answers(Wanted(since=wanted.week, until=wanted.week + timedelta(days=6)))


def list_said(wanted: Wanted) -> Iterator[QuerySet[Answer]]:
    """What one of the two answers of a pair must be: after that version of the guideline was read, after a suggestion was seen."""
    if wanted.asks_for_pair and wanted.guideline.isdecimal():
        yield Answer.objects.filter(guideline__number=wanted.guideline)
    if wanted.asks_for_pair and wanted.exposure in ("mixed", "assisted"):
        yield Answer.objects.exclude(exposure=Answer.Exposure.NONE)


def answers(wanted: Wanted) -> QuerySet[Assignment]:
    """The assignments answered by the person and in the days asked for, counted or not."""
    rows = Assignment.objects.filter(status__in=ANSWERED)
    if wanted.person:
        rows = rows.filter(person__username=wanted.person)
    if wanted.since:
        rows = rows.filter(submitted_at__gte=midnight_of(wanted.since))
    if wanted.until:
        rows = rows.filter(submitted_at__lt=midnight_of(wanted.until + timedelta(days=1)))
    return rows


def narrow_tasks(tasks: QuerySet[Task], wanted: Wanted) -> QuerySet[Task]:
    """Those of `tasks` that may have a candidate looked for; a text that is the id of a task means that task alone."""
    if wanted.category:
        tasks = tasks.filter(category=wanted.category)
    if wanted.price:
        tasks = tasks.filter(in_band(wanted.price))
    if wanted.side:
        tasks = tasks.filter(is_test_side=wanted.side == "test")
    if not wanted.task:
        return tasks
    named = Task.objects.filter(project=OuterRef("project"), external_id=wanted.task)
    text = Q(external_id__icontains=wanted.task) | Q(name__icontains=wanted.task)
    return tasks.filter(Q(external_id=wanted.task) | (~Exists(named) & text))
