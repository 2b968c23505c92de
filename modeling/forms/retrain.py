"""What a lead chooses about a training run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from judging.models import Judge, Score
from labeling.models import Generator, Project
from labeling.protocol.outcome import ProtocolError
from modeling.forms.settings_text import parse_settings, write_settings
from modeling.lead.run_settings import list_changed
from modeling.lead.words import DROPS, PRESETS, SOURCES
from modeling.models import Preset, Split, TrainingRun
from modeling.protocol.settings import make_config
from modeling.snapshots.filters import AUTO, JUDGE, NONE, PEOPLE, Filters

LOGO = (Split.LOGO, Split.LOGO_STRICT)
CHECKPOINT = "backbone.path_or_id"
FILTERS = ("blind_only", "assisted_weight", "drop", "concepts", "split", "generator")


class RetrainForm(forms.Form):
    """Preset, what is learned from, how tasks are divided, and the settings that are mostly right as they are."""

    preset = forms.ChoiceField(label=_("Model"), choices=Preset.choices, initial=Preset.STATS, widget=forms.RadioSelect)
    checkpoint = forms.CharField(
        label=_("Checkpoint"),
        required=False,
        max_length=300,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "off"}),
        help_text=_("For qwen3-vl alone: a Hugging Face id, or a folder of the workers. Empty: the one of the preset."),
    )
    blind_only = forms.BooleanField(
        label=_("only decisions in which nobody had seen a suggestion"), required=False, help_text=_("The test side is blind in any case.")
    )
    assisted_weight = forms.FloatField(
        label=_("Weight of decisions with a suggestion on screen"),
        min_value=0,
        max_value=1,
        initial=1,
        widget=forms.NumberInput(attrs={"step": "any"}),
        help_text=_("From 0 (as if left out) to 1 (like all others)."),
    )
    drop = forms.ChoiceField(label=_("Leave out"), choices=list(DROPS.items()), initial="nothing")
    concepts = forms.ChoiceField(
        label=_("Concepts are learned from"),
        initial=AUTO,
        help_text=_("A concept with fewer than 50 values is not learned, and nothing is shown of it."),
    )
    split = forms.ChoiceField(
        label=_("Division of tasks"),
        choices=Split.choices,
        initial=Split.STANDARD,
        help_text=_(
            "Duplicate briefs and tasks with shared photos stay together. Whichever it is, the gate judges on the frozen test side."
        ),
    )
    generator = forms.ChoiceField(label=_("Generator left out"), required=False, help_text=_("For the two divisions that leave one out."))
    stage = forms.ChoiceField(label=_("What is trained"), choices=TrainingRun.Stage.choices, initial=TrainingRun.Stage.BOTH)
    stage1 = forms.ChoiceField(
        label=_("Go on from the concepts of"), required=False, help_text=_("Needed where only the decision is trained.")
    )
    settings = forms.CharField(
        label=_("Other settings"),
        required=False,
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false", "autocapitalize": "off"}),
        help_text=_("One name=value a line, such as stage1.epochs=10 or seed=7. The page of every run lists all names."),
    )

    def __init__(self, data: Any, project: Project, **options: Any) -> None:
        super().__init__(data, label_suffix="", **options)
        self.stage1_runs = {str(run.public_id): run for run in list_stage1(project)}
        self.choose("concepts", list_sources(project))
        self.choose("generator", [("", _("the one with the most images")), *list_generators(project)])
        earlier = [(key, f"{run.number} · {run.preset}") for key, run in self.stage1_runs.items()]
        self.choose("stage1", [("", _("none")), *earlier])

    def choose(self, name: str, choices: list[tuple[str, Any]]) -> None:
        """Give a field its choices."""
        field = self.fields[name]
        if isinstance(field, forms.ChoiceField):
            field.choices = choices

    @property
    def presets(self) -> list[tuple[forms.BoundField, str]]:
        """The radio buttons of the presets, each with what it is."""
        return [(tick, str(PRESETS[tick.data["value"]])) for tick in self["preset"]]  # type: ignore[misc]

    @property
    def asks_for_advanced(self) -> bool:
        """Whether something below the fold is set or wrong, so that it should be seen."""
        names = ("stage", "stage1", "settings", "checkpoint")
        return any(self.errors.get(name) or (self[name].value() or "") not in ("", TrainingRun.Stage.BOTH) for name in names)

    def clean(self) -> dict[str, Any]:
        """Read the settings as the preset has them, and refuse what does not go together."""
        data = super().clean() or {}
        if data.get("stage") == TrainingRun.Stage.DECISION and not data.get("stage1"):
            self.add_error("stage1", _("Choose the run whose concepts it goes on from."))
        if data.get("generator") and data.get("split") not in LOGO:
            self.add_error("generator", _("This division leaves no generator out."))
        if data.get("checkpoint") and data.get("preset") != Preset.QWEN:
            self.add_error("checkpoint", _("Only qwen3-vl has a checkpoint."))
        if "settings" in data:
            self.read_settings(data)
        return data

    def read_settings(self, data: dict[str, Any]) -> None:
        """Put the settings in place of their text, with the checkpoint among them; tell what the preset would not take."""
        try:
            data["settings"] = parse_settings(data["settings"])
            if data.get("checkpoint"):
                data["settings"][CHECKPOINT] = data["checkpoint"]
            if "preset" in data:
                make_config(data["preset"], data["settings"])
        except (ValueError, ProtocolError) as problem:
            self.add_error("settings", str(problem))

    def chosen(self) -> dict[str, Any]:
        """What `start_run` takes; only of a form that is valid."""
        data = self.cleaned_data
        return {
            "preset": data["preset"],
            "filters": Filters(**{name: data[name] for name in FILTERS}),
            "stage": data["stage"],
            "stage1": self.stage1_runs.get(data["stage1"]),
            "settings": data["settings"],
        }


def list_sources(project: Project) -> list[tuple[str, Any]]:
    """Where targets of concepts can come from."""
    scored = Score.objects.filter(judge__project=project).values("judge")
    judges = Judge.objects.filter(project=project, pk__in=scored).order_by("name", "-version")
    named = [(f"{JUDGE}{judge.public_id}", f"{judge} ({judge.get_backend_display()})") for judge in judges]
    return [(AUTO, SOURCES[AUTO]), (PEOPLE, SOURCES[PEOPLE]), *named, (NONE, SOURCES[NONE])]


def list_generators(project: Project) -> list[tuple[str, Any]]:
    """The generators of a project."""
    rows = Generator.objects.filter(bundles__task__project=project).order_by("display_name").distinct()
    return list(rows.values_list("slug", "display_name"))


def list_stage1(project: Project) -> list[TrainingRun]:
    """The runs that have trained concepts."""
    done = TrainingRun.objects.filter(project=project, state=TrainingRun.State.DONE)
    return list(done.exclude(stage=TrainingRun.Stage.DECISION).order_by("-number"))


def fill_like(run: TrainingRun) -> Mapping[str, Any]:
    """What the form holds to do a run once more."""
    changed = list_changed(run)
    checkpoint = changed.pop(CHECKPOINT, "")
    filters = {name: value for name, value in run.wanted.items() if name in FILTERS}
    more = {"preset": run.preset, "stage": run.stage, "stage1": str(run.stage1.public_id) if run.stage1 else ""}
    return {**filters, **more, "checkpoint": checkpoint, "settings": write_settings(changed)}
