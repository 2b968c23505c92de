"""Importing what a model suggests, from the command line and by program."""

import json

import pytest

from labeling.data_in.load_suggestions import AT_ONCE
from labeling.models import Candidate, Event, Suggestion
from labeling.protocol.hold import replace_image
from labeling.protocol.outcome import ProtocolError
from labeling.protocol.suggestions import use_version
from tests.factories import make_image, make_lead, make_person, make_project
from tests.labeling.api.programs import Program
from tests.labeling.importing import (
    counts,
    dump_tables,
    make_candidates,
    make_small_bench,
    problems,
    run_command,
    run_import,
)
from tests.labeling.visiting import address, read, told, visit_as

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(tmp_path):
    """A project with the images of one generator for two tasks: two and three."""
    project = make_project()
    run_import(project, "bench", make_small_bench(tmp_path / "bench"))
    run_import(project, "candidates", make_candidates(tmp_path / "candidates", "acme/product-001", "acme/digital-001"))
    return project


def line(deliverable=1, p_accept=0.72, task_id="product-001", **fields):
    """One line about an image of the generator."""
    return {
        "model_version": "stats-1",
        "generator": "acme",
        "task_id": task_id,
        "deliverable": deliverable,
        "p_accept": p_accept,
    } | fields


def write(tmp_path, *lines):
    path = tmp_path / "suggestions.jsonl"
    path.write_text("".join((text if isinstance(text, str) else json.dumps(text)) + "\n" for text in lines), encoding="utf-8")
    return path


def list_stored(project):
    rows = Suggestion.objects.filter(project=project).order_by("pk")
    return [(row.model_version, row.candidate.deliverable.number, row.p_accept, row.concepts) for row in rows]


def test_suggestions_are_kept_beside_their_image_and_the_first_version_is_put_to_use(project, tmp_path):
    path = write(tmp_path, line(1, concepts={"brf": 4.5, "veq_text": None}), line(2, 0), line(3, 1, "digital-001"))

    status, output, message = run_command("suggestions", path, project)

    project.refresh_from_db()
    assert (status, message) == (0, "")
    assert "3 created" in output
    assert "From now on people are shown the suggestions of stats-1." in output
    assert list_stored(project) == [("stats-1", 1, 0.72, {"brf": 4.5}), ("stats-1", 2, 0, {}), ("stats-1", 3, 1, {})]
    assert {row.image_id for row in Suggestion.objects.all()} <= set(Candidate.objects.values_list("image", flat=True))
    assert project.model_version == "stats-1"
    assert Event.objects.get(kind="version_used").data == {"version": "stats-1", "former": ""}


def test_importing_again_changes_nothing_and_another_opinion_is_a_conflict(project, tmp_path):
    run_import(project, "suggestions", write(tmp_path, line(1), line(2)))
    before = list_stored(project)

    again = run_import(project, "suggestions", write(tmp_path, line(1), line(2, 0.1)))

    assert counts(again) == {"unchanged": 1, "conflict": 1}
    assert problems(again) == [("conflict", "suggestion_differs", "acme/product-001/2")]
    assert list_stored(project) == before


def test_a_file_of_which_nothing_can_be_kept_puts_nothing_to_use(project, tmp_path):
    job = run_import(project, "suggestions", write(tmp_path, line(generator="nobody"), line(sample=2)))

    project.refresh_from_db()
    assert counts(job) == {"rejected": 2}
    assert job.lines.get(code="unknown_generator").reason == "The project has no images of nobody; it has some of acme."
    assert project.model_version == ""


def test_a_later_version_is_used_only_where_that_is_asked_for(project, tmp_path):
    run_import(project, "suggestions", write(tmp_path, line(1)))

    later = run_import(project, "suggestions", write(tmp_path, line(1, model_version="stats-2")))
    project.refresh_from_db()
    kept = project.model_version
    status, output, _message = run_command("suggestions", write(tmp_path, line(2, model_version="stats-3")), project, "--use")

    project.refresh_from_db()
    assert [code for _outcome, code, _record in problems(later)] == ["version_not_used"]
    assert (kept, project.model_version, status) == ("stats-1", "stats-3", 0)
    assert "From now on" in output


def test_a_new_image_is_spoken_about_anew(project, tmp_path):
    run_import(project, "suggestions", write(tmp_path, line(1)))
    candidate = Candidate.objects.get(project=project, bundle__task__external_id="product-001", deliverable__number=1)
    replace_image(candidate.public_id, make_lead(project), make_image(), "A better file")

    again = run_import(project, "suggestions", write(tmp_path, line(1, 0.2)))

    assert counts(again) == {"created": 1}
    assert [row.p_accept for row in Suggestion.objects.filter(candidate=candidate).order_by("pk")] == [0.72, 0.2]


@pytest.mark.parametrize(
    ("faulty", "code", "field"),
    [
        (line(1, 1.01), "out_of_range", "p_accept"),
        (line(1, -0.2), "out_of_range", "p_accept"),
        (line(1, "0.7"), "wrong_type", "p_accept"),
        (line(1, True), "wrong_type", "p_accept"),
        (line(1, None), "wrong_type", "p_accept"),
        ({key: value for key, value in line().items() if key != "p_accept"}, "missing_key", "p_accept"),
        (line(9), "out_of_range", "deliverable"),
        (line(task_id="product-999"), "unknown_task", "task_id"),
        (line(generator="nobody"), "unknown_generator", "generator"),
        (line(sample=2), "no_such_candidate", ""),
        (line(model_version=""), "blank_text", "model_version"),
        (line(model_version="x" * 81), "text_too_long", "model_version"),
        (line(concepts={"beauty": 3}), "unknown_concept", "concepts.beauty"),
        (line(concepts={"brf": 5.5}), "out_of_range", "concepts.brf"),
        (line(concepts=[1]), "wrong_type", "concepts"),
        ('{"model_version": "stats-1", "p_accept": NaN}', "bad_json", ""),
        ("[1, 2]", "wrong_type", ""),
    ],
)
def test_a_faulty_line_is_refused_with_its_number_and_field_and_the_rest_goes_on(project, tmp_path, faulty, code, field):
    job = run_import(project, "suggestions", write(tmp_path, line(2), faulty))

    [refused] = job.lines.filter(outcome="rejected")
    assert (refused.code, refused.field, refused.line) == (code, field, 2)
    assert counts(job) == {"created": 1, "rejected": 1}


def test_of_two_lines_about_the_same_image_the_first_counts(project, tmp_path):
    job = run_import(project, "suggestions", write(tmp_path, line(1), line(1), line(1, 0.1)))

    assert counts(job) == {"created": 1, "rejected": 1}
    assert [code for _outcome, code, _record in problems(job) if code != "version_used"] == ["conflicting_labels", "duplicate_labels"]


def test_a_dry_run_writes_nothing(project, tmp_path):
    before = dump_tables()

    job = run_import(project, "suggestions", write(tmp_path, line(1), line(2)), dry_run=True)

    assert counts(job) == {"created": 2}
    assert dump_tables() == before


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "No suggestion can be read here"),
        (json.dumps({"model": "a", "task_id": "b", "annotations": {}}), "These are labels"),
    ],
)
def test_a_file_of_something_else_says_what_it_is(project, tmp_path, content, said):
    job = run_import(project, "suggestions", write(tmp_path, content))

    assert job.state == "failed"
    assert said in job.error_text
    assert not Suggestion.objects.exists()


def test_suggestions_given_as_labels_are_sent_where_they_belong(project, tmp_path):
    job = run_import(project, "labels", write(tmp_path, line()))

    assert job.state == "failed"
    assert "Suggestions of a model" in job.error_text


def test_more_lines_than_one_transaction_takes_are_all_kept(project, tmp_path):
    versions = [line(1, model_version=f"v{number}") for number in range(AT_ONCE + 3)]

    job = run_import(project, "suggestions", write(tmp_path, *versions))

    assert counts(job) == {"created": AT_ONCE + 3}
    assert job.result["units"] == 2


def test_a_program_brings_suggestions_and_reads_what_became_of_each(project):
    program = Program(make_lead(project), project)

    reply = program.post("suggestions", suggestions=[line(1), line(7), line(1, 0.1), line(3, 0.4, "digital-001")])
    versions = program.get("suggestions")

    assert reply.status_code == 200
    assert reply.data["counts"] == {"created": 2, "updated": 0, "unchanged": 0, "rejected": 2, "conflict": 0, "warning": 0}
    assert [(told["index"], told["outcome"], told["code"]) for told in reply.data["lines"]] == [
        (0, "created", ""),
        (1, "rejected", "out_of_range"),
        (2, "rejected", "conflicting_labels"),
        (3, "created", ""),
    ]
    assert reply.data["version_in_use"] == "stats-1"
    [version] = versions.data["results"]
    assert (version["name"], version["suggestions"], version["is_used"]) == ("stats-1", 2, True)


@pytest.mark.parametrize(
    "body",
    [
        {"suggestions": []},
        {"suggestions": [{"model_version": "a"}]},
        {"suggestions": [line(1, 2)]},
        {"suggestions": [line(1, surprise=1)]},
        {"suggestions": [line(1)] * 1001},
        {},
    ],
)
def test_a_program_that_sends_something_else_is_told_so_and_nothing_is_kept(project, body):
    reply = Program(make_lead(project), project).post("suggestions", **body)

    assert reply.status_code == 422
    assert not Suggestion.objects.exists()


def test_leads_alone_bring_suggestions_and_choose_the_version(project):
    annotator = make_person(project)

    assert Program(annotator, project).post("suggestions", suggestions=[line(1)]).status_code == 404
    assert visit_as(annotator).get(address("suggestions", project)).status_code == 404
    assert visit_as(annotator).post(address("use_version", project), {"version": "stats-1"}).status_code == 404


def test_a_lead_reads_the_versions_and_puts_another_one_to_use(project, tmp_path):
    lead = visit_as(make_lead(project))
    empty = read(lead.get(address("suggestions", project)))
    run_import(project, "suggestions", write(tmp_path, line(1, 0.1, model_version="stats-2"), line(1), line(2, 0.4)))

    page = read(lead.get(address("suggestions", project)))
    response = lead.post(address("use_version", project), {"version": "stats-2"})
    again = lead.post(address("use_version", project), {"version": "stats-2"})
    unknown = lead.post(address("use_version", project), {"version": "stats-9"})

    project.refresh_from_db()
    assert "No suggestions yet" in empty
    assert "stats-1 1" not in page
    assert "stats-2" in page
    assert told(response) == ["In use. It applies to candidates nobody has taken yet."]
    assert told(again)[-1:] == ["This version is in use already."]
    assert told(unknown)[-1:] == ["This project has no suggestions of the version stats-9."]
    assert project.model_version == "stats-2"


def test_nobody_speaks_as_a_version_that_was_trained_here_nor_puts_it_to_use(project, tmp_path, monkeypatch):
    monkeypatch.setattr("labeling.protocol.trained.TRAINED", [lambda _project: {"stats-1"}])
    program = Program(make_lead(project), project)

    job = run_import(project, "suggestions", write(tmp_path, line(1)), use=True)
    sent = program.post("suggestions", suggestions=[line(2, 0.4)], use=True)
    chosen = program.post("use_version", version="stats-1")

    project.refresh_from_db()
    assert [(outcome, code) for outcome, code, _record in problems(job)] == [("rejected", "speaks_as_trained")]
    assert ([row["code"] for row in sent.data["lines"]], chosen.status_code) == (["speaks_as_trained"], 409)
    assert (project.model_version, Suggestion.objects.count()) == ("", 0)


def test_an_archived_project_keeps_the_version_it_had(project, tmp_path):
    run_import(project, "suggestions", write(tmp_path, line(1, 0.1, model_version="stats-2"), line(1)))
    lead = make_lead(project)
    visit_as(lead).post(address("archive", project))

    with pytest.raises(ProtocolError, match="archived"):
        use_version(project, lead, "stats-2")
