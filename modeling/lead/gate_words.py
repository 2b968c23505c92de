"""What the gate says (modeling/net/gate.py, which knows no Django), marked here for translation; a test holds the two together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy
from django.utils.translation import gettext_noop as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

# The verdict of figures that pass where something else asks for a reason.
PASSES_WITH_REASON = gettext_lazy("passes, but takes a reason")
# The verdicts in a few words, for tables.
VERDICTS: Mapping[str, StrOrPromise] = {
    "": gettext_lazy("not judged yet"),
    "passes": gettext_lazy("passes"),
    "not_enough_evidence": gettext_lazy("not enough evidence"),
    "worse": gettext_lazy("worse"),
    "too_few": gettext_lazy("too few test candidates"),
    "miscalibrated": gettext_lazy("probabilities are off"),
}
SENTENCES: tuple[str, ...] = (
    _("It passes, on %(n)s blind test candidates in %(groups)s groups of tasks."),
    _("Not enough evidence that it is better, on %(n)s blind test candidates in %(groups)s groups of tasks."),
    _("It is worse, on %(n)s blind test candidates in %(groups)s groups of tasks."),
    _("It is better, but its probabilities are off, on %(n)s blind test candidates in %(groups)s groups of tasks."),
    _("There are %(n)s blind test candidates; with fewer than %(fewest)s the gate does not decide."),
    _("Better than the version in use: log loss %(loss)s, not %(rival_loss)s; difference %(low)s to %(high)s (90 %% interval)."),
    _("Perhaps no better than the version in use: log loss %(loss)s and %(rival_loss)s; difference %(low)s to %(high)s (90 %% interval)."),
    _("Worse than the version in use: log loss %(loss)s, not %(rival_loss)s; difference %(low)s to %(high)s (90 %% interval)."),
    _("Better than the base rate: log loss %(loss)s, not %(rival_loss)s; difference %(low)s to %(high)s (90 %% interval)."),
    _("Perhaps no better than the base rate: log loss %(loss)s and %(rival_loss)s; difference %(low)s to %(high)s (90 %% interval)."),
    _("Worse than the base rate: log loss %(loss)s, not %(rival_loss)s; difference %(low)s to %(high)s (90 %% interval)."),
    _(
        "Better than a logistic regression on judge scores: log loss %(loss)s, not %(rival_loss)s; "
        "difference %(low)s to %(high)s (90 %% interval)."
    ),
    _(
        "Perhaps no better than a logistic regression on judge scores: log loss %(loss)s and %(rival_loss)s; "
        "difference %(low)s to %(high)s (90 %% interval)."
    ),
    _(
        "Worse than a logistic regression on judge scores: log loss %(loss)s, not %(rival_loss)s; "
        "difference %(low)s to %(high)s (90 %% interval)."
    ),
    _("They are in %(groups)s groups of tasks; with fewer than %(fewest)s there is no interval."),
    _("Calibration error %(ece)s; a perfectly calibrated model with these probabilities stays below %(limit)s in 95 of 100 samples."),
    _(
        "Calibration error %(ece)s, too much: a perfectly calibrated model with these probabilities stays below %(limit)s "
        "in 95 of 100 samples."
    ),
    _("A lead can promote it all the same, with a reason."),
)
