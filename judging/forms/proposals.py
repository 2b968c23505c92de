"""Finding proposals, editing one before it is accepted, and letting a judge make more."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from judging.models import Judge, Proposal
from judging.proposed import MOST_POINTS, check_given
from judging.protocol.extractions import ASKABLE, Wish
from labeling.data_in.bench_record import MAX_DELIVERABLE_NAME, MAX_POINT, MAX_QUANTITY
from labeling.models import Project
from labeling.protocol.outcome import ProtocolError

MOST_RULES_TEXT = 20_000
PLAIN = {"spellcheck": "false", "autocomplete": "off", "autocapitalize": "off"}


class FilterForm(forms.Form):
    """Which proposals to list; those to be decided unless something else is asked for."""

    kind = forms.ChoiceField(label=gettext_lazy("Kind"), required=False)
    state = forms.ChoiceField(label=gettext_lazy("State"), required=False)

    def __init__(self, data: Any) -> None:
        super().__init__({"state": Proposal.State.OPEN.value, **data.dict()}, label_suffix="")
        for name, choices in (("kind", Proposal.Kind.choices), ("state", Proposal.State.choices)):
            field = self.fields[name]
            if isinstance(field, forms.ChoiceField):
                field.choices = [("", gettext_lazy("all")), *choices]

    def asked(self) -> dict[str, str]:
        """What is asked for, as it stands in an address; a slip of the pen asks for what is to be decided."""
        return dict(self.cleaned_data) if self.is_valid() else {"kind": "", "state": Proposal.State.OPEN.value}


class WishForm(forms.Form):
    """Which judge reads what."""

    judge = forms.ChoiceField(label=gettext_lazy("Judge"), help_text=gettext_lazy("Any that asks a model; its rubric plays no part here."))
    kinds = forms.MultipleChoiceField(
        label=gettext_lazy("What to read"), choices=Proposal.Kind.choices, widget=forms.CheckboxSelectMultiple
    )
    all_tasks = forms.BooleanField(label=gettext_lazy("tasks that have some already, too"), required=False)
    retries_unusable = forms.BooleanField(label=gettext_lazy("ask again what got an unusable reply"), required=False)

    def __init__(self, data: Any, project: Project) -> None:
        super().__init__(data, label_suffix="")
        rows = Judge.objects.filter(project=project, backend__in=ASKABLE).select_related("project")
        self.judges = {str(judge.public_id): judge for judge in rows}
        field = self.fields["judge"]
        if isinstance(field, forms.ChoiceField):
            field.choices = [(public_id, str(judge)) for public_id, judge in self.judges.items()]

    def wish(self) -> Wish:
        """What is wished for; only of a form that is valid."""
        given = self.cleaned_data
        how = {name: given[name] for name in ("kinds", "all_tasks", "retries_unusable")}
        return Wish(judge=self.judges[given["judge"]], **how)


class DeliverableForm(forms.Form):
    """One deliverable: left blank it goes. Its rules are written as in the files of ServImageBench."""

    name = forms.CharField(label=gettext_lazy("What it is"), max_length=MAX_DELIVERABLE_NAME, required=False)
    rules = forms.CharField(
        label=gettext_lazy("Hard rules, as JSON"),
        max_length=MOST_RULES_TEXT,
        required=False,
        widget=forms.Textarea(attrs={"rows": 10, "class": "code", **PLAIN}),
    )

    def clean_rules(self) -> dict[str, Any] | None:
        """The rules as an object; None where there are none."""
        text = self.cleaned_data["rules"].strip()
        if not text:
            return None
        try:
            rules = json.loads(text, parse_constant=refuse_constant)
        except json.JSONDecodeError as error:
            place = {"line": error.lineno, "column": error.colno, "problem": error.msg}
            raise forms.ValidationError(
                _("This is no JSON: line %(line)s, column %(column)s: %(problem)s.") % place, code="json"
            ) from error
        except (ValueError, RecursionError) as error:
            raise forms.ValidationError(_("This is no JSON that can be kept."), code="json") from error
        if not isinstance(rules, dict):
            raise forms.ValidationError(_("The rules are one object, in braces."), code="object")
        return rules or None

    def clean(self) -> dict[str, Any]:
        """Rules need a name."""
        data = super().clean() or {}
        if data.get("rules") and not data.get("name"):
            self.add_error("name", _("Say what it is, or leave its rules empty as well."))
        return data


class BaseDeliverables(forms.BaseFormSet):  # type: ignore[type-arg] # Django's own takes no argument
    """All deliverables of a task, with one empty row to add another."""

    def clean(self) -> None:
        """Refuse what cannot become of a task."""
        if not any(self.errors):
            try:
                check_given(Proposal.Kind.RULES, self.given())
            except ProtocolError as error:
                raise forms.ValidationError(str(error), code=error.code) from error

    def given(self) -> dict[str, Any]:
        """The deliverables as they are to be."""
        rows = (form.cleaned_data for form in self.forms)
        return {"deliverables": [{"name": row["name"], "rules": row["rules"]} for row in rows if row.get("name")]}


DeliverableFormSet: type[Any] = forms.formset_factory(
    DeliverableForm, formset=BaseDeliverables, extra=1, max_num=MAX_QUANTITY, absolute_max=MAX_QUANTITY + 1
)


class PointsForm(forms.Form):
    """The points, one on each line."""

    points = forms.CharField(
        label=gettext_lazy("Evaluation points, one on each line"),
        max_length=MOST_POINTS * MAX_POINT,
        widget=forms.Textarea(attrs={"rows": 12}),
    )

    def clean_points(self) -> str:
        """The text, if it can become the points of a task."""
        text: str = self.cleaned_data["points"]
        try:
            check_given(Proposal.Kind.POINTS, read_lines(text))
        except ProtocolError as error:
            raise forms.ValidationError(str(error), code=error.code) from error
        return text

    def given(self) -> dict[str, Any]:
        """The points as they are to be; only of a form that is valid."""
        return read_lines(self.cleaned_data["points"])


def read_lines(text: str) -> dict[str, Any]:
    """Points of lines; blank ones are passed over."""
    return {"points": [{"text": line.strip()} for line in text.splitlines() if line.strip()]}


def refuse_constant(name: str) -> None:
    """NaN and Infinity are no JSON, and no database keeps them."""
    raise ValueError(name)


def make_form(proposal: Proposal, data: Any = None) -> BaseDeliverables | PointsForm:
    """The form that edits a proposal, filled in with what is proposed."""
    content = proposal.read
    if proposal.kind == Proposal.Kind.POINTS:
        return PointsForm(data, initial={"points": "\n".join(point["text"] for point in content["points"])}, label_suffix="")
    initial = [{"name": item["name"], "rules": show_rules(item["rules"])} for item in content["deliverables"]]
    formset: BaseDeliverables = DeliverableFormSet(data, initial=initial, prefix="deliverables", form_kwargs={"label_suffix": ""})
    return formset


def show_rules(rules: Any) -> str:
    """Rules as a person edits them."""
    return json.dumps(rules, ensure_ascii=False, indent=1) if rules else ""
