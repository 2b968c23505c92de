"""Which answers of a person a lead means to void, and what that would do; nothing here writes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils import timezone

from labeling.models import DECIDING, REVIEWING, Answer, Assignment, Candidate, Project, Status
from labeling.models.voiding import REOPENING, Voiding
from labeling.protocol.hold import PEOPLE_NEEDED
from labeling.protocol.outcome import ProtocolError
from labeling.protocol.void import People, find_able, plan_voiding, read_people

PAGE = 500
NAMED = ("bundle__task", "bundle__generator", "deliverable")


@dataclass(frozen=True, kw_only=True)
class VoidRange:
    """The answers meant: those of one person, narrowed by what is not None.

    `first` and `last` are days of the site's time zone, both included; `guideline` is the number of the version in force when the
    newest answer of the row was given; `before` leaves out what came in at that moment or later.
    """

    person: int
    before: datetime
    first: date | None = None
    last: date | None = None
    guideline: int | None = None
    category: str = ""

    def as_params(self) -> dict[str, Any]:
        """The range as a job keeps it."""
        days = {name: day.isoformat() if day else None for name, day in (("first", self.first), ("last", self.last))}
        return asdict(self) | days | {"before": self.before.isoformat()}

    @classmethod
    def from_params(cls, params: dict[str, Any]) -> VoidRange:
        """The range a job keeps."""
        days = {name: date.fromisoformat(params[name]) if params[name] else None for name in ("first", "last")}
        before = datetime.fromisoformat(params["before"])
        return cls(person=params["person"], before=before, guideline=params["guideline"], category=params["category"], **days)


def choose_answers(project: Project, wanted: VoidRange) -> QuerySet[Assignment]:
    """The submitted rows of a range, candidate by candidate. One range of the index assignment_by_person finds them."""
    rows = Assignment.objects.filter(project=project, person=wanted.person, status=Status.SUBMITTED, submitted_at__lt=wanted.before)
    if wanted.first is not None:
        rows = rows.filter(submitted_at__gte=start_of(wanted.first))
    if wanted.last is not None:
        rows = rows.filter(submitted_at__lt=start_of(wanted.last + timedelta(days=1)))
    if wanted.category:
        rows = rows.filter(candidate__bundle__task__category=wanted.category)
    if wanted.guideline is not None:
        newest = Answer.objects.filter(assignment=OuterRef("pk")).order_by("-number").values("guideline__number")[:1]
        rows = rows.annotate(version=Subquery(newest)).filter(version=wanted.guideline)
    return rows.order_by("candidate_id", "pk")


def start_of(day: date) -> datetime:
    """The first moment of a day in the site's time zone."""
    return timezone.make_aware(datetime.combine(day, time.min))


@dataclass(kw_only=True)
class Preview:
    """What voiding a range would do: candidates by what becomes of them, answers that become void, and adjudications among these.

    `able` are the fewest people who could answer one of the candidates refused for that, `others` the fewest besides the person who could
    answer one of those that reopen; None where there is no such candidate.
    """

    effects: Counter[Voiding] = field(default_factory=Counter)
    refused: Counter[Voiding] = field(default_factory=Counter)
    answers: int = 0
    adjudications: int = 0
    able: int | None = None
    others: int | None = None

    @property
    def void(self) -> int:
        """Every row that becomes void."""
        return self.answers + self.adjudications

    @property
    def refused_count(self) -> int:
        """Candidates that stay as they are."""
        return sum(self.refused.values())

    @property
    def needs_person(self) -> bool:
        """Whether some of what reopens could not be finished without the person."""
        return self.others is not None and self.others < PEOPLE_NEEDED

    @property
    def reopened(self) -> int:
        """Settled or disputed candidates that are open or disputed again afterwards."""
        return sum(self.effects[effect] for effect in REOPENING)


def preview_voiding(project: Project, wanted: VoidRange) -> Preview:
    """Go through the range without locking anything; the run itself looks again at each candidate."""
    preview, people = Preview(), read_people(project.pk)
    chosen = list(choose_answers(project, wanted))
    by_candidate = [(pk, list(rows)) for pk, rows in groupby(chosen, key=lambda row: row.candidate_id)]
    for start in range(0, len(by_candidate), PAGE):
        page = by_candidate[start : start + PAGE]
        candidates = Candidate.objects.select_related("project").in_bulk([pk for pk, _mine in page])
        rows = rows_of_rounds(candidates)
        for pk, mine in page:
            count_one(preview, candidates[pk], rows.get(pk, []), mine, people)
    return preview


def rows_of_rounds(candidates: dict[int, Candidate]) -> dict[int, list[Assignment]]:
    """The deciding rows of each candidate's round."""
    rows: dict[int, list[Assignment]] = {}
    for row in Assignment.objects.filter(candidate__in=candidates, purpose__in=DECIDING).order_by("pk"):
        if row.round == candidates[row.candidate_id].round:
            rows.setdefault(row.candidate_id, []).append(row)
    return rows


def count_one(preview: Preview, candidate: Candidate, rows: list[Assignment], mine: list[Assignment], people: People) -> None:
    """Add one candidate to the preview."""
    try:
        effect = plan_voiding(candidate, rows, mine, people)
    except ProtocolError as error:
        preview.refused[Voiding(error.code)] += 1
        if error.code == Voiding.TOO_FEW_PEOPLE:
            preview.able = find_fewest(preview.able, error.values["able"])
        return
    preview.effects[effect] += 1
    if effect in REOPENING:
        able = find_able(rows, people.staff.of(candidate.lane))
        preview.others = find_fewest(preview.others, len(able - {mine[0].person_id}))
    adjudications = sum(row.purpose in REVIEWING for row in mine)
    preview.adjudications += adjudications
    preview.answers += len(mine) - adjudications


def find_fewest(so_far: int | None, count: int) -> int:
    """The smaller of both; `count` where there was none so far."""
    return count if so_far is None else min(so_far, count)


def list_counts(counts: Counter[Voiding]) -> Iterator[tuple[Voiding, int]]:
    """Those of `counts` that are not zero, in the order in which they are explained."""
    return ((voiding, counts[voiding]) for voiding in Voiding if counts[voiding])


def name_candidate(candidate: Candidate) -> str:
    """How reports name a candidate: generator, task, deliverable, and the sample if there are several."""
    bundle = candidate.bundle
    name = f"{bundle.generator.slug}/{bundle.task.external_id}/{candidate.deliverable.number}"
    return name if candidate.sample == 1 else f"{name}/{candidate.sample}"
