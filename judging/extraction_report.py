"""How far the proposals of a judge are from what the tasks had when their orders were read.

It tells something about a model only where one was asked. Replies that were written for the purpose, stored or scripted, show that
proposals are read and counted as they should be, and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from django.db.models import Count, Q

from judging.extractors.compare import RULE_KINDS, Counts, compare_points, compare_rules
from judging.models import Backend, Judge, Proposal
from judging.proposed import read_rules
from labeling.data_in.hard_rules import rules_from_json
from labeling.models import TaskVersion
from labeling.ratios import Ratio, add_columns, count_share, draw_ratios, estimate_ratio

SEED = 0
AT_ONCE = 200
NOTE = (
    "How far proposals are from what the tasks had. This measures a model only where a real one was asked; stored or scripted replies "
    "show that proposals are read and counted right, and say nothing about any model."
)
# By task: what was counted of it.
Tally = list[tuple[int, Counts]]


def report_extraction(judge: Judge) -> dict[str, Any]:
    """Everything about the proposals of a judge version, by kind; see docs/extractors.md."""
    told = {"judge": str(judge), "backend": judge.backend, "is_replay": judge.backend == Backend.REPLAY}
    return {**told, "note": NOTE, "rules": report_rules(judge), "points": report_points(judge)}


def report_rules(judge: Judge) -> dict[str, Any]:
    """Number of deliverables, and each kind of rule."""
    numbers: list[tuple[int, int]] = []
    kinds: dict[str, Tally] = {kind: [] for kind in RULE_KINDS}
    for number, (content, document) in enumerate(page_read(judge, Proposal.Kind.RULES)):
        ours = [read_rules(item["rules"])[0] for item in content["deliverables"]]
        theirs = [rules_from_json(item["rules"]) for item in document["deliverables"]]
        numbers.append((len(ours), len(theirs)))
        for kind, counts in compare_rules(ours, theirs).items():
            kinds[kind].append((number, counts))
    equal = np.array([ours == theirs for ours, theirs in numbers], dtype=bool)
    ratios = {"quantity_equal": count_share(np.arange(len(equal)), equal)}
    for kind, tally in kinds.items():
        ratios |= {f"{kind}/{name}": ratio for name, ratio in make_ratios(tally).items()}
    told = estimate(ratios, len(numbers))
    return {
        **count_proposals(judge, Proposal.Kind.RULES),
        "compared": len(numbers),
        "deliverables": {"proposed": sum(ours for ours, _ in numbers), "there": sum(theirs for _, theirs in numbers)},
        "quantity_equal": {"hits": int(equal.sum()), "count": len(equal), **told["quantity_equal"]},
        "kinds": {
            kind: {**add_up(tally), **{name: told[f"{kind}/{name}"] for name in ("precision", "recall")}} for kind, tally in kinds.items()
        },
    }


def report_points(judge: Judge) -> dict[str, Any]:
    """Points, of the tasks that had any."""
    tally: Tally = []
    for content, document in page_read(judge, Proposal.Kind.POINTS):
        if document["points"]:
            texts = [point["text"] for point in content["points"]], [point["text"] for point in document["points"]]
            tally.append((len(tally), compare_points(*texts)))
    told = estimate(make_ratios(tally), len(tally))
    return {**count_proposals(judge, Proposal.Kind.POINTS), "compared": len(tally), **add_up(tally), **told}


def page_read(judge: Judge, kind: str) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """The newest usable proposal of each task, in the order of the tasks, with the content that the task had when it was read.

    Not what it has now: once a proposal is accepted its task agrees with it.
    """
    usable = Proposal.objects.filter(judge=judge, kind=kind, content__isnull=False)
    newest = dict(usable.order_by("pk").values_list("task", "pk"))
    tasks = sorted(newest)
    for at in range(0, len(tasks), AT_ONCE):
        rows = Proposal.objects.filter(pk__in=[newest[task] for task in tasks[at : at + AT_ONCE]]).order_by("task")
        found = list(rows.values_list("task", "task_version", "content"))
        documents = read_documents([(task, version) for task, version, _content in found])
        yield from ((content, documents[task, version]) for task, version, content in found if content is not None)


def read_documents(wanted: Sequence[tuple[int, int]]) -> dict[tuple[int, int], dict[str, Any]]:
    """The contents of tasks by (task, version)."""
    rows = TaskVersion.objects.filter(task__in=[task for task, _version in wanted]).values_list("task", "number", "document")
    return {(task, number): document for task, number, document in rows if (task, number) in set(wanted)}


def count_proposals(judge: Judge, kind: str) -> dict[str, int]:
    """How many orders were read, how many replies were unusable, and what leads made of the rest."""
    rows = Proposal.objects.filter(judge=judge, kind=kind)
    states = {state: Count("pk", filter=Q(state=state)) for state in ("open", "accepted", "rejected", "unusable")}
    return rows.aggregate(total=Count("pk"), **states)


def add_up(tally: Tally) -> dict[str, int]:
    """The sums over all tasks."""
    rows = [asdict(counts) for _number, counts in tally]
    return {name: sum(row[name] for row in rows) for name in ("proposed", "there", "matched")}


def make_ratios(tally: Tally) -> dict[str, Ratio]:
    """Precision: the matched among the proposed. Recall: the matched among those there. Each thing is an item of its task."""
    return {
        "precision": spread_out([(number, counts.matched, counts.proposed) for number, counts in tally]),
        "recall": spread_out([(number, counts.matched, counts.there) for number, counts in tally]),
    }


def spread_out(rows: Sequence[tuple[int, int, int]]) -> Ratio:
    """One item for each thing of a task: so many hits, then the misses, among so many."""
    clusters = np.repeat([number for number, _hits, _count in rows], [count for _number, _hits, count in rows]).astype(np.int64)
    hits = [place < hits for _number, hits, count in rows for place in range(count)]
    return count_share(clusters, np.array(hits, dtype=bool))


def estimate(ratios: Mapping[str, Ratio], tasks: int) -> dict[str, dict[str, float | None]]:
    """Each ratio with its 95 % interval by bootstrap over the tasks; None where there is nothing to divide by."""
    drawn = next(draw_ratios([add_columns(ratios)], tasks, SEED)) if tasks else np.empty((0, len(ratios)))
    estimates = {name: estimate_ratio(ratio, drawn[:, column]) for column, (name, ratio) in enumerate(ratios.items())}
    return {name: {"value": found.value, "low": found.low, "high": found.high} for name, found in estimates.items()}
