"""The plan of a run as people read it."""

from __future__ import annotations

from dataclasses import dataclass

from judging.lead.words import explain_forced, name_part
from judging.models import JudgeRun
from judging.rubrics.base import Why

# What the limits change about how something is asked, not whether.
PUT_TOGETHER = ("chunks", "sheet")


@dataclass(frozen=True, kw_only=True)
class PartRow:
    """One part of the rubric in a plan: its questions, and what is to be said about some of its units.

    `remarks` are (how many, in words, whether those are not asked at all).
    """

    part: str
    questions: int
    remarks: list[tuple[int, str, bool]]

    @property
    def name(self) -> str:
        """The part in words."""
        return name_part(self.part)


def list_parts(run: JudgeRun) -> list[PartRow]:
    """A row for each part that the judge judges, in the order of the rubric."""
    by_part: dict[str, int] = run.plan.get("by_part", {})
    remarks: dict[str, list[tuple[int, str, bool]]] = {}
    for key, count in run.plan.get("forced", {}).items():
        part, _blank, what = key.rpartition(" ")
        remarks.setdefault(part, []).append((count, explain_forced(what), what not in PUT_TOGETHER))
    parts = [*run.judge.parts, *(part for part in (*by_part, *remarks) if part not in run.judge.parts)]
    return [
        PartRow(part=part, questions=by_part.get(part, 0), remarks=sorted(remarks.get(part, []), reverse=True))
        for part in dict.fromkeys(parts)
    ]


def count_not_asked(run: JudgeRun) -> int:
    """How many units of a plan cannot be asked because something is wrong with them, those that do not apply left out."""
    fine = {*PUT_TOGETHER, Why.NOT_APPLICABLE.value}
    forced: dict[str, int] = run.plan.get("forced", {})
    return sum(count for key, count in forced.items() if key.rpartition(" ")[2] not in fine)


def is_nothing_left(run: JudgeRun) -> bool:
    """Whether the plan found nothing to do."""
    return bool(run.plan) and not run.bundles
