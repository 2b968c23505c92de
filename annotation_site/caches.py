"""Where counters that all processes share are kept: Redis where there is one, else files on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

# Longer than any window that is counted (labeling/api/throttles.py).
LIFETIME_S = 2 * 3600


def cache_settings(url: str, folder: Path) -> dict[str, Any]:
    """Django's settings for the cache: the Redis at `url`, or files in `folder` if `url` names no Redis."""
    if url.startswith(("redis://", "rediss://", "unix://")):
        backend, place = "django.core.cache.backends.redis.RedisCache", url
    else:
        backend, place = "django.core.cache.backends.filebased.FileBasedCache", str(folder)
    return {"BACKEND": backend, "LOCATION": place, "KEY_PREFIX": "servimage", "TIMEOUT": LIFETIME_S, "OPTIONS": options(backend)}


def options(backend: str) -> dict[str, Any]:
    """One file per person or token and window; the default of 300 would throw counters away that are in use."""
    return {"MAX_ENTRIES": 10_000} if backend.endswith("FileBasedCache") else {}
