"""Names of people in exports: the same person has the same name in every export of a project, and another one in another project."""

from __future__ import annotations

import hashlib
import hmac
from uuid import UUID

from labeling.models import Project


def make_pseudonym(project: Project, person_id: UUID) -> str:
    """`p-` and 16 hexadecimal digits: HMAC-SHA-256 of the account's random id under the project's seed.

    Neither of the two is ever exported, so nobody can go from the name to the person without the database. The seed, unlike
    the site's secret key, stays when keys are changed or the database moves.
    """
    key = f"servimage pseudonym {project.seed}".encode()
    return f"p-{hmac.new(key, person_id.bytes, hashlib.sha256).hexdigest()[:16]}"
