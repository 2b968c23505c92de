"""Making a project, changing its settings, and its guideline."""

from importlib import import_module

import pytest
from django.apps import apps
from django.urls import reverse

from labeling.models import Event, Guideline, Membership, Project
from labeling.protocol.projects import SETTINGS, publish_guideline
from tests.factories import make_lead, make_person, make_project, make_user
from tests.labeling.visiting import address, read, told, visit_as

pytestmark = pytest.mark.django_db

MIGRATION = import_module("labeling.migrations.0008_no_guideline_before_one_is_written")
CHECKS_OFF = import_module("labeling.migrations.0014_checks_in_new_projects_alone")
NEW = reverse("labeling:create_project")


def settings_form(project, **changes):
    """What the page sends: every field with the value it was shown with, and the changed ones changed."""
    values = {name: getattr(project, name) for name in SETTINGS}
    shown = {name: "" if value is None else value for name, value in values.items()}
    sent = {f"initial-{name}": value for name, value in shown.items()} | shown | changes
    return {name: value for name, value in sent.items() if value is not False}


def test_whoever_leads_a_project_makes_another_and_leads_it():
    lead = make_lead(make_project())

    response = visit_as(lead).post(NEW, {"name": "Spring pilot", "slug": ""})

    project = Project.objects.get(slug="spring-pilot")
    assert response["Location"] == address("project", project)
    assert Membership.objects.get(project=project).person == lead
    assert Membership.objects.get(project=project).is_lead
    assert Event.objects.get(project=project, kind="project_created").actor == lead


def test_staff_make_the_first_project():
    assert visit_as(make_user(is_staff=True)).get(NEW).status_code == 200


def test_an_annotator_makes_no_project():
    annotator = make_person(make_project())

    assert visit_as(annotator).get(NEW).status_code == 404
    assert visit_as(annotator).post(NEW, {"name": "Mine"}).status_code == 404
    assert not Project.objects.filter(name="Mine").exists()


def test_a_name_without_latin_letters_gets_a_free_address():
    lead = make_lead(make_project(slug="project"))

    visit_as(lead).post(NEW, {"name": "春季试点", "slug": ""})

    assert Project.objects.get(name="春季试点").slug == "project-2"


def test_an_address_that_is_taken_is_refused():
    lead = make_lead(make_project(slug="pilot"))

    response = visit_as(lead).post(NEW, {"name": "Again", "slug": "pilot"})

    assert response.status_code == 422
    assert Project.objects.filter(slug="pilot").count() == 1


def test_a_changed_setting_is_an_event_that_says_what_it_does_to_work_in_progress():
    project = make_project(lease_minutes=15)
    lead = make_lead(project)

    response = visit_as(lead).post(address("settings", project), settings_form(project, lease_minutes=10))

    project.refresh_from_db()
    assert project.lease_minutes == 10
    event = Event.objects.get(project=project, kind="settings_changed")
    assert event.data["changed"] == {"lease_minutes": [15, 10]}
    assert told(response) == ["Saved. Applies to candidates taken from now on; those in hand keep their time, unless input extends it."]


def test_the_history_shows_each_change_with_its_effect():
    project = make_project(paused=False)
    client = visit_as(make_lead(project))

    client.post(address("settings", project), settings_form(project, paused=True))

    text = read(client.get(address("settings", project)))
    assert "paused: no → yes" in text
    assert "Nobody is given new candidates while paused; what people hold can still be answered." in text


@pytest.mark.parametrize(
    ("setting", "value", "effect"),
    [
        ("name", "Another", "Nothing changes for work in progress."),
        ("reasons_required", True, "Applies to answers from now on; answers already in stay as they are."),
        ("undo_minutes", 5, "A dispute opens to adjudicators when both windows are over."),
        ("policy", "off", "Until there are suggestions, everybody answers without."),
        ("control_share", 30, "Until there are suggestions, nobody sees one on any candidate, whatever the share."),
        ("stop_points", 2, "Looked at after each measurement from now on"),
        ("gold_share", 7, "Applies to what annotators take from now on; gold in hand can still be answered."),
        ("repeat_share", 3, "Applies to what annotators take from now on; repeats in hand can still be answered."),
        ("audit_share", 10, "Applies to candidates that settle from now on; audits already drawn are still done."),
        ("second_share", 10, "Applies to adjudications from now on; second ones already drawn are still done."),
    ],
)
def test_every_setting_says_what_its_change_does(setting, value, effect):
    project = make_project(reasons_required=False, undo_minutes=15)

    response = visit_as(make_lead(project)).post(address("settings", project), settings_form(project, **{setting: value}))

    [event] = Event.objects.filter(project=project, kind="settings_changed")
    assert list(event.data["changed"]) == [setting]
    assert effect in event.data["effects"][setting]
    assert effect in told(response)[0]


def test_ending_a_pause_says_the_opposite_of_beginning_it():
    project = make_project(paused=True)
    client = visit_as(make_lead(project))
    shown = read(client.get(address("settings", project)))

    response = client.post(address("settings", project), settings_form(project, paused=False))

    effect = "People are given candidates again as soon as their page asks; what they hold goes on."
    assert told(response) == [f"Saved. {effect}"]
    assert effect in shown
    [event] = Event.objects.filter(project=project, kind="settings_changed")
    assert event.data["effects"] == {"paused": effect}


def test_a_wrong_lease_is_said_at_its_field_and_stays_as_typed():
    project = make_project(lease_minutes=15)

    response = visit_as(make_lead(project)).post(address("settings", project), settings_form(project, lease_minutes=-1))

    assert response.status_code == 422
    field = response.content.decode().partition('name="lease_minutes"')[2].partition('class="field"')[0]
    assert field.startswith(' value="-1"')
    assert "Ensure this value is greater than or equal to 1." in field


def test_saving_without_a_change_writes_no_event():
    project = make_project()

    response = visit_as(make_lead(project)).post(address("settings", project), settings_form(project))

    assert told(response) == ["Nothing was changed."]
    assert not Event.objects.filter(project=project, kind="settings_changed").exists()


def test_two_leads_who_change_different_settings_do_not_undo_each_other():
    project = make_project(lease_minutes=15, undo_minutes=0)
    first, second = (visit_as(make_lead(project)) for _ in range(2))
    shown_to_both = settings_form(project)

    first.post(address("settings", project), shown_to_both | {"lease_minutes": 20})
    second.post(address("settings", project), shown_to_both | {"undo_minutes": 5})

    project.refresh_from_db()
    assert (project.lease_minutes, project.undo_minutes) == (20, 5)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("lease_minutes", 0),
        ("lease_minutes", 61),
        ("undo_minutes", 1441),
        ("control_share", 101),
        ("policy", "some"),
        ("gold_share", 21),
        ("audit_share", 101),
        ("stop_points", 101),
    ],
)
def test_a_value_out_of_range_is_refused_on_the_page(setting, value):
    project = make_project()

    response = visit_as(make_lead(project)).post(address("settings", project), settings_form(project, **{setting: value}))

    assert response.status_code == 422
    assert "Nothing is saved yet" in read(response)
    assert not Event.objects.filter(project=project, kind="settings_changed").exists()


def test_publishing_a_guideline_makes_a_new_version_and_keeps_its_lines():
    project = make_project()

    visit_as(make_lead(project)).post(address("edit_guideline", project), {"body": "One.\r\n\r\nTwo.", "based_on": 0})

    versions = Guideline.objects.filter(project=project).order_by("number")
    assert [(version.number, version.body) for version in versions] == [(1, "One.\n\nTwo.")]


def test_a_guideline_that_another_lead_published_meanwhile_is_not_overwritten_unseen():
    project = make_project()
    first, second = (visit_as(make_lead(project)) for _ in range(2))
    first.post(address("edit_guideline", project), {"body": "Theirs", "based_on": 0})

    response = second.post(address("edit_guideline", project), {"body": "Mine", "based_on": 0})

    assert response.status_code == 422
    assert "Version 1 was published meanwhile" in read(response)
    assert Guideline.objects.filter(project=project).count() == 1
    # The page names the version it shows now, so that sending it again publishes on top of it.
    assert 'name="based_on" value="1"' in response.content.decode()


def test_where_no_guideline_was_ever_written_the_pages_say_so_and_the_first_text_is_version_1():
    project = make_project()
    lead, person = make_lead(project), make_person(project)
    client, where = visit_as(lead), address("edit_guideline", project)

    editing, reading = read(client.get(where)), read(visit_as(person).get(address("guidelines", project)))
    blank = client.post(where, {"body": " \n", "based_on": 0, "must_read": "on"})
    client.post(where, {"body": "Read every letter.", "based_on": 0, "must_read": "on"})

    assert "None has been written yet; nobody is asked to read anything." in editing
    assert "Text of version 1" in editing
    assert "Who has read it" not in editing
    assert "The lead has not written a guideline for this project yet." in reading
    assert "I have read it" not in reading
    assert blank.status_code == 422
    assert "Write the text first." in read(blank)
    assert list(project.guidelines.values_list("number", "body")) == [(1, "Read every letter.")]


def test_what_was_never_written_but_stored_as_version_1_is_taken_away_and_nothing_else():
    bare, written, emptied = make_project(), make_project(), make_project()
    Guideline.objects.create(project=bare, number=1)
    Guideline.objects.create(project=written, number=1)
    Guideline.objects.create(project=written, number=2, body="Read every letter.")
    publish_guideline(emptied, make_lead(emptied), "Read every letter.")
    publish_guideline(emptied, make_lead(emptied), "")

    MIGRATION.remove_unwritten(apps, None)
    MIGRATION.remove_unwritten(apps, None)

    numbers = [list(project.guidelines.order_by("number").values_list("number", flat=True)) for project in (bare, written, emptied)]
    assert numbers == [[], [1, 2], [1, 2]]
    MIGRATION.put_back(apps, None)
    assert [(row.number, row.body) for row in bare.guidelines.all()] == [(1, "")]


def test_a_new_project_checks_its_labels_and_one_from_before_goes_on_without():
    names = ("gold_share", "repeat_share", "audit_share", "second_share")
    visit_as(make_lead(make_project())).post(NEW, {"name": "Spring pilot", "slug": ""})
    begun = Project.objects.filter(slug="spring-pilot").values_list(*names).get()

    CHECKS_OFF.switch_checks_off(apps, None)

    assert begun == (5, 2, 5, 5)
    assert set(Project.objects.values_list(*names)) == {(0, 0, 0, 0)}
