"""Two versions side by side: figures on the same slices, settings and data in which they differ."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from modeling.lead.figures import KINDS, Figure
from modeling.lead.gate import Comparison
from modeling.lead.metrics import MetricRow, list_rows
from modeling.lead.registry import VersionRow
from modeling.lead.run_settings import list_differences

COMPARE_COLUMNS = ("slice", "figure", "n", "value", "low", "high", "other_n", "other_value", "other_low", "other_high")


@dataclass(frozen=True, kw_only=True)
class Pair:
    """One figure of both; `leads` is 1 where the first is the better one, -1 where the other is, 0 where nobody can tell."""

    one: Figure
    other: Figure
    leads: int


@dataclass(frozen=True, kw_only=True)
class SlicePairs:
    """All figures of both on one slice; a side without that slice has n None."""

    code: str
    name: str
    n: int | None
    other_n: int | None
    pairs: Sequence[Pair]


@dataclass(frozen=True, kw_only=True)
class Compared:
    """What two versions have in common and what not. `in_gate` is the paired comparison of the two where a gate made it, with the name of
    the version whose gate that was; `is_same_test` whether both were tested on the same snapshot.
    """

    one: VersionRow
    other: VersionRow
    slices: Sequence[SlicePairs]
    settings: Sequence[tuple[str, str, str]]
    is_same_test: bool
    in_gate: tuple[str, Comparison] | None


def compare(one: VersionRow, other: VersionRow) -> Compared:
    """The two side by side."""
    left, right = ({row.slice: row for row in list_rows(side.run) if row.method == "model"} for side in (one, other))
    return Compared(
        one=one,
        other=other,
        slices=[pair_slice(code, left.get(code), right.get(code)) for code in dict.fromkeys([*left, *right])],
        settings=list_differences(one.run, other.run),
        is_same_test=one.run.snapshot_id is not None and one.run.snapshot_id == other.run.snapshot_id,
        in_gate=find_in_gate(one, other) or find_in_gate(other, one),
    )


def pair_slice(code: str, one: MetricRow | None, other: MetricRow | None) -> SlicePairs:
    """Both on one slice."""
    pairs = [
        pair(one.figure(name) if one else Figure(name=name), other.figure(name) if other else Figure(name=name), KINDS[name].better)
        for name in KINDS
    ]
    known = one or other
    name = known.slice_name if known else code
    return SlicePairs(code=code, name=name, n=one.n if one else None, other_n=other.n if other else None, pairs=pairs)


def pair(one: Figure, other: Figure, better: int) -> Pair:
    """Two values of one figure; one leads only where the intervals do not overlap."""
    if one.low is None or one.high is None or other.low is None or other.high is None:
        return Pair(one=one, other=other, leads=0)
    higher = 1 if one.low > other.high else (-1 if one.high < other.low else 0)
    return Pair(one=one, other=other, leads=higher * better)


def find_in_gate(judged: VersionRow, rival: VersionRow) -> tuple[str, Comparison] | None:
    """The comparison of two versions that the gate of one of them made; None where it made none."""
    if judged.version.incumbent != rival.version.name:
        return None
    found = next((each for each in judged.gate.comparisons if each.rival == "incumbent"), None)
    return (judged.version.name, found) if found else None


def list_compare_cells(found: Compared) -> Iterator[list[Any]]:
    """The figures of both as a file."""
    for each in found.slices:
        for both in each.pairs:
            one, other = both.one, both.other
            yield [each.code, one.name, each.n, one.value, one.low, one.high, each.other_n, other.value, other.low, other.high]
