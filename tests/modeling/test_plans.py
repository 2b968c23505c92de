"""Retraining by itself: after so many decisions, weekly, or when the version in use drifted."""

from datetime import timedelta

import pytest
from django.utils import timezone

from labeling.models import Candidate
from labeling.protocol.archive import archive_project
from labeling.protocol.outcome import ProtocolError
from modeling.models import RetrainPlan, TrainingRun
from modeling.protocol.plans import change_plan, start_due
from modeling.snapshots.filters import Filters
from tests.factories import make_bundle, make_lead, make_person, make_project, make_task
from tests.modeling.made_registry import make_look, make_run_row, make_version_row

pytestmark = pytest.mark.django_db


@pytest.fixture
def project():
    return make_project()


@pytest.fixture
def lead(project):
    return make_lead(project)


def decide(project, count):
    """Settle so many new candidates."""
    for _ in range(count):
        bundle = make_bundle(make_task(project))
        Candidate.objects.filter(bundle=bundle).update(state="settled", q_state=5)


def plan(project, lead, **fields):
    return change_plan(project, lead, **{"preset": "stats"} | fields)


def look_now(project, **fields):
    """Let somebody look whether the plan is due; a minute has gone by since they last did."""
    RetrainPlan.objects.filter(project=project).update(looked_at=None, **fields)
    return start_due()


def test_enough_new_decisions_start_a_run_with_what_the_plan_says(project, lead):
    decide(project, 3)
    plan(project, lead, every_decisions=20, filters=Filters(drop="adjudicated"), settings={"seed": 5})
    decide(project, 19)
    too_early = look_now(project)

    decide(project, 1)
    started = look_now(project)

    run = TrainingRun.objects.get()
    assert (too_early, started) == (0, 1)
    assert (run.why, run.preset, run.created_by, run.config["seed"]) == ("decisions", "stats", None, 5)
    assert Filters.from_json(run.wanted) == Filters(drop="adjudicated")
    plan_now = RetrainPlan.objects.get()
    assert plan_now.decided == 23
    assert timezone.now() - plan_now.last_at < timedelta(minutes=1)


def test_a_plan_waits_while_a_run_is_at_work_and_does_not_forget(project, lead):
    plan(project, lead, every_decisions=20)
    run = make_run_row(project, state="running")
    decide(project, 25)

    meanwhile = look_now(project)
    TrainingRun.objects.filter(pk=run.pk).update(state="done")

    assert (meanwhile, look_now(project), look_now(project)) == (0, 1, 0)


def test_a_week_is_waited_for_and_nothing_is_done_where_nothing_was_decided(project, lead):
    plan(project, lead, weekly=True)
    week_ago = timezone.now() - timedelta(days=7, minutes=1)

    nothing_new = look_now(project, last_at=week_ago)
    decide(project, 1)
    too_early = look_now(project, last_at=week_ago + timedelta(minutes=2))
    due = look_now(project, last_at=week_ago)

    assert (nothing_new, too_early, due) == (0, 0, 1)
    assert TrainingRun.objects.get().why == "weekly"


def test_an_alarm_about_the_version_in_use_starts_one_run(project, lead):
    version = make_version_row(project)
    type(project).objects.filter(pk=project.pk).update(model_version=version.name)
    project.refresh_from_db()
    plan(project, lead, on_drift=True)
    decide(project, 2)
    calm = make_look(project) and look_now(project)
    make_look(project, is_alarm=True)

    alarmed = look_now(project)
    TrainingRun.objects.filter(state="queued").update(state="done")
    decide(project, 2)

    assert (calm, alarmed, look_now(project)) == (0, 1, 0)
    assert TrainingRun.objects.latest("pk").why == "drift"


def test_an_archived_project_does_not_retrain(project, lead):
    plan(project, lead, every_decisions=20)
    decide(project, 25)
    archive_project(project, lead)

    assert look_now(project) == 0


def test_looking_again_within_a_minute_costs_one_query(project, lead, django_assert_num_queries):
    plan(project, lead, every_decisions=20)
    decide(project, 25)
    look_now(project)

    with django_assert_num_queries(1):
        assert start_due() == 0


def test_a_plan_is_changed_in_its_place_and_counts_from_then_on(project, lead):
    plan(project, lead, every_decisions=20)
    decide(project, 25)

    changed = plan(project, lead, every_decisions=30, weekly=True)

    assert RetrainPlan.objects.get() == changed
    assert (changed.decided, changed.every_decisions, changed.weekly) == (25, 30, True)
    assert look_now(project) == 0


def test_a_plan_is_checked_like_a_run(project, lead):
    refused = []
    for fields in ({"every_decisions": 19}, {"preset": "huge"}, {"settings": {"colour": 1}}):
        with pytest.raises(ProtocolError) as refusal:
            plan(project, lead, **fields)
        refused.append(refusal.value.code)
    with pytest.raises(ProtocolError) as refusal:
        plan(project, make_person(project))

    assert [*refused, refusal.value.code] == ["too_often", "unknown_preset", "wrong_setting", "not_allowed"]


def test_settings_that_are_no_longer_taken_do_not_keep_others_waiting(project, lead):
    plan(project, lead, every_decisions=20)
    RetrainPlan.objects.update(settings={"a_setting_of_an_older_release": 1})
    other = make_project()
    plan(other, make_lead(other), every_decisions=20)
    decide(project, 20)
    decide(other, 20)
    RetrainPlan.objects.update(looked_at=None)

    assert start_due() == 1
    assert TrainingRun.objects.get().project == other
