"""How many candidates a judge has judged as they are now."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q, QuerySet

from judging.load_material import JUDGED
from judging.models import Backend, Judge, Score
from judging.models.score import ScoreQuerySet
from judging.rubrics.base import Why
from judging.rubrics.registry import RUBRICS, get_rubric
from judging.standing import only_about_now
from labeling.models import Candidate, Project

# No value for these reasons is all that there can be; for any other the candidate is still to be judged.
NOTHING_TO_SAY = [Why.NOT_APPLICABLE, Why.NO_POINTS, Why.CANNOT_SPEAK]
SPOKEN = Q(value__isnull=False) | Q(why__in=NOTHING_TO_SAY)


def candidates_to_judge(project: Project) -> QuerySet[Candidate]:
    """The candidates that judges look at: submitted samples with an image that are not withdrawn or still being imported."""
    return Candidate.objects.filter(project=project, is_submitted_sample=True, image__isnull=False, state__in=JUDGED)


def count_covered(judge: Judge, known: dict[int, str] | None = None) -> int:
    """How many candidates have all that the judge has to give, about what is there now; anything at all where scores were imported.

    `known` is passed on to `only_about_now`.
    """
    about_picture = Q(candidate=None) | Q(image__isnull=False)
    spoken = only_about_now(Score.objects.current().filter(SPOKEN, about_picture, judge=judge), known).order_by()
    own, shared = concepts_to_give(judge)
    candidates = candidates_to_judge(judge.project)
    if not own and not shared:
        mine = Q(pk__in=spoken.filter(candidate__isnull=False).values("candidate")) | Q(
            bundle__in=spoken.filter(candidate=None).values("bundle")
        )
        return candidates.filter(mine).count()
    if own:
        candidates = candidates.filter(pk__in=have_all(spoken.filter(candidate__isnull=False), "candidate", own))
    if shared:
        candidates = candidates.filter(bundle__in=have_all(spoken.filter(candidate=None), "bundle", shared))
    return candidates.count()


def concepts_to_give(judge: Judge) -> tuple[list[str], list[str]]:
    """The concepts that the judge tells of each candidate, and of each bundle; none where only its file knows them."""
    if judge.backend == Backend.IMPORTED or judge.rubric not in RUBRICS:
        return [], []
    rubric = get_rubric(judge.rubric)
    concepts = list(dict.fromkeys(concept for part in judge.parts for concept in rubric.concepts_of(part)))
    return [name for name in concepts if name not in rubric.of_bundle], [name for name in concepts if name in rubric.of_bundle]


def have_all(scores: ScoreQuerySet, what: str, concepts: list[str]) -> QuerySet[Score, Any]:
    """The candidates, or bundles, with a score of each of `concepts`."""
    found = scores.filter(concept__in=concepts)
    if len(concepts) > 1:
        found = found.values(what).annotate(told=Count("pk")).filter(told=len(concepts))
    one: QuerySet[Score, Any] = found.values(what)
    return one
