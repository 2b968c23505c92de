"""A suggestion as people see it: the answer it stands for, how likely it is in words and in percent, and whose it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from labeling.models import Suggestion

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

# From which probability on which words hold.
WORDS: list[tuple[float, StrOrPromise]] = [
    (0.95, gettext_lazy("almost certainly accepted")),
    (0.80, gettext_lazy("very likely accepted")),
    (0.60, gettext_lazy("probably accepted")),
    (0.40, gettext_lazy("could go either way")),
    (0.20, gettext_lazy("probably rejected")),
    (0.05, gettext_lazy("very likely rejected")),
    (0.00, gettext_lazy("almost certainly rejected")),
]
# What the kinds of backends are: whoever reads a suggestion should know what it is worth.
KINDS: dict[str, StrOrPromise] = {
    "stats": gettext_lazy("image statistics"),
    "tiny": gettext_lazy("demonstration model"),
    "qwen3-vl": gettext_lazy("vision-language model"),
}


@dataclass(frozen=True, kw_only=True)
class SuggestionLine:
    """One suggestion. `p_accept` in [0, 1]; `weakest` names the lowest predicted concept and its value, '' where none was predicted.

    `backend` is what the version runs on, in a few words; '' for imported suggestions.
    """

    verdict: str
    p_accept: float
    words: StrOrPromise
    percent: str
    model_version: str
    backend: str
    weakest: str


def tell_suggestion(suggestion: Suggestion | None) -> SuggestionLine | None:
    """The suggestion in words; None where there is none."""
    if suggestion is None:
        return None
    return SuggestionLine(
        verdict=suggestion.verdict,
        p_accept=suggestion.p_accept,
        words=next(words for least, words in WORDS if suggestion.p_accept >= least),
        percent=tell_percent(suggestion.p_accept),
        model_version=suggestion.model_version,
        backend=tell_backend(suggestion.backend),
        weakest=tell_weakest(suggestion),
    )


def tell_backend(backend: str) -> str:
    """What a version runs on: its kind in words, and the base model where it has one."""
    kind, _space, base = backend.partition(" ")
    return f"{KINDS.get(kind, kind)} {base}".strip()


def tell_percent(p_accept: float) -> str:
    """A probability in whole percent; what is next to certain is not called certain."""
    if p_accept < 0.01:
        return _("under 1 %")
    return _("over 99 %") if p_accept > 0.99 else f"{100 * p_accept:.0f} %"


def tell_weakest(suggestion: Suggestion) -> str:
    """The lowest concept with its value."""
    if suggestion.weakest is None:
        return ""
    label, value = suggestion.weakest
    return _("%(concept)s (%(value).1f of 5)") % {"concept": label, "value": value}
