"""Records as numbers: what the concept heads learn, and what the decision head is told of an order."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from modeling.net.concepts import CONCEPTS, FEWEST_LABELS
from modeling.net.records import CATEGORIES, Example, Record

# log price of the order, log price of one deliverable, log quantity, is_editing, then the category as 0 and 1.
ORDER_INPUTS = 4 + len(CATEGORIES)


@dataclass(frozen=True)
class Targets:
    """What is known of concepts, each of shape (rows, concepts): NaN where it is not known.

    `scores` from 0 to 5; `absent` is 1 where the concept does not apply and 0 where it has a score.
    """

    names: tuple[str, ...]
    scores: torch.Tensor
    absent: torch.Tensor

    def at(self, rows: Sequence[int]) -> Targets:
        """Those of some rows, in their order."""
        places = torch.as_tensor(rows, dtype=torch.long, device=self.scores.device)
        return Targets(self.names, self.scores[places], self.absent[places])

    def is_told(self) -> torch.Tensor:
        """Whether anything is known of a row; shape (rows,)."""
        return (~self.absent.isnan()).any(1)


def headed_concepts(records: Sequence[Record]) -> tuple[str, ...]:
    """The concepts with enough scores among training records to get a head, in their usual order."""
    counts = {name: sum(name in record.concepts for record in records if record.part == "train") for name in CONCEPTS}
    return tuple(name for name in CONCEPTS if counts[name] >= FEWEST_LABELS)


def read_targets(records: Sequence[Record], names: tuple[str, ...], device: torch.device) -> Targets:
    """The targets of some concepts, one row per record."""
    scores = [[record.concepts.get(name, math.nan) for name in names] for record in records]
    absent = [
        [0.0 if name in record.concepts else 1.0 if name in record.not_applicable else math.nan for name in names] for record in records
    ]
    shape = (len(records), len(names))
    return Targets(
        names,
        torch.tensor(scores, dtype=torch.float32, device=device).reshape(shape),
        torch.tensor(absent, dtype=torch.float32, device=device).reshape(shape),
    )


def read_orders(examples: Sequence[Example], device: torch.device) -> torch.Tensor:
    """What the decision head is told of the orders, shape (rows, ORDER_INPUTS)."""
    return torch.tensor([_read_order(example) for example in examples], dtype=torch.float32, device=device).reshape(-1, ORDER_INPUTS)


def _read_order(example: Example) -> list[float]:
    order = example.order
    quantity = max(1, order.quantity)
    # Prices down to nothing: a free trial order has a logarithm too.
    price = max(0.01, order.price_usd)
    is_category = [float(order.category == name) for name in CATEGORIES]
    return [math.log(price), math.log(price / quantity), math.log(quantity), float(order.is_editing), *is_category]
