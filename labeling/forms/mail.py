"""One's own address for mail, and what to be told."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy


class MailForm(forms.Form):
    """An address and the kinds of mail wanted."""

    address = forms.EmailField(
        label=gettext_lazy("E-mail address"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )
    work = forms.BooleanField(label=gettext_lazy("when there is work again after I had none"), required=False)
    disputes = forms.BooleanField(label=gettext_lazy("when disputes that I could settle wait for over a day"), required=False)

    def clean(self) -> dict[str, Any]:
        """At least one kind."""
        data = super().clean() or {}
        if not data.get("work") and not data.get("disputes"):
            raise forms.ValidationError(_("Tick what you want to be told, or stop all mail."), code="no_kind")
        return data
