"""Promoting a version against its gate."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _


class PromoteForm(forms.Form):
    """Why, where the gate does not pass it."""

    reason = forms.CharField(
        label=_("Why it is to be promoted all the same"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Kept with the version and shown wherever it is named."),
    )
