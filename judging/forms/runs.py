"""Starting a run, and changing what it may spend."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from judging.models import Backend, Judge
from judging.protocol.runs import MOST_PARALLEL
from labeling.models import Project


def spend_field() -> forms.DecimalField:
    """An amount above 0, or nothing for no limit."""
    return forms.DecimalField(
        label=_("Spend limit, in USD"),
        required=False,
        min_value=0,
        max_digits=12,
        decimal_places=4,
        widget=forms.NumberInput(attrs={"step": "any", "min": "0"}),
        help_text=_("The run is paused when it is reached. Empty: no limit."),
    )


class HowForm(forms.Form):
    """How a run is done."""

    parallel = forms.IntegerField(
        label=_("Workers at once"),
        min_value=1,
        max_value=MOST_PARALLEL,
        initial=1,
        help_text=_("So many workers share the run, if there are that many."),
    )
    spend_limit_usd = spend_field()
    retries_unusable = forms.BooleanField(label=_("ask again what got an unusable reply"), required=False)


class RunForm(HowForm):
    """Which judge, and how."""

    judge = forms.ChoiceField(label=_("Judge"))
    field_order = ("judge",)

    def __init__(self, data: Any, project: Project, **options: Any) -> None:
        super().__init__(data, label_suffix="", **options)
        # Imported scores have no judge that could be asked.
        self.judges = {
            str(judge.public_id): judge
            for judge in Judge.objects.filter(project=project).exclude(backend=Backend.IMPORTED).select_related("project")
        }
        field = self.fields["judge"]
        if isinstance(field, forms.ChoiceField):
            field.choices = [(public_id, str(judge)) for public_id, judge in self.judges.items()]

    def chosen(self) -> Judge:
        """The judge chosen; only of a form that is valid."""
        return self.judges[self.cleaned_data["judge"]]

    def how(self) -> dict[str, Any]:
        """Everything else as `plan_run` takes it; only of a form that is valid."""
        return {name: self.cleaned_data[name] for name in ("parallel", "spend_limit_usd", "retries_unusable")}


class LimitForm(forms.Form):
    """What a run may spend."""

    spend_limit_usd = spend_field()


class CallFilterForm(forms.Form):
    """Which calls of a run to list."""

    part = forms.ChoiceField(label=_("Part"), required=False)
    why = forms.ChoiceField(label=_("Reply"), required=False)

    def __init__(self, data: Any, parts: list[tuple[str, str]], reasons: list[tuple[str, str, int]]) -> None:
        super().__init__(data, label_suffix="")
        offered = [(why, f"{name} ({count})") for why, name, count in reasons]
        for name, choices in (("part", parts), ("why", [("any", _("every unusable one")), *offered])):
            field = self.fields[name]
            if isinstance(field, forms.ChoiceField):
                field.choices = [("", _("all")), *choices]

    def asked(self) -> dict[str, str]:
        """What is asked for, as it stands in an address; a slip of the pen asks for nothing."""
        return {name: value for name, value in self.cleaned_data.items() if value} if self.is_valid() else {}
