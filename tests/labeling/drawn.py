"""Candidates whose seats were drawn to see a suggestion, written straight into the tables with what was answered."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from labeling.models import Answer, Assignment, Candidate, Draw, Event, Project, Suggestion, User
from labeling.quality.assistance import make_assistance_report
from labeling.quality.report import keep
from tests.labeling.paired import NOON, make_paired_project
from tests.labeling.raw_rows import answered, raw_answer, raw_assignment

ACCEPT, REJECT = "accept", "reject"


@dataclass(frozen=True, kw_only=True)
class Shown:
    """One candidate: what both seats said (`assisted` is seat 2 of a treated one under `measured`), and the adjudicator, if any.

    Under `reveal` `said` are the first answers and `revised` the last ones, where they were changed.
    """

    candidate: Candidate
    said: tuple[str, str]
    policy: str = "measured"
    is_control: bool = False
    control_share: int = 20
    p_accept: float = 0.8
    version: str = "tiny-1"
    revised: tuple[str, str] | None = None
    judged: str = ""
    active_ms: tuple[int | None, int | None] = (None, None)

    @property
    def arms(self) -> tuple[str, str]:
        """What the seats were drawn to see."""
        if self.is_control:
            return "blind", "blind"
        return {"measured": ("blind", "assisted"), "all": ("both", "both"), "reveal": ("reveal", "reveal")}[self.policy]


def write_shown(rows: Iterable[Shown], people: list[User]) -> None:
    """Write the suggestion, the draw, both answers and the adjudication of each."""
    rows = list(rows)
    suggestions = Suggestion.objects.bulk_create(
        Suggestion(
            project_id=row.candidate.project_id,
            candidate=row.candidate,
            image_id=row.candidate.image_id,
            model_version=row.version,
            p_accept=row.p_accept,
            created_at=NOON,
        )
        for row in rows
    )
    Draw.objects.bulk_create(make_draw(row, suggestion) for row, suggestion in zip(rows, suggestions, strict=True))
    seats = [(row, suggestion, seat) for row, suggestion in zip(rows, suggestions, strict=True) for seat in (0, 1)]
    assignments = Assignment.objects.bulk_create(make_seat(*seat, people[seat[2]]) for seat in seats)
    for (row, suggestion, seat), assignment in zip(seats, assignments, strict=True):
        write_answers(row, suggestion, seat, assignment)
    for row in rows:
        if row.judged:
            judge = raw_assignment(row.candidate, people[2], purpose="adjudication", **answered(row.judged))
            raw_answer(judge, verdict=row.judged)


def make_draw(row: Shown, suggestion: Suggestion) -> Draw:
    """The draw of one candidate."""
    return Draw(
        project_id=row.candidate.project_id,
        candidate=row.candidate,
        round=1,
        policy=row.policy,
        control_share=row.control_share,
        is_control=row.is_control,
        assisted_seat=2 if row.policy == "measured" and not row.is_control else None,
        suggestion=suggestion,
    )


def make_seat(row: Shown, suggestion: Suggestion, seat: int, person: User) -> Assignment:
    """The submitted assignment of one seat."""
    arm = row.arms[seat]
    return Assignment(
        project_id=row.candidate.project_id,
        candidate=row.candidate,
        person=person,
        seat=seat + 1,
        arm=arm,
        suggestion=None if arm == "blind" else suggestion,
        leased_at=NOON,
        image_id=row.candidate.image_id,
        task_version=1,
        **answered((row.revised or row.said)[seat]) | {"submitted_at": NOON, "editable_until": NOON},
    )


def write_answers(row: Shown, suggestion: Suggestion, seat: int, assignment: Assignment) -> None:
    """The first answer of one seat, and the one after the reveal."""
    exposure = "prefilled" if row.arms[seat] in ("assisted", "both") else "none"
    said = {"model_version": row.version, "probability": row.p_accept}
    event = Event.objects.create(project_id=assignment.project_id, candidate=row.candidate, assignment=assignment, kind="submitted")
    seen: dict[str, Any] = {"exposure": exposure} | (said if exposure != "none" else {})
    values = {"assignment": assignment, "number": 1, "kind": "first", "verdict": row.said[seat], "active_ms": row.active_ms[seat]}
    Answer.objects.create(event=event, **values | seen)
    if row.revised:
        seen = {"exposure": "revealed", **said}
        Answer.objects.create(event=event, assignment=assignment, number=2, kind="edit", verdict=row.revised[seat], **seen)


def make_assisted_project(lost: int = 16, generators: int = 6, **fields: Any) -> tuple[Project, list[User], list[Candidate]]:
    """A project of 24 tasks that uses tiny-1, which suggests to accept all candidates; every third is control.

    With six generators they are 144. Of the 96 treated ones 32 are disputes in which the assisted seat accepts: `lost` of them were
    adjudicated as rejects. Of the 48 control ones 16 are disputes, all rejects. With more generators all of these are as many times more.
    An assisted answer takes about 4 s, a blind one about 8 s.
    """
    values = {"policy": "measured", "model_version": "tiny-1"} | fields
    project, people, candidates = make_paired_project(tasks=24, generators=generators, **values)
    rows, disputes = [], 0
    for number, candidate in enumerate(candidates):
        is_control, is_disputed = number % 3 == 0, (number // 3) % 3 == 0
        said = (REJECT, ACCEPT) if is_disputed else ((ACCEPT, ACCEPT) if number % 2 else (REJECT, REJECT))
        # Spread over the tasks.
        judged = REJECT if is_control or disputes * 7 % 32 < lost else ACCEPT
        disputes += is_disputed and not is_control
        ms = (8000 + number, 4000 + number)
        rows.append(Shown(candidate=candidate, said=said, is_control=is_control, judged=judged if is_disputed else "", active_ms=ms))
    write_shown(rows, people)
    return project, people, candidates


def measure_assistance(project: Project) -> dict[str, Any]:
    """Measure and keep; the figures."""
    return keep(make_assistance_report(project)).figures
