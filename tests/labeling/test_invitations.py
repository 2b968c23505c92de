"""Invitations: a link lets in as many people as it is for, while it is open, and never changes the rights of a member."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth import get_user
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from labeling.lead.invitations import list_invitations
from labeling.lead.people import find_shortages
from labeling.models import Event, Invitation, Membership, User, digest_token
from labeling.models.people import REFUSALS_ALLOWED
from labeling.protocol.invitations import join_project, make_invitation, revoke_invitation
from labeling.protocol.members import Rights, change_member, drop_member
from labeling.protocol.outcome import ProtocolError
from labeling.views.lead.shown_once import NAME
from tests.factories import make_bundle, make_lead, make_person, make_project, make_task, make_user
from tests.labeling.visiting import address, read, refused, told, visit_as

pytestmark = pytest.mark.django_db

PASSWORD = "seven green lamps"
ANNOTATOR = Rights(can_label=True)


def invite(project, lead, rights=ANNOTATOR, **about):
    """The address of a new invitation."""
    return reverse("labeling:join", args=[make_invitation(project, lead, rights, **about)[1]])


def account(username, password=PASSWORD, **fields):
    """What the form of somebody new sends."""
    return {"username": username, "password1": password, "password2": password, "language": "en"} | fields


def rights_of(project, person):
    row = Membership.objects.get(project=project, person=person)
    return row.can_label, row.can_adjudicate, row.is_lead, row.active


# Making and showing


def test_the_link_is_shown_once_and_only_its_hash_is_kept():
    project = make_project()
    client = visit_as(make_lead(project))

    fields = {"invite-can_label": "on", "invite-uses": "30", "invite-days": "3", "invite-note": "class of May"}
    page = client.post(address("invite", project), fields, follow=True)

    [link] = re.findall(r'value="(http://testserver/join/[^"]+)"', page.content.decode())
    token = link.split("/")[-2]
    row = Invitation.objects.get()
    assert token not in str(Invitation.objects.values().get())
    assert (row.uses, row.used, row.note) == (30, 0, "class of May")
    assert timedelta(days=2, hours=23) < row.expires_at - timezone.now() <= timedelta(days=3)
    again = client.get(address("members", project))
    assert token not in again.content.decode()
    assert "class of May" in read(again)
    assert page.headers["Cache-Control"].count("no-store") == 1


def test_the_link_is_on_a_page_that_may_be_loaded_again_without_a_second_one():
    project = make_project()
    client = visit_as(make_lead(project))

    made = client.post(address("invite", project), {"invite-can_label": "on", "invite-uses": "1", "invite-days": "7"})

    assert (made.status_code, made["Location"]) == (302, address("members", project))
    cookie = made.cookies[NAME]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == (address("members", project), True, "Strict")
    for is_shown in (True, False, False):
        assert ("http://testserver/join/" in client.get(address("members", project)).content.decode()) == is_shown
    assert Invitation.objects.count() == 1


def test_a_link_made_by_one_lead_is_not_shown_to_the_next_one_at_the_same_browser():
    project = make_project()
    client, other = visit_as(make_lead(project)), visit_as(make_lead(project))

    client.post(address("invite", project), {"invite-can_label": "on", "invite-uses": "1", "invite-days": "7"})
    other.cookies[NAME] = client.cookies[NAME].value
    page = other.get(address("members", project))

    assert "http://testserver/join/" not in page.content.decode()


def test_by_default_a_link_is_for_one_person_and_a_week_and_nothing_is_ticked():
    project = make_project()

    page = visit_as(make_lead(project)).get(address("members", project)).content.decode()

    assert re.search(r'name="invite-uses" value="1"', page)
    assert re.search(r'name="invite-days" value="7"', page)
    assert len(re.findall(r'name="invite-(?:can_label|can_adjudicate|is_lead)"', page)) == 3
    assert not re.search(r'name="invite-[a-z_]+"[^>]*checked', page)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"invite-uses": "1", "invite-days": "7"}, "Tick at least one right"),
        ({"invite-can_label": "on", "invite-uses": "51", "invite-days": "7"}, "less than or equal to 50"),
        ({"invite-can_label": "on", "invite-uses": "1", "invite-days": "91"}, "less than or equal to 90"),
        ({"invite-is_lead": "on", "invite-uses": "2", "invite-days": "7"}, "A link that makes somebody a lead is for one person."),
        (
            {"invite-is_lead": "on", "invite-uses": "1", "invite-days": "7", "invite-daily_cap": "5"},
            "are for people who label or adjudicate.",
        ),
        ({"invite-can_label": "on", "invite-uses": "1", "invite-days": "7", "invite-daily_cap": "0"}, "greater than or equal to 1"),
        ({"invite-can_label": "on", "invite-uses": "1", "invite-days": "7", "invite-categories": "Music"}, "Select a valid choice."),
    ],
)
def test_an_invitation_that_cannot_be_is_refused_with_the_reason(fields, message):
    project = make_project()

    response = visit_as(make_lead(project)).post(address("invite", project), fields)

    assert response.status_code == 422
    assert message in read(response)
    assert not Invitation.objects.exists()


@pytest.mark.parametrize(("about", "code"), [({"uses": 51}, "bad_uses"), ({"days": 0}, "bad_days")])
def test_the_protocol_refuses_what_the_form_does(about, code):
    project = make_project()

    with pytest.raises(ProtocolError) as refusal:
        make_invitation(project, make_lead(project), ANNOTATOR, **about)

    assert refusal.value.code == code


def test_the_list_says_what_became_of_each_link():
    project = make_project()
    lead, former = make_lead(project), make_lead(project)
    make = {name: make_invitation(project, lead, ANNOTATOR)[1] for name in ("open", "used", "expired", "revoked", "locked")}
    make["orphaned"] = make_invitation(project, former, ANNOTATOR)[1]
    rows = {name: Invitation.objects.get(token_sha256=digest_token(token)) for name, token in make.items()}
    kim = make_user(username="kim")
    join_project(make["used"], kim)
    Invitation.objects.filter(pk=rows["expired"].pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    Invitation.objects.filter(pk=rows["locked"].pk).update(refused=REFUSALS_ALLOWED)
    revoke_invitation(project, lead, rows["revoked"].public_id)
    change_member(project, lead, former.public_id, ANNOTATOR)

    lines = list_invitations(project)

    assert {line.state: line.invitation.pk for line in lines} == {name: row.pk for name, row in rows.items()}
    assert lines[0].state == "open"
    assert [line.people for line in lines if line.state == "used"] == [["kim"]]
    page = read(visit_as(lead).get(address("members", project)))
    for words in ("open", "used up", "1 of 1 used : kim", "expired", "revoked", "locked", "no longer leads here"):
        assert words.replace(" : ", ": ") in page.replace(" : ", ": ")


def test_an_invitation_limits_whoever_comes_by_it_and_everybody_is_told():
    project = make_project()
    lead = make_lead(project)
    limits = {"invite-categories": ["Digital", "Product"], "invite-daily_cap": "50"}
    client = visit_as(lead)

    made = client.post(
        address("invite", project), {"invite-can_label": "on", "invite-uses": "1", "invite-days": "7", **limits}, follow=True
    )
    [link] = re.findall(r'value="(http://testserver/join/[^"]+)"', made.content.decode())
    offered = read(Client().get(link))
    Client().post(link, account("kim"))

    member = Membership.objects.get(project=project, person__username="kim")
    assert (member.categories, member.daily_cap) == (["Product", "Digital"], 50)
    told_limits = "works in Product, Digital, at most 50 answers a day"
    assert f"annotator · {told_limits}" in offered
    assert f"annotator · {told_limits}" in read(client.get(address("members", project)))
    history = read(client.get(address("settings", project)))
    assert "1 person as annotator works in Product, Digital at most 50 answers a day" in history
    assert f"kim came by an invitation: annotator, {told_limits}" in history


def test_an_invitation_without_limits_gives_none_and_all_categories_are_the_same_as_none():
    project = make_project()
    lead, kim = make_lead(project), make_user()

    _row, token = make_invitation(project, lead, ANNOTATOR, categories=["Digital", "Portrait", "Product"])
    member = join_project(token, kim)

    assert (member.categories, member.daily_cap) == ([], None)
    assert "limits" not in Event.objects.filter(project=project, actor=kim).get().data
    assert " · works in" not in read(visit_as(lead).get(address("members", project)))


def test_a_lead_who_answers_nothing_is_not_limited():
    project = make_project()

    with refused("limits_without_work"):
        make_invitation(project, make_lead(project), Rights(is_lead=True), daily_cap=5)


# Coming in


def test_somebody_new_makes_an_account_and_is_a_member():
    project = make_project()
    link = invite(project, make_lead(project), Rights(can_label=True, can_adjudicate=True))
    client = Client()

    response = client.post(link, account("kim", language="zh-hans"))

    kim = User.objects.get(username="kim")
    assert get_user(client) == kim
    assert (kim.check_password(PASSWORD), kim.language) == (True, "zh-hans")
    assert rights_of(project, kim) == (True, True, False, True)
    assert response["Location"] == address("label", project)
    event = Event.objects.filter(project=project, kind="member_changed").latest("pk")
    assert (event.actor, event.data["invitation"]) == (kim, Invitation.objects.get().pk)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (account("taken"), "A user with that username already exists."),
        (account("TAKEN"), "A user with that username already exists."),
        (account("kim", "short"), "This password is too short."),
        (account("kimberley77", "kimberley77"), "The password is too similar to the username."),
        (account("kim", password2="another one"), "The two password fields didn’t match."),
        (account("kim", language="xx"), "Select a valid choice."),
    ],
)
def test_an_account_that_cannot_be_uses_nothing_up(fields, message):
    project = make_project()
    make_user(username="taken")
    link = invite(project, make_lead(project))

    response = Client().post(link, fields)

    assert response.status_code == 422
    assert message in read(response)
    assert Invitation.objects.get().used == 0
    assert not User.objects.filter(username__startswith="kim").exists()


def test_somebody_signed_in_joins_as_who_they_are_by_a_post_only():
    project = make_project(name="Posters")
    kim = make_person(make_project(), username="kim")
    link = invite(project, make_lead(project))
    client = visit_as(kim)

    page = read(client.get(link))
    before = Membership.objects.filter(project=project, person=kim).exists()
    response = client.post(link)

    assert "Join Posters as kim" in page
    assert not before
    assert response.status_code == 302
    assert told(response) == ["You are a member of Posters now."]
    assert rights_of(project, kim) == (True, False, False, True)


@pytest.mark.parametrize("is_signed_in", [False, True])
def test_looking_at_a_link_does_not_use_it_up(is_signed_in):
    project = make_project()
    link = invite(project, make_lead(project))
    client = visit_as(make_user()) if is_signed_in else Client()

    statuses = {client.get(link).status_code for _ in range(3)} | {client.head(link).status_code}

    assert statuses == {200}
    assert Invitation.objects.get().used == 0


def test_a_member_keeps_their_rights_and_is_told_so():
    project = make_project()
    kim = make_person(project, can_adjudicate=False)
    link = invite(project, make_lead(project), Rights(is_lead=True))
    client = visit_as(kim)

    for response in (client.get(link), client.post(link)):
        assert "The link changes nothing about them" in read(response)

    assert rights_of(project, kim) == (True, False, False, True)
    assert Invitation.objects.get().used == 0


def test_the_protocol_never_raises_the_rights_of_a_member():
    project = make_project()
    kim = make_person(project, can_adjudicate=False)
    _invitation, token = make_invitation(project, make_lead(project), Rights(is_lead=True))

    with refused("already_member"):
        join_project(token, kim)

    assert rights_of(project, kim) == (True, False, False, True)
    assert Invitation.objects.get().used == 0


def test_a_removed_member_does_not_come_back_by_a_link_they_kept():
    project = make_project()
    lead, kim = make_lead(project), make_person(project)
    link = invite(project, lead, uses=5)
    drop_member(project, lead, kim.public_id)

    response = visit_as(kim).post(link)

    assert response.status_code == 409
    assert "You were taken off this project." in read(response)
    assert rights_of(project, kim) == (True, True, False, False)
    assert Invitation.objects.get().used == 0


# Being over


def test_a_link_for_two_lets_in_two():
    project = make_project()
    link = invite(project, make_lead(project), uses=2)

    statuses = [Client().post(link, account(name)).status_code for name in ("one", "two", "three")]

    assert statuses == [302, 302, 410]
    assert not User.objects.filter(username="three").exists()


def revoke_it(project, lead, _maker):
    revoke_invitation(project, lead, Invitation.objects.get().public_id)


def let_time_go_by(_project, _lead, _maker):
    Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))


def remove_its_maker(project, lead, maker):
    drop_member(project, lead, maker.public_id)


def close_the_account_of_its_maker(_project, _lead, maker):
    User.objects.filter(pk=maker.pk).update(is_active=False)


@pytest.mark.parametrize("end", [revoke_it, let_time_go_by, remove_its_maker, close_the_account_of_its_maker])
def test_a_link_that_is_over_says_the_same_as_one_that_never_was(end):
    project = make_project()
    lead, maker = make_lead(project), make_lead(project)
    link = invite(project, maker)
    end(project, lead, maker)
    never = reverse("labeling:join", args=["invented"])

    for ask in (Client().get, Client().post, visit_as(make_user()).get, visit_as(make_user()).post):
        one, other = ask(link), ask(never)
        assert (one.status_code, other.status_code) == (410, 410)
        assert "This invitation is over" in read(one)
        assert project.name not in read(one)


def test_a_link_with_which_account_names_are_tried_out_is_over():
    project = make_project()
    make_user(username="taken")
    link = invite(project, make_lead(project), uses=50)

    statuses = [Client().post(link, account("taken")).status_code for _ in range(REFUSALS_ALLOWED)]

    assert set(statuses) == {422}
    assert Client().post(link, account("kim")).status_code == 410


def test_whoever_came_by_a_link_stays_when_it_is_revoked():
    project = make_project()
    lead = make_lead(project)
    link = invite(project, lead, uses=5)
    Client().post(link, account("kim"))

    response = visit_as(lead).post(address("revoke_invitation", project, Invitation.objects.get().public_id))

    assert told(response) == ["The invitation is revoked. Whoever came by it stays."]
    assert rights_of(project, User.objects.get(username="kim")) == (True, False, False, True)
    assert list(Event.objects.filter(kind__startswith="invitation").order_by("pk").values_list("kind", flat=True)) == [
        "invitation_made",
        "invitation_revoked",
    ]


def test_an_invitation_of_another_project_cannot_be_revoked_here():
    here, there = make_project(), make_project()
    invite(there, make_lead(there))

    response = visit_as(make_lead(here)).post(address("revoke_invitation", here, Invitation.objects.get().public_id))

    assert told(response) == ["There is no such invitation."]
    assert Invitation.objects.get().revoked_at is None


def test_the_history_of_the_project_tells_invitations_and_who_came():
    project = make_project()
    lead = make_lead(project)
    Client().post(invite(project, lead, uses=3, note="kim@example.org"), account("kim"))

    page = read(visit_as(lead).get(address("settings", project)))

    assert "3 people as annotator" in page
    assert "kim came by an invitation: annotator" in page
    assert "example.org" not in page


# People who are still to come


def shortages_of(project):
    return list(find_shortages(project, list(Membership.objects.active().filter(project=project))))


def test_where_people_are_too_few_the_open_invitations_that_would_mend_it_are_named():
    project = make_project()
    lead, _kim = make_lead(project), make_person(project)
    alone = shortages_of(project)
    make_invitation(project, lead, Rights(is_lead=True))
    make_invitation(project, lead, ANNOTATOR)

    one = shortages_of(project)
    make_invitation(project, lead, Rights(can_label=True, can_adjudicate=True), uses=2)
    two = shortages_of(project)

    assert alone[0].startswith("Fewer than three people can answer here.")
    # With the invited annotator two people could answer, not three.
    assert one[: len(alone)] == alone
    assert one[-1].startswith("1 invitation is open, but even used up it would not mend this. Still missing then: Fewer than three people")
    assert one[-1].endswith("Two label each candidate, and a third settles what they disagree on.")
    assert two == [*alone, "2 invitations are open that would mend this once they are used."]
    assert "2 invitations are open that would mend this" in read(visit_as(lead).get(address("members", project)))
    assert "2 invitations are open that would mend this" in read(visit_as(lead).get(address("project", project)))
    assert Membership.objects.filter(project=project).count() == 2


def test_an_invitation_for_another_category_mends_nothing_and_enough_people_need_none():
    project = make_project()
    make_bundle(make_task(project, category="Product"))
    lead = make_lead(project)
    for _ in range(3):
        make_person(project)
    kim = make_person(project)
    make_invitation(project, lead, ANNOTATOR, categories=["Digital"])
    enough = shortages_of(project)
    Membership.objects.filter(project=project, can_label=True).exclude(person=kim).update(categories=["Portrait"])

    lacking = shortages_of(project)
    make_invitation(project, lead, ANNOTATOR, categories=["Product"], uses=2)

    assert enough == []
    assert lacking[-1] == (
        "1 invitation is open, but even used up it would not mend this. Still missing then: "
        "Product: 2 more people are needed (annotators: 1, adjudicators: 1). Two label, a third settles."
    )
    assert shortages_of(project)[-1] == "2 invitations are open that would mend this once they are used."
