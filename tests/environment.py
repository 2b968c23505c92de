"""Loaded before the settings are: gives the tests a folder of their own, so that no run touches the real var/."""

import atexit
import os
import shutil
import tempfile

if "SERVIMAGE_TEST_VAR" not in os.environ:
    # Workers of pytest-xdist inherit the folder of the process that started them, which also removes it.
    os.environ["SERVIMAGE_TEST_VAR"] = tempfile.mkdtemp(prefix="servimage-tests-")
    atexit.register(shutil.rmtree, os.environ["SERVIMAGE_TEST_VAR"], ignore_errors=True)

os.environ["SERVIMAGE_VAR"] = os.environ["SERVIMAGE_TEST_VAR"]
for name in (
    "SERVIMAGE_ENV",
    "DEBUG",
    "CELERY_BROKER_URL",
    "SERVIMAGE_MEDIA",
    "SERVIMAGE_EXPORTS",
    "SERVIMAGE_UPLOADS",
    "SERVIMAGE_IMPORT_ROOTS",
):
    os.environ.pop(name, None)
