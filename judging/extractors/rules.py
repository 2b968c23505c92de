"""The extractor `rules`: how many pictures an order wants, what each of them is, and the hard rules it states.

The reply has the form of the published rules (specification of ServImageBench), each rule with the passage it comes from. A rule whose
passage does not occur in the order is dropped.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, Literal

from judging.extractors.base import Extractor, Order
from judging.extractors.evidence import find_quote
from judging.extractors.lengths import show_sizes
from judging.rubrics.base import Unusable, Why
from judging.rubrics.json_reply import JsonReply, Reason, read_json, within

MOST_DELIVERABLES = 255
LONGEST_SIDE, MOST_DPI = 10_000_000, 999_999
MAX_TOKENS = 6000

RuleName = Literal["output_quantity", "file_type", "dimensions", "aspect_ratio", "resolution", "file_size"]


class Size(JsonReply):
    width: Annotated[float, within(0, LONGEST_SIDE)] | None
    height: Annotated[float, within(0, LONGEST_SIDE)] | None
    unit: Literal["px", "mm", "cm", "inch", "unknown"]
    bound: Literal["exact", "at_least", "at_most"]


class Resolution(JsonReply):
    min_dpi: Annotated[int, within(1, MOST_DPI)]


class VisualSpecs(JsonReply):
    dimensions: list[Size]
    aspect_ratio: Reason | None
    resolution: Resolution | None


class StatedRules(JsonReply):
    file_type: list[Reason]
    visual_specs: VisualSpecs
    file_size: Reason | None


class StatedDeliverable(JsonReply):
    subtask: Reason
    rules: StatedRules


class ExtractedRules(JsonReply):
    output_quantity: Annotated[int, within(1, MOST_DELIVERABLES)]
    deliverables: list[StatedDeliverable]


class Evidence(JsonReply):
    rule: RuleName
    quote: Reason


class Reasoning(JsonReply):
    subtask: Reason
    evidence: list[Evidence]


class RulesReply(JsonReply):
    extracted_rules: ExtractedRules
    reasoning: list[Reasoning]


TASK = """\
Write down what has to be delivered, and the hard rules that the order states.

- One deliverable is one final picture. Count every finished work that is named and every version of it that is required (another size, \
language or side). Do not count drafts, corrections, or proposals of which the client picks one. Where nobody can know the number, it is 1.
- "output_quantity" is the number of entries in "deliverables". "subtask" says in a few words what the picture is, in the language of the \
order.
- A rule about everything that is ordered stands at every deliverable again.
- Take only rules that the order states; everything else is [] or null. Never add a ratio, size or file type because it is common.
- "file_type": as the order names them, such as "PNG" or "AI".
- "dimensions": one entry for each size the picture may have; the sides as numbers in "unit", which is "unknown" where the order has none; \
null for a side it does not state. "bound" says whether the size is to be met exactly, or is the least or the most.
- "aspect_ratio": width to height, such as "16:9"; or "portrait" or "landscape" where the order says no more.
- "resolution": as stated in dpi; 300 where the order only says that it is for print or of print quality, 72 where it only says that it is \
for screens or the web.
- "file_size": as the order states it, such as "at most 2 MB".
- Where two instructions of the order contradict each other, the later one holds.
- "reasoning": under the same "subtask" the passage that each of its rules comes from, copied letter by letter from the order and without \
leaving anything out in the middle. Quote the number as well ("output_quantity") where it is more than 1. A rule without such a passage is \
none.

Reply with JSON of this shape:
{"extracted_rules": {"output_quantity": 1, "deliverables": [{"subtask": "...", "rules": {"file_type": ["PNG"], "visual_specs": \
{"dimensions": [{"width": 1080, "height": 1920, "unit": "px", "bound": "exact"}], "aspect_ratio": null, "resolution": {"min_dpi": 300}}, \
"file_size": null}}]}, "reasoning": [{"subtask": "...", "evidence": [{"rule": "file_type", "quote": "..."}]}]}"""


def read(order: Order, reply: str) -> dict[str, Any]:
    """What is proposed for the task of `order`.

    `deliverables`: each with its `name`, its `rules` in the form of the published files (None where it has none) and the passages found,
    as (`rule`, `quote`). `quantity_quotes`: passages found for the number of them. `dropped`: rules left out, each with the `number` of
    its deliverable, `rule`, `value`, the `quotes` given for it and the `problem`: no_evidence or evidence_not_found. Raises Unusable.
    """
    said = read_json(reply, RulesReply)
    stated = said.extracted_rules.deliverables
    if len(stated) != said.extracted_rules.output_quantity:
        raise Unusable(Why.WRONG_COUNT, f"output_quantity is {said.extracted_rules.output_quantity}, deliverables has {len(stated)}")
    if blank := [number for number, item in enumerate(stated, 1) if not item.subtask]:
        raise Unusable(Why.WRONG_SHAPE, f"the subtask of deliverable {blank[0]} is blank")
    read_items = [read_deliverable(order, said.reasoning, item) for item in stated]
    return {
        "deliverables": [deliverable for deliverable, _dropped in read_items],
        "quantity_quotes": keep_found(order, (quote.quote for entry in said.reasoning for quote in quotes_for(entry, "output_quantity"))),
        "dropped": [{"number": number, **drop} for number, (_item, dropped) in enumerate(read_items, 1) for drop in dropped],
    }


def read_deliverable(order: Order, reasoning: Iterable[Reasoning], item: StatedDeliverable) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """One deliverable as it is proposed, and the rules of it that are dropped."""
    mine = [entry for entry in reasoning if entry.subtask == item.subtask]
    kept: dict[str, Any] = {}
    evidence: list[dict[str, str]] = []
    dropped: list[dict[str, Any]] = []
    for name, value in list_stated(item.rules):
        quotes = list(dict.fromkeys(quote.quote for entry in mine for quote in quotes_for(entry, name)))
        if found := keep_found(order, quotes):
            kept[name] = value
            evidence += [{"rule": name, "quote": quote} for quote in found]
        else:
            problem = "evidence_not_found" if quotes else "no_evidence"
            dropped.append({"rule": name, "value": value, "quotes": quotes, "problem": problem})
    return {"name": item.subtask, "rules": nest(kept), "evidence": evidence}, dropped


def quotes_for(entry: Reasoning, rule: str) -> Iterator[Evidence]:
    """The evidence of an entry that is about this rule."""
    return (evidence for evidence in entry.evidence if evidence.rule == rule)


def keep_found(order: Order, quotes: Iterable[str]) -> list[str]:
    """Those of `quotes` that occur in the order, each once."""
    return [quote for quote in dict.fromkeys(quotes) if find_quote(order.text, quote)]


def list_stated(rules: StatedRules) -> Iterator[tuple[RuleName, Any]]:
    """The name and the value of each rule that is stated, the value in the form of the published files."""
    specs = rules.visual_specs
    if file_types := [file_type for file_type in rules.file_type if file_type]:
        yield "file_type", file_types
    if sizes := show_sizes((size.width, size.height, size.unit, size.bound) for size in specs.dimensions):
        yield "dimensions", sizes
    if specs.aspect_ratio:
        yield "aspect_ratio", specs.aspect_ratio
    if specs.resolution:
        yield "resolution", specs.resolution.model_dump()
    if rules.file_size:
        yield "file_size", rules.file_size


def nest(rules: Mapping[str, Any]) -> dict[str, Any] | None:
    """Rules by name as the object that the published files have; None where there are none."""
    specs = {name: rules[name] for name in ("dimensions", "aspect_ratio", "resolution") if name in rules}
    outer = {name: rules[name] for name in ("file_type", "file_size") if name in rules}
    return {**outer, **({"visual_specs": specs} if specs else {})} or None


RULES = Extractor(kind="rules", version=1, instructions=TASK, schema=RulesReply, read=read, max_tokens=MAX_TOKENS)
