"""Gold and repeats: now and then somebody is given a candidate whose right answer is known, or one of their own of a week ago or longer.

They come on the label page between the others, and nothing there tells them apart. Their answers are rows of their own purpose and count
as labels nowhere.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from labeling.models import (
    Arm,
    Assignment,
    Candidate,
    Example,
    Gold,
    Membership,
    Policy,
    Project,
    Purpose,
    Skip,
    State,
    Status,
    Suggestion,
    User,
    WalkPosition,
)
from labeling.protocol.arms import SUGGESTED
from labeling.protocol.queue import Head
from labeling.protocol.record import SHOWN, remember

REPEAT_AFTER = timedelta(days=7)
OUT_OF_SIGHT = [State.STAGED, State.HELD, State.WITHDRAWN]
# How many candidates are looked at before somebody is given a primary after all.
LOOKED_AT = 20


def draw_purposes(project: Project, position: WalkPosition, head: Head) -> list[Purpose]:
    """What the person is to be given before the candidate of `head`: gold, a repeat, or most often nothing.

    Never in the middle of a bundle, where a candidate of another task would stand out: what was not drawn there is made up for at its end.
    Resets the count of seats since the last draw; the caller stores it.
    """
    seats = position.undrawn
    if not seats or head.sort >> 8 == position.sort >> 8:
        return []
    position.undrawn = 0
    shares = {Purpose.GOLD: project.gold_share, Purpose.REPEAT: project.repeat_share}
    drawn = random.random() if any(shares.values()) else 1.0
    for purpose, share in shares.items():
        # The shares are of all that is given, so of so many primaries it is somewhat more.
        drawn -= seats * share / (100 - sum(shares.values()))
        if drawn < 0:
            return [purpose]
    return []


def find_hidden(project: Project, person: User, membership: Membership, purpose: Purpose) -> Candidate | None:
    """The locked candidate that the person is given as gold or as a repeat; None if there is none for them now.

    Only of tasks that want a single image: one image of a set would come alone, where the others come together. A lead who labels is given
    no gold: they can read its answers.
    """
    if purpose == Purpose.GOLD:
        ids: Iterable[int] = [] if membership.is_lead else find_gold(project, person, membership.categories)
    else:
        ids = find_own(project, person, membership.categories)
    return next(filter(None, (lock_in_sight(pk, purpose) for pk in ids)), None)


def lock_in_sight(pk: int, purpose: Purpose) -> Candidate | None:
    """Lock a candidate if nobody else is locking it and it may still be shown, which a lead may have changed a moment ago."""
    locked = Candidate.objects.select_for_update(of=("self",), no_key=True, skip_locked=True).select_related(*SHOWN)
    candidate = locked.filter(pk=pk).first()
    if candidate is None or candidate.image is None or candidate.state in OUT_OF_SIGHT:
        return None
    return None if purpose == Purpose.GOLD and candidate.state != State.SETTLED else remember(candidate)


def find_gold(project: Project, person: User, categories: Sequence[str]) -> list[int]:
    """The gold of the project of which the person has met neither the candidate nor another one of the task as gold, those given out least
    first. Only while the decision that its answer was taken from still stands, about the same image.
    """
    standing = {"candidate__decisions__revoked_event": None, "candidate__decisions__verdict": F("verdict")}
    gold = Gold.objects.filter(project=project, retired_at=None, image=F("candidate__image"), **standing).values("candidate")
    rows = single_images(Candidate.objects.filter(pk__in=gold, state=State.SETTLED), categories)
    mine = Assignment.objects.filter(person=person).exclude(status=Status.RELEASED)
    met = mine.filter(candidate=OuterRef("pk"))
    met_task = mine.filter(purpose=Purpose.GOLD, candidate__bundle__task=OuterRef("bundle__task"))
    fresh = unseen(rows, person).exclude(Exists(met)).exclude(Exists(met_task))
    given = Count("assignments", filter=Q(assignments__purpose=Purpose.GOLD))
    return list(fresh.annotate(given=given).order_by("given", "?").values_list("pk", flat=True)[:LOOKED_AT])


def find_own(project: Project, person: User, categories: Sequence[str]) -> Iterator[int]:
    """What the person answered long enough ago, about the image and the order as they are still, and was not given again since.

    From a random time on, or else from the first answer on: looking at all of them would take longer with every label.
    """
    answered = Assignment.objects.filter(person=person, project=project, status=Status.SUBMITTED)
    old = answered.filter(submitted_at__lte=timezone.now() - REPEAT_AFTER).order_by("submitted_at")
    first = old.values_list("submitted_at", flat=True).first()
    if first is None:
        return
    span = timezone.now() - REPEAT_AFTER - first
    for start in (first + span * random.random(), first):
        yield from list_own(old, start, person, categories)


def list_own(old: QuerySet[Assignment], start: datetime, person: User, categories: Sequence[str]) -> list[int]:
    """Those of the next few of a person's answers from `start` on that can be repeated."""
    columns = ("candidate_id", "purpose", "round", "image_id", "task_version")
    said = {row[0]: row[1:] for row in old.filter(submitted_at__gte=start).values_list(*columns)[:LOOKED_AT]}
    rows = unseen(single_images(Candidate.objects.filter(pk__in=said), categories), person).exclude(state__in=OUT_OF_SIGHT)
    mine = Assignment.objects.filter(candidate=OuterRef("pk"), person=person)
    taken = mine.filter(Q(purpose__in=[Purpose.REPEAT, Purpose.ADJUDICATION]) | Q(status=Status.LEASED))
    found = rows.exclude(Exists(taken)).order_by("?").values_list("pk", "round", "image_id", "bundle__task__version")
    return [pk for pk, number, image, version in found if said[pk] == (Purpose.PRIMARY, number, image, version)]


def single_images(rows: QuerySet[Candidate], categories: Sequence[str]) -> QuerySet[Candidate]:
    """Candidates of tasks that want one image, of these categories (all if none is named)."""
    alone = rows.filter(bundle__task__quantity=1)
    return alone.filter(bundle__task__category__in=categories) if categories else alone


def unseen(rows: QuerySet[Candidate], person: User) -> QuerySet[Candidate]:
    """Those that the person has not passed on and that are no examples."""
    skipped = Skip.objects.filter(candidate=OuterRef("pk"), person=person)
    return rows.exclude(Exists(skipped)).exclude(Exists(Example.objects.filter(candidate=OuterRef("pk"))))


def find_sight(candidate: Candidate, person: User, purpose: Purpose) -> tuple[Arm, Suggestion | None]:
    """What the person sees of a suggestion: at a repeat what they saw the first time, at gold as much as at any candidate."""
    is_test_side = candidate.bundle.task.is_test_side
    if purpose == Purpose.REPEAT:
        first = candidate.assignments.filter(person=person, purpose=Purpose.PRIMARY, status=Status.SUBMITTED).select_related("suggestion")
        row = first.order_by("-id").first()
        return (Arm.BLIND, None) if row is None or is_test_side else (Arm(row.arm), row.suggestion)
    project = candidate.project
    if not project.model_version or project.policy == Policy.OFF or is_test_side:
        return Arm.BLIND, None
    suggestion = SUGGESTED.first(candidate=candidate.pk, image=candidate.image_id, version=project.model_version)
    arm = Arm.BLIND if suggestion is None else draw_arm(candidate, person)
    return arm, None if arm == Arm.BLIND else suggestion


def draw_arm(candidate: Candidate, person: User) -> Arm:
    """The arm of a gold assignment, by a hash of its own: as likely as that of a primary one."""
    project = candidate.project
    digest = hashlib.sha256(f"{project.seed} gold {candidate.public_id} {person.public_id}".encode()).digest()
    is_control = int.from_bytes(digest[:6], "big") * 100 / (1 << 48) < project.control_share
    if project.policy == Policy.ALL:
        return Arm.BOTH
    if is_control or (project.policy == Policy.MEASURED and digest[6] % 2):
        return Arm.BLIND
    return Arm.REVEAL if project.policy == Policy.REVEAL else Arm.ASSISTED
