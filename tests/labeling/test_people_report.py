"""What is told of people: each figure against hand arithmetic, what is withheld, and what people see of themselves."""

from __future__ import annotations

from datetime import datetime, time, timedelta

import numpy as np
import pytest
from django.utils import timezone

from labeling.models import Answer, Assignment, Candidate, Decision, Gold, Report, Skip
from labeling.quality.cutoff import find_cutoff
from labeling.quality.evidence import find_checks_end, gather
from labeling.quality.labels import read_labels
from labeling.quality.people import JUDGED, find_person, make_people_report, measure_people
from labeling.quality.report import KEPT, keep, newest_report
from labeling.quality.sessions import find_early_and_late, find_fast
from labeling.quality.skills import choose_votes, make_votes, tell_candidate
from tests.factories import make_bundle, make_person, make_project, make_task
from tests.labeling.paired import Pair, make_paired_project, write_pairs
from tests.labeling.raw_rows import raw_decision, raw_gold
from tests.labeling.worked import ACTIVE_MS, adjudicate, answer, answer_gold, make_worked_project, say, settle

pytestmark = pytest.mark.django_db


def figures_of(report, person, part="people"):
    """What a report tells of a person, to leads or (`own`) to themselves."""
    people = report.figures["people"] if part == "people" else report.figures["own"]["people"]
    return find_person(people, person.pk)


@pytest.fixture
def worked():
    return make_worked_project()


def test_a_report_of_nothing_tells_of_nobody():
    report = make_people_report(make_project())

    assert report.figures["people"] == []
    assert report.figures["skills"]["identified"] is False


def test_agreement_and_the_gap_are_those_of_the_persons_own_pairs(worked):
    person = worked.people[0]
    rows = Assignment.objects.filter(project=worked.project, purpose="primary").order_by("candidate_id", "seat")
    said = {}
    for row in rows:
        said.setdefault(row.candidate_id, {})[row.person_id] = row.verdict == "accept"
    pairs = [(two.pop(person.pk), *two.values()) for two in said.values() if person.pk in two]

    figures = figures_of(make_people_report(worked.project), person)["figures"]

    assert figures["agreement"]["n"] == len(pairs)
    assert figures["agreement"]["value"][0] == pytest.approx(100 * np.mean([one == other for one, other in pairs]), abs=1e-5)
    gap = 100 * (np.mean([one for one, _other in pairs]) - np.mean([other for _one, other in pairs]))
    assert figures["accept_gap"]["value"][0] == pytest.approx(gap, abs=1e-5)
    assert figures["accept_rate"]["value"][0] == pytest.approx(100 * np.mean([one for one, _other in pairs]), abs=1e-5)
    value, low, high = figures["agreement"]["value"]
    assert low < value < high


def test_overturned_is_the_share_of_own_disputes_decided_against_oneself(worked):
    person = worked.people[1]
    mine = Assignment.objects.filter(project=worked.project, person=person, purpose="primary")
    disputed = [row for row in mine if row.candidate.decisions.exists()]
    against = [row for row in disputed if row.candidate.decisions.get().verdict != row.verdict]

    figures = figures_of(make_people_report(worked.project), person)["figures"]

    assert figures["overturned"]["n"] == len(disputed) > 20
    assert figures["overturned"]["value"][0] == pytest.approx(100 * len(against) / len(disputed), abs=1e-5)
    assert figures["overturned_of_all"]["value"][0] == pytest.approx(100 * len(against) / mine.count(), abs=1e-5)


def test_disputes_that_wait_are_taken_to_end_as_those_that_were_decided(worked):
    person = worked.people[1]
    for candidate in worked.candidates[::2]:
        reopen(candidate)
    mine = Assignment.objects.filter(project=worked.project, person=person, purpose="primary")
    disputed = [row for row in mine if row.candidate.decisions.exists()]
    decided = [row for row in disputed if row.candidate.decisions.get().revoked_event is None]
    against = [row for row in decided if row.candidate.decisions.get().verdict != row.verdict]

    figures = figures_of(make_people_report(worked.project), person)["figures"]

    assert len(disputed) > len(decided) >= 10
    value, low, high = figures["overturned_of_all"]["value"]
    assert value == pytest.approx(100 * len(disputed) / mine.count() * len(against) / len(decided), abs=1e-5)
    assert low < value < high


def test_without_a_decided_dispute_nothing_is_known_of_overturned_answers(worked):
    for candidate in worked.candidates:
        reopen(candidate)

    figures = figures_of(make_people_report(worked.project), worked.people[1])["figures"]

    assert figures["overturned_of_all"]["value"] == [None, None, None]


def test_the_decision_of_another_round_overturns_nothing(worked):
    for first in Decision.objects.filter(candidate__project=worked.project):
        Decision.objects.filter(pk=first.pk).update(revoked_event=first.event)
        raw_decision(first.candidate, round=2, how="adjudication")

    figures = figures_of(make_people_report(worked.project), worked.people[1])["figures"]

    assert figures["overturned"] == {"n": 0, "withheld": "few_disputes"}


def test_pace_and_active_time_are_those_of_the_answers(worked):
    found = figures_of(make_people_report(worked.project), worked.people[0])

    # Six seconds each: 600 an hour.
    assert found["figures"]["pace"]["value"][0] == pytest.approx(600)
    assert found["figures"]["active"]["value"] == [6, 6, 6]
    assert found["counts"]["active_s"] == found["counts"]["work"] * ACTIVE_MS // 1000


def test_answers_without_a_measured_time_count_in_no_pace():
    worked = make_worked_project(active_ms=lambda _number: None)

    figures = figures_of(make_people_report(worked.project), worked.people[0])["figures"]

    assert figures["pace"] == {"n": 0, "withheld": "few_labels"}
    assert figures["active"] == {"n": 0, "withheld": "few_labels"}


def test_gold_is_right_where_it_is_answered_as_known(worked):
    answer_gold(worked, worked.people[0], hits=15, misses=5)

    figures = figures_of(make_people_report(worked.project), worked.people[0])["figures"]

    assert figures["gold"]["n"] == 20
    value, low, high = figures["gold"]["value"]
    assert value == 75
    assert low < 75 < high
    assert figures["gold"]["n"] == 20


def test_gold_answered_beside_the_suggestion_is_nobodys(worked):
    answer_gold(worked, worked.people[0], hits=5, misses=20, exposure="prefilled")

    report = make_people_report(worked.project)

    for part in ("people", "own"):
        assert figures_of(report, worked.people[0], part)["figures"]["gold"]["withheld"] == "few_gold"
    assert figures_of(report, worked.people[0])["figures"]["gold"]["n"] == 0


def test_late_in_a_session_blind_answers_alone_are_held_against_the_first():
    project, people, candidates = make_paired_project(tasks=60, generators=5)
    began, two = timezone.now() - timedelta(days=3), (people[0], people[1])
    ats = [began + timedelta(seconds=30 * number) for number in range(len(candidates))]
    write_pairs(
        Pair(candidate=row, people=two, verdicts=("accept", "accept"), exposures=("none", "prefilled"), at=(at, at))
        for row, at in zip(candidates, ats, strict=True)
    )
    sessions = {"n": 20, "withheld": "few_labels"}

    report = make_people_report(project)

    assert figures_of(report, people[0])["figures"]["session_accept_rate"] == sessions
    assert figures_of(report, people[1])["figures"]["session_accept_rate"] == sessions | {"n": 0}


def test_fewer_than_twenty_golds_are_withheld(worked):
    answer_gold(worked, worked.people[0], hits=19, misses=0)

    figures = figures_of(make_people_report(worked.project), worked.people[0])["figures"]

    assert figures["gold"] == {"n": 19, "withheld": "few_gold"}


def test_a_repeat_is_held_against_the_own_first_answer(worked):
    mine = list(Assignment.objects.filter(project=worked.project, person=worked.people[0], purpose="primary").order_by("pk")[:30])
    for number, row in enumerate(mine):
        said = row.verdict if number < 24 else say(row.verdict == "reject")
        answer(row.candidate, row.person, said, timezone.now() - timedelta(days=2), purpose="repeat")

    figures = figures_of(make_people_report(worked.project), worked.people[0])["figures"]

    # 24 of 30.
    assert figures["consistency"]["n"] == 30
    assert figures["consistency"]["value"][0] == pytest.approx(80)


def test_a_skip_counts_among_answers_and_skips(worked):
    person = worked.people[0]
    mine = Assignment.objects.filter(project=worked.project, person=person, purpose="primary").order_by("pk")
    for row in mine[:10]:
        Skip.objects.create(assignment=row, candidate=row.candidate, person=person, round=1, why="other")

    figures = figures_of(make_people_report(worked.project), person)["figures"]

    assert figures["skip_rate"]["n"] == mine.count() + 10
    assert figures["skip_rate"]["value"][0] == pytest.approx(100 * 10 / (mine.count() + 10), abs=1e-5)


def test_assisted_answers_are_in_no_pair_and_no_vote():
    project, people, candidates = make_paired_project(tasks=20, generators=5)
    two = (people[0], people[1])
    write_pairs(
        Pair(candidate=row, people=two, verdicts=("accept", "accept"), exposures=("none", "prefilled" if row.pk % 2 else "none"))
        for row in candidates
    )

    report = make_people_report(project)

    assert figures_of(report, people[0])["figures"]["agreement"]["n"] == 50
    assert figures_of(report, people[0])["figures"]["accept_rate"]["n"] == 100
    # The second person has seen what is suggested in half of them.
    assert figures_of(report, people[1])["figures"]["accept_rate"]["n"] == 50
    assert figures_of(report, people[1])["figures"]["sensitivity"]["n"] == 50


def test_an_adjudication_of_a_pair_with_an_assisted_answer_is_no_vote():
    project, people, candidates = make_paired_project(tasks=1, generators=2)
    for candidate, exposure in zip(candidates, ("none", "prefilled"), strict=True):
        two = (people[0], people[1])
        write_pairs([Pair(candidate=candidate, people=two, verdicts=("accept", "reject"), exposures=("none", exposure))])
        adjudicate(candidate, people[2], "accept", timezone.now())

    labels = read_labels(project, timezone.now())
    votes = [(int(labels.candidates[place]), int(labels.people[place])) for place in choose_votes(labels)]

    blind, assisted = (candidate.pk for candidate in candidates)
    assert sorted(votes) == sorted([(blind, people[0].pk), (blind, people[1].pk), (blind, people[2].pk), (assisted, people[0].pk)])


def test_of_an_adjudication_the_blind_answer_is_the_vote_whatever_was_decided_after_the_reveal():
    project, people, [candidate] = make_paired_project(tasks=1, generators=1)
    write_pairs([Pair(candidate=candidate, people=(people[0], people[1]), verdicts=("accept", "reject"))])
    adjudicate(candidate, people[2], "accept", timezone.now())
    row = Assignment.objects.get(purpose="adjudication")
    event = row.answers.get().event
    Answer.objects.create(assignment=row, number=2, kind="revise", verdict="reject", reason_class="taste", event=event)

    labels = read_labels(project, timezone.now())

    assert labels.accepts[labels.are("adjudication")].tolist() == [True]


def test_votes_are_those_of_the_earliest_round_and_of_gold():
    project, people, [candidate] = make_paired_project(tasks=1, generators=1)
    write_pairs([Pair(candidate=candidate, people=(people[0], people[1]), verdicts=("accept", "accept"))])
    write_pairs([Pair(candidate=candidate, people=(people[2], people[1]), verdicts=("reject", "reject"))], round=2)
    raw_gold(candidate, verdict="accept")
    answer(candidate, people[3], "accept", timezone.now(), purpose="gold")

    votes, known = make_votes(read_labels(project, timezone.now()))

    assert sorted(known[votes.people].tolist()) == sorted(person.pk for person in (people[0], people[1], people[3]))
    assert votes.accepts.all()
    # Settled gold rests on labels itself: it is no truth.
    assert votes.truth.tolist() == [-1]


def test_imported_gold_is_a_known_truth():
    project, people, [candidate] = make_paired_project(tasks=1, generators=1)
    raw_gold(candidate, verdict="reject", source="imported")
    answer(candidate, people[3], "accept", timezone.now(), purpose="gold")

    votes, _known = make_votes(read_labels(project, timezone.now()))

    assert votes.truth.tolist() == [0]


def test_skills_have_intervals_once_disputes_are_adjudicated(worked):
    report = make_people_report(worked.project)

    figures = figures_of(report, worked.people[0])["figures"]

    assert report.figures["skills"]["identified"] is True
    for name in ("sensitivity", "specificity"):
        value, low, high = figures[name]["value"]
        # People are right in 85 of 100 cases.
        assert low < value < high
        assert low < 85 < high


def test_the_posterior_of_a_candidate_follows_its_answers(worked):
    report = keep(make_people_report(worked.project))
    agreed = [row for row in worked.candidates if not row.decisions.exists()]
    verdict = {row.pk: row.assignments.filter(purpose="primary").first().verdict for row in agreed}
    accepted, rejected = (next(row for row in agreed if verdict[row.pk] == wanted) for wanted in ("accept", "reject"))

    high, low = (tell_candidate(report, row) for row in (accepted, rejected))

    assert (high.labels, low.labels) == (2, 2)
    assert high.percent > 80 > 20 > low.percent


def test_a_candidate_without_answers_has_no_posterior(worked):
    report = keep(make_people_report(worked.project))
    [fresh] = make_paired_project(tasks=1, generators=1)[2]

    assert tell_candidate(report, fresh) is None
    assert tell_candidate(None, worked.candidates[0]) is None


def test_people_see_nothing_of_candidates_settled_within_a_day():
    worked = make_worked_project(days_ago=0.9)

    report = make_people_report(worked.project)

    person = worked.people[0]
    assert figures_of(report, person)["figures"]["agreement"]["n"] > 100
    own = figures_of(report, person, "own")
    assert own is None or own["figures"]["agreement"]["n"] == 0


def test_people_see_nothing_of_candidates_that_are_open_again(worked):
    Candidate.objects.filter(project=worked.project).update(state="open", q_state=0)

    own = figures_of(make_people_report(worked.project), worked.people[0], "own")

    assert {name: own["figures"][name]["n"] for name in ("agreement", "accept_rate", "overturned", "sensitivity")} == {
        "agreement": 0,
        "accept_rate": 0,
        "overturned": 0,
        "sensitivity": 0,
    }


@pytest.mark.parametrize("others", ["accept", "reject"])
def test_what_people_see_does_not_depend_on_answers_to_open_candidates(others):
    """The same project twice: nothing open in it, and 20 more open candidates that the others answered."""
    without, more = make_worked_project(seed=4), make_worked_project(seed=4)
    [_nothing, opened] = [make_bundle(make_task(one.project, quantity=20)).candidates.all() for one in (without, more)]
    now, others_two = timezone.now() - timedelta(days=2), (more.people[1], more.people[2])
    pairs = [Pair(candidate=row, people=others_two, verdicts=("accept", others), at=(now, now)) for row in opened]
    write_pairs(pairs)

    told = [figures_of(make_people_report(one.project), one.people[0], "own") for one in (without, more)]

    assert {**told[0], "person": 0} == {**told[1], "person": 0}


def test_people_see_golds_and_repeats_in_tens_only(worked):
    answer_gold(worked, worked.people[0], hits=29, misses=0)

    report = make_people_report(worked.project)

    assert figures_of(report, worked.people[0])["figures"]["gold"]["n"] == 29
    assert figures_of(report, worked.people[0], "own")["figures"]["gold"]["n"] == 20


def test_people_see_no_gold_answered_within_a_day_and_not_how_many_there_are(worked):
    answer_gold(worked, worked.people[0], hits=20, misses=0, days_ago=0.5)

    figures = figures_of(make_people_report(worked.project), worked.people[0], "own")["figures"]

    assert figures["gold"] == {"n": None, "withheld": "few_gold"}
    assert figures["consistency"] == {"n": None, "withheld": "few_repeats"}


@pytest.mark.parametrize("gold", [0, 11, 19])
def test_people_see_the_same_whether_they_answered_no_gold_or_too_few(worked, gold):
    answer_gold(worked, worked.people[0], hits=gold, misses=0)

    assert figures_of(make_people_report(worked.project), worked.people[0], "own")["figures"]["gold"] == {"n": None, "withheld": "few_gold"}


def test_gold_is_told_anew_once_a_week():
    zone = timezone.get_current_timezone()
    noon = datetime(2026, 11, 23, 12, tzinfo=zone)

    ends = [find_checks_end(noon + timedelta(days=day)) for day in range(8)]

    # From Monday to Sunday it is what came before the Sunday, then before the next.
    first, second = (datetime(2026, 11, day, tzinfo=zone).timestamp() for day in (22, 29))
    assert ends == [first] * 7 + [second]


def test_gold_of_this_week_waits_for_the_next(worked):
    began = datetime.fromtimestamp(find_checks_end(timezone.now()), tz=timezone.get_current_timezone())
    since = (timezone.now() - began) / timedelta(days=1)
    answer_gold(worked, worked.people[0], hits=20, misses=0, days_ago=since - 0.01)
    answer_gold(worked, worked.people[1], hits=20, misses=0, days_ago=since + 0.01)

    report = make_people_report(worked.project)

    assert figures_of(report, worked.people[0], "own")["figures"]["gold"]["n"] is None
    assert figures_of(report, worked.people[1], "own")["figures"]["gold"]["n"] == 20


def test_what_people_see_is_measured_once_a_day(worked):
    first = keep(make_people_report(worked.project))
    answer_gold(worked, worked.people[0], hits=30, misses=0)

    same_day = keep(make_people_report(worked.project))

    assert same_day.figures["own"] == first.figures["own"]
    first.figures["own"]["day"] = "2026-01-01"
    Report.objects.filter(pk=same_day.pk).update(figures=first.figures)
    assert figures_of(make_people_report(worked.project), worked.people[0], "own")["figures"]["gold"]["n"] == 30


def test_the_last_reports_of_people_are_kept_apart_from_those_of_agreement(worked):
    for _ in range(KEPT + 2):
        keep(Report(project=worked.project, kind="people", seconds=1, figures={"own": {"day": ""}}, tasks=[]))

    assert Report.objects.filter(kind="people").count() == KEPT
    assert newest_report(worked.project) is None
    assert newest_report(worked.project, "people") is not None


def test_a_week_is_told_by_its_monday():
    monday = timezone.localdate() - timedelta(days=timezone.localdate().weekday(), weeks=8)
    noon = timezone.make_aware(datetime.combine(monday, time(12)))
    worked = make_worked_project(later=lambda number: noon - timezone.now() if number < 100 else timedelta(0))

    weeks = figures_of(make_people_report(worked.project), worked.people[0])["weeks"]

    began = (noon - timedelta(days=3, hours=12)).date()
    assert weeks[0]["week"] == (began - timedelta(days=began.weekday())).isoformat()
    mine = Assignment.objects.filter(person=worked.people[0], purpose="primary").count()
    assert sum(week["accept_rate"]["n"] for week in weeks) == mine


def test_recent_weeks_are_held_against_those_before():
    worked = make_worked_project(later=lambda number: timedelta(weeks=-9 * (number < 100)))
    person, old = worked.people[0], timezone.now() - timedelta(weeks=8)
    mine = Assignment.objects.filter(project=worked.project, person=person, purpose="primary")

    figures = figures_of(make_people_report(worked.project), person)["figures"]

    early, late = (
        np.mean([row.verdict == "accept" for row in rows])
        for rows in (mine.filter(submitted_at__lt=old), mine.filter(submitted_at__gte=old))
    )
    assert figures["weeks_accept_rate"]["value"][0] == pytest.approx(100 * (late - early), abs=1e-5)


def test_early_and_late_answers_of_a_session_are_told_apart(worked):
    labels = read_labels(worked.project, timezone.now())
    labels = labels.those(labels.are("primary") & (labels.people == worked.people[0].pk))

    early, late = find_early_and_late(labels)

    # One session: 133 answers within 200 candidates, each 20 seconds after the last.
    assert early.sum() == 20
    assert set(np.flatnonzero(early)) == set(range(20))
    assert late.sum() == (labels.at - labels.at.min() >= 3600).sum() > 0


def test_a_pause_of_more_than_half_an_hour_begins_another_session(worked):
    labels = read_labels(worked.project, timezone.now())
    labels = labels.those(labels.people == worked.people[0].pk)
    moved = labels.at + 1900 * (np.arange(len(labels)) >= 60)

    early, late = find_early_and_late(type(labels)(**vars(labels) | {"at": moved}))

    assert early.sum() == 40
    assert late.sum() < (moved - moved.min() >= 3600).sum()


def test_fast_is_less_than_a_third_of_the_own_median_in_the_category(worked):
    labels = read_labels(worked.project, timezone.now())
    labels = labels.those(labels.are("primary") & (labels.people == worked.people[0].pk))
    active = np.where(np.arange(len(labels)) < 3, 1999, 6000)

    fast, known = find_fast(type(labels)(**vars(labels) | {"active_ms": active}))

    assert known.all()
    assert fast.sum() == 3
    unmeasured = np.full(len(labels), -1)
    assert not find_fast(type(labels)(**vars(labels) | {"active_ms": unmeasured}))[1].any()


def test_a_voided_answer_is_told_of_nowhere(worked):
    before = figures_of(make_people_report(worked.project), worked.people[0])["figures"]["agreement"]["n"]
    mine = Assignment.objects.filter(project=worked.project, person=worked.people[0], purpose="primary", candidate__decisions=None)
    Assignment.objects.filter(pk=mine.earliest("pk").pk).update(status="void", void_reason="x")

    assert figures_of(make_people_report(worked.project), worked.people[0])["figures"]["agreement"]["n"] == before - 1


def test_somebody_who_did_nothing_is_not_told_of(worked):
    idle = make_person(worked.project)

    assert figures_of(make_people_report(worked.project), idle) is None


def test_settled_candidates_of_another_project_do_not_matter(worked):
    other = make_worked_project(tasks=2)
    settle(other.project, 5)

    people = {found["person"] for found in make_people_report(worked.project).figures["people"]}

    assert people == {person.pk for person in worked.people}
    assert not Gold.objects.exists()


def make_backlog(waiting=150):
    """A project of one pair an hour in which the disputes among the candidates from number `waiting` on are not adjudicated yet."""
    worked = make_worked_project(days_ago=12, later=lambda number: timedelta(hours=number))
    for candidate in worked.candidates[waiting:]:
        reopen(candidate)
    return worked


def reopen(candidate):
    """Let a dispute wait; what was agreed on stays settled."""
    for decision in Decision.objects.filter(candidate=candidate):
        Decision.objects.filter(pk=decision.pk).update(revoked_event=decision.event)
        Candidate.objects.filter(pk=candidate.pk).update(state="open", q_state=0)


def test_over_a_backlog_of_disputes_people_see_what_leads_see_of_the_days_before_it():
    worked = make_backlog()
    now = timezone.now()
    labels = read_labels(worked.project, now)
    disputed = Assignment.objects.filter(candidate__project=worked.project, candidate__state="open", purpose="primary")
    midnight = timezone.localtime(disputed.earliest("submitted_at").submitted_at).replace(hour=0, minute=0, second=0, microsecond=0)
    days_before = labels.those(labels.at < midnight.timestamp())
    people, _skills = measure_people(gather(worked.project, days_before, now), worked.project.seed)

    report = make_people_report(worked.project)

    for person in worked.people[:3]:
        own, expected = figures_of(report, person, "own")["figures"], find_person(people, person.pk)["figures"]
        # But for the reason why some are withheld.
        assert {name: (own[name]["n"], own[name].get("value")) for name in JUDGED} == {
            name: (expected[name]["n"], expected[name].get("value")) for name in JUDGED
        }
        assert 50 < own["agreement"]["n"] < figures_of(report, person)["figures"]["agreement"]["n"]
        # What is settled by now would agree more often.
        assert own["agreement"]["value"][0] < 85


def test_where_all_disputes_wait_people_are_told_that_and_nothing_else():
    worked = make_backlog(waiting=0)

    figures = figures_of(make_people_report(worked.project), worked.people[0], "own")["figures"]

    assert figures["agreement"]["withheld"] == "waiting"
    assert figures["accept_rate"]["withheld"] == "waiting"
    assert figures["specificity"]["withheld"] == "waiting"
    assert "value" not in figures["agreement"]
    assert "value" in figures["pace"]


def test_what_is_not_settled_for_want_of_a_day_does_not_wait_for_disputes():
    worked = make_worked_project(days_ago=0.4)

    own = figures_of(make_people_report(worked.project), worked.people[0], "own")

    assert own is None or own["figures"]["agreement"]["withheld"] == "few_pairs"


def test_a_withdrawn_candidate_holds_nobody_up():
    worked = make_worked_project(days_ago=12, later=lambda number: timedelta(hours=number))
    Candidate.objects.filter(pk=worked.candidates[3].pk).update(state="withdrawn", q_state=6)

    report = make_people_report(worked.project)

    all_pairs, own = (figures_of(report, worked.people[1], part)["figures"]["agreement"]["n"] for part in ("people", "own"))
    assert own == all_pairs - 1


NOW = datetime(2026, 11, 27, 12, tzinfo=timezone.get_default_timezone())
DAY = 24 * 60 * 60


def cut_off(waiting, days=100):
    """The day, counted from the first of `days` days of ten pairs each up to now, before which pairs count; `waiting` are (day, pairs)."""
    complete = np.repeat(int(NOW.timestamp()) + DAY * (np.arange(days) - days), 10)
    waits = np.zeros(len(complete), dtype=bool)
    for day, pairs in waiting:
        waits[10 * day : 10 * day + pairs] = True
    until = find_cutoff(complete, waits, NOW)
    return until if np.isinf(until) else round((until - NOW.timestamp()) / DAY + days + 0.5)


def test_the_cutoff_is_the_midnight_before_the_oldest_pair_that_waits():
    assert cut_off([]) == np.inf
    assert cut_off([(80, 1), (90, 3)]) == 80
    assert cut_off([(0, 1)], days=20) == 0


def test_a_pair_that_waits_for_a_month_is_given_up_while_there_are_few():
    # 8 of 1,000 are less than one in a hundred, 11 are more.
    assert cut_off([(10, 8)]) == np.inf
    assert cut_off([(10, 11)]) == 10
    assert cut_off([(10, 8), (90, 1)]) == 90
    # 8 of the 790 before the next that wait.
    assert cut_off([(10, 8), (79, 1)]) == 10
