"""Choosing the model version that people see the suggestions of."""

from __future__ import annotations

from django import forms

from labeling.models import VERSION_LENGTH


class VersionForm(forms.Form):
    """The name of a version."""

    version = forms.CharField(max_length=VERSION_LENGTH)
