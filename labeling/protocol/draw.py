"""Which settled candidates a third person looks at once more: drawn by a seeded hash, so that nobody chooses and anybody can check."""

from __future__ import annotations

import hashlib

from labeling.models import Candidate, Purpose

WORDS = {Purpose.AUDIT: "audit", Purpose.SECOND_ADJUDICATION: "second"}


def is_drawn(candidate: Candidate, purpose: Purpose) -> bool:
    """Whether the round of `candidate` is among the share of its project that is audited, or adjudicated a second time."""
    project = candidate.project
    share = project.audit_share if purpose == Purpose.AUDIT else project.second_share
    text = f"{project.seed} {WORDS[purpose]} {candidate.public_id} {candidate.round}"
    drawn = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
    return drawn * 100 < share << 64
