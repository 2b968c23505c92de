"""Exporting what judges say, so that it can be imported elsewhere."""

import io
import json
from collections import Counter

import pytest
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from jsonschema import Draft202012Validator, ValidationError

from judging.data_out.scores import AT_ONCE, FORMATS, find_usable
from judging.models import Judge, Score
from labeling.among import Ids
from labeling.models import Candidate, Task
from tests.factories import make_image, make_project
from tests.judging.score_lines import import_lines, line, make_scored_bundle, split_row
from tests.labeling.importing import counts

pytestmark = pytest.mark.django_db

LINES = [
    line(1, scores={"brf": 3.75, "veq_clarity": 4, "veq_text": None, "cns_set": 4}, points=[1, 0, 0, 1]),
    line(2, scores={"brf": 3.75, "cns_set": 4}, points=[0, 0, 1, 1], flags={"cns_set": ["style_inconsistent"]}),
    line(2, "digital-002", {"cns_set": 3, "cns_edit": 1.5}, flags={"cns_edit": ["edge_seam", "color_shift"]}),
    line(1, "digital-002", {"cns_set": None, "veq_realism": 0.1}, flags={"veq_realism": []}),
    line(1, "digital-002", {"veq_aesthetic": 2}, sample=2),
]


@pytest.fixture
def project():
    """A project with the images of one generator for two tasks, of one image also a second sample."""
    return make_stage()


def make_stage():
    """The same candidates again, in another project."""
    project = make_project()
    make_scored_bundle(project, "digital-002")
    make_scored_bundle(project)
    first = Candidate.objects.get(project=project, bundle__task__external_id="digital-002", deliverable__number=1)
    Candidate.objects.create(
        project=project,
        bundle=first.bundle,
        deliverable=first.deliverable,
        sample=2,
        is_submitted_sample=False,
        image=make_image(),
        sort=first.sort,
        lane=first.lane,
    )
    return project


def make_judge(project, rubric="servimage_score", **fields):
    """A judge of the site, whose scores a test writes by itself."""
    given = {"name": "asked", "version": 1, "backend": "openai", "rubric_version": 1, "fingerprint": f"{rubric}{fields}"} | fields
    return Judge.objects.create(project=project, rubric=rubric, **given)


def make_score(judge, concept, value, number=None, task_id="digital-001", **fields):
    """A score of a candidate by its deliverable, or of the bundle."""
    of = {"project": judge.project, "bundle__task__external_id": task_id, "sample": 1}
    candidate = Candidate.objects.get(**of, deliverable__number=number or 1)
    place = {"candidate": candidate, "image": candidate.image} if number else {}
    return Score.objects.create(judge=judge, bundle=candidate.bundle, concept=concept, value=value, part="p", **place | fields)


def export(project, judge="outside", form="scores", **options):
    """The lines that the command prints."""
    output = io.StringIO()
    call_command("export_scores", project=project.slug, judge=judge, format=form, stdout=output, **options)
    return [json.loads(text) for text in output.getvalue().splitlines()]


def list_rows(project):
    """Everything about the scores that stand which does not depend on the ids of candidates."""
    names = {
        row.pk: (row.deliverable.number, row.sample) for row in Candidate.objects.filter(project=project).select_related("deliverable")
    }
    rows = []
    for row in Score.objects.current().filter(judge__project=project).select_related("bundle__task", "bundle__generator"):
        images = [{**entry, "sample": names[entry["sample"]]} for entry in row.detail.get("images", [])]
        detail = {**row.detail, **({"images": images} if images else {})}
        place = (row.bundle.generator.slug, row.bundle.task.external_id, names.get(row.candidate_id))
        rows.append((str(place), row.concept, row.part, row.value, row.why, row.comment, json.dumps(detail), row.image_id is None))
    return sorted(rows, key=lambda row: row[:2])


def test_what_was_exported_comes_back_as_the_same_scores(project, tmp_path):
    import_lines(project, tmp_path, *LINES)
    other = make_stage()

    job = import_lines(other, tmp_path, *export(project))

    assert counts(job) == {"created": 5}
    assert list_rows(other) == list_rows(project)
    assert len(list_rows(project)) == 9
    assert export(other) == export(project)


def test_lines_are_sorted_and_each_has_the_scores_of_its_bundle(project, tmp_path):
    import_lines(project, tmp_path, *LINES)

    lines = export(project)

    assert lines == [
        {**LINES[0], "scores": {"brf": 3.75, "veq_clarity": 4, "veq_text": None, "cns_set": 4}},
        LINES[1],
        LINES[3],
        LINES[4],
        LINES[2],
    ]
    # The concepts come in their own order.
    assert list(lines[4]["scores"]) == ["cns_edit", "cns_set"]


def test_rows_of_the_training_files_have_their_names_and_minus_one(project, tmp_path):
    import_lines(project, tmp_path, *LINES)

    assert export(project, form="servimage") == [
        split_row("subtask_1", "digital-001", brf_overall_score=3.75, veq_clarity=4, veq_text=-1, cns_set_consistency=4),
        split_row("subtask_2", "digital-001", brf_overall_score=3.75, cns_set_consistency=4),
        split_row("subtask_1", "digital-002", veq_realism=0.1, cns_set_consistency=-1),
        split_row("subtask_2", "digital-002", cns_edit_consistency=1.5, cns_set_consistency=3),
    ]


def test_rows_of_the_training_files_come_back_with_the_same_values(project, tmp_path):
    import_lines(project, tmp_path, *LINES)
    other = make_stage()

    import_lines(other, tmp_path, *export(project, form="servimage"))

    # Without the second sample; flags and points have no place in those rows.
    expected = [row[:6] for row in list_rows(project) if "(1, 2)" not in row[0]]
    assert [row[:6] for row in list_rows(other)] == expected


def test_judges_of_the_site_are_exported_with_what_they_could_tell(project):
    judge = make_judge(project)
    first, second = Candidate.objects.filter(bundle__task__external_id="digital-001").order_by("deliverable__number")
    points = [
        {"number": 1, "sample": first.pk, "scores": [1, 0, 0, 1], "reasons": ["", "no", "no", ""], "missing": False},
        {"number": 2, "sample": second.pk, "scores": [0, 0, 0, 0], "reasons": ["", "", "", ""], "missing": True},
    ]
    own = [{"number": 1, "sample": first.pk, "score": 4, "flags": [], "reason": "fits"}]
    make_score(judge, "brf", 2.5, detail={"points": [1, 0, 0, 1], "images": points, "missing": [2]}, comment="…")
    make_score(judge, "cns_set", 4, detail={"images": own, "layout": "each"})
    make_score(judge, "veq_text", None, 1, why="not_applicable", detail={"has_text": False})
    make_score(judge, "veq_text", None, 2, why="no_json")
    make_score(judge, "cns_edit", 2, 2, detail={"flags": ["edge_seam"], "layout": "sheet"})
    make_score(judge, "brf", None, task_id="digital-002", why="no_points")

    lines = export(project, "asked")

    assert lines == [
        line(1, scores={"brf": 2.5, "veq_text": None, "cns_set": 4}, flags={"cns_set": []}, points=[1, 0, 0, 1]),
        line(2, scores={"brf": 2.5, "cns_edit": 2, "cns_set": 4}, flags={"cns_edit": ["edge_seam"]}),
        line(1, "digital-002", {"brf": None}),
        line(2, "digital-002", {"brf": None}),
    ]


def test_only_what_stands_about_the_picture_of_now_is_exported(project):
    judge = make_judge(project)
    make_score(judge, "veq_clarity", 1, 1, superseded_at=judge.created_at)
    make_score(judge, "veq_clarity", 2, 1)
    make_score(judge, "veq_clarity", 3, 2)
    Candidate.objects.filter(bundle__task__external_id="digital-001", deliverable__number=2).update(image=make_image())

    assert export(project, "asked") == [line(1, scores={"veq_clarity": 2})]


def test_the_newest_version_is_exported_unless_one_is_named(project, tmp_path):
    import_lines(project, tmp_path, line(1))
    import_lines(project, tmp_path, line(1, scores={"veq_clarity": 1}), new_version=True)

    assert export(project) == [line(1, scores={"veq_clarity": 1})]
    assert export(project, version=1) == [line(1)]


def test_tasks_are_sorted_by_their_names_across_all_pages(tmp_path):
    project = make_project()
    names = [f"digital-{number:03d}" for number in range(1, AT_ONCE + 6)]
    for name in reversed(names):
        make_scored_bundle(project, name, quantity=1)
    import_lines(project, tmp_path, *(line(1, name) for name in names))

    assert [row["task_id"] for row in export(project)] == names


def test_a_file_is_written_whole_and_never_over_another_one(project, tmp_path):
    import_lines(project, tmp_path, line(1), line(2))
    output, out = io.StringIO(), tmp_path / "out" / "outside.jsonl"
    options = {"project": project.slug, "judge": "outside", "format": "scores", "out": out, "stdout": output}
    out.parent.mkdir()

    call_command("export_scores", **options)
    written = out.read_text(encoding="utf-8")

    with pytest.raises(CommandError, match="exists already"):
        call_command("export_scores", **options)
    assert output.getvalue() == f"2 lines of outside 1 in {out}\n"
    assert [json.loads(text) for text in written.splitlines()] == export(project)
    assert out.read_text(encoding="utf-8") == written
    assert [path.name for path in out.parent.iterdir()] == ["outside.jsonl"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"project": "nowhere"}, "There is no project 'nowhere'."),
        ({"judge": "nobody"}, "its judges are: outside, rules."),
        ({"version": 2}, "There is no version 2 of outside; there are 1."),
        ({"judge": "rules"}, "rules 1 has no scores that the format “scores” can hold."),
    ],
)
def test_what_cannot_be_exported_is_told_with_what_there_is(project, tmp_path, options, said):
    import_lines(project, tmp_path, line(1))
    make_score(make_judge(project, "hard_rules", name="rules", backend="code"), "hard_rules", 0.5, 1)

    with pytest.raises(CommandError) as refused:
        call_command("export_scores", **{"project": project.slug, "judge": "outside", "format": "scores"} | options)

    assert said in str(refused.value)


def test_probabilities_have_no_place_in_the_training_files(project, tmp_path):
    import_lines(project, tmp_path, line(1, scores={"p_accept": 0.25}))

    assert export(project) == [line(1, scores={"p_accept": 0.25})]
    with pytest.raises(CommandError, match="servimage"):
        export(project, form="servimage")


def validator(form):
    """The schema of a format."""
    name = {"scores": "scores", "servimage": "scores-servimage"}[form]
    schema = json.loads((settings.BASE_DIR / "docs" / "schemas" / f"{name}.schema.json").read_text())
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def test_every_line_is_as_its_schema_says(project, tmp_path):
    import_lines(project, tmp_path, *LINES)
    import_lines(project, tmp_path, line(1, scores={"p_accept": 0.25}), judge="payer")

    written = Counter()
    for form, judge in [("scores", "outside"), ("scores", "payer"), ("servimage", "outside")]:
        for row in export(project, judge, form):
            validator(form).validate(row)
            written[form] += 1

    assert written == {"scores": 6, "servimage": 4}
    assert set(written) == set(FORMATS)


@pytest.mark.parametrize(
    ("form", "spoil"),
    [
        ("scores", {"scores": {}}),
        ("scores", {"scores": {"cns_set": 0}}),
        ("scores", {"scores": {"brf": -1}}),
        ("scores", {"scores": {"beauty": 1}}),
        ("scores", {"points": [1, 2]}),
        ("scores", {"person": "zhang.wei"}),
        ("servimage", {"cns_set_consistency": 0}),
        ("servimage", {"veq_text": None}),
        ("servimage", {"subtask": 1}),
    ],
)
def test_the_schema_refuses_what_no_export_holds(project, tmp_path, form, spoil):
    import_lines(project, tmp_path, *LINES)
    row = export(project, form=form)[0]
    validator(form).validate(row)

    with pytest.raises(ValidationError):
        validator(form).validate({**row, **spoil})


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL knows how many rows there are, and plans by that")
def test_a_page_reads_the_scores_of_its_bundles_alone(project):
    page = find_usable(make_judge(project)).filter(bundle__among=Ids([1, 2]))

    assert "score_by_bundle" in page.explain()


def test_scores_about_an_earlier_brief_are_left_out_and_those_of_an_unknown_one_are_not(project, tmp_path):
    import_lines(project, tmp_path, *LINES)
    before = export(project)
    Task.objects.filter(external_id="digital-001").update(version=2)
    after = export(project)
    Score.objects.update(task_version=None)

    # The first two lines are about the task that has changed.
    assert after == before[2:]
    assert export(project) == before


@pytest.mark.parametrize("change", ["replaced", "withdrawn"])
def test_a_score_of_a_bundle_is_left_out_once_its_pictures_are_others(project, tmp_path, change):
    import_lines(project, tmp_path, *LINES)
    second = Candidate.objects.filter(bundle__task__external_id="digital-001", deliverable__number=2)
    second.update(**({"image": make_image()} if change == "replaced" else {"state": "withdrawn", "q_state": 6, "reason": "no"}))

    # Clarity and text are about the first picture alone, which is still there; of the second only what was told of the bundle was.
    lines = [row for row in export(project) if row["task_id"] == "digital-001"]
    assert lines == [{**line(1, scores={"veq_clarity": 4, "veq_text": None})}]
