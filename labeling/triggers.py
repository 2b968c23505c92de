"""Cross-row rules that the database itself enforces, written once and rendered for each vendor.

SQLite drops a table's triggers whenever a migration rebuilds the table, and cannot rebuild one that another table's trigger
mentions. So they are not part of any migration: `pre_migrate` drops them there, `post_migrate` restores them, and the system
check `labeling.E001` compares them (labeling/checks.py). A release that renames or removes a rule drops the old trigger in a
migration of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db.backends.base.base import BaseDatabaseWrapper

# What PostgreSQL's catalogue calls a trigger before each row (pg_trigger.tgtype).
BEFORE_EACH_ROW = {"INSERT": 7, "DELETE": 11, "UPDATE": 19}


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One trigger: refuse `when` the condition over OLD and NEW holds, with `message`."""

    name: str
    table: str
    event: str  # e.g. "UPDATE" or "INSERT"
    when: str  # SQL that both vendors understand
    message: str


_PURGING = "EXISTS (SELECT 1 FROM labeling_purgepermit p WHERE p.project_id = OLD.project_id)"
_PURGING_ANSWER = (
    "EXISTS (SELECT 1 FROM labeling_purgepermit p JOIN labeling_assignment a ON a.project_id = p.project_id WHERE a.id = OLD.assignment_id)"
)
_PURGING_DECISION = (
    "EXISTS (SELECT 1 FROM labeling_purgepermit p JOIN labeling_candidate c ON c.project_id = p.project_id WHERE c.id = OLD.candidate_id)"
)
_NO_DISPUTE = (
    "(SELECT COUNT(*) FROM labeling_assignment a WHERE a.candidate_id = NEW.candidate_id AND a.round = NEW.round"
    " AND a.purpose = 'primary' AND a.status = 'submitted') <> 2"
    " OR (SELECT COUNT(DISTINCT a.verdict) FROM labeling_assignment a WHERE a.candidate_id = NEW.candidate_id AND a.round = NEW.round"
    " AND a.purpose = 'primary' AND a.status = 'submitted') <> 2"
)
_ADJUDICATED = (
    "EXISTS (SELECT 1 FROM labeling_assignment a WHERE a.candidate_id = {candidate} AND a.round = {round}"
    " AND a.purpose = 'adjudication' AND a.status = 'submitted')"
)

_BOTH_SUBMITTED = (
    "(SELECT COUNT(*) FROM labeling_assignment a WHERE a.candidate_id = NEW.candidate_id AND a.round = NEW.round"
    " AND a.purpose = 'primary' AND a.status = 'submitted')"
)
_VERDICTS = _BOTH_SUBMITTED.replace("COUNT(*)", "COUNT(DISTINCT a.verdict)")
_TEST_SIDE = (
    "EXISTS (SELECT 1 FROM labeling_candidate c JOIN labeling_bundle b ON b.id = c.bundle_id JOIN labeling_task t ON t.id = b.task_id"
    " WHERE c.id = NEW.candidate_id AND t.is_test_side)"
)

RULES = [
    Rule(
        name="assignment_adjudicates_a_dispute",
        table="labeling_assignment",
        event="INSERT",
        when=f"NEW.purpose = 'adjudication' AND NEW.status IN ('leased', 'submitted') AND ({_NO_DISPUTE})",
        message="adjudication needs two submitted primary answers that differ",
    ),
    Rule(
        name="assignment_settles_a_dispute",
        table="labeling_assignment",
        event="UPDATE",
        when=f"NEW.purpose = 'adjudication' AND NEW.status = 'submitted' AND OLD.status <> 'submitted' AND ({_NO_DISPUTE})",
        message="adjudication needs two submitted primary answers that differ",
    ),
    Rule(
        name="assignment_audits_agreement",
        table="labeling_assignment",
        event="INSERT",
        when=f"NEW.purpose = 'audit' AND NEW.status IN ('leased', 'submitted') AND ({_BOTH_SUBMITTED} <> 2 OR {_VERDICTS} <> 1)",
        message="an audit needs two submitted primary answers that agree",
    ),
    Rule(
        name="assignment_seconds_adjudication",
        table="labeling_assignment",
        event="INSERT",
        when="NEW.purpose = 'second_adjudication' AND NEW.status IN ('leased', 'submitted')"
        f" AND NOT {_ADJUDICATED.format(candidate='NEW.candidate_id', round='NEW.round')}",
        message="a second adjudication needs a submitted first one",
    ),
    Rule(
        name="assignment_test_side",
        table="labeling_assignment",
        event="INSERT",
        when=f"NEW.arm <> 'blind' AND {_TEST_SIDE}",
        message="nobody sees a suggestion about a task of the test side",
    ),
    Rule(
        name="answer_test_side",
        table="labeling_answer",
        event="INSERT",
        when="NEW.exposure <> 'none' AND EXISTS (SELECT 1 FROM labeling_assignment o JOIN labeling_candidate c ON c.id = o.candidate_id"
        " JOIN labeling_bundle b ON b.id = c.bundle_id JOIN labeling_task t ON t.id = b.task_id"
        " WHERE o.id = NEW.assignment_id AND t.is_test_side)",
        message="nobody answers a task of the test side after seeing a suggestion about it",
    ),
    Rule(
        name="task_side_kept",
        table="labeling_task",
        event="UPDATE",
        when="NEW.is_test_side <> OLD.is_test_side AND EXISTS (SELECT 1 FROM labeling_bundle b JOIN labeling_candidate c"
        " ON c.bundle_id = b.id JOIN labeling_assignment a ON a.candidate_id = c.id WHERE b.task_id = OLD.id)",
        message="a task that people were given keeps its side",
    ),
    Rule(
        name="answer_prefilled_arm",
        table="labeling_answer",
        event="INSERT",
        when="NEW.exposure = 'prefilled' AND NOT EXISTS (SELECT 1 FROM labeling_assignment o WHERE o.id = NEW.assignment_id"
        " AND o.arm IN ('assisted', 'both'))",
        message="only a seat drawn to see a suggestion answers with one pre-filled",
    ),
    Rule(
        name="assignment_primary_frozen",
        table="labeling_assignment",
        event="UPDATE",
        when="OLD.purpose = 'primary' AND OLD.status = 'submitted'"
        # Voiding starts a new round first, so that no decision is left standing on a void answer.
        " AND NOT (NEW.status = 'void' AND EXISTS"
        " (SELECT 1 FROM labeling_candidate c WHERE c.id = OLD.candidate_id AND (c.round <> OLD.round OR c.state = 'withdrawn')))"
        " AND (NEW.status <> OLD.status OR NEW.verdict IS DISTINCT FROM OLD.verdict)"
        f" AND {_ADJUDICATED.format(candidate='OLD.candidate_id', round='OLD.round')}",
        message="a primary answer is frozen once its adjudication is submitted",
    ),
    Rule(
        name="answer_primary_frozen",
        table="labeling_answer",
        event="INSERT",
        when="EXISTS (SELECT 1 FROM labeling_assignment o WHERE o.id = NEW.assignment_id AND o.purpose = 'primary'"
        f" AND o.status = 'submitted' AND {_ADJUDICATED.format(candidate='o.candidate_id', round='o.round')})",
        message="a primary answer is frozen once its adjudication is submitted",
    ),
    Rule(
        name="assignment_identity",
        table="labeling_assignment",
        event="UPDATE",
        when="NEW.candidate_id <> OLD.candidate_id OR NEW.project_id <> OLD.project_id OR NEW.person_id <> OLD.person_id"
        " OR NEW.purpose <> OLD.purpose OR NEW.round <> OLD.round OR NEW.seat IS DISTINCT FROM OLD.seat"
        " OR NEW.arm <> OLD.arm OR NEW.suggestion_id IS DISTINCT FROM OLD.suggestion_id",
        message="an assignment keeps its candidate, round, seat, purpose, arm, suggestion and person",
    ),
    Rule(
        name="assignment_void_final",
        table="labeling_assignment",
        event="UPDATE",
        when="OLD.status = 'void' AND NEW.void_reason <> OLD.void_reason",
        message="why an answer is void is never changed",
    ),
    Rule(
        name="assignment_status_path",
        table="labeling_assignment",
        event="UPDATE",
        when="NEW.status <> OLD.status AND NOT (OLD.status = 'leased' AND NEW.status IN ('submitted', 'released')"
        " OR OLD.status = 'submitted' AND NEW.status = 'void'"
        " OR OLD.status = 'submitted' AND NEW.status = 'leased' AND OLD.purpose IN ('primary', 'gold', 'repeat'))",
        message="an assignment cannot go from this status to that one",
    ),
    Rule(
        name="assignment_kept",
        table="labeling_assignment",
        event="DELETE",
        when=f"OLD.status IN ('submitted', 'surplus', 'void') AND NOT {_PURGING}",
        message="submitted assignments are never deleted",
    ),
    Rule(name="answer_final", table="labeling_answer", event="UPDATE", when="1 = 1", message="answers are append-only"),
    Rule(
        name="answer_kept",
        table="labeling_answer",
        event="DELETE",
        when=f"NOT {_PURGING_ANSWER}",
        message="answers are never deleted",
    ),
    Rule(
        name="decision_final",
        table="labeling_decision",
        event="UPDATE",
        when="NEW.candidate_id <> OLD.candidate_id OR NEW.round <> OLD.round OR NEW.verdict <> OLD.verdict OR NEW.how <> OLD.how"
        " OR NEW.event_id <> OLD.event_id OR OLD.revoked_event_id IS NOT NULL",
        message="a decision is revoked, never changed",
    ),
    Rule(
        name="decision_kept",
        table="labeling_decision",
        event="DELETE",
        when=f"NOT {_PURGING_DECISION}",
        message="decisions are never deleted",
    ),
    Rule(name="suggestion_final", table="labeling_suggestion", event="UPDATE", when="1 = 1", message="suggestions are never changed"),
    Rule(
        name="suggestion_kept",
        table="labeling_suggestion",
        event="DELETE",
        when=f"NOT {_PURGING}",
        message="suggestions are never deleted",
    ),
    Rule(name="draw_final", table="labeling_draw", event="UPDATE", when="1 = 1", message="a draw is never changed"),
    Rule(name="draw_kept", table="labeling_draw", event="DELETE", when=f"NOT {_PURGING}", message="draws are never deleted"),
    Rule(
        name="gold_final",
        table="labeling_gold",
        event="UPDATE",
        when="NEW.candidate_id <> OLD.candidate_id OR NEW.image_id <> OLD.image_id OR NEW.verdict <> OLD.verdict"
        " OR NEW.source <> OLD.source OR OLD.retired_at IS NOT NULL",
        message="gold is retired, never changed",
    ),
    Rule(name="event_final", table="labeling_event", event="UPDATE", when="1 = 1", message="events are append-only"),
    Rule(name="event_kept", table="labeling_event", event="DELETE", when=f"NOT {_PURGING}", message="events are never deleted"),
    Rule(name="task_version_final", table="labeling_taskversion", event="UPDATE", when="1 = 1", message="task versions are never changed"),
    Rule(
        name="guideline_final", table="labeling_guideline", event="UPDATE", when="1 = 1", message="a published guideline is never changed"
    ),
]


def render_sqlite(rule: Rule) -> str:
    """The statement that makes `rule` on SQLite; SQLite's IS is the standard's IS NOT DISTINCT FROM."""
    when = rule.when.replace("IS DISTINCT FROM", "IS NOT")
    return (
        f"CREATE TRIGGER {rule.name} BEFORE {rule.event} ON {rule.table} FOR EACH ROW WHEN {when}"
        f" BEGIN SELECT RAISE(ABORT, '{rule.name}: {rule.message}'); END"
    )


def render_body(rule: Rule) -> str:
    """The body of the function behind `rule` on PostgreSQL."""
    row = "OLD" if rule.event == "DELETE" else "NEW"
    return (
        f"BEGIN IF {rule.when} THEN RAISE EXCEPTION '{rule.name}: {rule.message}' USING ERRCODE = 'check_violation'; END IF;"
        f" RETURN {row}; END"
    )


def render_postgresql(rule: Rule) -> str:
    """The statements that make `rule` on PostgreSQL."""
    return (
        f"CREATE OR REPLACE FUNCTION {rule.name}() RETURNS trigger LANGUAGE plpgsql AS $body${render_body(rule)}$body$;"
        f" DROP TRIGGER IF EXISTS {rule.name} ON {rule.table};"
        f" CREATE TRIGGER {rule.name} BEFORE {rule.event} ON {rule.table} FOR EACH ROW EXECUTE FUNCTION {rule.name}()"
    )


def missing_triggers(connection: BaseDatabaseWrapper) -> list[Rule]:
    """The rules whose trigger is absent from the database of `connection`, or says something else there."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
            found = dict(cursor.fetchall())
            return [rule for rule in RULES if found.get(rule.name) != render_sqlite(rule)]
        cursor.execute(
            "SELECT t.tgname, c.relname, t.tgtype, p.prosrc FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
            " JOIN pg_proc p ON p.oid = t.tgfoid JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE NOT t.tgisinternal AND t.tgenabled = 'O' AND n.nspname = current_schema()"
        )
        triggers = {name: rest for name, *rest in cursor.fetchall()}
        return [rule for rule in RULES if triggers.get(rule.name) != [rule.table, BEFORE_EACH_ROW[rule.event], render_body(rule)]]


def existing_tables(connection: BaseDatabaseWrapper) -> set[str]:
    """The tables of the database; in the middle of a partial migration some of ours are absent."""
    with connection.cursor() as cursor:
        return set(connection.introspection.table_names(cursor))


def restore_triggers(connection: BaseDatabaseWrapper) -> list[str]:
    """Make every missing or changed trigger whose tables exist; return the names of those it made."""
    tables = existing_tables(connection)
    if not {"labeling_purgepermit", "labeling_candidate"} <= tables:
        return []
    restored = [rule for rule in missing_triggers(connection) if rule.table in tables]
    with connection.cursor() as cursor:
        for rule in restored:
            if connection.vendor == "sqlite":
                cursor.execute(f"DROP TRIGGER IF EXISTS {rule.name}")
                cursor.execute(render_sqlite(rule))
            else:
                cursor.execute(render_postgresql(rule))
    return [rule.name for rule in restored]


def drop_triggers(connection: BaseDatabaseWrapper) -> None:
    """Remove every trigger of ours; only for tests that empty tables and for restoring a backup."""
    tables = existing_tables(connection)
    with connection.cursor() as cursor:
        for rule in RULES:
            if rule.table in tables:
                on_table = "" if connection.vendor == "sqlite" else f" ON {rule.table}"
                cursor.execute(f"DROP TRIGGER IF EXISTS {rule.name}{on_table}")
