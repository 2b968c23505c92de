"""When a project retrains by itself."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from labeling.models import Project
from modeling.lead.run_settings import list_changed
from modeling.models import Preset, RetrainPlan, TrainingRun
from modeling.protocol.plans import FEWEST_DECISIONS
from modeling.snapshots.filters import Filters

USUAL, MOST_RUNS = 500, 10
AS_NOW = "now"


class PlanForm(forms.Form):
    """After so many new decisions, once a week, when the version in use drifts, or none of them; and what is trained then."""

    every_decisions = forms.IntegerField(
        label=_("After so many new decisions"),
        required=False,
        min_value=FEWEST_DECISIONS,
        max_value=1_000_000,
        help_text=_("20 at least. Empty: their number does not matter."),
    )
    weekly = forms.BooleanField(label=_("once a week, if anything was decided"), required=False)
    on_drift = forms.BooleanField(label=_("when the version in use has drifted"), required=False)
    like = forms.ChoiceField(
        label=_("What is trained"),
        help_text=_("A run done like an earlier one has its filters and settings, with the decisions of that day."),
    )

    def __init__(self, data: Any, project: Project, plan: RetrainPlan | None) -> None:
        super().__init__(data, label_suffix="", initial=show_plan(plan))
        self.plan = plan
        runs = TrainingRun.objects.filter(project=project, stage=TrainingRun.Stage.BOTH).order_by("-number")[:MOST_RUNS]
        self.runs = {str(run.public_id): run for run in runs}
        now = [(AS_NOW, _now("as the plan says now"))] if plan and not is_plain(plan) else []
        like = [
            (key, _now("like run %(number)s (%(preset)s)") % {"number": run.number, "preset": run.preset}) for key, run in self.runs.items()
        ]
        field = self.fields["like"]
        if isinstance(field, forms.ChoiceField):
            field.choices = [*now, *Preset.choices, *like]

    def chosen(self) -> dict[str, Any]:
        """What `change_plan` takes; only of a form that is valid."""
        data = self.cleaned_data
        return {name: data[name] for name in ("every_decisions", "weekly", "on_drift")} | self.trained(data["like"])

    def trained(self, like: str) -> dict[str, Any]:
        """Preset, filters and settings of what was chosen."""
        if like == AS_NOW and self.plan is not None:
            return {"preset": self.plan.preset, "filters": Filters.from_json(self.plan.wanted), "settings": self.plan.settings}
        run = self.runs.get(like)
        if run is None:
            return {"preset": like}
        return {"preset": run.preset, "filters": Filters.from_json(run.wanted), "settings": list_changed(run)}


def is_plain(plan: RetrainPlan) -> bool:
    """Whether it trains its preset as it is, leaving nothing out."""
    return not plan.settings and plan.wanted in ({}, Filters().to_json())


def show_plan(plan: RetrainPlan | None) -> dict[str, Any]:
    """The plan as the form shows it."""
    if plan is None:
        return {"every_decisions": USUAL, "like": Preset.STATS}
    like = plan.preset if is_plain(plan) else AS_NOW
    return {"every_decisions": plan.every_decisions, "weekly": plan.weekly, "on_drift": plan.on_drift, "like": like}
