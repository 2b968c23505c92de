"""Where the targets of the concepts come from: people's reasons, a judge's scores, or a formula."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count
from django.utils.translation import gettext_noop as _

from judging.models import Backend, Judge, Score
from judging.rubrics.base import Why
from judging.rubrics.classical.rubric import Classical
from judging.rubrics.pay_direct import CONCEPT as P_ACCEPT
from judging.rubrics.pay_direct import PayDirect
from judging.rubrics.servimage_score.rubric import ServImageScore
from judging.standing import only_about_now
from labeling.among import Ids
from labeling.data_out.as_of import BundleAsOf
from labeling.jobs.context import JobFailed
from labeling.models import Project, Reason, Verdict
from modeling.net.concepts import CONCEPTS, FEWEST_LABELS, RANGES
from modeling.snapshots.filters import AUTO, NONE, PEOPLE, Filters

# The reasons of a reject that name a concept; the others say nothing of any.
NAMED_BY: Mapping[str, str] = {
    Reason.BRIEF_MISSED: "brf",
    Reason.BLURRY: "veq_clarity",
    Reason.UNREAL: "veq_realism",
    Reason.UNATTRACTIVE: "veq_aesthetic",
    Reason.BAD_TEXT: "veq_text",
    Reason.EDIT_LEAKS: "cns_edit",
    Reason.SET_DIFFERS: "cns_set",
}
ASKING = (Backend.OPENAI, Backend.TRANSFORMERS, Backend.REPLAY)
NOT_APPLICABLE = (Why.NOT_APPLICABLE, Why.NO_POINTS)


@dataclass(frozen=True, kw_only=True)
class Teacher:
    """Where targets come from: people (`judge` None and `kind` people), the scores of `judge`, or nowhere."""

    kind: str
    judge: Judge | None = None

    @property
    def source(self) -> str:
        """The name under which figures of concepts are told."""
        return f"judge: {self.judge}" if self.judge is not None else self.kind

    @property
    def is_formula(self) -> bool:
        """Whether the targets are worked out by plain code: predicting them well is no quality."""
        return self.judge is not None and self.judge.rubric == Classical.name


@dataclass(kw_only=True)
class Said:
    """What is known of the concepts of one candidate: targets, which do not apply, and all scores of judges for baselines."""

    concepts: dict[str, float] = field(default_factory=dict)
    not_applicable: set[str] = field(default_factory=set)
    judged: dict[str, float] = field(default_factory=dict)


def find_teacher(project: Project, filters: Filters) -> Teacher:
    """Where the targets come from by the lead's choice. Raises JobFailed if the project has no such judge."""
    if filters.concepts in (NONE, PEOPLE):
        return Teacher(kind=filters.concepts)
    if filters.concepts == AUTO:
        judge = find_best_judge(project)
        return Teacher(kind="judge" if judge else NONE, judge=judge)
    named = filters.judge
    judge = Judge.objects.filter(project=project, public_id=named).first() if named else None
    if judge is None:
        raise JobFailed(_("The judge whose scores were to teach concepts is not in this project."))
    return Teacher(kind="judge", judge=judge)


def find_best_judge(project: Project) -> Judge | None:
    """The judge that teaches where nobody has chosen: one that asks a model, else imported scores, else the formulas.

    Of several the one that has scored the most candidates and bundles, then the newest. One that was only tried out, with fewer than 50
    scores or a tenth of those of another one, teaches nothing while any has more.
    """
    scored = count_scored(project)
    enough = max(FEWEST_LABELS, max(scored.values(), default=0) / 10)
    counts = {judge: count for judge, count in scored.items() if count >= enough} or scored
    judges = sorted(Judge.objects.filter(project=project, pk__in=counts), key=lambda judge: (-counts[judge.pk], -judge.pk))
    for is_right in (
        lambda judge: judge.rubric == ServImageScore.name and judge.backend in ASKING,
        lambda judge: judge.rubric == ServImageScore.name and judge.backend == Backend.IMPORTED,
        lambda judge: judge.rubric == Classical.name,
    ):
        if found := next(filter(is_right, judges), None):
            return found
    return None


def count_scored(project: Project) -> dict[int, int]:
    """Of how many candidates and bundles each judge of the project says something that stands, by row id."""
    rows = Score.objects.current().filter(judge__project=project, value__isnull=False).order_by()
    told = rows.values("judge").annotate(candidates=Count("candidate", distinct=True), bundles=Count("bundle", distinct=True))
    return {row["judge"]: row["candidates"] + row["bundles"] for row in told}


def find_pay_judge(project: Project) -> Judge | None:
    """The judge that is asked straight out, of several the one that has scored the most."""
    counts = count_scored(project)
    judges = Judge.objects.filter(project=project, rubric=PayDirect.name, pk__in=counts)
    return max(judges, key=lambda judge: (counts[judge.pk], judge.pk), default=None)


class Scores:
    """The scores of a project's judges that are about what is there now."""

    def __init__(self, project: Project, teacher: Teacher) -> None:
        self.teacher = teacher
        self.names = {judge.pk: str(judge) for judge in Judge.objects.filter(project=project)}
        self.pay = find_pay_judge(project)
        self.known: dict[int, str] = {}

    def read(self, bundles: Mapping[int, BundleAsOf]) -> dict[int, Said]:
        """What judges say of the candidates of these bundles (by row id), by row id of the candidate.

        A score of a bundle is one of each image that is delivered in it, unless the judge says more of that image alone.
        """
        rows = Score.objects.current().filter(judge__in=list(self.names), bundle__among=Ids(bundles)).order_by()
        found: dict[int, Said] = defaultdict(Said)
        shared: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
        own: list[tuple[int, tuple[Any, ...]]] = []
        columns = ("bundle_id", "candidate_id", "judge_id", "concept", "value", "why")
        for bundle, candidate, *told in only_about_now(rows, self.known).values_list(*columns):
            if candidate is None:
                shared[bundle].append(tuple(told))
            else:
                own.append((candidate, tuple(told)))
        for pk, bundle in bundles.items():
            delivered = [row.pk for row in bundle.candidates if row.is_submitted_sample]
            for candidate in delivered:
                self.add(found[candidate], shared[pk])
        for candidate, told in own:
            self.add(found[candidate], [told])
        return found

    def add(self, said: Said, rows: Iterable[tuple[Any, ...]]) -> None:
        """Add scores (judge, concept, value, why) to what is known of a candidate."""
        for judge, concept, value, why in rows:
            is_target = self.teacher.judge is not None and judge == self.teacher.judge.pk and concept in RANGES
            if is_target:
                add_target(said, concept, value, why)
            if value is None:
                continue
            if concept != P_ACCEPT:
                said.judged[f"{self.names[judge]}/{concept}"] = value
            elif self.pay is not None and judge == self.pay.pk:
                said.judged[P_ACCEPT] = value


def add_target(said: Said, concept: str, value: float | None, why: str) -> None:
    """Add what the teacher says of a concept; a later word takes the place of an earlier one."""
    said.concepts.pop(concept, None)
    said.not_applicable.discard(concept)
    if value is not None:
        said.concepts[concept] = min(max(value, RANGES[concept].low), RANGES[concept].high)
    elif why in NOT_APPLICABLE:
        said.not_applicable.add(concept)


def ask_people(answers: Sequence[Mapping[str, Any]], *, is_editing: bool, quantity: int) -> Said:
    """Targets from reasons: of each concept the share of the counted answers that do not name it, on the scale of the concept.

    From 0 to 5 that is five times the share. A reject without any reason does not tell what was wrong, so it is not counted; where no
    answer is left nothing is known. Consistency with a source needs one, and that of a set more than one image.
    """
    telling = [answer for answer in answers if answer["verdict"] == Verdict.ACCEPT or answer["reasons"]]
    absent = {concept for concept, applies in (("cns_edit", is_editing), ("cns_set", quantity > 1)) if not applies}
    if not telling:
        return Said()
    named = Counter(NAMED_BY[reason] for answer in telling for reason in set(answer["reasons"]) if reason in NAMED_BY)
    spans = {concept: (RANGES[concept].low, RANGES[concept].high) for concept in CONCEPTS if concept not in absent}
    targets = {concept: high - (high - low) * named[concept] / len(telling) for concept, (low, high) in spans.items()}
    return Said(concepts=targets, not_applicable=absent)


def describe_targets(teacher: Teacher, known: Collection[str]) -> dict[str, dict[str, Any]]:
    """Where the targets of each concept of which some are `known` come from."""
    return {concept: {"source": teacher.source, "is_formula": teacher.is_formula} for concept in CONCEPTS if concept in known}
