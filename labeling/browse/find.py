"""Finding candidates: a page of them, how many there are, the neighbours of one, all of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from labeling.among import Ids
from labeling.browse.few import FEW, list_few
from labeling.browse.orders import PIECES, Key, Order, growing
from labeling.browse.wanted import Wanted, narrow, read_matching
from labeling.models import Candidate, Project

PAGE = 50
# So many candidates are looked at for one page; what matches less often than that takes several looks.
LOOKED_AT_MOST = 50_000
# One whose answers have to be read counts as so many, and so many are read at once.
READING, READ_AT_ONCE = 15, 1000


@dataclass(frozen=True, kw_only=True)
class Found:
    """The candidates of one page in order. `later` and `earlier` are the keys where the next and the previous page begin, None where
    there is none. `is_cut` says that the look ended at its bound before the page was full."""

    ids: list[int]
    later: Key | None
    earlier: Key | None
    is_cut: bool = False


@dataclass(frozen=True, kw_only=True)
class Count:
    """How many candidates match: `number`, or at least that many if the look ended at its bound."""

    number: int
    is_exact: bool


@dataclass(frozen=True, kw_only=True)
class Look:
    """What one look along an order found: matching keys in its direction, and where it ended; None if at the end of the order."""

    keys: list[Key]
    ended_at: Key | None


@dataclass(frozen=True, kw_only=True)
class Step:
    """A part of a look: the keys that match, where it ended, and what it cost in candidates looked at."""

    keys: list[Key]
    ended_at: Key
    cost: int


def look(project: Project, wanted: Wanted, order: Order, start: Key | None, forward: bool, enough: int) -> Look:
    """The first `enough` matching candidates beyond `start`; fewer if they are not among the next `LOOKED_AT_MOST`."""
    found: list[Key] = []
    cost = 0
    for step in steps(project, wanted, order, start, forward):
        found, cost = found + step.keys, cost + step.cost
        if len(found) >= enough:
            return Look(keys=found[:enough], ended_at=found[enough - 1])
        if cost >= LOOKED_AT_MOST:
            return Look(keys=found, ended_at=step.ended_at)
    return Look(keys=found, ended_at=None)


def steps(project: Project, wanted: Wanted, order: Order, start: Key | None, forward: bool) -> Iterator[Step]:
    """A look without an end. What has to be read is read in small parts, so that no more of it is than is needed."""
    for piece in filter(None, pieces(project, wanted, order, start, forward)):
        near = keep_near(project, wanted, piece)
        if wanted.asks_for_reading:
            for part in (near[first : first + READ_AT_ONCE] for first in range(0, len(near), READ_AT_ONCE)):
                found = read_matching(ids_of(part), wanted)
                keys = [key for key in part if abs(key[-1]) in found]
                yield Step(keys=keys, ended_at=part[-1], cost=READING * len(part))
            near = []
        yield Step(keys=near, ended_at=piece[-1], cost=len(piece))


def pieces(project: Project, wanted: Wanted, order: Order, start: Key | None, forward: bool) -> Iterator[list[Key]]:
    """The candidates to look at: those that some index lists, or all along the order."""
    few = list_few(project, wanted)
    if few is None:
        yield from order.walk(project, wanted, start, forward)
        return
    keys = order.keys(few) if forward else order.keys(few)[::-1]
    yield from cut_up([key for key in keys if start is None or ((key > start) if forward else (key < start))])


def cut_up(keys: list[Key]) -> Iterator[list[Key]]:
    """`keys` in pieces of the size of a walk's."""
    sizes = growing(PIECES)
    while keys:
        size = next(sizes)
        yield keys[:size]
        keys = keys[size:]


def keep_near(project: Project, wanted: Wanted, piece: list[Key]) -> list[Key]:
    """The keys of `piece` whose candidates `narrow` leaves, in its order."""
    if wanted == Wanted():
        return piece
    left = narrow(Candidate.objects.filter(pk__among=Ids(ids_of(piece)), project=project), wanted)
    found = set(left.order_by().values_list("pk", flat=True))
    return [key for key in piece if abs(key[-1]) in found]


def find_page(
    project: Project, wanted: Wanted, order: Order, *, after: Key | None = None, before: Key | None = None, size: int = PAGE
) -> Found:
    """The page that begins behind `after` or ends in front of `before`; the first page without either.

    A page towards the beginning that would not be full is the first page instead.
    """
    if before is not None:
        seen = look(project, wanted, order, before, False, size + 1)
        if len(seen.keys) > size or seen.ended_at is not None:
            keys = seen.keys[:size][::-1]
            edge = keys[0] if len(seen.keys) > size else seen.ended_at
            return Found(ids=ids_of(keys), later=keys[-1] if keys else before, earlier=edge, is_cut=len(seen.keys) <= size)
        after = None
    return make_page(look(project, wanted, order, after, True, size + 1), after, size)


def make_page(seen: Look, after: Key | None, size: int) -> Found:
    """The first page of what a look from `after` on found."""
    keys, is_full = seen.keys[:size], len(seen.keys) > size
    earlier = None if after is None else (keys[0] if keys else seen.ended_at or after)
    return Found(
        ids=ids_of(keys), later=keys[-1] if is_full else seen.ended_at, earlier=earlier, is_cut=not is_full and bool(seen.ended_at)
    )


def ids_of(keys: list[Key]) -> list[int]:
    """The candidates of `keys`; the order of the newest change counts ids downward."""
    return [abs(key[-1]) for key in keys]


def find_neighbours(project: Project, wanted: Wanted, order: Order, candidate: Candidate) -> tuple[int | None, int | None]:
    """The ids of the matching candidates before and behind `candidate`, None where there is none (or none is near)."""
    here = order.keys([candidate.pk])[0]
    earlier, later = (ids_of(look(project, wanted, order, here, forward, 1).keys) for forward in (False, True))
    return next(iter(earlier), None), next(iter(later), None)


def find_first(project: Project, wanted: Wanted, order: Order, size: int = PAGE) -> tuple[Found, Count]:
    """The first page and how many match, both by one look: counted up to `FEW`."""
    seen = look(project, wanted, order, None, True, FEW + 1)
    return make_page(seen, None, size), Count(number=min(len(seen.keys), FEW), is_exact=seen.ended_at is None)


def count_found(project: Project, wanted: Wanted, order: Order) -> Count:
    """How many match, counted up to `FEW` and by one look."""
    return find_first(project, wanted, order)[1]


def read_all(project: Project, wanted: Wanted, order: Order, start: Key | None = None) -> Iterator[list[Key]]:
    """Every matching candidate beyond `start` in pieces of the order, however many; some may be empty."""
    return (step.keys for step in steps(project, wanted, order, start, True))
