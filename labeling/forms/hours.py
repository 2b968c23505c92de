"""Which days the hours are of."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from labeling.forms.days import DayField
from labeling.lead.hours import Span

DAYS_AT_MOST = 366
PERIODS = [
    ("range", gettext_lazy("person")),
    ("month", gettext_lazy("person and month")),
    ("week", gettext_lazy("person and week")),
    ("day", gettext_lazy("person and day")),
]


class HoursForm(forms.Form):
    """A range of days and how it is cut; without one it is this month so far."""

    first = DayField(label=gettext_lazy("From"))
    last = DayField(label=gettext_lazy("To"))
    by = forms.ChoiceField(
        label=gettext_lazy("One line per"),
        choices=PERIODS,
    )

    def clean(self) -> dict[str, Any]:
        """The days in their order, and not more than a year of them."""
        data = super().clean() or {}
        if data.get("first") and data.get("last"):
            if data["first"] > data["last"]:
                self.add_error("last", _("The last day is before the first one."))
            elif (data["last"] - data["first"]).days >= DAYS_AT_MOST:
                self.add_error("last", _("At most %(days)d days at once.") % {"days": DAYS_AT_MOST})
        return data

    def span(self) -> Span:
        """The span of the valid form."""
        return Span(**{name: self.cleaned_data[name] for name in ("first", "last", "by")})


def read_form(data: Any) -> HoursForm:
    """The form the address fills; what it leaves out is this month so far, one line per person."""
    today = timezone.localdate()
    given = {name: data[name] for name in ("first", "last", "by") if data.get(name)}
    return HoursForm({"first": today.replace(day=1).isoformat(), "last": today.isoformat(), "by": "range", **given})
