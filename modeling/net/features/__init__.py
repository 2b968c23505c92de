"""Numbers that say how a candidate looks, by itself and beside what the client and the generator sent along. No torch and no Django.

A row has one number for each of NAMES. NaN stands where a thing cannot be told: there is no reference, no sibling, no such word in
the brief. A candidate whose own picture is lost is told nothing of.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from modeling.net.features.briefs import measure_brief
from modeling.net.features.edits import measure_edit
from modeling.net.features.findings import find, forget_findings
from modeling.net.features.looks import forget_looks, read_look
from modeling.net.features.names import NAMES
from modeling.net.features.rules import measure_rules
from modeling.net.features.siblings import measure_siblings
from modeling.net.features.values import Values, prefix
from modeling.net.records import Example

# Goes up whenever a number would come out differently; stored rows of another version are not used.
EXTRACTOR_VERSION = 1

__all__ = ["EXTRACTOR_VERSION", "NAMES", "extract", "forget", "measure"]


def extract(examples: Sequence[Example]) -> NDArray[np.float32]:
    """The rows of `examples`, shape (n, len(NAMES)); quickest where those of one bundle, and of one order, come together."""
    rows = np.full((len(examples), len(NAMES)), np.nan, dtype=np.float32)
    for row, example in zip(rows, examples, strict=True):
        values = measure(example)
        row[:] = [values.get(name, np.nan) for name in NAMES]
    return rows


def measure(example: Example) -> Values:
    """Everything that is told of one candidate, by name; empty where its picture is lost."""
    references = example.order.references
    own, look = find(example.picture, references), read_look(example.picture)
    if own is None or look is None:
        return {}
    sources = [source for source in map(read_look, example.order.sources) if source is not None]
    others = [found for sibling in example.siblings if (found := find(sibling, references)) is not None]
    return {
        **prefix("alone", own.alone),
        **prefix("match", own.beside),
        **(prefix("source", measure_edit(look, sources)) if sources else {}),
        **(prefix("set", measure_siblings(own, others)) if others else {}),
        **prefix("rule", measure_rules(example)),
        **prefix("brief", measure_brief(example, look)),
    }


def forget() -> None:
    """Free the memory of all pictures that were looked at."""
    forget_looks()
    forget_findings()
