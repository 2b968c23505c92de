"""The extractors by the kind of thing they read."""

from __future__ import annotations

from judging.extractors.base import Extractor
from judging.extractors.points import POINTS
from judging.extractors.rules import RULES

EXTRACTORS: dict[str, Extractor] = {extractor.kind: extractor for extractor in (RULES, POINTS)}
