"""Loaded before the settings are: gives the tests a folder of their own, so that no run touches the real var/."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

OWN = {
    "SERVIMAGE_ENV",
    "SERVIMAGE_IMAGE_ACCEL_PREFIX",
    "DEBUG",
    "CELERY_BROKER_URL",
    "SERVIMAGE_MEDIA",
    "SERVIMAGE_EXPORTS",
    "SERVIMAGE_MODELS",
    "SERVIMAGE_IMPORT_ROOTS",
    "EMAIL_HOST",
}

if "SERVIMAGE_TEST_VAR" not in os.environ:
    # Workers of pytest-xdist inherit the folder of the process that started them, which also removes it.
    os.environ["SERVIMAGE_TEST_VAR"] = tempfile.mkdtemp(prefix="servimage-tests-")
    atexit.register(shutil.rmtree, os.environ["SERVIMAGE_TEST_VAR"], ignore_errors=True)

var = Path(os.environ["SERVIMAGE_TEST_VAR"]) / os.environ.get("PYTEST_XDIST_WORKER", "main")
(var / "static").mkdir(parents=True, exist_ok=True)
os.environ["SERVIMAGE_VAR"] = str(var)
for name in OWN:
    os.environ.pop(name, None)
