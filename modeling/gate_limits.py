"""What a verdict of the gate does not carry: decisions from elsewhere, pictures that are gone, a version in use that nobody can ask."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_noop as _

IMPORTED = _("%(count)s of these decisions were imported; what their authors had seen is not known.")
LOST = _("Test candidates left out because their picture cannot be read: %(count)s.")
UNSAID = _("Test candidates left out because the version in use has said nothing of them: %(count)s.")


def note_limits(gate: Mapping[str, Any], *, imported: int, lost: int, unsaid: int, is_incumbent_unknown: bool) -> dict[str, Any]:
    """The gate with what limits it, counted and said. With imported decisions or an unknown incumbent it takes a lead's reason."""
    from modeling.net.gate import SENTENCES

    noted = {**gate, "imported": imported, "lost": lost, "unsaid": unsaid}
    if is_incumbent_unknown:
        noted["incumbent_unknown"] = True
    noted["needs_override"] = gate["needs_override"] or bool(imported) or is_incumbent_unknown
    override = {"text": SENTENCES["override"], "params": {}}
    say = [sentence for sentence in gate["say"] if sentence != override]
    say += [
        {"text": text, "params": {"count": str(count)}} for text, count in ((IMPORTED, imported), (LOST, lost), (UNSAID, unsaid)) if count
    ]
    return {**noted, "say": [*say, *([override] if noted["needs_override"] else [])]}
