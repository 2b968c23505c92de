"""Everything about one candidate, for its page: the task, what people did in each round, the decisions."""

from __future__ import annotations

from dataclasses import dataclass

from labeling.models import Answer, Assignment, Candidate, Decision, Flag, Reason, Skip
from labeling.rule_lines import RuleLine, list_rules

READ = ("project", "bundle__task", "bundle__generator", "deliverable", "image")


@dataclass(frozen=True, kw_only=True)
class AnswerLine:
    """One answer with its reasons in words, and whether a later one took its place; a confirmation takes nobody's."""

    answer: Answer
    reasons: list[str]
    is_replaced: bool


@dataclass(frozen=True, kw_only=True)
class Work:
    """One assignment with everything its person said."""

    assignment: Assignment
    answers: list[AnswerLine]
    skip: Skip | None
    flags: list[Flag]


@dataclass(frozen=True, kw_only=True)
class Round:
    """One pass of the candidate through the protocol."""

    number: int
    is_current: bool
    work: list[Work]
    decisions: list[Decision]


def list_rounds(candidate: Candidate) -> list[Round]:
    """The rounds of `candidate`, newest first, each with its assignments in the order they were taken."""
    rows = candidate.assignments.select_related("person", "image").prefetch_related("answers", "flags").order_by("leased_at", "pk")
    skips = {skip.assignment_id: skip for skip in candidate.skips.all()}
    decisions = list(candidate.decisions.order_by("pk"))
    work: dict[int, list[Work]] = {number: [] for number in range(1, candidate.round + 1)}
    for row in rows:
        work.setdefault(row.round, []).append(describe_work(row, skips.get(row.pk)))
    return [
        Round(
            number=number,
            is_current=number == candidate.round,
            work=work[number],
            decisions=[decision for decision in decisions if decision.round == number],
        )
        for number in sorted(work, reverse=True)
    ]


def describe_work(row: Assignment, skip: Skip | None) -> Work:
    """One assignment with its answers, oldest first."""
    answers = sorted(row.answers.all(), key=lambda answer: answer.number)
    newest = next((answer.number for answer in reversed(answers) if answer.kind != Answer.Kind.CONFIRM), 0)
    lines = [
        AnswerLine(
            answer=answer,
            reasons=[str(reason.label) for reason in Reason if reason in answer.reasons],
            is_replaced=answer.number < newest,
        )
        for answer in answers
    ]
    return Work(assignment=row, answers=lines, skip=skip, flags=list(row.flags.all()))


def find_decision(candidate: Candidate) -> Decision | None:
    """The decision that stands, None where there is none."""
    return Decision.objects.current().filter(candidate=candidate).first()


def check_rules(candidate: Candidate) -> list[RuleLine]:
    """The hard rules of the candidate's deliverable held against its picture; empty where it has none."""
    return list_rules(candidate.deliverable.rules, candidate.image) if candidate.image else []
