"""A project with 20,000 candidates, or more, in every state of the queue, written by a few statements."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from labeling.models import Bundle, Project, User
from tests.factories import make_bundle, make_generator, make_person, make_project, make_task

BUNDLES, QUANTITY, PEOPLE = 200, 100, 60
# Of 20 candidates in a row: 8 settled (one of them by an adjudicator), 8 fresh, 2 half taken, 1 disputed, 1 disputed and waiting
# for its windows to close.
NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < %(count)s - 1)"
# (state, q_state, q_excl, q_excl2) of candidate number n.i.
MIXED = (
    "CASE WHEN n.i %% 20 < 8 THEN 'settled' WHEN n.i %% 20 > 17 THEN 'disputed' ELSE 'open' END",
    "CASE WHEN n.i %% 20 < 8 THEN 5 WHEN n.i %% 20 < 16 THEN 0 WHEN n.i %% 20 < 18 THEN 1 WHEN n.i %% 20 = 18 THEN 3 ELSE 2 END",
    "CASE WHEN n.i %% 20 IN (16, 17, 18) THEN %(low)s + n.i / 20 %% 20 ELSE 0 END",
    "CASE WHEN n.i %% 20 = 18 THEN %(low)s + 20 + n.i / 20 %% 20 ELSE 0 END",
)
# One person has taken a seat of everything.
ONE_BUCKET = ("'open'", "1", "%(low)s", "0")
# One person has answered every second candidate: half of these are settled, half wait for somebody else. The others are fresh, half
# taken by one of twenty people, or disputed between two of forty.
ONE_ANSWERED_HALF = (
    "CASE WHEN n.i %% 4 = 2 THEN 'settled' WHEN n.i %% 8 = 7 THEN 'disputed' ELSE 'open' END",
    "CASE WHEN n.i %% 4 = 2 THEN 5 WHEN n.i %% 8 = 7 THEN 3 WHEN n.i %% 4 = 1 THEN 0 ELSE 1 END",
    "CASE WHEN n.i %% 4 = 0 THEN %(low)s WHEN n.i %% 8 = 3 THEN %(low)s + 1 + n.i / 8 %% 19"
    " WHEN n.i %% 8 = 7 THEN %(low)s + n.i / 8 %% 20 ELSE 0 END",
    "CASE WHEN n.i %% 8 = 7 THEN %(low)s + 20 + n.i / 8 %% 20 ELSE 0 END",
)
# (batch, lane) of candidate number n.i; the task is a digital one.
NO_BATCH = ("0", "3")
CANDIDATES = """
    INSERT INTO labeling_candidate (public_id, project_id, bundle_id, deliverable_id, sample, is_submitted_sample, image_id, round,
        reason, state_changed_at, sort, state, q_state, q_excl, q_excl2, batch, lane, ready_at)
    {numbers} SELECT {uuid}, %(project)s, b.id, d.id, 1, %(yes)s, %(image)s, 1, '', %(now)s, b.place * 256 + d.number, {standing}, {where},
        CASE WHEN {is_mixed} AND n.i %% 20 = 19 THEN {later} END
    FROM n JOIN labeling_bundle b ON b.id = %(bundle)s + n.i / 100 JOIN labeling_deliverable d ON d.task_id = b.task_id
        AND d.number = n.i %% 100 + 1
"""
# Seat 1 of everything but the fresh ones, seat 2 of all but these and the half taken ones; and some adjudications.
ASSIGNMENTS = """
    INSERT INTO labeling_assignment (public_id, project_id, candidate_id, person_id, purpose, round, seat, status, arm, is_ahead,
        leased_at, lease_until, submitted_at, editable_until, verdict, release_reason, image_id, task_version)
    SELECT {uuid}, c.project_id, c.id, {person}, '{purpose}', 1, {seat},
        'submitted', 'blind', %(no)s, %(now)s, NULL, %(now)s, {later},
        CASE WHEN (c.state = 'disputed' OR c.id %% 20 = 0) AND {part} = 1 THEN 'reject' ELSE 'accept' END, '', c.image_id, 1
    FROM labeling_candidate c WHERE c.project_id = %(project)s AND {which}
"""
EVENTS = """
    INSERT INTO labeling_event (project_id, at, kind, candidate_id, assignment_id, candidate_state, round, assignment_status, data)
    SELECT a.project_id, %(now)s, 'submitted', a.candidate_id, a.id, 'open', 1, a.status, {object}
    FROM labeling_assignment a WHERE a.project_id = %(project)s AND (a.person_id - %(low)s) / 20 = {part}
"""
ANSWERS = """
    INSERT INTO labeling_answer (public_id, assignment_id, number, kind, verdict, reasons, note, reason_class, exposure, model_version,
        answered_at, received_at, event_id)
    SELECT {uuid}, e.assignment_id, 1, 'first', a.verdict, {list}, '', '', 'none', '', %(now)s, %(now)s, e.id
    FROM labeling_event e JOIN labeling_assignment a ON a.id = e.assignment_id
    WHERE a.project_id = %(project)s AND (a.person_id - %(low)s) / 20 = {part}
"""
DECISIONS = """
    INSERT INTO labeling_decision (candidate_id, round, verdict, how, decided_at, event_id)
    SELECT c.id, 1, 'accept', 'consensus', %(now)s, (SELECT MAX(e.id) FROM labeling_event e WHERE e.candidate_id = c.id)
    FROM labeling_candidate c WHERE c.project_id = %(project)s AND c.q_state = 5
"""
SKIPS = """
    INSERT INTO labeling_skip (assignment_id, candidate_id, person_id, round, why, note, created_at)
    SELECT a.id, a.candidate_id, a.person_id, 1, 'cannot_judge', '', %(now)s FROM labeling_assignment a
    WHERE a.project_id = %(project)s AND a.id %% 10 = 0
"""
RECEIPTS = """
    INSERT INTO labeling_receipt (person_id, key, body_sha256, outcome, created_at)
    SELECT a.person_id, {uuid}, '', {object}, %(now)s FROM labeling_assignment a WHERE a.project_id = %(project)s
"""
TABLES = ("candidate", "assignment", "answer", "event", "decision", "skip", "receipt")


def make_large_project(
    standing: tuple[str, ...] = MIXED, bundles: int = BUNDLES, where: tuple[str, str] = NO_BATCH
) -> tuple[Project, list[User]]:
    """The project and its people; the rows are shaped like real ones, but the protocol did not write them."""
    project = make_project(undo_minutes=15)
    people = [make_person(project) for _ in range(PEOPLE)]
    task = make_task(project, quantity=QUANTITY)
    first = Bundle.objects.bulk_create(
        Bundle(task=task, generator=make_generator(), place=(number * 7919 % bundles) * ((1 << 40) // bundles)) for number in range(bundles)
    )[0]
    image = make_bundle(make_task(project)).candidates.get().image
    values = {"project": project.pk, "low": people[0].pk, "bundle": first.pk, "image": image.pk, "count": bundles * QUANTITY}
    now, later = (connection.ops.adapt_datetimefield_value(timezone.now() + timedelta(minutes=minutes)) for minutes in (0, 15))
    with connection.cursor() as cursor:
        write_rows(cursor, values | {"yes": True, "no": False, "now": now, "later": later}, standing, where)
    analyze()
    return project, people


def write_rows(cursor: Any, values: dict[str, Any], standing: tuple[str, ...], where: tuple[str, str]) -> None:
    """Fill the tables."""
    is_sqlite = connection.vendor == "sqlite"
    words = {
        "numbers": NUMBERS,
        "uuid": "lower(hex(randomblob(16)))" if is_sqlite else "gen_random_uuid()",
        "later": "%(later)s" if is_sqlite else "CAST(%(later)s AS timestamptz)",
        "object": "'{}'" if is_sqlite else "CAST('{}' AS jsonb)",
        "standing": ", ".join(standing),
        "where": ", ".join(where),
        "is_mixed": "1 = 1" if standing == MIXED else "1 = 0",
        "list": "'[]'" if is_sqlite else "CAST('[]' AS jsonb)",
    }
    cursor.execute(CANDIDATES.format(**words), values)
    cursor.execute("SELECT MIN(id) FROM labeling_candidate WHERE project_id = %s AND bundle_id = %s", [values["project"], values["bundle"]])
    values["first"] = cursor.fetchone()[0]
    # Who holds the seat that the candidate names; else one of twenty for each seat, or the one who answered half.
    usual = "%(low)s + (c.id - %(first)s) / 20 %% 20 + 20 * {part}"
    first = "CASE WHEN c.q_state = 1 THEN c.q_excl WHEN c.q_state = 5 THEN %(low)s ELSE " + usual.format(part=0) + " END"
    answered = (
        (0, "1", "primary", "c.q_state IN (1, 2, 3, 5)"),
        (1, "2", "primary", "c.q_state IN (2, 3, 5)"),
        (2, "NULL", "adjudication", "c.q_state = 5 AND c.id %% 20 = 0"),
    )
    for part, seat, purpose, which in answered:
        person = first if part == 0 and standing is ONE_ANSWERED_HALF else usual.format(part=part)
        cursor.execute(ASSIGNMENTS.format(**words, person=person, part=part, seat=seat, purpose=purpose, which=which), values)
        # The answers of each part before the next one: an adjudication freezes the primaries under it.
        for statement in (EVENTS, ANSWERS):
            # Without knowing that the tables are full by now PostgreSQL reads one of them anew for every row.
            analyze()
            cursor.execute(statement.format(**words, part=part), values)
    for statement in (DECISIONS, SKIPS, RECEIPTS):
        cursor.execute(statement.format(**words), values)


def analyze() -> None:
    """Let the database know how its tables are filled."""
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"ANALYZE labeling_{table}")
