"""Who is compared with whom to see what suggestions do to people, counted by task: pure functions on arrays.

As in labeling/agreement.py everything starts from what each task adds to the sums of which the effects (labeling/effects.py) are
quotients, so a bootstrap over tasks is one matrix product. A comparison has an assisted side and a blind one: the two seats of a
candidate (`measured`), treated candidates and control ones (`all`), or the answers of one person after and before the suggestion was
shown (`reveal`).
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labeling.agreement import Clustered, Floats, Ints, add_up

Bools = NDArray[np.bool_]
MEASURED, REVEAL, ALL = "measured", "reveal", "all"


@dataclass(frozen=True, kw_only=True)
class Cases:
    """Candidates with two answers and a suggestion drawn before anybody saw them, one entry each in arrays of shape (n,) or (n, 2).

    The columns are the two answers: under `measured` the seat drawn to see the suggestion and the other one, else seats 1 and 2.
    `suggests` is whether the suggestion is to accept, `first` and `last` what was said before and after it could be seen, 1 for accept,
    0 for reject; `first` is NaN where nothing was said before it. `judged` is what an adjudicator said who had seen neither the
    suggestion nor the answers, NaN where there was none.
    """

    tasks: Ints
    control: Bools
    suggests: Bools
    first: Floats
    last: Floats
    judged: Floats

    def __len__(self) -> int:
        return len(self.tasks)


@dataclass(frozen=True, kw_only=True)
class Tallies(Clustered):
    """Counts of which effects are quotients; each of shape (...), the leading shape being that of the sums.

    `assisted` and `blind` count the answers of either side, `..._accepts` those that accept, `..._follows` those that say what the
    suggestion says; `moved` is what differs between the two sides. `treated` and `control` count candidates, `..._equal` those whose two
    answers are equal, `first_equal` treated ones whose first answers are. `decided` are adjudicated disputes of treated candidates,
    `assisted_lost` and `blind_lost` how many of them went against either side. `right_...` and `wrong_...` count answers that follow a
    suggestion known to be right or wrong, `known_right` and `known_wrong` all answers to candidates with such a suggestion.
    `control_decided` are adjudicated disputes of control candidates, `control_decided_right` those of them that went the way of the
    suggestion, `control_equal_right` equal pairs that say the same as it.
    """

    assisted: Floats
    assisted_accepts: Floats
    assisted_follows: Floats
    blind: Floats
    blind_accepts: Floats
    blind_follows: Floats
    control_answers: Floats
    control_follows: Floats
    treated: Floats
    treated_equal: Floats
    first_equal: Floats
    control: Floats
    control_equal: Floats
    moved: Floats
    decided: Floats
    assisted_lost: Floats
    blind_lost: Floats
    right_assisted: Floats
    right_blind: Floats
    wrong_assisted: Floats
    wrong_blind: Floats
    known_right: Floats
    known_wrong: Floats
    control_decided: Floats
    control_decided_right: Floats
    control_equal_right: Floats


@dataclass(frozen=True, kw_only=True)
class GoldTallies(Clustered):
    """Answers to gold of either side, how many of them are wrong, and how many were made right or wrong by a reveal (`moved`)."""

    assisted: Floats
    assisted_wrong: Floats
    blind: Floats
    blind_wrong: Floats
    moved: Floats


def tally(policy: str, cases: Cases) -> Tallies:
    """The counts of each task, in the order of their numbers. Raises KeyError for a policy under which nobody sees a suggestion."""
    counts = {MEASURED: count_seats, ALL: count_candidates, REVEAL: count_changes}[policy](cases)
    _names, number = np.unique(cases.tasks, return_inverse=True)
    names = [field.name for field in fields(Tallies)]
    columns = np.stack([np.broadcast_to(counts.get(name, 0.0), len(cases)) for name in names], axis=1).astype(np.float64)
    summed = add_up(columns, number)
    return Tallies(**{name: summed[:, place] for place, name in enumerate(names)})


def count_all(cases: Cases) -> dict[str, NDArray[Any]]:
    """What each candidate adds under any policy."""
    equal, follows = cases.last[:, 0] == cases.last[:, 1], follow(cases, cases.last)
    treated, control = ~cases.control, cases.control
    decided = control & ~equal & ~np.isnan(cases.judged)
    return {
        "treated": treated,
        "treated_equal": treated & equal,
        "control": control,
        "control_equal": control & equal,
        "control_answers": 2 * control,
        "control_follows": control * follows.sum(axis=1),
        "control_decided": decided,
        "control_decided_right": decided & (cases.suggests == cases.judged),
        "control_equal_right": control & equal & follows[:, 0],
    }


def count_seats(cases: Cases) -> dict[str, NDArray[Any]]:
    """What each candidate adds where one of two seats saw the suggestion: of a treated one the two seats are the two sides."""
    treated, follows = ~cases.control, follow(cases, cases.last)
    decided = treated & (cases.last[:, 0] != cases.last[:, 1]) & ~np.isnan(cases.judged)
    is_right = cases.suggests == cases.judged
    counts = count_all(cases) | {"moved": treated & (cases.last[:, 0] != cases.last[:, 1]), "decided": decided}
    for column, side in enumerate(("assisted", "blind")):
        counts |= {
            side: treated,
            f"{side}_accepts": treated * cases.last[:, column],
            f"{side}_follows": treated & follows[:, column],
            f"{side}_lost": decided & (cases.last[:, column] != cases.judged),
            f"right_{side}": decided & is_right & follows[:, column],
            f"wrong_{side}": decided & ~is_right & follows[:, column],
        }
    return counts


def count_candidates(cases: Cases) -> dict[str, NDArray[Any]]:
    """What each candidate adds where both seats saw the suggestion: the answers to treated candidates against those to control ones."""
    counts, follows = count_all(cases), follow(cases, cases.last).sum(axis=1)
    for side, chosen in (("assisted", ~cases.control), ("blind", cases.control)):
        counts |= {
            side: 2 * chosen,
            f"{side}_accepts": chosen * cases.last.sum(axis=1),
            f"{side}_follows": chosen * follows,
        }
    return counts


def count_changes(cases: Cases) -> dict[str, NDArray[Any]]:
    """What each candidate adds where people saw the suggestion after answering: their last answers against their first ones.

    What is right is what an adjudicator said, or two first answers that are equal.
    """
    both = ~cases.control & ~np.isnan(cases.first).any(axis=1)
    equal = both & (cases.first[:, 0] == cases.first[:, 1])
    right = np.where(equal, cases.first[:, 0], cases.judged)
    known, is_right = both & ~np.isnan(right), cases.suggests == right
    counts = count_all(cases) | {
        "treated": both,
        "treated_equal": both & (cases.last[:, 0] == cases.last[:, 1]),
        "first_equal": equal,
        "moved": both * (cases.first != cases.last).sum(axis=1),
        "known_right": 2 * (known & is_right),
        "known_wrong": 2 * (known & ~is_right),
    }
    for side, said in (("assisted", cases.last), ("blind", cases.first)):
        follows = follow(cases, said).sum(axis=1)
        counts |= {
            side: 2 * both,
            f"{side}_accepts": np.where(both, said.sum(axis=1), 0),
            f"{side}_follows": both * follows,
            f"right_{side}": (known & is_right) * follows,
            f"wrong_{side}": (known & ~is_right) * follows,
        }
    return counts


def follow(cases: Cases, said: Floats) -> Bools:
    """Which of the answers say what the suggestion says."""
    return np.equal(said, cases.suggests[:, None])


def tally_gold(tasks: Ints, assisted: Bools, wrong: Bools, moved: Bools) -> GoldTallies:
    """The counts of each task of answers to gold, of shape (n,) each."""
    _names, number = np.unique(tasks, return_inverse=True)
    columns = np.stack([assisted, assisted & wrong, ~assisted, ~assisted & wrong, moved], axis=1).astype(np.float64)
    one, one_wrong, other, other_wrong, changed = add_up(columns, number).T
    return GoldTallies(assisted=one, assisted_wrong=one_wrong, blind=other, blind_wrong=other_wrong, moved=changed)
