"""Why one of many candidates is left as it is; the codes are those of the protocol's own refusals."""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Refusal(TextChoices):
    """A refusal's stable name, with a sentence that is true of all it is about."""

    TOO_FEW_PEOPLE = "too_few_people", _("Fewer than three people could answer a new round besides its last adjudicator.")
    OPEN_ALREADY = "open_already", _("Open already: the answers of its round are still coming in.")
    IS_HELD = "is_held", _("Held: decide about it first.")
    NOT_REOPENABLE = "not_reopenable", _("Withdrawn, or still being imported: put it back to the queue first.")
    NO_IMAGE = "no_image", _("It has no image, so nobody can answer it.")
    IS_EXAMPLE = "is_example", _("An example on the guidelines page: take it out of there first.")
    NOT_OPEN = "not_open", _("Neither open nor disputed, so it cannot be held.")
    NOT_HELD = "not_held", _("Neither held nor withdrawn, so it is not out of the queue.")
    NOT_ASKED_FOR = "not_asked_for", _("The task no longer asks for this image.")
    IN_BATCH_ALREADY = "in_batch_already", _("There already.")
    OTHER_CATEGORY = "other_category", _("The batch is for another category.")
    WITHDRAWN = "withdrawn", _("Withdrawn already.")
