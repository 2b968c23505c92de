"""Which answers to void, and why."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from labeling.forms.days import DayField
from labeling.lead.voiding import VoidRange
from labeling.models import Category, Guideline, Membership, Project
from labeling.protocol.void import REASON_LIMIT

ANY = ("", gettext_lazy("any"))


class RangeForm(forms.Form):
    """A person and the range of their answers."""

    person = forms.TypedChoiceField(label=gettext_lazy("Person"), coerce=int)
    first = DayField(label=gettext_lazy("From"), required=False)
    last = DayField(label=gettext_lazy("To"), required=False)
    guideline = forms.TypedChoiceField(label=gettext_lazy("Guideline version"), required=False, coerce=int, empty_value=None)
    category = forms.ChoiceField(label=gettext_lazy("Category"), required=False, choices=[ANY, *Category.choices])

    def __init__(self, project: Project, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        memberships = Membership.objects.filter(project=project).select_related("person").order_by("-active", "person__username")
        people = [(row.person_id, row.person.get_username()) for row in memberships]
        versions = Guideline.objects.filter(project=project).order_by("-number").values_list("number", flat=True)
        self.choose("person", [("", _("choose")), *people])
        self.choose("guideline", [ANY, *((number, str(number)) for number in versions)])

    def choose(self, name: str, choices: list[Any]) -> None:
        """Offer what the project has."""
        field = self.fields[name]
        if isinstance(field, forms.ChoiceField):
            field.choices = choices

    def clean(self) -> dict[str, Any]:
        """The days in their order."""
        data = super().clean() or {}
        if data.get("first") and data.get("last") and data["first"] > data["last"]:
            self.add_error("last", _("The last day is before the first one."))
        return data

    def wanted(self, before: datetime) -> VoidRange:
        """The range of the valid form."""
        data = self.cleaned_data
        return VoidRange(
            person=data["person"],
            before=before,
            first=data["first"],
            last=data["last"],
            guideline=data["guideline"],
            category=data["category"],
        )

    def person_name(self) -> str:
        """The account name of the person chosen."""
        return dict(self.fields["person"].choices)[self.cleaned_data["person"]]  # type: ignore[attr-defined,no-any-return]


class VoidForm(RangeForm):
    """A range with a reason. `before` is the moment of the dry run; what came in later stays."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=REASON_LIMIT,
        help_text=gettext_lazy("The person reads it on their progress page, and exports show it."),
        error_messages={"required": gettext_lazy("Say why.")},
    )
    before = forms.CharField(required=False, widget=forms.HiddenInput)

    def clean_before(self) -> datetime | None:
        """The moment of the dry run; None before there was one, or where the text is none."""
        try:
            found = parse_datetime(self.cleaned_data["before"])
        except ValueError:
            return None
        return found if found is not None and timezone.is_aware(found) and found <= timezone.now() else None

    def params(self) -> dict[str, Any]:
        """What the job is told, of a valid form with a moment; `source` names it in the list of jobs."""
        data = self.cleaned_data
        name = _("%(person)s: %(reason)s") % {"person": self.person_name(), "reason": data["reason"]}
        return {"range": self.wanted(data["before"]).as_params(), "reason": data["reason"], "source": {"name": name}}
