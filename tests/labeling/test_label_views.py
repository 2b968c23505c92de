"""The label and adjudication views over HTTP: who may, what comes back to a script and to a plain form."""

from __future__ import annotations

import re
import uuid

import pytest
from django.urls import reverse

from labeling.models import Answer, Asset, Assignment, Receipt
from tests.factories import (
    answer_as,
    dispute,
    expire,
    lease_for,
    make_bundle,
    make_candidate,
    make_image,
    make_person,
    make_project,
    make_task,
)

pytestmark = pytest.mark.django_db
SCRIPT = {"HX-Request": "true"}


def sign_in(client, person):
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


def url(name, project, *args):
    return reverse(f"labeling:{name}", args=[project.slug, *args])


def post_answer(client, lease, *, headers=SCRIPT, **fields):
    data = {"assignment": lease.public_id, "key": uuid.uuid4(), "answer": "accept"} | fields
    return client.post(url("answer", lease.project), data, headers=headers)


@pytest.fixture
def project():
    project = make_project(undo_minutes=15)
    for _ in range(5):
        make_candidate(project)
    return project


@pytest.fixture
def person(project):
    return make_person(project, can_adjudicate=False)


def test_reading_the_page_takes_no_work(client, project, person):
    sign_in(client, person).get(url("label", project))

    assert not Assignment.objects.exists()


def test_the_page_does_not_begin_with_a_card_whose_time_is_over(client, project, person):
    expire(lease_for(person, project.candidates.first()))

    page = sign_in(client, person).get(url("label", project)).text

    assert "<article" not in page
    assert 'data-state="start"' in page


def test_a_script_takes_three_cards_and_a_plain_form_one(client, project, person):
    sign_in(client, person)

    client.post(url("take", project))
    assert Assignment.objects.count() == 1
    reply = client.post(url("take", project), headers=SCRIPT).text

    assert Assignment.objects.count() == 3
    assert reply.count('<article class="card"') == 3


def test_cards_the_page_has_are_not_sent_again(client, project, person):
    sign_in(client, person).post(url("take", project), headers=SCRIPT)
    held = [str(lease.public_id) for lease in Assignment.objects.order_by("pk")]

    reply = client.post(url("take", project), {"shown": held[0], "have": held[:2]}, headers=SCRIPT).text

    assert re.findall(r'data-assignment="([^"]+)" data-number', reply) == held[2:]
    assert re.search(r'data-held="([^"]*)"', reply)[1].split() == held


def test_the_reply_to_an_answer_names_it_and_brings_the_next_card(client, project, person):
    sign_in(client, person).post(url("take", project), headers=SCRIPT)
    leases = list(Assignment.objects.order_by("pk"))
    have = [str(lease.public_id) for lease in leases]

    reply = post_answer(client, leases[0], shown=have[1], have=have[1:]).text

    assert f'data-outcome="submitted" data-code="submitted" data-assignment="{have[0]}"' in reply
    assert f'data-answer="{Answer.objects.get().public_id}"' in reply
    assert reply.count('<article class="card"') == 1
    assert "1 today" in reply
    assert not Assignment.objects.get(public_id=have[1]).is_ahead


def test_a_page_without_cards_gets_the_outcome_alone_and_takes_nothing(client, project, person):
    lease = lease_for(person, project.candidates.first())

    reply = post_answer(sign_in(client, person), lease, only_outcome="1").text

    assert 'data-outcome="submitted"' in reply
    assert "<article" not in reply
    assert not Assignment.objects.filter(status="leased").exists()


def test_sending_an_answer_twice_gives_the_same_answer(client, project, person):
    lease, key = lease_for(person, project.candidates.first()), uuid.uuid4()
    sign_in(client, person)

    replies = [post_answer(client, lease, key=key).text for _ in range(2)]

    assert len({re.search(r'data-answer="([^"]+)"', reply)[1] for reply in replies}) == 1
    assert Answer.objects.count() == Receipt.objects.count() == 1


def test_a_key_used_for_another_answer_is_refused(client, project, person):
    lease, key = lease_for(person, project.candidates.first()), uuid.uuid4()
    post_answer(sign_in(client, person), lease, key=key)

    reply = post_answer(client, lease, key=key, answer="reject").text

    assert 'data-outcome="refused" data-code="key_reused"' in reply


def test_a_form_that_says_nothing_is_refused_with_its_reason(client, project, person):
    lease = lease_for(person, project.candidates.first())

    reply = post_answer(sign_in(client, person), lease, answer="")

    assert reply.status_code == 422
    assert "Choose accept or reject." in reply.text


def test_a_reason_button_of_the_plain_form_rejects_for_it(client, project, person):
    lease = lease_for(person, project.candidates.first())

    reply = post_answer(sign_in(client, person), lease, headers=None, answer="", reject_for="blurry")

    assert reply.headers["Location"] == url("label", project)
    assert (Answer.objects.get().verdict, Answer.objects.get().reasons) == ("reject", ["blurry"])


def test_the_plain_accept_button_means_accept_whatever_is_ticked(client, project, person):
    lease = lease_for(person, project.candidates.first())

    post_answer(sign_in(client, person), lease, headers=None, reasons=["blurry"])

    assert (Answer.objects.get().verdict, Answer.objects.get().reasons) == ("accept", [])


def test_the_heartbeat_tells_when_the_card_is_gone(client, project, person):
    lease = lease_for(person, project.candidates.first())
    sign_in(client, person)

    alive = client.post(url("keep", project), {"shown": lease.public_id}, headers=SCRIPT)
    expire(lease)
    client.post(url("take", project), headers=SCRIPT)
    gone = client.post(url("keep", project), {"shown": lease.public_id}, headers=SCRIPT)

    assert (alive.status_code, gone.status_code) == (204, 410)


def test_the_heartbeat_keeps_what_is_held_ahead(client, project, person):
    sign_in(client, person).post(url("take", project), headers=SCRIPT)
    shown, ahead, _ = Assignment.objects.order_by("pk")
    before = ahead.lease_until

    client.post(url("keep", project), {"shown": shown.public_id}, headers=SCRIPT)

    ahead.refresh_from_db()
    assert ahead.is_ahead
    assert ahead.lease_until > before


def test_leaving_gives_back_what_was_held_ahead(client, project, person):
    sign_in(client, person).post(url("take", project), headers=SCRIPT)

    reply = client.post(url("leave", project))

    assert reply.status_code == 204
    assert [lease.is_ahead for lease in Assignment.objects.filter(status="leased")] == [False]


@pytest.mark.parametrize("name", ["label", "recent", "adjudicate", "progress", "guidelines"])
def test_a_project_of_others_is_not_found(client, project, name):
    stranger = make_person(make_project())

    assert sign_in(client, stranger).get(url(name, project)).status_code == 404


def test_rights_are_checked_one_by_one(client, project, person):
    adjudicator = make_person(project, can_label=False)

    assert sign_in(client, person).get(url("adjudicate", project)).status_code == 404
    assert sign_in(client, adjudicator).get(url("label", project)).status_code == 404
    assert client.get(url("adjudicate", project)).status_code == 200


def test_a_page_of_somebody_else_cannot_write(client, project, person):
    lease = lease_for(person, project.candidates.first())
    other = make_person(project)

    reply = post_answer(sign_in(client, other), lease, headers=SCRIPT | {"X-Person": str(person.public_id)})

    assert reply.status_code == 409
    assert not Answer.objects.exists()


def test_the_session_says_who_is_signed_in(client, person):
    assert client.get(reverse("labeling:session")).json()["person"] is None

    said = sign_in(client, person).get(reverse("labeling:session"))

    assert said.json()["person"] == str(person.public_id)
    assert "no-store" in said.headers["Cache-Control"]


def test_a_script_without_a_session_gets_401_and_no_page(client, project):
    assert client.post(url("take", project), headers=SCRIPT).status_code == 401


def test_the_card_of_somebody_else_is_not_found(client, project, person):
    lease = lease_for(make_person(project), project.candidates.first())

    assert sign_in(client, person).get(url("card", project, lease.public_id)).status_code == 404


def test_the_reveal_is_not_found_before_the_blind_answer(client):
    project = make_project()
    dispute(make_candidate(project))
    adjudicator = make_person(project, can_label=False)
    sign_in(client, adjudicator).post(url("adjudicate_take", project), headers=SCRIPT)
    lease = Assignment.objects.get(purpose="adjudication")

    assert client.get(url("reveal", project, lease.public_id)).status_code == 404
    page = client.get(url("adjudicate", project)).text
    assert "opinion" not in page

    data = {"assignment": lease.public_id, "key": uuid.uuid4(), "answer": "accept", "have": lease.public_id}
    reply = client.post(url("adjudicate_answer", project), data, headers=SCRIPT).text
    assert reply.count('<li class="opinion') == 3
    assert "<article" not in reply
    assert client.get(url("reveal", project, lease.public_id)).text.count('<li class="opinion') == 3


def test_the_price_and_the_place_in_the_delivery_are_on_the_page(client, person, project):
    lease_for(person, make_bundle(make_task(project, quantity=3)).candidates.select_related("project").first())

    page = sign_in(client, person).get(url("label", project)).text

    assert "deliverable 1 of 3" in page
    assert "<b>$30.00</b>" in page


def test_the_order_stands_beside_the_picture(client, person, project):
    size = {"kind": "size", "boxes": [{"width": 1024, "height": 1024, "unit": "px"}]}
    task = make_task(project, name="海报设计", brief="为文创品牌设计一张海报。" * 200, is_editing=True)
    task.deliverables.update(rules=[size], name="主海报")
    picture, source = make_image(), make_image()
    Asset.objects.create(task=task, role="reference", number=1, image=picture)
    Asset.objects.create(task=task, role="source", number=1, image=source)
    lease_for(person, make_bundle(task).candidates.select_related("project").get())

    page = sign_in(client, person).get(url("label", project)).text

    assert '<p class="wanted" lang="zh-Hans"><strong>主海报</strong></p>' in page
    rules = re.search(r'<ul class="rules">.*?</ul>', page, re.DOTALL)[0]
    assert "1024 × 1024 px" in rules
    assert re.search(r'<ol class="points">.*?</ol>', page, re.DOTALL)[0].count("<li") == 2
    assert "Point 1" in page
    assert 'alt="Reference 1"' in page
    assert 'alt="Source image 1"' in page
    # 12 characters, 200 times; long, so it begins folded.
    assert "(2,400 characters)" in page
    assert f'<p class="prose" lang="zh-Hans">{task.brief}</p>' in page


def test_nothing_on_the_page_is_styled_or_scripted_inline(client, person, project):
    answer_as(person, project.candidates.first(), "reject", reasons=("blurry",))
    lease_for(person, project.candidates.last())
    sign_in(client, person)

    for name in ("label", "recent", "progress", "guidelines"):
        page = client.get(url(name, project)).text
        assert not re.search(r"<[^>]*\s(style|on\w+)=", page), name
        assert not re.search(r"<script(?![^>]*(src=|application/json))", page), name
