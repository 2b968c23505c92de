"""Inviting people by a link, and making the account of somebody who comes by one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.contrib.auth.forms import UserCreationForm
from django.utils.translation import get_language, get_language_info
from django.utils.translation import gettext_lazy as _

from labeling.forms.members import LimitsForm, RightsForm
from labeling.models import User
from labeling.protocol.invitations import MOST_DAYS, MOST_USES

# The class takes its parameter in the type checker only.
if TYPE_CHECKING:
    AccountForm = UserCreationForm[User]
else:
    AccountForm = UserCreationForm


class InviteForm(RightsForm, LimitsForm):
    """A link with rights and limits, for how many people and days."""

    NO_RIGHT = _("Tick at least one right.")
    uses = forms.IntegerField(label=_("For how many people"), min_value=1, max_value=MOST_USES, initial=1)
    days = forms.IntegerField(label=_("Valid for how many days"), min_value=1, max_value=MOST_DAYS, initial=7)
    note = forms.CharField(
        label=_("Note"),
        max_length=200,
        required=False,
        help_text=_("For yourself: a name, a class, an e-mail address. Nothing is sent there."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def clean(self) -> dict[str, Any]:
        """A lead is invited alone, and only work can be limited."""
        data = super().clean()
        if data.get("is_lead") and (data.get("uses") or 1) > 1:
            self.add_error("uses", _("A link that makes somebody a lead is for one person."))
        if (data.get("categories") or data.get("daily_cap")) and not (data.get("can_label") or data.get("can_adjudicate")):
            self.add_error(None, _("Categories and a daily cap are for people who label or adjudicate."))
        return data

    def about(self) -> dict[str, Any]:
        """Everything but the rights, as `make_invitation` takes it."""
        return {name: self.cleaned_data[name] for name in ("note", "uses", "days", "categories", "daily_cap")}


class JoinForm(AccountForm):
    """The account of somebody new: name, password, and the language they read."""

    language = forms.ChoiceField(label=_("Language"))

    class Meta:
        model = User
        fields = ("username", "language")

    field_order = ("username", "password1", "password2", "language")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = [(code, get_language_info(code)["name_local"]) for code, _name in settings.LANGUAGES]
        self.fields["language"] = forms.ChoiceField(label=_("Language"), choices=names, initial=get_language())
