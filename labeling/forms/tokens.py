"""Making a token for a program."""

from __future__ import annotations

from datetime import timedelta

from django import forms
from django.utils.translation import gettext_lazy as _

LIFETIMES = [(7, _("a week")), (30, _("30 days")), (90, _("90 days")), (365, _("a year"))]


class TokenForm(forms.Form):
    """What the token is for, and how long it opens anything."""

    name = forms.CharField(
        label=_("Name"),
        max_length=80,
        help_text=_("What uses it, so that you know later which one to revoke."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    days = forms.TypedChoiceField(label=_("Valid for"), choices=LIFETIMES, coerce=int, initial=90)

    def valid(self) -> timedelta:
        """How long the token opens anything."""
        return timedelta(days=self.cleaned_data["days"])
