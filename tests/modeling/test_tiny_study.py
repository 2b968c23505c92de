"""The demonstration model at 400 labels, whole, without the measured facts, and without the picture: minutes of training."""

import sys

import pytest

from tests.modeling.tiny_study import VARIANTS, divide_records, make_variant, train_tiny

pytestmark = [pytest.mark.pure, pytest.mark.slow]


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("variant", VARIANTS)
def test_tiny_learns_from_400_labels(variant, seed, tmp_path, capsys):
    # 80 + 20 tasks of four candidates to learn from, 100 others to be tested on.
    records = divide_records(seed, train=80, val=20, test=100)

    metrics = train_tiny(make_variant(variant, seed), records, tmp_path)

    rows = {row["method"]: row for row in metrics["rows"] if row["slice"] == "all"}
    auc, low, high = rows["model"]["figures"]["auc"]
    accuracy, majority = (rows[method]["figures"]["accuracy"][0] for method in ("model", "majority"))
    with capsys.disabled():
        sys.stdout.write(
            f"\ntiny, {variant}, seed {seed}: AUC {auc:.3f} ({low:.3f} to {high:.3f}), accuracy {accuracy:.3f}, majority {majority:.3f},"
            f" fusion {metrics['fusion']}, {metrics['seconds']} s\n"
        )
    assert rows["model"]["n"] == 400
    # Which part carries how much of it stands in docs/gpu.md; each ranks better than chance.
    assert low > 0.5
