"""Which models judges may load: folders below those that whoever runs the site lists, and Hugging Face ids."""

from __future__ import annotations

import re
from pathlib import Path

from judging.backends.surroundings import may_read

ROOTS = "SERVIMAGE_MODEL_ROOTS"
HUB_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*/[A-Za-z0-9][A-Za-z0-9._-]*")


def check_model(model: str) -> None:
    """Raise ValueError unless `model` is a Hugging Face id, or a folder that judges may load from."""
    # A folder that is there goes before an id of the same name, as in the library.
    is_id = HUB_ID.fullmatch(model) is not None and not Path(model).is_dir()
    if not is_id and not may_read(model, ROOTS):
        raise ValueError(
            f"model is {model!r}, which is neither a Hugging Face id (organisation/name) nor in a folder that judges may load from. "
            f"Whoever runs the site must add its folder to {ROOTS} of web servers and workers."
        )
