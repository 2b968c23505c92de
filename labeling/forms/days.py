"""Days that people choose."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator

# Within these every day has a day before and after it in every time zone and database.
EARLIEST, LATEST = date(1900, 1, 1), date(2999, 12, 31)


class DayField(forms.DateField):
    """A day of the site's time zone, chosen from the browser's own calendar."""

    def __init__(self, **options: Any) -> None:
        widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        super().__init__(widget=widget, validators=[MinValueValidator(EARLIEST), MaxValueValidator(LATEST)], **options)
