"""What a judge version says, line by line, in the formats that can be imported (docs/scores.md)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q

from judging.data_in.score_fields import RANGES, SPLIT_NAMES, SPLIT_NOT_APPLICABLE
from judging.models import Judge, Score
from judging.models.score import ScoreQuerySet
from judging.rubrics.base import Why
from judging.standing import only_about_now
from labeling.among import Ids
from labeling.models import Bundle, Candidate

AT_ONCE = 200
# No score for these reasons is what a file calls not applicable. For any other reason there is nothing to tell.
NOT_APPLICABLE = (Why.NOT_APPLICABLE, Why.NO_POINTS)


@dataclass(kw_only=True)
class Told:
    """What the judge says of one candidate: its own scores and those of its bundle, by concept."""

    candidate: Candidate
    scores: dict[str, Score] = field(default_factory=dict)

    @property
    def values(self) -> dict[str, float | None]:
        """The values in the order of the concepts, None where one does not apply."""
        return {concept: self.scores[concept].value for concept in RANGES if concept in self.scores}


Render = Callable[[Told], dict[str, Any] | None]


def find_told(judge: Judge) -> Iterator[Told]:
    """What stands of a judge version, candidates sorted by task, generator, deliverable and sample."""
    told = find_usable(judge).filter(concept__in=list(RANGES)).values("bundle")
    rows = Bundle.objects.filter(pk__in=told).values_list("task__external_id", "generator__slug", "pk")
    # Sorted here, for databases sort texts by rules of their own.
    ordered = [pk for _task, _generator, pk in sorted(rows)]
    for start in range(0, len(ordered), AT_ONCE):
        yield from read_bundles(judge, ordered[start : start + AT_ONCE])


def find_usable(judge: Judge) -> ScoreQuerySet:
    """The scores that stand, in no order, without those that could not be told."""
    is_told = Q(value__isnull=False) | Q(why__in=NOT_APPLICABLE)
    return Score.objects.current().filter(is_told, judge=judge).order_by()


def read_bundles(judge: Judge, ids: Sequence[int]) -> Iterator[Told]:
    """What is said of the candidates of these bundles as they are now, in their order; nothing of a picture or a brief changed since."""
    scores: dict[tuple[int, int], dict[str, Score]] = defaultdict(dict)
    # Asked for its concepts as well, SQLite would read all that the judge has ever said.
    for score in only_about_now(find_usable(judge).filter(bundle__among=Ids(ids))):
        if score.concept in RANGES:
            scores[score.bundle_id, score.candidate_id or 0][score.concept] = score
    rows = Candidate.objects.filter(bundle__among=Ids(ids)).select_related("bundle__task", "bundle__generator", "deliverable")
    place = {pk: number for number, pk in enumerate(ids)}
    for row in sorted(rows, key=lambda row: (place[row.bundle_id], row.deliverable.number, row.sample)):
        own, shared = scores.get((row.bundle_id, row.pk), {}), scores.get((row.bundle_id, 0), {})
        # The score of a bundle is about what is delivered.
        if own or (shared and row.is_submitted_sample):
            yield Told(candidate=row, scores={**shared, **own})


def render_scores(told: Told) -> dict[str, Any]:
    """A line of the format `scores`."""
    flags, points = list_flags(told), find_points(told)
    return {
        **name(told.candidate),
        "deliverable": told.candidate.deliverable.number,
        **({"sample": told.candidate.sample} if told.candidate.sample > 1 else {}),
        "scores": told.values,
        **({"flags": flags} if flags else {}),
        **({"points": points} if points else {}),
    }


def render_servimage(told: Told) -> dict[str, Any] | None:
    """A row of ServImage's `cbm_split`; None for what has none: further samples, and scores that it does not know."""
    values = {
        SPLIT_NAMES[concept]: SPLIT_NOT_APPLICABLE if value is None else value
        for concept, value in told.values.items()
        if concept in SPLIT_NAMES
    }
    if not (values and told.candidate.is_submitted_sample):
        return None
    return {**name(told.candidate), "subtask": f"subtask_{told.candidate.deliverable.number}", **values}


def name(candidate: Candidate) -> dict[str, Any]:
    """Generator and task of a candidate."""
    return {"model": candidate.bundle.generator.slug, "task_id": candidate.bundle.task.external_id}


def list_flags(told: Told) -> dict[str, list[str]]:
    """The flags of a candidate by concept, an empty list where the judge looked and found none."""
    scores = {concept: told.scores[concept] for concept in told.values}
    details = {concept: find_detail(score, told.candidate) for concept, score in scores.items() if score.value is not None}
    return {concept: list(detail["flags"]) for concept, detail in details.items() if "flags" in detail}


def find_points(told: Told) -> list[int]:
    """Which evaluation points this image meets; empty where the judge does not tell."""
    score = told.scores.get("brf")
    own = find_detail(score, told.candidate) if score and score.value is not None else {}
    return [] if own.get("missing") else list(own.get("scores", []))


def find_detail(score: Score, candidate: Candidate) -> Mapping[str, Any]:
    """What stands beside a score of this candidate, or about it beside one of its bundle."""
    if score.candidate_id is not None:
        return dict(score.detail)
    return next((dict(entry) for entry in score.detail.get("images", []) if entry.get("sample") == candidate.pk), {})


FORMATS: dict[str, Render] = {"scores": render_scores, "servimage": render_servimage}
