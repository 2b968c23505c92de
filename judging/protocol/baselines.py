"""The judges that every machine has: plain code, without a model."""

from __future__ import annotations

from django.db import transaction

from judging.models import Backend, Judge, JudgeRun
from judging.protocol.judges import make_judge
from judging.protocol.runs import plan_run
from labeling.browse.wanted import Wanted
from labeling.models import Project, User

# Name of the judge, and its rubric.
BASELINES = (("classical", "classical"), ("hard-rules", "hard_rules"))
ENDED = [JudgeRun.State.DONE, JudgeRun.State.FAILED, JudgeRun.State.CANCELLED]


@transaction.atomic
def start_baselines(project: Project, lead: User | None) -> list[JudgeRun]:
    """Make the baselines where they are not there yet and let each judge what it has not; returns the runs begun.

    One whose run has not ended is left at it. `lead` is None for what the site does by itself. Locks the project. Raises ProtocolError.
    """
    # Making a judge locks the project, so of two who press the button the second finds the runs of the first.
    judges = [make_judge(project, lead, name, Backend.CODE, rubric, {}) for name, rubric in BASELINES]
    return [plan_run(judge, lead, Wanted(), starts_at_once=True) for judge in judges if not has_live_run(judge)]


def has_live_run(judge: Judge) -> bool:
    """Whether a run of the judge has not ended."""
    return JudgeRun.objects.filter(judge=judge).exclude(state__in=ENDED).exists()
