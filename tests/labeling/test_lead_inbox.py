"""The inbox: what waits for the lead, and each answer to it, with a script and without."""

import io
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image as Drawing

from labeling.lead.inbox import KINDS
from labeling.models import Assignment, Event, Flag, ImportConflict
from labeling.protocol.hold import hold_candidate, withdraw_candidate
from labeling.protocol.reap import reap_due
from labeling.protocol.skip import raise_flag, skip_candidate
from labeling.protocol.submission import Submission
from labeling.protocol.submit import submit_answer
from tests.factories import answer_as, dispute, expire, lease_for, make_candidate, make_image, make_lead, make_person, make_project
from tests.labeling.visiting import HTMX, address, read, told, visit_as

pytestmark = pytest.mark.django_db


@pytest.fixture
def candidate():
    return make_candidate()


@pytest.fixture
def project(candidate):
    return candidate.project


@pytest.fixture
def lead(project):
    return make_lead(project)


@pytest.fixture
def client(lead):
    return visit_as(lead)


@pytest.fixture(autouse=True)
def own_storage(settings, tmp_path):
    """Pictures that a test uploads go with it."""
    settings.STORAGES = settings.STORAGES | {
        "default": {"BACKEND": "labeling.atomic_storage.AtomicFileStorage", "OPTIONS": {"location": tmp_path}}
    }


def flag_it(candidate, text="Is this the right size?"):
    person = make_person(candidate.project)
    raise_flag(lease_for(person, candidate).public_id, person, text, uuid.uuid4())
    return Flag.objects.latest("pk")


def leave_surplus(candidate):
    """An answer that came after two others had taken both seats."""
    late = make_person(candidate.project)
    lease = lease_for(late, candidate)
    expire(lease)
    reap_due(candidate.project_id)
    for _ in range(2):
        answer_as(make_person(candidate.project), candidate, "accept")
    submit_answer(lease.public_id, late, Submission(verdict="reject"), uuid.uuid4())
    return Assignment.objects.get(person=late, status="surplus")


def upload(colour="red", size=(64, 48)):
    data = io.BytesIO()
    Drawing.new("RGB", size, colour).save(data, "PNG")
    return SimpleUploadedFile("new.png", data.getvalue(), "image/png")


def test_the_inbox_shows_what_waits_and_the_navigation_how_much(client, candidate, project, lead):
    flag_it(candidate, "两个人物只画了一个")
    hold_candidate(make_candidate(project).public_id, lead, "looks like the reference")
    leave_surplus(make_candidate(project))

    text = read(client.get(address("inbox", project)))

    assert "Inbox 3 waiting" in text
    assert "两个人物只画了一个" in text
    assert "looks like the reference" in text
    assert "Mark as reviewed" in text
    assert candidate.bundle.generator.display_name in text


def test_everything_that_waits_has_its_picture(client, candidate, project, lead):
    flag_it(candidate)
    held, late = make_candidate(project), make_candidate(project)
    hold_candidate(held.public_id, lead, "odd")
    leave_surplus(late)
    offered, changed = make_candidate(project), make_candidate(project)
    ImportConflict.objects.create(project=project, candidate=offered, field="image", new_image=make_image())
    task = changed.bundle.task
    ImportConflict.objects.create(project=project, task=task, field="content", old={}, new={"brief": "Another", "quantity": task.quantity})

    pages = {kind: client.get(address("inbox", project, kind=kind)).text for kind in KINDS}

    for kind, shown in (("flags", candidate), ("held", held), ("surplus", late), ("conflicts", offered), ("conflicts", changed)):
        assert f"/{shown.image.sha256}/" in pages[kind], (kind, shown)


def test_a_change_that_no_import_brought_is_called_proposed(client, project):
    task = make_candidate(project).bundle.task
    new = {"brief": "Another", "quantity": task.quantity}
    conflict = ImportConflict.objects.create(project=project, task=task, field="content", old={}, new=new)
    proposed = read(client.get(address("inbox", project, kind="conflicts")))
    conflict.job = project.jobs.create(kind="import_bench")
    conflict.save()
    imported = read(client.get(address("inbox", project, kind="conflicts")))

    assert "Proposed" in proposed
    assert "Imported" not in proposed
    assert "Imported" in imported
    assert "Proposed" not in imported


def test_one_kind_is_shown_page_by_page(client, project, lead):
    for number in range(21):
        hold_candidate(make_candidate(project).public_id, lead, f"reason {number}")

    first, second = (read(client.get(address("inbox", project, kind="held", page=page))) for page in (1, 2))

    assert "Page 1 of 2, 21 in all" in first
    assert "reason 20" in second
    assert "reason 20" not in first
    assert client.get(address("inbox", project, kind="nonsense")).status_code == 404


def test_a_reply_to_a_flag_reaches_its_author(client, candidate, project, lead):
    flag = flag_it(candidate)

    response = client.post(address("reply_flag", project, flag.pk), {"reply": "Yes, 3000 px."})

    assert response["Location"] == address("inbox", project)
    assert told(response) == ["Replied"]
    flag.refresh_from_db()
    assert (flag.reply, flag.replied_by) == ("Yes, 3000 px.", lead)
    assert Event.objects.get(kind="flag_answered").candidate == candidate
    author = visit_as(flag.assignment.person)
    assert "Yes, 3000 px." in read(author.get(address("progress", project)))


def test_with_a_script_the_item_itself_says_what_became_of_it_and_the_count_goes_down(client, candidate, project):
    flag = flag_it(candidate)

    response = client.post(address("reply_flag", project, flag.pk), {"reply": "Yes."}, **HTMX)

    page = response.content.decode()
    assert read(response).startswith("✓ Replied")
    assert "<html" not in page
    assert 'id="inbox-count" hx-swap-oob="true"' in page
    assert "waiting" not in read(response)


def test_an_empty_reply_is_refused_and_the_item_stays(client, candidate, project):
    flag = flag_it(candidate)

    response = client.post(address("reply_flag", project, flag.pk), {"reply": "  "}, **HTMX)

    assert "Write a reply." in read(response)
    assert "Send the reply" in read(response)
    flag.refresh_from_db()
    assert flag.replied_at is None


def test_a_flag_that_another_lead_answered_meanwhile_keeps_that_reply(client, candidate, project):
    flag = flag_it(candidate)
    visit_as(make_lead(project)).post(address("reply_flag", project, flag.pk), {"reply": "First."})

    response = client.post(address("reply_flag", project, flag.pk), {"reply": "Second."}, **HTMX)

    assert read(response).startswith("This flag is answered already.")
    flag.refresh_from_db()
    assert flag.reply == "First."


def test_a_flag_of_another_project_is_not_answered_here(client, project):
    flag = flag_it(make_candidate(make_project()))

    response = client.post(address("reply_flag", project, flag.pk), {"reply": "Hello"})

    assert told(response) == ["There is no such flag."]
    flag.refresh_from_db()
    assert flag.replied_at is None


def test_what_two_people_call_broken_comes_with_what_they_said(client, candidate, project):
    for _ in range(2):
        person = make_person(project)
        skip_candidate(lease_for(person, candidate).public_id, person, "broken", "half of it is grey", uuid.uuid4())

    text = read(client.get(address("inbox", project)))

    assert "reported as broken by two people" in text
    assert text.count("half of it is grey") == 2


@pytest.mark.parametrize("script", [{}, HTMX])
def test_a_held_candidate_goes_back_to_the_queue(client, candidate, project, lead, script):
    hold_candidate(candidate.public_id, lead, "odd")

    response = client.post(address("return_candidate", project, candidate.public_id), {"back": "inbox"}, **script)

    candidate.refresh_from_db()
    assert (candidate.state, candidate.q_state) == ("open", 0)
    if script:
        assert read(response).startswith("✓ Back in the queue")
    else:
        assert response["Location"] == address("inbox", project)


def test_withdrawing_needs_a_reason_and_keeps_it(client, candidate, project):
    url = address("withdraw_candidate", project, candidate.public_id)

    refused = client.post(url, {"reason": ""})
    done = client.post(url, {"reason": "shows a real person"})

    assert told(refused) == ["Say why."]
    assert done["Location"] == address("candidate", project, candidate.public_id)
    candidate.refresh_from_db()
    assert (candidate.state, candidate.reason) == ("withdrawn", "shows a real person")


def test_a_replaced_image_starts_a_new_round_and_the_old_answers_keep_the_old_one(client, candidate, project):
    people = dispute(candidate)
    make_person(project)
    old = candidate.image

    response = client.post(address("replace_image", project, candidate.public_id), {"image": upload(), "reason": "the right file"})

    assert told(response) == ["The image is replaced"]
    candidate.refresh_from_db()
    assert (candidate.round, candidate.state) == (2, "open")
    assert (candidate.image.width, candidate.image.height) == (64, 48)
    assert {row.image for row in Assignment.objects.filter(person__in=people)} == {old}


def test_a_file_that_is_no_image_replaces_nothing_and_is_refused_by_name(client, candidate, project, lead):
    hold_candidate(candidate.public_id, lead, "broken")
    url = address("replace_image", project, candidate.public_id)
    drawing = SimpleUploadedFile("new.png", b"<svg xmlns='http://www.w3.org/2000/svg'></svg>", "image/png")

    response = client.post(url, {"image": drawing, "reason": "the right file", "back": "inbox"}, **HTMX)

    assert "SVG drawings are not accepted" in read(response)
    before = candidate.image
    candidate.refresh_from_db()
    assert (candidate.image, candidate.state) == (before, "held")


def test_a_round_that_too_few_people_could_answer_is_refused_with_its_reason(client, candidate, project):
    dispute(candidate)

    response = client.post(address("reopen_candidate", project, candidate.public_id), {"reason": "unclear brief"})

    assert told(response) == ["A new round needs three people besides its last adjudicator; there are 2."]
    candidate.refresh_from_db()
    assert candidate.round == 1


def test_a_surplus_answer_leaves_the_inbox_once_it_is_reviewed_and_stays_uncounted(client, candidate, project):
    surplus = leave_surplus(candidate)

    response = client.post(address("review_surplus", project, surplus.public_id), **HTMX)

    assert read(response).startswith("✓ Marked as reviewed")
    assert "Nothing waits for you." in read(client.get(address("inbox", project)))
    surplus.refresh_from_db()
    assert surplus.status == "surplus"
    assert surplus.reviewed_at is not None


def test_the_page_of_a_candidate_shows_every_answer_of_every_round(client, candidate, project):
    make_person(project, username="third")
    kim = make_person(project, username="kim")
    answer_as(kim, candidate, "reject", reasons=("blurry", "bad_text"), note="字很模糊")
    answer_as(make_person(project, username="lee"), candidate, "reject")
    client.post(address("reopen_candidate", project, candidate.public_id), {"reason": "the brief was wrong"})

    text = read(client.get(address("candidate", project, candidate.public_id)))

    assert "Round 2 current Nobody has taken it in this round." in text
    assert "kim · primary 1 · submitted" in text
    assert "Blurry, Bad text" in text
    assert "字很模糊" in text
    assert "reject · two equal answers no longer stands" in text
    assert "reopened · the brief was wrong" in text
    assert candidate.bundle.generator.display_name in text


def test_a_withdrawn_candidate_can_only_be_put_back(client, candidate, project, lead):
    withdraw_candidate(candidate.public_id, lead, "not ours")

    page = client.get(address("candidate", project, candidate.public_id)).content.decode()

    assert address("return_candidate", project, candidate.public_id) in page
    for name in ("hold_candidate", "reopen_candidate", "replace_image", "withdraw_candidate"):
        assert address(name, project, candidate.public_id) not in page
