"""What voiding an answer comes to for its candidate; the names appear in reports, the sentences on pages."""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Voiding(TextChoices):
    """What becomes of a candidate, and of what other people answered, when a person's answers to it are voided."""

    EARLIER = "void_earlier_round", _("Of an earlier round: it counts in agreement alone, so nothing else changes.")
    SEAT = "void_seat", _("Only half-answered: the seat is free again.")
    ONE_SEAT = "void_one_seat", _("Goes back to one seat taken: the other answer stays and counts, one more is asked for.")
    DISPUTED = "void_adjudication", _("Disputed again: both primary answers stay and count, another adjudicator decides.")
    NEW_ROUND = (
        "void_new_round",
        _("Was adjudicated, so a new round starts: the other answers stay with the old round, count no more, and are asked anew."),
    )
    CHECK = "void_check", _("An audit or a second adjudication: it counts no more, and nothing else changes.")

    WITHDRAWN = "void_withdrawn", _("Not voided: withdrawn, so it counts nowhere. Put it back to the queue first if it is to count again.")
    TOO_FEW_PEOPLE = (
        "void_too_few_people",
        _("Not voided: fewer than three people besides its last adjudicator are left to answer it again."),
    )
    NO_ADJUDICATOR = "void_no_adjudicator", _("Not voided: nobody else is left who may adjudicate it.")
    IS_EXAMPLE = "void_is_example", _("Not voided: it is an example on the guidelines page. Take it out of there first.")
    NOTHING_LEFT = "nothing_to_void", _("Nothing to void any more: taken back or voided meanwhile.")


EFFECTS = [Voiding.EARLIER, Voiding.CHECK, Voiding.SEAT, Voiding.ONE_SEAT, Voiding.DISPUTED, Voiding.NEW_ROUND]
# What takes a settled or disputed candidate back.
REOPENING = [Voiding.ONE_SEAT, Voiding.DISPUTED, Voiding.NEW_ROUND]
