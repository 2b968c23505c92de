"""What a person says to a concern about them, and what the lead makes of it."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy

from labeling.protocol.submission import NOTE_LIMIT


class ReplyForm(forms.Form):
    """The reply to a concern."""

    reply = forms.CharField(
        label=gettext_lazy("Reply"),
        max_length=NOTE_LIMIT,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": gettext_lazy("Write a reply.")},
    )


class ClosingForm(forms.Form):
    """The remark with which a concern is closed."""

    closing = forms.CharField(
        label=gettext_lazy("Remark"),
        max_length=NOTE_LIMIT,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": gettext_lazy("Write a remark.")},
    )
