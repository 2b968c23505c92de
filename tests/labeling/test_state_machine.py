"""Random walks through the protocol (tests/labeling/protocol_walk.py) that agree with the model and keep every invariant.

`SERVIMAGE_STATE_RUNS=20` makes a quick run; without it there are 200 walks of 50 steps.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from labeling.models import Event
from tests.labeling.protocol_invariants import broken_invariants
from tests.labeling.protocol_walk import Walk, World

RUNS = int(os.environ.get("SERVIMAGE_STATE_RUNS", "200"))
STEPS = 50
# How often each act comes up. One rule with weights: as rules of their own half of them would be left out of every walk,
# and few walks would get as far as an adjudication.
WEIGHTS: dict[Callable[..., None], int] = {
    Walk.work: 6,
    Walk.take_cards: 2,
    Walk.submit: 2,
    Walk.submit_late: 6,
    Walk.edit: 2,
    Walk.undo: 5,
    Walk.skip: 2,
    Walk.flag: 1,
    Walk.keep_or_leave: 1,
    Walk.take_adjudication: 2,
    Walk.adjudicate: 2,
    Walk.blind: 3,
    Walk.confirm: 2,
    Walk.carry_through: 3,
    Walk.check_through: 2,
    Walk.replay: 2,
    Walk.wait: 2,
    Walk.reap: 1,
    Walk.lead: 2,
    Walk.put_back: 2,
    Walk.void: 2,
    Walk.import_label: 2,
    Walk.change_members: 1,
    Walk.change_settings: 1,
    Walk.change_batches: 2,
    Walk.limit_member: 1,
}
ACTS = st.sampled_from([act.__name__ for act, weight in WEIGHTS.items() for _ in range(weight)])
VERDICTS = st.sampled_from(["accept"] * 4 + ["reject"] * 4 + ["maybe"])
# What each half of the walks has to come by to show anything, and of what chance may leave out so many.
SHOWN_BY = {
    *("leased", "released", "submitted", "edited", "undone", "skipped", "flagged", "dispute_ready", "adjudicated", "confirmed"),
    *("audited", "second_adjudicated", "voided"),
}
RARELY = {"surplus", "held", "unheld", "withdrawn", "reopened", "decided_elsewhere", "member_changed", "settings_changed", "batched"}
LEFT_OUT = 2


class ProtocolMachine(RuleBasedStateMachine):
    """A walk of random acts."""

    world: World
    met: set[str]

    def __init__(self) -> None:
        super().__init__()
        self.walk = Walk(self.world)

    def teardown(self) -> None:
        self.met.update(Event.objects.order_by().values_list("kind", flat=True).distinct())
        self.walk.close()

    @rule(act=ACTS, pick=st.integers(0, 63), who=st.integers(0, 63), verdict=VERDICTS, flag=st.booleans())
    def step(self, act: str, pick: int, who: int, verdict: str, flag: bool) -> None:
        getattr(self.walk, act)(pick, who, verdict, flag)
        self.walk.compare()
        assert broken_invariants() == []


# Two halves, which two processes share. They are classes of their own because Hypothesis, where it repeats itself (in CI), seeds
# its walks by the name of the class.
class OneHalf(ProtocolMachine):
    """Half of the walks."""


class OtherHalf(ProtocolMachine):
    """The other half."""


@pytest.mark.apart
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("machine", [OneHalf, pytest.param(OtherHalf, marks=pytest.mark.once)])
def test_random_walks_agree_with_the_model_and_keep_every_invariant(machine):
    machine.world, machine.met = World(), set()
    profile: dict[str, Any] = {"deadline": None, "database": None, "print_blob": True, "suppress_health_check": list(HealthCheck)}

    run_state_machine_as_test(
        machine,
        settings=settings(max_examples=RUNS // 2, stateful_step_count=STEPS, phases=[Phase.generate, Phase.shrink], **profile),
        _min_steps=STEPS,
    )

    assert machine.met >= SHOWN_BY
    assert len(RARELY - machine.met) <= LEFT_OUT
