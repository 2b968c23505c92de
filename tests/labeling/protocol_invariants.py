"""What must hold after every step of the protocol, as plain SQL that shares no code with the site.

Each entry selects the rows that break a rule. `broken_invariants` asks for all of them in one statement.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from django.db import connection

# The rows that decide a candidate's round.
LIVE = (
    "SELECT a.* FROM labeling_assignment a JOIN labeling_candidate c ON c.id = a.candidate_id AND c.round = a.round"
    " WHERE a.status IN ('leased', 'submitted')"
)
# Every candidate with what its rows come to, worked out here and not read from it.
COUNTED = f"""
    SELECT c.id, c.state, c.q_state, c.q_excl, c.q_excl2, c.ready_at, c.round,
        COUNT(CASE WHEN l.purpose = 'primary' THEN 1 END) AS seats,
        COUNT(CASE WHEN l.purpose = 'primary' AND l.status = 'submitted' THEN 1 END) AS answers,
        COUNT(DISTINCT CASE WHEN l.purpose = 'primary' AND l.status = 'submitted' THEN l.verdict END) AS verdicts,
        MIN(CASE WHEN l.purpose = 'primary' AND l.status = 'submitted' THEN l.verdict END) AS verdict,
        MIN(CASE WHEN l.purpose = 'primary' THEN l.person_id END) AS low,
        MAX(CASE WHEN l.purpose = 'primary' THEN l.person_id END) AS high,
        MAX(CASE WHEN l.purpose = 'primary' AND l.status = 'submitted' THEN l.editable_until END) AS window_end,
        MAX(CASE WHEN l.purpose = 'adjudication' THEN l.status END) AS adjudication,
        MAX(CASE WHEN l.purpose = 'adjudication' THEN l.verdict END) AS adjudicated,
        MAX(CASE WHEN l.purpose = 'audit' THEN l.status END) AS audit,
        MAX(CASE WHEN l.purpose = 'second_adjudication' THEN l.status END) AS second,
        (SELECT d.verdict FROM labeling_decision d WHERE d.candidate_id = c.id AND d.round = c.round AND d.how = 'imported'
            ORDER BY d.id DESC LIMIT 1) AS imported
    FROM labeling_candidate c LEFT JOIN ({LIVE}) l ON l.candidate_id = c.id
    GROUP BY c.id, c.state, c.q_state, c.q_excl, c.q_excl2, c.ready_at, c.round
"""
STANDING = """
    SELECT n.*, CASE
        WHEN n.state IN ('held', 'withdrawn') THEN n.state
        WHEN n.answers = 2 AND (n.verdicts = 1 OR n.adjudication = 'submitted') THEN 'settled'
        WHEN n.answers = 2 THEN 'disputed'
        WHEN n.imported IS NOT NULL AND n.seats = 0 THEN 'settled'
        ELSE 'open' END AS right_state,
        CASE WHEN n.answers < 2 THEN NULL WHEN n.verdicts = 1 THEN n.audit
            WHEN n.adjudication = 'submitted' THEN n.second ELSE n.adjudication END AS review
    FROM counted n
"""
DECIDED = """
    SELECT s.id, s.round, CASE
        WHEN s.right_state <> 'settled' THEN NULL
        WHEN s.answers < 2 THEN s.imported
        WHEN s.verdicts = 1 THEN s.verdict
        ELSE s.adjudicated END AS right_verdict,
        CASE
        WHEN s.right_state <> 'settled' THEN NULL
        WHEN s.answers < 2 THEN 'imported'
        WHEN s.verdicts = 1 THEN 'consensus'
        ELSE 'adjudication' END AS right_how
    FROM standing s
"""
NEWEST = """
    SELECT a.id, a.status, a.verdict, a.purpose, a.void_reason, COUNT(w.id) AS answers, MAX(w.number) AS newest, MIN(w.number) AS oldest,
        (SELECT x.verdict FROM labeling_answer x WHERE x.assignment_id = a.id ORDER BY x.number DESC LIMIT 1) AS last_verdict,
        (SELECT x.kind FROM labeling_answer x WHERE x.assignment_id = a.id ORDER BY x.number DESC LIMIT 1) AS last_kind
    FROM labeling_assignment a LEFT JOIN labeling_answer w ON w.assignment_id = a.id GROUP BY a.id, a.status, a.verdict,
        a.purpose, a.void_reason
"""
INVARIANTS = {
    "a seat is taken once": "SELECT candidate_id FROM live WHERE purpose = 'primary' GROUP BY candidate_id, seat HAVING COUNT(*) > 1",
    "at most two seats": "SELECT candidate_id FROM live WHERE purpose = 'primary' GROUP BY candidate_id HAVING COUNT(*) > 2",
    "one adjudication": "SELECT candidate_id FROM live WHERE purpose = 'adjudication' GROUP BY candidate_id HAVING COUNT(*) > 1",
    "one audit and one second adjudication": """
        SELECT candidate_id FROM live WHERE purpose IN ('audit', 'second_adjudication')
        GROUP BY candidate_id, purpose HAVING COUNT(*) > 1""",
    "one purpose for each person, so the adjudicator is a third": (
        "SELECT candidate_id FROM live GROUP BY candidate_id, person_id HAVING COUNT(*) > 1"
    ),
    "an adjudication has two answers that differ": (
        "SELECT n.id FROM counted n WHERE n.adjudication IS NOT NULL AND (n.answers <> 2 OR n.verdicts <> 2)"
    ),
    "the state is what the rows say": "SELECT s.id FROM standing s WHERE s.state <> s.right_state",
    "the queue's state is what the rows say": """
        SELECT s.id FROM standing s WHERE s.q_state NOT IN (
            CASE WHEN s.state IN ('held', 'withdrawn') THEN 6 WHEN s.right_state = 'open' THEN s.seats
                WHEN s.review = 'submitted' THEN 5 WHEN s.review = 'leased' THEN 4 WHEN s.right_state = 'settled' THEN 5 ELSE 3 END,
            CASE WHEN s.answers = 2 AND s.review IS NULL AND s.state IN ('settled', 'disputed') THEN 2 ELSE 7 END,
            CASE WHEN s.answers = 2 AND s.review IS NULL AND s.state = 'settled' THEN 3 ELSE 7 END)""",
    "who waits for a third person waits for both windows": """
        SELECT s.id FROM standing s WHERE (s.ready_at IS NOT NULL) <> (s.state IN ('disputed', 'settled') AND s.q_state = 2)
            OR s.ready_at <> s.window_end""",
    "the queue excludes who holds the seat, or the pair": """
        SELECT s.id FROM standing s WHERE s.q_excl <> CASE WHEN s.q_state IN (1, 3) THEN s.low ELSE 0 END
            OR s.q_excl2 <> CASE WHEN s.q_state = 3 THEN s.high ELSE 0 END""",
    "one decision stands": """
        SELECT candidate_id FROM labeling_decision WHERE revoked_event_id IS NULL GROUP BY candidate_id HAVING COUNT(*) > 1""",
    "the decision is what the answers say": """
        SELECT e.id FROM decided e LEFT JOIN labeling_decision d ON d.candidate_id = e.id AND d.revoked_event_id IS NULL
        WHERE (d.id IS NULL) <> (e.right_verdict IS NULL) OR d.verdict <> e.right_verdict OR d.how <> e.right_how OR d.round <> e.round""",
    "a decision is revoked after it was made": "SELECT id FROM labeling_decision WHERE revoked_event_id <= event_id",
    "at most three leases of the label page for each person": """
        SELECT person_id FROM labeling_assignment WHERE status = 'leased' AND purpose IN ('primary', 'gold', 'repeat')
        GROUP BY person_id, project_id HAVING COUNT(*) > 3""",
    "at most one adjudication in hand for each person": """
        SELECT person_id FROM labeling_assignment WHERE status = 'leased' AND purpose NOT IN ('primary', 'gold', 'repeat')
        GROUP BY person_id, project_id HAVING COUNT(*) > 1""",
    "leases belong to a round that goes on": """
        SELECT a.id FROM labeling_assignment a JOIN labeling_candidate c ON c.id = a.candidate_id
        WHERE a.status = 'leased' AND a.purpose NOT IN ('gold', 'repeat')
            AND (a.round <> c.round OR c.state IN ('withdrawn', 'staged') OR a.image_id <> c.image_id
            OR (c.state = 'settled') <> (a.purpose IN ('audit', 'second_adjudication')))""",
    "an audit in hand is of two equal answers, a second adjudication of an adjudicated dispute": """
        SELECT n.id FROM counted n WHERE (n.audit = 'leased' AND (n.answers <> 2 OR n.verdicts <> 1))
            OR (n.second = 'leased' AND (n.adjudication IS NULL OR n.adjudication <> 'submitted'))""",
    "a check changes no decision": """
        SELECT d.id FROM labeling_decision d JOIN labeling_event e ON e.id = d.event_id OR e.id = d.revoked_event_id
        WHERE e.kind IN ('audited', 'second_adjudicated')""",
    "nobody sees the answers behind a check": """
        SELECT w.id FROM labeling_answer w JOIN labeling_assignment a ON a.id = w.assignment_id
        WHERE a.purpose IN ('audit', 'second_adjudication') AND w.kind <> 'first'""",
    "only members hold leases": """
        SELECT a.id FROM labeling_assignment a LEFT JOIN labeling_membership m ON m.person_id = a.person_id AND m.project_id = a.project_id
        WHERE a.status = 'leased' AND (m.id IS NULL OR NOT m.active)""",
    "primaries are frozen once adjudicated": """
        SELECT p.id FROM labeling_assignment p
        JOIN labeling_assignment j ON j.candidate_id = p.candidate_id AND j.round = p.round AND j.purpose = 'adjudication'
        JOIN labeling_answer w ON w.assignment_id = p.id JOIN labeling_answer b ON b.assignment_id = j.id AND b.number = 1
        WHERE p.purpose = 'primary' AND p.status = 'submitted' AND j.status = 'submitted' AND w.event_id > b.event_id""",
    "answers are numbered from one without gaps": "SELECT id FROM newest WHERE answers > 0 AND (oldest <> 1 OR newest <> answers)",
    "an answered row says what its newest answer says": """
        SELECT id FROM newest WHERE status IN ('submitted', 'surplus') AND (last_verdict IS NULL OR last_verdict <> verdict)""",
    "a row without an answer has none, or took it back": """
        SELECT id FROM newest WHERE status IN ('leased', 'released') AND last_kind IS NOT NULL AND last_kind <> 'undo'""",
    "a void row was taken back, or has a reason": """
        SELECT id FROM newest WHERE status = 'void' AND (last_kind = 'undo') = (void_reason <> '')""",
    "a row with a reason was voided by its newest event": """
        SELECT n.id FROM newest n WHERE n.void_reason <> '' AND (
            SELECT x.kind FROM labeling_event x WHERE x.assignment_id = n.id AND x.assignment_status = 'void' ORDER BY x.id LIMIT 1
        ) <> 'voided'""",
    "nobody adjudicates what they answered in vain": """
        SELECT a.id FROM labeling_assignment a JOIN labeling_assignment v ON v.candidate_id = a.candidate_id AND v.round = a.round
            AND v.person_id = a.person_id AND v.status = 'void' AND v.purpose = 'primary'
        WHERE a.purpose IN ('adjudication', 'audit', 'second_adjudication') AND a.status IN ('leased', 'submitted')""",
    "nobody answers what they adjudicated in vain": """
        SELECT a.id FROM labeling_assignment a JOIN labeling_assignment v ON v.candidate_id = a.candidate_id AND v.round = a.round
            AND v.person_id = a.person_id AND v.status = 'void' AND v.purpose = 'adjudication'
        WHERE a.purpose = 'primary' AND a.status IN ('leased', 'submitted')""",
    "the newest event knows the candidate's state and round": """
        SELECT c.id FROM labeling_candidate c JOIN labeling_event e ON e.id = (
            SELECT MAX(x.id) FROM labeling_event x WHERE x.candidate_id = c.id)
        WHERE e.candidate_state <> c.state OR e.round <> c.round""",
    "the newest event of a row knows its status": """
        SELECT a.id FROM labeling_assignment a LEFT JOIN labeling_event e ON e.id = (
            SELECT MAX(x.id) FROM labeling_event x WHERE x.assignment_id = a.id)
        WHERE e.id IS NULL OR e.assignment_status <> a.status""",
    "nobody holds what they skipped": """
        SELECT a.id FROM labeling_assignment a
        JOIN labeling_skip s ON s.candidate_id = a.candidate_id AND s.round = a.round AND s.person_id = a.person_id
        WHERE a.status = 'leased'""",
    "nobody answers in the round after their adjudication": """
        SELECT a.id FROM labeling_assignment a JOIN labeling_assignment j ON j.candidate_id = a.candidate_id
            AND j.round = a.round - 1 AND j.person_id = a.person_id AND j.purpose = 'adjudication'
            AND j.status IN ('submitted', 'void')""",
    "a late row follows one ended lease of the same person": """
        SELECT r.id FROM labeling_assignment r JOIN labeling_assignment l ON l.id = r.late_of_id
        WHERE l.candidate_id <> r.candidate_id OR l.person_id <> r.person_id OR l.round <> r.round OR l.purpose <> r.purpose
            OR l.status <> 'released'
        UNION ALL SELECT late_of_id FROM labeling_assignment WHERE late_of_id IS NOT NULL GROUP BY late_of_id HAVING COUNT(*) > 1""",
    "every candidate is in the lane of its category and its batch": """
        SELECT c.id FROM labeling_candidate c JOIN labeling_bundle b ON b.id = c.bundle_id JOIN labeling_task t ON t.id = b.task_id
        WHERE c.lane <> 4 * c.batch + CASE t.category WHEN 'Portrait' THEN 1 WHEN 'Product' THEN 2 ELSE 3 END
            OR (c.batch > 0 AND NOT EXISTS (SELECT 1 FROM labeling_batch x WHERE x.project_id = c.project_id AND x.number = c.batch))""",
    "every receipt has its outcome": "SELECT id FROM labeling_receipt WHERE outcome IS NULL",
    "every answer is in one receipt": """
        SELECT w.id FROM answers w LEFT JOIN told t ON t.answer = w.name
        WHERE w.kind <> 'undo' GROUP BY w.id HAVING COUNT(t.answer) <> 1""",
    "every receipt's answer exists": "SELECT 1 FROM told t WHERE t.answer IS NOT NULL AND t.answer NOT IN (SELECT name FROM answers)",
}


def quote(text: str) -> str:
    """`text` inside an SQL string."""
    return text.replace("'", "''")


@cache
def statement() -> str:
    """One statement that gives back the name of every broken invariant."""
    is_sqlite = connection.vendor == "sqlite"
    answer = "json_extract(outcome, '$.answer')" if is_sqlite else "outcome ->> 'answer'"
    name = "public_id" if is_sqlite else "REPLACE(public_id::text, '-', '')"
    views = {
        "live": LIVE,
        "counted": COUNTED,
        "standing": STANDING,
        "decided": DECIDED,
        "newest": NEWEST,
        "told": f"SELECT REPLACE({answer}, '-', '') AS answer FROM labeling_receipt",
        "answers": f"SELECT id, kind, {name} AS name FROM labeling_answer",
    }
    checks = [f"SELECT '{quote(rule)}' WHERE EXISTS ({query})" for rule, query in INVARIANTS.items()]
    return f"WITH {', '.join(f'{view} AS ({query})' for view, query in views.items())} {' UNION ALL '.join(checks)}"


def broken_invariants() -> list[str]:
    """The names of the invariants that do not hold in the database now."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            prepare(cursor)
        cursor.execute("EXECUTE broken_invariants" if connection.vendor == "postgresql" else statement())
        return [row[0] for row in cursor.fetchall()]


def prepare(cursor: Any) -> None:
    """Plan the statement once for each connection: planning it takes longer than running it."""
    cursor.execute("SELECT 1 FROM pg_prepared_statements WHERE name = 'broken_invariants'")
    if cursor.fetchone() is None:
        cursor.execute(f"PREPARE broken_invariants AS {statement()}")
