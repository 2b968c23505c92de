"""The shared benchmark data, which is not part of the project; tests that need it skip where it is absent."""

import os
from pathlib import Path

import pytest
from django.conf import settings

SHARED = Path(os.environ.get("SERVIMAGE_SHARED") or Path(settings.BASE_DIR).parent / "shared")
BENCH = SHARED / "data" / "ServImage_Bench"

needs_bench = pytest.mark.skipif(not BENCH.is_dir(), reason=f"needs the ServImageBench data in {BENCH}")
