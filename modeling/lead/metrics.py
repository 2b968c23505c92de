"""The metrics of a finished run (modeling/net/evaluate.py) as the pages show them; what an older run did not write is empty."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from judging.lead.words import name_concept
from labeling.models import Generator
from modeling.lead.figures import HEADLINE, KINDS, Figure, read_figure
from modeling.lead.words import METHODS, name_of, name_slice, name_target
from modeling.models import TrainingRun

METRIC_COLUMNS = ("method", "slice", "n", "accepted", *(f"{name}{end}" for name in KINDS for end in ("", "_low", "_high")))
CONCEPT_COLUMNS = (
    "concept",
    "target",
    "reproduces_a_formula",
    "n",
    "spearman",
    "spearman_low",
    "spearman_high",
    "mae",
    "mae_low",
    "mae_high",
)


@dataclass(frozen=True, kw_only=True)
class MetricRow:
    """How one method does on one slice of the test side: `accepted` of `n` were accepted."""

    method: str
    method_name: str
    slice: str
    slice_name: str
    n: int
    accepted: int
    figures: Sequence[Figure]

    def figure(self, name: str) -> Figure:
        """The figure of this name; one without a value where there is none."""
        return next((figure for figure in self.figures if figure.name == name), Figure(name=name))


@dataclass(frozen=True, kw_only=True)
class ConceptRow:
    """How a predicted concept agrees with its target. Against a formula it shows that the formula is reproduced, and nothing else."""

    concept: str
    name: str
    target: str
    is_formula: bool
    n: int
    spearman: Figure
    mae: Figure


def list_rows(run: TrainingRun) -> list[MetricRow]:
    """Every method on every slice, as the run wrote them."""
    found = run.metrics.get("rows", [])
    names = dict(Generator.objects.filter(slug__in=list_generators(found)).values_list("slug", "display_name"))
    return [read_row(row, names) for row in found]


def list_generators(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """The slugs of the generators that rows are about."""
    return [row["slice"].partition(":")[2] for row in rows if row["slice"].startswith("generator:")]


def read_row(row: Mapping[str, Any], generators: Mapping[str, str]) -> MetricRow:
    """One row of the file."""
    return MetricRow(
        method=row["method"],
        method_name=name_of(METHODS, row["method"]),
        slice=row["slice"],
        slice_name=name_slice(row["slice"], generators),
        n=row["n"],
        accepted=row["accepted"],
        figures=[read_figure(row["figures"].get(name), name) for name in KINDS],
    )


def headline(run: TrainingRun) -> list[Figure]:
    """Log loss, AUC and ECE of the model on the whole test side; without values while there are none."""
    for row in run.metrics.get("rows", []):
        if (row["method"], row["slice"]) == ("model", "all"):
            return [read_figure(row["figures"].get(name), name) for name in HEADLINE]
    return [Figure(name=name) for name in HEADLINE]


def group_rows(rows: Sequence[MetricRow]) -> list[tuple[str, list[MetricRow]]]:
    """The rows by slice, each slice with all its methods, in their order."""
    slices = list(dict.fromkeys(row.slice for row in rows))
    groups = [[row for row in rows if row.slice == code] for code in slices]
    return [(group[0].slice_name, group) for group in groups]


def list_concepts(run: TrainingRun) -> list[ConceptRow]:
    """The concepts that have a head, with what each was held against."""
    return [
        ConceptRow(
            concept=row["concept"],
            name=name_concept(row["concept"]),
            target=name_target(row["source"]),
            is_formula=row["is_formula"],
            n=row["n"],
            spearman=read_figure(row["spearman"], "spearman"),
            mae=read_figure(row["mae"], "mae"),
        )
        for row in run.metrics.get("concepts", [])
    ]


def list_metric_cells(rows: Sequence[MetricRow]) -> Iterator[list[Any]]:
    """The rows as a file: codes and not names, so that programs read them."""
    for row in rows:
        ends = [end for figure in row.figures for end in (figure.value, figure.low, figure.high)]
        yield [row.method, row.slice, row.n, row.accepted, *ends]


def list_concept_cells(rows: Sequence[ConceptRow]) -> Iterator[list[Any]]:
    """The concepts as a file."""
    for row in rows:
        ends = [end for figure in (row.spearman, row.mae) for end in (figure.value, figure.low, figure.high)]
        yield [row.concept, row.target, row.is_formula, row.n, *ends]
