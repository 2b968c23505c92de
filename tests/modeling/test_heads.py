"""The heads: two-hot targets, marginals at the start, masks, and the honest predictions of members."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

from modeling.net.config import HeadConfig
from modeling.net.heads import ConceptHeads, Concepts, DecisionHead, join_inputs
from modeling.net.honest import name_parts, share_out
from modeling.net.inputs import Targets, headed_concepts, read_orders, read_targets
from modeling.net.material import read_material
from tests.modeling.made_features import make_numbers

pytestmark = pytest.mark.pure
CPU = torch.device("cpu")
NAN = math.nan


def make_heads(*names: str, members: int = 1, width: int = 4) -> ConceptHeads:
    return ConceptHeads(names, width, HeadConfig(width=8), members, normalise=False).eval()


def make_targets(scores: list[list[float]], absent: list[list[float]], *names: str) -> Targets:
    return Targets(names, torch.tensor(scores), torch.tensor(absent))


def test_a_score_is_spread_over_its_two_nearest_bins():
    spread = make_heads("brf").spread(torch.tensor([[3.25], [5.0], [0.0]]))

    # 3.25 lies a quarter of the way from 3 to 4.
    assert spread[0, 0].tolist() == [0, 0, 0, 0.75, 0.25, 0]
    assert spread[1, 0].tolist() == [0, 0, 0, 0, 0, 1]
    assert spread[2, 0].tolist() == [1, 0, 0, 0, 0, 0]


def test_concept_heads_start_at_the_marginals_of_the_labels():
    heads = make_heads("brf", "veq_text", members=3)
    # brf: 400 times 5 and 100 times 0. veq_text: 250 times 2, and it does not apply 250 times.
    scores = [[5.0 if row % 5 else 0.0, 2.0 if row % 2 else NAN] for row in range(500)]
    targets = make_targets(scores, [[0.0, float(row % 2 == 0)] for row in range(500)], "brf", "veq_text")

    heads.start_at(targets)
    told = heads.read(heads(torch.randn(7, 4)))

    # Half a label is added to every bin, so 4 becomes (5 * 400.5 + 0.5 * (1 + 2 + 3 + 4)) / 503; the small last layer moves it a little.
    assert told.scores[:, 0].tolist() == pytest.approx([3.99] * 7, abs=0.05)
    assert told.scores[:, 1].tolist() == pytest.approx([2.0] * 7, abs=0.05)
    assert told.absent[:, 0].tolist() == pytest.approx([0.001] * 7, abs=0.001)
    assert told.absent[:, 1].tolist() == pytest.approx([0.5] * 7, abs=0.01)
    assert heads.usual.tolist() == pytest.approx([4.0, 2.0])


def test_what_does_not_apply_or_is_unknown_teaches_no_score():
    heads = make_heads("brf", "veq_text")
    with_score = make_targets([[3.0, 1.0]], [[0.0, 0.0]], "brf", "veq_text")
    absent = make_targets([[3.0, NAN]], [[0.0, 1.0]], "brf", "veq_text")
    unknown = make_targets([[3.0, NAN]], [[0.0, NAN]], "brf", "veq_text")

    def gradient(targets: Targets) -> torch.Tensor:
        heads.zero_grad()
        heads.loss(heads(torch.ones(1, 4)), targets).sum().backward()
        grad = heads.mlp.out.bias.grad
        assert grad is not None
        return grad.reshape(2, 7)[1]  # six bins and "does not apply" of veq_text

    assert (gradient(with_score)[:6] != 0).any()
    assert (gradient(absent)[:6] == 0).all()
    assert gradient(absent)[6] != 0
    assert (gradient(unknown) == 0).all()


def test_the_loss_of_a_row_is_cross_entropy_and_that_of_applying():
    heads = make_heads("brf")
    logits = torch.zeros(1, 1, 1, 7)

    loss = heads.loss(logits, make_targets([[2.0]], [[0.0]], "brf"))

    # Six equal bins and an even chance: log 6 + log 2.
    assert loss.item() == pytest.approx(math.log(6) + math.log(2))


def test_a_predicted_score_stays_in_the_range_of_its_concept():
    heads = make_heads("brf", "cns_set")
    logits = torch.full((1, 1, 2, 7), -20.0)
    logits[..., 0] = 20  # all weight on the bin of 0

    assert heads.read(logits).scores.tolist()[0] == pytest.approx([0.0, 1.0], abs=1e-6)


def test_the_decision_head_starts_at_the_rate_of_acceptance():
    head = DecisionHead(3, 5, HeadConfig(width=8), members=2).eval()
    fixed = torch.randn(50, 3) * 100 + 7

    head.start_at(fixed, 0.3)
    p = head(fixed, torch.randn(50, 5)).sigmoid()

    assert p.shape == (2, 50)
    assert p.mean().item() == pytest.approx(0.3, abs=0.01)


def test_a_column_that_never_changes_does_not_explode_where_it_does():
    head = DecisionHead(2, 0, HeadConfig(width=8)).eval()
    head.start_at(torch.tensor([[1.0, 5.0], [3.0, 5.0]]), 0.5)

    assert head.scale.tolist() == [1.0, 1.0]  # the deviation of 1 and 3; and none
    assert abs(head(torch.tensor([[2.0, 6.0]])).item()) < 0.1


def test_a_score_counts_as_far_as_its_concept_applies():
    heads = make_heads("brf")
    heads.usual.fill_(4.0)
    concepts = Concepts(torch.tensor([[1.0], [1.0]]), torch.tensor([[0.0], [1.0]]))

    joined = join_inputs("concepts", torch.ones(2, 9), heads, concepts, torch.zeros(2, 1))

    # Order, score, chance that it does not apply; the representation is left out.
    assert joined.tolist() == [[0.0, 1.0, 0.0], [0.0, 4.0, 1.0]]
    assert join_inputs("concat", torch.ones(2, 9), heads, concepts, torch.zeros(2, 1)).shape == (2, 12)


def test_members_of_one_head_differ_and_are_averaged():
    torch.manual_seed(0)
    heads = make_heads("brf", members=3)
    heads.mlp.out.weight.data *= 100
    logits = heads(torch.randn(5, 4))

    assert not torch.equal(logits[0], logits[1])
    assert torch.equal(heads.read(logits).scores, heads.read(logits.mean(0, keepdim=True)).scores)


def test_a_concept_with_fewer_than_50_scores_in_training_gets_no_head():
    records = make_numbers(tasks=25, per_task=6)
    # 15 of 25 tasks are in training: 90 scores of brf and, on every other task, 48 of veq_text.
    assert sum("veq_text" in record.concepts for record in records if record.part == "train") == 48

    assert headed_concepts(records) == ("brf", "veq_clarity")


def test_targets_tell_absent_from_unknown():
    records = make_numbers(tasks=2, per_task=1)

    targets = read_targets(records, ("veq_text", "cns_set", "veq_realism"), CPU)

    assert targets.absent[0, :2].tolist() == [0.0, 1.0]
    assert targets.absent[1, :2].tolist() == [1.0, 1.0]
    assert targets.absent[:, 2].isnan().all()
    assert targets.is_told().tolist() == [True, True]


def test_an_order_is_told_by_prices_quantity_and_category():
    record = make_numbers(tasks=2, per_task=1)[1]  # 21 dollars for two deliverables, category Product

    told = read_orders([record.example], CPU)[0].tolist()

    assert told == pytest.approx([math.log(21), math.log(10.5), math.log(2), 0, 0, 1, 0])


def test_members_of_another_run_left_out_what_it_says_they_did():
    records = make_numbers(tasks=20, per_task=2)
    before = name_parts([record for record in records if record.part == "train"], 5, seed=1)
    # What taught the first stage has since come into a group that another task gives its name.
    joined = read_material([replace(record, group="renamed") for record in records], ("brf",), CPU)

    known, unknown = share_out(joined, 5, seed=1, known=before), share_out(joined, 5, seed=1)

    first = share_out(read_material(records, ("brf",), CPU), 5, seed=1)
    assert torch.equal(known.taught, first.taught)
    assert not torch.equal(unknown.taught, first.taught)
    assert name_parts(records, 1, seed=1) == {}


def test_a_training_row_is_spoken_for_by_members_that_did_not_learn_it():
    material = read_material(make_numbers(tasks=20, per_task=2), ("brf",), CPU)
    shares = share_out(material, 5, seed=1)
    assert shares is not None
    heads = make_heads("brf", members=5)
    heads.mlp.out.weight.data *= 100
    logits = heads(torch.randn(40, 4))

    told = shares.read(heads, logits)

    for row in range(40):
        speakers = [place for place in range(5) if shares.taught[place, row] == 0] or list(range(5))
        expected = heads.read(logits[speakers, row : row + 1].mean(0, keepdim=True)).scores
        assert told.scores[row].item() == pytest.approx(expected.item(), abs=1e-5)
    by_group = {record.group: tuple(shares.taught[:, row].tolist()) for row, record in enumerate(material.records)}
    assert all(by_group[record.group] == tuple(shares.taught[:, row].tolist()) for row, record in enumerate(material.records))
    # Every training row is left out by one member, validation and test rows by none.
    left_out = (shares.taught == 0).sum(0)
    assert all(left_out[row] == (1 if record.part == "train" else 0) for row, record in enumerate(material.records))
