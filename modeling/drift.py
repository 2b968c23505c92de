"""How the version in use does on blind labels that came after it spoke: the job that looks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import F

from labeling.among import Ids
from labeling.jobs.context import JobContext
from labeling.models import Answer, Decision, Project, State, Suggestion, Verdict
from modeling.model_folder import require_packages
from modeling.models import DriftLook

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DRIFT = "drift"
FEWEST = 100
WINDOW = 2000
DRAWS, LEVEL = 2000, 95
# Decided by people of this site; an imported decision does not say what its author had seen.
HERE = [Decision.How.CONSENSUS, Decision.How.ADJUDICATION]


@dataclass(frozen=True, kw_only=True)
class Label:
    """A decision that nobody who took part in it had seen a suggestion before, and what the version had said by then."""

    candidate: int
    task: int
    p: float
    accepts: bool
    decided_at: datetime


def look(context: JobContext) -> None:
    """Look at the version in use of the job's project; nothing is stored where there are too few labels yet."""
    require_packages()
    project = Project.objects.get(pk=context.project_id)
    found = look_at_drift(project)
    if found is None:
        return
    with transaction.atomic():
        context.checkpoint({})
        found.save()
    context.result = {"look": found.pk, "n": found.n, "is_alarm": found.is_alarm}


def look_at_drift(project: Project) -> DriftLook | None:
    """How the version in use does, not stored yet; None where none is in use or it has fewer than 100 blind labels."""
    labels = find_labels(project, project.model_version) if project.model_version else []
    if len(labels) < FEWEST:
        return None
    figures = measure(labels)
    is_alarm = figures["ece"] > figures["ece_limit"] or figures["log_loss"] > figures["log_loss_limit"]
    return DriftLook(project=project, model_version=project.model_version, n=len(labels), figures=figures, is_alarm=is_alarm)


def find_labels(project: Project, version: str) -> list[Label]:
    """The blind decisions that stand and were made after the version spoke about the image that was decided, by candidate."""
    spoken = Suggestion.objects.filter(project=project, model_version=version, candidate__state=State.SETTLED, image=F("candidate__image"))
    columns = "candidate_id", "candidate__bundle__task_id", "p_accept", "created_at"
    rows = list(spoken.order_by("candidate_id").values_list(*columns))
    return [label for at in range(0, len(rows), WINDOW) for label in read_labels(rows[at : at + WINDOW])]


def read_labels(rows: Sequence[tuple[int, int, float, datetime]]) -> Iterable[Label]:
    """The labels of some candidates of which the version has spoken."""
    ids = Ids(row[0] for row in rows)
    decisions = Decision.objects.current().filter(candidate__among=ids, how__in=HERE)
    decided = {candidate: (verdict, at, number) for candidate, verdict, at, number in decisions.values_list(*DECIDED)}
    seen = set(
        Answer.objects.filter(assignment__candidate__among=ids)
        .exclude(exposure=Answer.Exposure.NONE)
        .values_list("assignment__candidate_id", "assignment__round")
    )
    for candidate, task, p, spoken_at in rows:
        if candidate not in decided:
            continue
        verdict, at, number = decided[candidate]
        if at > spoken_at and (candidate, number) not in seen:
            yield Label(candidate=candidate, task=task, p=p, accepts=verdict == Verdict.ACCEPT, decided_at=at)


DECIDED = ("candidate_id", "verdict", "decided_at", "round")


def measure(labels: Sequence[Label]) -> dict[str, Any]:
    """Calibration on these labels, and what a calibrated model with these probabilities stays below in 95 of 100 such samples."""
    import numpy as np

    from modeling.net.gate import simulate_ece_limit
    from modeling.net.metrics import compute_metrics, tell_reliability

    p = np.array([label.p for label in labels])
    accepts = np.array([label.accepts for label in labels])
    figures = compute_metrics(accepts, p)
    kept = ("n", "rate", "mean_p", "accuracy", "auc", "brier", "log_loss", "ece")
    return {
        **{name: figures[name] for name in kept},
        "ece_limit": simulate_ece_limit(p),
        "log_loss_limit": simulate_log_loss_limit(p),
        "reliability": tell_reliability(accepts, p),
        "since": min(label.decided_at for label in labels).isoformat(),
    }


def simulate_log_loss_limit(p: NDArray[np.float64], *, draws: int = DRAWS, seed: int = 0) -> float:
    """The 95th percentile of the log loss (nats) of probabilities `p`, shape (n,), on labels drawn from them."""
    import numpy as np

    inside = np.clip(p, 1e-6, 1 - 1e-6)
    accepted, rejected = -np.log(inside), -np.log1p(-inside)
    random = np.random.default_rng(seed)
    losses = [float(np.where(random.random(len(p)) < inside, accepted, rejected).mean()) for _ in range(draws)]
    return float(np.percentile(losses, LEVEL))
