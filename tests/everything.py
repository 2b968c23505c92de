"""Every check, then the whole suite: `./run test`. With arguments, pytest alone with those arguments.

The suite runs on SQLite and again on PostgreSQL; tests marked `pure`, `once` or `browser` run once, those marked `crowd` on both after the
others, and those marked `slow` by `./run test -m slow` alone. Where PostgreSQL, Redis or Chromium does not answer, that is said and what
needs it is skipped; with CI=true it is a failure.
"""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BENCH = Path(os.environ.get("SERVIMAGE_SHARED") or ROOT.parent / "shared") / "data" / "ServImage_Bench"
DATABASE_URL = os.environ.get("TEST_DATABASE_URL", "postgres://postgres@127.0.0.1:5432/postgres")
REDIS_URL = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/15")
BROWSERS = ["chromium", "chromium-browser", "google-chrome"]


@dataclass
class Report:
    """What failed so far, in words."""

    failures: list[str] = field(default_factory=list)

    def run(self, what: str, command: list[str], environment: dict[str, str] | None = None) -> None:
        """Run one step with its output shown; remember it if it fails."""
        print(f"\n=== {what}", flush=True)
        started = time.monotonic()
        code = subprocess.run(command, cwd=ROOT, env={**os.environ, **(environment or {})}, check=False).returncode
        print(f"--- {what}: {f'FAILED ({code})' if code else 'ok'}, {time.monotonic() - started:.0f} s", flush=True)
        if code:
            self.failures.append(what)

    def miss(self, what: str, consequence: str) -> None:
        """Say that a service is missing; in CI that is a failure."""
        print(f"\n!!! {what}: {consequence}", flush=True)
        if os.environ.get("CI") == "true":
            self.failures.append(what)


def python(*arguments: str) -> list[str]:
    """A command line of this environment's Python."""
    return [sys.executable, "-m", *arguments]


def manage(*arguments: str) -> list[str]:
    """A command line of manage.py."""
    return [sys.executable, "manage.py", *arguments]


def run_checks(report: Report) -> None:
    """Format, lint, types, templates, migrations, and the settings as production would have them."""
    templates = [str(path.relative_to(ROOT)) for path in sorted((ROOT / "templates").rglob("*.html"))]
    report.run("ruff format", python("ruff", "format", "--check", "--output-format", "concise", "."))
    report.run("ruff check", python("ruff", "check", "--output-format", "concise", "."))
    djade = str(Path(sys.executable).with_name("djade"))
    report.run("djade", [djade, "--check", "--target-version", "5.2", *templates])
    report.run("mypy", python("mypy"))
    with tempfile.TemporaryDirectory() as var:
        embedded = {"SERVIMAGE_VAR": var}
        report.run("migrations are complete", manage("makemigrations", "--check", "--dry-run"), embedded)
        schema = ["--validate", "--fail-on-warn", "--file", str(Path(var) / "schema.yaml")]
        report.run("the API describes itself", manage("spectacular", *schema), embedded)
        production = {
            **embedded,
            "SERVIMAGE_ENV": "production",
            "SECRET_KEY": secrets.token_urlsafe(64),
            "ALLOWED_HOSTS": "label.example.org",
        }
        report.run("settings for production", manage("check", "--deploy", "--fail-level", "WARNING"), production)


def run_suite(report: Report) -> None:
    """Pytest on both databases; the crowd comes after it and alone, because it needs the whole machine; browsers mostly wait."""
    parallel = ["-q", "-n", str(min(os.cpu_count() or 1, 4)), "--dist", "loadgroup", "--durations", "15"]
    postgres = postgres_for_tests()
    databases = {"SQLite": ""} | ({"PostgreSQL": postgres} if postgres else {})
    for name, url in databases.items():
        chosen = "not browser and not crowd and not slow" + ("" if name == "SQLite" else " and not pure and not once")
        report.run(f"tests on {name}", python("pytest", *parallel, "-m", chosen), {"DATABASE_URL": url})
    for name, url in databases.items():
        report.run(f"a crowd on {name}", python("pytest", "-q", "-m", "crowd"), {"DATABASE_URL": url})
    report.run("tests in the browser", python("pytest", *parallel, "-m", "browser"), {"DATABASE_URL": ""})


def postgres_for_tests() -> str:
    """A database URL under which this run makes test databases of its own; '' if PostgreSQL does not answer."""
    return DATABASE_URL.rsplit("/", 1)[0] + f"/servimage_{os.getpid()}" if postgres_answers() else ""


def postgres_answers() -> bool:
    """Whether PostgreSQL can be reached at TEST_DATABASE_URL."""
    import psycopg

    try:
        psycopg.connect(DATABASE_URL, connect_timeout=3).close()
    except psycopg.OperationalError:
        return False
    return True


def redis_answers() -> bool:
    """Whether Redis can be reached at TEST_REDIS_URL."""
    import redis

    try:
        return bool(redis.Redis.from_url(REDIS_URL, socket_connect_timeout=3).ping())
    except redis.RedisError:
        return False


def look_for_services(report: Report) -> None:
    """Say what is missing before the minutes of waiting, not after."""
    if not postgres_answers():
        report.miss(f"PostgreSQL does not answer at {DATABASE_URL}", "the tests run on SQLite only (TEST_DATABASE_URL names another)")
    if not redis_answers():
        report.miss(f"Redis does not answer at {REDIS_URL}", "the jobs are tested on the filesystem broker only (TEST_REDIS_URL)")
    if not any(map(shutil.which, BROWSERS)):
        report.miss("no Chromium is installed", "the pages are not tested in a browser (Debian: apt install chromium)")
    if not BENCH.is_dir():
        print(f"\n!!! no copy of ServImageBench in {BENCH}: the tests on the published tasks are skipped (SERVIMAGE_SHARED)", flush=True)
    if not shutil.which("xgettext"):
        report.miss("gettext is not installed", "the translations are not compared with the strings (Debian: apt install gettext)")


def main(arguments: list[str]) -> int:
    """The exit status of the whole run."""
    if arguments:
        return subprocess.run(python("pytest", *arguments), cwd=ROOT, check=False).returncode
    report = Report()
    look_for_services(report)
    run_checks(report)
    if report.failures:
        print(f"\nFailed before the tests: {', '.join(report.failures)}", flush=True)
    run_suite(report)
    if report.failures:
        print(f"Failed: {', '.join(report.failures)}", file=sys.stderr)
    return 1 if report.failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
