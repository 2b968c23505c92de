"""The people of a project: adding them, their rights, their sign-in links, and taking them off again."""

import re

import pytest
from django.test import Client

from labeling.lead.sentences import tell_history
from labeling.models import Assignment, Event, Membership, SignInLink, User
from labeling.protocol.adjudicate import take_adjudication
from labeling.protocol.members import Rights, add_member, change_member, drop_member, make_sign_in_link
from labeling.protocol.outcome import ProtocolError
from tests.factories import answer_as, dispute, lease_for, make_candidate, make_lead, make_person, make_project, make_user
from tests.labeling.visiting import address, read, row_of, told, visit_as

pytestmark = pytest.mark.django_db


def rights_of(project, person):
    row = Membership.objects.get(project=project, person=person)
    return row.can_label, row.can_adjudicate, row.is_lead, row.active


def test_a_new_account_gets_the_rights_that_are_ticked_and_no_password():
    project = make_project()

    visit_as(make_lead(project)).post(address("add_member", project), {"account": "new", "username": "kim", "can_label": "on"})

    kim = User.objects.get(username="kim")
    assert rights_of(project, kim) == (True, False, False, True)
    assert not kim.has_usable_password()


def test_somebody_with_an_account_is_added_whatever_the_case_of_the_name():
    project, other = make_project(), make_project()
    kim = make_person(other, username="Kim")

    visit_as(make_lead(project)).post(address("add_member", project), {"account": "existing", "username": "kim", "can_adjudicate": "on"})

    assert rights_of(project, kim) == (False, True, False, True)
    assert User.objects.filter(username__iexact="kim").count() == 1


@pytest.mark.parametrize(
    ("account", "username", "message"),
    [
        ("existing", "nobody", "There is no account of this name."),
        ("new", "taken", "There is an account of this name already."),
        ("new", "two words", "Enter a valid username."),
    ],
)
def test_a_slip_of_the_pen_makes_no_account(account, username, message):
    project = make_project()
    make_user(username="taken")
    before = User.objects.count()

    client = visit_as(make_lead(project))
    response = client.post(address("add_member", project), {"account": account, "username": username, "can_label": "on"})

    assert response.status_code == 422
    assert message in read(response)
    assert User.objects.count() == before + 1  # the lead


def test_a_member_needs_a_right():
    project = make_project()
    kim = make_person(project)

    client = visit_as(make_lead(project))
    response = client.post(address("change_member", project, kim.public_id), {})

    assert response.status_code == 422
    assert "Tick at least one right, or remove the person." in row_of(response, kim)
    assert rights_of(project, kim) == (True, True, False, True)


def test_a_member_cannot_be_added_twice():
    project = make_project()
    kim = make_person(project)

    client = visit_as(make_lead(project))
    response = client.post(address("add_member", project), {"account": "existing", "username": kim.username, "is_lead": "on"})

    assert "is a member already" in read(response)
    assert rights_of(project, kim) == (True, True, False, True)


def test_a_removed_member_comes_back_with_the_rights_given_now():
    project = make_project()
    lead, kim = make_lead(project), make_person(project)
    drop_member(project, lead, kim.public_id)

    visit_as(lead).post(address("add_member", project), {"account": "existing", "username": kim.username, "can_label": "on"})

    assert rights_of(project, kim) == (True, False, False, True)


def test_removing_somebody_ends_their_leases_and_keeps_their_answers():
    candidate = make_candidate()
    project = candidate.project
    other = make_candidate(project)
    lead, kim = make_lead(project), make_person(project)
    answer_as(kim, other, "accept")
    lease_for(kim, candidate)

    response = visit_as(lead).post(address("remove_member", project, kim.public_id))

    assert told(response) == [f"{kim.username} is removed; their answers stay. 1 candidate in hand went back."]
    assert rights_of(project, kim) == (True, True, False, False)
    assert list(Assignment.objects.filter(person=kim).order_by("pk").values_list("status", flat=True)) == ["submitted", "released"]
    candidate.refresh_from_db()
    assert candidate.q_state == 0


def test_losing_a_right_ends_only_the_leases_it_was_for():
    candidate = make_candidate()
    project = candidate.project
    lead, kim = make_lead(project), make_person(project)
    dispute(candidate)
    adjudication = take_adjudication(project, kim)
    primary = lease_for(kim, make_candidate(project))

    ended = change_member(project, lead, kim.public_id, Rights(can_adjudicate=True))

    assert ended == 1
    primary.refresh_from_db()
    adjudication.refresh_from_db()
    assert (primary.status, adjudication.status) == ("released", "leased")


@pytest.mark.parametrize("act", ["remove_member", "change_member"])
def test_a_project_keeps_at_least_one_lead(act):
    project = make_project()
    lead = make_lead(project)

    response = visit_as(lead).post(address(act, project, lead.public_id), {"can_label": "on"})

    assert told(response) == ["Somebody must lead the project: name another lead first."]
    assert rights_of(project, lead) == (False, False, True, True)


def test_a_lead_who_steps_down_is_led_to_their_projects():
    project = make_project()
    make_lead(project)
    lead = make_lead(project)

    response = visit_as(lead).post(address("change_member", project, lead.public_id), {"can_label": "on"})

    assert response["Location"] == "/"
    assert rights_of(project, lead) == (True, False, False, True)


def test_a_sign_in_link_is_shown_once_and_only_its_hash_is_kept():
    project = make_project()
    kim = make_person(project)

    client = visit_as(make_lead(project))
    response = client.post(address("make_link", project, kim.public_id), follow=True)

    token = re.search(r"/account/link/([^/\"]+)/", response.content.decode()).group(1)
    assert SignInLink.objects.get(token_sha256=SignInLink.digest(token)).person == kim
    assert "no-store" in response["Cache-Control"]
    assert token not in client.get(address("members", project)).content.decode()
    assert Event.objects.filter(project=project, data__sign_in_link=True).exists()


def test_the_link_signs_its_person_in():
    project = make_project()
    kim = make_person(project)
    token = make_sign_in_link(project, make_lead(project), kim.public_id)

    client = Client()
    client.post(f"/account/link/{token}/")

    assert client.session["_auth_user_id"] == str(kim.pk)


def test_no_link_opens_an_account_that_works_where_the_lead_does_not_lead():
    project, elsewhere = make_project(), make_project()
    lead, kim = make_lead(project), make_person(project)
    Membership.objects.create(project=elsewhere, person=kim, can_label=True)

    client = visit_as(lead)
    response = client.post(address("make_link", project, kim.public_id))

    assert "only they can sign in" in told(response)[0]
    assert not SignInLink.objects.exists()
    assert address("make_link", project, kim.public_id) not in client.get(address("members", project)).content.decode()


def test_no_link_opens_an_account_of_the_staff():
    project = make_project()
    boss = make_person(project, is_staff=True)

    with pytest.raises(ProtocolError) as refused:
        make_sign_in_link(project, make_lead(project), boss.public_id)

    assert refused.value.code == "not_your_account"


@pytest.mark.parametrize(
    ("people", "warning"),
    [
        ([], "Fewer than three people can answer here."),
        (["label", "label"], "Fewer than three people can answer here."),
        (["label", "adjudicate", "adjudicate"], "Fewer than two annotators"),
        (["label", "label", "label"], "No adjudicator: disputes will wait."),
        (["label", "both", "both"], "a dispute between adjudicators may find nobody left"),
        (["label", "label", "adjudicate"], None),
        (["both", "both", "both"], None),
    ],
)
def test_the_page_warns_where_the_members_cannot_finish_together(people, warning):
    project = make_project()
    for kind in people:
        make_person(project, can_label=kind in ("label", "both"), can_adjudicate=kind in ("adjudicate", "both"))

    text = read(visit_as(make_lead(project)).get(address("members", project)))

    assert warning in text if warning else "Fewer than" not in text and "adjudicator:" not in text


def test_the_history_tells_which_rights_somebody_had_before():
    project = make_project()
    lead, kim = make_lead(project), make_person(project, username="kim", can_adjudicate=False)
    change_member(project, lead, kim.public_id, Rights(can_label=True, can_adjudicate=True))
    change_member(project, lead, kim.public_id, Rights(can_label=True, can_adjudicate=True))
    drop_member(project, lead, kim.public_id)
    add_member(project, lead, kim, Rights(can_adjudicate=True))

    rows = tell_history(Event.objects.filter(project=project, kind="member_changed", data__person=kim.pk).order_by("pk"))

    # Whoever comes back comes with what they are given, not with what they once had.
    assert [row.details for row in rows][-4:] == [
        ["kim: annotator → annotator, adjudicator"],
        ["kim: annotator, adjudicator"],
        ["kim: removed; leases ended, answers kept"],
        ["kim: adjudicator"],
    ]
