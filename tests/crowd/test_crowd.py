"""A crowd on a real site over HTTP, on the database the suite runs on; then plain SQL looks for every answer."""

import json
import logging
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import settings

from tests.crowd.run import CrowdReport, Size, run_crowd
from tests.crowd.site import CrowdSite, crowd_site

pytestmark = pytest.mark.crowd

logger = logging.getLogger(__name__)
logging.getLogger("httpx").setLevel(logging.WARNING)

LARGE = Size(people=50, candidates=2000, stoppers=5, mischief=0.12, lease_share=0.1, limit_s=900)
SMALL = Size(people=8, candidates=300, stoppers=1, mischief=0.35, lease_share=0.1, limit_s=600)
SEED = 20
# What a run has to contain to show anything, and how often at least.
KINDS = {
    "submit submitted submitted": 400,
    "submit submitted late": 3,
    "submit surplus surplus": 3,
    "submit refused already_answered": 3,
    "edit submitted edited": 5,
    "edit refused answer_changed": 3,
    "edit refused window_closed": 3,
    "undo submitted undone": 5,
    "skip submitted skipped": 5,
    "flag submitted flagged": 3,
    "adjudicate submitted adjudicated": 20,
    "confirm submitted confirm": 10,
    "confirm submitted revise": 3,
    "reuse refused key_reused": 3,
    "double": 10,
    "replay": 3,
    "dropped": 5,
    "tab closed": 3,
    "tab died": 3,
    "stopped with cards in hand": 1,
    "lease ended": 20,
    "window closed": 50,
    "dispute made ready": 20,
    "expired": 20,
}


@dataclass
class Ended:
    """A run that is over: what the crowd met, what plain SQL found then, and the site, whose database is still there."""

    size: Size
    met: CrowdReport
    found: dict
    site: CrowdSite
    logs: Path


@pytest.fixture(scope="module")
def ended(tmp_path_factory):
    """One run for all tests here, of the size that suits the database of the suite."""
    size = SMALL if "sqlite" in settings.DATABASES["default"]["ENGINE"] else LARGE
    folder = tmp_path_factory.mktemp("crowd")
    logs = folder / "logs"
    logs.mkdir()
    with crowd_site(folder) as site:
        names = site.prepare(size.people, size.candidates)
        site.start()
        met = run_crowd(site, names, size, SEED, logs)
        met.failures += [] if site.is_running() else ["a process of the site ended by itself"]
        site.stop()
        found = find_with_sql(site, logs)
        (folder / "report.json").write_text(json.dumps({"size": asdict(size), "met": asdict(met), "found": found}, indent=1))
        logger.info("%d requests in %s s, p50 %s ms, p99 %s ms", met.requests, met.seconds, met.p50_ms, met.p99_ms)
        logger.info("what happened is told in %s", folder / "report.json")
        yield Ended(size, met, found, site, logs)


def find_with_sql(site: CrowdSite, logs: Path) -> dict:
    """The report of a program that knows the tables and the logs, and nothing of the site."""
    command = [sys.executable, str(Path(__file__).with_name("verify.py")), site.database_url, str(logs)]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def rewrite_log(ended: Ended, folder: Path, change: Callable[[list[dict]], None]) -> Path:
    """A copy of all logs in which `change` has been done to the lines of one person."""
    shutil.copytree(ended.logs, folder / "logs")
    path = sorted((folder / "logs").iterdir())[0]
    lines = [json.loads(text) for text in path.read_text().splitlines()]
    change(lines)
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return folder / "logs"


def last_counted(lines: list[dict]) -> dict:
    """The last acknowledgement of an answer that nothing replaced."""
    replaced = {line["sent"].get("replaces") for line in lines}
    return [line for line in lines if line["act"] == "submit" and line["kind"] == "submitted" and line["answer"] not in replaced][-1]


def test_a_crowd_loses_no_answer_and_counts_none_twice(ended):
    assert ended.met.failures == []
    assert ended.found["problems"] == []
    assert ended.found["candidates"] == ended.size.candidates
    assert ended.found["assignments"]["primary submitted"] == 2 * ended.size.candidates
    assert "Traceback" not in ended.site.log()


def test_the_crowd_did_everything_that_could_go_wrong(ended):
    happened = ended.met.counts | {"expired": ended.found["expired"]}

    too_few = {kind: happened.get(kind, 0) for kind, least in KINDS.items() if happened.get(kind, 0) < least}

    assert too_few == {}


def test_nobody_held_more_than_three_cards(ended):
    assert ended.met.most_held == 3


def test_the_sql_misses_an_acknowledged_answer_that_is_not_there(ended, tmp_path):
    def invent(lines):
        line = last_counted(lines)
        lines.append({**line, "answer": str(uuid4()), "sent": {**line["sent"], "key": str(uuid4())}})

    found = find_with_sql(ended.site, rewrite_log(ended, tmp_path, invent))

    assert any(problem.startswith("lost:") for problem in found["problems"])


def test_the_sql_notices_an_answer_that_nobody_was_told_of(ended, tmp_path):
    def forget(lines):
        gone = last_counted(lines)["sent"]["key"]
        lines[:] = [line for line in lines if line["sent"]["key"] != gone]

    found = find_with_sql(ended.site, rewrite_log(ended, tmp_path, forget))

    assert any(problem.startswith("nobody was told of it:") for problem in found["problems"])


def test_the_sql_notices_an_answer_other_than_the_acknowledged_one(ended, tmp_path):
    def turn(lines):
        sent = last_counted(lines)["sent"]
        sent["answer"] = {"accept": "reject", "reject": "accept"}[sent["answer"]]

    found = find_with_sql(ended.site, rewrite_log(ended, tmp_path, turn))

    assert any(problem.startswith("changed:") for problem in found["problems"])
