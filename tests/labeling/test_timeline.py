"""The timeline of a candidate holds everything that happened to it, and what touched it from outside."""

import uuid

import pytest

from labeling.lead import timeline
from labeling.lead.candidate import list_rounds
from labeling.lead.timeline import read_timeline
from labeling.models import Candidate, Event, Flag, ImportConflict
from labeling.protocol.adjudicate import confirm_adjudication, submit_blind, take_adjudication
from labeling.protocol.conflicts import dismiss_conflict
from labeling.protocol.flags import answer_flag
from labeling.protocol.hold import hold_candidate, reopen_candidate, return_candidate
from labeling.protocol.projects import change_settings, publish_guideline
from labeling.protocol.reap import reap_due
from labeling.protocol.release import release_lease
from labeling.protocol.skip import raise_flag, skip_candidate
from labeling.protocol.submission import Submission
from tests.factories import adjudicate_as, answer_as, dispute, expire, lease_for, make_candidate, make_image, make_lead, make_person
from tests.labeling.visiting import address, read, visit_as

pytestmark = pytest.mark.django_db


def tell(candidate, before=None):
    """The timeline, oldest first, as (what, details)."""
    row = Candidate.objects.select_related("bundle__task").get(pk=candidate.pk)
    return [(line.what, line.details) for line in reversed(read_timeline(row, before)[0])]


def replaced(candidate):
    """Which answers of the adjudication are struck out on the page."""
    work = next(work for work in list_rounds(candidate)[0].work if work.assignment.purpose == "adjudication")
    return [(line.answer.kind, line.is_replaced) for line in work.answers]


def test_everything_that_happened_is_there_in_order():
    candidate = make_candidate()
    project, lead = candidate.project, make_lead(candidate.project)
    kim = make_person(project)
    lease = lease_for(kim, candidate)
    raise_flag(lease.public_id, kim, "Is it square?", uuid.uuid4())
    answer_flag(project, Flag.objects.get().pk, lead, "Yes.")
    skip_candidate(lease.public_id, kim, "cannot_judge", "too dark", uuid.uuid4())
    expire(lease_for(make_person(project), candidate))
    reap_due(project.pk)
    release_lease(project, lead, lease_for(make_person(project), candidate).public_id, "gone home")
    change_settings(project, lead, {"reasons_required": True})
    hold_candidate(candidate.public_id, lead, "Ask the client")
    publish_guideline(project, lead, "Square is square.")
    return_candidate(candidate.public_id, lead)
    answer_as(make_person(project), candidate, "reject", reasons=("blurry",), note="soft")
    conflict = ImportConflict.objects.create(project=project, candidate=candidate, field="image", new_image=make_image())
    dismiss_conflict(project, conflict.pk, lead)
    reopen_candidate(candidate.public_id, lead, "new guideline")

    told = tell(candidate)

    assert told == [
        ("taken", []),
        ("flagged", ["Is it square?"]),
        ("flag answered", ["Yes."]),
        ("released", ["skipped"]),
        ("skipped", ["I cannot judge this", "too dark"]),
        ("taken", []),
        ("released", ["time was over"]),
        ("taken", []),
        ("released", ["released by the lead", "gone home"]),
        ("settings changed", ["a reject needs a reason: no → yes"]),
        ("held", ["Ask the client"]),
        ("guideline published", ["Version 1: to be read before new work."]),
        ("back to the queue", []),
        ("taken", []),
        ("answered", ["reject", "Blurry", "soft"]),
        ("import conflict", ["image", "dismissed"]),
        ("import conflict resolved", ["dismissed"]),
        ("reopened", ["new guideline"]),
    ]


def test_an_adjudication_tells_both_answers_and_the_reason_class():
    candidate = make_candidate()
    dispute(candidate)
    adjudicate_as(make_person(candidate.project), candidate, "accept")

    assert tell(candidate)[-2:] == [
        ("adjudicated blind", ["accept"]),
        ("adjudication confirmed unchanged", ["A matter of taste", "accept"]),
    ]
    assert replaced(candidate) == [("first", False), ("confirm", False)]


def test_a_revised_adjudication_is_not_told_as_a_confirmed_one():
    candidate = make_candidate()
    dispute(candidate)
    kim = make_person(candidate.project)
    lease = take_adjudication(candidate.project, kim)
    submit_blind(lease.public_id, kim, Submission(verdict="accept"), uuid.uuid4())
    confirm_adjudication(lease.public_id, kim, "missed_defect", Submission(verdict="reject", reasons=("blurry",)), uuid.uuid4())

    assert tell(candidate)[-2:] == [
        ("adjudicated blind", ["accept"]),
        ("adjudication revised", ["A defect was missed", "reject", "Blurry"]),
    ]
    assert replaced(candidate) == [("first", True), ("revise", False)]


def test_settings_changed_before_the_candidate_was_there_or_in_another_project_are_left_out():
    other = make_candidate()
    lead = make_lead(other.project)
    change_settings(other.project, lead, {"lease_minutes": 20})
    candidate = make_candidate(other.project)
    lease_for(make_person(candidate.project), candidate)
    elsewhere = make_candidate().project
    change_settings(elsewhere, make_lead(elsewhere), {"lease_minutes": 30})

    assert tell(candidate) == [("taken", [])]


def test_a_long_timeline_comes_in_pages_that_lose_nothing(monkeypatch):
    monkeypatch.setattr(timeline, "AT_ONCE", 2)
    candidate = make_candidate()
    lead = make_lead(candidate.project)
    for _ in range(2):
        hold_candidate(candidate.public_id, lead, "odd")
        change_settings(candidate.project, lead, {"lease_minutes": candidate.project.lease_minutes + 1})
        return_candidate(candidate.public_id, lead)
    client = visit_as(lead)

    newest, place = read_timeline(candidate)
    oldest, end = read_timeline(candidate, place)
    first = read(client.get(address("candidate", candidate.project, candidate.public_id)))
    second = read(client.get(address("candidate", candidate.project, candidate.public_id, before=place)))

    assert [line.what for line in (*newest, *oldest)] == ["back to the queue", "settings changed", "held"] * 2
    assert end is None
    assert "Earlier" in first
    assert "Earlier" not in second
    assert Event.objects.filter(candidate=candidate).count() == 4


def test_the_candidate_page_goes_on_in_the_list_it_was_opened_from():
    rows = [make_candidate() for _ in range(1)]
    project = rows[0].project
    rows += [make_candidate(project) for _ in range(3)]
    Candidate.objects.filter(pk=rows[1].pk).update(round=2)
    page = visit_as(make_lead(project)).get(address("candidate", project, rows[2].public_id, round=1)).content.decode()

    # Newest first: 3, 2, 0 are in round 1.
    assert f"/candidates/{rows[3].public_id}/?round=1" in page
    assert f"/candidates/{rows[0].public_id}/?round=1" in page
    assert str(rows[1].public_id) not in page
