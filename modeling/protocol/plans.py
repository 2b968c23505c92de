"""When a project retrains by itself."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_noop as _

from labeling.models import Candidate, Project, State, User
from labeling.protocol.archive import require_open
from labeling.protocol.outcome import ProtocolError
from labeling.protocol.record import require_right
from modeling.models import DriftLook, RetrainPlan, TrainingRun
from modeling.protocol.runs import AT_WORK, start_run
from modeling.protocol.settings import make_config, name_checkpoint

if TYPE_CHECKING:
    from modeling.snapshots.filters import Filters

logger = logging.getLogger(__name__)

FEWEST_DECISIONS = 20
# How often somebody looks whether a plan is due: counting a project's decisions at every pass would be for nothing.
LOOK_EVERY = timedelta(minutes=1)
WEEK = timedelta(days=7)


@transaction.atomic
def change_plan(
    project: Project,
    lead: User,
    *,
    preset: str,
    every_decisions: int | None = None,
    weekly: bool = False,
    on_drift: bool = False,
    filters: Filters | None = None,
    settings: Mapping[str, Any] | None = None,
) -> RetrainPlan:
    """Let the project retrain by itself as told, or not at all where nothing is wanted. Locks the project. Raises ProtocolError.

    New decisions are counted from now on.
    """
    from modeling.snapshots.filters import Filters

    require_right(project, lead, "is_lead")
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    require_open(project.pk)
    make_config(preset, settings or {})
    if every_decisions is not None and every_decisions < FEWEST_DECISIONS:
        raise ProtocolError("too_often", _("Retrain after %(count)s new decisions at the earliest."), count=FEWEST_DECISIONS)
    wanted = {
        "preset": preset,
        "every_decisions": every_decisions,
        "weekly": weekly,
        "on_drift": on_drift,
        "wanted": (filters or Filters()).to_json(),
        "settings": name_checkpoint(settings or {}),
    }
    begun = {"decided": count_decided(project), "last_at": timezone.now()}
    plan, is_new = RetrainPlan.objects.get_or_create(project=project, defaults={**wanted, **begun})
    if not is_new:
        RetrainPlan.objects.filter(pk=plan.pk).update(**wanted, **begun)
        plan.refresh_from_db()
    return plan


def count_decided(project: Project) -> int:
    """How many candidates of a project are decided."""
    return Candidate.objects.standing_as(project.pk, State.SETTLED).order_by().count()


def start_due() -> int:
    """Start the runs that plans ask for; any number of processes may do so at once. Returns how many."""
    wants = Q(every_decisions__isnull=False) | Q(weekly=True) | Q(on_drift=True)
    old = Q(looked_at=None) | Q(looked_at__lt=timezone.now() - LOOK_EVERY)
    plans = RetrainPlan.objects.filter(wants, old, project__archived_at=None).select_related("project").order_by("pk")
    return sum(map(start_if_due, plans))


def start_if_due(plan: RetrainPlan) -> bool:
    """Start the run of one plan where it is due and none is at work; whether it did."""
    RetrainPlan.objects.filter(pk=plan.pk).update(looked_at=Now())
    if TrainingRun.objects.filter(project=plan.project_id, state__in=AT_WORK).exists():
        return False
    decided = count_decided(plan.project)
    why = tell_why(plan, decided)
    return why is not None and start_planned(plan, decided, why)


def tell_why(plan: RetrainPlan, decided: int) -> str | None:
    """Why the plan is due; None where it is not. Where nothing was decided since the last time there is nothing new to learn."""
    new = decided - plan.decided
    if new <= 0:
        return None
    if plan.every_decisions is not None and new >= plan.every_decisions:
        return TrainingRun.Why.DECISIONS
    if plan.weekly and (plan.last_at is None or plan.last_at < timezone.now() - WEEK):
        return TrainingRun.Why.WEEKLY
    return TrainingRun.Why.DRIFT if plan.on_drift and has_drifted(plan) else None


def has_drifted(plan: RetrainPlan) -> bool:
    """Whether the newest look at the version in use raised the alarm, after the plan last started a run."""
    looks = DriftLook.objects.filter(project=plan.project_id, model_version=plan.project.model_version).order_by("-pk")
    newest = looks.first()
    return newest is not None and newest.is_alarm and (plan.last_at is None or newest.at > plan.last_at)


@transaction.atomic
def start_planned(plan: RetrainPlan, decided: int, why: str) -> bool:
    """Start the run of a due plan, unless somebody else has. Locks the project."""
    from modeling.snapshots.filters import Filters

    # The project first, as everywhere; then nobody else has started it, or the plan says so.
    Project.objects.select_for_update(no_key=True).get(pk=plan.project_id)
    locked = RetrainPlan.objects.select_for_update(of=("self",)).select_related("project").get(pk=plan.pk)
    if locked.last_at != plan.last_at:
        return False
    try:
        start_run(locked.project, None, preset=locked.preset, filters=Filters.from_json(locked.wanted), settings=locked.settings, why=why)
    except ProtocolError as refusal:
        # A run that was started this moment, or settings that an update of the site no longer takes; the next look tries again.
        logger.warning("the plan of project %s starts no run: %s", plan.project_id, refusal)
        return False
    RetrainPlan.objects.filter(pk=plan.pk).update(decided=decided, last_at=Now())
    return True
