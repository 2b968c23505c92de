"""Looking for candidates."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from labeling.browse.wanted import Wanted
from labeling.forms.days import DayField
from labeling.models import Batch, Bundle, Category, Decision, Generator, Guideline, Membership, Project, State, Suggestion, Verdict
from labeling.price_bands import PriceBand
from labeling.quality.effect_rows import POLICIES

ALL = ("", gettext_lazy("all"))
PAIR_FIELDS = ("pair", "other", "guideline", "exposure", "week", "arm", "version", "policy")
DRAW_FIELDS = ("arm", "version", "policy")
# What only pairs as agreement counts them have.
OF_AGREEMENT = ("other", "guideline", "exposure", "week")


class BrowseForm(forms.Form):
    """What to look for, and in which order; empty fields do not matter."""

    task = forms.CharField(label=gettext_lazy("Task id or name"), required=False, max_length=200)
    state = forms.ChoiceField(label=gettext_lazy("State"), required=False, choices=[ALL, *State.choices])
    category = forms.ChoiceField(label=gettext_lazy("Category"), required=False, choices=[ALL, *Category.choices])
    generator = forms.ChoiceField(label=gettext_lazy("Generator"), required=False)
    decision = forms.ChoiceField(
        label=gettext_lazy("Decision"), required=False, choices=[ALL, *Verdict.choices, ("none", gettext_lazy("none yet"))]
    )
    how = forms.ChoiceField(label=gettext_lazy("How decided"), required=False, choices=[ALL, *Decision.How.choices])
    agreement = forms.ChoiceField(
        label=gettext_lazy("Two answers"),
        required=False,
        choices=[ALL, ("agreed", gettext_lazy("equal")), ("disputed", gettext_lazy("different"))],
    )
    round = forms.IntegerField(label=gettext_lazy("Round"), required=False, min_value=1, max_value=10_000)
    person = forms.ChoiceField(label=gettext_lazy("Answered by"), required=False)
    since = DayField(label=gettext_lazy("Answered from"), required=False)
    until = DayField(label=gettext_lazy("Answered until"), required=False)
    batch = forms.TypedChoiceField(label=gettext_lazy("Batch"), required=False, coerce=int, empty_value=None)
    reason = forms.CharField(label=gettext_lazy("Reason held or withdrawn"), required=False, max_length=200)
    price = forms.ChoiceField(label=gettext_lazy("Price of the task"), required=False, choices=[ALL, *PriceBand.choices])
    side = forms.ChoiceField(
        label=gettext_lazy("Test side of the models"),
        required=False,
        choices=[ALL, ("test", gettext_lazy("on it")), ("other", gettext_lazy("not on it"))],
    )
    check = forms.ChoiceField(
        label=gettext_lazy("Looked at once more"),
        required=False,
        choices=[
            ALL,
            ("audit", gettext_lazy("audited")),
            ("audit_against", gettext_lazy("audited, and it contradicts")),
            ("second", gettext_lazy("adjudicated twice")),
            ("second_against", gettext_lazy("adjudicated twice, differently")),
        ],
    )
    before = forms.TypedChoiceField(
        label=gettext_lazy("Worth a second look since guideline version"), required=False, coerce=int, empty_value=None
    )
    flag = forms.BooleanField(label=gettext_lazy("has a flag"), required=False)
    surplus = forms.BooleanField(label=gettext_lazy("has a surplus answer"), required=False)
    pair = forms.ChoiceField(
        label=gettext_lazy("First two answers"),
        required=False,
        choices=[ALL, ("any", gettext_lazy("both here")), ("equal", gettext_lazy("equal")), ("different", gettext_lazy("different"))],
    )
    other = forms.ChoiceField(label=gettext_lazy("The other one by"), required=False)
    guideline = forms.ChoiceField(label=gettext_lazy("Guideline both had read"), required=False)
    exposure = forms.ChoiceField(
        label=gettext_lazy("Who had seen a suggestion"),
        required=False,
        choices=[ALL, ("blind", gettext_lazy("neither")), ("mixed", gettext_lazy("one of the two")), ("assisted", gettext_lazy("both"))],
    )
    week = DayField(label=gettext_lazy("Completed in the week from Monday"), required=False)
    arm = forms.ChoiceField(
        label=gettext_lazy("Drawn"),
        required=False,
        choices=[ALL, ("treated", gettext_lazy("to show a suggestion")), ("control", gettext_lazy("to show none"))],
    )
    version = forms.ChoiceField(label=gettext_lazy("Model of the suggestion"), required=False)
    policy = forms.ChoiceField(label=gettext_lazy("Assistance policy when drawn"), required=False, choices=[ALL, *POLICIES.items()])
    order = forms.ChoiceField(
        label=gettext_lazy("Order"),
        required=False,
        choices=[("", gettext_lazy("newest change of state")), ("task", gettext_lazy("task by task"))],
    )

    def __init__(self, data: Any, project: Project) -> None:
        super().__init__(data, label_suffix="")
        people = Membership.objects.filter(project=project).order_by("person__username").values_list("person__username", flat=True)
        for name in ("person", "other"):
            self.offer(name, [(person, person) for person in people])
        numbers = Guideline.objects.filter(project=project).order_by("number").values_list("number", flat=True)
        versions = [(str(number), str(number)) for number in numbers]
        self.offer("before", versions)
        self.offer("guideline", [*versions, ("differs", _("two versions")), ("none", _("none"))])
        versions_suggested = Suggestion.objects.filter(project=project).order_by("model_version").values_list("model_version", flat=True)
        self.offer("version", [(version, version) for version in versions_suggested.distinct()])
        self.batch_names = dict(Batch.objects.filter(project=project).order_by("closed", "name").values_list("number", "name"))
        self.offer("batch", [("0", _("in no batch")), *((str(number), name) for number, name in self.batch_names.items())])
        here = Exists(Bundle.objects.filter(generator=OuterRef("pk"), task__project=project))
        self.offer("generator", list(Generator.objects.filter(here).order_by("display_name", "slug").values_list("slug", "display_name")))

    def offer(self, name: str, choices: list[tuple[str, str]]) -> None:
        """What may be chosen in a field, beside all."""
        field = self.fields[name]
        if isinstance(field, forms.ChoiceField):
            field.choices = [ALL, *choices]

    def clean(self) -> dict[str, Any]:
        """Days in their order."""
        data = super().clean() or {}
        if data.get("since") and data.get("until") and data["since"] > data["until"]:
            self.add_error("until", _("This day is before the first one."))
        if data.get("other") and not data.get("person"):
            self.add_error("person", _("Choose both people of the pair."))
        if any(data.get(name) for name in DRAW_FIELDS) and (asked := [name for name in OF_AGREEMENT if data.get(name)]):
            self.add_error(asked[0], _("This cannot be asked together with what was drawn to be seen."))
        if data.get("week") and data["week"].weekday() != 0:
            self.add_error("week", _("This day is no Monday."))
        return data

    def wanted(self) -> Wanted:
        """What is looked for; only of a form that is valid."""
        return Wanted(**{name: value for name, value in self.cleaned_data.items() if name != "order" and value not in ("", None)})

    @property
    def chosen_order(self) -> str:
        """The name of the order chosen."""
        return self.cleaned_data["order"] or "change"

    def pair_fields(self) -> list[forms.BoundField]:
        """The fields about the first two answers, which stand apart from the others."""
        return [self[name] for name in PAIR_FIELDS]

    def other_fields(self) -> list[forms.BoundField]:
        """All other fields."""
        return [field for field in self if field.name not in PAIR_FIELDS]

    @property
    def asks_for_pair(self) -> bool:
        """Whether any field about the first two answers is filled in, rightly or not."""
        return any(self.data.get(name) for name in PAIR_FIELDS)

    def describe(self) -> list[tuple[str, str]]:
        """(label, value) of what is looked for, in words; only of a form that is valid."""
        asked = self.wanted().as_params()
        return [(str(field.label), self.name_value(name, asked[name])) for name, field in self.fields.items() if name in asked]

    def name_value(self, name: str, value: str) -> str:
        """A value as people read it."""
        field = self.fields[name]
        if isinstance(field, forms.BooleanField):
            return _("yes")
        if not isinstance(field, forms.ChoiceField):
            return value
        return next((str(option.choice_label) for option in self[name] if option.data["value"] == value), value)
