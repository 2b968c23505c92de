"""Drawing gold."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from labeling.protocol.gold import MOST_AT_ONCE


class DrawGoldForm(forms.Form):
    """How many candidates to make gold."""

    count = forms.IntegerField(label=_("How many"), min_value=1, max_value=MOST_AT_ONCE, initial=20)
