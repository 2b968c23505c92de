"""What a write came to, and sending the same write twice.

Messages are kept untranslated (`gettext_noop as _` in the modules of the protocol) and put into words when they are read:
a stored outcome must not come back in the language of another device.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any, Literal
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext, gettext_noop

from labeling.models import Receipt, User
from labeling.prepared import insert_row

Kind = Literal["submitted", "surplus", "refused"]


class ProtocolError(Exception):
    """A write that the protocol refuses; `code` is stable, the text is shown to the person.

    `text` is translated when it is read and then filled with `values`, as in "%(limit)d characters".
    """

    def __init__(self, code: str, text: str, **values: Any) -> None:
        super().__init__(code, text)
        self.code, self.text, self.values = code, str(text), values

    def __str__(self) -> str:
        return put_into_words(self.text, self.values)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one write. `answer` names the answer it made, None where it made none; `text` is untranslated."""

    kind: Kind
    code: str
    text: str
    values: dict[str, Any] = field(default_factory=dict)
    assignment: UUID | None = None
    answer: UUID | None = None
    replayed: bool = False

    @property
    def message(self) -> str:
        """The text in the language of the reader."""
        return put_into_words(self.text, self.values)


def put_into_words(text: str, values: dict[str, Any]) -> str:
    """`text` translated and filled with `values`."""
    return gettext(text) % values if values else gettext(text)


def refuse(error: ProtocolError) -> Outcome:
    """The outcome of a write that the protocol refused."""
    return Outcome(kind="refused", code=error.code, text=error.text, values=error.values)


def store_outcome(outcome: Outcome) -> dict[str, Any]:
    """The JSON form of `outcome` that a receipt keeps."""
    return {name: str(value) if isinstance(value, UUID) else value for name, value in asdict(outcome).items() if name != "replayed"}


def load_outcome(stored: dict[str, Any]) -> Outcome:
    """The outcome a receipt kept, marked as replayed."""
    ids = {name: UUID(stored[name]) if stored[name] else None for name in ("assignment", "answer")}
    return Outcome(**{**stored, **ids}, replayed=True)


def digest_body(body: dict[str, Any]) -> str:
    """A hash of what a write says; times are left out, because a replay is sent later."""
    return hashlib.sha256(json.dumps(body, sort_keys=True, default=str).encode()).hexdigest()


def once(person: User, key: UUID, body: dict[str, Any], act: Callable[[], Outcome]) -> Outcome:
    """Do `act` and store its outcome under `key`, refusals included; sent again, return what was stored.

    Raises ProtocolError `key_reused` if the key came with another body before.
    """
    receipt = Receipt(person=person, key=key, body_sha256=digest_body(body))
    try:
        outcome = act_and_store(receipt, act)
    except ProtocolError as error:
        # Whatever `act` wrote before it refused is gone with its transaction.
        refused = refuse(error)
        outcome = act_and_store(receipt, lambda: refused)
    return outcome or replay(receipt)


def act_and_store(receipt: Receipt, act: Callable[[], Outcome]) -> Outcome | None:
    """Do `act` and store its outcome in one transaction; None, and nothing done, if the key of `receipt` is taken.

    Of two that come at once the second waits at the receipt, if not before, until the first one's transaction ends.
    """
    try:
        with transaction.atomic():
            outcome = act()
            receipt.outcome = store_outcome(outcome)
            insert_row(receipt)
            return outcome
    except IntegrityError:
        if not find_stored(receipt).exists():
            raise
        return None


def find_stored(receipt: Receipt) -> QuerySet[Receipt]:
    """The receipt that was stored under the key of `receipt` before, if any."""
    return Receipt.objects.filter(person=receipt.person, key=receipt.key)


def replay(receipt: Receipt) -> Outcome:
    """The outcome stored under the key of `receipt`."""
    stored = find_stored(receipt).get()
    if stored.body_sha256 != receipt.body_sha256:
        text = gettext_noop("This key was used for a different answer before. Reload the page and answer again.")
        raise ProtocolError("key_reused", text)
    return load_outcome(stored.outcome or {})
