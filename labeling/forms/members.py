"""People of a project: adding one, and changing their rights."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.utils.translation import gettext_lazy as _

from labeling.models import Category, User
from labeling.protocol.members import Rights

RIGHTS = ("can_label", "can_adjudicate", "is_lead")


class RightsForm(forms.Form):
    """The three independent rights."""

    NO_RIGHT = _("Tick at least one right, or remove the person.")

    can_label = forms.BooleanField(label=_("annotator"), required=False)
    can_adjudicate = forms.BooleanField(label=_("adjudicator"), required=False)
    is_lead = forms.BooleanField(label=_("lead"), required=False)

    def clean(self) -> dict[str, Any]:
        """At least one right."""
        data = super().clean() or {}
        if not any(data.get(right) for right in RIGHTS):
            raise forms.ValidationError(self.NO_RIGHT, code="no_right")
        return data

    def rights(self) -> Rights:
        """The rights that are ticked."""
        return Rights(**{right: self.cleaned_data[right] for right in RIGHTS})


class LimitsForm(forms.Form):
    """What somebody is given work of, and how much of it a day."""

    categories = forms.MultipleChoiceField(
        label=_("Categories"), choices=Category.choices, required=False, widget=forms.CheckboxSelectMultiple, help_text=_("None means all.")
    )
    daily_cap = forms.IntegerField(
        label=_("Answers a day at most"), required=False, min_value=1, max_value=10_000, help_text=_("Empty means any number.")
    )

    def clean_categories(self) -> list[str]:
        """The categories chosen, in their usual order whatever the order they were sent in; none where all are."""
        chosen = [category for category in Category.values if category in self.cleaned_data["categories"]]
        return chosen if len(chosen) < len(Category) else []


class AddMemberForm(RightsForm):
    """Somebody by account name. Whether the account exists is said beforehand, so that a slip of the pen makes no account."""

    NO_RIGHT = _("Tick at least one right.")
    NEW, EXISTING = "new", "existing"
    account = forms.ChoiceField(
        label=_("Account"),
        choices=[(NEW, _("a new account")), (EXISTING, _("somebody who has an account"))],
        initial=NEW,
        widget=forms.RadioSelect,
    )
    username = forms.CharField(
        label=_("Account name"),
        max_length=150,
        validators=[UnicodeUsernameValidator()],
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )
    field_order = ["account", "username", "can_label", "can_adjudicate", "is_lead"]
    person: User | None = None

    def clean(self) -> dict[str, Any]:
        """Find the account, or make sure that there is none."""
        data = super().clean()
        name = data.get("username")
        if not name:
            return data
        self.person = User.objects.filter(username__iexact=User.normalize_username(name), is_active=True).first()
        if data.get("account") == self.EXISTING and self.person is None:
            self.add_error("username", _("There is no account of this name."))
        if data.get("account") == self.NEW and self.person is not None:
            self.add_error("username", _("There is an account of this name already."))
        return data
