"""Import conflicts: what accepting and dismissing them does to work in progress."""

from decimal import Decimal

import pytest

from labeling.data_in.read_version import parse_document
from labeling.data_in.write_task import describe_task, write_task
from labeling.models import Candidate, Event, ImportConflict, Job, TaskVersion
from labeling.protocol.conflicts import accept_conflict, dismiss_conflict
from labeling.protocol.hold import hold_candidate, withdraw_candidate
from labeling.protocol.intake import import_decision
from labeling.protocol.outcome import ProtocolError
from tests.factories import (
    answer_as,
    final_decision,
    lease_for,
    make_bundle,
    make_candidate,
    make_image,
    make_lead,
    make_person,
    make_project,
)
from tests.labeling.visiting import HTMX, address, read, visit_as

pytestmark = pytest.mark.django_db

DOCUMENT = {
    "task_id": "digital-001",
    "category": "Digital",
    "name": "Poster",
    "brief": "A poster.",
    "price_usd": "90.00",
    "quantity": 2,
    "is_editing": False,
    "source_missing": False,
    "deliverables": [
        {"number": number, "name": f"Image {number}", "listed_price_usd": "45.00", "rules": [], "raw_rules": None} for number in (1, 2)
    ],
    "points": [{"number": 1, "point_id": "ep_001", "text": "It is blue"}],
    "references": [],
    "sources": [],
}


@pytest.fixture
def project():
    """A project with enough people for a new round of anything."""
    project = make_project()
    for _ in range(3):
        make_person(project)
    return project


@pytest.fixture
def task(project):
    content = parse_document(DOCUMENT)
    assert describe_task(content, {}) == DOCUMENT
    return write_task(project, content, {})


def offer(task, **changes):
    """The conflict an import leaves when it brings `changes` of a task people work on."""
    job = Job.objects.create(project=task.project, kind="import_bench", state="done")
    return ImportConflict.objects.create(project=task.project, job=job, task=task, field="content", old={}, new=DOCUMENT | changes)


def offer_image(candidate, image):
    return ImportConflict.objects.create(project=candidate.project, candidate=candidate, field="image", new_image=image)


def states(*candidates):
    for candidate in candidates:
        candidate.refresh_from_db()
    return [(candidate.round, candidate.state) for candidate in candidates]


def test_accepting_new_content_starts_a_new_round_of_what_people_hold_or_answered_and_keeps_the_old_version(project, task):
    answered, held_in_hand = make_bundle(task).candidates.order_by("sort")
    untouched, _other = make_bundle(task).candidates.order_by("sort")
    people = [make_person(project) for _ in range(2)]
    answer_as(people[0], answered, "accept")
    answer_as(people[1], answered, "accept")
    lease = lease_for(people[0], held_in_hand)
    conflict = offer(task, brief="A blue poster.", price_usd="100.00")

    rounds = accept_conflict(project, conflict.pk, make_lead(project))

    assert rounds == 2
    assert states(answered, held_in_hand, untouched) == [(2, "open"), (2, "open"), (1, "open")]
    lease.refresh_from_db()
    assert lease.status == "released"
    task.refresh_from_db()
    assert (task.brief, task.price_usd, task.version) == ("A blue poster.", Decimal("100.00"), 2)
    assert [row.document["brief"] for row in TaskVersion.objects.filter(task=task).order_by("number")] == ["A poster.", "A blue poster."]
    assert answered.decisions.get().revoked_event is not None
    conflict.refresh_from_db()
    assert conflict.state == "accepted"


def test_a_larger_quantity_adds_deliverables(project, task):
    make_bundle(task)
    third = {"number": 3, "name": "Image 3", "listed_price_usd": None, "rules": [], "raw_rules": None}
    conflict = offer(task, quantity=3, deliverables=[*DOCUMENT["deliverables"], third])

    accept_conflict(project, conflict.pk, make_lead(project))

    task.refresh_from_db()
    assert task.quantity == 3
    assert [row.number for row in task.deliverables.all()] == [1, 2, 3]


def test_a_smaller_quantity_withdraws_what_the_task_no_longer_asks_for(project, task):
    kept, dropped = make_bundle(task).candidates.order_by("sort")
    for candidate in (kept, dropped):
        answer_as(make_person(project), candidate, "accept")
    conflict = offer(task, quantity=1, deliverables=DOCUMENT["deliverables"][:1])

    rounds = accept_conflict(project, conflict.pk, make_lead(project))

    assert rounds == 1
    assert states(kept, dropped) == [(2, "open"), (1, "withdrawn")]
    assert dropped.assignments.get().status == "submitted"
    task.refresh_from_db()
    assert (task.quantity, [row.number for row in task.deliverables.all()]) == (1, [1, 2])


def test_a_decision_imported_with_its_image_is_no_longer_one_about_the_new_content(project, task):
    seen, unseen = make_bundle(task).candidates.order_by("sort")
    Candidate.objects.filter(pk=unseen.pk).update(image=None, state="staged", q_state=6)
    for candidate in (seen, unseen):
        import_decision(candidate.pk, "accept", None)

    rounds = accept_conflict(project, offer(task, brief="New.").pk, make_lead(project))

    # Nobody could look at the one without an image: what was decided elsewhere stands.
    assert rounds == 1
    assert states(seen, unseen) == [(2, "open"), (1, "settled")]
    assert (final_decision(seen), final_decision(unseen)) == (None, ("accept", "imported"))


def test_held_and_withdrawn_candidates_start_over_where_they_are(project, task):
    lead = make_lead(project)
    held, withdrawn = make_bundle(task).candidates.order_by("sort")
    for candidate in (held, withdrawn):
        answer_as(make_person(project), candidate, "accept")
    hold_candidate(held.public_id, lead, "odd")
    withdraw_candidate(withdrawn.public_id, lead, "not ours")

    accept_conflict(project, offer(task, brief="New.").pk, lead)

    assert states(held, withdrawn) == [(2, "held"), (2, "withdrawn")]
    assert (held.reason, withdrawn.reason) == ("odd", "not ours")


def test_with_too_few_people_nothing_of_the_change_is_made():
    project = make_project()
    task = write_task(project, parse_document(DOCUMENT), {})
    candidate = make_bundle(task).candidates.first()
    answer_as(make_person(project), candidate, "accept")
    conflict = offer(task, brief="New.")

    with pytest.raises(ProtocolError) as refused:
        accept_conflict(project, conflict.pk, make_lead(project))

    assert refused.value.code == "too_few_people"
    task.refresh_from_db()
    assert (task.brief, task.version) == ("A poster.", 1)
    assert TaskVersion.objects.filter(task=task).count() == 1
    assert states(candidate) == [(1, "open")]


def test_accepting_an_image_starts_a_new_round_with_it(project):
    candidate, image = make_candidate(project), make_image()
    answer_as(make_person(project), candidate, "accept")

    rounds = accept_conflict(project, offer_image(candidate, image).pk, make_lead(project))

    assert rounds == 1
    assert states(candidate) == [(2, "open")]
    assert candidate.image == image


def test_an_image_for_a_withdrawn_candidate_does_not_bring_it_back(project):
    candidate, lead = make_candidate(project), make_lead(project)
    withdraw_candidate(candidate.public_id, lead, "not ours")

    with pytest.raises(ProtocolError) as refused:
        accept_conflict(project, offer_image(candidate, make_image()).pk, lead)

    assert refused.value.code == "withdrawn"
    assert states(candidate) == [(1, "withdrawn")]


def test_a_dismissed_change_changes_nothing_and_may_be_offered_again(project, task):
    lead, conflict = make_lead(project), offer(task, brief="New.")

    dismiss_conflict(project, conflict.pk, lead)

    task.refresh_from_db()
    conflict.refresh_from_db()
    assert (task.brief, conflict.state, conflict.resolved_by) == ("A poster.", "dismissed", lead)
    assert Event.objects.get(kind="conflict_resolved").data["outcome"] == "dismissed"
    assert offer(task, brief="New.").state == "open"


@pytest.mark.parametrize("act", [accept_conflict, dismiss_conflict])
def test_a_conflict_is_settled_once_and_by_a_lead_of_its_project(project, task, act):
    conflict, lead = offer(task, brief="New."), make_lead(project)
    dismiss_conflict(project, conflict.pk, lead)
    elsewhere = make_project()

    codes = []
    for where, who in ((project, lead), (project, make_person(project)), (elsewhere, make_lead(elsewhere))):
        with pytest.raises(ProtocolError) as refused:
            act(where, conflict.pk, who)
        codes.append(refused.value.code)

    assert codes == ["already_resolved", "not_allowed", "not_found"]


def test_the_inbox_shows_each_changed_part_before_and_after(project, task):
    answer_as(make_person(project), make_bundle(task).candidates.first(), "accept")
    offer(task, price_usd="100.00", points=[{"number": 1, "point_id": "ep_001", "text": "It is red"}])

    text = read(visit_as(make_lead(project)).get(address("inbox", project)))

    assert "price Now $90.00 Imported $100.00" in text
    assert "evaluation points Now It is blue Imported It is red" in text
    assert "brief" not in text
    assert "Accepting starts a new round of 1 candidate." in text
    assert "Accept as a new round" in text


def test_where_nobody_answered_the_inbox_promises_no_new_round(project):
    candidate = make_candidate(project)
    conflict, client = offer_image(candidate, make_image()), visit_as(make_lead(project))

    page = client.get(address("inbox", project))
    accepted = read(client.post(address("accept_conflict", project, conflict.pk), **HTMX))

    text = read(page)
    assert "Accepting replaces the picture; nobody has answered this round yet, so no new one starts." in text
    assert "Accept the change" in text
    assert "Accept as a new round" not in text
    assert "removed" not in text
    assert "added" not in text
    assert "Accepted; no new round was needed" in accepted
    candidate.refresh_from_db()
    assert candidate.round == 1


def test_the_inbox_settles_conflicts_with_a_script(project, task):
    client = visit_as(make_lead(project))
    first, second = offer(task, brief="New."), offer_image(make_candidate(project), make_image())

    accepted = client.post(address("accept_conflict", project, first.pk), **HTMX)
    dismissed = client.post(address("dismiss_conflict", project, second.pk), **HTMX)
    again = client.post(address("dismiss_conflict", project, second.pk), **HTMX)

    assert read(accepted).startswith("✓ Accepted")
    assert read(dismissed).startswith("✓ Dismissed")
    assert read(again).startswith("This conflict is settled already.")
