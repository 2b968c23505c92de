"""What a lead can make of the effect of assistance, in sentences made from the intervals."""

from __future__ import annotations

from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from labeling.effects import FEWEST_COMPARED
from labeling.models import Policy
from labeling.quality.effect_rows import EffectRow, Part

# An interval that stays within so many points of 0 says that little changes; a wider one around 0 says nothing yet.
LITTLE = 2.0
# Of each policy: accepts more often, accepts less often.
ACCEPTS: dict[str, tuple[str | Promise, str | Promise]] = {
    Policy.MEASURED: (
        gettext_lazy(
            "People who saw the suggestion accepted %(value)s points more often (%(low)s to %(high)s) "
            "than those who did not on the same images."
        ),
        gettext_lazy(
            "People who saw the suggestion accepted %(value)s points less often (%(low)s to %(high)s) "
            "than those who did not on the same images."
        ),
    ),
    Policy.REVEAL: (
        gettext_lazy("After people had seen the suggestion they accepted %(value)s points more often (%(low)s to %(high)s) than before."),
        gettext_lazy("After people had seen the suggestion they accepted %(value)s points less often (%(low)s to %(high)s) than before."),
    ),
    Policy.ALL: (
        gettext_lazy(
            "People who saw the suggestion accepted %(value)s points more often (%(low)s to %(high)s) than on control candidates."
        ),
        gettext_lazy(
            "People who saw the suggestion accepted %(value)s points less often (%(low)s to %(high)s) than on control candidates."
        ),
    ),
}


def advise(part: Part) -> str:
    """One version under one policy in a few sentences, the last of which says what to do where there is something to do."""
    if part.treated < FEWEST_COMPARED:
        return ngettext(
            "Nothing to see yet: %(shown)s of %(fewest)s pairs of answers to candidates drawn to show a suggestion.",
            "Nothing to see yet: %(shown)s of %(fewest)s pairs of answers to candidates drawn to show a suggestion.",
            part.treated,
        ) % {"shown": number_format(part.treated), "fewest": FEWEST_COMPARED}
    error = part.row("added_error") or part.row("gold_error")
    return " ".join(text for text in (tell_accepts(part), tell_error(error)) if text)


def tell_accepts(part: Part) -> str:
    """What the suggestion does to how often people accept."""
    row = part.row("accept_shift")
    if row is None or row.low is None or row.high is None:
        return _("Whether suggestions change how often people accept cannot be told yet: too little differs.")
    more, less = ACCEPTS[part.policy]
    if row.low > 0:
        return str(more) % numbers(row)
    if row.high < 0:
        return str(less) % numbers(row, turned=True)
    if is_little(row):
        return _("Suggestions hardly change how often people accept: by %(low)s to %(high)s points.") % numbers(row)
    return _("The interval is too wide to say whether suggestions change how often people accept: %(low)s to %(high)s points.") % numbers(
        row
    )


def tell_error(row: EffectRow | None) -> str:
    """What the suggestion does to how often people are wrong, and what follows from that."""
    if row is None or row.is_withheld or row.value is None:
        return _("Of errors nothing can be told before disputes are adjudicated or more gold is answered.")
    if row.low is None or row.high is None:
        return _("Of errors nothing can be told yet: too few were found.")
    if row.low > 0:
        return _(
            "They were wrong more often by %(value)s points (%(low)s to %(high)s): consider switching suggestions off, "
            "or a better model before showing them again."
        ) % numbers(row)
    if row.high < 0:
        return _("They were wrong less often by %(value)s points (%(low)s to %(high)s): the suggestions help.") % numbers(row, turned=True)
    if is_little(row):
        return _("Suggestions hardly change how often they are wrong: by %(low)s to %(high)s points.") % numbers(row)
    return _("The interval is too wide to say whether they are wrong more often: %(low)s to %(high)s points. Keep measuring.") % numbers(
        row
    )


def is_little(row: EffectRow) -> bool:
    """Whether the whole interval is close to 0."""
    return row.low is not None and row.high is not None and max(-row.low, row.high) <= LITTLE


def numbers(row: EffectRow, turned: bool = False) -> dict[str, str]:
    """The difference and its interval as people read them; `turned`, how much less."""
    value, low, high = row.value or 0, row.low or 0, row.high or 0
    if turned:
        value, low, high = -value, -high, -low
    # What number_format is given more digits of it cuts off.
    return {name: number_format(round(number, 1) + 0, 1) for name, number in (("value", value), ("low", low), ("high", high))}
