"""Proposals as a lead reads them: in a list, and one beside what its task has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from judging.extractors.evidence import split_marked
from judging.models import Proposal
from judging.proposed import read_rules
from labeling.data_in.hard_rules import Rule, rules_from_json
from labeling.data_in.hard_rules.describe import RuleText, describe_rule
from labeling.models import Project

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

EXCERPT = 160
PROBLEMS: dict[str, StrOrPromise] = {
    "no_evidence": _("no passage was quoted for it"),
    "evidence_not_found": _("the passage quoted for it is not in the brief"),
    "duplicate": _("it says the same as another one"),
}
RULE_NAMES: dict[str, StrOrPromise] = {
    "file_type": _("File type"),
    "dimensions": _("Size"),
    "aspect_ratio": _("Ratio"),
    "resolution": _("Resolution"),
    "file_size": _("File size"),
}


def filter_proposals(project: Project, kind: str = "", state: str = "") -> QuerySet[Proposal]:
    """The proposals of a project of this kind and state, in the order in which they were made; '' for all."""
    wanted = {name: value for name, value in (("kind", kind), ("state", state)) if value}
    return Proposal.objects.filter(project=project, **wanted).select_related("task", "judge").order_by("pk")


def find_proposal(project: Project, public_id: Any) -> Proposal | None:
    """A proposal of this project; None if there is none by that id."""
    return Proposal.objects.filter(project=project, public_id=public_id).select_related("project", "task", "judge", "decided_by").first()


def find_next(proposal: Proposal, kind: str = "") -> Proposal | None:
    """The next one to be decided, from the start again after the last; None if no other is left."""
    others = filter_proposals(proposal.project, kind, Proposal.State.OPEN).exclude(pk=proposal.pk)
    return others.filter(pk__gt=proposal.pk).first() or others.first()


def tell_size(proposal: Proposal) -> str:
    """How much is proposed, in words; '' where nothing is."""
    content = proposal.content
    if content is None:
        return ""
    if proposal.kind == Proposal.Kind.POINTS:
        count = len(content["points"])
        return ngettext("%(count)d point", "%(count)d points", count) % {"count": count}
    count = len(content["deliverables"])
    rules = sum(len(read_rules(item["rules"])[0]) for item in content["deliverables"])
    told = ngettext("%(count)d deliverable", "%(count)d deliverables", count) % {"count": count}
    of_rules = ngettext("%(count)d rule", "%(count)d rules", rules) % {"count": rules}
    return f"{told}, {of_rules}"


def make_excerpt(proposal: Proposal) -> str:
    """The beginning of the brief, in one line."""
    text = " ".join(proposal.task.brief.split())
    return text if len(text) <= EXCERPT else f"{text[:EXCERPT]}…"


@dataclass(frozen=True, kw_only=True)
class Side:
    """One deliverable, as it is proposed or as the task has it; `warnings` are what an import would say about its rules."""

    name: str
    rules: Sequence[RuleText]
    warnings: Sequence[str] = ()


def compare_deliverables(proposal: Proposal) -> list[tuple[Side | None, Side | None]]:
    """Each deliverable as proposed and as the task has it; None where one side has no such number."""
    there = [make_side(row.name, rules_from_json(row.rules)) for row in proposal.task.deliverables.all()]
    return list(zip_longest((read_side(item, number) for number, item in enumerate(proposal.read["deliverables"], 1)), there))


def read_side(item: dict[str, Any], number: int) -> Side:
    """A proposed deliverable with its rules as an import would read them."""
    rules, lines = read_rules(item["rules"], number)
    return make_side(item["name"], rules, [line.reason for line in lines])


def make_side(name: str, rules: Sequence[Rule], warnings: Sequence[str] = ()) -> Side:
    """A deliverable in words."""
    return Side(name=name, rules=[describe_rule(rule) for rule in rules], warnings=list(dict.fromkeys(warnings)))


def list_quotes(proposal: Proposal) -> list[str]:
    """Every passage that was found in the brief."""
    content = proposal.content
    if content is None:
        return []
    if proposal.kind == Proposal.Kind.POINTS:
        return [point["quote"] for point in content["points"]]
    return [*content["quantity_quotes"], *(item["quote"] for row in content["deliverables"] for item in row["evidence"])]


def mark_brief(proposal: Proposal, read: dict[str, Any]) -> dict[str, list[tuple[str, bool]]]:
    """Name and brief as they were read, in pieces, each with whether it is evidence."""
    quotes = list_quotes(proposal)
    return {name: split_marked(read[name], quotes) for name in ("name", "brief")}


@dataclass(frozen=True, kw_only=True)
class Dropped:
    """Something that was read and left out, and why."""

    what: str
    quotes: Sequence[str]
    problem: str


def list_dropped(proposal: Proposal) -> list[Dropped]:
    """What was left out of a proposal."""
    dropped = [] if proposal.content is None else proposal.read["dropped"]
    return [Dropped(what=name_dropped(item), quotes=read_quotes(item), problem=str(PROBLEMS[item["problem"]])) for item in dropped]


def name_dropped(item: dict[str, Any]) -> str:
    """A point, or a rule with the number of its deliverable."""
    if "text" in item:
        return str(item["text"])
    return f"{item['number']}. {RULE_NAMES[item['rule']]}: {show_value(item['value'])}"


def show_value(value: Any) -> str:
    """A value in the form of the published files, in one line."""
    if isinstance(value, dict):
        return ", ".join(f"{key} {show_value(part)}" for key, part in value.items())
    return "; ".join(map(show_value, value)) if isinstance(value, list) else str(value)


def read_quotes(item: dict[str, Any]) -> list[str]:
    """The passages that were quoted for something left out."""
    quotes = item["quotes"] if "quotes" in item else [item["quote"]]
    return [quote for quote in quotes if quote]


def lacks_quantity_evidence(proposal: Proposal) -> bool:
    """Whether several deliverables are proposed without a passage that says how many."""
    if proposal.kind != Proposal.Kind.RULES or proposal.content is None:
        return False
    return len(proposal.read["deliverables"]) > 1 and not proposal.read["quantity_quotes"]
