"""What has to be done before the site can serve: the newest tables and the static files."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from pathlib import Path

import django
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.checks import Tags
from django.core.checks.registry import registry
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor


def bring_up_to_date(say: Callable[[str], None]) -> None:
    """Migrate and collect the static files where that is needed; calls `say` before each step that takes time."""
    if needs_migrating():
        say("bringing the database up to date")
        call_command("migrate", verbosity=0, interactive=False)
    stamp, fingerprint = settings.STATIC_ROOT / ".fingerprint", fingerprint_static_files()
    if not settings.DEBUG and (not stamp.exists() or stamp.read_text(encoding="utf-8") != fingerprint):
        say("collecting static files")
        call_command("collectstatic", verbosity=0, interactive=False, clear=True)
        stamp.write_text(fingerprint, encoding="utf-8")


def needs_migrating() -> bool:
    """Whether a migration is missing, or a trigger that every migration restores."""
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return True
    try:
        # Not those of the addresses: loading every view takes a second, and the web server does it next.
        call_command("check", tags=sorted(registry.tags_available() - {Tags.urls}), databases=["default"], stdout=io.StringIO())
    except SystemCheckError:
        return True
    return False


def fingerprint_static_files() -> str:
    """A hash that changes with every name, size or time of a static file, and with what prepares them."""
    digest = hashlib.sha256(f"{django.__version__} {settings.STORAGES['staticfiles']['BACKEND']}".encode())
    for path, source in sorted(list_static_files()):
        stat = source.stat()
        digest.update(f"\n{path} {stat.st_size} {stat.st_mtime_ns}".encode())
    return digest.hexdigest()


def list_static_files() -> list[tuple[str, Path]]:
    """Every static file: its path under STATIC_URL and where it is now."""
    return [(path, Path(storage.path(path))) for finder in get_finders() for path, storage in finder.list([])]
