"""Suggestions are switched off once where they are seen to make answers worse, and leads are told until one of them says something."""

import threading

import pytest
from django.db import connection

from labeling.jobs.run import run_here
from labeling.models import Assignment, Event, Project, Report
from labeling.protocol.archive import archive_project
from labeling.protocol.projects import change_settings
from labeling.protocol.stop_suggestions import keep_off, stop_if_harmful, unanswered_stops
from labeling.quality.assistance import make_assistance_report
from labeling.quality.job import KIND
from labeling.quality.report import keep
from tests.factories import make_lead, make_project
from tests.labeling.drawn import make_assisted_project, measure_assistance
from tests.labeling.raw_rows import answered, raw_answer, raw_assignment, update
from tests.labeling.visiting import refused

pytestmark = pytest.mark.django_db


def report_on(project, low=3.0, number=1, version="tiny-1", policy="measured"):
    """A report whose last look, the how many-eth, says so of the added error, or of gold under the other policies."""
    effect = "added_error" if policy == "measured" else "gold_error"
    look = {"number": number, "effect": effect, "decided": 50, "counted": [300, 300], "value": low + 2, "low": low, "high": low + 4}
    figures = {"parts": [{"version": version, "policy": policy, "look": look if number else None}]}
    return Report.objects.create(project=project, kind="assistance", seconds=1, figures=figures, tasks=[])


def make_assisted(**fields):
    return make_project(**{"policy": "measured", "model_version": "tiny-1", "stop_points": 2} | fields)


def policy_of(project):
    return Project.objects.get(pk=project.pk).policy


def test_a_measurement_whose_interval_lies_above_the_limit_switches_suggestions_off():
    # 60 of 64 disputes are lost by the assisted seat: 56 of 192 more than by the other one.
    project, _people, _candidates = make_assisted_project(lost=30, generators=12, stop_points=5)

    run_here(project, KIND, {})

    report = Report.objects.get(kind="assistance")
    event = Event.objects.get(kind="suggestions_stopped")
    found, look = report.figures["parts"][0]["effects"]["added_error"], report.figures["parts"][0]["look"]
    assert policy_of(project) == "off"
    # The interval of a look is wider than the one in the table.
    assert 5 < look["low"] < found["low"]
    assert found["high"] < look["high"]
    told = {name: value for name, value in event.data.items() if name != "effects"}
    assert told == {
        "report": report.pk,
        "version": "tiny-1",
        "policy": "measured",
        "effect": "added_error",
        "look": 1,
        "decided": 64,
        "counted": 192,
        "value": found["value"],
        "low": look["low"],
        "high": look["high"],
        "stop_points": 5,
    }


@pytest.mark.parametrize(
    ("project", "report"),
    [
        ({"stop_points": None}, {}),
        ({"stop_points": 3}, {"low": 3.0}),
        ({}, {"number": 0}),
        ({"model_version": "tiny-2"}, {}),
        ({"policy": "off"}, {}),
        ({"policy": "all"}, {}),
        ({"policy": "reveal"}, {"policy": "measured"}),
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


def test_a_lead_who_switched_on_again_is_overruled_by_a_later_look_only():
    project = make_assisted()
    lead = make_lead(project)
    assert stop_if_harmful(report_on(project))
    assert stop_if_harmful(report_on(project, number=2)) is None

    change_settings(project, lead, {"policy": "measured"})

    assert stop_if_harmful(report_on(project)) is None
    assert policy_of(project) == "measured"
    assert stop_if_harmful(report_on(project, number=2))
    assert Event.objects.filter(kind="suggestions_stopped").count() == 2


def test_a_stop_under_one_policy_says_nothing_of_another():
    project = make_assisted()
    assert stop_if_harmful(report_on(project, number=9))

    change_settings(project, make_lead(project), {"policy": "reveal"})

    assert stop_if_harmful(report_on(project, policy="reveal"))
    change_settings(project, make_lead(project), {"policy": "measured"})
    assert stop_if_harmful(report_on(project, number=9)) is None
    assert stop_if_harmful(report_on(project, number=10))


def test_a_look_stands_until_half_as_much_again_is_decided():
    project, people, _candidates = make_assisted_project(lost=30, generators=12)
    [first], [again] = (measure_assistance(project)["parts"] for _ in range(2))
    # 64 disputes are decided; the next look is due at 75.
    agreed = [seat.candidate for seat in Assignment.objects.filter(seat=2, arm="assisted", verdict="reject").order_by("pk")[:11]]
    dispute(agreed[:10], people)
    [short] = measure_assistance(project)["parts"]
    dispute(agreed[10:], people)
    [due] = measure_assistance(project)["parts"]

    assert (first["look"]["number"], first["look"]["decided"]) == (1, 64)
    assert short["decided"] == 74
    assert first["look"] == again["look"] == short["look"]
    assert (due["look"]["number"], due["look"]["decided"]) == (2, 75)
    # A limit that was set after the look is held against it, too.
    Project.objects.update(stop_points=5)
    assert stop_if_harmful(Report.objects.filter(kind="assistance").order_by("-pk")[1]).data["look"] == 1


def dispute(candidates, people):
    """Let the assisted seat of these accept after all, and an adjudicator reject."""
    for candidate in candidates:
        seat = Assignment.objects.get(candidate=candidate, seat=2)
        raw_answer(seat, number=2, kind="edit", verdict="accept", exposure="prefilled")
        update(seat, verdict="accept")
        raw_answer(raw_assignment(candidate, people[2], purpose="adjudication", **answered("reject")), verdict="reject")


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
    project, _people, _candidates = make_assisted_project(lost=30, generators=12, stop_points=5)
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
