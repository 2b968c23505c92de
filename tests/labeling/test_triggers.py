"""Every trigger refuses its illegal write on either database, and comes back after every migration."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import IntegrityError, connection, models, transaction
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone

from labeling.checks import drop_before_migrate
from labeling.models import Assignment, Candidate, Event, Guideline, PurgePermit, TaskVersion
from labeling.triggers import RULES, drop_triggers, missing_triggers, restore_triggers
from tests.factories import make_candidate, make_project, make_task, make_user
from tests.labeling.raw_rows import (
    answered,
    delete,
    raw_agreement,
    raw_answer,
    raw_assignment,
    raw_decision,
    raw_dispute,
    raw_draw,
    raw_event,
    raw_gold,
    raw_suggestion,
    released,
    update,
)

PASS, FAIL = True, False
Case = Callable[[], Iterator[tuple[bool, Callable[[], Any]]]]
CASES: dict[str, Case] = {}


def case(name: str) -> Callable[[Case], Case]:
    """Register the case of the rule `name`."""

    def register(function: Case) -> Case:
        CASES[name] = function
        return function

    return register


def permit_purge(project: Any) -> None:
    PurgePermit.objects.create(project=project, granted_by=make_user(), reason="the client asked for it")


@case("assignment_adjudicates_a_dispute")
def adjudicating() -> Iterator[Any]:
    candidate, people = make_candidate(), [make_user() for _ in range(3)]
    adjudicate = partial(raw_assignment, candidate, people[2], purpose="adjudication")
    yield FAIL, adjudicate
    first = raw_assignment(candidate, people[0], seat=1, **answered())
    yield FAIL, adjudicate
    second = raw_assignment(candidate, people[1], seat=2)
    yield FAIL, adjudicate
    update(second, **answered("accept"))
    yield FAIL, lambda: adjudicate(**answered())
    yield PASS, lambda: adjudicate(**released())
    update(first, verdict="reject")
    yield FAIL, lambda: adjudicate(round=2)
    yield PASS, adjudicate


@case("assignment_audits_agreement")
def auditing() -> Iterator[Any]:
    candidate, people = make_candidate(), [make_user() for _ in range(3)]
    audit = partial(raw_assignment, candidate, people[2], purpose="audit")
    yield FAIL, audit
    first, _second = raw_dispute(candidate, *people[:2])
    yield FAIL, audit
    yield FAIL, lambda: audit(**answered())
    yield PASS, lambda: audit(**released())
    update(first, verdict="reject")
    yield FAIL, lambda: audit(round=2)
    yield PASS, audit


@case("assignment_seconds_adjudication")
def seconding() -> Iterator[Any]:
    candidate, people = make_candidate(), [make_user() for _ in range(4)]
    second = partial(raw_assignment, candidate, people[3], purpose="second_adjudication")
    raw_dispute(candidate, *people[:2])
    yield FAIL, second
    lease = raw_assignment(candidate, people[2], purpose="adjudication")
    yield FAIL, second
    update(lease, **answered())
    yield FAIL, lambda: second(round=2)
    yield PASS, second


@case("assignment_test_side")
def the_test_side() -> Iterator[Any]:
    candidate, person = make_candidate(), make_user()
    yield PASS, lambda: raw_assignment(make_candidate(), person, arm="assisted", **released())
    update(candidate.bundle.task, is_test_side=True)
    yield FAIL, lambda: raw_assignment(candidate, person, arm="assisted")
    yield FAIL, lambda: raw_assignment(candidate, person, purpose="gold", arm="reveal")
    yield PASS, lambda: raw_assignment(candidate, person)


@case("answer_test_side")
def answers_of_the_test_side() -> Iterator[Any]:
    candidate, other = make_candidate(), make_candidate()
    update(candidate.bundle.task, is_test_side=True)
    blind = raw_assignment(candidate, make_user(), **answered())
    yield FAIL, lambda: raw_answer(blind, exposure="revealed")
    yield PASS, lambda: raw_answer(blind)
    yield PASS, lambda: raw_answer(raw_assignment(other, make_user(), **answered()), exposure="revealed")


@case("task_side_kept")
def kept_sides() -> Iterator[Any]:
    candidate = make_candidate()
    task = candidate.bundle.task
    yield PASS, partial(update, task, is_test_side=True)
    raw_assignment(candidate, make_user())
    yield FAIL, partial(update, task, is_test_side=False)
    yield PASS, partial(update, task, is_test_side=True, name="Another poster")


@case("answer_prefilled_arm")
def prefilled_answers() -> Iterator[Any]:
    candidate, people = make_candidate(), [make_user() for _ in range(2)]
    blind = raw_assignment(candidate, people[0], seat=1, **answered())
    assisted = raw_assignment(candidate, people[1], seat=2, arm="assisted", **answered())
    yield FAIL, lambda: raw_answer(blind, exposure="prefilled")
    yield PASS, lambda: raw_answer(assisted, exposure="prefilled")
    yield PASS, lambda: raw_answer(blind, exposure="revealed")


@case("suggestion_final")
def final_suggestions() -> Iterator[Any]:
    row = raw_suggestion(make_candidate())
    yield FAIL, partial(update, row, p_accept=0.1)
    yield PASS, lambda: raw_suggestion(row.candidate, 0.1, model_version="tiny-2")


@case("suggestion_kept")
def kept_suggestions() -> Iterator[Any]:
    row = raw_suggestion(make_candidate())
    yield FAIL, partial(delete, row)
    permit_purge(row.project)
    yield PASS, partial(delete, row)


@case("draw_final")
def final_draws() -> Iterator[Any]:
    row = raw_draw(make_candidate())
    yield FAIL, partial(update, row, assisted_seat=2)
    yield PASS, lambda: raw_draw(row.candidate, round=2, assisted_seat=2)


@case("draw_kept")
def kept_draws() -> Iterator[Any]:
    row = raw_draw(make_candidate())
    yield FAIL, partial(delete, row)
    permit_purge(row.project)
    yield PASS, partial(delete, row)


@case("gold_final")
def final_gold() -> Iterator[Any]:
    row = raw_gold(make_candidate())
    yield FAIL, partial(update, row, verdict="reject")
    yield FAIL, partial(update, row, source="imported")
    yield PASS, partial(update, row, retired_at=timezone.now())
    yield FAIL, partial(update, row, retired_at=None)


@case("assignment_settles_a_dispute")
def settling() -> Iterator[Any]:
    candidate, people = make_candidate(), [make_user() for _ in range(3)]
    first, _second = raw_dispute(candidate, *people[:2])
    lease = raw_assignment(candidate, people[2], purpose="adjudication")
    update(first, verdict="reject")
    yield FAIL, partial(update, lease, **answered())
    update(first, verdict="accept")
    yield PASS, partial(update, lease, **answered())
    yield PASS, partial(update, lease, verdict="reject", confirmed_at=timezone.now())


@case("assignment_primary_frozen")
def freezing() -> Iterator[Any]:
    candidate, people = make_candidate(), [make_user() for _ in range(3)]
    first, second = raw_dispute(candidate, *people[:2])
    lease = raw_assignment(candidate, people[2], purpose="adjudication")
    yield PASS, partial(update, first, verdict="accept", reviewed_at=timezone.now())
    update(lease, **answered())
    yield FAIL, partial(update, first, verdict="reject")
    yield FAIL, partial(update, second, status="leased", verdict=None, submitted_at=None, lease_until=timezone.now())
    yield PASS, partial(update, first, reviewed_at=None)
    yield PASS, partial(update, lease, verdict="reject")
    yield FAIL, partial(update, first, status="void")
    update(candidate, round=2)
    yield PASS, partial(update, first, status="void")


@case("answer_primary_frozen")
def freezing_answers() -> Iterator[Any]:
    candidate, people = make_candidate(), [make_user() for _ in range(4)]
    first, _second = raw_dispute(candidate, *people[:2])
    lease = raw_assignment(candidate, people[2], purpose="adjudication")
    surplus = raw_assignment(candidate, people[3], **answered(status="surplus"))
    yield PASS, lambda: raw_answer(first)
    update(lease, **answered())
    yield FAIL, lambda: raw_answer(first, number=2, kind="edit", verdict="reject")
    yield PASS, lambda: raw_answer(lease)
    yield PASS, lambda: raw_answer(surplus)


@case("assignment_identity")
def identity() -> Iterator[Any]:
    row, other = raw_assignment(make_candidate(), make_user()), make_candidate()
    yield FAIL, partial(update, row, candidate=other)
    yield FAIL, partial(update, row, project=other.project)
    yield FAIL, partial(update, row, person=make_user())
    yield FAIL, partial(update, row, round=2)
    yield FAIL, partial(update, row, seat=2)
    yield FAIL, partial(update, row, seat=None, purpose="audit")
    yield FAIL, partial(update, row, seat=None)
    yield FAIL, partial(update, row, arm="assisted", suggestion=raw_suggestion(row.candidate))
    yield PASS, partial(update, row, lease_until=timezone.now() + timedelta(hours=1), is_ahead=True)


@case("assignment_status_path")
def paths() -> Iterator[Any]:
    shapes = {"leased": {"lease_until": timezone.now()}, "released": released()}
    shapes |= {status: answered(status=status) for status in ("submitted", "surplus", "void")}
    legal = {("leased", "submitted"), ("leased", "released"), ("submitted", "void"), ("submitted", "leased")}
    for old, shape in shapes.items():
        for new, target in shapes.items():
            row = raw_assignment(make_candidate(), make_user(), **shape)
            blank = {"verdict": None, "submitted_at": None, "editable_until": None, "lease_until": None, "status": new}
            yield old == new or (old, new) in legal, partial(update, row, **blank | target)
    back = {"status": "leased", "verdict": None, "submitted_at": None, "lease_until": timezone.now()}
    for purpose in ("gold", "repeat"):
        yield PASS, partial(update, raw_assignment(make_candidate(), make_user(), purpose=purpose, **answered()), **back)
    audit = raw_assignment(raw_agreement(make_candidate()), make_user(), purpose="audit", **answered())
    yield FAIL, partial(update, audit, **back)


@case("assignment_void_final")
def void_for_good() -> Iterator[Any]:
    row = raw_assignment(make_candidate(), make_user(), **answered())
    yield PASS, partial(update, row, status="void", void_reason="Clicked through")
    yield FAIL, partial(update, row, void_reason="Something else")
    yield FAIL, partial(update, row, void_reason="")
    yield PASS, partial(update, row, reviewed_at=timezone.now())
    taken_back = raw_assignment(make_candidate(), make_user(), **answered(status="void"))
    yield FAIL, partial(update, taken_back, void_reason="Clicked through")


@case("assignment_kept")
def kept_assignments() -> Iterator[Any]:
    rows = [raw_assignment(make_candidate(), make_user(), **answered(status=status)) for status in ("submitted", "surplus", "void")]
    for row in rows:
        yield FAIL, partial(delete, row)
    yield PASS, partial(delete, raw_assignment(make_candidate(), make_user()))
    yield PASS, partial(delete, raw_assignment(make_candidate(), make_user(), **released()))
    permit_purge(rows[0].project)
    yield PASS, partial(delete, rows[0])
    yield FAIL, partial(delete, rows[1])


@case("answer_final")
def final_answers() -> Iterator[Any]:
    answer = raw_answer(raw_assignment(make_candidate(), make_user(), **answered()))
    yield FAIL, partial(update, answer, verdict="reject")
    yield FAIL, partial(update, answer, note="changed my mind")
    yield PASS, lambda: raw_answer(answer.assignment, number=2, kind="edit", verdict="reject")


@case("answer_kept")
def kept_answers() -> Iterator[Any]:
    answer = raw_answer(raw_assignment(make_candidate(), make_user(), **answered()))
    permit_purge(make_project())
    yield FAIL, partial(delete, answer)
    permit_purge(answer.assignment.project)
    yield PASS, partial(delete, answer)


@case("decision_final")
def final_decisions() -> Iterator[Any]:
    candidate = make_candidate()
    decision, event = raw_decision(candidate), raw_event(candidate)
    yield FAIL, partial(update, decision, verdict="reject")
    yield FAIL, partial(update, decision, how="imported")
    yield FAIL, partial(update, decision, round=2)
    yield FAIL, partial(update, decision, candidate=make_candidate())
    yield FAIL, partial(update, decision, event=event)
    yield PASS, partial(update, decision, revoked_event=event)
    yield FAIL, partial(update, decision, revoked_event=None)


@case("decision_kept")
def kept_decisions() -> Iterator[Any]:
    decision = raw_decision(make_candidate())
    yield FAIL, partial(delete, decision)
    permit_purge(decision.candidate.project)
    yield PASS, partial(delete, decision)


@case("event_final")
def final_events() -> Iterator[Any]:
    candidate = make_candidate()
    event = raw_event(candidate)
    yield FAIL, partial(update, event, at=timezone.now())
    yield PASS, lambda: raw_event(candidate)


@case("event_kept")
def kept_events() -> Iterator[Any]:
    event = raw_event(make_candidate())
    yield FAIL, partial(delete, event)
    permit_purge(event.project)
    yield PASS, partial(delete, event)


@case("task_version_final")
def final_versions() -> Iterator[Any]:
    task = make_task(make_project())
    event = Event.objects.create(project=task.project, kind="task_changed")
    yield FAIL, partial(update, task.versions.get(), document={"brief": "another"})
    yield PASS, lambda: TaskVersion.objects.create(task=task, number=2, document={}, event=event)


@case("guideline_final")
def final_guidelines() -> Iterator[Any]:
    project = make_project()
    Guideline.objects.create(project=project, number=1, body="some words")
    yield FAIL, partial(update, project.guidelines.get(), body="other words")
    yield PASS, lambda: Guideline.objects.create(project=project, number=2, body="other words")


@pytest.mark.pure
def test_every_trigger_has_a_case():
    assert set(CASES) == {rule.name for rule in RULES}


@pytest.mark.django_db
@pytest.mark.parametrize("name", [rule.name for rule in RULES])
def test_the_database_refuses_what_the_trigger_forbids_and_nothing_else(name):
    seen = set()

    for number, (is_legal, write) in enumerate(CASES[name](), start=1):
        if is_legal:
            write()
        else:
            # The number in the message says which write of the case passed.
            with pytest.raises(IntegrityError, match=f"{name}: "), transaction.atomic():
                assert write() is number
        seen.add(is_legal)

    assert seen == {True, False}


def write_that_a_trigger_refuses() -> None:
    """Change an answer, which is append-only."""
    answer = raw_answer(raw_assignment(make_candidate(), make_user(), **answered()))
    with pytest.raises(IntegrityError, match="answer_final"), transaction.atomic():
        update(answer, note="changed my mind")


@pytest.mark.django_db
def test_the_check_names_a_missing_and_a_changed_trigger_and_restoring_mends_both():
    break_two_triggers()

    with pytest.raises(SystemCheckError) as refusal:
        call_command("check", databases=["default"], stderr=StringIO())
    restored = restore_triggers(connection)

    # Two rules in RULES' order: one trigger is gone, the other does nothing any more.
    assert [name for name in ("answer_final", "event_final", "event_kept") if name in str(refusal.value)] == ["answer_final", "event_final"]
    assert restored == ["answer_final", "event_final"]
    call_command("check", databases=["default"], stderr=StringIO(), stdout=StringIO())
    write_that_a_trigger_refuses()


def break_two_triggers() -> None:
    """Drop `answer_final`, and make `event_final` let everything pass."""
    on_table = " ON labeling_answer" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER answer_final{on_table}")
        if connection.vendor == "postgresql":
            cursor.execute("CREATE OR REPLACE FUNCTION event_final() RETURNS trigger LANGUAGE plpgsql AS $body$BEGIN RETURN NEW; END$body$")
        else:
            cursor.execute("DROP TRIGGER event_final")
            cursor.execute("CREATE TRIGGER event_final BEFORE UPDATE ON labeling_event BEGIN SELECT 1; END")


@pytest.mark.django_db(transaction=True)
def test_migrate_restores_a_missing_trigger_with_its_checks_on_as_from_a_command_line():
    break_two_triggers()

    call_command("migrate", verbosity=0, skip_checks=False)

    assert missing_triggers(connection) == []
    write_that_a_trigger_refuses()


@pytest.mark.django_db(transaction=True)
def test_a_disabled_trigger_is_missing():
    if connection.vendor != "postgresql":
        pytest.skip("SQLite cannot disable a trigger")
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE labeling_answer DISABLE TRIGGER answer_final")

    missing = [rule.name for rule in missing_triggers(connection)]

    assert missing == ["answer_final"]


@pytest.mark.django_db(transaction=True)
def test_triggers_hold_at_the_end_of_a_migration_to_every_state():
    names = sorted(name for app, name in MigrationLoader(connection).graph.nodes if app == "labeling")
    missing = {}
    try:
        # The other applications point at the account table, so they go and come back with it.
        for target in ["zero", *names]:
            call_command("migrate", "labeling", target, verbosity=0)
            missing[target] = [rule.name for rule in missing_triggers(connection)]
    finally:
        call_command("migrate", verbosity=0)

    new = [rule.name for rule in RULES if rule.table in ("labeling_suggestion", "labeling_draw", "labeling_gold")]
    not_yet = {name: new if name < "0011" else [] for name in names}
    assert missing == {"zero": [rule.name for rule in RULES]} | not_yet
    write_that_a_trigger_refuses()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("model", [Assignment, Candidate], ids=["assignment", "candidate"])
def test_a_rebuilt_table_gets_its_triggers_back(model):
    lost = rebuild_as_a_migration_does(model)

    call_command("migrate", verbosity=0)

    if connection.vendor == "sqlite":
        assert lost
    assert missing_triggers(connection) == []
    write_that_a_trigger_refuses()


def rebuild_as_a_migration_does(model: type[models.Model]) -> list[str]:
    """Alter a column there and back, after what `migrate` does first; return the triggers that are gone then."""
    drop_before_migrate("default", plan=["one migration"])
    old = model._meta.get_field("round")
    new = models.IntegerField(default=1)
    new.set_attributes_from_name("round")
    new.model = model
    for before, after in ((old, new), (new, old)):
        with connection.schema_editor() as editor:
            editor.alter_field(model, before, after, strict=True)
    return [rule.name for rule in missing_triggers(connection)]


@pytest.mark.django_db(transaction=True)
def test_sqlite_cannot_rebuild_a_table_that_a_trigger_elsewhere_mentions():
    """Why `pre_migrate` drops the triggers; when this fails, they can stay in place."""
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL alters tables in place")
    field = Candidate._meta.get_field("round")
    new = models.IntegerField(default=1)
    new.set_attributes_from_name("round")

    with pytest.raises(Exception, match=r"no such table: main\.labeling_candidate"), connection.schema_editor() as editor:
        editor.alter_field(Candidate, field, new, strict=True)

    assert missing_triggers(connection) == []


@pytest.mark.django_db(transaction=True)
def test_a_start_without_migrations_leaves_the_triggers_in_place():
    drop_triggers(connection)
    restore_triggers(connection)
    with connection.cursor() as cursor:
        before = trigger_ids(cursor)

        call_command("migrate", verbosity=0)

        assert trigger_ids(cursor) == before


def trigger_ids(cursor: Any) -> list[Any]:
    """What identifies the triggers in the catalogue: made again, one gets another number."""
    if connection.vendor == "sqlite":
        cursor.execute("SELECT rowid, name FROM sqlite_master WHERE type = 'trigger' ORDER BY rowid")
    else:
        cursor.execute("SELECT oid, tgname FROM pg_trigger WHERE NOT tgisinternal ORDER BY oid")
    return cursor.fetchall()
