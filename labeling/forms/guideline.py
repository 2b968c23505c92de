"""What people say about the guideline, and what a lead says about its examples."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from labeling.protocol.examples import CAPTION_LIMIT


class ReadForm(forms.Form):
    """The version somebody has read, and the page they came from."""

    number = forms.IntegerField(min_value=1, max_value=2**31 - 1)
    back = forms.ChoiceField(choices=[("label", ""), ("adjudicate", "")], required=False)


class CaptionForm(forms.Form):
    """What an example shows."""

    caption = forms.CharField(
        label=_("What it shows"),
        max_length=CAPTION_LIMIT,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("Say what the example shows.")},
    )


class MoveForm(forms.Form):
    """One place up or down."""

    step = forms.TypedChoiceField(choices=[(-1, ""), (1, "")], coerce=int)
