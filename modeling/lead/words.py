"""What the codes of runs, metrics and snapshots mean, for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from django.utils.text import capfirst
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from labeling.models import Category
from labeling.price_bands import PriceBand
from modeling.models import Preset

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

# What a preset is, without promising anything: the reader decides by it what a suggestion is worth.
PRESETS: Mapping[str, StrOrPromise] = {
    Preset.STATS: _(
        "Measures of the image, of its likeness to the references, the source and the other images of its set, and rules read from the "
        "brief. No vision-language model: it does not understand what is shown. Trains in seconds on any machine."
    ),
    Preset.TINY: _(
        "A vision-language model with random weights and 0.5 million parameters. It shows that the whole path works; what it learns comes "
        "from measured facts in its prompt, not from its pictures. Do not expect good suggestions of it."
    ),
    Preset.QWEN: _(
        "A pretrained Qwen3-VL checkpoint that is trained further in two stages, as in the paper. Needs a worker with a GPU and the "
        "checkpoint on it."
    ),
}
METHODS: Mapping[str, StrOrPromise] = {
    "model": _("this model"),
    "majority": _("base rate"),
    "logistic": _("regression on judges' scores"),
    "pay_direct": _("asked “pay or not”"),
}
RIVALS: Mapping[str, StrOrPromise] = {
    "incumbent": _("the version in use"),
    "base_rate": _("the base rate"),
    "logistic": _("logistic regression on the judges' scores"),
}
STAGES: Mapping[str, StrOrPromise] = {
    "snapshot": _("freezing what is learned from"),
    "load": _("loading what is trained on"),
    "features": _("measuring images"),
    "scale": _("looking at some images before anything is learned"),
    "view_concepts": _("looking at every image once"),
    "view_decision": _("looking at every image once"),
    "concepts": _("stage 1: concepts"),
    "decision": _("stage 2: decision"),
    "gate": _("judging on the test side"),
}
CURVES: Mapping[str, StrOrPromise] = {
    "train_loss": _("training loss"),
    "val_loss": _("validation loss"),
    "val_auc": _("validation AUC"),
    "val_log_loss": _("validation log loss"),
    "val_brier": _("validation Brier score"),
    "val_ece": _("validation ECE"),
    "val_accuracy": _("validation accuracy"),
    "val_balanced_accuracy": _("validation balanced accuracy"),
    "learning_rate": _("learning rate"),
}
PARTS: Mapping[str, StrOrPromise] = {
    "train": _("training"),
    "val": _("validation"),
    "test": _("test"),
    "aside": _("set aside"),
}
FUSIONS: Mapping[str, StrOrPromise] = {
    "concepts": _("predicted concepts alone"),
    "concat": _("concepts and both representations"),
    "features": _("image statistics alone, no concepts"),
}
CALIBRATIONS: Mapping[str, StrOrPromise] = {
    "none": _("none"),
    "temperature": _("temperature: one factor on the logit"),
    "sigmoid": _("sigmoid: factor and shift of the logit"),
}
DROPS: Mapping[str, StrOrPromise] = {
    "nothing": _("nothing"),
    "adjudicated": _("decisions that two people did not agree on"),
    "uncertain": _("decisions that stay uncertain (posterior of Dawid and Skene from .35 to .65)"),
}
# Where targets of concepts come from, as it is chosen.
SOURCES: Mapping[str, StrOrPromise] = {
    "auto": _("the judge that fits best: one that asks a model, else imported scores, else formulas"),
    "people": _("the reasons people gave"),
    "none": _("nothing: no concepts"),
}

# What a run says in its log (modeling/net/train.py, which knows no Django), marked here for translation; a test holds the two together.
LOG_SENTENCES: tuple[str, ...] = (
    gettext_noop("%(count)s candidates are left out: their image cannot be read."),
    gettext_noop("This worker has no GPU: a real Qwen3-VL takes minutes for each step here."),
)


def name_of(words: Mapping[str, StrOrPromise], code: str) -> str:
    """A code in words; the code itself where it is unknown, as one of a later release."""
    return str(words.get(code, code))


def name_stage(code: str) -> str:
    """A stage in words; stage 2 is trained once for each kind of input, which its code names behind it."""
    stage, _line, fusion = code.partition("_")
    if not fusion or code in STAGES:
        return name_of(STAGES, code)
    return _now("%(stage)s, from %(input)s") % {"stage": name_of(STAGES, stage), "input": name_of(FUSIONS, fusion)}


def name_target(source: str) -> str:
    """Where the target of a concept came from, in words."""
    kind, _colon, rest = source.partition(":")
    return rest.strip() if kind == "judge" else name_of(SOURCES, kind)


def name_slice(code: str, generators: Mapping[str, str]) -> str:
    """A slice of the test side in words; `generators` are display names by slug, which are left as they are written."""
    kind, _colon, what = code.partition(":")
    if kind == "generator":
        return generators.get(what, what)
    if kind == "category" and what in Category.values:
        return capfirst(str(Category(what).label))
    if kind == "price" and what in PriceBand.values:
        return capfirst(str(PriceBand(what).label))
    return what or capfirst(_now("all"))
