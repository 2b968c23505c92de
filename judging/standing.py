"""Whether a score is about what is there now: the picture, the task and, for a score of a bundle, all pictures of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db.models import F, Q

from judging.load_material import JUDGED, hash_pictures
from judging.models import Score
from judging.models.score import ScoreQuerySet
from labeling.among import Ids
from labeling.models import Bundle, Candidate

# What is not known, of scores imported without it, is not taken for another one.
SAME_TASK = Q(task_version=None) | Q(task_version=F("bundle__task__version"))
SAME_PICTURE = Q(candidate=None) | Q(image=None) | Q(image=F("candidate__image"))


@dataclass(frozen=True, kw_only=True)
class Present:
    """What a score made now would be about: this version of the task, and the pictures of the bundle with this hash."""

    task_version: int
    pictures: str


def read_present(bundle: Bundle, instead: Mapping[int, str] | None = None) -> Present:
    """What there is of a bundle now; `instead` are, by candidate, SHA-256 of pictures to take in the place of the present ones."""
    return Present(task_version=bundle.task.version, pictures=hash_bundles([bundle.pk], instead)[bundle.pk])


def is_about_now(score: Score, candidate: Candidate | None, present: Present) -> bool:
    """Whether a score of `candidate`, or of its bundle (then that does not matter), is about nothing older than what is there now."""
    if score.task_version not in (None, present.task_version):
        return False
    if score.candidate_id is None or candidate is None:
        return score.pictures in ("", present.pictures)
    return score.image_id in (None, candidate.image_id)


def list_about_now(scores: Iterable[Score]) -> set[int]:
    """The ids of those of some scores, with their bundles, tasks and candidates, that are about what is there now."""
    rows = list(scores)
    pictures = hash_bundles({row.bundle_id for row in rows if row.candidate_id is None})
    return {
        row.pk
        for row in rows
        if is_about_now(row, row.candidate, Present(task_version=row.bundle.task.version, pictures=pictures.get(row.bundle_id, "")))
    }


def only_about_now(scores: ScoreQuerySet, known: dict[int, str] | None = None) -> ScoreQuerySet:
    """Those of `scores` that are about what is there now: `is_about_now` for many, in two more queries, however many they are.

    `known` are hashes of bundles that another call has found, and will get those of this one.
    """
    same = scores.filter(SAME_TASK, SAME_PICTURE)
    old = find_old(same, {} if known is None else known)
    return same.exclude(pk__among=Ids(old)) if old else same


def find_old(scores: ScoreQuerySet, known: dict[int, str]) -> list[int]:
    """The ids of those scores of bundles that are about other pictures than the bundle has now, with what is `known` of bundles."""
    # No database that the site runs on can hash them.
    told = list(scores.filter(candidate=None).exclude(pictures="").order_by().values_list("pk", "bundle", "pictures"))
    if unknown := {bundle for _pk, bundle, _pictures in told} - known.keys():
        known |= hash_bundles(unknown)
    return [pk for pk, bundle, pictures in told if pictures != known[bundle]]


def hash_bundles(ids: Iterable[int], instead: Mapping[int, str] | None = None) -> dict[int, str]:
    """By bundle: the hash of the pictures that judges would see of it now, some of them perhaps in the place of the present ones."""
    wanted, instead = list(ids), instead or {}
    rows = Candidate.objects.filter(bundle__among=Ids(wanted), is_submitted_sample=True, image__isnull=False, state__in=JUDGED)
    shown: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for bundle, pk, sha256 in rows.order_by().values_list("bundle", "pk", "image__sha256"):
        shown[bundle].append((pk, instead.get(pk, sha256)))
    return {pk: hash_pictures(shown[pk]) for pk in wanted}
