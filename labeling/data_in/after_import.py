"""What apps that build on this one do once candidates have come in."""

from __future__ import annotations

import logging
from collections.abc import Callable

from labeling.models import Project

logger = logging.getLogger(__name__)

# Each is called with the project after an import of candidates that changed something; apps add to it while the site starts.
AFTER_IMPORT: list[Callable[[Project], None]] = []


def tell_others(project: Project) -> None:
    """Call all of them. The import is done by then, so one that fails is logged and fails nothing."""
    for call in AFTER_IMPORT:
        try:
            call(project)
        # Whatever it is: the candidates are in.
        except Exception:
            logger.exception("%s failed after an import into project %s", call.__name__, project.pk)
