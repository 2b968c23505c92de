"""Starting an export."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from labeling.data_out.formats import FORMATS


class ExportForm(forms.Form):
    """One export: its format."""

    format = forms.ChoiceField(
        label=_("Format"),
        choices=[(name, chosen.summary) for name, chosen in FORMATS.items()],
        initial="servimage",
        widget=forms.RadioSelect,
    )
