"""The rows of the ablation: what each trains, and the table of figures beside the paper's."""

import json
from dataclasses import replace

import pytest
from django.core.management import CommandError, call_command

from modeling.net.ablation import Line, ablate, list_variants, read_line
from modeling.net.config import make_qwen, make_stats, make_tiny
from modeling.net.sources import Sources
from modeling.net.watch import QuietWatch
from modeling.snapshots.filters import Filters
from modeling.snapshots.make import make_snapshot
from tests.modeling.made_features import features_of, make_numbers
from tests.modeling.made_project import make_labelled_project
from tests.modeling.made_registry import make_run_row


def halves_of(lora):
    return [name for name in ("vision", "projector", "language") if getattr(lora, name)]


@pytest.mark.pure
def test_each_row_adds_a_part_and_the_fourth_is_the_preset():
    config = make_qwen()

    plain, concepts, vision, full, other = list_variants(config, "Qwen/Qwen3-VL-4B-Instruct")

    assert [row.paper for row in (plain, concepts, vision, full, other)] == [72.12, 78.30, 79.21, 82.00, 79.67]
    assert [row.config.has_concepts for row in (plain, concepts, vision, full, other)] == [False, True, True, True, True]
    for row, halves in ((plain, []), (concepts, []), (vision, ["vision"]), (full, ["vision", "projector", "language"])):
        assert halves_of(row.config.concept_lora) == halves_of(row.config.decision_lora) == halves
    assert full.config == config
    assert other.config == replace(config, backbone=replace(config.backbone, path_or_id="Qwen/Qwen3-VL-4B-Instruct"))


@pytest.mark.pure
def test_without_a_vision_language_model_there_are_two_rows_and_the_others_say_why():
    rows = list_variants(make_stats(), "Qwen/Qwen3-VL-4B-Instruct")

    assert [row.slug for row in rows if row.config] == ["plain", "concepts"]
    assert {row.why_not for row in rows if not row.config} == {"stats has no vision-language model"}


@pytest.mark.pure
def test_without_another_checkpoint_the_last_row_says_so():
    rows = list_variants(make_tiny())

    assert [row.why_not for row in rows] == ["", "", "", "", "no other checkpoint given"]


@pytest.mark.pure
def test_a_line_is_read_off_the_figures_of_all_test_candidates():
    figures = {"accuracy": [0.7, 0.6, 0.8]}
    rows = [
        {"method": "model", "slice": "category:Digital", "n": 3, "figures": {"accuracy": [1.0, 1.0, 1.0]}},
        {"method": "model", "slice": "all", "n": 40, "figures": figures},
        {"method": "majority", "slice": "all", "n": 40, "figures": {"accuracy": [0.55, 0.5, 0.6]}},
    ]
    variant = list_variants(make_stats())[0]

    assert read_line(variant, {"rows": rows}) == Line(variant=variant, n=40, accuracy=(0.7, 0.6, 0.8), majority=0.55)


@pytest.mark.pure
def test_rows_are_trained_on_the_same_records_and_not_twice(tmp_path):
    config = make_stats()
    quick = replace(config, stage1=replace(config.stage1, epochs=8), stage2=replace(config.stage2, epochs=8), members=1)
    records, about = make_numbers(), {"sources": Sources(features=features_of), "watch": QuietWatch(), "data_sha256": "0" * 64}

    lines = ablate(list_variants(quick), records, tmp_path, **about)
    again = ablate(list_variants(quick), records, tmp_path, **about)

    plain, concepts, *rest = lines
    assert plain.n == concepts.n == sum(record.part == "test" for record in records)
    assert plain.majority == concepts.majority
    plain_said, concepts_said = ((tmp_path / name / "predictions.jsonl").read_text() for name in ("plain", "concepts"))
    assert plain_said != concepts_said
    assert all(line.accuracy is None for line in rest)
    assert again == lines
    assert sorted(folder.name for folder in tmp_path.iterdir()) == ["concepts", "plain"]


@pytest.mark.django_db(transaction=True)
def test_the_command_prints_a_table_over_the_newest_snapshot(capsys):
    project = make_labelled_project()
    quick = [f"--set=stage{stage}.{name}" for stage in (1, 2) for name in ("epochs=3", "patience=0")]
    arguments = ["ablate", "--project", project.slug, "--preset", "stats", *quick, "--set=members=1", "--set=threads=1"]

    with pytest.raises(CommandError, match="has no snapshot"):
        call_command(*arguments)
    # As the gate makes one, which no run learned from; then one of a run.
    gates, runs = (make_snapshot(project, Filters(), None) for _ in range(2))
    make_run_row(project, snapshot=runs)
    make_snapshot(project, Filters(), None)
    call_command(*arguments)
    table = capsys.readouterr().out
    call_command(*arguments, "--snapshot", str(gates.number), "--json")
    told = json.loads(capsys.readouterr().out)

    # Three candidates of each task on the test side, which are too few for an interval.
    n = 3 * project.tasks.filter(is_test_side=True).count()
    share, low, high = told[0]["accuracy"]
    assert (told[0]["n"], low, high) == (n, None, None)
    assert share * n == pytest.approx(round(share * n))
    lines = table.splitlines()
    assert lines[0].startswith(f"stats on snapshot {runs.number} of {project.slug}: accuracy")
    assert [line.split("  ")[0] for line in lines[2:4]] == ["plain", "+ concepts"]
    assert f"{100 * share:.2f}" in lines[2]
    assert "72.12" in lines[2]
    # Nobody scored anything here.
    assert lines[3].endswith("no concept has the 50 scores that it needs")
    assert [line.split()[-1] for line in lines[4:]] == ["model"] * 3
    with pytest.raises(CommandError, match="no snapshot 7"):
        call_command(*arguments, "--snapshot", "7")
    with pytest.raises(CommandError, match=r"stage1\.epoch"):
        call_command(*arguments, "--set=stage1.epoch=3")
