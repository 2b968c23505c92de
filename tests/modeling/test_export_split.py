"""The split of a snapshot as ServImage's training files."""

import io
import json

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from judging.models import Score
from modeling.snapshots.files import snapshot_folder
from tests.factories import agree, make_project
from tests.judging.made_scores import keep_brf, keep_quality, make_judge_row
from tests.labeling.raw_rows import update
from tests.modeling.made_snapshot import decide, freeze, write_candidate, write_order, write_pictured

pytestmark = pytest.mark.django_db
PARTS = ("train", "val", "test")


@pytest.fixture(autouse=True)
def model_root(settings, tmp_path):
    settings.MODEL_ROOT = tmp_path / "models"


@pytest.fixture
def project():
    """Nine decided images, one of the test side, and one that nobody has decided; a judge has scored two."""
    project = make_project()
    judge = make_judge_row(project)
    for number in range(9):
        candidate = write_candidate(write_order(project, is_test_side=number == 0))
        agree(candidate, "accept" if number % 2 else "reject")
        if number < 2:
            keep_quality(judge, candidate.bundle, candidate.pk, clarity=1 + number)
            keep_brf(judge, candidate.bundle, [[1, 0]])
    write_candidate(write_order(project))
    return project


def export(project, number, out):
    output = io.StringIO()
    call_command("export_split", str(out), "--project", project.slug, "--snapshot", str(number), stdout=output)
    return output.getvalue()


def read(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_every_label_is_in_one_file_of_its_part_and_nothing_else_is_told(project, tmp_path):
    snapshot, records = freeze(project)

    said = export(project, 1, tmp_path / "out")

    rows = {part: read(tmp_path / f"out/standard_split/{part}.jsonl") for part in PARTS}
    # With so few tasks it may be that none validates.
    assert {part: len(found) for part, found in rows.items() if found} == snapshot.counts["labels"]
    assert f"1 rows in {tmp_path}/out/standard_split/test.jsonl" in said
    assert [set(row) for part in PARTS for row in rows[part]] == [{"model", "task_id", "subtask", "label"}] * 9
    told = {(row["model"], row["task_id"], row["subtask"]): row["label"] for part in PARTS for row in rows[part]}
    decided = [record for record in records.values() if record.accepts is not None]
    assert told == {(row.generator, row.example.order.task, "subtask_1"): int(row.accepts) for row in decided}


def test_scores_are_rows_that_import_scores_reads_back(project, tmp_path):
    freeze(project)
    export(project, 1, tmp_path / "out")

    rows = [row for part in PARTS for row in read(tmp_path / f"out/cbm_split/standard/{part}.jsonl")]
    (tmp_path / "all.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    call_command("import_scores", str(tmp_path / "all.jsonl"), "--project", project.slug, "--judge", "again", stdout=io.StringIO())

    # One of two points is met: 2.5. The orders have one image, so no set; no text was found in the images.
    assert {row["brf_overall_score"] for row in rows} == {2.5}
    assert sorted(row["veq_clarity"] for row in rows) == [1, 2]
    assert {row["veq_text"] for row in rows} == {-1}
    again, alpha = (
        set(Score.objects.current().filter(judge__name=name).values_list("bundle", "concept", "value")) for name in ("again", "alpha")
    )
    assert again == alpha


def test_only_what_is_delivered_is_a_subtask(tmp_path):
    project = make_project()
    bundle = write_pictured(write_order(project))
    candidate = decide(bundle.candidates.select_related("project").get())
    update(candidate, is_submitted_sample=False)
    freeze(project)

    export(project, 1, tmp_path / "out")

    assert [read(tmp_path / f"out/standard_split/{part}.jsonl") for part in PARTS] == [[], [], []]


def test_a_folder_that_is_there_an_unknown_snapshot_and_an_altered_one_are_refused(project, tmp_path):
    snapshot, _records = freeze(project)
    (tmp_path / "there").mkdir()

    with pytest.raises(CommandError, match="exists already"):
        export(project, 1, tmp_path / "there")
    with pytest.raises(CommandError, match="no snapshot 2; there are: 1"):
        export(project, 2, tmp_path / "out")
    records = snapshot_folder(snapshot) / "records.jsonl"
    records.chmod(0o600)
    records.write_text("")
    with pytest.raises(CommandError, match=r"records\.jsonl"):
        export(project, 1, tmp_path / "out")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["models", "there"]
