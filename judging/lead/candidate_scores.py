"""What the judges made of one candidate, side by side."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from judging.lead.cells import Cell, make_cell
from judging.lead.concepts import HARD_RULES, Range, place_of, show_value
from judging.lead.judged_points import PointLine, Tick, find_brf, list_points, read_ticks
from judging.lead.judged_rules import read_rules
from judging.lead.totals import add_up
from judging.lead.words import name_concept
from judging.models import Judge, Score
from judging.standing import Present, is_about_now, read_present
from labeling.models import Candidate
from labeling.rule_lines import RuleLine


@dataclass(frozen=True, kw_only=True)
class Judged:
    """What one judge version made of the candidate: its cells by concept, its ticks by point, and what it found on the hard rules."""

    judge: Judge
    name: str
    cells: dict[str, Cell]
    ticks: tuple[Tick, ...] = ()
    rules: list[RuleLine] = field(default_factory=list)

    @property
    def is_baseline(self) -> bool:
        """Whether it measures without a model, which is named wherever it is shown."""
        return self.judge.rubric == "classical"


@dataclass(frozen=True, kw_only=True)
class ScoreRow:
    """One concept with the cell of each judge, None where it says nothing of it."""

    label: str
    cells: tuple[Cell | None, ...]
    is_total: bool = False


@dataclass(frozen=True, kw_only=True)
class Table:
    """Judges side by side: the concepts, the points, and apart from them those that looked at the hard rules."""

    judges: list[Judged]
    rows: list[ScoreRow]
    tickers: list[Judged]
    points: list[PointLine]
    rulers: list[Judged]


@dataclass(frozen=True, kw_only=True)
class CandidateScores:
    """The newest version of each judge that has looked at the candidate, and the older ones."""

    newest: Table
    older: Table | None

    @property
    def is_empty(self) -> bool:
        """Whether no judge has looked at it yet."""
        return not (self.newest.judges or self.newest.rulers or self.newest.tickers)


def read_scores(candidate: Candidate, present: Present | None = None) -> CandidateScores:
    """The scores that stand of `candidate` and of its bundle; `present` is what there is now unless something else is meant."""
    found = (
        Score.objects.current().filter(bundle=candidate.bundle_id).select_related("judge").order_by("judge__name", "-judge__version", "pk")
    )
    by_judge: dict[Judge, list[Score]] = defaultdict(list)
    for score in found:
        if is_told_of(score, candidate):
            by_judge[score.judge].append(score)
    points = list(candidate.bundle.task.points.values_list("text", flat=True))
    present = present or read_present(candidate.bundle)
    judged = [make_judged(judge, scores, candidate, len(points), present) for judge, scores in by_judge.items()]
    newest, older = split_versions(judged)
    return CandidateScores(newest=make_table(newest, points), older=make_table(older, points) if older else None)


def is_told_of(score: Score, candidate: Candidate) -> bool:
    """Whether a score of its bundle says something of `candidate`: nobody has looked at a sample that was not submitted."""
    return score.candidate_id == candidate.pk or (score.candidate_id is None and candidate.is_submitted_sample)


def make_judged(judge: Judge, scores: Sequence[Score], candidate: Candidate, points: int, present: Present) -> Judged:
    """What one judge version made of the candidate, in the order of the concepts. Ticks of older points or pictures are left out."""
    ordered = sorted(scores, key=lambda score: place_of(score.concept))
    brf, rules = find_brf(scores), next((score for score in scores if score.concept == HARD_RULES), None)
    return Judged(
        judge=judge,
        name=str(judge),
        cells={score.concept: make_cell(score, candidate, not is_about_now(score, candidate, present)) for score in ordered},
        ticks=read_ticks(brf, candidate, points) if brf and is_about_now(brf, candidate, present) else (),
        rules=read_rules(rules) if rules else [],
    )


def split_versions(judged: Iterable[Judged]) -> tuple[list[Judged], list[Judged]]:
    """The newest version of each name, and the rest; they come by name, newest first."""
    newest: dict[str, Judged] = {}
    older = []
    for one in judged:
        if newest.setdefault(one.judge.name, one) is not one:
            older.append(one)
    return list(newest.values()), older


def make_table(judged: Sequence[Judged], points: Sequence[str]) -> Table:
    """These judges side by side; one that only looked at hard rules has no column."""
    judges = [one for one in judged if set(one.cells) - {HARD_RULES}]
    tickers = [one for one in judged if one.ticks]
    return Table(
        judges=judges,
        rows=list_rows(judges),
        tickers=tickers,
        points=list_points(points, [one.ticks for one in tickers]) if tickers else [],
        rulers=[one for one in judged if HARD_RULES in one.cells],
    )


def list_rows(judges: Sequence[Judged]) -> list[ScoreRow]:
    """One row for each concept that any of the judges tells, then what they add up to."""
    concepts = sorted({concept for one in judges for concept in one.cells if concept != HARD_RULES}, key=place_of)
    rows = [ScoreRow(label=name_concept(concept), cells=tuple(one.cells.get(concept) for one in judges)) for concept in concepts]
    totals = [add_up(one.cells) for one in judges]
    sums = {
        _("visual quality (VEQ)"): [total.veq for total in totals],
        _("consistency (CNS)"): [total.cns for total in totals],
        _("mean of brief, quality and consistency"): [total.composite for total in totals],
    }
    return rows + [
        ScoreRow(label=label, cells=tuple(make_total(value) for value in values), is_total=True)
        for label, values in sums.items()
        if any(value is not None for value in values)
    ]


def make_total(value: float | None) -> Cell | None:
    """The cell of a sum; None where there is none."""
    return None if value is None else Cell(concept="", label="", range=Range(), value=value, shown=show_value(value))
