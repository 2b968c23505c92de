"""The versions of a project with their figures and marks, and what is in use."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from labeling.models import Project
from modeling.lead.figures import HEADLINE, Figure
from modeling.lead.gate import Gate, read_gate
from modeling.lead.metrics import headline
from modeling.models import ModelVersion, Promotion, TrainingRun
from modeling.protocol.registry import find_former, find_used, find_waiting, is_stale, list_caused, passes

VERSION_COLUMNS = (
    "version",
    "backend",
    "created_at",
    "snapshot",
    "labels",
    *(f"{name}{end}" for name in HEADLINE for end in ("", "_low", "_high")),
    "gate",
    "in_use",
    "overridden",
    "labels_it_caused",
)
RUN_COLUMNS = ("run", "preset", "stage", "state", "why", "created_at", "started_at", "finished_at", "snapshot", "version")


@dataclass(frozen=True, kw_only=True)
class VersionRow:
    """One version: its figures on the test side, the verdict of its gate, and its marks.

    `labels` is how many decisions it learned from. `helped` counts those whose authors had a suggestion of some version on screen, by
    its name, `caused` those of them whose version is one of its ancestors. `promotion` is the newest one of it. `passes` says whether
    it may be promoted as it is, `is_stale` that its gate was computed against another version than is in use.
    """

    version: ModelVersion
    run: TrainingRun
    labels: int | None
    figures: Sequence[Figure]
    gate: Gate
    passes: bool
    is_stale: bool
    is_used: bool
    helped: dict[str, int]
    caused: dict[str, int]
    promotion: Promotion | None

    @property
    def is_overridden(self) -> bool:
        """Whether a lead promoted it although the gate did not let it pass."""
        return self.promotion is not None and self.promotion.kind == Promotion.Kind.OVERRIDDEN

    @property
    def caused_total(self) -> int:
        """How many of its labels its own line had a part in."""
        return sum(self.caused.values())


def list_rows(versions: Iterable[ModelVersion], project: Project) -> list[VersionRow]:
    """Versions with all that is told of them, in their order."""
    found = list(versions)
    promotions: dict[int | None, Promotion] = {}
    # What a roll-back did says nothing about the gate.
    rows = Promotion.objects.filter(version__in=found).exclude(kind=Promotion.Kind.ROLLED_BACK)
    for promotion in rows.select_related("created_by").order_by("pk"):
        promotions[promotion.version_id] = promotion
    return [make_row(version, project, promotions.get(version.pk)) for version in found]


def make_row(version: ModelVersion, project: Project, promotion: Promotion | None) -> VersionRow:
    """One version with all that is told of it."""
    labels = version.run.snapshot.counts.get("labels", {}) if version.run.snapshot else {}
    return VersionRow(
        version=version,
        run=version.run,
        labels=sum(labels.get(part, 0) for part in ("train", "val")) if labels else None,
        figures=headline(version.run),
        gate=read_gate(version.gate),
        passes=passes(version, project),
        is_stale=is_stale(version, project),
        is_used=version.name == project.model_version,
        helped=dict(version.taught_by),
        caused=list_caused(version),
        promotion=promotion,
    )


def list_version_cells(rows: Iterable[VersionRow]) -> Iterator[list[Any]]:
    """The versions as a file."""
    for row in rows:
        snapshot = row.run.snapshot.number if row.run.snapshot else None
        ends = [end for figure in row.figures for end in (figure.value, figure.low, figure.high)]
        made = row.version.created_at.isoformat()
        marks = [row.gate.verdict, row.is_used, row.is_overridden, row.caused_total]
        yield [row.version.name, row.version.backend, made, snapshot, row.labels, *ends, *marks]


def list_run_cells(runs: Iterable[TrainingRun]) -> Iterator[list[Any]]:
    """The runs as a file."""
    for run in runs:
        times = [at.isoformat() if at else None for at in (run.created_at, run.started_at, run.finished_at)]
        made = getattr(run, "version", None)
        yield [
            run.number,
            run.preset,
            run.stage,
            run.state,
            run.why,
            *times,
            run.snapshot.number if run.snapshot else None,
            made.name if made else None,
        ]


@dataclass(frozen=True, kw_only=True)
class InUse:
    """What people see suggestions of. `row` is None where the version in use was not made here; `former` is the name that a roll-back
    brings back, '' for none. `waiting` is a promotion whose suggestions are being computed.
    """

    name: str
    row: VersionRow | None
    former: str | None
    waiting: Promotion | None


def read_in_use(project: Project) -> InUse:
    """What is in use in a project, and what is on its way."""
    used = find_used(project)
    return InUse(
        name=project.model_version,
        row=list_rows([used], project)[0] if used else None,
        former=find_former(project),
        waiting=find_waiting(project),
    )
