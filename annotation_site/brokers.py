"""How Celery talks to the message broker."""

from __future__ import annotations

from pathlib import Path
from typing import Any

# Longer than any job: a live job whose message becomes visible again would be started a second time.
VISIBILITY_TIMEOUT_S = 2 * 86400


def celery_transport_options(broker_url: str, folder: Path) -> dict[str, Any]:
    """Options of the broker at `broker_url`; `folder` is where the embedded broker keeps its messages.

    For the embedded broker the folders are made, readable by their owner only.
    """
    if not broker_url.startswith("filesystem:"):
        return {"visibility_timeout": VISIBILITY_TIMEOUT_S, "unacked_restore_throttle": 1}
    for path in (folder, folder / "messages", folder / "control"):
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    messages = str(folder / "messages")
    return {
        "data_folder_in": messages,
        "data_folder_out": messages,
        "control_folder": str(folder / "control"),
        "polling_interval": 0.25,
    }
