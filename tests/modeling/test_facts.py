"""Measured facts as words."""

import numpy as np
import pytest
import torch

from modeling.net.facts import FACTS, Facts, all_words, tell_facts
from modeling.net.features import NAMES

pytestmark = pytest.mark.pure


def make_features(rows=80):
    """Row r has the value r in every column."""
    return np.repeat(np.arange(rows, dtype=np.float32)[:, None], len(NAMES), axis=1)


def test_there_are_about_two_dozen_and_their_words_differ():
    assert len(FACTS) == 24
    assert set(FACTS.values()) <= set(NAMES)
    # Eight levels and one for what cannot be told.
    assert len(set(all_words())) == 24 * 9


def test_each_eighth_of_the_training_rows_gets_a_letter():
    facts = Facts()
    facts.fit(make_features())

    told = [facts.words(row)[0] for row in make_features()]

    assert told == [f"blur{level}" for level in "abcdefgh" for _ in range(10)]


def test_values_beyond_those_of_training_get_the_outer_letters():
    facts = Facts()
    facts.fit(make_features())

    low, high = np.full(len(NAMES), -1e9, dtype=np.float32), np.full(len(NAMES), 1e9, dtype=np.float32)

    assert {word[-1] for word in facts.words(low)} == {"a"}
    assert {word[-1] for word in facts.words(high)} == {"h"}


def test_what_cannot_be_told_is_said_to_be_unknown():
    facts = Facts()
    features = make_features()
    column = NAMES.index("match_explained")
    features[:40, column] = np.nan
    facts.fit(features)

    words = facts.words(features[0])

    assert words[list(FACTS).index("match")] == "matchx"
    assert sum(word.endswith("x") for word in words) == 1
    # The cut points are those of the 40 rows that have it, from 40 to 79.
    assert facts.words(features[40])[list(FACTS).index("match")] == "matcha"


def test_a_statistic_that_no_row_has_is_unknown_everywhere():
    facts = Facts()
    features = np.full((10, len(NAMES)), np.nan, dtype=np.float32)
    facts.fit(features)

    assert {word[-1] for word in facts.words(features[0])} == {"x"}


def test_cut_points_are_saved_and_put_back():
    facts, other = Facts(), Facts()
    facts.fit(make_features())

    other.restore(facts.tensors())

    assert other.words(make_features()[33]) == facts.words(make_features()[33])
    with pytest.raises(ValueError, match="its facts are others"):
        other.restore({"facts.cuts": torch.zeros(3, 7)})


def test_no_facts_are_told_where_nothing_is_measured():
    assert tell_facts(None, make_features(), [0, 1]) == [[], []]
