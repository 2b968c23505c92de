"""The format `full`."""

import uuid
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from labeling.models import Candidate, Guideline
from labeling.protocol.adjudicate import confirm_adjudication, submit_blind, take_adjudication
from labeling.protocol.edit import edit_answer
from labeling.protocol.hold import reopen_candidate, withdraw_candidate
from labeling.protocol.intake import import_decision
from labeling.protocol.reading import read_guideline
from labeling.protocol.reap import reap_due
from labeling.protocol.skip import raise_flag, skip_candidate
from labeling.protocol.submission import Submission
from labeling.protocol.submit import submit_answer
from tests.factories import answer_as, expire, lease_for, make_candidate, make_generator, make_lead, make_person, make_project
from tests.labeling.exporting import enter_queue, export, make_queued, make_team, newest_event, read_lines

pytestmark = pytest.mark.django_db


def export_one(project, out):
    """The only line of a full export."""
    [line] = read_lines(export(project, "full", out)[0])
    return line


def test_a_line_says_what_was_paid_for_and_what_was_made(tmp_path):
    project = make_project()
    generator = make_generator(slug="imagen4")
    candidates = make_queued(
        project, 3, generator, external_id="product-001", category="Product", name="三张海报", price_usd=Decimal("100.00")
    )

    lines = read_lines(export(project, "full", tmp_path)[0])

    # 100 USD for three images: 100/3 exactly, 33.33 in cents.
    assert [line["deliverable"]["number"] for line in lines] == [1, 2, 3]
    assert {key: lines[1][key] for key in list(lines[1])[:13]} == {
        "candidate": str(candidates[1].public_id),
        "task": {
            "task_id": "product-001",
            "version": 1,
            "category": "Product",
            "name": "三张海报",
            "price_usd": "100.00",
            "quantity": 3,
            "is_editing": False,
        },
        "deliverable": {"number": 2, "name": "Image 2", "unit_price_exact": "100/3", "unit_price_usd": "33.33"},
        "generator": "imagen4",
        "sample": 1,
        "is_submitted_sample": True,
        "image_sha256": candidates[1].image.sha256,
        "state": "open",
        "reason": "",
        "round": 1,
        "example_rounds": [],
        "decision": None,
        "earlier_decisions": [],
    }
    assert lines[1]["assignments"] == []


def test_a_line_has_every_answer_with_what_it_was_based_on(tmp_path):
    project = make_project()
    Guideline.objects.create(project=project, number=2, body="Read every letter.")
    [candidate] = make_queued(project)
    person = make_person(project)
    read_guideline(project, person, 2)
    Guideline.objects.create(project=project, number=3, body="Read every second letter.")
    shown = Submission(verdict="reject", reasons=("unreal", "blurry"), note="six fingers", active_ms=4200, shown_ago_ms=9000)
    lease = lease_for(person, candidate)
    submit_answer(lease.public_id, person, shown, uuid.uuid4())

    line = export_one(project, tmp_path)

    [assignment] = line["assignments"]
    [answer] = assignment.pop("answers")
    times = {name: answer.pop(name) for name in ("shown_at", "answered_at", "received_at")}
    assert assignment.pop("person").startswith("p-")
    assert assignment == {
        "number": 1,
        "purpose": "primary",
        "seat": 1,
        "round": 1,
        "status": "submitted",
        "counted": True,
        "release_reason": "",
        "void_reason": "",
        "late_of": None,
        "arm": "blind",
        "task_version": 1,
        "image_sha256": candidate.image.sha256,
        "skip": None,
        "flags": [],
    }
    assert answer == {
        "number": 1,
        "kind": "first",
        "verdict": "reject",
        "reasons": ["blurry", "unreal"],
        "note": "six fingers",
        "reason_class": "",
        "exposure": "none",
        "model_version": "",
        "probability": None,
        "active_ms": 4200,
        "guideline": 2,
    }
    assert times["shown_at"] < times["answered_at"] <= times["received_at"]
    assert all(time.endswith("Z") for time in times.values())


def test_an_adjudicated_dispute_shows_how_it_was_decided(tmp_path):
    project = make_project()
    team = make_team(project, 3)
    [candidate] = make_queued(project)
    answer_as(team[0], candidate, "accept")
    answer_as(team[1], candidate, "reject")
    lease = take_adjudication(project, team[2])
    submit_blind(lease.public_id, team[2], Submission(verdict="accept"), uuid.uuid4())
    confirm_adjudication(lease.public_id, team[2], "missed_defect", Submission(verdict="reject", reasons=("other",)), uuid.uuid4())

    line = export_one(project, tmp_path)

    assert (line["state"], line["decision"]["verdict"], line["decision"]["how"]) == ("settled", "reject", "adjudication")
    assert [(old["verdict"], old["how"]) for old in line["earlier_decisions"]] == [("accept", "adjudication")]
    assert [(row["purpose"], row["seat"], row["counted"]) for row in line["assignments"]] == [
        ("primary", 1, True),
        ("primary", 2, True),
        ("adjudication", None, True),
    ]
    assert [(answer["kind"], answer["verdict"], answer["reason_class"]) for answer in line["assignments"][2]["answers"]] == [
        ("first", "accept", ""),
        ("revise", "reject", "missed_defect"),
    ]


def test_edits_are_kept_in_order(tmp_path):
    project = make_project(undo_minutes=15)
    [candidate] = make_queued(project)
    person = make_person(project)
    first = answer_as(person, candidate, "accept")
    edit_answer(first.assignment, person, Submission(verdict="reject"), first.answer, uuid.uuid4())

    line = export_one(project, tmp_path)

    assert [(answer["number"], answer["kind"], answer["verdict"]) for answer in line["assignments"][0]["answers"]] == [
        (1, "first", "accept"),
        (2, "edit", "reject"),
    ]


def test_a_late_answer_without_a_seat_is_marked_as_not_counted(tmp_path):
    project = make_project()
    team = make_team(project, 3)
    [candidate] = make_queued(project)
    late = lease_for(team[0], candidate)
    expire(late)
    reap_due()
    answer_as(team[1], candidate, "accept")
    answer_as(team[2], candidate, "accept")
    submit_answer(late.public_id, team[0], Submission(verdict="reject"), uuid.uuid4())

    line = export_one(project, tmp_path)

    rows = [(row["status"], row["counted"], row["release_reason"], row["late_of"], len(row["answers"])) for row in line["assignments"]]
    assert rows == [
        ("released", False, "expired", None, 0),
        ("submitted", True, "", None, 1),
        ("submitted", True, "", None, 1),
        ("surplus", False, "", 1, 1),
    ]
    assert line["decision"]["verdict"] == "accept"


def test_answers_of_an_earlier_round_stay_and_do_not_count(tmp_path):
    project = make_project()
    team = make_team(project, 4)
    [candidate] = make_queued(project)
    answer_as(team[0], candidate, "accept")
    answer_as(team[1], candidate, "accept")
    reopen_candidate(candidate.public_id, make_lead(project), "Look again")
    candidate.refresh_from_db()
    answer_as(team[2], candidate, "reject")

    line = export_one(project, tmp_path)

    assert (line["state"], line["round"], line["decision"]) == ("open", 2, None)
    assert [(old["verdict"], old["round"]) for old in line["earlier_decisions"]] == [("accept", 1)]
    assert [(row["round"], row["status"], row["counted"]) for row in line["assignments"]] == [
        (1, "submitted", False),
        (1, "submitted", False),
        (2, "submitted", True),
    ]


def test_skips_and_flags_are_there_without_the_reply(tmp_path):
    project = make_project()
    [candidate] = make_queued(project)
    person = make_person(project)
    lease = lease_for(person, candidate)
    raise_flag(lease.public_id, person, "The logo looks copied", uuid.uuid4())
    skip_candidate(lease.public_id, person, "unclear_brief", "which colour?", uuid.uuid4())

    line = export_one(project, tmp_path)

    [row] = line["assignments"]
    assert (row["status"], row["release_reason"]) == ("released", "skipped")
    assert (row["skip"]["why"], row["skip"]["note"]) == ("unclear_brief", "which colour?")
    assert [set(flag) for flag in row["flags"]] == [{"text", "flagged_at"}]
    assert row["flags"][0]["text"] == "The logo looks copied"


def test_withdrawn_candidates_have_a_line_with_the_reason_and_staged_ones_have_none(tmp_path):
    project = make_project()
    [withdrawn] = make_queued(project)
    [staged] = make_queued(project)
    withdraw_candidate(withdrawn.public_id, make_lead(project), "Shows a real person")
    enter_queue_as_staged(staged)

    data, manifest = export(project, "full", tmp_path)

    [line] = read_lines(data)
    assert (line["candidate"], line["state"], line["reason"]) == (str(withdrawn.public_id), "withdrawn", "Shows a real person")
    assert manifest["counts"] == {"withdrawn": 1}
    assert "incomplete" not in manifest


def enter_queue_as_staged(candidate):
    """Put a candidate back to where an import leaves it before it is finished."""
    Candidate.objects.filter(pk=candidate.pk).update(state="staged", q_state=6)
    enter_queue(candidate.bundle)


def test_an_imported_decision_has_no_image_and_no_answers(tmp_path):
    project = make_project()
    [candidate] = make_queued(project)
    Candidate.objects.filter(pk=candidate.pk).update(state="staged", q_state=6, image=None)
    import_decision(candidate.pk, "accept", None)

    line = export_one(project, tmp_path)

    assert (line["image_sha256"], line["decision"]["how"], line["assignments"]) == (None, "imported", [])


def test_a_person_has_one_name_in_a_project_and_another_one_elsewhere(tmp_path):
    project, other = make_project(), make_project()
    person = make_person(project, username="zhang.wei")
    make_person(other)
    here = [make_queued(project)[0], make_queued(project)[0]]
    for candidate in here:
        answer_as(person, candidate, "accept")
    there = make_candidate(other)
    enter_queue(there.bundle)
    set_member_of(other, person)
    answer_as(person, there, "accept")

    data, _manifest = export(project, "full", tmp_path / "here")
    again, _manifest = export(project, "full", tmp_path / "again")
    elsewhere, _manifest = export(other, "full", tmp_path / "there")

    names = {line["assignments"][0]["person"] for line in read_lines(data) + read_lines(again)}
    assert len(names) == 1
    assert names.isdisjoint({line["assignments"][0]["person"] for line in read_lines(elsewhere)})
    for secret in ("zhang.wei", str(person.public_id), str(project.seed)):
        assert secret.encode() not in data


def set_member_of(project, person):
    from labeling.protocol.projects import set_member

    set_member(project, person, None, can_label=True)


def test_only_the_project_asked_for_is_exported(tmp_path):
    project, other = make_project(), make_project()
    [mine] = make_queued(project)
    make_queued(other)

    line = export_one(project, tmp_path)

    assert line["candidate"] == str(mine.public_id)


def test_an_export_as_of_an_earlier_event_does_not_know_what_came_later(tmp_path):
    project = make_project()
    [candidate] = make_queued(project)
    early = newest_event(project)
    answer_as(make_person(project), candidate, "accept")
    make_queued(project)

    data, manifest = export(project, "full", tmp_path, early)

    [line] = read_lines(data)
    assert line["assignments"] == []
    assert (manifest["cutoff_event"], manifest["rows"]) == (early, 1)
    assert timezone.datetime.fromisoformat(manifest["cutoff_at"]) <= timezone.now() + timedelta(seconds=1)
