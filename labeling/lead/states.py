"""How many candidates stand where, by category and generator."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min
from django.utils.functional import Promise

from labeling.models import Candidate, Category, Generator, Project, QState, State, split_lane


@dataclass(frozen=True, kw_only=True)
class StateRow:
    """The candidates of one generator in one category, or of a whole category; `counts` is in the order of `State`."""

    name: str | Promise
    counts: tuple[int, ...]

    @property
    def total(self) -> int:
        """All candidates of the row, withdrawn ones included."""
        return sum(self.counts)

    @property
    def needed(self) -> int:
        """Those that are to be decided: all but the withdrawn ones."""
        return self.total - self.count(State.WITHDRAWN)

    @property
    def settled(self) -> int:
        """Those that are decided."""
        return self.count(State.SETTLED)

    @property
    def disputed(self) -> int:
        """Those that wait for a third person."""
        return self.count(State.DISPUTED)

    @property
    def done_percent(self) -> int | None:
        """Settled candidates in percent of those needed, None where there is none.

        Rounded half up, but 100 only where all are settled and 0 only where none is.
        """
        if not self.needed:
            return None
        rounded = (200 * self.settled + self.needed) // (2 * self.needed)
        return min(max(rounded, 1), 99) if 0 < self.settled < self.needed else rounded

    def count(self, state: State) -> int:
        """How many are in `state`."""
        return self.counts[list(State).index(state)]


@dataclass(frozen=True, kw_only=True)
class StateGroup:
    """One category with its generators."""

    key: Category
    category: StateRow
    generators: list[StateRow]


@dataclass(frozen=True, kw_only=True)
class Unripe:
    """Disputes nobody may adjudicate yet, because their answers can still be changed; `next` is when the first one opens."""

    count: int
    next: datetime


def count_unripe(project: Project) -> Unripe | None:
    """The disputes that wait for the end of an undo window; None if there are none."""
    found = Candidate.objects.filter(project=project, state=State.DISPUTED, q_state=QState.BOTH, ready_at__isnull=False)
    row = found.aggregate(count=Count("pk"), next=Min("ready_at"))
    return Unripe(**row) if row["count"] else None


@dataclass(frozen=True, kw_only=True)
class StateTable:
    """Every candidate of a project in exactly one cell."""

    states: list[State]
    groups: list[StateGroup]
    total: StateRow


def count_states(project: Project) -> StateTable:
    """The candidates of `project` by category, generator and state; categories in their usual order, generators by name."""
    # By lane and id: looking up task and generator of every candidate would take as long again.
    keys = ("bundle__generator_id", "lane", "state")
    counted = Candidate.objects.filter(project=project).order_by().values_list(*keys).annotate(count=Count("pk"))
    names = dict(Generator.objects.values_list("pk", "display_name"))
    cells: dict[Category, dict[str, Counter[str]]] = {}
    for generator, lane, state, count in counted:
        category = Category.of_code(split_lane(lane)[1])
        cells.setdefault(category, {}).setdefault(names[generator], Counter())[state] += count
    groups = [make_group(category, cells[category]) for category in Category if category in cells]
    return StateTable(states=list(State), groups=groups, total=add_up("", [group.category for group in groups]))


def make_group(category: Category, cells: Mapping[str, Counter[str]]) -> StateGroup:
    """The rows of one category."""
    names = sorted(cells, key=str.casefold)
    rows = [StateRow(name=name, counts=tuple(cells[name][state] for state in State)) for name in names]
    return StateGroup(key=category, category=add_up(category.label, rows), generators=rows)


def add_up(name: str | Promise, rows: list[StateRow]) -> StateRow:
    """One row that holds the sums of `rows`."""
    return StateRow(name=name, counts=tuple(sum(column) for column in zip(*(row.counts for row in rows), strict=True)) or (0,) * len(State))
