"""The learning curve: what fewer labels would have made of the same run."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from modeling.net.build import build_model
from modeling.net.evaluate import tell_figures
from modeling.net.material import Material
from modeling.net.muffled import Muffled
from modeling.net.predict import ServImageModel
from modeling.net.stages import Setting

# Shares of the groups of training tasks; the whole is the run itself.
SHARES = (0.25, 0.5)


def draw_curve(setting: Setting, material: Material, whole: ServImageModel) -> list[dict[str, Any]]:
    """AUC and log loss on decided test rows at three sizes of the training part, the last of which is the run itself.

    Validation and test rows are the same for all. A size with one class only is left out.
    """
    if not material.decided(material.test):
        return []
    small = replace(setting, folder=None, watch=Muffled(setting.watch))
    parts = [material.share(share, setting.config.seed) for share in SHARES]
    models = [(part, build_model(small, part).model) for part in parts if 0 < part.rate(part.decided(part.train)) < 1]
    return [tell_size(part, model) for part, model in [*models, (material, whole)]]


def tell_size(material: Material, model: ServImageModel) -> dict[str, Any]:
    """One point of the curve."""
    test = material.decided(material.test)
    predictions = model.predict_rows(material.examples, test)
    accepts = np.array([bool(material.records[row].accepts) for row in test])
    p = np.array([told.p_accept for told in predictions])
    figures = tell_figures(accepts, p, material.groups(test), draws=1000, seed=0)
    return {"n_train": len(material.decided(material.train)), "auc": figures["auc"], "log_loss": figures["log_loss"]}
