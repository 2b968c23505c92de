"""The study of the preset `stats`: whole groups in folds, and the plain model that it is held against."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from benchmarks.plain_statistics import fit_trees, measure_plain
from benchmarks.stats_study import divide, make_folds
from tests.modeling.made_records import make_records

pytestmark = pytest.mark.pure


def test_every_group_is_tested_once_and_never_with_rows_of_it_in_training():
    records = make_records(tasks=20, per_task=3, side=8)
    folds = make_folds(records, 5)

    for fold in range(5):
        parts = {record.group: set() for record in records}
        for record in divide(records, folds, fold):
            parts[record.group].add(record.part)
        assert all(len(own) == 1 for own in parts.values())
        # 20 groups of one size are dealt to 5 folds.
        assert sum(own == {"test"} for own in parts.values()) == 4
        assert {"train", "val"} <= set.union(*parts.values())


def test_the_plain_model_has_26_statistics_of_the_candidate():
    data = io.BytesIO()
    Image.effect_noise((64, 48), 50).convert("RGB").save(data, "JPEG")

    found = measure_plain(data.getvalue())

    assert len(found) == 26
    assert np.isfinite(found).all()
    assert found[24] == pytest.approx(64 / 48)
    assert found[25] == pytest.approx(len(data.getvalue()) / (64 * 48))


def test_the_plain_model_learns_what_one_statistic_tells():
    columns = np.random.default_rng(0).normal(size=(200, 3))
    accepts = columns[:, 1] > 0

    p = fit_trees(columns[:100], accepts[:100])(columns[100:])

    assert np.mean((p > 0.5) == accepts[100:]) > 0.9
