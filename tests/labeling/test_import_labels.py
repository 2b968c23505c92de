"""Importing labels made elsewhere: decisions of origin `imported`, never over one made here, with or without the images."""

import json

import pytest

from labeling.models import Assignment, Candidate, Decision, Event
from labeling.protocol.hold import hold_candidate, replace_image, withdraw_candidate
from tests.factories import answer_as, dispute, final_decision, lease_for, make_image, make_lead, make_person, make_project
from tests.labeling.importing import (
    counts,
    dump_tables,
    label_line,
    list_stored,
    make_candidates,
    make_labels,
    make_small_bench,
    problems,
    run_command,
    run_import,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(tmp_path):
    """A project with enough people for new rounds and one task per category: 1, 2 and 3 images wanted."""
    project = make_project()
    for _ in range(3):
        make_person(project)
    run_import(project, "bench", make_small_bench(tmp_path / "bench"))
    return project


@pytest.fixture
def folder(project, tmp_path):
    """Candidates of one generator for two tasks, imported: two and three images."""
    folder = make_candidates(tmp_path / "candidates", "acme/product-001", "acme/digital-001")
    run_import(project, "candidates", folder)
    return folder


def find_candidate(project, name="acme/product-001/1"):
    slug, task, number = name.split("/")
    return Candidate.objects.get(project=project, bundle__generator__slug=slug, bundle__task__external_id=task, deliverable__number=number)


def list_decisions(project):
    """`generator/task/k` to (verdict, how) of every decision that stands."""
    rows = Decision.objects.current().filter(candidate__project=project)
    names = rows.values_list(
        "candidate__bundle__generator__slug",
        "candidate__bundle__task__external_id",
        "candidate__deliverable__number",
        "verdict",
        "how",
    )
    return {f"{slug}/{task}/{number}": (verdict, how) for slug, task, number, verdict, how in names}


@pytest.mark.parametrize("with_images", [True, False])
def test_labels_become_decisions_with_or_without_the_images(project, tmp_path, with_images):
    if with_images:
        run_import(project, "candidates", make_candidates(tmp_path / "c", "acme/product-001"))
    labels = make_labels(tmp_path / "labels.jsonl", label_line(subtask_1=True, subtask_2=False))

    status, output, _message = run_command("labels", labels, project)

    assert (status, output) == (0, "done: 2 created, 0 updated, 0 unchanged, 0 rejected, 0 conflict, 0 warning\n")
    assert list_decisions(project) == {"acme/product-001/1": ("accept", "imported"), "acme/product-001/2": ("reject", "imported")}
    assert {(row.state, row.q_state, row.image_id is None) for row in Candidate.objects.all()} == {("settled", 5, not with_images)}
    # Made elsewhere: nobody here answered, so nothing of it is in any statistic of answers.
    assert not Assignment.objects.exists()
    assert Event.objects.filter(kind=Event.Kind.DECIDED_ELSEWHERE).count() == 2


def test_importing_again_changes_nothing(project, folder, tmp_path):
    labels = make_labels(tmp_path / "labels.jsonl", label_line(subtask_1=True, subtask_2=False))
    run_import(project, "labels", labels)
    before = dump_tables()

    job = run_import(project, "labels", labels)

    assert counts(job) == {"unchanged": 2}
    assert dump_tables() == before


def test_a_label_that_was_changed_elsewhere_replaces_the_imported_decision(project, folder, tmp_path):
    run_import(project, "labels", make_labels(tmp_path / "old.jsonl", label_line(subtask_1=True, subtask_2=False)))

    job = run_import(project, "labels", make_labels(tmp_path / "new.jsonl", label_line(subtask_1=False, subtask_2=False)))

    assert counts(job) == {"updated": 1, "unchanged": 1}
    assert list_decisions(project)["acme/product-001/1"] == ("reject", "imported")
    assert find_candidate(project).decisions.count() == 2


def test_an_alias_of_a_generator_labels_the_same_candidates(project, tmp_path):
    run_import(project, "candidates", make_candidates(tmp_path / "c", "GPT-Image-1/product-001"))

    job = run_import(
        project, "labels", make_labels(tmp_path / "labels.jsonl", label_line(model="GPT-5 Image", subtask_1=True, subtask_2=True))
    )

    assert counts(job) == {"created": 2}
    assert Candidate.objects.count() == 2


@pytest.mark.parametrize(
    ("annotations", "decided", "problem"),
    [
        ({"subtask_1": True, "subtask_2": True, "subtask_3": True}, {1, 2}, ("warning", "extra_subtask", "annotations.subtask_3")),
        ({"subtask_1": True}, {1}, ("warning", "missing_subtask", "annotations.subtask_2")),
        ({"subtask_1": True, "subtask_2": "yes"}, {1}, ("rejected", "non_boolean_label", "annotations.subtask_2")),
        ({"subtask_1": True, "subtask_2": 2}, {1}, ("rejected", "non_boolean_label", "annotations.subtask_2")),
        ({"subtask_1": True, "subtask_2": 0}, {1, 2}, ("warning", "number_label", "annotations.subtask_2")),
        ({"subtask_1": True, "subtask_2": None}, {1}, ("warning", "null_label", "annotations.subtask_2")),
        ({"subtask_1": True, "subtask_2": True, "subtask_0": True}, {1, 2}, ("warning", "bad_subtask_key", "annotations.subtask_0")),
    ],
)
def test_an_extra_a_missing_and_a_non_boolean_label_each_have_their_problem(project, folder, tmp_path, annotations, decided, problem):
    job = run_import(project, "labels", make_labels(tmp_path / "labels.jsonl", label_line(**annotations)))

    outcome, code, field = problem
    line = job.lines.exclude(code="").get()
    assert (line.outcome, line.code, line.field, line.line) == (outcome, code, field, 1)
    assert set(list_decisions(project)) == {f"acme/product-001/{number}" for number in decided}


@pytest.mark.parametrize(
    ("second", "outcome", "code"),
    [
        (label_line(model="Acme", subtask_1=True, subtask_2=False), "warning", "duplicate_labels"),
        (label_line(model="Acme", subtask_1=False, subtask_2=False), "rejected", "conflicting_labels"),
    ],
)
def test_of_two_lines_about_the_same_images_the_first_counts(project, folder, tmp_path, second, outcome, code):
    labels = make_labels(tmp_path / "labels.jsonl", label_line(subtask_1=True, subtask_2=False), second)

    job = run_import(project, "labels", labels)

    line = job.lines.exclude(code="").get()
    assert (line.outcome, line.code, line.line, line.params) == (outcome, code, 2, {"other": 1})
    assert list_decisions(project) == {"acme/product-001/1": ("accept", "imported"), "acme/product-001/2": ("reject", "imported")}


def test_two_values_for_one_label_in_one_line_are_no_label(project, folder, tmp_path):
    text = json.dumps(label_line(subtask_1=True, subtask_2=True)).replace('"subtask_2": true', '"subtask_2": true, "subtask_2": false')

    job = run_import(project, "labels", make_labels(tmp_path / "labels.jsonl", text))

    assert problems(job) == [("rejected", "repeated_subtask", "acme/product-001")]
    assert set(list_decisions(project)) == {"acme/product-001/1"}


def test_faulty_lines_are_refused_by_number_and_the_rest_goes_on(project, folder, tmp_path):
    good = label_line(subtask_1=True, subtask_2=True)
    faulty = ["{", "[]", label_line("product-009", subtask_1=True), {**good, "category": "C-Digital"}, {**good, "annotations": [True]}]

    status, output, _message = run_command("labels", make_labels(tmp_path / "labels.jsonl", *faulty, good), project)

    rejected = project.jobs.latest("pk").lines.filter(outcome="rejected").order_by("line")
    assert status == 3
    assert list(rejected.values_list("line", "code")) == [
        (1, "bad_json"),
        (2, "wrong_type"),
        (3, "unknown_task"),
        (4, "wrong_category"),
        (5, "wrong_type"),
    ]
    assert "rejected labels.jsonl:3 acme/product-009 task_id The project has no such task." in output
    assert len(list_decisions(project)) == 2


@pytest.mark.parametrize("work", ["leased", "answered", "disputed", "decided"])
@pytest.mark.parametrize("label", [True, False])
def test_an_imported_label_never_overwrites_what_is_made_here(project, folder, tmp_path, work, label):
    candidate = find_candidate(project)
    if work == "leased":
        lease_for(make_person(project), candidate)
    elif work == "disputed":
        dispute(candidate)
    for _ in range({"answered": 1, "decided": 2}.get(work, 0)):
        answer_as(make_person(project), candidate, "accept")
    before = dump_tables()

    job = run_import(project, "labels", make_labels(tmp_path / "labels.jsonl", label_line(subtask_1=label)))

    # Two people accepted it: an accept from elsewhere says nothing new.
    is_the_same = work == "decided" and label
    conflicts = [] if is_the_same else [("conflict", "decided_here", "acme/product-001/1")]
    assert [problem for problem in problems(job) if problem[0] == "conflict"] == conflicts
    assert counts(job) == {"unchanged" if is_the_same else "conflict": 1}
    assert dump_tables() == before


@pytest.mark.parametrize("act", [hold_candidate, withdraw_candidate])
def test_an_imported_label_does_not_bring_back_what_the_lead_took_out(project, folder, tmp_path, act):
    act(find_candidate(project).public_id, make_lead(project), "not ours")
    before = dump_tables()

    job = run_import(project, "labels", make_labels(tmp_path / "labels.jsonl", label_line(subtask_1=True)))

    assert [problem for problem in problems(job) if problem[0] == "conflict"] == [("conflict", "out_of_queue", "acme/product-001/1")]
    assert dump_tables() == before


def test_a_later_import_of_candidates_attaches_the_images_and_keeps_the_decisions(project, tmp_path):
    run_import(project, "labels", make_labels(tmp_path / "labels.jsonl", label_line(subtask_1=True, subtask_2=False)))
    folder = make_candidates(tmp_path / "c", "acme/product-001")

    job = run_import(project, "candidates", folder)

    assert counts(job) == {"updated": 2}
    assert list_decisions(project) == {"acme/product-001/1": ("accept", "imported"), "acme/product-001/2": ("reject", "imported")}
    assert {(row.state, row.image_id is None) for row in Candidate.objects.all()} == {("settled", False)}
    assert counts(run_import(project, "candidates", folder)) == {"unchanged": 2}
    assert counts(run_import(project, "labels", tmp_path / "labels.jsonl")) == {"unchanged": 2}


def test_a_deliverable_without_a_label_is_no_rejection_and_its_image_can_be_labelled_here(project, tmp_path):
    run_import(project, "labels", make_labels(tmp_path / "labels.jsonl", label_line(subtask_1=True)))

    run_import(project, "candidates", make_candidates(tmp_path / "c", "acme/product-001"))

    assert final_decision(find_candidate(project, "acme/product-001/2")) is None
    assert find_candidate(project, "acme/product-001/2").state == "open"


def test_labels_settle_candidates_that_a_cancelled_import_left_outside_the_queue(project, folder, tmp_path):
    Candidate.objects.update(state="staged", q_state=6)

    run_import(project, "labels", make_labels(tmp_path / "labels.jsonl", label_line(subtask_1=True, subtask_2=True)))
    run_import(project, "candidates", folder)

    assert find_candidate(project).state == "settled"
    assert final_decision(find_candidate(project)) == ("accept", "imported")


def test_a_candidate_that_was_started_over_is_not_decided_by_the_old_labels_again(project, folder, tmp_path):
    labels = make_labels(tmp_path / "labels.jsonl", label_line(subtask_1=True))
    run_import(project, "labels", labels)
    replace_image(find_candidate(project).public_id, make_lead(project), make_image(), "better")

    job = run_import(project, "labels", labels)

    assert [problem for problem in problems(job) if problem[0] == "conflict"] == [("conflict", "new_round", "acme/product-001/1")]
    assert (find_candidate(project).state, list_decisions(project)) == ("open", {})


def test_a_dry_run_says_what_would_happen_and_writes_nothing(project, folder, tmp_path):
    answer_as(make_person(project), find_candidate(project), "accept")
    labels = make_labels(
        tmp_path / "labels.jsonl",
        label_line(subtask_1=True, subtask_2=True),
        label_line("portrait-001", model="other", subtask_1=True),
        label_line("portrait-001", model="other", subtask_1=False),
    )
    before, stored = dump_tables(), list_stored()

    job = run_import(project, "labels", labels, dry_run=True)

    assert counts(job) == {"created": 2, "conflict": 1, "rejected": 1}
    assert (dump_tables(), list_stored()) == (before, stored)
    assert counts(run_import(project, "labels", labels)) == counts(job)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "labels.jsonl: The file is not there."),
        (b"", "No label can be read here; the lines of the report say why."),
        (b"\xff\xfe\n", "No label can be read here; the lines of the report say why."),
        (b"not json\n", "No label can be read here; the lines of the report say why."),
    ],
)
def test_a_file_without_a_usable_label_fails_and_says_why(project, tmp_path, content, message):
    if content is not None:
        (tmp_path / "labels.jsonl").write_bytes(content)

    status, _output, said = run_command("labels", tmp_path / "labels.jsonl", project)

    assert (status, said) == (1, f"the import is failed: {message}")


def test_the_json_report_is_whole(project, folder, tmp_path):
    labels = make_labels(tmp_path / "labels.jsonl", label_line(subtask_1=True, subtask_2="yes"))

    status, output, _message = run_command("labels", labels, project, "--json")

    report = json.loads(output)
    assert status == 3
    assert report["counts"] == {"created": 1, "updated": 0, "unchanged": 0, "rejected": 1, "conflict": 0, "warning": 0}
    assert [line["reason"] for line in report["lines"] if line["code"]] == [
        "true or false wanted, text found; the deliverable stays without a label."
    ]
