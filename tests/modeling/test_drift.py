"""How the version in use does on blind labels that came after it spoke."""

from datetime import timedelta

import numpy as np
import pytest
from django.utils import timezone

from labeling.jobs.run import run_job
from labeling.models import Candidate, Decision, Job, Project
from modeling.drift import find_labels, look_at_drift, simulate_log_loss_limit
from modeling.drift_due import look_at_due
from modeling.models import DriftLook, ModelVersion
from tests.factories import make_bundle, make_generator, make_person, make_project, make_task
from tests.labeling.paired import Pair, write_pairs
from tests.labeling.raw_rows import raw_decision, raw_event, raw_suggestion
from tests.modeling.made_registry import make_version_row

pytestmark = pytest.mark.django_db
LAST_WEEK = timezone.now() - timedelta(days=7)


def make_watched_project(candidates=120, *, p=0.7, accepted=0.7, version=None):
    """A project whose version said `p` of every candidate a week ago; since then a share was accepted by two blind answers."""
    project = make_project()
    version = version or make_version_row(project)
    Project.objects.filter(pk=project.pk).update(model_version=version.name)
    project.refresh_from_db()
    add_decided(project, version, candidates, p=p, accepted=accepted)
    return project, version


def add_decided(project, version, count, *, p=0.7, accepted=0.7, exposures=("none", "none"), spoken_at=LAST_WEEK, how="consensus"):
    """So many candidates of which the version spoke at a time, decided now."""
    people = make_person(project), make_person(project)
    task, generators = make_task(project), [make_generator() for _ in range(count)]
    candidates = [make_bundle(task, generator).candidates.get() for generator in generators]
    verdicts = ["accept" if number < accepted * count else "reject" for number in range(count)]
    for candidate in candidates:
        raw_suggestion(candidate, p, model_version=version.name, created_at=spoken_at)
    write_pairs(
        Pair(candidate=candidate, people=people, verdicts=(verdict, verdict), exposures=exposures)
        for candidate, verdict in zip(candidates, verdicts, strict=True)
    )
    for candidate, verdict in zip(candidates, verdicts, strict=True):
        raw_decision(candidate, verdict=verdict, how=how)
    Candidate.objects.filter(pk__in=[candidate.pk for candidate in candidates]).update(state="settled", q_state=5)
    return candidates


def test_a_version_that_is_right_as_often_as_it_says_raises_no_alarm():
    project, version = make_watched_project(p=0.7, accepted=0.7)

    look = look_at_drift(project)

    # 84 of 120 accepted, and 0.7 said of each: no calibration error, and the log loss of the share itself.
    expected = -(0.7 * np.log(0.7) + 0.3 * np.log(0.3))
    assert (look.model_version, look.n, look.is_alarm) == (version.name, 120, False)
    assert look.figures["ece"] == pytest.approx(0, abs=1e-9)
    assert look.figures["log_loss"] == pytest.approx(expected)
    assert (look.figures["rate"], look.figures["mean_p"]) == (pytest.approx(0.7), pytest.approx(0.7))


def test_a_version_that_has_become_too_hopeful_raises_the_alarm():
    project, _version = make_watched_project(p=0.7, accepted=0.45)

    look = look_at_drift(project)

    # The error is 0.25; that of a calibrated version of this size has a spread of sqrt(.7 * .3 / 120) = 0.042.
    assert look.is_alarm
    assert look.figures["ece"] == pytest.approx(0.25)
    assert look.figures["ece_limit"] == pytest.approx(1.96 * 0.042, rel=0.1)


def test_only_blind_decisions_of_this_site_that_came_later_count():
    project, version = make_watched_project(10)
    add_decided(project, version, 3, exposures=("prefilled", "none"))
    add_decided(project, version, 4, spoken_at=timezone.now() + timedelta(minutes=1))
    add_decided(project, version, 5, how="imported")
    replaced = add_decided(project, version, 1)[0]
    Candidate.objects.filter(pk=replaced.pk).update(image=add_decided(project, make_version_row(project), 1)[0].image)
    revoked = add_decided(project, version, 1)[0]
    Decision.objects.filter(candidate=revoked).update(revoked_event=raw_event(revoked))

    labels = find_labels(project, version.name)

    assert len(labels) == 10
    assert [label.accepts for label in labels].count(True) == 7


def test_an_earlier_round_that_was_assisted_does_not_count_against_a_blind_one():
    project, version = make_watched_project(10)
    candidate = add_decided(project, version, 1, exposures=("prefilled", "none"))[0]
    before = len(find_labels(project, version.name))

    Decision.objects.filter(candidate=candidate).update(revoked_event=raw_event(candidate))
    raw_decision(candidate, round=2)

    assert (before, len(find_labels(project, version.name))) == (10, 11)


def test_fewer_than_a_hundred_labels_say_nothing():
    assert look_at_drift(make_watched_project(99)[0]) is None


def test_the_limit_of_the_log_loss_is_what_a_calibrated_version_stays_below_19_times_in_20():
    p = np.full(400, 0.8)
    random = np.random.default_rng(1)
    losses = np.where(random.random((4000, 400)) < 0.8, -np.log(0.8), -np.log(0.2)).mean(axis=1)

    limit = simulate_log_loss_limit(p)

    assert np.mean(losses <= limit) == pytest.approx(0.95, abs=0.015)


def test_looks_are_taken_after_a_hundred_new_labels_and_at_most_daily():
    project, version = make_watched_project(100)

    def look_due(**fields):
        ModelVersion.objects.filter(pk=version.pk).update(drift_at=None)
        DriftLook.objects.update(**fields) if fields else None
        made = look_at_due()
        for job in Job.objects.filter(kind="drift", state="queued"):
            run_job(job.pk)
        return made

    first, again = look_due(), look_due()
    add_decided(project, version, 3)
    same_day = look_due()
    next_day = look_due(at=timezone.now() - timedelta(days=1, minutes=1))
    add_decided(project, version, 100)
    hundred_more = look_due()

    assert (first, again, same_day, next_day, hundred_more) == (1, 0, 0, 1, 1)
    assert list(DriftLook.objects.order_by("pk").values_list("n", flat=True)) == [100, 103, 203]


def test_nobody_counts_again_within_ten_minutes(django_assert_num_queries):
    make_watched_project(5)
    look_at_due()

    with django_assert_num_queries(1):
        assert look_at_due() == 0
