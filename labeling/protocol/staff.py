"""Who may work on which candidates of a project: rights, categories and the people of batches together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from labeling.models import Batch, Membership, split_lane


@dataclass(frozen=True, kw_only=True)
class Crew:
    """The people who may label, and those who may adjudicate, the candidates of one lane."""

    annotators: frozenset[int]
    adjudicators: frozenset[int]

    @property
    def people(self) -> frozenset[int]:
        """Everybody who may answer."""
        return self.annotators | self.adjudicators


@dataclass(frozen=True, kw_only=True)
class Staff:
    """The active members of a project, and the people of those batches that have any, by the number of the batch."""

    memberships: tuple[Membership, ...]
    batches: Mapping[int, frozenset[int]]
    crews: dict[int, Crew] = field(default_factory=dict)

    def of(self, lane: int) -> Crew:
        """Who may work on the candidates of a lane."""
        if lane not in self.crews:
            self.crews[lane] = self.choose([row for row in self.memberships if self.works_in(row, lane)])
        return self.crews[lane]

    def works_in(self, membership: Membership, lane: int) -> bool:
        """Whether a member is given candidates of a lane, as far as their rights go."""
        batch, code = split_lane(lane)
        chosen = self.batches.get(batch)
        return (chosen is None or membership.person_id in chosen) and (not membership.codes or code in membership.codes)

    @property
    def is_divided(self) -> bool:
        """Whether not everybody works on everything."""
        return bool(self.batches) or any(row.categories for row in self.memberships)

    @staticmethod
    def choose(memberships: Iterable[Membership]) -> Crew:
        """The crew of some members."""
        rows = list(memberships)
        return Crew(
            annotators=frozenset(row.person_id for row in rows if row.can_label),
            adjudicators=frozenset(row.person_id for row in rows if row.can_adjudicate),
        )


def read_staff(project_id: int, memberships: Iterable[Membership] | None = None) -> Staff:
    """The staff of a project as of now; `memberships` are its active ones where they are known."""
    rows = Membership.objects.active().filter(project_id=project_id) if memberships is None else memberships
    chosen: defaultdict[int, set[int]] = defaultdict(set)
    people = Batch.objects.filter(project_id=project_id, people__isnull=False)
    for number, person in people.values_list("number", "people"):
        chosen[number].add(person)
    return Staff(memberships=tuple(rows), batches={number: frozenset(ids) for number, ids in chosen.items()})
