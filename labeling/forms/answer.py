"""What the label and adjudication pages send."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from labeling.models import Reason, ReasonClass, Skip, Verdict
from labeling.protocol.submission import NOTE_LIMIT, Submission


class IdListField(forms.Field):
    """The public ids under one repeated name; anything that is none is left out."""

    widget = forms.MultipleHiddenInput

    def clean(self, value: Any) -> list[UUID]:
        """The ids as UUIDs."""
        found: list[UUID] = []
        for text in value or []:
            try:
                found.append(UUID(text))
            except ValueError:
                continue
        return found


class CardForm(forms.Form):
    """What every write about one card carries: the assignment and an idempotency key."""

    assignment = forms.UUIDField()
    key = forms.UUIDField()


class DeckForm(forms.Form):
    """What the page shows already: the card on screen and all it has, so that only new ones are sent."""

    shown = forms.UUIDField(required=False)
    have = IdListField(required=False)


class AnswerForm(CardForm):
    """One answer. `reject_for` is a reason button of the plain form: it rejects for that reason at once.

    The accept button of a plain form means accept, whatever reasons are still ticked beside it.
    """

    answer = forms.ChoiceField(choices=Verdict.choices, required=False)
    reject_for = forms.ChoiceField(choices=Reason.choices, required=False)
    reasons = forms.MultipleChoiceField(choices=Reason.choices, required=False)
    note = forms.CharField(max_length=NOTE_LIMIT, required=False)
    active_ms = forms.IntegerField(min_value=0, max_value=2**31 - 1, required=False)
    shown_ago_ms = forms.IntegerField(min_value=0, required=False)
    answered_ago_ms = forms.IntegerField(min_value=0, required=False)
    replaces = forms.UUIDField(required=False)

    def clean(self) -> dict[str, Any]:
        """Refuse a form without an answer; a reason button is one."""
        data = super().clean() or {}
        if not data.get("answer") and not data.get("reject_for"):
            raise forms.ValidationError(_("Choose accept or reject."), code="no_answer")
        return data

    def submission(self) -> Submission:
        """The valid form as the protocol takes it."""
        data = self.cleaned_data
        is_reject = data["reject_for"] or data["answer"] == Verdict.REJECT
        reasons = dict.fromkeys(filter(None, [*data["reasons"], data["reject_for"]])) if is_reject else {}
        return Submission(
            verdict=Verdict.REJECT if is_reject else Verdict.ACCEPT,
            reasons=tuple(reasons),
            note=data["note"],
            active_ms=data["active_ms"],
            shown_ago_ms=data["shown_ago_ms"],
            answered_ago_ms=data["answered_ago_ms"] or 0,
        )


class UndoForm(CardForm):
    """Taking an answer back names the answer."""

    replaces = forms.UUIDField()


class SkipForm(CardForm):
    """Passing a card on."""

    reason = forms.ChoiceField(choices=Skip.Why.choices)
    note = forms.CharField(max_length=NOTE_LIMIT, required=False)


class FlagForm(CardForm):
    """A remark for the lead."""

    text = forms.CharField(max_length=NOTE_LIMIT)


class ConfirmForm(CardForm):
    """Closing an adjudication: a reason class, and another answer if the blind one is revised."""

    reason_class = forms.ChoiceField(choices=ReasonClass.choices)
    answer = forms.ChoiceField(choices=[("keep", _("Keep")), *Verdict.choices], required=False)
    reasons = forms.MultipleChoiceField(choices=Reason.choices, required=False)
    note = forms.CharField(max_length=NOTE_LIMIT, required=False)

    def submission(self) -> Submission | None:
        """The revised answer, None if the blind one is kept; an accept has no reasons, whatever is still ticked."""
        data = self.cleaned_data
        if data["answer"] not in Verdict.values:
            return None
        reasons = tuple(data["reasons"]) if data["answer"] == Verdict.REJECT else ()
        return Submission(verdict=data["answer"], reasons=reasons, note=data["note"])


def read_deck(data: QueryDict) -> tuple[UUID | None, set[UUID]]:
    """The card on screen (None if there is none) and all cards the page has, from a posted form."""
    form = DeckForm(data)
    form.is_valid()
    return form.cleaned_data.get("shown"), set(form.cleaned_data.get("have", []))
