"""How far each batch of a project is."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, QuerySet
from django.utils import timezone

from labeling.models import Batch, Candidate, Project, State


@dataclass(frozen=True, kw_only=True)
class BatchProgress:
    """A batch with how many candidates it has, withdrawn ones left out, and how many of these are settled."""

    batch: Batch
    total: int
    done: int

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to do in it."""
        return self.total == self.done

    @property
    def is_late(self) -> bool:
        """Whether its day is over and it is not done."""
        return not self.is_done and not self.batch.closed and self.batch.due is not None and self.batch.due < timezone.localdate()

    @property
    def days_left(self) -> int | None:
        """Days until it is due, today not counted; None without a day."""
        return (self.batch.due - timezone.localdate()) // timedelta(days=1) if self.batch.due else None


def list_batches(project: Project) -> list[BatchProgress]:
    """The batches of a project in the order in which they are worked on, closed ones last."""
    counts = count_states(Candidate.objects.filter(project=project).batched())
    batches = sorted(Batch.objects.filter(project=project).prefetch_related("people"), key=rank)
    return [make_progress(batch, counts[batch.number]) for batch in batches]


def read_progress(batch: Batch) -> BatchProgress:
    """How far one batch is."""
    rows = Candidate.objects.filter(project=batch.project_id, batch=batch.number).batched()
    return make_progress(batch, count_states(rows)[batch.number])


def count_states(rows: QuerySet[Candidate]) -> defaultdict[int, dict[str, int]]:
    """How many of the candidates of `rows` are in which state, by the number of their batch; withdrawn ones are left out."""
    counts: defaultdict[int, dict[str, int]] = defaultdict(dict)
    for number, state, count in rows.exclude(state=State.WITHDRAWN).order_by().values_list("batch", "state").annotate(count=Count("pk")):
        counts[number][state] = count
    return counts


def rank(batch: Batch) -> tuple[bool, int, bool, str, int]:
    """The place of a batch among others, as labeling/protocol/lanes.py has it."""
    return batch.closed, -batch.priority, batch.due is None, batch.due.isoformat() if batch.due else "", batch.number


def make_progress(batch: Batch, counts: dict[str, int]) -> BatchProgress:
    """How far one batch is, given its candidates by state."""
    return BatchProgress(batch=batch, total=sum(counts.values()), done=counts.get(State.SETTLED, 0))
