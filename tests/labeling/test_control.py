"""What audits and second adjudications come to: the report, its page, its table, over the API and from the command line."""

import json
import uuid
from datetime import timedelta
from io import StringIO

import numpy as np
import pytest
from django.core.management import call_command

from labeling.browse.find import read_all
from labeling.browse.orders import ById
from labeling.browse.wanted import Wanted, read_params
from labeling.jobs.run import run_here
from labeling.models import Assignment, Candidate, Project, Report
from labeling.protocol.adjudicate import confirm_adjudication
from labeling.protocol.hold import reopen_candidate
from labeling.protocol.submission import Submission
from labeling.quality import due
from labeling.quality.control import make_control_report
from labeling.quality.control_figures import HEADER, read_control
from labeling.quality.due import is_due
from labeling.quality.job import KIND
from labeling.quality.report import keep, make_report, newest_report
from labeling.shares import estimate_share
from tests.factories import agree, dispute, make_bundle, make_candidate, make_lead, make_person, make_project, make_task, review_as
from tests.labeling.api.programs import Program
from tests.labeling.paired import NOON
from tests.labeling.visiting import address, read, told, visit_as

pytestmark = pytest.mark.django_db

REJECT = Submission(verdict="reject")


@pytest.fixture
def project():
    """A project in which everything that is settled is looked at once more."""
    return make_project(slug="checked", audit_share=100, second_share=100)


@pytest.fixture
def lead(project):
    return make_lead(project)


def audit(project, verdict):
    """A candidate that two accepted, audited."""
    candidate = make_candidate(project)
    agree(candidate)
    review_as(make_person(project), candidate, verdict)
    return candidate


def adjudicate_twice(project, first, second, revised=None):
    """A dispute that two people adjudicated, the first one changing their verdict to `revised` after the reveal."""
    candidate, person = make_candidate(project), make_person(project)
    dispute(candidate)
    lease = review_as(person, candidate, first)
    submission = Submission(verdict=revised) if revised else None
    confirm_adjudication(lease.public_id, person, "taste", submission, uuid.uuid4())
    review_as(make_person(project), candidate, second)
    return candidate


@pytest.fixture
def checked(project):
    """Four audits, one of which contradicts, and three second adjudications, one of which differs; one first verdict was revised."""
    against = [audit(project, "reject")]
    agreed = [audit(project, "accept") for _ in range(3)]
    same = [adjudicate_twice(project, "accept", "accept"), adjudicate_twice(project, "reject", "reject", revised="accept")]
    differ = [adjudicate_twice(project, "accept", "reject")]
    return {"audit_against": against, "audit": against + agreed, "second_against": differ, "second": same + differ}


def test_the_share_of_agreed_but_wrong_is_that_of_the_audits_that_contradict(project, checked):
    figures = make_control_report(project).figures

    overall = figures["audits"]["overall"]
    expected = estimate_share(np.array([1.0, 0, 0, 0]), np.arange(4))
    assert (overall["count"], overall["hits"], overall["tasks"], overall["agreed"]) == (4, 1, 4, 4)
    assert overall["percent"] == [pytest.approx(value, abs=1e-5) for value in (expected.value, expected.low, expected.high)]
    # A quarter of the four that were agreed on.
    assert overall["wrong"] == [1.0, round(expected.low * 4 / 100, 1), round(expected.high * 4 / 100, 1)]
    assert [(row["key"], row["count"]) for row in figures["audits"]["categories"]] == [("Digital", 4)]


def test_an_audit_counts_on_when_its_candidate_is_reopened_because_of_it(project, checked, lead):
    reopen_candidate(checked["audit_against"][0].public_id, lead, "audit contradicts")

    overall = make_control_report(project).figures["audits"]["overall"]

    assert (overall["count"], overall["hits"], overall["agreed"]) == (4, 1, 3)


def test_an_audit_whose_pair_is_void_says_nothing(project, checked):
    candidate = checked["audit_against"][0]
    row = candidate.assignments.filter(purpose="primary").first()
    Assignment.objects.filter(pk=row.pk).update(status="void", void_reason="Clicked through")

    assert make_control_report(project).figures["audits"]["overall"]["hits"] == 0


def test_two_adjudicators_are_compared_by_their_blind_answers(project, checked):
    seconds = make_control_report(project).figures["seconds"]

    # The one that was revised said reject blind, as the second one did.
    assert (seconds["overall"]["count"], seconds["overall"]["hits"]) == (3, 2)
    assert seconds["overall"]["withheld"] == "few_pairs"
    [week] = seconds["weeks"]
    assert (week["count"], week["hits"]) == (3, 2)


def test_what_was_changed_after_the_reveal_is_counted(project, checked):
    reveals = make_control_report(project).figures["reveals"]

    assert (reveals["count"], reveals["hits"]) == (3, 1)


def test_every_count_opens_its_candidates(project, checked):
    for name, candidates in checked.items():
        found = {pk for piece in read_all(project, Wanted(check=name), ById()) for (pk,) in piece}
        assert found == {candidate.pk for candidate in candidates}, name


def test_what_is_looked_for_survives_its_parameters():
    wanted = Wanted(check="audit_against", before=3)

    assert read_params(wanted.as_params()) == wanted


def test_categories_are_told_apart(project, checked):
    candidate = make_bundle(make_task(project, category="Portrait")).candidates.get()
    agree(candidate)
    review_as(make_person(project), candidate, "reject")

    rows = {row["key"]: row for row in make_control_report(project).figures["audits"]["categories"]}

    assert {key: (row["count"], row["hits"], row["agreed"]) for key, row in rows.items()} == {"Digital": (4, 1, 4), "Portrait": (1, 1, 1)}


def test_the_job_that_measures_agreement_measures_checks_too(project, checked):
    job = run_here(project, KIND, {})

    assert job.state == "done"
    assert newest_report(project).kind == "agreement"
    assert newest_report(project, Report.Kind.CONTROL).figures["audits"]["overall"]["count"] == 4


def test_an_audit_alone_makes_a_measurement_due(project, monkeypatch):
    monkeypatch.setattr(due, "LONGEST", timedelta(days=100_000))
    candidate = make_candidate(project)
    agree(candidate)
    keep(make_report(project))
    Report.objects.update(made_at=NOON)
    Candidate.objects.update(state_changed_at=NOON - timedelta(days=1))
    assert not is_due(project)

    review_as(make_person(project), candidate, "accept")

    assert is_due(project)


@pytest.fixture
def client(lead):
    return visit_as(lead)


def test_before_anything_is_measured_the_page_says_what_happens(client, project):
    text = read(client.get(address("control", project)))

    assert "Nothing has been measured yet." in text
    assert "100 % of the candidates two people agree on are drawn" in text


def test_where_checks_are_switched_off_the_page_says_so(client, project):
    Project.objects.update(audit_share=0, second_share=0)
    keep(make_control_report(project))

    text = read(client.get(address("control", project)))

    assert "Audits are switched off" in text
    assert "Second adjudications are switched off" in text


def test_the_page_shows_the_shares_with_their_intervals(client, project, checked):
    keep(make_control_report(project))
    shown = read_control(newest_report(project, Report.Kind.CONTROL))

    page = client.get(address("control", project))

    text = read(page)
    assert f"25.0 % 95 %: {shown.audits.percent.low:.1f} to {shown.audits.percent.high:.1f}" in text
    assert "changed their verdict in 1 of 3 disputes: 33.3 %" in text
    assert "Kappa and AC1 are shown from 50 disputes on" in text
    assert f"{address('candidates', project)}?check=audit_against" in page.text
    assert 'aria-current="page">Control' in page.text


def test_measuring_again_comes_back_to_this_page(client, project):
    response = client.post(address("measure_agreement", project), {"back": "control"})

    assert response["Location"] == address("control", project)
    assert told(response) == []
    assert "It is being measured" in read(client.get(address("control", project)))


def test_the_table_holds_every_share(client, project, checked):
    assert client.get(address("control_table", project)).status_code == 404
    keep(make_control_report(project))

    lines = read(client.get(address("control_table", project))).split()

    assert lines[0].lstrip("\ufeff") == ",".join(HEADER)
    assert [line.split(",")[:4] for line in lines[1:3]] == [["audits", "all", "4", "1"], ["audits", "Digital", "4", "1"]]
    assert lines[-1].startswith("reveals,all,3,1,3,33.333333")


def test_programs_get_the_same(project, checked, lead):
    program = Program(lead, project)
    assert program.get("control").status_code == 404
    keep(make_control_report(project))

    found = program.get("control").data

    assert (found["audits"]["overall"]["hits"], found["audits"]["overall"]["percent"]["value"]) == (1, 25.0)
    assert found["second_adjudications"]["withheld"] == "few_pairs"
    assert found["reveals"]["hits"] == 1
    assert program.get("control_table").status_code == 200


def test_the_command_prints_it_in_words_and_as_json(project, checked):
    words, full = StringIO(), StringIO()

    call_command("report", "control", project="checked", stdout=words)
    call_command("report", "control", "--json", project="checked", stdout=full)

    assert "4 audits of 4 tasks, 1 of them contradict" in words.getvalue()
    assert "3 reveals, 1 of them changed the verdict" in words.getvalue()
    assert json.loads(full.getvalue())["audits"]["overall"]["agreed"] == 4
