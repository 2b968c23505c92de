"""Training, suggesting and predicting from the command line."""

import json
import os
import socket
import subprocess
import sys
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from labeling.models import Job, Suggestion
from modeling.models import ModelVersion, RunPoint, TrainingRun
from modeling.protocol.runs import cancel_run
from modeling.watch_rows import RowsWatch
from tests.factories import make_project
from tests.modeling.made_project import QUICK, make_drawing, make_led_project
from tests.modeling.made_registry import make_run_row
from tests.workers import database_url

pytestmark = pytest.mark.django_db(transaction=True)
SETTINGS = [f"--set={name}={json.dumps(value)}" for name, value in QUICK.items()]


def run(*arguments):
    """What a command printed on stdout and stderr."""
    out, err = StringIO(), StringIO()
    call_command(*arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_one_command_trains_suggests_and_predicts(tmp_path):
    project, _lead = make_led_project(slug="posters")
    (tmp_path / "image.png").write_bytes(make_drawing())
    (tmp_path / "brief.txt").write_text("A red poster with one circle.")

    told, progress = run("train", "--project=posters", "--preset=stats", "--assisted-weight=0.5", *SETTINGS)
    suggested, _ = run("suggest", "--project=posters", "--version=stats-1")
    again, _ = run("suggest", "--project=posters", "--version=stats-1")
    said, _ = run("predict", "--model=stats-1", f"--brief=@{tmp_path / 'brief.txt'}", f"--image={tmp_path / 'image.png'}", "--price=60")

    training = TrainingRun.objects.get()
    version = ModelVersion.objects.get()
    assert (training.state, training.created_by, training.wanted["assisted_weight"]) == ("done", None, 0.5)
    assert "version stats-1: gate too_few" in told
    assert "model, 12 test candidates: accuracy" in told
    assert "Learns from snapshot 1" in progress
    assert "val_loss" in progress
    assert (suggested, again) == ("18 suggestions of stats-1\n", "0 suggestions of stats-1\n")
    assert Suggestion.objects.filter(model_version=version.name).count() == 18
    # It is not put to use by that.
    project.refresh_from_db()
    assert project.model_version == ""
    prediction = json.loads(said)
    assert (prediction["backend"], 0 <= prediction["p_accept"] <= 1) == ("stats", True)


def test_a_run_that_was_cancelled_is_resumed_by_its_number(monkeypatch):
    _project, lead = make_led_project(slug="posters")
    asked = []

    def stop_at_sixth(self):
        asked.append(self)
        if len(asked) == 6:
            cancel_run(TrainingRun.objects.get(), lead)
            self.flush()
        return len(asked) >= 6

    with monkeypatch.context() as patch:
        patch.setattr(RowsWatch, "stopped", stop_at_sixth)
        with pytest.raises(CommandError, match="Run 1 is cancelled"):
            run("train", "--project=posters", "--preset=stats", *SETTINGS)
    told, _ = run("train", "--project=posters", "--resume=1")

    assert "version stats-1" in told
    assert (TrainingRun.objects.get().state, Job.objects.filter(kind="train").count()) == ("done", 2)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--project=nothing", "--preset=stats"], "There is no project 'nothing'"),
        (["--project=posters"], "Name a preset: stats, tiny, qwen3-vl"),
        (["--project=posters", "--preset=stats", "--set=stage1.epoch=3"], "there is no setting stage1.epoch"),
        (["--project=posters", "--preset=stats", "--set=stage1.clip=NaN"], "stage1.clip is nan"),
        (["--project=posters", "--preset=stats", "--set=backbone.max_length=-5"], "max_length is -5"),
        (["--project=posters", "--preset=stats", "--assisted-weight=2"], "assisted_weight"),
        (["--project=posters", "--preset=stats", "--concepts=judge:7"], "concepts"),
        (["--project=posters", "--preset=stats", "--stage=2"], "goes on from the first stage of another run"),
        (["--project=posters", "--preset=stats", "--stage=2", "--stage1=9"], "The project has no run 9"),
        (["--project=posters", "--resume=1"], "Only a run that was cancelled or failed can be resumed"),
    ],
)
def test_what_cannot_be_trained_is_told_before_anything_begins(arguments, said):
    make_run_row(make_project(slug="posters"))

    with pytest.raises(CommandError, match=said):
        run("train", *arguments)

    assert TrainingRun.objects.count() == 1


def test_another_run_learns_from_a_snapshot_that_is_there():
    make_led_project(slug="posters")
    run("train", "--project=posters", "--preset=stats", "--blind-only", *SETTINGS)

    run("train", "--project=posters", "--preset=stats", "--snapshot=1", "--set=seed=7", *SETTINGS)

    first, second = TrainingRun.objects.order_by("number")
    assert (second.state, second.snapshot, second.wanted) == ("done", first.snapshot, first.wanted)
    with pytest.raises(CommandError, match="no snapshot 5"):
        run("train", "--project=posters", "--preset=stats", "--snapshot=5")


def test_a_run_with_too_little_to_learn_from_says_so():
    make_project(slug="posters")

    with pytest.raises(CommandError, match=r"Run 1 is failed\. There is no candidate to learn from"):
        run("train", "--project=posters", "--preset=stats")


def test_a_version_or_a_picture_that_is_not_there_is_told(tmp_path):
    make_project(slug="posters")
    (tmp_path / "text.png").write_text("no picture")

    with pytest.raises(CommandError, match="the versions are: none yet"):
        run("suggest", "--project=posters")
    with pytest.raises(CommandError, match="There is no version 'stats-9'"):
        run("predict", "--model=stats-9", "--brief=x", "--image=x.png")
    with pytest.raises(CommandError, match=r"text\.png is no JPEG, PNG or WebP"):
        run("predict", f"--model={tmp_path}", "--brief=A poster", f"--image={tmp_path / 'text.png'}")
    (tmp_path / "image.png").write_bytes(make_drawing())
    with pytest.raises(CommandError, match="there is no model in"):
        run("predict", f"--model={tmp_path}", "--brief=A poster", f"--image={tmp_path / 'image.png'}")


@pytest.mark.apart
@pytest.mark.once
def test_two_processes_train_one_run_together(tmp_path):
    project, _lead = make_led_project(slug="posters")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    surroundings = {**os.environ, "DATABASE_URL": database_url(), "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}

    # What `accelerate launch` gives each of its processes.
    command = [sys.executable, "manage.py", "train", "--project=posters", "--preset=stats", *SETTINGS]
    processes = [
        subprocess.Popen(
            command,
            env={**surroundings, "RANK": str(rank), "LOCAL_RANK": str(rank)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for rank in (0, 1)
    ]
    said = [process.communicate(timeout=120)[0] for process in processes]

    assert [process.returncode for process in processes] == [0, 0], said
    assert "version stats-1" in said[0]
    assert (TrainingRun.objects.get().state, TrainingRun.objects.count(), ModelVersion.objects.count()) == ("done", 1, 1)
    assert RunPoint.objects.exists()
    assert project.snapshots.count() == 1
