"""The effects of assistance: worked examples, what must hold for any answers, and whole projects of people with a known pull."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.assistance import CHECKED, PULLS, compare, make_cases, simulate_all, true_values
from labeling.assistance import ALL, MEASURED, REVEAL, Cases, tally, tally_gold
from labeling.effects import EFFECTS, find_effects, find_gold, find_times
from labeling.medians import GROUPS, group_times

pytestmark = pytest.mark.pure
NO = np.nan


def make(rows, tasks=1):
    """Cases from (first answers, last answers, suggestion, judged, control), spread over so many tasks."""
    first, last, suggests, judged, control = (list(part) for part in zip(*rows, strict=True))
    return Cases(
        tasks=np.arange(len(rows)) % tasks,
        control=np.array(control, dtype=bool),
        suggests=np.array(suggests, dtype=bool),
        first=np.array(first, dtype=float),
        last=np.array(last, dtype=float),
        judged=np.array(judged, dtype=float),
    )


def pair(assisted, blind, suggests, judged=NO, control=False):
    """One candidate whose first answers are its last ones."""
    return ((assisted, blind), (assisted, blind), suggests, judged, control)


def value(policy, cases, name):
    """One effect of all cases."""
    return float(EFFECTS[policy][name].difference(tally(policy, cases).total()))


# Ten treated candidates, all suggested to be accepted, and ten of which nobody saw the suggestion.
TREATED = [
    *[pair(1, 1, True)] * 4,
    *[pair(0, 0, True)] * 2,
    *[pair(1, 0, True, 0)] * 2,
    pair(1, 0, True, 1),
    pair(0, 1, True, 1),
]
CONTROL = [
    *[pair(1, 1, True, control=True)] * 5,
    *[pair(0, 0, True, control=True)] * 3,
    pair(1, 0, True, 1, control=True),
    pair(0, 1, True, NO, control=True),
]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("accept_shift", 20),  # 7 of 10 accept, and 5 of 10
        ("follow_shift", 20),
        ("follow_control", 10),  # 7 of 10; control: 10 + 2 of 20
        ("seats_shift", -20),  # 6 of 10 are equal; control: 8 of 10
        ("added_error", 20),  # of 4 disputes 3 were lost by the assisted seat, 1 by the other one
        # Of the control suggestions 5 are right, 3 are wrong, and the 2 disputes count as the adjudicated one: right. So 70 % are right.
        ("pull_right", 0),  # 1 and 1 of 10
        ("pull_wrong", 20 / 0.3),  # 2 and 0 of 10, of the 30 % wrong ones
    ],
)
def test_a_worked_example_of_two_seats(name, expected):
    assert value(MEASURED, make(TREATED + CONTROL), name) == pytest.approx(expected)


def test_disputes_that_wait_are_taken_to_end_like_those_that_were_adjudicated():
    # 8 disputes of 20 candidates. Of the 4 adjudicated ones the assisted seat lost 3, the other one 1: 8 / 20 * (3 - 1) / 4.
    cases = make([*TREATED, *[pair(1, 1, True)] * 6, *[pair(1, 0, True)] * 4])

    assert value(MEASURED, cases, "added_error") == pytest.approx(20)


def test_without_any_adjudicated_dispute_the_added_error_is_not_defined():
    found = find_effects(MEASURED, tally(MEASURED, make([pair(1, 0, True)] * 60, tasks=20)), 1)

    assert not found["added_error"].is_withheld
    assert found["added_error"].difference.value is None


answers = st.tuples(*[st.booleans()] * 4)


@given(st.lists(answers, min_size=1, max_size=40).filter(lambda rows: any(a != b for a, b, _s, _t in rows)))
def test_added_error_is_the_difference_of_both_errors_whatever_is_true_of_equal_pairs(rows):
    rows = np.array(rows)
    one, other, _suggests, truth = rows.T
    judged = [float(true) if a != b else NO for a, b, _s, true in rows.tolist()]
    cases = make([pair(int(a), int(b), s, j) for (a, b, s, _t), j in zip(rows.tolist(), judged, strict=True)])

    sums = tally(MEASURED, cases).total()

    # Errors against the truth of every pair, of which the disputes alone were judged.
    added = 100 * ((one != truth).mean() - (other != truth).mean())
    assert value(MEASURED, cases, "added_error") == pytest.approx(added, abs=1e-9)
    right, wrong = (
        100 * float(getattr(sums, f"{kind}_assisted") - getattr(sums, f"{kind}_blind")) / len(rows) for kind in ("right", "wrong")
    )
    # Following right suggestions takes errors away, following wrong ones adds them; both bring answers nearer to the model.
    assert wrong - right == pytest.approx(added, abs=1e-9)
    assert wrong + right == pytest.approx(value(MEASURED, cases, "follow_shift"), abs=1e-9)


def test_where_both_seats_saw_the_suggestion_treated_candidates_are_held_against_control_ones():
    cases = make([*[pair(1, 1, True)] * 3, pair(1, 0, True), *CONTROL])

    # 7 of 8 answers accept, and 12 of 20; 3 of 4 pairs are equal, and 8 of 10. All suggestions are to accept.
    assert value(ALL, cases, "accept_shift") == pytest.approx(87.5 - 60)
    assert value(ALL, cases, "follow_control") == pytest.approx(87.5 - 60)
    assert value(ALL, cases, "seats_shift") == pytest.approx(75 - 80)
    assert "added_error" not in EFFECTS[ALL]


def test_after_a_reveal_last_answers_are_held_against_first_ones():
    rows = [
        ((0, 0), (1, 0), True, NO, False),  # both said no, so the suggestion is wrong; one of two answers moves to it
        ((1, 1), (1, 1), True, NO, False),  # right; nothing moves
        ((0, 1), (0, 1), True, 1, False),  # right, as the adjudicator says
        ((0, 1), (1, 1), True, NO, False),  # nobody decided: counted among the shifts, not among right or wrong ones
        ((NO, 1), (1, 1), True, NO, False),  # one answer came after the suggestion: not compared
        ((0, 0), (0, 0), True, NO, True),
    ]

    cases = make(rows)

    # Of 8 first answers 4 accept, of the last ones 6.
    assert value(REVEAL, cases, "accept_shift") == pytest.approx(25)
    assert value(REVEAL, cases, "follow_shift") == pytest.approx(25)
    # Two of four pairs were equal at first; of the last ones the second and the fourth.
    assert value(REVEAL, cases, "seats_shift") == pytest.approx(0)
    assert value(REVEAL, cases, "pull_right") == pytest.approx(0)
    assert value(REVEAL, cases, "pull_wrong") == pytest.approx(50)


def test_values_are_withheld_below_fifty_and_intervals_below_five_that_differ():
    few = find_effects(MEASURED, tally(MEASURED, make([pair(1, 0, True, 0)] * 49, tasks=20)), 1)
    same = find_effects(MEASURED, tally(MEASURED, make([pair(1, 1, True)] * 56 + [pair(1, 0, True, 0)] * 4, tasks=20)), 1)
    enough = find_effects(MEASURED, tally(MEASURED, make([pair(1, 1, True)] * 55 + [pair(1, 0, True, 0)] * 5, tasks=20)), 1)

    assert few["accept_shift"].is_withheld
    assert few["accept_shift"].difference.value is None
    assert few["accept_shift"].counted == (49, 49)
    assert same["accept_shift"].difference.value == pytest.approx(100 * 4 / 60)
    assert same["accept_shift"].difference.low is None
    assert 0 < enough["accept_shift"].difference.low < enough["accept_shift"].difference.value < enough["accept_shift"].difference.high
    # There is no control candidate to compare with.
    assert enough["seats_shift"].is_withheld


def test_gold_is_compared_between_the_sides():
    tasks = np.arange(80) % 20
    assisted, wrong = np.arange(80) < 40, np.arange(80) % 4 == 0

    nothing = np.zeros(80, dtype=bool)
    found = find_gold(MEASURED, tally_gold(tasks, assisted, wrong | (np.arange(80) < 10), nothing), 1)

    # Of 40 assisted ones 10 and every fourth of the other 30 (12, 16, ..., 36: 7) are wrong, of the other 40 every fourth.
    assert (found.assisted, found.blind) == (pytest.approx(42.5), pytest.approx(25))
    assert found.difference.low < 17.5 < found.difference.high
    assert find_gold(MEASURED, tally_gold(tasks[:59], assisted[:59], wrong[:59], nothing[:59]), 1).is_withheld


@pytest.mark.parametrize(
    ("wrong", "has_interval"), [((5, 5), True), ((10, 4), False), ((4, 10), False), ((36, 5), False), ((5, 36), False)]
)
def test_two_sides_of_gold_each_need_wrong_and_right_answers_for_an_interval(wrong, has_interval):
    # 40 answers on either side, so many of them wrong.
    number, assisted = np.arange(80) % 40, np.arange(80) < 40
    is_wrong = number < np.where(assisted, *wrong)

    found = find_gold(MEASURED, tally_gold(number % 20, assisted, is_wrong, np.zeros(80, dtype=bool)), 1)

    assert found.difference.value == pytest.approx(100 * (wrong[0] - wrong[1]) / 40)
    assert (found.difference.low is not None) == has_interval


@pytest.mark.parametrize(("changed", "has_interval"), [(5, True), (4, False)])
def test_after_a_reveal_five_answers_to_gold_have_to_change_for_an_interval(changed, has_interval):
    # 40 answers, all right at first; so many become wrong.
    number, last = np.arange(80) % 40, np.arange(80) < 40
    moved = last & (number < changed)

    found = find_gold(REVEAL, tally_gold(number % 20, last, moved, moved), 1)

    assert found.difference.value == pytest.approx(100 * changed / 40)
    assert (found.difference.low is not None) == has_interval


def test_medians_are_exact_where_times_are_few_and_close_where_they_are_many():
    random = np.random.default_rng(5)
    few = random.integers(1, 50, 400) * 100.0
    many = random.lognormal(9, 0.8, 5000)

    exact = find_times(few[:200], np.arange(200) % 30, few[200:], np.arange(200) % 30, 1)
    close = find_times(many, np.arange(5000) % 90, many + 500, np.arange(5000) % 90, 1)

    assert exact.assisted == np.median(few[:200])
    assert exact.blind == np.median(few[200:])
    assert close.difference.value == pytest.approx(np.median(many) - np.median(many + 500), abs=0.01 * np.median(many))
    assert close.difference.low < close.difference.value < close.difference.high
    group, levels = group_times(many)
    assert len(levels) == GROUPS
    assert np.bincount(group).max() <= 20


def test_an_interval_of_medians_covers_the_true_difference():
    # Times of a task share a factor; assisted answers take 80 % of the time. The median of such times is that of the factors' centre.
    covered = 0
    for seed in range(100):
        random = np.random.default_rng((7, seed))
        factor = random.normal(0, 0.4, 60)
        task = random.integers(60, size=600)
        blind, assisted = (10 * scale * np.exp(factor[task] + random.normal(0, 0.7, 600)) for scale in (1, 0.8))
        found = find_times(assisted, task, blind, task, seed, resamples=500)
        covered += found.difference.low <= 10 * 0.8 - 10 <= found.difference.high

    assert covered >= 88


@pytest.mark.parametrize("pull", PULLS)
def test_intervals_cover_the_true_effects_of_a_known_pull(pull):
    runs = simulate_all(8000, pull, 100, workers=1, resamples=1000)

    assert {name: sum(run.covers[name] for run in runs) >= 88 for name in CHECKED} == dict.fromkeys(CHECKED, True)


def test_the_true_effects_are_those_of_a_very_large_project():
    # A million candidates: an effect in points has a standard error of about 0.08.
    true = true_values(0.1)

    cases = make_cases(1_000_000, 0.1, (1,))

    assert {name: value(MEASURED, cases, name) for name in CHECKED} == {name: pytest.approx(true[name], abs=0.3) for name in CHECKED}


def test_a_pull_moves_the_agreement_of_mixed_pairs_and_not_that_of_blind_ones():
    agreements = {}
    for pull in (0.0, 0.1):
        projects = [make_cases(33_000, pull, (number, round(100 * pull))) for number in range(100)]
        agreements[pull] = [
            np.array([100 * (cases.last[chosen, 0] == cases.last[chosen, 1]).mean() for cases in projects for chosen in [pick(cases)]])
            for pick in (lambda cases: cases.control, lambda cases: ~cases.control)
        ]

    blind, mixed = (compare(with_pull, without) for with_pull, without in zip(agreements[0.1], agreements[0.0], strict=True))

    assert blind[1] <= 0 <= blind[2]
    assert mixed[2] < 0
