"""What training needs, and what the project has of it."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Q

from labeling.models import Candidate, Decision, Project, State, Task, Verdict
from modeling.net.gate import FEWEST as FEWEST_TEST
from modeling.train_job import FEWEST as FEWEST_TRAINING


@dataclass(frozen=True, kw_only=True)
class Needs:
    """Decided candidates outside the test side and on it, those on it that are not decided yet (withdrawn ones left out), tasks in all
    and on it, which answers there are, and how many are needed.
    """

    decided: int
    test_decided: int
    test_open: int
    has_accepted: bool
    has_rejected: bool
    tasks: int
    test_tasks: int
    fewest_training: int = FEWEST_TRAINING
    fewest_test: int = FEWEST_TEST

    @property
    def can_train(self) -> bool:
        """Whether there is enough to learn from."""
        return self.decided >= self.fewest_training and self.has_accepted and self.has_rejected

    @property
    def can_ever_judge(self) -> bool:
        """Whether the gate could decide once the whole test side is decided."""
        return self.test_decided + self.test_open >= self.fewest_test

    @property
    def can_judge(self) -> bool:
        """Whether the gate can decide."""
        return self.test_decided >= self.fewest_test


def read_needs(project: Project) -> Needs:
    """What the project has now. Which answers there are is asked and not counted: that would take a project's millions of rows."""
    settled = Candidate.objects.standing_as(project.pk, State.SETTLED).order_by()
    on_side = settled.filter(bundle__task__is_test_side=True).count()
    here = Candidate.objects.filter(project=project, bundle__task__is_test_side=True).order_by()
    stand = Decision.objects.filter(candidate__project=project, candidate__bundle__task__is_test_side=False, revoked_event=None)
    tasks = Task.objects.filter(project=project).aggregate(tasks=Count("pk"), test_tasks=Count("pk", filter=Q(is_test_side=True)))
    return Needs(
        decided=settled.count() - on_side,
        test_decided=on_side,
        test_open=here.exclude(state__in=[State.SETTLED, State.WITHDRAWN]).count() if on_side < FEWEST_TEST else 0,
        has_accepted=stand.filter(verdict=Verdict.ACCEPT).exists(),
        has_rejected=stand.filter(verdict=Verdict.REJECT).exists(),
        fewest_test=FEWEST_TEST,
        **tasks,
    )
