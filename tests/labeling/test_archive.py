"""Putting a project away: what stops, who still finds it, and that everything comes back."""

from uuid import uuid4

import pytest

from labeling.lead.forecast import forecast
from labeling.lead.invitations import list_invitations
from labeling.lead.people import Shortages
from labeling.lead.throughput import count_days
from labeling.lead.workload import read_workload
from labeling.mail.notices import turns
from labeling.models import Assignment, Event, MailAddress, Purpose
from labeling.protocol.adjudicate import take_adjudication
from labeling.protocol.archive import archive_project, bring_back_project
from labeling.protocol.explain_empty import explain_empty
from labeling.protocol.invitations import join_project, make_invitation
from labeling.protocol.lease import take_cards
from labeling.protocol.members import Rights
from labeling.protocol.submission import Submission
from labeling.protocol.submit import submit_answer
from tests.factories import answer_as, dispute, make_candidate, make_person, make_user
from tests.labeling.api.programs import Program
from tests.labeling.exporting import export, read_lines
from tests.labeling.visiting import address, read, refused, told, visit_as

pytestmark = pytest.mark.django_db


def test_an_archived_project_leases_nothing_and_says_why(project, lead):
    person, adjudicator = make_person(project), make_person(project)
    make_candidate(project)
    dispute(make_candidate(project))
    archive_project(project, lead)

    assert take_cards(project, person) == []
    assert take_adjudication(project, adjudicator) is None
    assert {explain_empty(project, person, purpose).kind for purpose in (Purpose.PRIMARY, Purpose.ADJUDICATION)} == {"archived"}


def test_what_people_hold_can_still_be_answered_and_counts(project, lead):
    person = make_person(project)
    (held,) = take_cards(make_candidate(project).project, person, ahead=False)
    archive_project(project, lead)

    outcome = submit_answer(held.public_id, person, Submission(verdict="accept"), uuid4())

    assert outcome.kind == "submitted"
    assert Assignment.objects.get(pk=held.pk).status == "submitted"


def test_archiving_and_bringing_back_are_events_and_refused_twice(project, lead):
    archive_project(project, lead)
    with refused("archived"):
        archive_project(project, lead)
    bring_back_project(project, lead)
    with refused("not_archived"):
        bring_back_project(project, lead)

    kinds = Event.objects.filter(project=project, actor=lead).order_by("pk").values_list("kind", flat=True)
    assert list(kinds)[-2:] == ["archived", "brought_back"]
    assert take_cards(make_candidate(project).project, make_person(project)) != []


def test_only_a_lead_archives(project, lead):
    with refused("not_allowed"):
        archive_project(project, make_person(project))


def test_people_do_not_find_an_archived_project_and_its_leads_find_it_below_the_others(project, lead):
    person = make_person(project, can_adjudicate=False)
    client = visit_as(lead)

    done = told(client.post(address("archive", project)))
    home, theirs = read(client.get("/")), read(visit_as(person).get("/"))
    page = client.get(address("project", project))

    assert done == ["The project is archived. You find it below your other projects."]
    assert "Archived: 1 project Posters since" in home
    assert "Posters" not in theirs
    assert "Bring it back" in read(page)
    assert address("pause", project) not in page.content.decode()
    assert "The lead has archived this project" in read(visit_as(person).post(address("take", project)))


def test_the_page_of_settings_archives_brings_back_and_tells_the_history(project, lead):
    client = visit_as(lead)
    client.post(address("archive", project))
    twice = told(client.post(address("archive", project)))
    client.post(address("bring_back", project))

    text = read(client.get(address("settings", project)))
    project.refresh_from_db()
    assert twice[-1:] == ["This project is archived already."]
    assert project.archived_at is None
    assert "project archived" in text
    assert "project brought back from the archive" in text
    assert "Archive the project now" in text


def test_an_archived_project_is_read_and_exported(project, lead, tmp_path):
    candidate = make_candidate(project)
    for _ in range(2):
        answer_as(make_person(project), candidate, "accept")
    archive_project(project, lead)

    data, manifest = export(project, "full", tmp_path)

    assert (manifest["rows"], len(read_lines(data))) == (1, 1)
    assert visit_as(lead).get(address("candidate", project, candidate.public_id)).status_code == 200


def test_nobody_gets_mail_about_an_archived_project(project, lead):
    person = make_person(project)
    MailAddress.objects.create(person=person, address="nia@example.org", wants_work=True, wants_disputes=True)
    before = {membership.person_id for membership, _kind in turns()}
    archive_project(project, lead)

    assert (before, list(turns())) == ({person.pk}, [])


def test_an_invitation_lets_nobody_in_while_the_project_is_archived(project, lead):
    _invitation, token = make_invitation(project, lead, Rights(can_label=True))
    archive_project(project, lead)
    with refused("invitation_over"):
        join_project(token, make_user())
    states = [list_invitations(project)[0].state]
    bring_back_project(project, lead)

    assert join_project(token, make_user()).can_label
    assert [*states, list_invitations(project)[0].state] == ["archived", "used"]


def test_programs_archive_and_only_those_of_leads_find_it(project, lead):
    program, annotator = Program(lead, project), Program(make_person(project), project)

    archived = program.post("archive")
    twice = program.post("archive")
    lists = [[row["slug"] for row in each.get("projects").data["results"]] for each in (program, annotator)]
    empty = annotator.post("take").data["empty"]
    back = program.post("bring_back")

    assert (archived.status_code, archived.data["archived_at"] is not None) == (200, True)
    assert (twice.status_code, twice.data["code"]) == (409, "archived")
    assert lists == [["posters"], []]
    assert empty["kind"] == "archived"
    assert back.data["archived_at"] is None
    assert annotator.get("projects").data["results"][0]["slug"] == "posters"


def test_the_forecast_of_an_archived_project_says_so(project, lead):
    for _ in range(3):
        make_person(project)
    make_candidate(project)
    archive_project(project, lead)

    told = forecast(read_workload(project, Shortages()), count_days(project))

    assert (told.day, told.reason) == (None, "The project is archived, so nobody is given anything new.")
