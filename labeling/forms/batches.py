"""Making and changing a batch."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from labeling.forms.days import DayField
from labeling.models import Batch, Category, Membership, Project, User
from labeling.protocol.batches import BatchPlan


class BatchForm(forms.Form):
    """What a batch is to be."""

    name = forms.CharField(label=_("Name"), max_length=80, help_text=_("Only leads see it."))
    priority = forms.IntegerField(
        label=_("Priority"), initial=0, min_value=-100, max_value=100, help_text=_("Higher comes first; what is in no batch has 0.")
    )
    due = DayField(label=_("Due"), required=False, help_text=_("Among batches of the same priority the earlier day comes first."))
    category = forms.ChoiceField(label=_("Category"), required=False, choices=[("", _("any")), *Category.choices])
    people = forms.MultipleChoiceField(
        label=_("People"), required=False, widget=forms.CheckboxSelectMultiple, help_text=_("None means everybody.")
    )
    everybody = forms.BooleanField(label=_("everybody: the people above no longer have it to themselves"), required=False)
    closed = forms.BooleanField(label=_("closed: nobody is given anything new of it"), required=False)

    def __init__(self, data: Any, project: Project, batch: Batch | None = None, **options: Any) -> None:
        super().__init__(data, label_suffix="", **options)
        self.batch = batch
        present = list(batch.people.all()) if batch else []
        if not present:
            # It is everybody's already.
            del self.fields["everybody"]
        field = self.fields["people"]
        if present:
            # Here none is refused: nobody opens a batch to all by leaving its people out.
            field.help_text = ""
        if isinstance(field, forms.ChoiceField):
            field.choices = list_people(project, present)

    def clean_due(self) -> date | None:
        """Refuse a day that is over, unless the batch has it already: a late one can still be changed."""
        due: date | None = self.cleaned_data["due"]
        if due and due < timezone.localdate() and (self.batch is None or due != self.batch.due):
            raise forms.ValidationError(_("This day is over: choose today or a later one."), code="day_over")
        return due

    def clean(self) -> dict[str, Any]:
        """Refuse what says both."""
        data = super().clean() or {}
        if data.get("everybody") and data.get("people"):
            self.add_error("people", _("Tick people, or everybody, not both."))
        return data

    def plan(self) -> BatchPlan:
        """What was asked for; only of a form that is valid."""
        return BatchPlan(**self.cleaned_data | {"people": [UUID(person) for person in self.cleaned_data["people"]]})


def list_people(project: Project, present: Sequence[User]) -> list[tuple[str, str]]:
    """Who may be ticked: members who answer, and whom the batch has at `present`, though they have left or answer no more."""
    members = Membership.objects.active().filter(project=project)
    names = dict(members.values_list("person__public_id", "person__username"))
    answering = members.exclude(can_label=False, can_adjudicate=False).values_list("person__public_id", "person__username")
    listed = dict(answering) | {person.public_id: person.username for person in present}
    return [
        (str(public_id), name if public_id in names else _("%(name)s (has left)") % {"name": name})
        for public_id, name in sorted(listed.items(), key=lambda item: item[1])
    ]


def show_batch(batch: Batch) -> dict[str, Any]:
    """The values of a batch as the form has them."""
    fields = ("name", "priority", "due", "category", "closed")
    return {name: getattr(batch, name) for name in fields} | {"people": [str(person.public_id) for person in batch.people.all()]}
