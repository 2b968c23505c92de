"""What the gate counts of the test side, what it does not carry, and judging a version again on the decisions of now."""

from dataclasses import replace

import pytest
from django.utils import translation

from labeling.image_store import keep_image
from labeling.jobs.run import run_job
from labeling.models import Candidate, GroupKey, Project, Task
from labeling.protocol.intake import import_decision
from labeling.protocol.suggestions import store_version
from modeling.gate_job import find_test, judge_run
from modeling.gate_limits import note_limits
from modeling.lead.gate import read_gate
from modeling.model_folder import find_folder
from modeling.models import ModelVersion
from modeling.protocol.registry import judge_again, passes
from modeling.snapshots.read import read_records
from tests.factories import make_bundle, make_candidate, make_generator, make_project
from tests.labeling.raw_rows import raw_suggestion, update
from tests.modeling.made_metrics import make_gate
from tests.modeling.made_project import make_drawing, make_led_project, train_version
from tests.modeling.made_registry import make_version_row

pytestmark = pytest.mark.django_db(transaction=True)
# Of 21 tasks with three candidates each every sixth is on the test side.
TEST = 12


def said_of(gate):
    with translation.override("en"):
        return read_gate(gate).sentences


@pytest.fixture
def trained():
    """A project, its lead, and a version that was trained in it."""
    project, lead = make_led_project()
    return project, lead, train_version(project, lead)


def judge(version, lead):
    """Have a version judged again, and read it anew."""
    job = judge_again(version, lead)
    run_job(job.pk)
    job.refresh_from_db()
    assert job.state == "done", job.error_text
    return ModelVersion.objects.get(pk=version.pk)


def decide_on_test_side(project):
    """One more candidate on the test side, decided; its task."""
    task = Task.objects.filter(project=project, is_test_side=True).order_by("pk")[0]
    candidate = make_bundle(task, make_generator()).candidates.get()
    update(candidate, image=keep_image(make_drawing("blue")))
    import_decision(candidate.pk, "accept", None)
    return task


def test_a_lost_picture_on_the_test_side_is_left_out_and_told():
    project, lead = make_led_project()
    lost = Candidate.objects.filter(project=project, bundle__task__is_test_side=True)[0]
    # A row without a stored file.
    update(lost, image=make_candidate(make_project()).image)

    gate = train_version(project, lead).gate

    assert (gate["n"], gate["lost"]) == (TEST - 1, 1)
    assert "Test candidates left out because their picture cannot be read: 1." in said_of(gate)


def test_imported_decisions_are_counted_and_take_a_reason(trained):
    _project, _lead, version = trained

    assert version.gate["imported"] == version.gate["n"] == TEST
    assert "12 of these decisions were imported; what their authors had seen is not known." in said_of(version.gate)


@pytest.mark.parametrize(
    ("limits", "takes_reason"),
    [({}, False), ({"lost": 3}, False), ({"imported": 1}, True), ({"is_incumbent_unknown": True}, True)],
)
def test_a_verdict_that_carries_too_little_is_shown_as_no_success(limits, takes_reason):
    gate = note_limits(make_gate(), **{"imported": 0, "lost": 0, "unsaid": 0, "is_incumbent_unknown": False} | limits)

    shown, version = read_gate(gate), make_version_row(project := make_project(), gate=gate)

    assert gate["verdict"] == "passes"
    assert passes(version, project) is not takes_reason
    assert (shown.mark, shown.words) == ((" is-warning", "passes, but takes a reason") if takes_reason else (" is-created", "passes"))
    assert (shown.sentences[-1] == "A lead can promote it all the same, with a reason.") is takes_reason


def test_the_sentence_about_a_reason_is_said_once():
    gate = note_limits(make_gate("worse"), imported=2, lost=0, unsaid=0, is_incumbent_unknown=True)

    assert said_of(gate).count("A lead can promote it all the same, with a reason.") == 1


def test_judging_again_counts_what_was_decided_since(trained):
    project, lead, version = trained
    decide_on_test_side(project)

    again = judge(version, lead)

    assert (version.gate["n"], again.gate["n"]) == (TEST, TEST + 1)
    assert f"There are {TEST + 1} blind test candidates" in (find_folder(version.folder) / "card.md").read_text()


def test_judging_again_asks_the_model_anew_about_what_changed(trained):
    project, lead, version = trained
    changed = Candidate.objects.filter(project=project, bundle__task__is_test_side=True)[0]
    update(changed, image=keep_image(make_drawing("green")))

    again = judge(version, lead)

    assert again.gate["n"] == TEST
    assert again.gate["log_loss"] != version.gate["log_loss"]


def test_a_test_task_that_shares_something_with_what_was_learned_is_not_counted(trained):
    project, lead, version = trained
    taught = Task.objects.get(project=project, external_id=tasks_learned(version)[0])
    joined = Task.objects.filter(project=project, is_test_side=True)[0]
    for task in (taught, joined):
        GroupKey.objects.create(project=project, task=task, key="ab" * 32)

    at_once = judge_run(version.run, read_records(version.run.snapshot))[1]
    again = judge(version, lead)

    assert at_once["n"] == again.gate["n"] == TEST - Candidate.objects.filter(bundle__task=joined).count()


def tasks_learned(version):
    """The tasks that a version learned from."""
    return sorted({record.example.order.task for record in read_records(version.run.snapshot) if record.part == "train"})


def test_a_version_in_use_that_cannot_be_asked_costs_no_run(trained):
    project, lead, version = trained
    # Its model is not there, and of the test side it has said something of one candidate alone.
    store_version(project, make_version_row(project).name, None)
    nothing_said = judge(version, lead).gate
    project.refresh_from_db()
    of_side = Candidate.objects.filter(project=project, bundle__task__is_test_side=True).order_by("pk")[0]
    raw_suggestion(of_side, 0.5, model_version=project.model_version)
    one_said = judge(version, lead).gate

    assert (nothing_said["n"], nothing_said["incumbent_unknown"], nothing_said["needs_override"]) == (TEST, True, True)
    assert (one_said["n"], one_said["unsaid"], "incumbent_unknown" in one_said) == (1, TEST - 1, False)
    assert f"Test candidates left out because the version in use has said nothing of them: {TEST - 1}." in said_of(one_said)


def test_a_run_without_an_accelerator_asks_no_vision_language_model(trained, monkeypatch):
    project, _lead, version = trained
    store_version(project, make_version_row(project, preset="tiny").name, None)
    asked = []
    monkeypatch.setattr("modeling.gate_job.load_version", asked.append)

    gate = judge_run(version.run, read_records(version.run.snapshot))[1]

    assert (gate["incumbent_unknown"], asked) == (True, [])


def test_a_version_that_came_to_use_meanwhile_keeps_its_verdict(trained):
    project, lead, version = trained
    decide_on_test_side(project)
    job = judge_again(version, lead)
    Project.objects.filter(pk=project.pk).update(model_version=version.name)

    run_job(job.pk)

    assert ModelVersion.objects.get(pk=version.pk).gate == version.gate


def test_what_somebody_may_have_seen_a_suggestion_about_is_not_in_the_test(trained):
    project, _lead, version = trained
    records = read_records(version.run.snapshot)
    test = find_test(project, records)

    seen = [replace(record, is_blind=False) if record == test[0] else record for record in records]

    assert find_test(project, seen) == test[1:]
    assert judge_run(version.run, records)[1] == version.gate
