"""What leads may no longer change in an archived project, on the pages, over the API, by command and by a job that waited."""

import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone, translation

from labeling.browse.job import KIND, make_params
from labeling.browse.wanted import Wanted
from labeling.data_in import units
from labeling.jobs.queue import create_row
from labeling.jobs.run import run_here, run_job
from labeling.lead.voiding import VoidRange
from labeling.models import Assignment, Batch, Candidate, Event, ImportConflict, Invitation, Job, Membership, Project, Task
from labeling.protocol.adjudicate import confirm_adjudication, submit_blind, take_adjudication
from labeling.protocol.archive import archive_project, bring_back_project
from labeling.protocol.batches import BatchPlan, batch_candidate, change_batch, create_batch
from labeling.protocol.conflicts import accept_conflict, dismiss_conflict
from labeling.protocol.edit import undo_answer
from labeling.protocol.examples import add_example, change_caption, move_example, remove_example
from labeling.protocol.hold import hold_candidate, reopen_candidate, replace_image, return_candidate, withdraw_candidate
from labeling.protocol.invitations import make_invitation
from labeling.protocol.members import Rights, drop_member
from labeling.protocol.projects import change_settings, publish_guideline
from labeling.protocol.submission import Submission
from labeling.protocol.void import void_answers
from tests.factories import (
    answer_as,
    dispute,
    make_candidate,
    make_image,
    make_person,
    newest_answer,
)
from tests.labeling.api.programs import Program
from tests.labeling.importing import make_candidates, make_small_bench, run_command, run_import
from tests.labeling.material import make_zip
from tests.labeling.visiting import address, read, refused, told, visit_as

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_folders")]

SAID = "This project is archived, so nothing in it can be changed. Bring it back first."


def settle(project):
    """A settled candidate and one who answered it."""
    candidate, people = make_candidate(project), [make_person(project) for _ in range(3)]
    for person in people[:2]:
        answer_as(person, candidate, "accept")
    Assignment.objects.filter(candidate=candidate).update(editable_until=timezone.now())
    return candidate, people[0]


ACTS = {
    "hold": lambda lead, it: hold_candidate(it["open"].public_id, lead, "why"),
    "return": lambda lead, it: return_candidate(it["held"].public_id, lead),
    "withdraw": lambda lead, it: withdraw_candidate(it["open"].public_id, lead, "why"),
    "reopen": lambda lead, it: reopen_candidate(it["settled"].public_id, lead, "why"),
    "replace": lambda lead, it: replace_image(it["open"].public_id, lead, make_image(), "why"),
    "void": lambda lead, it: void_answers(it["settled"].pk, lead, it["person"].pk, it["answers"], "why"),
    "make a batch": lambda lead, it: create_batch(it["project"], lead, BatchPlan(name="two")),
    "change a batch": lambda lead, it: change_batch(it["project"], lead, it["batch"].public_id, BatchPlan(name="new")),
    "put into a batch": lambda lead, it: batch_candidate(it["open"].public_id, lead, it["batch"].number),
    "invite": lambda lead, it: make_invitation(it["project"], lead, Rights(can_label=True)),
    "publish": lambda lead, it: publish_guideline(it["project"], lead, "New rules."),
    "accept a conflict": lambda lead, it: accept_conflict(it["project"], it["conflict"].pk, lead),
    "dismiss a conflict": lambda lead, it: dismiss_conflict(it["project"], it["conflict"].pk, lead),
    "add an example": lambda lead, it: add_example(it["settled"].public_id, lead, "look"),
    "caption": lambda lead, it: change_caption(it["project"], lead, it["example"].public_id, "look again"),
    "move": lambda lead, it: move_example(it["project"], lead, it["example"].public_id, 1),
    "take out": lambda lead, it: remove_example(it["project"], lead, it["example"].public_id),
}


def make_things(project, lead):
    """One of everything that a lead can do something to."""
    settled, person = settle(project)
    shown, _person = settle(project)
    held = make_candidate(project)
    hold_candidate(held.public_id, lead, "why")
    image = make_candidate(project)
    return {
        "project": project,
        "open": make_candidate(project),
        "held": held,
        "settled": settled,
        "person": person,
        "answers": list(settled.assignments.filter(person=person).values_list("pk", flat=True)),
        "batch": create_batch(project, lead, BatchPlan(name="one")),
        "example": add_example(shown.public_id, lead, "like this"),
        "conflict": ImportConflict.objects.create(project=project, candidate=image, field="image", new_image=make_image()),
    }


@pytest.mark.parametrize("act", ACTS)
def test_leads_change_nothing_before_they_bring_the_project_back(project, lead, act):
    things = make_things(project, lead)
    archive_project(project, lead)
    events = Event.objects.count()

    with refused("archived"):
        ACTS[act](lead, things)
    assert Event.objects.count() == events
    bring_back_project(project, lead)
    ACTS[act](lead, things)


def test_who_holds_work_answers_undoes_and_reveals_and_leads_still_set_members_and_settings(project, lead):
    candidate, person, leaving = make_candidate(project), make_person(project), make_person(project)
    dispute(candidate)
    first = make_candidate(project)
    change_settings(project, lead, {"undo_minutes": 5})
    answer_as(leaving, first, "accept")
    given = Assignment.objects.get(candidate=first)
    held = take_adjudication(project, person)
    archive_project(project, lead)

    blind = submit_blind(held.public_id, person, Submission(verdict="accept"), uuid.uuid4())
    confirmed = confirm_adjudication(held.public_id, person, "taste", None, uuid.uuid4())
    undone = undo_answer(given.public_id, leaving, newest_answer(given).public_id, uuid.uuid4())
    change_settings(project, lead, {"name": "Old posters"})
    drop_member(project, lead, leaving.public_id)

    assert [outcome.kind for outcome in (blind, confirmed, undone)] == ["submitted"] * 3
    assert (Project.objects.get().name, Membership.objects.get(person=leaving).active) == ("Old posters", False)


JOBS = {
    "many": lambda it: (KIND, make_params("reopen", Wanted(), "again")),
    "void": lambda it: ("void_answers", {"range": VoidRange(person=it["person"].pk, before=timezone.now()).as_params(), "reason": "why"}),
    "import": lambda it: ("import_bench", {"source": {"path": str(it["bench"])}}),
    "dry run": lambda it: ("import_bench", {"source": {"path": str(it["bench"])}, "dry_run": True}),
}


@pytest.mark.parametrize("what", JOBS)
def test_a_job_that_waited_when_the_project_was_archived_changes_nothing_and_says_why(project, lead, tmp_path, what):
    candidate, person = settle(project)
    kind, params = JOBS[what]({"person": person, "bench": make_small_bench(tmp_path / "bench")})
    job = create_row(project, kind, params, lead)
    archive_project(project, lead)
    tasks = Task.objects.count()

    run_job(job.pk)
    with refused("archived"):
        create_row(project, kind, params, lead)

    job.refresh_from_db()
    candidate.refresh_from_db()
    with translation.override("en"):
        assert (job.state, job.error_text) == ("failed", SAID)
    assert (candidate.round, candidate.assignments.filter(status="void").count(), Task.objects.count()) == (1, 0, tasks)


def test_exports_are_made_of_an_archived_project(project, lead, tmp_path):
    settle(project)
    archive_project(project, lead)

    assert run_here(project, "export", {"format": "full", "out": str(tmp_path)}, lead).state == "done"


def test_many_stop_where_they_are_when_the_project_is_archived(project, lead, monkeypatch):
    candidates = [settle(project)[0] for _ in range(3)]

    def reopen_then_archive(public_id, *args):
        done = reopen_candidate(public_id, *args)
        archive_project(project, lead)
        return done

    monkeypatch.setattr("labeling.protocol.many.reopen_candidate", reopen_then_archive)
    job = run_here(project, KIND, make_params("reopen", Wanted(), "again"), lead)

    with translation.override("en"):
        assert (job.state, job.error_text, job.lines.count()) == ("failed", SAID, 0)
    assert job.result["changed"] == 1
    assert sorted(Candidate.objects.filter(pk__in=[row.pk for row in candidates]).values_list("round", flat=True)) == [1, 1, 2]


def test_an_import_stops_between_two_units_when_the_project_is_archived_and_goes_on_after(project, lead, tmp_path, monkeypatch):
    run_import(project, "bench", make_small_bench(tmp_path / "bench"))
    folder = make_candidates(tmp_path / "candidates", "acme/product-001", "acme/digital-001")
    monkeypatch.setattr(units, "ASK_INTERVAL_S", 0)
    plain, done = units.Import.run_unit, []

    def run_then_archive(work, unit, *args):
        plain(work, unit, *args)
        done.append(unit)
        if Candidate.objects.exists() and Project.objects.get().archived_at is None:
            archive_project(project, lead)

    monkeypatch.setattr(units.Import, "run_unit", run_then_archive)
    job = run_import(project, "candidates", folder)

    with translation.override("en"):
        assert (job.state, job.error_text) == ("failed", SAID)
    assert job.result["units_done"] == len(done) < job.result["units"]
    assert set(Candidate.objects.values_list("state", flat=True)) == {"staged"}
    monkeypatch.setattr(units.Import, "run_unit", plain)
    bring_back_project(project, lead)
    assert run_import(project, "candidates", folder).state == "done"
    assert set(Candidate.objects.values_list("state", flat=True)) == {"open"}


def test_the_command_line_imports_nothing_into_it(project, lead, tmp_path):
    archive_project(project, lead)

    status, _output, message = run_command("bench", make_small_bench(tmp_path / "bench"), project)

    assert (status, message, Job.objects.count()) == (1, SAID, 0)


def test_pages_refuse_with_the_reason(project, lead):
    _candidate, person = settle(project)
    archive_project(project, lead)
    client = visit_as(lead)
    upload = SimpleUploadedFile("bench.zip", make_zip({"notes.txt": "hello"}).getvalue())
    moment = timezone.now().isoformat()
    # What was sent by a page that was open already.
    replies = [
        client.post(address("imports", project), {"what": "bench", "upload": upload}),
        client.post(address("many", project), {"act": "reopen", "reason": "again"}),
        client.post(address("void", project), {"person": person.pk, "reason": "why", "before": moment, "confirm": "1"}),
        client.post(address("invite", project), {"invite-can_label": "on", "invite-uses": "1", "invite-days": "7"}),
        client.post(address("batches", project), {"name": "week", "priority": "0"}),
        client.post(address("edit_guideline", project), {"body": "New rules.", "based_on": "0"}),
    ]

    for reply in replies:
        assert SAID in (told(reply)[-1:] if reply.status_code == 302 else [read(reply)])[0]
    assert (Job.objects.count(), Batch.objects.count(), Invitation.objects.count()) == (0, 0, 0)


def test_programs_are_refused_with_the_same_code(project, lead):
    _candidate, person = settle(project)
    archive_project(project, lead)
    program = Program(lead, project)

    replies = [
        program.post("many", filter={}, act="reopen", reason="again"),
        program.post("void", str(person.public_id), reason="why", before=timezone.now().isoformat()),
        program.post("batches", name="week"),
        program.post("invitations", can_label=True, uses=1, days=7),
        program.post("guideline_versions", body="New rules.", based_on=0, must_read=True),
    ]

    assert [(reply.status_code, reply.data["code"], reply.data["message"]) for reply in replies] == [(409, "archived", SAID)] * 5


def test_pages_of_an_archived_project_say_so_and_offer_no_button_that_would_be_refused(project, lead):
    things = make_things(project, lead)
    client = visit_as(lead)
    pages = {
        "imports": (address("imports", project), "Start an import"),
        "many": (address("many", project, act="hold"), 'name="reason"'),
        "batches": (address("batches", project), "Make a batch"),
        "batch": (address("batch", project, things["batch"].public_id), ">Save<"),
        "guideline": (address("edit_guideline", project), ">Publish<"),
        "settings": (address("settings", project), "Edit the guideline"),
        "members": (address("members", project), "Make an invitation link"),
        "candidate": (address("candidate", project, things["settled"].public_id), "Reopen"),
        "held": (address("candidate", project, things["held"].public_id), "Back to the queue"),
        "example": (address("examples", project), "Save the caption"),
        "candidates": (address("candidates", project), "batch all of these"),
        "conflicts": (address("inbox", project, kind="conflicts"), "/accept"),
    }
    before = {name: client.get(where).content.decode() for name, (where, _text) in pages.items()}
    archive_project(project, lead)

    after = {name: client.get(where).content.decode() for name, (where, _text) in pages.items()}

    said = "This project is archived: it can be read and exported, not changed."
    assert {name: (text in before[name], text in after[name]) for name, (_where, text) in pages.items()} == dict.fromkeys(
        pages, (True, False)
    )
    assert {name: (said in before[name], said in after[name]) for name in pages} == dict.fromkeys(pages, (False, True))
