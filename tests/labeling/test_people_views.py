"""The pages of people and of one's own figures, their tables and charts, concerns in the inbox, the same over the API, and the command."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from xml.etree import ElementTree

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.translation import override

from labeling.jobs.run import run_job
from labeling.models import Concern, Event, Report
from labeling.protocol.archive import archive_project
from labeling.protocol.concerns import answer_concern, close_concern
from labeling.protocol.members import drop_member
from labeling.protocol.outcome import ProtocolError
from labeling.quality.concerns import RULES, find_concerns, tell_concern
from labeling.quality.due import request_agreement
from labeling.quality.people import make_people_report, raise_what_is_found
from labeling.quality.people_charts import draw_dots, make_ticks
from labeling.quality.people_figures import KINDS, Figure, list_people
from labeling.quality.report import keep, newest_report
from tests.factories import make_lead, make_person, make_project
from tests.labeling.api.programs import Program
from tests.labeling.raw_rows import raw_concern
from tests.labeling.visiting import address, read, visit_as
from tests.labeling.worked import answer_gold, make_worked_project

pytestmark = pytest.mark.django_db

NUMBERS = {"n": 40, "value": 55.0, "low": 39.8, "high": 69.3, "bound": 80}


@pytest.fixture
def measured():
    """A project that has been worked in, measured, and its lead."""
    worked = make_worked_project()
    keep(make_people_report(worked.project))
    return worked, make_lead(worked.project, username="zoe")


def lines(reply):
    """The rows of a CSV reply, by column."""
    return list(csv.DictReader(io.StringIO(b"".join(reply.streaming_content).decode("utf-8-sig"))))


def test_everybody_is_told_of_by_name_with_their_figures(measured):
    worked, lead = measured

    reply = visit_as(lead).get(address("people", worked.project))

    page = read(reply)
    names = [person.username for person in worked.people]
    assert [page.index(name) for name in names] == sorted(page.index(name) for name in names)
    figure = list_people(newest_report(worked.project, "people"))[0].figures["agreement"]
    assert f"{figure.value:.1f} % {figure.low:.1f} to {figure.high:.1f}" in page
    assert "there is no ranking" in page


def test_before_anything_is_measured_the_page_says_so():
    project = make_project()
    client = visit_as(make_lead(project))

    assert "Nothing has been measured yet." in read(client.get(address("people", project)))
    assert client.get(address("people_figures_table", project)).status_code == 404
    keep(make_people_report(project))
    assert "Nobody had answered anything" in read(client.get(address("people", project)))


def test_without_third_answers_the_page_says_that_skills_are_not_identified():
    worked = make_worked_project(tasks=8)
    keep(make_people_report(worked.project))

    page = read(visit_as(make_lead(worked.project)).get(address("people", worked.project)))

    assert "Sensitivity and specificity have no interval yet" in page


def test_a_person_is_told_of_with_every_figure_and_what_it_says(measured):
    worked, lead = measured
    person = worked.people[0]

    page = read(visit_as(lead).get(address("person", worked.project, person.public_id)))

    for kind in KINDS.values():
        assert str(kind.label) in page
    assert "fewer than 20 known" in page
    assert "None. A concern is raised once a day" in page


def test_somebody_of_whom_nothing_is_told_has_a_page_all_the_same(measured):
    worked, lead = measured
    client, idle = visit_as(lead), make_person(worked.project)

    assert "Nothing has been measured of this person yet." in read(client.get(address("person", worked.project, idle.public_id)))
    assert client.get(address("person_table", worked.project, idle.public_id, "figures")).status_code == 404


def test_a_stranger_has_no_page(measured):
    worked, lead = measured
    stranger = make_person(make_project())

    assert visit_as(lead).get(address("person", worked.project, stranger.public_id)).status_code == 404


def test_the_tables_say_the_same_as_the_report(measured):
    worked, lead = measured
    client, person = visit_as(lead), worked.people[0]

    everybody = lines(client.get(address("people_figures_table", worked.project)))
    figures = lines(client.get(address("person_table", worked.project, person.public_id, "figures")))
    weeks = lines(client.get(address("person_table", worked.project, person.public_id, "weeks")))

    known = list_people(newest_report(worked.project, "people"))
    assert [row["person"] for row in everybody] == [row.name for row in known]
    assert float(everybody[0]["agreement"]) == known[0].figures["agreement"].value
    assert {row["figure"] for row in figures} == set(KINDS)
    assert next(row for row in figures if row["figure"] == "gold")["withheld"] == "few_gold"
    assert sum(int(row["accept_rate_n"]) for row in weeks) == known[0].figures["accept_rate"].size


@pytest.mark.parametrize("chart", ["accept-rate", "pace"])
def test_the_charts_of_everybody_are_svg_files(measured, chart):
    worked, lead = measured

    reply = visit_as(lead).get(address("people_chart", worked.project, chart))

    drawn = ElementTree.fromstring(reply.content)
    assert drawn.tag == "{http://www.w3.org/2000/svg}svg"
    assert len(drawn.findall(".//{*}circle")) == 3
    assert "attachment" in reply["Content-Disposition"]


@pytest.mark.parametrize("chart", ["accept-rate", "agreement"])
def test_the_charts_over_weeks_are_svg_files(measured, chart):
    worked, lead = measured

    reply = visit_as(lead).get(address("person_chart", worked.project, worked.people[0].public_id, chart))
    own = visit_as(worked.people[0]).get(address("own_chart", worked.project, chart))

    assert ElementTree.fromstring(reply.content).findall(".//{*}circle")
    assert ElementTree.fromstring(own.content).findall(".//{*}circle")


def test_there_are_no_other_charts_or_tables(measured):
    worked, lead = measured
    client, person = visit_as(lead), worked.people[0]

    for name, *arguments in (
        ("people_chart", "gold"),
        ("person_chart", person.public_id, "gold"),
        ("person_table", person.public_id, "secrets"),
    ):
        assert client.get(address(name, worked.project, *arguments)).status_code == 404
    assert visit_as(person).get(address("own_chart", worked.project, "gold")).status_code == 404
    assert visit_as(person).get(address("own_table", worked.project, "secrets")).status_code == 404


def make_figure(value, low, high):
    """A pace."""
    return Figure(name="pace", size=60, value=value, low=low, high=high, withheld="")


def test_ticks_are_round_and_reach_beyond_the_highest_interval():
    assert make_ticks([make_figure(600, 550, 700)], is_share=False) == [0, 200, 400, 600, 800]
    assert make_ticks([make_figure(3.2, None, None)], is_share=False) == [0, 1, 2, 3, 4]
    assert make_ticks([], is_share=False) == [0, 1, 2, 3, 4]
    assert make_ticks([make_figure(99, 90, 100)], is_share=True) == [0, 25, 50, 75, 100]


def test_a_withheld_value_has_no_dot(measured):
    worked, _lead = measured
    people = list_people(newest_report(worked.project, "people"))

    dots = draw_dots(people, "accept_rate").dots

    # The adjudicator has no primary answers.
    assert [dot.x is None for dot in dots] == [False, False, False, True]
    assert dots[0].low < dots[0].x < dots[0].high


def test_people_see_their_own_figures_and_nobody_elses(measured):
    worked, _lead = measured
    person = worked.people[0]

    page = read(visit_as(person).get(address("own_figures", worked.project)))

    assert "Agreement with others" in page
    assert not any(other.username in page for other in worked.people[1:])
    # No gold yet: not even how many.
    assert "None" not in page


def test_people_without_figures_are_told_why(measured):
    worked, _lead = measured

    page = read(visit_as(make_person(worked.project)).get(address("own_figures", worked.project)))

    assert "none of your answers was old enough" in page
    assert visit_as(make_person(worked.project)).get(address("own_table", worked.project, "figures")).status_code == 404


def test_the_progress_page_leads_to_ones_own_figures(measured):
    worked, _lead = measured
    raw_concern(worked.project, worked.people[0], kind="gold", values=NUMBERS)

    reply = visit_as(worked.people[0]).get(address("progress", worked.project))

    assert address("own_figures", worked.project) in reply.content.decode()
    assert "My figures (1)" in read(reply)


def test_own_tables_hold_what_the_page_shows(measured):
    worked, _lead = measured

    figures = lines(visit_as(worked.people[0]).get(address("own_table", worked.project, "figures")))

    assert {row["figure"] for row in figures} == set(KINDS)


def test_a_concern_is_raised_where_the_whole_interval_lies_beyond_the_bound():
    figures = {rule.figure: {"n": 60, "value": [0, -1, 1], "sure": [-2, 2]} for rule in RULES.values()}
    figures |= {"gold": {"n": 40, "value": [55, 45, 75], "sure": [39.8, 79.9]}}
    # The 95 % interval alone is not enough.
    figures |= {"consistency": {"n": 40, "value": [55, 45, 70], "sure": [39.8, 75.1]}}
    figures |= {"accept_gap": {"n": 60, "value": [-15, -18, -12], "sure": [-20, -10.1]}}
    figures |= {"fast": {"n": 60, "value": [9, 5, 14], "sure": [4, 15]}}

    found = find_concerns(figures)

    assert set(found) == {"gold", "accept_gap"}
    assert found["gold"] == {"n": 40, "value": 55, "low": 39.8, "high": 79.9, "bound": 80, "certainty": 99}


def test_without_an_interval_there_is_no_concern():
    figures = {rule.figure: {"n": 60, "value": [0, None, None], "sure": [None, None]} for rule in RULES.values()}

    assert find_concerns(figures | {"gold": {"n": 3, "withheld": "few_gold"}}) == {}


@pytest.mark.parametrize("kind", RULES)
def test_every_kind_of_concern_is_a_sentence_with_its_numbers(kind):
    concern = Concern(kind=kind, values=NUMBERS)

    sentence = tell_concern(concern)
    surer = tell_concern(Concern(kind=kind, values=NUMBERS | {"certainty": 99}))

    # What was raised before it was written down was by 95 %.
    assert "With 95 % certainty" in sentence
    assert "With 99 % certainty" in surer
    assert "55.0" in sentence
    assert "39.8" in sentence
    assert "69.3" in sentence
    assert len(kind) <= 20


def test_a_concern_of_a_kind_no_longer_known_is_still_shown():
    assert tell_concern(Concern(kind="left", values={})) == "A figure that is no longer measured."


def test_missed_golds_raise_a_concern_once(measured):
    worked, _lead = measured
    Report.objects.all().delete()
    answer_gold(worked, worked.people[0], hits=10, misses=20)
    report = keep(make_people_report(worked.project))

    first, again = raise_what_is_found(report), raise_what_is_found(report)

    assert [(concern.person, concern.kind) for concern in first] == [(worked.people[0], "gold")]
    values = first[0].values
    assert (values["n"], values["value"], values["bound"]) == (30, pytest.approx(100 / 3, abs=1e-5), 80)
    assert values["low"] < values["value"] < values["high"] < 80
    assert again == []
    assert Event.objects.get(kind="concern_raised").data["kind"] == "gold"


def test_what_a_lead_closed_is_not_raised_again_for_a_month(measured):
    worked, lead = measured
    Report.objects.all().delete()
    answer_gold(worked, worked.people[0], hits=10, misses=20)
    report = keep(make_people_report(worked.project))
    [concern] = raise_what_is_found(report)
    close_concern(worked.project, concern.pk, lead, "We talked.")

    soon = raise_what_is_found(report)
    past = timezone.now() - timedelta(days=31)
    Concern.objects.filter(pk=concern.pk).update(raised_at=past, closed_at=past)
    later = raise_what_is_found(report)

    assert soon == []
    assert [concern.kind for concern in later] == ["gold"]


def test_nobody_is_raised_a_concern_who_has_left_or_whose_project_is_archived(measured):
    worked, lead = measured
    Report.objects.all().delete()
    answer_gold(worked, worked.people[0], hits=10, misses=20)
    report = keep(make_people_report(worked.project))
    drop_member(worked.project, lead, worked.people[0].public_id)

    assert raise_what_is_found(report) == []
    archive_project(report.project, lead)
    assert raise_what_is_found(report) == []


def test_the_job_measures_people_and_raises_concerns(measured):
    worked, _lead = measured
    Report.objects.all().delete()
    answer_gold(worked, worked.people[0], hits=10, misses=20)

    run_job(request_agreement(worked.project, None).pk)

    assert Concern.objects.get().kind == "gold"
    assert set(Report.objects.values_list("kind", flat=True)) >= {"agreement", "people"}


def test_a_fresh_miss_raises_nothing_before_a_day_is_over(measured):
    worked, _lead = measured
    Report.objects.all().delete()
    answer_gold(worked, worked.people[0], hits=10, misses=20, days_ago=0.5)

    assert raise_what_is_found(keep(make_people_report(worked.project))) == []


def test_a_person_reads_a_concern_and_replies_until_it_is_closed(measured):
    worked, lead = measured
    person = worked.people[0]
    concern = raw_concern(worked.project, person, kind="gold", values=NUMBERS)
    client = visit_as(person)

    page = read(client.get(address("own_figures", worked.project)))
    for said in ("Small screen.", "Small screen, new one ordered."):
        client.post(address("reply_concern", worked.project, concern.pk), {"reply": said})
    close_concern(worked.project, concern.pk, lead, "Thank you.")
    client.post(address("reply_concern", worked.project, concern.pk), {"reply": "And more"})

    assert "Of 40 candidates whose right answer is known, 55.0 % were answered so." in page
    concern.refresh_from_db()
    assert concern.reply == "Small screen, new one ordered."
    assert [event.data.get("reply") for event in Event.objects.filter(kind="concern_answered").order_by("pk")] == [
        "Small screen.",
        "Small screen, new one ordered.",
    ]
    after = read(client.get(address("own_figures", worked.project)))
    assert "Thank you." in after
    assert lead.username not in after


def test_an_empty_reply_is_refused(measured):
    worked, _lead = measured
    concern = raw_concern(worked.project, worked.people[0], kind="gold", values=NUMBERS)

    reply = visit_as(worked.people[0]).post(address("reply_concern", worked.project, concern.pk), {"reply": " "}, follow=True)

    assert "Write a reply." in read(reply)
    with pytest.raises(ProtocolError, match="Write a reply"):
        answer_concern(worked.project, concern.pk, worked.people[0], "  ")


def test_nobody_replies_to_a_concern_about_somebody_else(measured):
    worked, _lead = measured
    concern = raw_concern(worked.project, worked.people[0], kind="gold", values=NUMBERS)

    reply = visit_as(worked.people[1]).post(address("reply_concern", worked.project, concern.pk), {"reply": "Hello"}, follow=True)

    assert "There is no such concern." in read(reply)
    concern.refresh_from_db()
    assert concern.reply == ""


def test_the_inbox_holds_open_concerns_with_the_reply_until_the_lead_closes_them(measured):
    worked, lead = measured
    concern = raw_concern(worked.project, worked.people[0], kind="gold", values=NUMBERS, reply="New screen", replied_at=timezone.now())
    client = visit_as(lead)

    before = read(client.get(address("inbox", worked.project, kind="concerns")))
    empty = client.post(address("close_concern", worked.project, concern.pk), {"closing": ""}, follow=True)
    closed = client.post(address("close_concern", worked.project, concern.pk), {"closing": "Fine."}, headers={"HX-Request": "true"})
    twice = client.post(address("close_concern", worked.project, concern.pk), {"closing": "Fine."}, follow=True)

    assert "New screen" in before
    assert "Of 40 candidates whose right answer is known" in before
    assert "Write a remark." in read(empty)
    assert "Closed" in read(closed)
    assert "This concern is closed already." in read(twice)
    assert "Nothing of this kind." in read(client.get(address("inbox", worked.project, kind="concerns")))
    concern.refresh_from_db()
    assert (concern.closing, concern.closed_by) == ("Fine.", lead)
    assert Event.objects.get(kind="concern_closed").actor == lead


def test_a_concern_is_closed_on_the_page_of_the_person(measured):
    worked, lead = measured
    person = worked.people[0]
    concern = raw_concern(worked.project, person, kind="gold", values=NUMBERS)
    client = visit_as(lead)

    before = read(client.get(address("person", worked.project, person.public_id)))
    reply = client.post(address("close_concern", worked.project, concern.pk), {"closing": "Fine.", "back": "person"}, follow=True)

    assert "The person has not replied yet." in before
    assert reply.redirect_chain[-1][0] == address("person", worked.project, person.public_id)
    assert "Fine." in read(reply)
    assert "1 concern" not in read(client.get(address("people", worked.project)))


def test_a_concern_of_another_project_does_not_exist_here(measured):
    worked, lead = measured
    elsewhere = make_project()
    concern = raw_concern(elsewhere, make_person(elsewhere), kind="gold", values=NUMBERS)

    reply = visit_as(lead).post(address("close_concern", worked.project, concern.pk), {"closing": "x"}, follow=True)

    assert "There is no such concern." in read(reply)


def test_the_candidate_page_tells_the_posterior_beside_the_decision(measured):
    worked, lead = measured
    candidate = next(row for row in worked.candidates if row.decisions.exists())

    page = read(visit_as(lead).get(address("candidate", worked.project, candidate.public_id)))

    assert "Estimate, advisory" in page
    assert "from 3 blind answers and how reliable their authors are" in page


def test_figures_are_told_over_the_api(measured):
    worked, lead = measured
    person = worked.people[0]
    concern = raw_concern(worked.project, person, kind="gold", values=NUMBERS)

    told = Program(lead, worked.project).get("people").data
    own = Program(person, worked.project).get("own_figures").data
    mine = Program(person, worked.project).get("own_concerns").data["results"]
    replied = Program(person, worked.project).post("reply_concern", concern.pk, reply="Why?")
    waiting = Program(lead, worked.project).get("inbox_concerns").data["results"]
    closed = Program(lead, worked.project).post("close_concern", concern.pk, closing="Fine.")
    candidate = Program(lead, worked.project).get("candidate", worked.candidates[0].public_id).data

    assert told["identified"] is True
    assert [row["person"]["username"] for row in told["people"]] == [person.username for person in worked.people]
    assert own["figures"]["agreement"]["n"] == told["people"][0]["figures"]["agreement"]["n"]
    assert set(own["counts"]) == {"work", "skips", "active_s"}
    assert mine[0]["reason"].startswith("Of 40 candidates")
    assert "person" not in mine[0]
    assert (replied.status_code, replied.data["reply"]) == (200, "Why?")
    assert waiting[0]["person"]["username"] == person.username
    assert (closed.status_code, closed.data["closing"]) == (200, "Fine.")
    assert candidate["advisory"]["labels"] >= 2


def test_before_anything_is_measured_the_api_has_nothing():
    project = make_project()
    person, lead = make_person(project), make_lead(project)

    assert Program(lead, project).get("people").status_code == 404
    assert Program(person, project).get("own_figures").status_code == 404
    keep(make_people_report(project))
    assert Program(person, project).get("own_figures").data["figures"] is None


def test_the_command_measures_and_tells(measured, capsys):
    worked, _lead = measured

    call_command("report", "people", project=worked.project.slug)
    text = capsys.readouterr().out
    call_command("report", "people", project=worked.project.slug, json=True)
    told = json.loads(capsys.readouterr().out)

    assert f"{worked.people[0].username}: " in text
    assert "withheld (few_gold)" in text
    assert [row["person"] for row in told["people"]] == [person.username for person in worked.people]


def test_the_command_says_where_skills_are_not_identified(capsys):
    project = make_project()

    call_command("report", "people", project=project.slug)

    assert "have no interval" in capsys.readouterr().out


def test_reasons_are_written_in_the_language_of_the_reader():
    concern = Concern(kind="gold", values=NUMBERS | {"n": 1234})

    with override("zh-hans"):
        told = tell_concern(concern)

    assert "55.0" in told


def test_the_page_of_people_asks_the_database_as_often_whatever_the_number_of_concerns(measured):
    worked, lead = measured
    client = visit_as(lead)
    url = address("people", worked.project)
    client.get(url)
    with CaptureQueriesContext(connection) as few:
        client.get(url)
    for _ in range(6):
        raw_concern(worked.project, make_person(worked.project), kind="gold", values=NUMBERS)
    with CaptureQueriesContext(connection) as many:
        client.get(url)

    assert len(many) == len(few)
