"""The pages of models: what is in use, versions, runs, snapshots, and what a lead does about them."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from annotation_site.install import Install
from judging.lead import installing
from labeling.jobs.kinds import QUEUES
from labeling.models import Job, Project
from labeling.protocol.archive import archive_project
from labeling.protocol.suggestions import store_version
from modeling.lead.gate_words import SENTENCES, VERDICTS
from modeling.lead.snapshots import DIVISION_SENTENCES
from modeling.lead.words import LOG_SENTENCES
from modeling.models import Promotion, RetrainPlan, RunPoint, TrainingRun
from modeling.net import gate, splits, train
from tests.factories import make_bundle, make_candidate, make_lead, make_person, make_project, make_task
from tests.labeling.raw_rows import raw_decision
from tests.labeling.visiting import HTMX, read, told, visit_as
from tests.modeling.made_metrics import make_gate, make_metrics
from tests.modeling.made_registry import make_look, make_run_row, make_version_row, say

pytestmark = pytest.mark.django_db
REASON = "The test side is still too small."


def go(name, project, *args, **query):
    """The address of a page of the models."""
    return reverse(f"modeling:{name}", args=[project.slug, *args], query=query or None)


@pytest.fixture
def project():
    return make_project()


@pytest.fixture
def lead(project):
    return make_lead(project, username="lea")


@pytest.fixture
def visitor(lead):
    """A browser of the lead."""
    return visit_as(lead)


def rows_of(reply):
    """A CSV file as rows by column."""
    return list(csv.DictReader(io.StringIO(b"".join(reply.streaming_content).decode("utf-8-sig"))))


def use(project, version):
    """Put a version to use."""
    store_version(project, version.name, None)
    project.refresh_from_db()


def wait_for_job(run, **fields):
    """A run whose job has the given fields."""
    run.job = Job.objects.create(project=run.project, kind="train", **{"state": "queued"} | fields)
    run.save(update_fields=["job"])
    return run


# The registry.


def test_a_project_without_models_says_what_is_there_and_what_is_needed(project, visitor):
    page = read(visitor.get(go("models", project)))

    assert "No model yet" in page
    assert "Decisions to learn from 0 20 are needed" in page
    assert "Decisions on the test side 0 300 are needed for the gate to decide" in page
    assert "everybody answers without a suggestion" in page
    assert "Train the first model" not in page


def test_with_enough_decisions_of_both_kinds_the_first_model_can_be_trained(project, visitor):

    for number in range(21):
        candidate = make_candidate(project, state="settled", q_state=5)
        raw_decision(candidate, verdict="accept" if number % 2 else "reject")

    make_bundle(make_task(project, is_test_side=True))

    page = read(visitor.get(go("models", project)))

    assert "Decisions to learn from 21 Decisions" in page
    assert "1 candidate of the test side is undecided : with all of them decided the gate still has too few" in page
    assert "Train the first model" in page
    assert "only a lead can promote it, with a reason" in page


def test_the_registry_shows_figures_gate_and_marks_of_every_version(project, lead, visitor):
    first = make_version_row(project, lead, gate=make_gate("too_few"))
    Promotion.objects.create(project=project, version=first, name=first.name, kind="overridden", reason=REASON, used_at=timezone.now())
    use(project, first)
    make_version_row(project, lead, parent=first, taught_by={first.name: 310, "elsewhere": 5}, gate=make_gate(rivals=("incumbent",)))

    page = read(visitor.get(go("models", project)))
    rows = rows_of(visitor.get(go("models_table", project)))

    assert page.index("stats-2") < page.rindex("stats-1")
    assert "3,600 decisions snapshot 2 0.478 0.428 to 0.528 0.820 0.770 to 0.870 0.030 0.005 to 0.055 passes" in page
    assert "taught by its own suggestions: 310 labels" in page
    assert "in use promoted against the gate" in page
    assert [(row["version"], row["gate"], row["in_use"], row["overridden"], row["labels_it_caused"]) for row in rows] == [
        ("stats-2", "passes", "False", "False", "310"),
        ("stats-1", "too_few", "True", "True", "0"),
    ]
    # 8 * 400 in training and 400 in validation.
    assert rows[0]["labels"] == "3600"


def test_an_imported_version_in_use_is_named_as_one(project, visitor):
    store_version(project, "elsewhere-7", None)

    assert "elsewhere-7 imported: its model is not here" in read(visitor.get(go("models", project)))


def test_one_click_brings_the_version_before_back(project, lead, visitor):
    for version in (make_version_row(project, lead), make_version_row(project, lead)):
        use(project, version)
    assert "Back to stats-1" in read(visitor.get(go("models", project)))

    reply = visitor.post(go("bring_version_back", project))

    assert told(reply) == ["stats-1 is in use again. It applies to candidates nobody has taken yet."]
    assert Project.objects.get().model_version == "stats-1"
    assert Promotion.objects.get().kind == "rolled_back"


def test_one_click_goes_back_from_the_first_version_to_none(project, lead, visitor):
    use(project, make_version_row(project, lead))
    assert "Back to no version" in read(visitor.get(go("models", project)))

    reply = visitor.post(go("bring_version_back", project))

    assert told(reply) == ["No version is in use any more: whoever takes a candidate now sees no suggestion."]
    version = project.versions.get()
    assert "taken out of use, back to no version · lea" in read(visitor.get(go("model_version", project, version.public_id)))
    assert Project.objects.get().model_version == ""
    assert "Back to" not in read(visitor.get(go("models", project)))
    assert told(visitor.post(go("bring_version_back", project))) == ["No version is in use, so there is nothing to go back from."]


def test_drift_is_told_with_its_limits_and_a_hint(project, lead, visitor):
    use(project, make_version_row(project, lead))
    assert "from 100 decisions on" in read(visitor.get(go("models", project)))

    make_look(project)
    assert "Its probabilities still mean what they say." in read(visitor.get(go("models", project)))

    make_look(project, is_alarm=True)
    page = read(visitor.get(go("models", project)))
    assert "further from the shares of accepted than chance explains" in page
    assert "0.071 at most 0.045 0.510 at most 0.550 drifted" in page
    assert [row["alarm"] for row in rows_of(visitor.get(go("drift_table", project)))] == ["False", "True"]


def test_what_is_being_installed_is_told(project, visitor, monkeypatch):
    monkeypatch.setattr(installing, "is_complete", lambda: False)
    monkeypatch.setattr(installing, "read_install", lambda: Install(state="fetching", package="torch", size="196.5 MB", fetched=7))

    for name in ("models", "train"):
        assert "What models on this machine need is being fetched: torch (196.5 MB)" in read(visitor.get(go(name, project)))


def test_the_page_asks_again_while_a_run_or_suggestions_are_on_their_way(project, lead, visitor):
    assert visitor.get(go("models_status", project), **HTMX).status_code == 286
    version = make_version_row(project, lead)
    job = Job.objects.create(project=project, kind="suggest", state="queued", done=120, total=480)
    promotion = Promotion.objects.create(project=project, version=version, name=version.name, kind="promoted", job=job)

    page = visitor.get(go("models", project))
    again = page.context["version"]

    assert "stats-1 is promoted. Its suggestions are being computed" in read(page)
    assert "120 / 480" in read(page)
    assert visitor.get(go("models_status", project, seen=again), **HTMX).status_code == 204
    Job.objects.filter(pk=job.pk).update(done=240)
    assert "240 / 480" in read(visitor.get(go("models_status", project, seen=again), **HTMX))
    Job.objects.filter(pk=job.pk).update(state="failed", error="The disk is full.")
    assert "computing its suggestions failed: The disk is full." in read(visitor.get(go("models", project)))
    assert promotion.used_at is None


# Starting.


def test_a_run_is_started_with_what_was_chosen(project, lead, visitor):
    asked = {"preset": "stats", "blind_only": "on", "assisted_weight": "0.5", "drop": "uncertain", "concepts": "none", "split": "price_up"}

    reply = visitor.post(go("train", project), asked | {"stage": "both", "settings": "seed=7\nstage1.epochs = 10\n\nfusion=concat"})

    run = TrainingRun.objects.get()
    assert reply.url == go("training_run", project, run.public_id)
    assert (run.preset, run.created_by, run.config["seed"], run.config["stage1"]["epochs"], run.config["fusion"]) == (
        "stats",
        lead,
        7,
        10,
        "concat",
    )
    assert run.wanted == {
        "blind_only": True,
        "assisted_weight": 0.5,
        "drop": "uncertain",
        "concepts": "none",
        "split": "price_up",
        "generator": "",
    }
    # The form of the next one like it says the same.
    form = read(visitor.get(go("train", project, like=run.public_id)))
    assert "Filled in like run 1" in form
    assert "seed=7 stage1.epochs=10 fusion=concat" not in form  # one a line, in the order of the configuration
    assert all(line in form for line in ("seed=7", "stage1.epochs=10", "fusion=concat"))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"settings": "stage1.epoch=10"}, "there is no setting stage1.epoch"),
        ({"settings": "seed"}, "“seed” is not of the form name=value."),
        ({"settings": "seed=many"}, "seed is 'many'"),
        ({"settings": "stage1.clip=NaN"}, "stage1.clip is nan"),
        ({"settings": "concept_head.width=1000000000"}, "width is 1000000000"),
        ({"assisted_weight": "2"}, "less than or equal to 1"),
        ({"stage": "2"}, "Choose the run whose concepts it goes on from."),
        ({"generator": "model-a"}, "model-a is not one of the available choices"),
        ({"checkpoint": "Qwen/Qwen3-VL-2B-Instruct"}, "Only qwen3-vl has a checkpoint."),
    ],
)
def test_a_run_that_cannot_be_is_not_started_and_the_form_says_why(project, visitor, changed, said):
    asked = {"preset": "stats", "assisted_weight": "1", "drop": "nothing", "concepts": "auto", "split": "standard", "stage": "both"}

    reply = visitor.post(go("train", project), asked | changed)

    assert reply.status_code == 422
    assert said in read(reply)
    assert not TrainingRun.objects.exists()


def test_a_second_run_at_once_is_refused(project, visitor):
    make_run_row(project, state="running")
    asked = {"preset": "stats", "assisted_weight": "1", "drop": "nothing", "concepts": "auto", "split": "standard", "stage": "both"}

    assert "Another run is at work in this project" in read(visitor.post(go("train", project), asked))


def test_when_a_project_retrains_by_itself_is_chosen_and_told(project, lead, visitor):
    done = make_run_row(project, lead, wanted={"blind_only": True}, config=make_run_row(project).config | {"seed": 9})
    assert "Off: a model is trained only when somebody starts it." in read(visitor.get(go("models", project)))

    asked = {"every_decisions": "200", "on_drift": "on", "like": str(done.public_id)}
    assert told(visitor.post(go("retrain_plan", project), asked)) == ["Saved. New decisions are counted from now on."]

    plan = RetrainPlan.objects.get()
    assert (plan.every_decisions, plan.weekly, plan.on_drift, plan.preset, plan.settings) == (200, False, True, "stats", {"seed": 9})
    assert plan.wanted["blind_only"]
    page = read(visitor.get(go("models", project)))
    assert "after 200 new decisions when the version in use has drifted" in page
    assert "as the plan says now" in read(visitor.get(go("retrain_plan", project)))
    visitor.post(go("retrain_plan", project), {"weekly": "on", "like": "now"})
    plan.refresh_from_db()
    assert (plan.every_decisions, plan.weekly, plan.settings) == (None, True, {"seed": 9})
    reply = visitor.post(go("retrain_plan", project), {"every_decisions": "5", "like": "stats"})
    assert (reply.status_code, "greater than or equal to 20" in read(reply)) == (422, True)


# One run.


def test_a_running_run_shows_its_stage_its_steps_and_when_it_ends(project, lead, visitor):
    now = timezone.now()
    job = {"state": "running", "fence": "0" * 32, "heartbeat_at": now, "attempt": 2, "started_at": now - timedelta(minutes=5)}
    run = wait_for_job(make_run_row(project, lead, state="running", at_stage="concepts", step=40, steps=100), **job)
    for step in (20, 40):
        at = now - timedelta(seconds=(40 - step) * 3)
        RunPoint.objects.create(run=run, stage="concepts", name="train_loss", step=step, value=1 / step, at=at)
    address, status = go("training_run", project, run.public_id), go("training_status", project, run.public_id)

    reply = visitor.get(address)
    page, seen = read(reply), reply.context["version"]

    # 20 steps in a minute, 60 are left: three minutes, less what the clock moved on since.
    assert "running Stage 1: concepts 40 / 100" in page
    assert "This stage is done in about 3 minutes" in page.replace("2 minutes", "3 minutes").replace("\xa0", " ")
    assert "attempt 2" in page
    assert visitor.get(f"{status}?seen={seen}", **HTMX).status_code == 204
    say(run, "Learns from snapshot %(number)s, SHA-256 %(sha256)s.", number=1, sha256="abc")
    update = visitor.get(f"{status}?seen={seen}", **HTMX)
    assert (update.status_code, "Learns from snapshot 1, SHA-256 abc." in read(update)) == (200, True)
    TrainingRun.objects.filter(pk=run.pk).update(state="failed", said="There is no candidate to learn from.")
    ended = visitor.get(f"{status}?seen={seen}", **HTMX)
    assert (ended.status_code, "There is no candidate to learn from." in read(ended), "Resume" in read(ended)) == (286, True, True)


def test_a_cancelled_run_says_whether_it_had_learned_anything(project, visitor):
    run = make_run_row(project, state="cancelled")
    RunPoint.objects.filter(run=run).delete()

    early = read(visitor.get(go("training_run", project, run.public_id)))
    RunPoint.objects.create(run=run, stage="concepts", name="val_loss", step=1, value=0.5)
    late = read(visitor.get(go("training_run", project, run.public_id)))

    assert "before it had learned anything" in early
    assert "What it had learned is saved" in late


def test_a_run_is_cancelled_resumed_and_done_again(project, lead, visitor):
    run = wait_for_job(make_run_row(project, lead, state="queued"))
    for act, state in (("cancel_training", "cancelled"), ("resume_training", "queued")):
        assert told(visitor.post(go(act, project, run.public_id)))
        Job.objects.filter(state="queued", cancel_requested=True).update(state="cancelled")
        run.refresh_from_db()
        assert run.state == state
    assert told(visitor.post(go("train_again", project, run.public_id)))[-1].startswith("Another run is at work in this project.")
    TrainingRun.objects.filter(pk=run.pk).update(state="done", config=run.config | {"seed": 5}, wanted={"drop": "adjudicated"})

    reply = visitor.post(go("train_again", project, run.public_id))

    new = TrainingRun.objects.latest("number")
    assert reply.url == go("training_run", project, new.public_id)
    assert (new.number, new.config["seed"], new.wanted["drop"]) == (2, 5, "adjudicated")


def test_curves_log_and_settings_are_files_too(project, lead, visitor):
    run = make_version_row(project, lead).run

    points = rows_of(visitor.get(go("training_table", project, run.public_id, "curves")))
    chart = visitor.get(go("training_chart", project, run.public_id, "concepts-loss"))

    # Three stages, 48 steps each with a training loss, every fourth with a validation loss.
    assert len(points) == 3 * (48 + 12)
    assert {point["stage"] for point in points} == {"concepts", "decision_concepts", "decision_concat"}
    assert chart["Content-Type"] == "image/svg+xml"
    body = chart.content.decode()
    assert body.startswith('<svg xmlns="http://www.w3.org/2000/svg"')
    assert (body.count("<polyline"), body.count("<circle"), body.count('class="dot"')) == (2, 0, 12)
    assert "training loss" in body
    assert len(rows_of(visitor.get(go("training_table", project, run.public_id, "log")))) == 2
    settings = {row["setting"]: row["value"] for row in rows_of(visitor.get(go("training_table", project, run.public_id, "settings")))}
    assert settings["backbone.kind"] == "stats"
    for part, name in (("training_table", "no-such"), ("training_chart", "no-such")):
        assert visitor.get(go(part, project, run.public_id, name)).status_code == 404


# One version.


def test_a_version_shows_its_card_figures_concepts_and_gate(project, lead, visitor):
    version = make_version_row(project, lead)

    page = read(visitor.get(go("model_version", project, version.public_id)))

    assert "No vision-language model: it does not understand what is shown." in page
    assert "3,200 images in training, 400 in validation; tested on 400" in page
    assert "ECE 0.094 before, 0.031 after" in page
    assert "This model 400 160 accepted 0.478 0.428 to 0.528" in page
    assert "Regression on judges' scores 400" in page
    assert "It passes, on 420 blind test candidates in 84 groups of tasks." in page
    assert "Clarity classical version 1 reproduces a formula 400 0.710 0.660 to 0.760" in page
    assert "Meets the brief the reasons people gave agrees with its target" in page
    assert "0.8 to 0.9 44 0.850 0.730 44 0.850 0.830" in page
    # Nothing was accepted by the base rate: no interval, and the tenth bin is empty.
    assert "0.9 to 1.0" not in page
    assert "Promote Its suggestions are computed first" in page


def test_tables_charts_card_and_configuration_of_a_version_are_files(project, lead, visitor):
    version = make_version_row(project, lead)

    def fetch(name, *parts):
        return visitor.get(go(name, project, version.public_id, *parts))

    metrics = rows_of(fetch("version_table", "metrics"))
    assert len(metrics) == 4 * 7
    assert (metrics[0]["method"], metrics[0]["slice"], metrics[0]["auc"], metrics[0]["auc_low"]) == ("model", "all", "0.82", "0.77")
    assert [row["reproduces_a_formula"] for row in rows_of(fetch("version_table", "concepts"))] == ["False", "True", "True", "True", "True"]
    assert len(rows_of(fetch("version_table", "reliability"))) == 20
    assert [row["n_train"] for row in rows_of(fetch("version_table", "learning"))] == ["800", "1600", "3200"]
    assert [row["rival"] for row in rows_of(fetch("version_table", "gate"))] == ["base_rate", "logistic"]
    for chart in ("reliability", "learning"):
        assert "<polyline" in fetch("version_chart", chart).content.decode()
    assert fetch("model_card").content.decode().startswith("# stats-1\n")
    assert fetch("model_config").json()["preset"] == "stats"
    assert fetch("version_table", "no-such").status_code == fetch("version_chart", "no-such").status_code == 404


def test_a_version_that_passes_is_promoted_with_one_click(project, lead, visitor):
    version = make_version_row(project, lead)

    reply = visitor.post(go("promote_version", project, version.public_id))

    promotion = Promotion.objects.get()
    assert (reply.url, promotion.kind, promotion.job.kind) == (go("models", project), "promoted", "suggest")
    assert "Its suggestions are being computed" in read(visitor.get(reply.url))


def test_against_the_gate_a_version_is_promoted_with_a_reason_alone(project, lead, visitor):
    version = make_version_row(project, lead, gate=make_gate("too_few"))
    address = go("promote_version", project, version.public_id)

    refused = visitor.post(address, {"reason": "why not"})
    accepted = visitor.post(address, {"reason": REASON})

    assert (refused.status_code, "a reason of at least 10 letters" in read(refused)) == (422, True)
    assert accepted.status_code == 302
    assert (Promotion.objects.get().kind, Promotion.objects.get().reason) == ("overridden", REASON)
    assert REASON in read(visitor.get(go("model_version", project, version.public_id)))


def test_a_gate_computed_against_another_version_can_be_computed_again(project, lead, visitor):
    version = make_version_row(project, lead)
    use(project, make_version_row(project, lead))

    page = read(visitor.get(go("model_version", project, version.public_id)))
    reply = visitor.post(go("judge_version", project, version.public_id))

    assert "It was judged when no version was in use, and one is now." in page
    job = Job.objects.get()
    assert (job.kind, reply.url) == ("gate", reverse("labeling:job", args=[project.slug, job.public_id]))


def test_where_the_test_side_is_large_enough_its_undecided_candidates_are_to_come_first(project, visitor, monkeypatch):
    monkeypatch.setattr("modeling.lead.needs.FEWEST_TEST", 1)
    make_bundle(make_task(project, is_test_side=True))

    assert "is undecided : put them into a batch with a high priority" in read(visitor.get(go("models", project)))


def test_where_a_vision_language_model_may_have_to_be_asked_the_gate_needs_its_machine(project, lead, visitor):
    use(project, make_version_row(project, lead, preset="tiny"))
    version = make_version_row(project, lead)

    visitor.post(go("judge_version", project, version.public_id))
    visitor.post(go("judge_version", project, version.public_id))

    assert list(Job.objects.values_list("kind", flat=True)) == ["gate_gpu"]
    assert QUEUES["gate_gpu"] == settings.GPU_QUEUE


def test_a_version_tells_whose_suggestions_its_labels_had_on_screen_and_where_it_comes_from(project, lead, visitor):
    first = make_version_row(project, lead)
    second = make_version_row(project, lead, parent=first, taught_by={first.name: 310, "elsewhere": 5})

    page = read(visitor.get(go("model_version", project, second.public_id)))

    assert "stats-1 310 yes: labels it had a part in elsewhere 5 no" in page
    assert "Comes after stats-1" in page
    assert "Before stats-2" in read(visitor.get(go("model_version", project, first.public_id)))


def test_a_version_of_an_older_run_without_most_figures_still_has_a_page(project, lead, visitor):
    version = make_version_row(project, lead, gate={}, run={"metrics": {}, "snapshot": None})

    page = read(visitor.get(go("model_version", project, version.public_id)))

    assert "not judged yet" in page
    assert "It predicts no concepts" in page
    assert visitor.get(go("version_chart", project, version.public_id, "reliability")).status_code == 404


# Two versions, and snapshots.


def test_two_versions_stand_side_by_side(project, lead, visitor):
    worse = make_version_row(project, lead, run={"metrics": make_metrics(auc=0.6)})
    better = make_version_row(
        project, lead, incumbent=worse.name, gate=make_gate(rivals=("incumbent",)), run={"config": worse.run.config | {"seed": 3}}
    )

    page = read(visitor.get(go("compare_versions", project, better.public_id) + f"?with={worse.public_id}"))
    rows = rows_of(visitor.get(go("compare_table", project, better.public_id) + f"?with={worse.public_id}"))

    assert "the log loss of stats-2 differs by -0.050 (-0.080 to -0.020, 90 %; below 0 is better)" in page
    assert "The two were tested on different snapshots" in page
    # .77 to .87 and .55 to .65 do not overlap; the calibration errors are the same.
    assert "0.820 0.770 to 0.870 better 0.030 0.005 to 0.055 0.150" in page
    assert "seed 3 42" in page
    auc = next(row for row in rows if (row["slice"], row["figure"]) == ("all", "auc"))
    assert (auc["value"], auc["other_value"]) == ("0.82", "0.6")
    assert "Compare" in read(visitor.get(go("compare_versions", project, better.public_id)))
    assert visitor.get(go("compare_table", project, better.public_id)).status_code == 404
    assert visitor.get(go("compare_versions", project, better.public_id) + "?with=nothing").status_code == 404


def test_a_snapshot_shows_what_was_chosen_how_it_divides_and_what_was_left_out(project, lead, visitor):
    version = make_version_row(project, lead, run={"wanted": {"blind_only": True}})
    snapshot = version.run.snapshot
    snapshot.notes = [{"text": splits.SENTENCES["own_test"], "params": {"tasks": 31}}]
    snapshot.save(update_fields=["notes"])

    page = read(visitor.get(go("snapshot", project, snapshot.public_id)))
    run = read(visitor.get(go("training_run", project, version.run.public_id)))
    rows = {row["count"]: row["value"] for row in rows_of(visitor.get(go("snapshot_table", project, snapshot.public_id)))}

    assert "Training 3,600 3,200 1,290 40 %" in page
    assert "396 blind · 4 decided with a suggestion on screen" in page
    assert "No task is on a test side, so 31 were drawn to test on" in page
    assert "No task is on a test side, so 31 were drawn to test on" in run
    assert "540 not decided · 60 not agreed on by two people · 8 decided about an image it no longer has" in page
    # 520 of 1,300, 66 of 160, 70 of 170.
    assert "Digital 1,300 40 % 160 41 % 170 41 % Price Up to $69.44" in page
    assert "Edit stays within bounds 31 4,000 no: fewer than 50 values" in page
    assert (rows["parts/train"], rows["divided/category:Digital/val/accepted"]) == ("3600", "66")


# Who sees it, and what it says.


def test_only_leads_of_the_project_find_any_of_it(project, lead):
    version = make_version_row(project, lead)
    stranger = make_lead(make_project())

    for person in (make_person(project), stranger):
        for address in (go("models", project), go("train", project), go("model_version", project, version.public_id)):
            assert visit_as(person).get(address).status_code == 404


def test_what_belongs_to_another_project_is_not_found_below_this_one(project, visitor):
    other = make_version_row(make_project())

    assert visitor.get(go("model_version", project, other.public_id)).status_code == 404
    assert visitor.get(go("training_run", project, other.run.public_id)).status_code == 404
    assert visitor.get(go("snapshot", project, other.run.snapshot.public_id)).status_code == 404


def test_an_archived_project_shows_its_models_and_changes_none(project, lead, visitor):
    version = make_version_row(project, lead)
    archive_project(project, lead)

    pages = [read(visitor.get(address)) for address in (go("models", project), go("model_version", project, version.public_id))]

    assert not any(word in page for page in pages for word in ("Train the first model", "Promote Its", "and you promote it. Change"))
    assert visitor.post(go("promote_version", project, version.public_id)).status_code == 422
    assert not Promotion.objects.exists()


@pytest.mark.pure
def test_the_words_of_the_gate_are_those_that_it_says():
    assert set(SENTENCES) == set(gate.SENTENCES.values())
    assert set(DIVISION_SENTENCES) == set(splits.SENTENCES.values())
    assert set(LOG_SENTENCES) == set(train.SENTENCES.values())
    assert set(VERDICTS) == {"", *gate.Verdict.__args__}
