"""Doing something to many candidates."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from labeling.forms.inbox import REASON_LIMIT

ACTS = [("reopen", _("Reopen")), ("hold", _("Hold")), ("return", _("Back to the queue")), ("withdraw", _("Withdraw"))]


class ActForm(forms.Form):
    """What to do."""

    act = forms.ChoiceField(label=_("What to do"), choices=ACTS, widget=forms.RadioSelect)


class ManyForm(ActForm):
    """What to do, and why: every candidate keeps the reason in its timeline."""

    act = forms.ChoiceField(choices=ACTS, widget=forms.HiddenInput)
    reason = forms.CharField(label=_("Reason"), max_length=REASON_LIMIT, error_messages={"required": _("Say why.")})
