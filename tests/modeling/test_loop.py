"""The training loop: the order of rows, the mean over an effective batch, the best state, and going on after a stop."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import torch

from modeling.net.config import OptimConfig
from modeling.net.loop import Batches, collect_gradients, fit, share_of_peak
from modeling.net.loop_state import LoopState
from modeling.net.watch import QuietWatch, Stopped

pytestmark = pytest.mark.pure


class Line:
    """y = w x + b by squared error, with dropout on x; row 0 counts threefold. `token_counts` are the lengths of its rows."""

    def __init__(self, rows: int = 40, token_counts: Sequence[int] = (), val_losses: Sequence[float] = (), dropout: float = 0.5) -> None:
        self.rows: Sequence[int] = range(rows)
        self.x = torch.linspace(-1, 1, rows)[:, None]
        self.y = 3 * self.x[:, 0] + 1
        torch.manual_seed(5)
        self.net = torch.nn.Sequential(torch.nn.Dropout(dropout), torch.nn.Linear(1, 1))
        self.token_counts, self.val_losses = list(token_counts) or [1] * rows, list(val_losses)

    def parameters(self) -> list[dict[str, Any]]:
        return [{"params": list(self.net.parameters()), "lr": 0.05}]

    def lengths(self) -> list[int]:
        return self.token_counts

    def weigh(self, rows: Sequence[int]) -> float:
        return sum(3.0 if row == 0 else 1.0 for row in rows)

    def loss(self, rows: Sequence[int]) -> torch.Tensor:
        weights = torch.tensor([3.0 if row == 0 else 1.0 for row in rows])
        return ((self.net(self.x[list(rows)])[:, 0] - self.y[list(rows)]) ** 2 * weights).sum()

    def validate(self) -> float | None:
        if self.val_losses:
            return self.val_losses.pop(0)
        with torch.no_grad():
            return float(((self.net(self.x)[:, 0] - self.y) ** 2).mean())

    def tensors(self) -> dict[str, torch.Tensor]:
        return dict(self.net.state_dict())

    def restore(self, tensors: Mapping[str, torch.Tensor]) -> None:
        self.net.load_state_dict(tensors)

    def train(self, is_training: bool) -> None:
        self.net.train(is_training)


@dataclass
class StoppingWatch(QuietWatch):
    """Stops after so many steps."""

    after: int = 0
    steps: list[int] = field(default_factory=list)

    def progress(self, stage: str, step: int, steps: int) -> None:
        self.steps.append(step)

    def stopped(self) -> bool:
        return self.steps[-1] >= self.after


def run(problem: Line, folder: Path | None = None, watch: QuietWatch | None = None, **values: Any) -> Any:
    optim = OptimConfig(**{"epochs": 3, "batch": 16, "micro_batch": 4, "save_every": 1000, **values})
    return fit(problem, optim, stage="line", seed=7, folder=folder, watch=watch or QuietWatch())


def test_the_learning_rate_rises_in_a_line_and_falls_along_a_cosine():
    shares = [share_of_peak(step, 110, warmup=0.1) for step in range(110)]

    # ceil(110 * 0.1) = 11 steps up; the cosine then goes over 99 steps and is at half of the peak after 49.5 of them.
    assert shares[:2] == [1 / 11, 2 / 11]
    assert shares[10] == shares[11] == 1
    assert (shares[60] + shares[61]) / 2 == pytest.approx(0.5)
    assert shares[-1] == pytest.approx((1 + math.cos(math.pi * 98 / 99)) / 2)
    assert share_of_peak(0, 10, warmup=0) == 1


def test_every_epoch_goes_through_all_rows_once_in_an_order_of_its_own():
    batches = Batches(Line(50), OptimConfig(batch=16, micro_batch=4), seed=3)
    again = Batches(Line(50), OptimConfig(batch=16, micro_batch=4), seed=3)
    first, second = ([row for batch in batches.of_epoch(epoch) for rows in batch for row in rows] for epoch in (0, 1))

    assert sorted(first) == sorted(second) == list(range(50))
    assert first != second
    assert again.of_epoch(1) == batches.of_epoch(1)
    # 13 micro-batches, four to a step.
    assert [len(batch) for batch in batches.of_epoch(0)] == [4, 4, 4, 1]
    assert batches.per_epoch == 4


def test_rows_of_like_length_are_put_together():
    lengths = [1 + 37 * row % 100 for row in range(96)]
    batches = Batches(Line(96, lengths), OptimConfig(batch=16, micro_batch=4), seed=3)

    spreads = [max(lengths[row] for row in rows) - min(lengths[row] for row in rows) for batch in batches.of_epoch(0) for rows in batch]
    of_batch = [len({lengths[row] // 25 for rows in batch for row in rows}) for batch in batches.of_epoch(0)]

    # All 96 lie in one window: in order of length four neighbours of 96 rows over 100 lengths are 3 to 9 apart.
    assert max(spreads) <= 9
    # And an effective batch is still a mixture.
    assert sum(of_batch) / len(of_batch) > 2


def test_the_gradient_is_the_weighted_mean_over_the_effective_batch_however_it_is_cut():
    whole, cut = Line(8, dropout=0.0), Line(8, dropout=0.0)

    first = collect_gradients(whole, [list(range(8))], (0, 0))
    second = collect_gradients(cut, [[0, 1, 2], [3, 4, 5], [6, 7]], (0, 0))

    assert first == pytest.approx(second, rel=1e-6)
    expected = torch.autograd.grad(whole.loss(range(8)) / 10, list(whole.net.parameters()))  # the weights are 3 + 7 times 1
    for one, other, right in zip(whole.net.parameters(), cut.net.parameters(), expected, strict=True):
        assert torch.allclose(one.grad, right, atol=1e-6)
        assert torch.allclose(other.grad, right, atol=1e-6)


def test_training_finds_the_line():
    problem = Line(dropout=0.0)

    fitted = run(problem, epochs=80)

    assert problem.net[1].weight.item() == pytest.approx(3, abs=0.05)
    assert problem.net[1].bias.item() == pytest.approx(1, abs=0.05)
    assert fitted.steps == 240  # three batches of 16, 16 and 8 rows, 80 times


def test_the_state_with_the_best_validation_loss_is_kept():
    seen: list[torch.Tensor] = []

    class Seeing(Line):
        def validate(self) -> float | None:
            seen.append(self.net[1].weight.detach().clone())
            return super().validate()

    problem = Seeing(val_losses=[3.0, 1.0, 2.0])

    fitted = run(problem)

    assert (fitted.best_loss, fitted.best_step, fitted.steps) == (1.0, 6, 9)
    assert torch.equal(problem.net[1].weight, seen[1])
    assert not torch.equal(seen[2], seen[1])


def test_it_stops_after_so_many_evaluations_without_a_better_one():
    watch = QuietWatch()

    fitted = run(Line(val_losses=[3.0, 1.0, 1.0, 2.0, 0.5]), watch=watch, epochs=10, patience=2)

    # The third and fourth evaluation are no better than the second; three steps an epoch.
    assert (fitted.best_loss, fitted.best_step, fitted.steps) == (1.0, 6, 12)
    assert [(step, value) for _, name, step, value in watch.points if name == "val_loss"] == [(3, 3.0), (6, 1.0), (9, 1.0), (12, 2.0)]


def test_evaluations_come_at_steps_and_at_the_end_of_every_epoch():
    watch = QuietWatch()

    run(Line(), watch=watch, evaluate_every=2, epochs=2)

    assert [step for _, name, step, _ in watch.points if name == "val_loss"] == [2, 3, 4, 6]


@pytest.mark.parametrize("after", [1, 4, 6, 8])
def test_going_on_after_a_stop_gives_the_same_bits_as_an_unbroken_run(tmp_path: Path, after: int):
    unbroken, broken, resumed = Line(), Line(), Line()
    whole, first, rest = QuietWatch(), StoppingWatch(after=after), QuietWatch()
    fitted = run(unbroken, watch=whole, epochs=4)

    with pytest.raises(Stopped, match=f"step {after} of 12"):
        run(broken, tmp_path, first, epochs=4)
    again = run(resumed, tmp_path, rest, epochs=4)

    assert again == fitted
    assert all(torch.equal(unbroken.tensors()[name], tensor) for name, tensor in resumed.tensors().items())
    # The curve has no gap, and no point with another value.
    assert sorted({*first.points, *rest.points}) == sorted(whole.points)


def test_a_stage_that_is_done_is_not_trained_again(tmp_path: Path):
    first, again = Line(), Line()
    fitted = run(first, tmp_path)
    watch = QuietWatch()

    assert run(again, tmp_path, watch) == fitted
    assert watch.points == []
    assert torch.equal(first.net[1].weight, again.net[1].weight)


def test_what_was_reported_is_written_down_before_the_state_that_a_resume_goes_on_from(monkeypatch):
    order = []
    monkeypatch.setattr(LoopState, "save", lambda state: order.append("saved"))
    watch = QuietWatch()
    monkeypatch.setattr(watch, "flush", lambda: order.append("written"))

    run(Line(), watch=watch, save_every=2)

    # 40 rows in batches of 16 are 3 steps, in 3 epochs 9: saved after each second one, and at the end.
    assert order == ["written", "saved"] * 5
