"""Optional e-mail, over a real SMTP server: who is told what and when, once, with limits, and how they stop it."""

import re
import time
from datetime import timedelta
from io import StringIO
from threading import Barrier, Event, Thread
from threading import enumerate as enumerate_threads

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from labeling.mail import notices as notices_module
from labeling.mail import waiting
from labeling.mail.addresses import confirm_address, find_confirmation, make_confirmation_token, stop_address
from labeling.mail.notices import add_notice, look_around
from labeling.mail.run import mail_once
from labeling.mail.send import claim, send_due
from labeling.mail.waiting import count_seats, nobodys_to_adjudicate, overdue_disputes, theirs_to_adjudicate
from labeling.models import Candidate, MailAddress, MailConfirmation, MailWatch, Membership, Notice, NoticeKind
from labeling.protocol.batches import BatchPlan, batch_candidate, change_batch, create_batch
from labeling.protocol.reap import give_back
from labeling.protocol.skip import skip_candidate
from labeling.reap import reap_until
from tests.factories import (
    answer_as,
    dispute,
    lease_for,
    make_candidate,
    make_generator,
    make_lead,
    make_person,
    make_project,
)
from tests.labeling.large_project import make_large_project
from tests.labeling.mail_server import serve_mail
from tests.labeling.query_plans import watch_plans
from tests.labeling.visiting import address, read, visit_as

pytestmark = pytest.mark.django_db


@pytest.fixture
def server():
    """The running server and its mailbox."""
    with serve_mail() as (box, controller):
        yield box, controller


@pytest.fixture
def box(server):
    return server[0]


@pytest.fixture
def later(monkeypatch):
    """Let time go by for everything that asks for it, from eight in the morning of tomorrow: days are what some of it is about."""
    plain = timezone.now
    gone = [(timezone.localtime() + timedelta(days=1)).replace(hour=8, minute=0, second=0) - plain()]
    monkeypatch.setattr(timezone, "now", lambda: plain() + gone[0])

    def move(**time):
        gone[0] += timedelta(**time)

    return move


def subscribe(person, **wants):
    """Give the person a confirmed address."""
    return MailAddress.objects.create(person=person, address=f"{person.username}@example.org", **wants)


def notice_for(person, project, kind=NoticeKind.WORK):
    """A notice that is due now."""
    membership = Membership.objects.get(person=person, project=project)
    assert add_notice(membership, kind, timezone.now())
    Notice.objects.update(due_at=timezone.now())
    return Notice.objects.latest("pk")


def waiting_dispute(project, days=2):
    """A dispute of two new people that has waited so long, and the two."""
    candidate = make_candidate(project)
    people = dispute(candidate)
    Candidate.objects.filter(pk=candidate.pk).update(state_changed_at=timezone.now() - timedelta(days=days))
    return candidate, people


# What waits


def test_what_waits_to_be_labelled_is_what_the_queue_would_give():
    project, other = make_project(), make_project()
    person, somebody = make_person(project), make_person(project)
    mine, half, full, skipped, _fresh = (make_candidate(project) for _ in range(5))
    make_candidate(other)
    lease_for(person, mine)
    lease_for(somebody, half)
    for each in (somebody, make_person(project)):
        answer_as(each, full, "accept")
    skip_candidate(lease_for(person, skipped).public_id, person, "cannot_judge", "", skipped.public_id)

    # The half-taken one and the fresh one; `mine`, `full`, the skipped one and the other project's are not to be had.
    assert count_seats(member(project, person)) == 2
    Membership.objects.filter(project=project, person=person).update(categories=["Product"])
    assert count_seats(member(project, person)) == 0


def test_disputes_wait_for_those_who_may_adjudicate_them_and_else_for_the_lead():
    project = make_project()
    candidate, people = waiting_dispute(project)
    fresh, _others = waiting_dispute(project, days=0)
    adjudicator = make_person(project)
    since = timezone.now() - timedelta(days=1)

    overdue = overdue_disputes(project.pk, since)
    with_one = nobodys_to_adjudicate(project.pk, overdue)
    Membership.objects.exclude(person__in=people).update(active=False)
    without = nobodys_to_adjudicate(project.pk, overdue)

    assert [found.id for found in overdue] == [candidate.pk]
    assert theirs_to_adjudicate(overdue, member(project, adjudicator)) == {candidate.pk}
    assert theirs_to_adjudicate(overdue, member(project, people[0])) == set()
    assert (with_one, without) == (set(), {candidate.pk})
    assert fresh.pk not in without


def test_disputes_of_batches_wait_for_their_people_and_those_of_closed_ones_for_nobody():
    project = make_project()
    candidate, _people = waiting_dispute(project)
    lead, inside, outside = make_lead(project), make_person(project), make_person(project)
    batch = create_batch(project, lead, BatchPlan(name="theirs", people=[inside.public_id]))
    batch_candidate(candidate.public_id, lead, batch.number)
    since = timezone.now() - timedelta(days=1)

    overdue = overdue_disputes(project.pk, since)

    assert theirs_to_adjudicate(overdue, member(project, inside)) == {candidate.pk}
    assert theirs_to_adjudicate(overdue, member(project, outside)) == set()
    change_batch(project, lead, batch.public_id, BatchPlan(name="theirs", people=[inside.public_id], closed=True))
    assert overdue_disputes(project.pk, since) == []


def test_disputes_of_closed_batches_do_not_take_the_place_of_others(monkeypatch):
    project = make_project()
    lead = make_lead(project)
    closed, urgent = (create_batch(project, lead, BatchPlan(name=name)) for name in ("closed", "urgent"))
    for batch in (closed, closed, urgent):
        candidate, _people = waiting_dispute(project)
        batch_candidate(candidate.public_id, lead, batch.number)
    change_batch(project, lead, closed.public_id, BatchPlan(name="closed", closed=True))
    # As if two were as many as are looked at.
    monkeypatch.setattr(waiting, "OVERDUE", waiting.OVERDUE.replace(f"LIMIT {waiting.MOST}", "LIMIT 2"))

    overdue = overdue_disputes(project.pk, timezone.now() - timedelta(days=1))

    assert [found.lane >> 2 for found in overdue] == [urgent.number]


def member(project, person):
    return Membership.objects.get(project=project, person=person)


def test_counting_reads_no_whole_table():
    project, people = make_large_project()

    with watch_plans() as watch:
        seats = count_seats(member(project, people[0]))
        disputes = overdue_disputes(project.pk, timezone.now() - timedelta(days=1))
        mine = theirs_to_adjudicate(overdue_disputes(project.pk, timezone.now() + timedelta(days=1)), member(project, people[55]))

    assert not watch.scans, "\n".join(map(str, watch.scans))
    # 8,000 fresh ones are there and counting ends at 1,000; no dispute is a day old.
    assert (seats, disputes, len(mine)) == (1000, [], 1000)


# When a notice is made


def test_work_that_arrives_for_somebody_who_had_none_makes_one_notice(later):
    project = make_project()
    person = make_person(project)
    subscribe(person)

    look_around()
    later(minutes=70)
    make_candidate(project)
    first, again = look_around(), look_around()
    later(minutes=6)
    third = look_around()

    assert (first, again, third) == (1, 0, 0)
    notice = Notice.objects.get()
    assert (notice.person, notice.kind, notice.projects, notice.day) == (person, "work", [project.pk], timezone.localdate())


def test_nobody_is_told_of_work_they_had_all_along_or_missed_for_minutes(later):
    project = make_project()
    person, candidate = make_person(project), make_candidate(project)
    subscribe(person)

    look_around()
    lease = lease_for(person, candidate)
    later(minutes=10)
    look_around()
    give_back(lease, "page_left")
    later(minutes=10)
    look_around()

    assert not Notice.objects.exists()
    assert MailWatch.objects.get(kind="work").idle_since is None


def test_only_those_who_asked_for_it_and_may_do_it_are_told(later):
    project = make_project()
    wants, wants_not, adjudicates, _silent, gone = (make_person(project) for _ in range(5))
    subscribe(wants)
    subscribe(wants_not, wants_work=False)
    subscribe(adjudicates)
    subscribe(gone)
    Membership.objects.filter(person=adjudicates).update(can_label=False)
    Membership.objects.filter(person=gone).update(active=False)

    look_around()
    later(minutes=70)
    make_candidate(project)
    look_around()

    assert {notice.person for notice in Notice.objects.filter(kind="work")} == {wants}


def test_a_paused_project_tells_nobody(later):
    project = make_project()
    subscribe(make_person(project))
    look_around()
    later(minutes=70)
    make_candidate(project)
    project.paused = True
    project.save()

    assert (look_around(), Notice.objects.count()) == (0, 0)


def test_a_dispute_that_waits_over_a_day_is_told_daily_until_it_is_gone(later, box):
    project = make_project()
    _candidate, people = waiting_dispute(project)
    adjudicator, lead = make_person(project, username="third"), make_lead(project)
    for person in (*people, adjudicator, lead):
        subscribe(person)

    look_around()
    later(minutes=11)
    mail_once()
    later(hours=2)
    mail_once()
    today = [message["To"] for message in box.messages]
    later(days=1)
    mail_once()
    later(minutes=11)
    mail_once()

    assert today == ["third@example.org"]
    assert [message["To"] for message in box.messages] == ["third@example.org"] * 2
    assert set(Notice.objects.values_list("kind", "state")) == {("disputes", "sent")}


def test_leads_are_told_of_disputes_that_nobody_may_adjudicate():
    project = make_project()
    waiting_dispute(project)
    lead = make_lead(project)
    subscribe(lead)

    look_around()

    assert [(notice.person, notice.kind) for notice in Notice.objects.all()] == [(lead, "disputes")]


def test_projects_of_one_day_share_a_mail_and_a_second_mail_waits_for_the_next_day(later, box):
    first, second = make_project(name="Posters"), make_project(name="Portraits")
    person = make_person(first)
    Membership.objects.create(project=second, person=person, can_label=True)
    subscribe(person)
    look_around()
    later(minutes=70)
    for project in (first, first, second):
        make_candidate(project)

    look_around()
    later(minutes=11)
    sent = mail_once()

    assert (sent, Notice.objects.count()) == (1, 1)
    body = box.messages[0].get_content()
    assert "Portraits: 1 to label" in body
    assert "Posters: 2 to label" in body
    assert Notice.objects.get().counts == {str(first.pk): 2, str(second.pk): 1}
    membership = Membership.objects.get(project=first, person=person)
    assert not add_notice(membership, NoticeKind.WORK, timezone.now())
    later(days=1)
    assert add_notice(membership, NoticeKind.WORK, timezone.now())


# What is sent


def test_a_mail_says_how_many_in_the_persons_language_and_names_no_generator(box):
    project = make_project(name="海报")
    person = make_person(project, username="kim", language="zh-hans")
    candidate = make_candidate(project)
    generator = make_generator(slug="zanzibar-diffusion", display_name="Zanzibar Diffusion")
    type(candidate.bundle).objects.filter(pk=candidate.bundle_id).update(generator=generator)
    subscribe(person)
    notice_for(person, project)

    assert send_due() == 1

    [message] = box.messages
    body = message.get_content()
    assert (message["To"], message["From"]) == ("kim@example.org", "labels@example.org")
    assert "海报" in body
    assert "1" in body
    assert f"https://label.example.org{reverse('labeling:label', args=[project.slug])}" in body
    assert not re.search(r"you had|Stop all mail", body)
    everything = message.as_string().lower()
    for secret in ("zanzibar", candidate.bundle.task.external_id, str(candidate.public_id), "accept", "reject"):
        assert secret not in everything


def test_a_mail_can_be_stopped_by_one_click_of_the_mail_program(box):
    project = make_project()
    person = make_person(project)
    make_candidate(project)
    subscribe(person)
    notice_for(person, project)
    send_due()

    [message] = box.messages
    link = re.fullmatch(r"<https://label\.example\.org(/.+)>", message["List-Unsubscribe"].strip())[1]
    looked = Client().get(link)
    still = MailAddress.objects.count()
    stopped = Client(enforce_csrf_checks=True).post(link, {"List-Unsubscribe": "One-Click"})

    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert link in message.get_content()
    assert (looked.status_code, still, stopped.status_code, MailAddress.objects.count()) == (200, 1, 200, 0)
    assert Client().post(link[:-3] + "xx/").status_code == 410


def test_nothing_is_sent_to_somebody_who_stopped_or_left_or_has_nothing_left_to_do(box):
    project, empty = make_project(), make_project()
    stopped, left, away, idle = make_person(project), make_person(project), make_person(project), make_person(empty)
    make_candidate(project)
    for person in (left, away, idle):
        subscribe(person)
    for person in (stopped, left, away):
        notice_for(person, project)
    notice_for(idle, empty)
    Membership.objects.filter(person=left).update(active=False)
    type(away).objects.filter(pk=away.pk).update(is_active=False)

    assert send_due() == 0
    assert box.connections == 0
    assert set(Notice.objects.values_list("state", flat=True)) == {"dropped"}


# Once, and what goes wrong


def test_a_notice_is_sent_once_however_often_the_reaper_passes(box):
    project = make_project()
    person = make_person(project)
    make_candidate(project)
    subscribe(person)
    notice_for(person, project)

    assert [send_due(), send_due()] == [1, 0]
    assert len(box.messages) == 1


def test_a_claimed_notice_of_a_process_that_died_is_given_up_and_not_sent_again(box, later):
    project = make_project()
    person = make_person(project)
    make_candidate(project)
    subscribe(person)
    notice = notice_for(person, project)

    assert [claim(notice.pk), claim(notice.pk)] == [True, False]
    assert send_due() == 0
    later(minutes=11)
    send_due()

    notice.refresh_from_db()
    assert (notice.state, len(box.messages)) == ("failed", 0)
    assert "not sent again" in notice.error


def test_an_address_the_server_refuses_fails_at_once_and_the_lead_sees_it_without_the_address(box):
    project = make_project()
    lead, person = make_lead(project), make_person(project, username="kim")
    make_candidate(project)
    subscribe(person)
    box.refuse = "550 no such user kim@example.org"
    notice = notice_for(person, project)

    send_due()

    notice.refresh_from_db()
    page = read(visit_as(lead).get(address("notices", project)))
    assert (notice.state, notice.attempt) == ("failed", 1)
    assert "kim work arrived – failed 550 no such user …" in page
    assert "kim@example.org" not in page


def test_a_server_that_fails_is_tried_again_with_growing_pauses_and_in_the_end_given_up(box, later):
    project = make_project()
    person = make_person(project)
    make_candidate(project)
    subscribe(person)
    box.fail = "451 try later"
    notice = notice_for(person, project)

    pauses = []
    for _ in range(5):
        asked = timezone.now()
        send_due()
        notice.refresh_from_db()
        pauses.append(round((notice.due_at - asked).total_seconds() / 60))
        assert send_due() == 0
        later(hours=4)

    assert (notice.state, notice.attempt, notice.error) == ("failed", 5, "451 try later")
    assert pauses[:4] == [10, 20, 40, 80]
    box.fail = ""
    assert (send_due(), box.messages) == (0, [])


def test_a_server_that_comes_back_gets_the_mail(box, later):
    project = make_project()
    person = make_person(project)
    make_candidate(project)
    subscribe(person)
    box.fail = "451 try later"
    notice = notice_for(person, project)
    send_due()
    box.fail = ""
    later(minutes=11)

    assert send_due() == 1

    notice.refresh_from_db()
    assert (notice.state, notice.attempt, notice.error) == ("sent", 2, "")


def test_where_no_server_answers_the_rest_waits_for_the_next_pass(server):
    _box, controller = server
    project = make_project()
    make_candidate(project)
    for _ in range(3):
        person = make_person(project)
        subscribe(person)
        notice_for(person, project)
    controller.stop()
    controller.server = None

    assert send_due() == 0
    assert sorted(Notice.objects.values_list("attempt", flat=True)) == [0, 0, 1]
    assert set(Notice.objects.values_list("state", flat=True)) == {"queued"}


@pytest.mark.django_db(transaction=True)
def test_two_processes_at_once_send_each_mail_once(box):
    project = make_project()
    make_candidate(project)
    for _ in range(6):
        person = make_person(project)
        subscribe(person)
        notice_for(person, project)
    together, sent = Barrier(2), []

    def work():
        together.wait()
        sent.append(send_due())
        connection.close()

    threads = [Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(sent) == 6
    assert len({message["To"] for message in box.messages}) == len(box.messages) == 6


@pytest.mark.django_db(transaction=True)
def test_two_processes_that_notice_the_same_make_one_notice(monkeypatch):
    project = make_project()
    person = make_person(project)
    membership = Membership.objects.get(person=person)
    together, made = Barrier(2), []

    def work():
        together.wait()
        made.append(notices_module.add_notice(membership, NoticeKind.WORK, timezone.now()))
        connection.close()

    threads = [Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (sorted(made), Notice.objects.count()) == ([False, True], 1)


def test_the_reaper_sends_what_is_due(box):
    project = make_project()
    person = make_person(project)
    make_candidate(project)
    subscribe(person)
    notice_for(person, project)
    out = StringIO()

    call_command("reap", "--once", stdout=out)

    assert len(box.messages) == 1
    assert "1 mails sent" in out.getvalue()


@pytest.mark.django_db(transaction=True)
def test_a_reaper_that_goes_on_sends_mail_beside_it_and_stops_with_it(box):
    project = make_project()
    person = make_person(project)
    make_candidate(project)
    subscribe(person)
    notice_for(person, project)
    stop = Event()
    reaper = Thread(target=reap_until, args=(stop, 0.1))

    reaper.start()
    wait_until(lambda: Notice.objects.filter(state="sent").exists())
    stop.set()
    reaper.join(timeout=10)
    wait_until(lambda: not any(thread.name == "mail" for thread in enumerate_threads()))

    assert (len(box.messages), reaper.is_alive()) == (1, False)


def wait_until(is_so):
    """Give other threads up to 20 s."""
    deadline = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < deadline, "nothing happened"
        time.sleep(0.05)


# The account page


def ask(browser, **fields):
    return browser.post(reverse("labeling:mail"), {"address": "kim@example.org", "work": "on", **fields})


def test_mail_begins_only_after_the_link_in_it_was_opened_and_confirmed(box):
    project = make_project()
    person = make_person(project, username="kim")
    ask(visit_as(person))
    before = MailAddress.objects.count()

    [message] = box.messages
    link = re.search(r"https://label\.example\.org(/\S+)", message.get_content())[1]
    looked, still = Client().get(link), MailAddress.objects.count()
    confirmed = Client().post(link)

    assert (before, looked.status_code, still, confirmed.status_code) == (0, 200, 0, 200)
    own = MailAddress.objects.get()
    assert (own.person, own.address, own.wants_work, own.wants_disputes) == (person, "kim@example.org", True, False)
    assert (Client().get(link).status_code, Client().post(link).status_code) == (410, 410)
    assert link.rstrip("/").rpartition("/")[2] not in MailConfirmation.objects.get().token_sha256


def test_a_link_ends_after_a_day_and_when_a_newer_one_is_made(later):
    person = make_person(make_project())
    first = make_confirmation_token(person, "old@example.org", work=True, disputes=True)
    second = make_confirmation_token(person, "new@example.org", work=True, disputes=True)
    found = find_confirmation(second)

    assert find_confirmation(first) is None
    later(hours=25)
    assert find_confirmation(second) is None
    assert not confirm_address(found)


def test_a_new_address_replaces_the_old_one_only_once_it_is_confirmed(box):
    person = make_person(make_project(), username="kim")
    subscribe(person)
    browser = visit_as(person)

    ask(browser, address="other@example.org")
    between = MailAddress.objects.get().address
    Client().post(re.search(r"org(/\S+)", box.messages[0].get_content())[1])
    ask(browser, address="other@example.org", disputes="on")

    own = MailAddress.objects.get()
    assert (between, own.address, own.wants_disputes) == ("kim@example.org", "other@example.org", True)
    assert len(box.messages) == 1


def test_links_are_few_and_a_refused_address_says_so(box):
    browser = visit_as(make_person(make_project()))
    box.refuse = "550 no such user"
    refused = ask(browser)
    box.refuse = ""
    statuses = [ask(browser).status_code for _ in range(5)]

    assert (refused.status_code, statuses) == (422, [302] * 4 + [422])
    assert "did not take this address" in read(refused)
    assert len(box.messages) == 4


def test_stopping_on_the_account_page_forgets_the_address_and_open_links(box):
    person = make_person(make_project())
    subscribe(person)
    token = make_confirmation_token(person, "new@example.org", work=True, disputes=True)

    visit_as(person).post(reverse("labeling:mail"), {"stop": "1"})

    assert (MailAddress.objects.count(), find_confirmation(token)) == (0, None)


def test_a_site_without_a_server_offers_nothing_and_sends_nothing():
    project = make_project()
    person, lead = make_person(project), make_lead(project)

    page = ask(visit_as(person))
    home = visit_as(person).get(reverse("labeling:home"))

    assert "sends no e-mail" in read(page)
    assert not MailConfirmation.objects.exists()
    assert reverse("labeling:mail") not in home.content.decode()
    assert reverse("labeling:notices", args=[project.slug]) not in visit_as(lead).get(address("members", project)).content.decode()


def test_the_stop_link_of_one_person_never_stops_another():
    one, other = make_person(make_project()), make_person(make_project())
    subscribe(one)
    subscribe(other)

    Client().post(re.sub(r"^https?://[^/]+", "", stop_address(one)))

    assert [own.person for own in MailAddress.objects.all()] == [other]
