"""The case sheet of a task: what was ordered, and what every generator delivered, with decisions, scores and money.

As the ServImage paper (arXiv 2604.24023) shows single cases in its figures 6 to 8, with the prices of the data.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from django.db.models import Count, Prefetch

from judging.lead.candidate_scores import Judged, make_judged
from judging.lead.cells import Cell
from judging.lead.concepts import HARD_RULES
from judging.lead.totals import Totals, add_up
from judging.models import Judge, Score
from judging.standing import Present, hash_bundles, only_about_now
from labeling.models import Bundle, Candidate, Decision, Deliverable, Generator, State, Task, Verdict

# Paid: all are accepted. Unpaid: one is rejected or was never delivered. Left out: one is withdrawn. Open: not all are decided.
Payment = Literal["paid", "unpaid", "left_out", "open"]


@dataclass(frozen=True, kw_only=True)
class Shot:
    """One deliverable of a bundle; `candidate` is None where it was not delivered, `judged` where the judge has not looked at it."""

    deliverable: Deliverable
    candidate: Candidate | None
    decision: Decision | None
    judged: Judged | None
    totals: Totals | None

    @property
    def cells(self) -> list[Cell]:
        """What the judge says of this picture alone."""
        return [cell for cell in self.judged.cells.values() if not cell.of_bundle] if self.judged else []


@dataclass(frozen=True, kw_only=True)
class Block:
    """What one generator delivered. `points` tells for each point whether any picture meets it; empty where the judge does not tell."""

    generator: Generator
    shots: list[Shot]
    payment: Payment
    paid_usd: Decimal
    cells: list[Cell]
    points: list[bool]

    @property
    def accepted(self) -> int:
        """How many of its pictures are accepted."""
        return sum(shot.decision is not None and shot.decision.verdict == Verdict.ACCEPT for shot in self.shots)

    @property
    def points_met(self) -> int:
        """How many points are met."""
        return sum(self.points)


@dataclass(frozen=True, kw_only=True)
class CaseSheet:
    """A task and one block for each generator; `judge` is None where no judge has looked at any of it."""

    task: Task
    judges: list[tuple[Judge, int]]
    judge: Judge | None
    blocks: list[Block]

    @property
    def paid(self) -> int:
        """How many generators would be paid."""
        return sum(block.payment == "paid" for block in self.blocks)


def read_case(task: Task, wanted: str = "") -> CaseSheet:
    """The case sheet of `task` with the scores of the judge whose public id is `wanted`, or else of the one that scored most of it."""
    shown = Candidate.objects.filter(is_submitted_sample=True).select_related("deliverable", "image")
    rows = Bundle.objects.filter(task=task).select_related("generator", "task")
    # Two generators may be shown under one name.
    ordered = rows.prefetch_related(Prefetch("candidates", shown, to_attr="shown")).order_by("generator__display_name", "generator__slug")
    bundles = list(ordered)
    judges = list_judges(bundles)
    judge = next((judge for judge, _given in judges if str(judge.public_id) == wanted), judges[0][0] if judges else None)
    decisions = {row.candidate_id: row for row in Decision.objects.current().filter(candidate__bundle__in=bundles)}
    judged = judge_bundles(judge, bundles, task.points.count()) if judge else {}
    deliverables = list(task.deliverables.all())
    return CaseSheet(
        task=task, judges=judges, judge=judge, blocks=[make_block(bundle, deliverables, decisions, judged) for bundle in bundles]
    )


def list_judges(bundles: Sequence[Bundle]) -> list[tuple[Judge, int]]:
    """The judge versions that have scored something of these bundles, and how many values about what is there now each gave.

    Most first, then the newest.
    """
    scores = Score.objects.current().filter(bundle__in=bundles, value__isnull=False).exclude(judge__rubric=HARD_RULES).order_by()
    given = dict(only_about_now(scores).values("judge").annotate(given=Count("pk")).values_list("judge", "given"))
    judges = Judge.objects.filter(pk__in=scores.values("judge")).order_by("-pk")
    return sorted(((judge, given.get(judge.pk, 0)) for judge in judges), key=lambda pair: -pair[1])


def judge_bundles(judge: Judge, bundles: Sequence[Bundle], points: int) -> dict[int, Judged]:
    """By candidate: what one judge version makes of it and its bundle."""
    scores: dict[int, list[Score]] = defaultdict(list)
    for score in Score.objects.current().filter(judge=judge, bundle__in=bundles):
        scores[score.bundle_id].append(score)
    pictures = hash_bundles([bundle.pk for bundle in bundles])
    judged = {}
    for bundle in bundles:
        present = Present(task_version=bundle.task.version, pictures=pictures[bundle.pk])
        for row in list_shown(bundle):
            own = [score for score in scores[bundle.pk] if score.candidate_id in (None, row.pk)]
            if own:
                judged[row.pk] = make_judged(judge, own, row, points, present)
    return judged


def list_shown(bundle: Bundle) -> list[Candidate]:
    """The submitted samples of a bundle read by `read_case`."""
    return list(bundle.shown)  # type: ignore[attr-defined]


def make_block(
    bundle: Bundle, deliverables: Sequence[Deliverable], decisions: Mapping[int, Decision], judged: Mapping[int, Judged]
) -> Block:
    """One generator's part of the sheet."""
    delivered = {row.deliverable_id: row for row in list_shown(bundle)}
    shots = [make_shot(deliverable, delivered.get(deliverable.pk), decisions, judged) for deliverable in deliverables]
    payment = tell_payment(shots)
    looked_at = [shot.judged for shot in shots if shot.judged]
    met = [[tick.met != "no" for tick in one.ticks] for one in looked_at if one.ticks]
    return Block(
        generator=bundle.generator,
        shots=shots,
        payment=payment,
        paid_usd=bundle.task.price_usd if payment == "paid" else Decimal(0),
        cells=[cell for cell in looked_at[0].cells.values() if cell.of_bundle] if looked_at else [],
        points=[any(bits) for bits in zip(*met, strict=True)],
    )


def make_shot(
    deliverable: Deliverable, candidate: Candidate | None, decisions: Mapping[int, Decision], judged: Mapping[int, Judged]
) -> Shot:
    """One deliverable with what was delivered for it; the decision of what is withdrawn counts no more."""
    key = candidate.pk if candidate else 0
    is_out = candidate is not None and candidate.state == State.WITHDRAWN
    one = judged.get(key)
    totals = add_up(one.cells) if one else None
    return Shot(deliverable=deliverable, candidate=candidate, decision=None if is_out else decisions.get(key), judged=one, totals=totals)


def tell_payment(shots: Sequence[Shot]) -> Payment:
    """Whether the whole task would be paid: only if every deliverable is accepted; what was not delivered is not accepted."""
    if any(shot.candidate is None or (shot.decision and shot.decision.verdict == Verdict.REJECT) for shot in shots):
        return "unpaid"
    if any(shot.candidate and shot.candidate.state == State.WITHDRAWN for shot in shots):
        return "left_out"
    return "paid" if all(shot.decision for shot in shots) else "open"
