"""How a project goes, by program: states, throughput, forecast, agreement, workers; the same figures as on its page."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from labeling.jobs.run import run_job
from labeling.lead.forecast import Limit, Workload
from labeling.lead.throughput import DayCount
from labeling.models import Job, Membership
from labeling.protocol.archive import archive_project
from labeling.protocol.hold import withdraw_candidate
from labeling.quality.report import measure_agreement
from tests.factories import adjudicate_as, answer_as, dispute, lease_for, make_candidate, make_lead, make_person, make_project
from tests.labeling.api.programs import Program
from tests.labeling.paired import Pair, make_paired_project, write_pairs

pytestmark = pytest.mark.django_db


@pytest.fixture
def project():
    return make_project(slug="posters")


@pytest.fixture
def lead(project):
    return make_lead(project, username="lea")


@pytest.fixture
def program(project, lead):
    return Program(lead, project)


def agree(project):
    """A candidate that two new people accepted."""
    candidate = make_candidate(project)
    for _ in range(2):
        answer_as(make_person(project), candidate, "accept")
    return candidate


def test_states_say_what_is_needed_what_is_done_and_which_disputes_wait_for_a_window(project, lead, program):
    project.undo_minutes = 15
    project.save()
    agree(project)
    dispute(make_candidate(project))
    make_candidate(project)
    withdraw_candidate(make_candidate(project).public_id, lead, "not ours")

    states = program.get("states").data
    in_chinese = program.get("states", headers={"Accept-Language": "zh-hans"}).data

    # One of the three that are not withdrawn is settled: 33.3 %, rounded.
    assert (states["tasks"], states["total"], states["needed"], states["done_percent"]) == (4, 4, 3, 33)
    assert states["unripe"]["count"] == 1
    assert states["unripe"]["next"] > timezone.now().isoformat()
    assert [row["category"] for row in in_chinese["categories"]] == ["Digital"]


def test_states_of_nothing_are_zero_and_null(program):
    states = program.get("states").data

    assert (states["tasks"], states["total"], states["done_percent"], states["unripe"], states["categories"]) == (0, 0, None, None, [])


def test_throughput_tells_the_last_thirty_days_with_idle_ones(project, program):
    candidate = make_candidate(project)
    dispute(candidate)
    adjudicate_as(make_person(project), candidate, "accept")

    told = program.get("throughput").data

    # Two primary answers and an adjudication, which decided the candidate.
    assert told["days"][-1] == {"day": timezone.localdate().isoformat(), "primary": 2, "adjudications": 1, "decided": 1}
    assert (len(told["days"]), told["week"]) == (30, 3)
    assert {row["primary"] for row in told["days"][:-1]} == {0}


def test_the_forecast_names_the_day_its_interval_its_limit_and_what_it_is_made_from(project, program, monkeypatch):
    days = [DayCount(day=date(2026, 3, 7) + timedelta(days=number), primary=100, adjudications=10, decided=0) for number in range(4)]
    work = Workload(primaries=450, open=250, compared=100, differed=10)
    monkeypatch.setattr("labeling.api.overview.read_workload", lambda *_of: work)
    monkeypatch.setattr("labeling.api.overview.count_days", lambda *_of: days)

    told = program.get("forecast").data

    # 450 answers at 100 a day, the same each day: 4.5 days after 2026-03-10, so on the fifth.
    assert (told["is_done"], told["day"], told["earliest"], told["latest"], told["reason"]) == (False, *["2026-03-15"] * 3, "")
    assert told["limit"] == {"code": "annotators", "message": str(Limit.ANNOTATORS.label)}
    assert told["assumptions"][0].startswith("450 primary answers are still needed; people gave 100.0 per working day")


def test_the_forecast_warns_of_too_few_people_and_what_they_cannot_do(project, program):
    make_candidate(project)
    for _ in range(2):
        make_person(project, can_adjudicate=False)

    few = program.get("forecast").data
    in_chinese = program.get("forecast", headers={"Accept-Language": "zh-hans"}).data
    make_person(project, can_label=False)
    three = program.get("forecast").data

    assert few["shortages"][0].startswith("Fewer than three people can answer here.")
    assert (few["day"], few["limit"]["code"]) == (None, "people")
    assert not in_chinese["shortages"][0].isascii()
    assert (three["shortages"], three["limit"]) == ([], None)
    assert three["reason"].startswith("Not enough to say yet")
    assert three["exclusions"] == [
        "With three people no adjudicated candidate can be reopened: its adjudicator may not answer in the round after."
    ]


def test_the_forecast_of_what_is_decided_is_done(project, program):
    agree(project)

    told = program.get("forecast").data

    assert (told["is_done"], told["limit"], told["assumptions"]) == (True, None, [])


def test_agreement_is_told_as_it_was_measured(project, program):
    agree(project)
    dispute(make_candidate(project))
    assert program.get("agreement").status_code == 404

    job = program.post("agreement")
    assert (job.status_code, job.data["kind"]) == (202, "agreement")
    assert program.post("agreement").data["id"] == job.data["id"]
    assert run_job(Job.objects.get(public_id=job.data["id"]).pk)
    told = program.get("agreement").data

    # One of two pairs is equal.
    row = {"pairs": 2, "equal": 1, "tasks": 2, "withheld": "few_pairs", "values": None}
    assert told["overall"] == row
    assert told["groups"]["category"] == [{**row, "key": "Digital"}]
    assert told["groups"]["exposure"] == [{**row, "key": "blind"}]
    assert (told["sample"]["wanted"], told["sample"]["withheld"]) == (2000, "few_pairs")
    assert sum(cell["pairs"] for cell in told["people"]) == 2


def test_coefficients_come_with_their_intervals(program):
    project, people, candidates = make_paired_project()
    write_pairs(
        Pair(candidate=candidate, people=(people[0], people[1]), verdicts=("accept", "accept" if number % 4 else "reject"))
        for number, candidate in enumerate(candidates)
    )
    measure_agreement(project)

    told = Program(make_lead(project), project).get("agreement").data["overall"]

    assert (told["pairs"], told["withheld"]) == (72, None)
    # Every fourth of the 72 pairs differs; one of the two never rejects, so kappa is 0 whichever tasks are drawn.
    assert told["values"]["percent"]["value"] == 75
    assert told["values"]["percent"]["low"] < 75 < told["values"]["percent"]["high"]
    assert told["values"]["cohen_kappa"] == {"value": 0, "low": 0, "high": 0}


def test_tables_of_agreement_are_those_of_the_page(project, program):
    agree(project)
    measure_agreement(project)

    reply = program.get("agreement_table", part="category")

    lines = b"".join(reply.streaming_content).decode("utf-8-sig").splitlines()
    assert lines[0].startswith("group,key,pairs,equal,tasks,percent,percent_low,percent_high")
    assert lines[1].startswith("category,Digital,1,1,1,,")
    assert program.get("agreement_table", part="secrets").status_code == 422


def test_workers_are_members_and_former_ones_with_what_they_did_and_hold(project, program):
    ann, bea = make_person(project, username="ann", can_adjudicate=False), make_person(project, username="bea")
    make_person(project, username="cy")
    answer_as(ann, make_candidate(project), "accept")
    lease_for(ann, make_candidate(project))
    answer_as(bea, make_candidate(project), "accept")
    Membership.objects.filter(person=bea).update(active=False)

    told = program.get("workers").data

    rows = [(row["person"]["username"], row["is_active"], row["today"], row["total"], row["in_hand"]) for row in told["results"]]
    assert rows == [("ann", True, 1, 1, 1), ("cy", True, 0, 0, 0), ("lea", True, 0, 0, 0), ("bea", False, 1, 1, 0)]
    assert told["in_hand"] == 1
    assert told["results"][0]["can_adjudicate"] is False
    assert [row["last_seen"] is None for row in told["results"]] == [False, True, True, False]


def test_the_figures_of_an_archived_project_can_be_read(project, lead, program):
    make_candidate(project)
    for _ in range(2):
        make_person(project, can_adjudicate=False)
    make_person(project, can_label=False)
    measure_agreement(project)
    archive_project(project, lead)

    replies = {name: program.get(name).status_code for name in ("states", "throughput", "agreement", "workers", "notices")}
    told = program.get("forecast").data

    assert set(replies.values()) == {200}
    assert told["reason"].startswith("The project is archived")
