"""Suggestions are switched off once where they are seen to make answers worse, and leads are told until one of them says something."""

import threading

import pytest
from django.db import connection

from labeling.jobs.run import run_here
from labeling.models import Event, Project, Report
from labeling.protocol.archive import archive_project
from labeling.protocol.projects import change_settings
from labeling.protocol.stop_suggestions import keep_off, stop_if_harmful, unanswered_stops
from labeling.quality.assistance import make_assistance_report
from labeling.quality.job import KIND
from labeling.quality.report import keep
from tests.factories import make_lead, make_project
from tests.labeling.drawn import make_assisted_project
from tests.labeling.visiting import refused

pytestmark = pytest.mark.django_db


def report_on(project, low=3.0, counted=60, version="tiny-1", policy="measured", **others):
    """A report that says so of the added error, and of gold under the other policies."""
    found = {"value": low and low + 2, "low": low, "high": low and low + 4, "counted": [counted, counted]}
    nothing = {"value": None, "low": None, "high": None, "counted": [0, 0]}
    effects = {"gold_error": nothing, "added_error": found} if policy == "measured" else {"gold_error": found}
    part = {"version": version, "policy": policy, "effects": effects | others}
    figures = {"parts": [part]}
    return Report.objects.create(project=project, kind="assistance", seconds=1, figures=figures, tasks=[])


def make_assisted(**fields):
    return make_project(**{"policy": "measured", "model_version": "tiny-1", "stop_points": 2} | fields)


def policy_of(project):
    return Project.objects.get(pk=project.pk).policy


def test_a_measurement_whose_interval_lies_above_the_limit_switches_suggestions_off():
    # 30 of 32 disputes are lost by the assisted seat: 28 of 96 more than by the other one.
    project, _people, _candidates = make_assisted_project(lost=30, stop_points=5)

    run_here(project, KIND, {})

    report = Report.objects.get(kind="assistance")
    event = Event.objects.get(kind="suggestions_stopped")
    found = report.figures["parts"][0]["effects"]["added_error"]
    assert policy_of(project) == "off"
    assert found["low"] > 5
    told = {name: event.data[name] for name in ("report", "version", "policy", "effect", "counted", "value", "low", "high", "stop_points")}
    assert told == {
        "report": report.pk,
        "version": "tiny-1",
        "policy": "measured",
        "effect": "added_error",
        "counted": 96,
        "value": found["value"],
        "low": found["low"],
        "high": found["high"],
        "stop_points": 5,
    }


@pytest.mark.parametrize(
    ("project", "report"),
    [
        ({"stop_points": None}, {}),
        ({"stop_points": 3}, {"low": 3.0}),
        ({}, {"low": None}),
        ({}, {"counted": 49}),
        ({"model_version": "tiny-2"}, {}),
        ({"policy": "off"}, {}),
        ({"policy": "all"}, {}),
        ({"policy": "reveal"}, {"policy": "reveal", "counted": 49}),
    ],
)
def test_suggestions_stay_as_they_are_where_the_interval_does_not_lie_above_the_limit_or_speaks_of_something_else(project, report):
    project = make_assisted(**project)
    before = project.policy

    assert stop_if_harmful(report_on(project, **report)) is None

    assert policy_of(project) == before
    assert not Event.objects.filter(kind="suggestions_stopped").exists()


@pytest.mark.parametrize("policy", ["all", "reveal"])
def test_where_disputes_do_not_say_who_was_wrong_gold_does(policy):
    project = make_assisted(policy=policy)

    assert stop_if_harmful(report_on(project, policy=policy)).data["effect"] == "gold_error"

    assert policy_of(project) == "off"


def test_an_archived_project_stays_as_it_is():
    project = make_assisted()
    archive_project(project, make_lead(project))

    assert stop_if_harmful(report_on(project)) is None


def test_a_lead_who_switched_on_again_is_overruled_by_fifty_further_pairs_only():
    project = make_assisted()
    lead = make_lead(project)
    assert stop_if_harmful(report_on(project))
    assert stop_if_harmful(report_on(project, counted=500)) is None

    change_settings(project, lead, {"policy": "measured"})

    assert stop_if_harmful(report_on(project, counted=109)) is None
    assert policy_of(project) == "measured"
    assert stop_if_harmful(report_on(project, counted=110))
    assert Event.objects.filter(kind="suggestions_stopped").count() == 2


def test_another_version_is_stopped_for_its_own_pairs():
    project = make_assisted()
    stop_if_harmful(report_on(project))
    Project.objects.update(policy="measured", model_version="tiny-2")

    assert stop_if_harmful(report_on(project, version="tiny-2"))


def test_a_stop_waits_for_the_leads_until_one_says_something():
    kept, switched, replaced = (make_assisted() for _ in range(3))
    stops = [stop_if_harmful(report_on(project)) for project in (kept, switched, replaced)]
    waiting = [list(unanswered_stops(Project.objects.get(pk=project.pk))) for project in (kept, switched, replaced)]
    lead = make_lead(kept)

    keep_off(kept, lead, stops[0].pk)
    change_settings(switched, make_lead(switched), {"policy": "reveal"})
    change_settings(switched, make_lead(switched), {"policy": "off"})
    Project.objects.filter(pk=replaced.pk).update(model_version="tiny-2")

    assert waiting == [[stop] for stop in stops]
    assert not any(unanswered_stops(Project.objects.get(pk=project.pk)).exists() for project in (kept, switched, replaced))
    assert Event.objects.get(kind="settings_changed", project=kept).data == {"changed": {}, "kept_off": stops[0].pk}
    with refused("already_answered"):
        keep_off(kept, lead, stops[0].pk)


def test_a_change_of_another_setting_is_no_answer():
    project = make_assisted()
    stop_if_harmful(report_on(project))

    change_settings(project, make_lead(project), {"lease_minutes": 20})

    assert unanswered_stops(Project.objects.get(pk=project.pk)).exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_jobs_at_once_one_switches_off():
    project, _people, _candidates = make_assisted_project(lost=30, stop_points=5)
    reports = [keep(make_assistance_report(project)) for _ in range(2)]
    start, made = threading.Barrier(2), []

    def measure(report):
        try:
            start.wait()
            made.append(stop_if_harmful(report))
        finally:
            connection.close()

    threads = [threading.Thread(target=measure, args=[report]) for report in reports]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len([event for event in made if event is not None]) == 1
    assert len(made) == 2
    assert Event.objects.filter(kind="suggestions_stopped").count() == 1
