"""Whether a real Label Studio takes a `label-studio` export whole: tasks, annotations, choices, and the pictures themselves.

    python3 -m venv /tmp/ls && /tmp/ls/bin/pip install label-studio==1.23.2
    python -m benchmarks.label_studio --label-studio /tmp/ls/bin/label-studio --export DIR/label-studio.zip

Starts it on SQLite in a folder of its own, does by its API what docs/exports.md tells a person to do, and compares every count with
the file. Prints what it found as JSON; exit status 1 if anything differs.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import zipfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

START_S, PAGE = 900, 100
EMAIL = "lead@example.org"


class LabelStudio:
    """A running Label Studio and the token of its only account."""

    def __init__(self, address: str, token: str) -> None:
        self.address, self.token = address, token

    def fetch(self, path: str, body: bytes | None = None, content_type: str = "application/json") -> bytes:
        """What it answers to GET, or to POST of `body`."""
        headers = {"Authorization": f"Token {self.token}", "Content-Type": content_type}
        with urllib.request.urlopen(urllib.request.Request(self.address + path, body, headers), timeout=300) as response:
            data: bytes = response.read()
        return data

    def call(self, path: str, body: Any = None) -> Any:
        """`fetch` with JSON on both sides."""
        return json.loads(self.fetch(path, None if body is None else json.dumps(body).encode()))


@contextmanager
def running(executable: str, root: Path) -> Iterator[LabelStudio]:
    """Label Studio on a free port, with its data and the files it may serve below `root`."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    token, log = secrets.token_hex(20), root / "label-studio.log"
    environment = {
        **{name: value for name, value in os.environ.items() if name not in ("DJANGO_SETTINGS_MODULE", "DATABASE_URL", "SECRET_KEY")},
        "LABEL_STUDIO_LOCAL_FILES_SERVING_ENABLED": "true",
        "LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT": str(root / "files"),
        "LABEL_STUDIO_BASE_DATA_DIR": str(root / "data"),
        "COLLECT_ANALYTICS": "false",
        "LATEST_VERSION_CHECK": "false",
    }
    account = ["--username", EMAIL, "--password", secrets.token_urlsafe(12), "--user-token", token, "--enable-legacy-api-token"]
    command = [executable, "start", "--no-browser", "--internal-host", "127.0.0.1", "--port", str(port), *account]
    with log.open("wb") as output, subprocess.Popen(command, env=environment, cwd=root, stdout=output, stderr=output) as process:
        try:
            site = LabelStudio(f"http://127.0.0.1:{port}", token)
            wait_for(site, process, log)
            yield site
        finally:
            process.terminate()


def wait_for(site: LabelStudio, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until it answers; ends the program with its log if it does not."""
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            site.fetch("/api/version")
            return
        except OSError:
            time.sleep(1)
    raise SystemExit(f"Label Studio did not start:\n{log.read_text()[-3000:]}")


def import_export(site: LabelStudio, archive: Path, root: Path, folder: str) -> tuple[int, dict[str, Any], float]:
    """Do what docs/exports.md says; return the id of the project, Label Studio's answer to the import, and how many seconds that took."""
    files = root / "files" / folder
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(files)
    config = (files / "label_config.xml").read_text(encoding="utf-8")
    project = site.call("/api/projects/", {"title": folder, "label_config": config})["id"]
    storage = {"project": project, "path": str(files / "images"), "title": "images", "use_blob_urls": True}
    site.call("/api/storages/localfiles", storage)
    started = time.monotonic()
    said = json.loads(site.fetch(f"/api/projects/{project}/import?return_task_ids=false", (files / "tasks.json").read_bytes()))
    return project, said, time.monotonic() - started


def count_given(tasks: list[dict[str, Any]]) -> dict[str, Any]:
    """The counts of tasks as the API or the file gives them."""
    annotations = [annotation for task in tasks for annotation in task["annotations"]]
    results = [result for annotation in annotations for result in annotation["result"]]
    chosen = Counter(choice for result in results for choice in result["value"].get("choices", []))
    return {
        "tasks": len(tasks),
        "annotations": len(annotations),
        "ground_truths": sum(annotation["ground_truth"] for annotation in annotations),
        "choices": dict(sorted(chosen.items())),
        "notes": sum("text" in result["value"] for result in results),
        "persons": len({result["meta"]["person"] for result in results if "meta" in result}),
        "decisions": dict(Counter(str(task["data"]["decision"]) for task in tasks)),
    }


def read_tasks(site: LabelStudio, project: int) -> Iterator[dict[str, Any]]:
    """Every task of the project with its annotations."""
    page = 1
    while True:
        found = site.call(f"/api/tasks?project={project}&page={page}&page_size={PAGE}&fields=all")
        yield from found["tasks"]
        if page * PAGE >= found["total"]:
            return
        page += 1


def check_pictures(site: LabelStudio, tasks: list[dict[str, Any]], files: Path) -> int:
    """How many of the pictures Label Studio serves byte for byte as they are in the archive."""
    same = 0
    for task in tasks:
        path = task["data"]["image"]
        try:
            same += site.fetch(path) == (files / path.partition("?d=")[2]).read_bytes()
        except urllib.error.HTTPError as error:
            print(f"{path}: {error}", file=sys.stderr)
    return same


def main() -> None:
    """Import, compare, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--label-studio", required=True, help="the program `label-studio` of the environment it is installed in")
    parser.add_argument("--export", required=True, type=Path, help="label-studio.zip of an export")
    options = parser.parse_args()
    with zipfile.ZipFile(options.export) as opened:
        given = json.loads(opened.read("tasks.json"))
    # The pictures' addresses name the folder that the archive belongs in.
    folder = given[0]["data"]["image"].partition("?d=")[2].partition("/")[0]
    with tempfile.TemporaryDirectory() as root, running(options.label_studio, Path(root)) as site:
        version = site.call("/api/version")["release"]
        project, said, seconds = import_export(site, options.export, Path(root), folder)
        taken = list(read_tasks(site, project))
        pictures = check_pictures(site, taken, Path(root) / "files")
    expected, found = count_given(given), count_given(taken)
    print(
        json.dumps({"label_studio": version, "import_s": round(seconds, 1), "said": said, "found": found, "pictures": pictures}, indent=2)
    )
    if found != expected or pictures != len(given):
        raise SystemExit(f"expected {json.dumps(expected, indent=2)} and {len(given)} pictures")


if __name__ == "__main__":
    main()
