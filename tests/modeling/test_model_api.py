"""Runs, versions and predictions by program: the same rules as on the pages, and nothing for those who answer."""

import base64

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile

from labeling.jobs.run import run_job
from labeling.models import Job, Project
from modeling.models import ModelVersion, Promotion, RetrainPlan, TrainingRun
from modeling.predicting import MOST_REFERENCES
from tests.factories import make_lead, make_project
from tests.labeling.api.programs import Program, key
from tests.modeling.made_metrics import make_gate
from tests.modeling.made_project import QUICK, make_drawing, make_led_project, train_version
from tests.modeling.made_registry import make_look, make_run_row, make_version_row

pytestmark = pytest.mark.django_db(transaction=True)
IMAGE = base64.b64encode(make_drawing()).decode()


@pytest.fixture
def project():
    return make_project(slug="posters")


@pytest.fixture
def program(project):
    """A program of the lead."""
    return Program(make_lead(project, username="lea"), project)


def test_a_run_is_started_read_cancelled_and_resumed(program, project):
    made = program.post("trainings", preset="stats", settings=QUICK, blind_only=True)
    second = program.post("trainings", preset="stats")
    cancelled = program.post("cancel_training", made.data["id"])
    resumed = program.post("resume_training", made.data["id"])
    listed = program.get("trainings").data["results"]

    run = TrainingRun.objects.get()
    assert (made.status_code, made.data["state"], made.data["number"], made.data["created_by"]) == (202, "queued", 1, "lea")
    assert (made.data["filters"]["blind_only"], made.data["config"]["members"]) == (True, 1)
    assert (second.status_code, second.data["code"]) == (409, "run_at_work")
    assert (cancelled.data["state"], resumed.status_code, resumed.data["state"]) == ("cancelled", 202, "queued")
    assert [row["id"] for row in listed] == [str(run.public_id)]


def test_a_finished_run_is_read_with_its_curves_its_log_and_its_figures(program, project):
    version = make_version_row(project)

    told = program.get("training", version.run.public_id).data
    lines = program.get("training_lines", version.run.public_id).data["results"]

    curve = next(row for row in told["curves"] if (row["stage"], row["name"]) == ("concepts", "val_loss"))
    assert [step for step, _value in curve["points"]] == list(range(4, 49, 4))
    assert (told["version"], told["seconds_left"], told["metrics"]) == (str(version.public_id), None, version.run.metrics)
    assert told["data_sha256"] == version.run.snapshot.sha256
    assert lines[0]["text"] == "Learns from snapshot 1, SHA-256 5f5f5f5f5f5f."


@pytest.mark.parametrize(
    ("body", "status", "named"),
    [
        ({"preset": "huge"}, 422, "preset"),
        ({"preset": "stats", "assisted_weight": 2}, 422, "assisted_weight"),
        ({"preset": "stats", "concepts": "judge:7"}, 422, "filters"),
        ({"preset": "stats", "colour": "red"}, 422, "colour"),
        ({"preset": "stats", "settings": {"stage1.epoch": 3}}, 422, "stage1.epoch"),
        ({"preset": "stats", "settings": {"seed": 2**70}}, 422, "seed"),
        ({"preset": "stats", "settings": {"stage1": {"clip": 10**400}}}, 422, "clip"),
        ({"preset": "stats", "stage": "2"}, 422, "first stage"),
        ({"preset": "stats", "stage": "2", "stage1": key()}, 404, ""),
    ],
)
def test_what_is_wrong_with_a_run_is_told(program, body, status, named):
    reply = program.post("trainings", **body)

    assert reply.status_code == status
    assert named in (str(reply.data.get("fields", "")) + reply.data["message"])
    assert not TrainingRun.objects.exists()


def test_versions_are_listed_with_their_gates_promoted_and_rolled_back(program, project):
    first, second = make_version_row(project), make_version_row(project, gate=make_gate("worse"))
    Project.objects.filter(pk=project.pk).update(model_version="")

    listed = program.get("model_versions").data["results"]
    detail = program.get("model_version", second.public_id).data
    card = program.get("model_card", second.public_id).data["markdown"]
    promoted = program.post("promote", first.public_id)
    waiting = program.get("models").data
    refused = program.post("promote", second.public_id)
    overridden = program.post("promote", second.public_id, reason="We want to see what it does.")
    nothing = program.post("roll_back")

    assert [(row["name"], row["verdict"], row["passes"], row["is_used"]) for row in listed] == [
        (second.name, "worse", False, False),
        (first.name, "passes", True, False),
    ]
    assert (detail["gate"], detail["sha256"], detail["metrics"]) == (second.gate, second.sha256, second.run.metrics)
    assert detail["said"][0].startswith("It is worse, on")
    assert card.startswith(f"# {second.name}")
    assert (promoted.status_code, promoted.data["kind"], promoted.data["used_at"]) == (202, "promoted", None)
    assert (waiting["version_in_use"], waiting["waiting"]["version"], waiting["drift"]) == ("", first.name, None)
    assert (refused.status_code, refused.data["code"]) == (409, "gate_closed")
    assert (overridden.status_code, overridden.data["kind"]) == (202, "overridden")
    assert (nothing.status_code, nothing.data["code"]) == (409, "nothing_before")
    assert Promotion.objects.count() == 2


def test_a_version_is_judged_again_against_what_is_in_use_now(program, project):
    version = make_version_row(project)

    reply = program.post("judge_version", version.public_id)

    assert (reply.status_code, reply.data["kind"], reply.data["state"]) == (202, "gate", "queued")


def test_how_the_version_in_use_does_is_told(program, project):
    version = make_version_row(project)
    Project.objects.filter(pk=project.pk).update(model_version=version.name)
    project.refresh_from_db()
    make_look(project, is_alarm=True)

    told = program.get("models").data["drift"]

    assert (told["version"], told["n"], told["is_alarm"], told["figures"]["ece"]) == (version.name, 420, True, 0.071)


def test_the_plan_is_read_and_changed(program, project):
    before = program.get("retrain_plan").data
    changed = program.send("put", "retrain_plan", preset="stats", every_decisions=200, drop="uncertain")
    refused = program.send("put", "retrain_plan", preset="stats", every_decisions=5)

    assert (before["every_decisions"], before["weekly"]) == (None, False)
    assert (changed.data["every_decisions"], changed.data["filters"]["drop"]) == (200, "uncertain")
    assert (refused.status_code, list(refused.data["fields"])) == (422, ["every_decisions"])
    assert RetrainPlan.objects.get().every_decisions == 200


@pytest.mark.parametrize("sent", ["json", "form"])
def test_a_brief_and_pictures_are_answered_with_a_probability(sent):
    project, lead = make_led_project()
    version = train_version(project, lead)
    program = Program(lead, project)
    order = {"brief": "A red poster with one circle.", "price_usd": 60, "version": version.name}
    file = SimpleUploadedFile("image.png", make_drawing(), "image/png")
    kept = list_uploads()

    asked = (
        program.post("predict", **order, image=IMAGE, references=[IMAGE])
        if sent == "json"
        else program.upload("predict", **order, image=file)
    )
    job = Job.objects.get(kind="predict")
    waiting = program.get("prediction", job.public_id).data
    run_job(job.pk)
    answered = program.get("prediction", job.public_id).data

    assert (asked.status_code, asked.data["state"], asked.data["id"]) == (202, "queued", str(job.public_id))
    assert (waiting["state"], waiting["p_accept"], waiting["concepts"]) == ("queued", None, None)
    assert (answered["state"], answered["version"], answered["backend"]) == ("done", version.name, "stats")
    assert 0 <= answered["p_accept"] <= 1
    assert list_uploads() == kept


def list_uploads():
    """The files that wait for a job, those of other tests among them."""
    return set(default_storage.listdir("uploads")[1]) if default_storage.exists("uploads") else set()


@pytest.mark.parametrize(
    ("body", "status", "named"),
    [
        ({"image": "???"}, 422, "image"),
        ({"image": base64.b64encode(b"GIF89a, and not an image").decode()}, 422, "image"),
        ({"image": IMAGE, "brief": ""}, 422, "brief"),
        ({"image": IMAGE, "price_usd": 0}, 422, "price_usd"),
        ({"image": IMAGE, "category": "Sculpture"}, 422, "category"),
        ({"image": IMAGE, "references": [IMAGE] * (MOST_REFERENCES + 1)}, 422, "references"),
        ({"image": IMAGE, "version": "stats-9"}, 409, None),
        ({"image": IMAGE, "model": "x"}, 422, "model"),
    ],
)
def test_what_cannot_be_asked_is_told(program, body, status, named):
    reply = program.post("predict", **{"brief": "A poster.", **body})

    assert reply.status_code == status
    assert list(reply.data.get("fields", {})) == ([named] if named else [])
    assert not Job.objects.exists()


def test_a_prediction_is_no_other_job(program, project):
    job = Job.objects.create(project=project, kind="export")

    assert program.get("prediction", job.public_id).status_code == 404


def test_what_is_of_another_project_is_not_there(program):
    other = make_project()
    run, version = make_run_row(other), make_version_row(other)

    found = [
        program.get("training", run.public_id),
        program.post("cancel_training", run.public_id),
        program.get("model_version", version.public_id),
        program.post("promote", version.public_id),
    ]

    assert [reply.status_code for reply in found] == [404] * 4
    assert ModelVersion.objects.get().project == other
