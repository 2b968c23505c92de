"""Finding candidates: a page of them, how many there are, the neighbours of one, all of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from labeling.among import Ids
from labeling.browse.few import FEW, list_few
from labeling.browse.orders import Key, Order
from labeling.browse.wanted import Wanted, narrow
from labeling.models import Candidate, Project

PAGE = 50
# So many candidates are looked at for one page; what matches less often than that takes several looks.
LOOKED_AT_MOST = 50_000


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


def look(project: Project, wanted: Wanted, order: Order, start: Key | None, forward: bool, enough: int) -> Look:
    """The first `enough` matching candidates beyond `start`; fewer if they are not among the next `LOOKED_AT_MOST`."""
    found: list[Key] = []
    looked_at, reached = 0, start
    for piece in pieces(project, wanted, order, start, forward):
        found += matching(project, wanted, piece)
        looked_at, reached = looked_at + len(piece), piece[-1] if piece else reached
        if len(found) >= enough:
            return Look(keys=found[:enough], ended_at=found[enough - 1])
        if looked_at >= LOOKED_AT_MOST:
            return Look(keys=found, ended_at=reached)
    return Look(keys=found, ended_at=None)


def pieces(project: Project, wanted: Wanted, order: Order, start: Key | None, forward: bool) -> Iterator[list[Key]]:
    """The candidates to look at: those that some index lists, or all along the order."""
    few = list_few(project, wanted)
    if few is None:
        yield from order.walk(project, wanted, start, forward)
        return
    keys = order.keys(few) if forward else order.keys(few)[::-1]
    yield [key for key in keys if start is None or ((key > start) if forward else (key < start))]


def matching(project: Project, wanted: Wanted, piece: list[Key]) -> list[Key]:
    """The keys of `piece` whose candidates match, in its order."""
    if wanted == Wanted():
        return piece
    ids = [abs(key[-1]) for key in piece]
    found = set(narrow(Candidate.objects.filter(pk__among=Ids(ids), project=project), wanted).order_by().values_list("pk", flat=True))
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
    seen = look(project, wanted, order, after, True, size + 1)
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


def count_from(project: Project, wanted: Wanted, order: Order, first: Found) -> Count:
    """How many match, given their first page: that alone says it where the page is not full."""
    if first.is_cut or first.later is None:
        return Count(number=len(first.ids), is_exact=not first.is_cut)
    return count_found(project, wanted, order)


def count_found(project: Project, wanted: Wanted, order: Order) -> Count:
    """How many match, counted up to `FEW` and among the first `LOOKED_AT_MOST`."""
    seen = look(project, wanted, order, None, True, FEW + 1)
    return Count(number=min(len(seen.keys), FEW), is_exact=seen.ended_at is None)


def read_all(project: Project, wanted: Wanted, order: Order, start: Key | None = None) -> Iterator[list[Key]]:
    """Every matching candidate beyond `start` in pieces of the order, however many; some may be empty."""
    for piece in pieces(project, wanted, order, start, True):
        yield matching(project, wanted, piece)
