"""Gold as leads see it: drawing, making and retiring it, who missed it, and what is measured of it and of repeats."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from labeling.lead.gold import list_gold, missed_gold
from labeling.models import Assignment, Event, Gold, Report
from labeling.protocol.gold import add_gold
from labeling.protocol.hold import reopen_candidate
from labeling.quality.control import make_control_report
from labeling.quality.report import keep
from tests.factories import agree, make_candidate, make_lead, make_person, make_project
from tests.labeling.api.programs import Program
from tests.labeling.raw_rows import answered, raw_answer, raw_assignment, update
from tests.labeling.visiting import HTMX, address, read, told, visit_as

pytestmark = pytest.mark.django_db


@pytest.fixture
def project():
    return make_project(gold_share=5)


@pytest.fixture
def lead(project):
    return make_lead(project)


def make_gold(project, lead, verdict="accept"):
    """A candidate two people agreed on, as gold."""
    candidate = make_candidate(project)
    agree(candidate, verdict)
    add_gold(project, lead, candidate.public_id)
    return candidate


def answer_gold(candidate, verdict, person=None):
    """Somebody's answer to gold, past changing."""
    row = raw_assignment(candidate, person or make_person(candidate.project), purpose="gold", **answered(verdict))
    raw_answer(row, verdict=verdict, reasons=["blurry"] if verdict == "reject" else [], note="Too soft" if verdict == "reject" else "")
    return row


def test_a_miss_goes_to_the_lead_with_the_picture_and_both_answers(project, lead):
    candidate = make_gold(project, lead)
    answer_gold(candidate, "accept")
    missed = answer_gold(candidate, "reject", make_person(project, username="hasty"))
    client = visit_as(lead)

    page = client.get(address("inbox", project))
    text = read(page)

    assert "Missed gold 1" in text
    assert "hasty · “Too soft”" in text or "hasty" in text
    assert "known answer: accept" in text
    assert f"/{candidate.image.sha256}/" in page.text
    response = client.post(address("review_gold", project, missed.public_id), **HTMX)
    assert "Looked at" in read(response)
    assert not missed_gold(project).exists()
    assert Event.objects.get(kind="check_reviewed").assignment == missed
    assert Gold.objects.get().retired_at is None


def test_a_miss_that_can_still_be_changed_waits(project, lead):
    missed = answer_gold(make_gold(project, lead), "reject")
    update(missed, editable_until=timezone.now() + timedelta(minutes=5))

    assert not missed_gold(project).exists()


def test_a_lead_draws_gold_and_reads_how_it_fares(project, lead):
    client = visit_as(lead)
    empty = read(client.get(address("control", project)))
    for verdict in ("accept", "reject", "accept"):
        agree(make_candidate(project), verdict)

    drawn = client.post(address("draw_gold", project), {"count": 2})
    [_first, second] = list_gold(project)
    answer_gold(second.gold.candidate, "reject" if second.gold.verdict == "accept" else "accept")
    text = read(client.get(address("control", project)))

    assert "There is no gold yet." in empty
    assert told(drawn) == ["2 candidates are gold now."]
    assert {row.gold.verdict for row in list_gold(project)} == {"accept", "reject"}
    assert f"{second.gold.candidate.bundle.task.external_id} 1" in text
    assert [(row.given, row.missed, row.is_current) for row in list_gold(project)][1] == (1, 1, True)


@pytest.mark.parametrize("count", ["0", "201", "", "many"])
def test_a_wrong_number_draws_nothing_and_says_so(project, lead, count):
    agree(make_candidate(project))

    response = visit_as(lead).post(address("draw_gold", project), {"count": count})

    assert len(told(response)) == 1
    assert not Gold.objects.exists()


def test_where_nothing_is_beyond_doubt_the_lead_is_told_what_would_be(project, lead):
    response = visit_as(lead).post(address("draw_gold", project), {"count": 5})

    assert told(response)[0].startswith("There is no candidate beyond doubt")


def test_one_candidate_becomes_gold_and_gold_no_longer_on_its_page(project, lead):
    candidate = make_candidate(project)
    agree(candidate)
    client = visit_as(lead)
    page = address("candidate", project, candidate.public_id)
    before = read(client.get(page))

    made = client.post(address("add_gold", project, candidate.public_id))
    during = read(client.get(page))
    ended = client.post(address("retire_gold", project, candidate.public_id), {"back": "candidate"})

    assert "Make it gold" in before
    assert made["Location"] == ended["Location"] == page
    assert "Gold no longer" in during
    assert "made gold" in during
    assert told(ended)[-1] == "It is given out as gold no more; what was answered stays."
    assert told(client.post(address("retire_gold", project, candidate.public_id)))[-1] == "This candidate is not gold."


def test_gold_whose_decision_is_gone_says_so(project, lead):
    candidate = make_gold(project, lead)
    for _ in range(3):
        make_person(project)
    reopen_candidate(candidate.public_id, lead, "Look again")

    [row] = list_gold(project)

    assert not row.is_current
    assert "decided otherwise since, not given out" in read(visit_as(lead).get(address("control", project)))


def test_the_report_counts_right_answers_to_gold_and_equal_repeats(project, lead):
    for number in range(6):
        candidate = make_gold(project, lead)
        answer_gold(candidate, "reject" if number == 0 else "accept")
        first = candidate.assignments.filter(purpose="primary", seat=1).get()
        update(first, submitted_at=first.submitted_at - timedelta(days=8))
        raw_answer(raw_assignment(candidate, first.person, purpose="repeat", **answered("reject" if number < 2 else "accept")))

    figures = make_control_report(project).figures

    assert (figures["gold"]["count"], figures["gold"]["hits"]) == (6, 5)
    assert (figures["repeats"]["count"], figures["repeats"]["hits"]) == (6, 4)
    value, low, high = figures["gold"]["percent"]
    assert round(value, 1) == 83.3
    # Clopper and Pearson of 5 in 6: 35.9 to 99.6 %; that the tasks are few makes it somewhat wider.
    assert 25 < low <= 35.9
    assert 99.6 <= high < 100


def test_the_page_shows_what_was_measured_of_gold_and_repeats(project, lead):
    answer_gold(make_gold(project, lead), "accept")
    keep(make_control_report(project))

    text = read(visit_as(lead).get(address("control", project)))

    assert "Right answers to gold 100.0 %" in text
    assert "No repeat has been measured yet." in text
    assert Report.objects.get().kind == "control"


def test_a_program_does_the_same(project, lead):
    program = Program(lead, project)
    candidate = make_candidate(project)
    agree(candidate)

    drawn = program.post("gold", count=3)
    missed = answer_gold(candidate, "reject")
    listed = program.get("gold").data["results"]
    waiting = program.get("inbox_gold").data["results"]
    reviewed = program.post("review_gold", missed.public_id)
    ended = program.send("delete", "candidate_gold", candidate.public_id)
    again = program.post("candidate_gold", candidate.public_id)

    assert drawn.data == {"added": 1}
    assert [(row["verdict"], row["given"], row["missed"]) for row in listed] == [("accept", 1, 1)]
    assert [(row["wanted"], row["verdict"], row["reasons"]) for row in waiting] == [("accept", "reject", ["blurry"])]
    assert (reviewed.status_code, ended.data, again.data) == (200, {"is_gold": False}, {"is_gold": True})
    assert program.post("candidate_gold", uuid.uuid4()).status_code == 404
    assert program.post("gold", count=0).status_code == 422


def test_nothing_of_gold_is_for_annotators(project, lead):
    candidate = make_gold(project, lead)
    person = make_person(project)

    for name, *about in [("draw_gold",), ("add_gold", candidate.public_id), ("retire_gold", candidate.public_id)]:
        assert visit_as(person).post(address(name, project, *about)).status_code == 404
    assert Assignment.objects.filter(purpose="gold").count() == 0
    assert Gold.objects.filter(retired_at=None).count() == 1
