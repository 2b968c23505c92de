"""The scores of a candidate as rows of a file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from judging.lead.candidate_scores import CandidateScores, Judged

HEADER = ["judge", "version", "rubric", "concept", "about", "value", "why", "flags", "comment", "about_earlier"]


def list_score_rows(scores: CandidateScores) -> Iterator[list[Any]]:
    """One row for each judge version and concept, in the order of the page, then one for each evaluation point: 1 where it is met."""
    for table in filter(None, (scores.newest, scores.older)):
        for judged in [*table.judges, *(one for one in table.rulers if one not in table.judges)]:
            yield from list_judged(judged)


def list_judged(judged: Judged) -> Iterator[list[Any]]:
    """The rows of one judge version."""
    head = [judged.judge.name, judged.judge.version, judged.judge.rubric]
    for cell in judged.cells.values():
        flags = ", ".join(str(flag) for flag in cell.flags)
        about = "bundle" if cell.of_bundle else "candidate"
        yield [*head, cell.concept, about, cell.value, cell.why, flags, cell.comment, int(cell.is_earlier)]
    for number, tick in enumerate(judged.ticks, 1):
        about = "bundle" if tick.of_bundle else "candidate"
        yield [*head, f"point_{number}", about, int(tick.met in ("here", "somewhere")), "", "", tick.reason, ""]
