"""How long the site takes to be up: the first start in a fresh clone, and later ones, from `./run` until it answers.

    python -m benchmarks.start [--again N]

The clone is made of what is committed, in a folder of its own with its own environment, so the first start includes making that
(packages come from pip's cache or the network). Each start ends with Ctrl-C. A start is also given as a multiple of what this machine
takes to load Django and the site's code once: that ratio compares machines.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from tests.crowd.site import free_port

ROOT = Path(__file__).resolve().parent.parent
LOAD = "import django, os; os.environ['DJANGO_SETTINGS_MODULE'] = 'annotation_site.settings'; django.setup(); import annotation_site.urls"


def start(clone: Path) -> float:
    """Seconds from `./run` in `clone` until the site answers; it is stopped again."""
    port = free_port()
    own = {key: value for key, value in os.environ.items() if key not in {"VIRTUAL_ENV", "DATABASE_URL", "SERVIMAGE_VAR"}}
    began = time.monotonic()
    with (clone / "start.log").open("w") as log:
        process = subprocess.Popen(["./run"], cwd=clone, env=own | {"PORT": str(port)}, stdout=log, stderr=log)
    try:
        while not is_ready(port):
            if process.poll() is not None:
                raise SystemExit(f"the site did not start:\n{(clone / 'start.log').read_text()}")
            time.sleep(0.02)
        return time.monotonic() - began
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=60)


def is_ready(port: int) -> bool:
    """Whether the site says that it can serve."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def load_code(clone: Path) -> float:
    """Seconds that one process takes to load Django and every page of the site."""
    began = time.monotonic()
    subprocess.run([clone / ".venv/bin/python", "-c", LOAD], cwd=clone, check=True)
    return time.monotonic() - began


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--again", type=int, default=3, help="starts after the first one (default 3)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="start-") as folder:
        clone = Path(folder) / "clone"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        first = start(clone)
        later = [start(clone) for _ in range(options.again)]
        unit = min(load_code(clone) for _ in range(3))
    sys.stdout.write(f"load {os.getloadavg()[0]:.1f}; loading the code once takes {unit:.2f} s\n")
    for name, seconds in [("first", first), *(("again", seconds) for seconds in later)]:
        sys.stdout.write(f"{name:>6}: {seconds:5.1f} s, {seconds / unit:4.1f} x loading the code\n")


if __name__ == "__main__":
    main()
