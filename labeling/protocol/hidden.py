"""Gold and repeats: now and then somebody is given a candidate whose right answer is known, or one of their own of a week ago or longer.

They come on the label page between the others, and nothing there tells them apart. Their answers are rows of their own purpose and count
as labels nowhere.
"""

from __future__ import annotations

import hashlib
import random
from datetime import timedelta

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
LOOKED_AT = 10


def draw_purposes(project: Project, position: WalkPosition, head: Head) -> list[Purpose]:
    """Of gold and repeat those that the person is to be given before the candidate of `head`, most often none.

    Never in the middle of a bundle, where a candidate of another task would stand out: what was not drawn there is made up for at its end.
    Resets the count of seats since the last draw; the caller stores it.
    """
    seats = position.undrawn
    if not seats or head.sort >> 8 == position.sort >> 8:
        return []
    position.undrawn = 0
    shares = {Purpose.GOLD: project.gold_share, Purpose.REPEAT: project.repeat_share}
    return [purpose for purpose, share in shares.items() if share and random.random() >= (1 - share / 100) ** seats]


def find_hidden(project: Project, person: User, membership: Membership, purpose: Purpose) -> Candidate | None:
    """The locked candidate that the person is given as gold or as a repeat; None if there is none for them now."""
    rows = find_gold(project, person) if purpose == Purpose.GOLD else find_own(project, person)
    if membership.categories:
        rows = rows.filter(bundle__task__category__in=membership.categories)
    # In a statement of its own, because PostgreSQL locks no row that it has grouped.
    ids = list(rows.values_list("pk", flat=True)[:LOOKED_AT])
    locked = Candidate.objects.select_for_update(of=("self",), no_key=True, skip_locked=True).select_related(*SHOWN)
    found = {candidate.pk: candidate for candidate in locked.filter(pk__in=ids)}
    here = (found[pk] for pk in ids if pk in found and is_in_sight(found[pk]))
    candidate = next(here, None)
    return None if candidate is None else remember(candidate)


def is_in_sight(candidate: Candidate) -> bool:
    """Whether the locked candidate may be shown, which the lead may have changed a moment ago."""
    return candidate.state not in OUT_OF_SIGHT and candidate.image is not None


def find_gold(project: Project, person: User) -> QuerySet[Candidate]:
    """The gold of the project that the person has neither answered, skipped nor seen decided, those given out least first.

    Only while the decision that its answer was taken from still stands, about the same image.
    """
    standing = {"candidate__decisions__revoked_event": None, "candidate__decisions__verdict": F("verdict")}
    gold = Gold.objects.filter(project=project, retired_at=None, image=F("candidate__image"), **standing).values("candidate")
    met = Assignment.objects.filter(candidate=OuterRef("pk"), person=person).exclude(status=Status.RELEASED)
    rows = Candidate.objects.filter(pk__in=gold, state=State.SETTLED)
    fresh = rows.exclude(Exists(met)).exclude(Exists(skipped_by(person))).exclude(Exists(Example.objects.filter(candidate=OuterRef("pk"))))
    given = Count("assignments", filter=Q(assignments__purpose=Purpose.GOLD))
    return fresh.annotate(given=given).order_by("given", "?")


def find_own(project: Project, person: User) -> QuerySet[Candidate]:
    """What the person answered long enough ago, about the image and the order as they are still, and was not given again since."""
    answered = Assignment.objects.filter(person=person, project=project, status=Status.SUBMITTED)
    old = answered.filter(purpose=Purpose.PRIMARY, submitted_at__lte=timezone.now() - REPEAT_AFTER)
    same = old.filter(image=F("candidate__image"), task_version=F("candidate__bundle__task__version"))
    again = Assignment.objects.filter(candidate=OuterRef("pk"), person=person, purpose=Purpose.REPEAT)
    decided = Assignment.objects.filter(candidate=OuterRef("pk"), person=person, purpose=Purpose.ADJUDICATION)
    rows = Candidate.objects.filter(pk__in=same.values("candidate")).exclude(state__in=OUT_OF_SIGHT)
    unseen = rows.exclude(Exists(again)).exclude(Exists(decided)).exclude(Exists(skipped_by(person)))
    return unseen.exclude(Exists(Example.objects.filter(candidate=OuterRef("pk")))).order_by("?")


def skipped_by(person: User) -> QuerySet[Skip]:
    """What the person passed on of the outer candidate."""
    return Skip.objects.filter(candidate=OuterRef("pk"), person=person)


def find_sight(candidate: Candidate, person: User, purpose: Purpose) -> tuple[Arm, Suggestion | None]:
    """What the person sees of a suggestion: at a repeat what they saw the first time, at gold as much as at any candidate."""
    if purpose == Purpose.REPEAT:
        first = candidate.assignments.filter(person=person, purpose=Purpose.PRIMARY, status=Status.SUBMITTED).select_related("suggestion")
        row = first.order_by("id").first()
        return (Arm.BLIND, None) if row is None else (Arm(row.arm), row.suggestion)
    project = candidate.project
    if not project.model_version or project.policy == Policy.OFF or candidate.bundle.task.is_test_side:
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
