"""The format `long`."""

import csv
import io
import itertools
import uuid

import pytest

from labeling.blind_answer import find_blind_answer
from labeling.data_out.long import render_row
from labeling.models import Answer
from labeling.protocol.edit import edit_answer
from labeling.protocol.hold import reopen_candidate, withdraw_candidate
from labeling.protocol.submission import Submission
from labeling.quality.report import measure_agreement
from tests.factories import adjudicate_as, answer_as, make_generator, make_lead, make_person, make_project
from tests.labeling.exporting import export, make_queued, make_team, read_rows
from tests.labeling.raw_rows import answered, raw_assignment, seen

pytestmark = pytest.mark.django_db
HEADER = b"annotator,item,label,seat,round,purpose,state,category,task_id,deliverable,generator,sample,answered_at,active_ms\r\n"


def answer_twice(candidate, team, first, second):
    answer_as(team[0], candidate, first)
    answer_as(team[1], candidate, second)


def answer_helped(person, candidate, verdict):
    """An answer of somebody who had been shown a suggestion."""
    row = raw_assignment(candidate, person, seat=1 + candidate.assignments.count(), arm="assisted", **answered(verdict))
    log = {"project": candidate.project, "candidate": candidate, "candidate_state": "open", "round": 1}
    event = candidate.events.create(kind="submitted", assignment=row, assignment_status="submitted", actor=person, **log)
    Answer.objects.create(assignment=row, number=1, kind="first", verdict=verdict, event=event, **seen("prefilled"))


def percent_agreement(rows):
    """What an agreement tool computes: the share of equal pairs among the items with two labels."""
    by_item = itertools.groupby(sorted(rows, key=lambda row: row["item"]), key=lambda row: row["item"])
    labels = [[row["label"] for row in group] for _item, group in by_item]
    pairs = [pair for pair in labels if len(pair) == 2]
    return len(pairs), 100 * sum(first == second for first, second in pairs) / len(pairs)


def test_a_line_says_who_labelled_what_and_how(tmp_path):
    project = make_project()
    [candidate] = make_queued(project, generator=make_generator(slug="imagen4"), external_id="digital-007")
    answer_as(make_person(project), candidate, "reject", active_ms=4200, reasons=("blurry",))

    data, manifest = export(project, "long", tmp_path)

    [row] = read_rows("long", data)
    answer = Answer.objects.get()
    assert data.startswith(HEADER)
    assert data.endswith(b",4200\r\n")
    assert row.pop("annotator").startswith("p-")
    assert row == {
        "item": str(candidate.public_id),
        "label": "reject",
        "seat": "1",
        "round": "1",
        "purpose": "primary",
        "state": "open",
        "category": "Digital",
        "task_id": "digital-007",
        "deliverable": "1",
        "generator": "imagen4",
        "sample": "1",
        "answered_at": answer.answered_at.isoformat().replace("+00:00", "Z"),
        "active_ms": "4200",
    }
    assert (manifest["file"], manifest["rows"], manifest["counts"]) == ("long.csv", 1, {"reject": 1})


def test_percent_agreement_from_the_file_is_that_of_the_site(tmp_path):
    project = make_project(undo_minutes=15)
    team, lead = make_team(project, 4), make_lead(project)
    answers = ["accept accept", "accept reject", "reject reject", "reject accept", "accept accept", "reject reject", "reject accept"]
    candidates = [make_queued(project)[0] for _ in answers]
    for candidate, pair in zip(candidates, answers, strict=True):
        answer_twice(candidate, team, *pair.split())
    answer_as(team[2], make_queued(project)[0], "accept")
    changed = candidates[1].assignments.get(person=team[1])
    edit_answer(changed.public_id, team[1], Submission(verdict="accept"), changed.answers.get().public_id, uuid.uuid4())
    reopen_candidate(candidates[4].public_id, lead, "Again")
    answer_as(team[2], candidates[4], "reject")
    withdraw_candidate(candidates[5].public_id, lead, "Twice")
    [helped] = make_queued(project)
    answer_as(team[0], helped, "accept")
    answer_helped(team[1], helped, "reject")

    data, _manifest = export(project, "long", tmp_path)

    site = measure_agreement(project).figures["overall"]
    pairs, percent = percent_agreement(read_rows("long", data))
    # Seven pairs less the reopened one; edited to accept accept, the second is equal, so the 4th and the 7th alone differ.
    assert (pairs, percent) == (6, pytest.approx(100 * 4 / 6))
    # The site counts the two equal first answers of the reopened one too: no lead improves agreement by reopening disputes.
    assert (site["pairs"], site["equal"]) == (7, 5)


def test_answers_that_decide_but_are_not_primary_are_not_there(tmp_path):
    project = make_project()
    team = make_team(project, 3)
    [candidate] = make_queued(project)
    answer_twice(candidate, team, "accept", "reject")
    adjudicate_as(team[2], candidate, "reject")

    rows = read_rows("long", export(project, "long", tmp_path)[0])

    assert [(row["label"], row["seat"], row["state"]) for row in rows] == [("accept", "1", "settled"), ("reject", "2", "settled")]
    assert len({row["annotator"] for row in rows}) == 2


def test_one_person_has_one_name_and_two_have_two(tmp_path):
    project = make_project()
    team = make_team(project, 2)
    for _ in range(3):
        answer_twice(make_queued(project)[0], team, "accept", "accept")

    rows = read_rows("long", export(project, "long", tmp_path)[0])

    assert len(rows) == 6
    assert len({row["annotator"] for row in rows}) == 2


def test_a_project_without_answers_is_a_header(tmp_path):
    project = make_project()
    make_queued(project)

    data, manifest = export(project, "long", tmp_path)

    assert (data, manifest["rows"]) == (HEADER, 0)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_is_a_formula(start, tmp_path):
    project = make_project()
    task_id = f'{start}SUM("a,b")'
    [candidate] = make_queued(project, external_id=task_id)
    answer_as(make_person(project), candidate, "accept")

    data, _manifest = export(project, "long", tmp_path)

    [row] = read_rows("long", data)
    assert row["task_id"] == f"'{task_id}"


@pytest.mark.pure
def test_cells_are_quoted_as_rfc_4180_says():
    cells = ['say "hi", you', "two\r\nlines", "", None, 7]

    line = render_row(cells)

    assert line == b'"say ""hi"", you","two\r\nlines",,,7\r\n'
    assert next(csv.reader(io.StringIO(line.decode(), newline=""))) == ['say "hi", you', "two\r\nlines", "", "", "7"]


def make_answers(*given):
    return [{"kind": kind, "verdict": verdict, "exposure": seen} for kind, verdict, seen in given]


@pytest.mark.pure
@pytest.mark.parametrize(
    ("given", "verdict"),
    [
        ([("first", "accept", "none"), ("edit", "reject", "none")], "reject"),
        ([("first", "accept", "none"), ("edit", "reject", "revealed")], "accept"),
        ([("first", "accept", "none"), ("undo", None, "none"), ("first", "reject", "prefilled")], None),
        ([("first", "accept", "prefilled")], None),
    ],
    ids=["edited", "revised after the suggestion", "taken back", "with the suggestion"],
)
def test_the_label_is_the_last_answer_before_a_suggestion_was_seen(given, verdict):
    found = find_blind_answer(make_answers(*given))

    assert (found and found["verdict"]) == verdict
