"""Making and changing a batch."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from labeling.models import Batch, Category, Membership, Project
from labeling.protocol.batches import BatchPlan

DATE = {"type": "date"}


class BatchForm(forms.Form):
    """What a batch is to be."""

    name = forms.CharField(label=_("Name"), max_length=80, help_text=_("Only leads see it."))
    priority = forms.IntegerField(
        label=_("Priority"), initial=0, min_value=-100, max_value=100, help_text=_("Higher comes first; what is in no batch has 0.")
    )
    due = forms.DateField(
        label=_("Due"),
        required=False,
        widget=forms.DateInput(attrs=DATE, format="%Y-%m-%d"),
        help_text=_("Among batches of the same priority the earlier day comes first."),
    )
    category = forms.ChoiceField(label=_("Category"), required=False, choices=[("", _("any")), *Category.choices])
    people = forms.MultipleChoiceField(
        label=_("People"), required=False, widget=forms.CheckboxSelectMultiple, help_text=_("None means everybody.")
    )
    closed = forms.BooleanField(label=_("closed: nobody is given anything new of it"), required=False)

    def __init__(self, data: Any, project: Project, **options: Any) -> None:
        super().__init__(data, label_suffix="", **options)
        members = Membership.objects.active().filter(project=project).exclude(can_label=False, can_adjudicate=False)
        people = members.order_by("person__username").values_list("person__public_id", "person__username")
        field = self.fields["people"]
        if isinstance(field, forms.ChoiceField):
            field.choices = [(str(public_id), name) for public_id, name in people]

    def plan(self) -> BatchPlan:
        """What was asked for; only of a form that is valid."""
        return BatchPlan(**self.cleaned_data | {"people": [UUID(person) for person in self.cleaned_data["people"]]})


def show_batch(batch: Batch) -> dict[str, Any]:
    """The values of a batch as the form has them. Somebody who has left the project is not among its people any more."""
    fields = ("name", "priority", "due", "category", "closed")
    return {name: getattr(batch, name) for name in fields} | {"people": [str(person.public_id) for person in batch.people.all()]}
