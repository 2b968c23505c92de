"""The tables of the models; see docs/glossary.md for every word."""

from modeling.models.feature import FeatureRow
from modeling.models.look import DriftLook
from modeling.models.plan import RetrainPlan
from modeling.models.run import Preset, RunLine, RunPoint, TrainingRun
from modeling.models.snapshot import Snapshot, Split
from modeling.models.version import ModelVersion, Promotion

__all__ = [
    "DriftLook",
    "FeatureRow",
    "ModelVersion",
    "Preset",
    "Promotion",
    "RetrainPlan",
    "RunLine",
    "RunPoint",
    "Snapshot",
    "Split",
    "TrainingRun",
]
