"""The verdict of the gate on a version, and what it rests on, as a page shows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from labeling.stored_texts import make_params, put_together
from modeling.lead.gate_words import PASSES_WITH_REASON, VERDICTS
from modeling.lead.words import RIVALS, name_of

COMPARISON_COLUMNS = ("rival", "log_loss", "difference", "difference_low", "difference_high", "is_better")


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Log loss of a rival, and this version's less that of the rival (below 0 is better) with the ends of its 90 % interval."""

    rival: str
    log_loss: float | None
    difference: float | None
    low: float | None
    high: float | None
    is_better: bool

    @property
    def is_worse(self) -> bool:
        """Whether the whole interval says so."""
        return self.low is not None and self.low > 0

    @property
    def name(self) -> str:
        """The rival in words."""
        return name_of(RIVALS, self.rival)


@dataclass(frozen=True, kw_only=True)
class Gate:
    """The verdict, '' where none was computed. `sentences` say why.

    `needs_override`: whatever the verdict, promoting it takes a reason.
    `is_incumbent_unknown`: what is in use has said nothing of the test side and its model is not here: nothing was compared with it.
    """

    verdict: str
    n: int
    groups: int
    log_loss: float | None
    comparisons: Sequence[Comparison]
    ece: float | None
    ece_limit: float | None
    is_calibrated: bool | None
    needs_override: bool
    is_incumbent_unknown: bool
    sentences: Sequence[str]

    @property
    def words(self) -> str:
        """The verdict in a few words."""
        return str(PASSES_WITH_REASON) if self.verdict == "passes" and self.needs_override else name_of(VERDICTS, self.verdict)

    @property
    def mark(self) -> str:
        """The class that tells how it went: one that passes but takes a reason all the same is no success."""
        if not self.verdict:
            return ""
        plain = {"passes": " is-warning" if self.needs_override else " is-created", "worse": " is-rejected"}
        return plain.get(self.verdict, " is-warning")


def read_gate(found: Mapping[str, Any]) -> Gate:
    """The gate of a version from its JSON; empty for one without any."""
    return Gate(
        verdict=found.get("verdict", ""),
        n=found.get("n", 0),
        groups=found.get("groups", 0),
        log_loss=found.get("log_loss"),
        comparisons=[
            Comparison(**{name: row.get(name) for name in Comparison.__dataclass_fields__}) for row in found.get("comparisons", [])
        ],
        ece=found.get("ece"),
        ece_limit=found.get("ece_limit"),
        is_calibrated=found.get("is_calibrated"),
        needs_override=found.get("needs_override", True),
        is_incumbent_unknown=found.get("incumbent_unknown", False),
        sentences=[put_together(said["text"], make_params(said["params"])) for said in found.get("say", [])],
    )
