"""Compares what people were told with what the database holds: plain SQL and JSON, and nothing of the site.

    python tests/crowd/verify.py DATABASE_URL FOLDER_OF_LOGS

Each log line is one acknowledged write of one person, in the order in which the person was told. Prints a report as JSON;
`problems` in it is empty if every acknowledged write is in the database exactly once and nothing else is.
"""

from __future__ import annotations

import json
import sqlite3
import sys
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import psycopg

ANSWERING = ("submit", "edit", "adjudicate", "confirm")

ANSWERS = """SELECT u.username, a.public_id, s.public_id, a.number, a.kind, a.verdict, a.reasons, a.note, s.status, s.purpose, s.verdict
    FROM labeling_answer a JOIN labeling_assignment s ON s.id = a.assignment_id JOIN labeling_user u ON u.id = s.person_id
    ORDER BY s.id, a.number"""
SKIPS = """SELECT u.username, s.public_id, k.why FROM labeling_skip k JOIN labeling_assignment s ON s.id = k.assignment_id
    JOIN labeling_user u ON u.id = k.person_id"""
FLAGS = """SELECT u.username, s.public_id, f.text FROM labeling_flag f JOIN labeling_assignment s ON s.id = f.assignment_id
    JOIN labeling_user u ON u.id = s.person_id"""
RECEIPTS = "SELECT u.username, r.key, r.outcome FROM labeling_receipt r JOIN labeling_user u ON u.id = r.person_id"

# Each finds candidates that must not be.
RULES = {
    "not settled": "SELECT c.id FROM labeling_candidate c WHERE c.state <> 'settled' OR c.q_state <> 5",
    "not exactly two counted primary answers of two people": """SELECT c.id FROM labeling_candidate c LEFT JOIN labeling_assignment a
        ON a.candidate_id = c.id AND a.round = c.round AND a.purpose = 'primary' AND a.status = 'submitted'
        GROUP BY c.id HAVING COUNT(a.id) <> 2 OR COUNT(DISTINCT a.person_id) <> 2 OR COUNT(DISTINCT a.seat) <> 2""",
    "not one adjudication where they differ, none where they agree": """SELECT c.id FROM labeling_candidate c
        JOIN labeling_assignment a ON a.candidate_id = c.id AND a.round = c.round AND a.status = 'submitted'
        GROUP BY c.id HAVING COUNT(DISTINCT CASE WHEN a.purpose = 'primary' THEN a.verdict END) - 1
        <> SUM(CASE WHEN a.purpose = 'adjudication' THEN 1 ELSE 0 END)""",
    "adjudicated by somebody who answered": """SELECT a.candidate_id FROM labeling_assignment a JOIN labeling_assignment b
        ON b.candidate_id = a.candidate_id AND b.person_id = a.person_id AND b.round = a.round AND b.id <> a.id
        WHERE a.purpose = 'adjudication' AND a.status = 'submitted' AND b.purpose = 'primary' AND b.status = 'submitted'""",
    "not exactly one decision that stands": """SELECT c.id FROM labeling_candidate c LEFT JOIN labeling_decision d
        ON d.candidate_id = c.id AND d.revoked_event_id IS NULL GROUP BY c.id HAVING COUNT(d.id) <> 1""",
    "decided otherwise than answered": """SELECT d.candidate_id FROM labeling_decision d JOIN labeling_assignment a
        ON a.candidate_id = d.candidate_id AND a.status = 'submitted' AND a.round = d.round
        WHERE d.revoked_event_id IS NULL AND a.verdict <> d.verdict
        AND (d.how = 'consensus' OR (d.how = 'adjudication' AND a.purpose = 'adjudication'))""",
    "decided by consensus though adjudicated, or the other way round": """SELECT d.candidate_id FROM labeling_decision d
        LEFT JOIN labeling_assignment a ON a.candidate_id = d.candidate_id AND a.purpose = 'adjudication' AND a.status = 'submitted'
        WHERE d.revoked_event_id IS NULL AND (d.how = 'adjudication') <> (a.id IS NOT NULL)""",
    "still leased": "SELECT a.candidate_id FROM labeling_assignment a WHERE a.status = 'leased'",
    "verdict other than that of the newest answer": """SELECT s.candidate_id FROM labeling_assignment s JOIN labeling_answer a
        ON a.assignment_id = s.id AND a.number = (SELECT MAX(b.number) FROM labeling_answer b WHERE b.assignment_id = s.id)
        WHERE s.status IN ('submitted', 'surplus') AND s.verdict <> a.verdict""",
    "answered without an answer": """SELECT s.candidate_id FROM labeling_assignment s
        WHERE s.status IN ('submitted', 'surplus') AND NOT EXISTS (SELECT 1 FROM labeling_answer a WHERE a.assignment_id = s.id)""",
    "an answer without its own event": """SELECT s.candidate_id FROM labeling_answer a JOIN labeling_assignment s ON s.id = a.assignment_id
        JOIN labeling_event e ON e.id = a.event_id WHERE e.assignment_id <> s.id OR e.candidate_id <> s.candidate_id
        OR (SELECT COUNT(*) FROM labeling_answer b WHERE b.event_id = a.event_id) <> 1""",
}

Line = dict[str, Any]


def read_logs(folder: Path) -> dict[tuple[str, str], list[Line]]:
    """The acknowledgements by person and key, in the order of the first of each key."""
    found: dict[tuple[str, str], list[Line]] = defaultdict(list)
    for path in sorted(folder.glob("*.jsonl")):
        for text in path.read_text(encoding="utf-8").splitlines():
            line = json.loads(text)
            # A reused key is another write that must leave nothing behind; it is looked at apart.
            if line["act"] != "reuse":
                found[line["person"], line["sent"]["key"]].append(line)
    return found


def query(url: str, statement: str) -> list[tuple[Any, ...]]:
    """The rows of one statement on a connection of its own."""
    if url.startswith("sqlite:///"):
        connection = sqlite3.connect(url.removeprefix("sqlite:///"), timeout=20)
        try:
            return connection.execute(statement).fetchall()
        finally:
            connection.close()
    with psycopg.connect(url) as connection:
        return connection.execute(statement).fetchall()


def ident(value: object) -> str:
    """A public id as 32 hexadecimal digits, whatever the database gives."""
    return str(value).replace("-", "").lower()


def as_json(value: object) -> Any:
    """A JSON column, which SQLite gives as text."""
    return json.loads(value) if isinstance(value, str) else value


def check_acknowledgements(logs: dict[tuple[str, str], list[Line]]) -> list[str]:
    """Every reply to one key says the same."""
    told = {key: {(line["kind"], line["code"], line["assignment"], line["answer"]) for line in lines} for key, lines in logs.items()}
    return [f"{key}: told {len(outcomes)} different things: {outcomes}" for key, outcomes in told.items() if len(outcomes) != 1]


def check_answers(logs: dict[tuple[str, str], list[Line]], rows: list[tuple[Any, ...]]) -> list[str]:
    """Every acknowledged answer is one row that says what was sent, and there is no other row."""
    problems = []
    stored = {ident(row[1]): row for row in rows if row[4] != "undo"}
    by_note = Counter((row[0], row[7]) for row in rows if row[4] not in ("undo", "confirm"))
    acknowledged: set[str] = set()
    for (person, key), lines in logs.items():
        line = lines[0]
        if line["act"] not in ANSWERING or line["kind"] == "refused":
            continue
        row = stored.get(ident(line["answer"]))
        acknowledged.add(ident(line["answer"]))
        if row is None:
            problems.append(f"lost: {person} {key} {line}")
        elif (row[0], ident(row[2])) != (person, ident(line["assignment"])) or not says(row, line):
            problems.append(f"changed: {person} {key} {line} is {row}")
        elif (row[8] == "surplus") != (line["kind"] == "surplus"):
            problems.append(f"told {line['kind']}, stored {row[8]}: {person} {key}")
        if "note" in line["sent"] and by_note[person, line["sent"]["note"]] != 1:
            problems.append(f"{by_note[person, line['sent']['note']]} rows for one answer: {person} {key} {line}")
    if len(acknowledged) != sum(line[0]["act"] in ANSWERING and line[0]["kind"] != "refused" for line in logs.values()):
        problems.append("two keys were told the same answer")
    return problems + [f"nobody was told of it: {row}" for ident_, row in stored.items() if ident_ not in acknowledged]


def says(row: tuple[Any, ...], line: Line) -> bool:
    """Whether an answer's row says what its writer sent; a kept adjudication repeats the blind answer."""
    sent = line["sent"]
    if line["act"] == "confirm" and sent["answer"] == "keep":
        return row[4] == "confirm"
    return (row[5], as_json(row[6]), row[7]) == (sent["answer"], sorted(sent.get("reasons", [])), sent["note"])


def check_newest(logs: dict[tuple[str, str], list[Line]], rows: list[tuple[Any, ...]]) -> list[str]:
    """The newest row of every assignment is the one its person was told of last."""
    last: dict[str, str] = {}
    for lines in logs.values():
        line = lines[0]
        if line["kind"] != "refused" and line["act"] in (*ANSWERING, "undo"):
            last[ident(line["assignment"])] = ident(line["answer"]) if line["act"] != "undo" else "undo"
    newest = {ident(row[2]): ident(row[1]) if row[4] != "undo" else "undo" for row in rows}
    return [
        f"assignment {key}: told {last.get(key)}, stored {newest.get(key)}"
        for key in last.keys() | newest.keys()
        if last.get(key) != newest.get(key)
    ]


def check_others(logs: dict[tuple[str, str], list[Line]], url: str, rows: list[tuple[Any, ...]]) -> list[str]:
    """Skips, flags and undos are in the database exactly as often as they were acknowledged."""
    told: dict[str, Counter[tuple[str, ...]]] = defaultdict(Counter)
    for (person, _key), lines in logs.items():
        line = lines[0]
        extra = {"skip": "reason", "flag": "text"}.get(line["act"])
        if line["kind"] == "submitted" and line["act"] in ("skip", "flag", "undo"):
            told[line["act"]][person, ident(line["assignment"]), line["sent"][extra] if extra else ""] += 1
    stored = {
        "skip": Counter((row[0], ident(row[1]), row[2]) for row in query(url, SKIPS)),
        "flag": Counter((row[0], ident(row[1]), row[2]) for row in query(url, FLAGS)),
        "undo": Counter((row[0], ident(row[2]), "") for row in rows if row[4] == "undo"),
    }
    differ = {act: (told[act] - stored[act]) + (stored[act] - told[act]) for act in stored}
    return [f"{act}: told and stored differ: {difference}" for act, difference in differ.items() if difference]


def check_receipts(logs: dict[tuple[str, str], list[Line]], url: str) -> list[str]:
    """There is one receipt for each key, with the outcome that was told."""
    stored = {(row[0], ident(row[1])): as_json(row[2]) for row in query(url, RECEIPTS)}
    told = {(person, ident(key)): (lines[0]["kind"], lines[0]["code"]) for (person, key), lines in logs.items()}
    kept = {key: (outcome["kind"], outcome["code"]) if outcome else None for key, outcome in stored.items()}
    differ = [key for key in told.keys() | kept.keys() if told.get(key) != kept.get(key)]
    return [f"receipt {key}: told {told.get(key)}, stored {kept.get(key)}" for key in differ]


def verify(url: str, folder: Path) -> dict[str, Any]:
    """The report: what was counted, and every problem found."""
    logs, rows = read_logs(folder), query(url, ANSWERS)
    problems = [f"{name}: candidate {row[0]}" for name, statement in RULES.items() for row in query(url, statement)]
    problems += check_acknowledgements(logs) + check_answers(logs, rows) + check_newest(logs, rows)
    problems += check_others(logs, url, rows) + check_receipts(logs, url)
    statuses = query(url, "SELECT purpose, status, COUNT(*) FROM labeling_assignment GROUP BY 1, 2 ORDER BY 1, 2")
    decisions = query(url, "SELECT how, COUNT(*) FROM labeling_decision WHERE revoked_event_id IS NULL GROUP BY 1 ORDER BY 1")
    return {
        "candidates": query(url, "SELECT COUNT(*) FROM labeling_candidate")[0][0],
        "assignments": {f"{purpose} {status}": count for purpose, status, count in statuses},
        "decisions": dict(decisions),
        "answers": sum(row[4] != "undo" for row in rows),
        "expired": query(url, "SELECT COUNT(*) FROM labeling_assignment WHERE release_reason = 'expired'")[0][0],
        "late": query(url, "SELECT COUNT(*) FROM labeling_assignment WHERE late_of_id IS NOT NULL")[0][0],
        "acknowledged": sum(len(lines) for lines in logs.values()),
        "keys": len(logs),
        "problems": problems,
    }


if __name__ == "__main__":
    json.dump(verify(sys.argv[1], Path(sys.argv[2])), sys.stdout, indent=1)
