"""The job of a run: what it leaves when it ends well, when there is too little to learn from, and when it is stopped."""

import hashlib
import json
from dataclasses import replace

import pytest

from labeling.jobs.context import JobContext
from labeling.jobs.fence import JobLost, claim
from labeling.jobs.run import run_job
from labeling.models import Job, Suggestion
from modeling import train_job
from modeling.model_folder import find_folder
from modeling.models import ModelVersion, RunLine, RunPoint, Snapshot, TrainingRun
from modeling.protocol.runs import cancel_run, end_orphans, resume_run, set_running
from modeling.train_job import choose_records
from modeling.watch_rows import RowsWatch
from tests.factories import make_lead, make_project
from tests.modeling.made_project import make_labelled_project, make_led_project, start_quick_run, train_version
from tests.modeling.made_records import make_records
from tests.modeling.made_registry import make_run_row

pytestmark = pytest.mark.django_db(transaction=True)


def weights_of(run):
    """The SHA-256 of everything that was trained."""
    return hashlib.sha256((find_folder(run.folder) / "heads.safetensors").read_bytes()).hexdigest()


def work(run):
    """Do the job of the run, and what the reaper does then."""
    run_job(run.job_id)
    end_orphans()
    run.refresh_from_db()
    return run


def test_a_run_leaves_a_version_with_its_line_its_figures_and_its_gate():
    project, lead = make_led_project()
    Suggestion.objects.create(
        project=project, candidate=project.candidates.first(), image=project.candidates.first().image, model_version="stats-1", p_accept=0.5
    )

    version = train_version(project, lead)

    run = version.run
    # Imported suggestions speak under the name that it would have had.
    assert (version.name, version.backend, version.parent, version.incumbent) == ("stats-1-2", "stats", None, "")
    assert (run.state, run.finished_at is not None, run.snapshot, version.folder) == ("done", True, Snapshot.objects.get(), run.folder)
    assert {row["method"] for row in run.metrics["rows"]} >= {"model", "majority"}
    # Every sixth of 21 tasks with three candidates each is on the test side, and none of the last two, which are open.
    assert run.metrics["n"]["test"] == version.gate["n"] == 12
    assert (version.gate["verdict"], [each["rival"] for each in version.gate["comparisons"]]) == ("too_few", ["base_rate"])
    manifest = json.loads((find_folder(run.folder) / "manifest.json").read_text())
    assert manifest["data_sha256"] == run.snapshot.sha256
    assert version.sha256 == hashlib.sha256((find_folder(run.folder) / "manifest.json").read_bytes()).hexdigest()
    stages = set(RunPoint.objects.filter(run=run).values_list("stage", "name"))
    assert any(name == "train_loss" for _stage, name in stages)
    assert any(name == "val_loss" for _stage, name in stages)
    assert "snapshot 1" in RunLine.objects.filter(run=run).first().said
    assert (find_folder(run.folder) / "card.md").read_text().startswith("# stats-1-2")


def test_too_few_decisions_are_told():
    project = make_labelled_project(tasks=7, test_every=7, open_tasks=0)
    make_lead(project)

    run = work(start_quick_run(project))

    # 6 tasks with 3 candidates each are left beside the test side, and some of them validate.
    assert run.state == "failed"
    assert "at least 20 are needed" in run.said_text
    assert not ModelVersion.objects.exists()


def test_one_answer_alone_teaches_nothing(monkeypatch):
    monkeypatch.setattr("tests.modeling.made_project.import_decision", accept_all)
    project = make_labelled_project()

    run = work(start_quick_run(project))

    assert (run.state, "same answer" in run.said_text) == ("failed", True)


def accept_all(candidate, _verdict, actor):
    from labeling.protocol.intake import import_decision

    import_decision(candidate, "accept", actor)


def test_a_cancelled_run_that_is_resumed_ends_as_if_it_had_not_been(monkeypatch):
    project, lead = make_led_project()
    run = start_quick_run(project, lead)
    asked = []

    def stop_at_sixth(self):
        asked.append(self)
        if len(asked) == 6:
            cancel_run(run, lead)
            self.flush()
        return len(asked) >= 6

    with monkeypatch.context() as patch:
        patch.setattr(RowsWatch, "stopped", stop_at_sixth)
        work(run)
    stopped = run.state, Job.objects.get(pk=run.job_id).state, (find_folder(run.folder) / "manifest.json").exists()
    resumed = work(resume_run(run, lead))
    unbroken = work(start_quick_run(project, lead, snapshot=run.snapshot))

    assert stopped == ("cancelled", "cancelled", False)
    assert (resumed.state, unbroken.state, resumed.snapshot) == ("done", "done", unbroken.snapshot)
    assert weights_of(resumed) == weights_of(unbroken)
    told = [
        list(RunPoint.objects.filter(run=each).order_by("stage", "name", "step").values_list("stage", "name", "step", "value"))
        for each in (resumed, unbroken)
    ]
    assert told[0] == told[1]


def test_a_run_whose_model_is_there_already_is_registered_without_training_again():
    project, lead = make_led_project()
    version = train_version(project, lead)
    run, before = version.run, weights_of(version.run)
    # The worker was killed after it had written the model.
    version.delete()
    TrainingRun.objects.filter(pk=run.pk).update(
        state="queued", job=Job.objects.create(project=project, kind="train", params={"run": run.pk})
    )
    run.refresh_from_db()

    again = work(run)

    assert again.state == "done"
    assert weights_of(again) == before
    assert ModelVersion.objects.get().run == again


def test_the_next_version_is_judged_against_the_one_in_use_and_descends_from_it():
    project, lead = make_led_project()
    first = train_version(project, lead)
    project.model_version = first.name
    project.save()

    second = train_version(project, lead)

    assert (second.parent, second.incumbent) == (first, first.name)
    assert [each["rival"] for each in second.gate["comparisons"]] == ["incumbent"]
    # Both learned the same from the same, so neither is better.
    assert second.gate["comparisons"][0]["difference"] == pytest.approx(0, abs=1e-9)


def test_stage_1_alone_makes_no_version():
    project, lead = make_led_project()

    run = work(start_quick_run(project, lead, stage="1"))

    # There are no concepts to learn here, which the run says.
    assert run.state == "failed"
    assert "concept" in run.said_text


@pytest.fixture
def begun():
    """A run that a worker has begun, and the worker's context."""
    project = make_project()
    run = make_run_row(project, state="queued")
    job = Job.objects.create(project=project, kind="train", params={"run": run.pk})
    context = JobContext(job, claim(job.pk))
    return set_running(context, run.pk), context


def test_what_a_resumed_run_says_again_changes_nothing(begun):
    run, context = begun
    for _attempt in range(2):
        watch = RowsWatch(context, run)
        watch.point("concepts", "val_loss", 3, 0.5)
        watch.say("Learns from snapshot %(number)s, SHA-256 %(sha256)s.", number=1, sha256="ab")
        watch.progress("concepts", 3, 10)
        watch.flush()

    run.refresh_from_db()
    assert list(RunPoint.objects.filter(run=run).values_list("stage", "name", "step", "value")) == [("concepts", "val_loss", 3, 0.5)]
    assert [line.said for line in RunLine.objects.filter(run=run)] == ["Learns from snapshot 1, SHA-256 ab."]
    assert (run.at_stage, run.step, run.steps) == ("concepts", 3, 10)


def test_rows_are_written_together_twice_a_second(begun):
    run, context = begun
    now = [0.0]
    watch = RowsWatch(context, run, clock=lambda: now[0])
    watch.flush()

    counts = []
    for step in range(1, 11):
        now[0] = step * 0.1
        watch.point("concepts", "train_loss", step, 1.0)
        counts.append(RunPoint.objects.filter(run=run).count())

    assert counts == [0, 0, 0, 0, 5, 5, 5, 5, 5, 10]


def test_a_value_that_is_no_number_is_left_out(begun):
    run, context = begun
    watch = RowsWatch(context, run)

    watch.point("concepts", "val_loss", 1, float("nan"))
    watch.flush()

    assert not RunPoint.objects.exists()


def test_a_worker_that_was_taken_for_dead_writes_nothing_more(begun):
    run, context = begun
    watch = RowsWatch(context, run)
    watch.flush()
    Job.objects.filter(pk=context.job_id).update(state="queued", fence=None)

    watch.point("concepts", "val_loss", 1, 0.5)
    with pytest.raises(JobLost):
        watch.flush()

    assert not RunPoint.objects.exists()


def test_a_cancelled_run_is_told_to_stop(begun):
    run, context = begun
    watch = RowsWatch(context, run)
    watch.flush()
    before = watch.stopped()

    cancel_run(run, make_lead(run.project))
    watch.flush()

    assert (before, watch.stopped()) == (False, True)


def test_undecided_images_teach_concepts_until_there_are_enough(monkeypatch):
    monkeypatch.setattr(train_job, "ENOUGH_FOR_CONCEPTS", {"stats": 30})
    records = make_records(tasks=20, per_task=2)
    # Two candidates each; the 9th task validates, the 10th tests. Those from the 9th to the 16th are undecided, and one is aside.
    undecided = [replace(record, accepts=None) if 8 <= place // 2 < 16 else record for place, record in enumerate(records)]
    undecided[0] = replace(undecided[0], part="aside")
    told_nothing = replace(undecided[16], concepts={}, not_applicable=frozenset())
    undecided[16] = told_nothing

    few, all_of_them = (choose_records(preset, undecided) for preset in ("stats", "qwen3-vl"))

    # 40 less 16 undecided and the one aside are decided: 23. Of the 16, 13 teach: not the 2 that test, nor the one nothing is known of.
    assert [sum(record.accepts is None for record in chosen) for chosen in (few, all_of_them)] == [7, 13]
    assert [sum(record.accepts is not None for record in chosen) for chosen in (few, all_of_them)] == [23, 23]
    assert told_nothing not in all_of_them
    assert few == [record for record in undecided if record in few]
