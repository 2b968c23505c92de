"""Doing something to many candidates."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from labeling.forms.inbox import REASON_LIMIT
from labeling.models import Batch, Project

ACTS = [
    ("reopen", _("Reopen")),
    ("hold", _("Hold")),
    ("return", _("Back to the queue")),
    ("withdraw", _("Withdraw")),
    ("batch", _("Put into a batch")),
]


class ActForm(forms.Form):
    """What to do; `to` is the number of the batch into which candidates are put, 0 for none."""

    act = forms.ChoiceField(label=_("What to do"), choices=ACTS, widget=forms.RadioSelect)
    to = forms.TypedChoiceField(label=_("Batch"), coerce=int, empty_value="0", required=False)

    def __init__(self, data: Any, project: Project, **options: Any) -> None:
        super().__init__(data, **options)
        batches = Batch.objects.filter(project=project).order_by("closed", "name").values_list("number", "name")
        to = self.fields["to"]
        if isinstance(to, forms.ChoiceField):
            to.choices = [("0", gettext("none")), *((str(number), name) for number, name in batches)]


class ManyForm(ActForm):
    """What to do, and why: every candidate keeps the reason in its timeline."""

    act = forms.ChoiceField(choices=ACTS, widget=forms.HiddenInput)
    to = forms.TypedChoiceField(coerce=int, empty_value="0", required=False, widget=forms.HiddenInput)
    reason = forms.CharField(label=_("Reason"), max_length=REASON_LIMIT, required=False)

    def __init__(self, data: Any, project: Project, **options: Any) -> None:
        super().__init__(data, project, **options)
        if (options.get("initial") or {}).get("act") == "batch":
            self.fields["reason"].help_text = _("You may leave it empty.")

    def clean(self) -> dict[str, Any]:
        """Which batch a candidate is in changes nothing for those who answer it, so that needs no reason."""
        data = super().clean() or {}
        data["to"] = int(data.get("to") or 0)
        if data.get("act") != "batch" and not data.get("reason", "").strip():
            self.add_error("reason", _("Say why."))
        return data
