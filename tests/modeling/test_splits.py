"""Splits: whole groups, the test side never trains, and every kind tests on what it says."""

import random
from collections import Counter, defaultdict
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modeling.net.splits import EDGES, Row, TaskKey, band_of, find_groups, make_split, pick_generator, tell_notes

pytestmark = pytest.mark.pure

KINDS = ("standard", "logo", "logo_strict", "price_up", "price_down")
GENERATORS = ("flux", "imagen", "kling")


def make_task(
    task: str, *, keys: Sequence[str] = (), price_usd: float = 100.0, category: str = "Portrait", is_test_side: bool = False
) -> TaskKey:
    return TaskKey(task=task, category=category, price_usd=price_usd, keys=frozenset(keys), is_test_side=is_test_side)


def make_rows(tasks: Sequence[TaskKey], generators: Sequence[str] = GENERATORS) -> list[Row]:
    return [Row(key=f"{task.task}/{name}", task=task.task, generator=name) for task in tasks for name in generators]


def make_project(count: int = 900, *, seed: int = 0, tied: float = 0.15, test_side: float = 0.1) -> list[TaskKey]:
    """Tasks of three categories, some of which share a photo with the one before; a tenth of the groups is on the test side."""
    chance = random.Random(seed)
    numbers = [0]
    for _ in range(1, count):
        numbers.append(numbers[-1] + (chance.random() > tied))
    chosen = set(chance.sample(sorted(set(numbers)), round(test_side * len(set(numbers)))))
    return [
        make_task(
            f"task-{place:04d}",
            keys=[f"photo-{number}", f"brief-{place}"],
            price_usd=round(chance.lognormvariate(4.8, 1.1), 2),
            category=chance.choices(["Portrait", "Product", "Digital"], [2, 4, 3])[0],
            is_test_side=number in chosen,
        )
        for place, number in enumerate(numbers)
    ]


# Tasks that share keys at random, of any band, some on the test side, whether or not their group is.
PROJECTS = st.lists(
    st.tuples(
        st.frozensets(st.sampled_from([f"key-{number}" for number in range(12)]), max_size=2),
        st.sampled_from([20.0, 69.44, 69.45, 200.0, 277.78, 277.79, 900.0]),
        st.sampled_from(["Portrait", "Product", "Digital"]),
        st.sampled_from([False, False, False, True]),
    ),
    min_size=1,
    max_size=40,
).map(
    lambda items: [
        make_task(f"task-{place}", keys=keys, price_usd=price, category=category, is_test_side=side)
        for place, (keys, price, category, side) in enumerate(items)
    ]
)


def test_tasks_are_together_through_others_that_they_share_something_with():
    tasks = [
        make_task("c", keys=["brief-1"]),
        make_task("b", keys=["brief-1", "photo-2"]),
        make_task("a", keys=["photo-2"]),
        make_task("d"),
    ]

    assert find_groups(tasks) == {"a": "a", "b": "a", "c": "a", "d": "d"}


@settings(max_examples=40, deadline=None)
@given(PROJECTS, st.randoms())
def test_groups_are_exactly_what_shared_keys_connect_in_any_order(tasks, chance):
    found = find_groups(tasks)

    # Spread the least name through shared keys until nothing changes.
    wanted = {task.task: task.task for task in tasks}
    while True:
        least = {task.task: min(wanted[other.task] for other in tasks if other is task or other.keys & task.keys) for task in tasks}
        if least == wanted:
            break
        wanted = least
    assert found == wanted
    assert find_groups(chance.sample(tasks, len(tasks))) == found


def test_a_task_that_is_there_twice_is_refused():
    with pytest.raises(ValueError, match="'a' is there twice"):
        find_groups([make_task("a"), make_task("a")])


@settings(max_examples=50, deadline=None)
@given(PROJECTS, st.sampled_from(KINDS), st.integers(0, 5))
def test_no_group_is_both_learned_from_and_anything_else(tasks, kind, seed):
    parts = make_split(kind, make_rows(tasks), tasks, seed=seed)

    group_of = find_groups(tasks)
    seen = defaultdict(set)
    for row in make_rows(tasks):
        seen[group_of[row.task]].add(parts[row.key])
    for found in seen.values():
        assert not {"train", "val"} <= found
        # With a generator left out the other ones of the same tasks are learned from: that is what `logo` is.
        assert kind == "logo" or "test" not in found or not found & {"train", "val"}


@settings(max_examples=50, deadline=None)
@given(PROJECTS, st.sampled_from(KINDS), st.integers(0, 5))
def test_no_group_that_touches_the_test_side_is_learned_from(tasks, kind, seed):
    group_of = find_groups(tasks)
    touched = {group_of[task.task] for task in tasks if task.is_test_side}

    parts = make_split(kind, make_rows(tasks), tasks, seed=seed)

    assert not {parts[row.key] for row in make_rows(tasks) if group_of[row.task] in touched} & {"train", "val"}


@settings(max_examples=30, deadline=None)
@given(PROJECTS, st.sampled_from(KINDS), st.integers(0, 5), st.randoms())
def test_the_order_of_tasks_and_rows_does_not_matter(tasks, kind, seed, chance):
    rows = make_rows(tasks)

    assert make_split(kind, chance.sample(rows, len(rows)), chance.sample(tasks, len(tasks)), seed=seed) == make_split(
        kind, rows, tasks, seed=seed
    )


@settings(max_examples=30, deadline=None)
@given(PROJECTS, st.integers(0, 5))
def test_standard_tests_on_the_test_side_and_leaves_aside_only_what_touches_it(tasks, seed):
    group_of = find_groups(tasks)
    touched = {group_of[task.task] for task in tasks if task.is_test_side}
    if not touched:
        return

    parts = make_split("standard", make_rows(tasks), tasks, seed=seed)

    for task in tasks:
        found = {parts[f"{task.task}/{name}"] for name in GENERATORS}
        if task.is_test_side:
            assert found == {"test"}
        else:
            assert (found == {"aside"}) == (group_of[task.task] in touched)


@pytest.mark.parametrize("seed", range(5))
def test_shares_are_those_of_eighty_ten_and_ten(seed):
    tasks = make_project(seed=seed)

    counts = Counter(make_split("standard", make_rows(tasks), tasks, seed=seed).values())

    total = sum(counts.values())
    assert [counts[part] / total for part in ("train", "val", "test")] == [pytest.approx(share, abs=0.02) for share in (0.8, 0.1, 0.1)]
    # Which groups are on the test side decides how many tasks are; of the rest one in nine validates.
    assert counts["val"] / (counts["train"] + counts["val"]) == pytest.approx(1 / 9, abs=0.005)


@pytest.mark.parametrize("seed", range(5))
def test_a_project_without_a_test_side_gets_a_tenth_to_test_on(seed):
    tasks = make_project(seed=seed, test_side=0)

    counts = Counter(make_split("standard", make_rows(tasks), tasks, seed=seed).values())

    assert {part: n / (3 * 900) for part, n in counts.items()} == {
        "train": pytest.approx(0.8, abs=0.02),
        "val": pytest.approx(0.1, abs=0.02),
        "test": pytest.approx(0.1, abs=0.02),
    }


def test_every_category_and_price_tercile_validates_about_as_much():
    tasks = make_project(2700, tied=0, test_side=0)
    parts = make_split("standard", make_rows(tasks, ["flux"]), tasks, seed=1)
    prices = sorted(task.price_usd for task in tasks)

    shares = defaultdict(Counter)
    for task in tasks:
        tercile = (task.price_usd > prices[900]) + (task.price_usd > prices[1800])
        shares[task.category, tercile][parts[f"{task.task}/flux"]] += 1

    assert len(shares) == 9
    for found in shares.values():
        total = sum(found.values())
        assert found["val"] / total == pytest.approx(0.1, abs=2 / total)
        assert found["test"] / total == pytest.approx(0.1, abs=2 / total)


def test_another_seed_validates_on_other_tasks_and_tests_on_the_same():
    tasks = make_project()
    one, two = (make_split("standard", make_rows(tasks), tasks, seed=seed) for seed in (1, 2))

    val, test = ([{key for key, part in parts.items() if part == name} for parts in (one, two)] for name in ("val", "test"))
    assert test[0] == test[1]
    assert len(val[0] & val[1]) < 0.3 * len(val[0])


def test_a_generator_left_out_is_tested_on_everywhere_and_trains_nowhere():
    tasks = [
        *(make_task(f"free-{place}") for place in range(18)),
        make_task("held", is_test_side=True, keys=["photo"]),
        make_task("tied", keys=["photo"]),
    ]

    parts = make_split("logo", make_rows(tasks), tasks, seed=0, generator="kling")

    assert {part for key, part in parts.items() if key.endswith("kling")} == {"test"}
    assert {parts[f"held/{name}"] for name in ("flux", "imagen")} == {"aside"}
    assert {parts[f"tied/{name}"] for name in ("flux", "imagen")} == {"aside"}
    assert Counter(part for key, part in parts.items() if key.startswith("free") and not key.endswith("kling")) == {"train": 32, "val": 4}


def test_the_strict_way_tests_it_on_unseen_tasks_only():
    tasks = [*(make_task(f"free-{place}") for place in range(18)), make_task("held", is_test_side=True)]

    parts = make_split("logo_strict", make_rows(tasks), tasks, seed=0, generator="kling")

    assert {key for key, part in parts.items() if part == "test"} == {"held/kling"}
    assert {part for key, part in parts.items() if key.endswith("kling") and key != "held/kling"} == {"aside"}
    assert {parts[f"held/{name}"] for name in ("flux", "imagen")} == {"aside"}


def test_by_default_the_generator_with_the_most_candidates_is_left_out():
    rows = [Row(key=str(place), task="a", generator=name) for place, name in enumerate(["kling", "imagen", "imagen", "flux", "flux"])]

    assert pick_generator(rows) == "flux"
    assert list(make_split("logo", rows, [make_task("a")], seed=0).values()) == ["train"] * 3 + ["test"] * 2


@pytest.mark.parametrize(("kind", "tested"), [("price_up", {"high"}), ("price_down", {"low"})])
def test_a_price_split_tests_on_one_band_and_trains_on_the_other_two(kind, tested):
    tasks = make_project(300, tied=0)

    parts = make_split(kind, make_rows(tasks), tasks, seed=0)

    for task in tasks:
        band = band_of(task.price_usd)
        wanted = {"test"} if band in tested else ({"aside"} if task.is_test_side else {"train", "val"})
        assert {parts[f"{task.task}/{name}"] for name in GENERATORS} <= wanted
    assert {"train", "val", "test", "aside"} == set(parts.values())


def test_a_cheap_task_that_shares_a_photo_with_a_dear_one_is_aside():
    tasks = [
        make_task("cheap", keys=["photo"], price_usd=20),
        make_task("dear", keys=["photo"], price_usd=900),
        make_task("free", price_usd=20),
    ]

    parts = make_split("price_up", make_rows(tasks, ["flux"]), tasks, seed=0)

    assert parts == {"cheap/flux": "aside", "dear/flux": "test", "free/flux": "train"}


def test_bands_are_those_of_the_site():
    from labeling.price_bands import HIGH, LOW, PriceBand

    assert (float(LOW), float(HIGH)) == EDGES
    assert [band_of(price) for price in (69.44, 69.45, 277.78, 277.79)] == ["low", "middle", "middle", "high"]
    assert {band.value for band in PriceBand} == {"low", "middle", "high"}


def test_two_groups_are_enough_to_validate_on_one():
    tasks = [make_task("a"), make_task("b"), make_task("c", is_test_side=True)]

    assert Counter(make_split("standard", make_rows(tasks, ["flux"]), tasks, seed=0).values()) == {"train": 1, "val": 1, "test": 1}


def test_notes_say_what_a_reader_would_not_expect():
    def note(kind, tasks):
        rows = make_rows(tasks)
        return [item["text"] % item["params"] for item in tell_notes(kind, rows, tasks, make_split(kind, rows, tasks, seed=0))]

    free = [make_task(f"free-{place}") for place in range(20)]
    held = make_task("held", is_test_side=True)

    assert note("standard", [*free, held]) == []
    assert note("standard", free) == ["No task is on a test side, so 2 were drawn to test on; other versions may have learned from them."]
    assert note("logo", [*free, held]) == ["flux was left out of training and is what is tested on."]
    assert note("standard", [held]) == ["No task is left to train on.", "There are too few groups of tasks to validate on any."]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "random"}, "no split 'random'"),
        ({"tasks": []}, "1 tasks of candidates are not there, such as 'a'"),
        ({"rows": [Row(key="1", task="a", generator="flux")] * 2}, "twice"),
        ({"kind": "logo", "generator": "kling"}, "no candidate of a generator 'kling'"),
        ({"kind": "logo", "rows": []}, "no generator can be left out"),
    ],
)
def test_what_does_not_fit_together_is_refused(change, message):
    values = {"kind": "standard", "rows": [Row(key="1", task="a", generator="flux")], "tasks": [make_task("a")], **change}

    with pytest.raises(ValueError, match=message):
        make_split(values.pop("kind"), values.pop("rows"), values.pop("tasks"), seed=0, **values)


def test_a_project_without_candidates_is_divided_into_nothing():
    assert make_split("standard", [], [], seed=0) == {}
