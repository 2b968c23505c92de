"""The model card: what a version is, what it learned from, how it did and where it ends, written from its run's own numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from labeling.stored_texts import put_together
from modeling.model_folder import find_folder
from modeling.models import ModelVersion, Preset
from modeling.protocol.registry import list_ancestors, list_caused

CARD = "card.md"
WHAT: Mapping[str, str] = {
    Preset.STATS: "Image statistics, comparison with the task's references, source and siblings, and rules read from the brief, under "
    "small neural heads. **There is no vision-language model in it**: it does not see what an image shows, and does not read the brief "
    "beyond its rules.",
    Preset.TINY: "A Qwen3-VL of 0.5 million parameters with **random weights**, built to run the whole path of the real model. What it "
    "knows it reads from measured facts in its prompt, hardly from the picture. A demonstration, not a model to rely on.",
    Preset.QWEN: "A Qwen3-VL checkpoint with two low-rank adapters and small heads, trained in two stages after the ServImage paper.",
}
LIMITS: Mapping[str, str] = {
    Preset.STATS: "It measures damage, likeness and sizes; two images that measure alike are alike to it, whatever they show.",
    Preset.TINY: "Its figures say nothing about what a pretrained model would reach.",
    Preset.QWEN: "What the checkpoint learned before is not known here; its own card says what is told of that.",
}
HEADLINE = ("accuracy", "balanced_accuracy", "f1", "auc", "ap", "brier", "log_loss", "ece")


def write_card(version: ModelVersion) -> None:
    """Write the card into the folder of the model."""
    (find_folder(version.folder) / CARD).write_text(make_card(version), encoding="utf-8")


def make_card(version: ModelVersion) -> str:
    """The card as Markdown, in English: it goes with the model wherever that goes."""
    parts = (tell_what, tell_data, tell_figures, tell_concepts, tell_calibration, tell_gate, tell_limits, tell_line)
    lines = [f"# {version.name}", ""]
    for part in parts:
        lines += [*part(version), ""]
    return "\n".join(lines).rstrip() + "\n"


def tell_what(version: ModelVersion) -> Iterator[str]:
    """What it is."""
    config, run = version.run.config, version.run
    yield WHAT[run.preset]
    yield ""
    yield (
        f"Backend `{version.backend}`, fusion {run.metrics.get('fusion', '')}, seed {config['seed']}, trained by run {run.number} of the "
        f"project {version.project.slug}. It gives the probability that a client accepts an image for an order, and the sub-scores of "
        "ServImageScore it had enough labels for."
    )


def tell_data(version: ModelVersion) -> Iterator[str]:
    """What it learned from."""
    snapshot = version.run.snapshot
    yield "## Data"
    yield ""
    if snapshot is None:
        yield "The snapshot is not known."
        return
    counts = version.run.metrics.get("n", {})
    yield f"Snapshot {snapshot.number}, SHA-256 `{snapshot.sha256}`, split {snapshot.split} by groups of tasks that share a brief or photo."
    yield ""
    yield from write_table(("part", "candidates"), [(part, str(count)) for part, count in counts.items()])
    yield ""
    yield f"Filters: {', '.join(f'{name} {tell_value(value)}' for name, value in snapshot.filters.items())}."
    if version.taught_by:
        shown = ", ".join(f"{name} {count}" for name, count in version.taught_by.items())
        yield f"Labels whose authors had a suggestion on screen: {shown}."
    if caused := list_caused(version):
        total = sum(caused.values())
        yield f"**It learned from {total} labels that versions it descends from had a part in** ({', '.join(caused)})."


def tell_figures(version: ModelVersion) -> Iterator[str]:
    """How it did, beside baselines."""
    rows = [row for row in version.run.metrics.get("rows", []) if row["slice"] == "all"]
    yield "## On tasks it never saw"
    yield ""
    if not rows:
        yield "No test candidates were decided."
        return
    yield f"{rows[0]['n']} candidates, {rows[0]['accepted']} accepted; 95 % intervals by bootstrap over groups of tasks."
    yield ""
    body = [(row["method"], *(tell_figure(row["figures"].get(name)) for name in HEADLINE)) for row in rows]
    yield from write_table(("method", *HEADLINE), body)


def tell_concepts(version: ModelVersion) -> Iterator[str]:
    """How near its concepts come to their targets, and what these are."""
    concepts = version.run.metrics.get("concepts", [])
    yield "## Concepts"
    yield ""
    if not concepts:
        yield "None: there were fewer than 50 labels of each, or none were wanted."
        return
    body = [(row["concept"], tell_source(row), str(row["n"]), tell_figure(row["spearman"]), tell_figure(row["mae"])) for row in concepts]
    yield from write_table(("concept", "target", "n", "Spearman", "mean absolute error"), body)


def tell_source(row: Mapping[str, Any]) -> str:
    """Where the targets of a concept come from; agreeing with a formula is no quality."""
    return f"{row['source']}: reproduces a formula" if row["is_formula"] else str(row["source"])


def tell_calibration(version: ModelVersion) -> Iterator[str]:
    """How its probabilities were put right."""
    told = version.run.metrics.get("calibration", {})
    yield "## Calibration"
    yield ""
    if not told:
        yield "None."
        return
    yield (
        f"{told['method']}, fitted on {told['n']} validation candidates, prior shift {told['prior_shift']:.3f}. On these same candidates, "
        "where it cannot but look good, ECE (10 bins) is "
        f"{tell(told['ece_before'])} before, {tell(told['ece_after'])} after; "
        f"Brier {tell(told['brier_before'])} before, {tell(told['brier_after'])} after."
    )


def tell_gate(version: ModelVersion) -> Iterator[str]:
    """The verdict."""
    yield "## Gate"
    yield ""
    rival = version.incumbent or "what needs no model, as no version was in use"
    yield f"Compared with {rival}: **{version.gate.get('verdict', 'not judged')}**."
    for sentence in version.gate.get("say", []):
        yield f"- {put_together(sentence['text'], {'values': sentence['params']})}"


def tell_limits(version: ModelVersion) -> Iterator[str]:
    """Where it ends."""
    yield "## Limits"
    yield ""
    yield f"- {LIMITS[version.run.preset]}"
    yield "- It learned what the people of one project decided, on their orders and generators; elsewhere its probabilities need not hold."
    yield "- A probability is about many images alike, never a reason to pay for one or not."
    if any(row["is_formula"] for row in version.run.metrics.get("concepts", [])):
        yield "- Concepts whose targets are formulas tell how well the formula is reproduced, not how good an image is."


def tell_line(version: ModelVersion) -> Iterator[str]:
    """Where it comes from."""
    ancestors = list_ancestors(version)
    yield "## Line"
    yield ""
    yield f"- run {version.run.number}, code `{version.run.code or 'unknown'}`, {version.run.metrics.get('seconds', '?')} s"
    yield f"- data SHA-256 `{version.run.metrics.get('data_sha256', '')}`"
    yield f"- model SHA-256 `{version.sha256}`"
    yield f"- descends from {', '.join(ancestors) if ancestors else 'no version'}"


def write_table(head: Sequence[str], body: Sequence[Sequence[str]]) -> Iterator[str]:
    """A table of Markdown."""
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in body:
        yield f"| {' | '.join(cell.replace('|', '/') for cell in row)} |"


def tell_figure(told: Any) -> str:
    """A figure with its interval; a dash where it is not defined."""
    value, low, high = [*(told if isinstance(told, list) else [told]), None, None][:3]
    if value is None:
        return "–"
    return f"{value:.3f}" if low is None or high is None else f"{value:.3f} ({low:.3f} to {high:.3f})"


def tell(value: float | None) -> str:
    """A number; a dash where there is none."""
    return "–" if value is None else f"{value:.3f}"


def tell_value(value: Any) -> str:
    """A filter's value."""
    return {True: "yes", False: "no", "": "–"}.get(value, str(value)) if isinstance(value, (bool, str)) else f"{value:g}"
