"""The report on extractors: what agrees counts as the same, what differs as different, and it says what it cannot tell."""

import io
import json

import pytest
from django.core.management import call_command

from judging.extraction_report import report_extraction
from judging.models import Proposal
from judging.protocol.extractions import Wish
from judging.protocol.judges import make_judge
from judging.protocol.proposals import accept_proposal
from labeling.data_in.bench import read_bench
from labeling.data_in.folder_source import FolderTree
from labeling.data_in.hard_rules import SizeRule
from labeling.data_in.read_version import parse_document
from labeling.data_in.write_task import write_task
from labeling.jobs.run import run_here
from tests.factories import make_lead, make_project
from tests.judging.made_orders import make_item, make_points_reply, make_rules_reply
from tests.judging.published_replies import write_replies
from tests.judging.test_proposals import DOCUMENT
from tests.shared import BENCH, needs_bench

pytestmark = pytest.mark.django_db


def read_stored(project, file):
    """A judge that has read everything from stored replies."""
    judge = make_judge(project, None, "stored", "replay", "pay_direct", {"file": str(file)})
    job = run_here(project, "extract", Wish(judge=judge, kinds=["rules", "points"], all_tasks=True).as_params())
    assert job.state == "done", job.error
    return judge


def make_stored(project, folder, **replies):
    """The same, from one reply of each kind about the only task."""
    file = folder / "replies.jsonl"
    file.write_text(
        "".join(json.dumps({"task_id": "digital-001", "part": f"extract_{kind}", "reply": text}) + "\n" for kind, text in replies.items())
    )
    return read_stored(project, file)


@needs_bench
def test_on_the_published_tasks_what_agrees_is_one_and_every_planted_difference_is_counted(tmp_path):
    project = make_project()
    tasks = read_bench(FolderTree(BENCH)).tasks
    for task in tasks:
        write_task(project, task, {})
    planted = write_replies(tmp_path / "replies.jsonl", tasks)

    report = report_extraction(read_stored(project, tmp_path / "replies.jsonl"))

    rules, points = report["rules"], report["points"]
    assert (rules["compared"], rules["unusable"], points["compared"], points["unusable"]) == (1070, 0, 1070, 0)
    # One task in 50 of 1,070, from the first on: 22.
    assert planted["quantity"] == 22
    assert (rules["quantity_equal"]["hits"], rules["quantity_equal"]["count"]) == (1048, 1070)
    assert rules["deliverables"] == {"proposed": 2046 + 22, "there": 2046}
    for kind in ("ratio", "orientation", "file_type"):
        counts = rules["kinds"][kind]
        assert counts["proposed"] == counts["there"] == counts["matched"] > 0
        assert counts["precision"]["value"] == counts["recall"]["value"] == 1.0
        # Of none that differs the interval is exact, and does not claim certainty.
        assert 0.5 < counts["recall"]["low"] < 1.0
    size, boxes = rules["kinds"]["size"], count_boxes(tasks)
    assert (size["there"], size["proposed"], size["matched"]) == (boxes, boxes - planted["size missing"], boxes - planted["size missing"])
    assert size["precision"]["value"] == 1.0
    # 300 (206), 72 (149), 380 and 8000, once each: 357.
    dpi = rules["kinds"]["dpi"]
    assert (dpi["there"], dpi["proposed"], dpi["matched"]) == (357, 357, 357 - planted["dpi"])
    assert dpi["recall"]["value"] == pytest.approx((357 - planted["dpi"]) / 357)
    assert dpi["recall"]["low"] < dpi["recall"]["value"] < dpi["recall"]["high"]
    # One task in 10: 107 points that are not there; points that a task has twice are proposed once.
    assert (planted["point"], points["there"]) == (107, 7416)
    assert points["proposed"] == 7416 - planted["point twice"]
    assert points["matched"] == 7416 - planted["point twice"] - 107


def count_boxes(tasks):
    """How many sizes the tasks have."""
    rules = [rule for task in tasks for row in task.deliverables for rule in row.rules]
    return sum(len(rule.boxes) for rule in rules if isinstance(rule, SizeRule))


def test_what_the_task_had_when_it_was_read_is_what_counts(tmp_path):
    project = make_project()
    task = write_task(project, parse_document(DOCUMENT | {"points": [{"number": 1, "point_id": "ep_001", "text": "It is square."}]}), {})
    quoted = make_points_reply(("The poster is dark blue.", "Dark blue"))
    judge = make_stored(project, tmp_path, rules=make_rules_reply(make_item(), make_item()), points=quoted)

    before = report_extraction(judge)
    accept_proposal(Proposal.objects.get(kind="points"), make_lead(project))
    after = report_extraction(judge)

    assert task.points.get().text == "The poster is dark blue."
    assert (before["points"]["matched"], after["points"]["matched"], after["points"]["there"]) == (0, 0, 1)
    assert (after["points"]["accepted"], after["points"]["open"]) == (1, 0)
    assert after["rules"]["quantity_equal"]["value"] == 1.0
    # No rule on either side: nothing to divide by, and no 0 or 1 in its place.
    assert after["rules"]["kinds"]["dpi"]["precision"] == {"value": None, "low": None, "high": None}


def test_tasks_without_points_are_not_compared(tmp_path):
    project = make_project()
    write_task(project, parse_document(DOCUMENT), {})

    report = report_extraction(make_stored(project, tmp_path, points=make_points_reply(("Blue.", "Dark blue"))))

    assert (report["points"]["total"], report["points"]["compared"]) == (1, 0)
    # No reply about its rules is stored.
    assert (report["rules"]["unusable"], report["rules"]["compared"]) == (1, 0)


def test_the_command_prints_the_report_and_what_it_cannot_tell(tmp_path):
    project = make_project()
    write_task(project, parse_document(DOCUMENT | {"points": [{"number": 1, "point_id": "ep_001", "text": "It is dark blue."}]}), {})
    replies = {"rules": make_rules_reply(make_item()), "points": make_points_reply(("It is dark blue.", "Dark blue"))}
    make_stored(project, tmp_path, **replies)
    words, full = io.StringIO(), io.StringIO()

    call_command("extraction_report", "--project", project.slug, "--judge", "stored", stdout=words)
    call_command("extraction_report", "--project", project.slug, "--judge", "stored", "--json", stdout=full)

    assert "only where a real one was asked" in words.getvalue()
    assert "same number of them: 0 of 1 tasks, 0.000" in words.getvalue()
    assert "points: 1 proposed, 1 there, 1 the same; precision 1.000" in words.getvalue()
    report = json.loads(full.getvalue())
    assert (report["judge"], report["is_replay"], report["points"]["matched"]) == ("stored 1", True, 1)
    assert "say nothing about any model" in report["note"]
