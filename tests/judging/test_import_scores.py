"""Importing what judges elsewhere said."""

import json

import pytest
from django.conf import settings

from judging.data_in.load_scores import AT_ONCE
from judging.load_material import hash_pictures
from judging.models import Judge, Score
from judging.protocol.imported_judges import VersionWanted, find_imported_judge, make_imported_judge
from judging.standing import read_present
from labeling.models import Candidate, Event, Job, Task
from labeling.protocol.outcome import ProtocolError
from tests.factories import make_image, make_lead, make_person, make_project, make_task
from tests.judging.score_lines import import_lines, line, list_scores, make_scored_bundle, split_row, values_of, write_lines
from tests.labeling.importing import counts, dump_tables, problems, run_command

pytestmark = pytest.mark.django_db

PAGE = (settings.BASE_DIR / "docs" / "scores.md").read_text(encoding="utf-8")
SEVEN = {"brf": 3.75, "veq_clarity": 4, "veq_realism": 5, "veq_aesthetic": 0, "veq_text": None, "cns_edit": 1, "cns_set": 2.5}


@pytest.fixture
def project():
    """A project with the two images that one generator made for a task with four points."""
    project = make_project()
    make_scored_bundle(project)
    return project


def detail_of(concept, **fields):
    return Score.objects.current().get(concept=concept, **fields).detail


def pictures(project):
    return list(Candidate.objects.filter(project=project).order_by("deliverable__number"))


def test_scores_become_a_version_of_a_judge_like_any_other(project, tmp_path):
    job = import_lines(project, tmp_path, line(1, scores=SEVEN))

    judge = Judge.objects.get()
    assert counts(job) == {"created": 1}
    assert (judge.name, judge.version, judge.backend, judge.rubric, judge.parts) == ("outside", 1, "imported", "servimage_score", [])
    assert judge.config == {"source": "import"}
    assert values_of(project) == {
        (None, "brf"): 3.75,
        (1, "veq_clarity"): 4,
        (1, "veq_realism"): 5,
        (1, "veq_aesthetic"): 0,
        (1, "veq_text"): None,
        (1, "cns_edit"): 1,
        (None, "cns_set"): 2.5,
    }
    assert dict(Score.objects.values_list("concept", "part"))["veq_realism"] == "veq_technical"
    assert Score.objects.get(concept="veq_text").why == "not_applicable"
    assert {score.image_id for score in Score.objects.exclude(candidate=None)} == {pictures(project)[0].image_id}
    assert Event.objects.get(kind="imported").data["what"] == "import_scores"


def test_a_probability_of_payment_is_of_another_rubric(project, tmp_path):
    import_lines(project, tmp_path, line(1, scores={"p_accept": 0.25}))

    assert Judge.objects.get().rubric == "pay_direct"
    assert (Score.objects.get().part, Score.objects.get().value) == ("pay", 0.25)


def test_rows_of_the_training_files_say_the_same_in_their_own_words(project, tmp_path):
    row = {
        "brf_overall_score": 3.75,
        "veq_clarity": 4,
        "veq_realism": 5,
        "veq_aesthetic": 0,
        "veq_text": -1,
        "cns_edit_consistency": 1,
        "cns_set_consistency": 2.5,
    }
    import_lines(project, tmp_path, line(1, scores=SEVEN))

    job = import_lines(project, tmp_path, split_row("subtask_1", **row, label=1), split_row("subtask_1", **{**row, "veq_text": None}))

    assert counts(job) == {"unchanged": 1}
    assert problems(job) == [("warning", "duplicate_labels", "acme/digital-001/1")]


@pytest.mark.parametrize(
    "who", [{"subtask": 2}, {"subtask": "subtask_2"}, {"deliverable": 2}, {"generator": "ACME", "subtask": 2, "sample": 1}]
)
def test_a_row_names_its_image_in_any_of_the_documented_ways(project, tmp_path, who):
    row = {"task_id": "digital-001", "veq_clarity": 3, **who}

    job = import_lines(project, tmp_path, row if "generator" in who else {"model": "acme", **row})

    assert counts(job) == {"created": 1}
    assert values_of(project) == {(2, "veq_clarity"): 3}


def test_importing_again_changes_nothing(project, tmp_path):
    lines = [line(1, scores=SEVEN, points=[1, 0, 0, 1]), line(2, scores={"brf": 3.75}, points=[0, 0, 1, 1])]
    import_lines(project, tmp_path, *lines)
    before = dump_tables()

    again = import_lines(project, tmp_path, *lines)

    assert counts(again) == {"unchanged": 2}
    assert dump_tables() == before


def test_later_files_add_to_the_same_version(project, tmp_path):
    import_lines(project, tmp_path, line(1))

    job = import_lines(project, tmp_path, line(1, scores={"veq_clarity": 4, "veq_text": 2}), line(2))

    assert counts(job) == {"created": 2}
    assert Judge.objects.count() == 1
    assert values_of(project) == {(1, "veq_clarity"): 4, (1, "veq_text"): 2, (2, "veq_clarity"): 4}


def test_what_a_version_said_stays_and_nothing_of_a_line_that_differs_is_kept(project, tmp_path):
    import_lines(project, tmp_path, line(1), line(2, scores={"veq_text": None}))
    before = values_of(project)

    job = import_lines(
        project, tmp_path, line(1, scores={"veq_clarity": 3, "veq_realism": 5}), line(2, scores={"veq_text": 0, "veq_realism": 5})
    )

    assert counts(job) == {"conflict": 2}
    told = job.lines.filter(outcome="conflict").order_by("line")
    assert [(row.line, row.field, row.record, row.reason) for row in told] == [
        (
            1,
            "scores.veq_clarity",
            "acme/digital-001/1",
            "This version said 4 before, and that is kept. What a judge says anew needs a new version.",
        ),
        (
            2,
            "scores.veq_text",
            "acme/digital-001/2",
            "This version said null before, and that is kept. What a judge says anew needs a new version.",
        ),
    ]
    assert values_of(project) == before


def test_another_opinion_is_another_version(project, tmp_path):
    import_lines(project, tmp_path, line(1))

    job = import_lines(project, tmp_path, line(1, scores={"veq_clarity": 1}), new_version=True)
    more = import_lines(project, tmp_path, line(2, scores={"veq_clarity": 2}))

    assert (counts(job), counts(more)) == ({"created": 1}, {"created": 1})
    assert values_of(project) == {(1, "veq_clarity"): 4}
    assert values_of(project, version=2) == {(1, "veq_clarity"): 1, (2, "veq_clarity"): 2}


def test_an_attempt_that_follows_a_killed_one_goes_on_in_the_version_of_its_import(project):
    job = Job.objects.create(project=project, kind="import_scores")
    asked = {"project": project, "lead": None, "name": "outside", "rubric": "servimage_score", "since": job.created_at}
    own, plain = VersionWanted(**asked, new_for="a"), VersionWanted(**asked)

    first = make_imported_judge(own)
    other = make_imported_judge(VersionWanted(**asked, new_for="b"))
    added_to = make_imported_judge(plain)

    assert (first.version, other.version) == (1, 2)
    assert find_imported_judge(own) == make_imported_judge(own) == first
    # It began before both, so it adds to neither, whichever attempt it is.
    assert added_to.version == 3
    assert make_imported_judge(plain) == added_to


def test_only_a_lead_makes_a_version(project):
    asked = {"project": project, "name": "outside", "rubric": "servimage_score", "since": project.created_at}

    with pytest.raises(ProtocolError):
        make_imported_judge(VersionWanted(**asked, lead=make_person(project)))

    assert make_imported_judge(VersionWanted(**asked, lead=make_lead(project))).version == 1


def test_brief_following_is_one_score_of_the_bundle_with_the_points_of_every_image(project, tmp_path):
    import_lines(
        project,
        tmp_path,
        line(1, scores={"brf": 3.75}, points=[1, 0, 0, 1]),
        line(2, scores={"brf_overall_score": 3.75}, points=[0, 0, 1, 1]),
    )

    first, second = pictures(project)
    assert values_of(project) == {(None, "brf"): 3.75}
    # Met where any image meets it: [1,0,0,1] or [0,0,1,1] is [1,0,1,1].
    assert detail_of("brf") == {
        "points": [1, 0, 1, 1],
        "images": [
            {"number": 1, "sample": first.pk, "scores": [1, 0, 0, 1]},
            {"number": 2, "sample": second.pk, "scores": [0, 0, 1, 1]},
        ],
    }


def test_images_of_a_bundle_that_come_one_after_the_other_add_their_points(project, tmp_path):
    import_lines(project, tmp_path, line(1, scores={"brf": 3.75}, points=[1, 0, 0, 1]))

    second = import_lines(project, tmp_path, line(2, scores={"brf": 3.75}, points=[0, 0, 1, 1]))
    silent = import_lines(project, tmp_path, line(2, scores={"brf": 3.75}))
    other = import_lines(project, tmp_path, line(1, scores={"brf": 3.75}, points=[1, 1, 0, 1]))

    assert [counts(job) for job in (second, silent, other)] == [{"updated": 1}, {"unchanged": 1}, {"conflict": 1}]
    assert problems(other) == [("conflict", "score_detail_differs", "acme/digital-001/1")]
    assert detail_of("brf")["points"] == [1, 0, 1, 1]


def test_lines_of_a_bundle_that_differ_in_brief_following_are_a_conflict_that_names_them(project, tmp_path):
    make_scored_bundle(project, "digital-002")

    job = import_lines(
        project,
        tmp_path,
        line(1, scores={"brf": 3, "veq_text": 1}),
        line(1, "digital-002", {"brf": 2}),
        line(2, scores={"brf": 4, "veq_text": 1}),
    )

    assert counts(job) == {"created": 1, "conflict": 2}
    told = job.lines.filter(outcome="conflict").order_by("line")
    assert [(row.line, row.field, row.code) for row in told] == [(1, "scores.brf", "brf_differs"), (3, "scores.brf", "brf_differs")]
    assert told[0].reason.endswith("these lines differ: 1, 3.")
    assert list_scores(project) == {("acme", "digital-002", None, None, "brf"): 2}


def test_consistency_of_a_set_is_told_of_the_bundle_where_all_agree_else_of_each_image(project, tmp_path):
    make_scored_bundle(project, "digital-002")

    import_lines(
        project,
        tmp_path,
        line(1, scores={"cns_set": 4}),
        line(2, scores={"cns_set": 4}, flags={"cns_set": ["style_inconsistent", "style_inconsistent"]}),
        line(1, "digital-002", {"cns_set": 3}, flags={"cns_set": []}),
        line(2, "digital-002", {"cns_set": 2}),
    )

    second = Candidate.objects.get(bundle__task__external_id="digital-001", deliverable__number=2)
    assert list_scores(project) == {
        ("acme", "digital-001", None, None, "cns_set"): 4,
        ("acme", "digital-002", 1, 1, "cns_set"): 3,
        ("acme", "digital-002", 2, 1, "cns_set"): 2,
    }
    assert detail_of("cns_set", candidate=None) == {"images": [{"number": 2, "sample": second.pk, "flags": ["style_inconsistent"]}]}
    assert detail_of("cns_set", value=3) == {"flags": []}


def test_a_set_stays_told_as_the_version_told_it_first(project, tmp_path):
    make_scored_bundle(project, "digital-002", quantity=3)
    import_lines(
        project,
        tmp_path,
        line(1, scores={"cns_set": 4}),
        line(1, "digital-002", {"cns_set": 3}),
        line(2, "digital-002", {"cns_set": 2}),
    )
    before = list_scores(project)

    differing = import_lines(project, tmp_path, line(1, scores={"cns_set": 4}), line(2, scores={"cns_set": 3}))
    agreeing = import_lines(project, tmp_path, line(3, "digital-002", {"cns_set": 5}))

    assert counts(differing) == {"unchanged": 1, "conflict": 1}
    assert counts(agreeing) == {"created": 1}
    assert list_scores(project) == before | {("acme", "digital-002", 3, 1, "cns_set"): 5}


def test_a_new_picture_is_spoken_about_anew_and_the_rest_stays(project, tmp_path):
    lines = [line(1, scores={"brf": 3, "veq_text": 2}), line(2, scores={"brf": 3, "veq_text": 1})]
    import_lines(project, tmp_path, *lines)
    Candidate.objects.filter(pk=pictures(project)[1].pk).update(image=make_image())

    job = import_lines(project, tmp_path, *lines[:1], line(2, scores={"brf": 3, "veq_text": 5}))

    # Brief following looks at both pictures, so both lines say it anew.
    assert counts(job) == {"updated": 2}
    assert values_of(project) == {(None, "brf"): 3, (1, "veq_text"): 2, (2, "veq_text"): 5}
    superseded = Score.objects.exclude(superseded_at=None)
    assert sorted(superseded.values_list("concept", "value")) == [("brf", 3), ("veq_text", 1)]
    assert Score.objects.current().get(value=5).image_id == pictures(project)[1].image_id


def test_after_a_change_of_the_task_the_set_may_be_told_otherwise(project, tmp_path):
    import_lines(project, tmp_path, line(1, scores={"cns_set": 3}), line(2, scores={"cns_set": 2}))
    Task.objects.update(version=2)

    together = import_lines(project, tmp_path, line(1, scores={"cns_set": 4}), line(2, scores={"cns_set": 4}))
    told_together = values_of(project)
    Task.objects.update(version=3)
    apart = import_lines(project, tmp_path, line(1, scores={"cns_set": 5}), line(2, scores={"cns_set": 1}))

    assert (counts(together), counts(apart)) == ({"updated": 2}, {"updated": 2})
    assert told_together == {(None, "cns_set"): 4}
    assert values_of(project) == {(1, "cns_set"): 5, (2, "cns_set"): 1}


def test_a_candidate_may_still_lack_its_picture(project, tmp_path):
    Candidate.objects.update(state="settled", q_state=5, image=None)

    assert counts(import_lines(project, tmp_path, line(1))) == {"created": 1}
    assert Score.objects.get().image_id is None


@pytest.mark.parametrize(
    ("faulty", "code", "field"),
    [
        (line(scores={"brf": 5.01}), "out_of_range", "scores.brf"),
        (line(scores={"veq_text": -1}), "out_of_range", "scores.veq_text"),
        (line(scores={"cns_edit": 0}), "out_of_range", "scores.cns_edit"),
        (line(scores={"cns_set": 5.5}), "out_of_range", "scores.cns_set"),
        (line(scores={"p_accept": 1.01}), "out_of_range", "scores.p_accept"),
        (line(scores={"brf": "3"}), "wrong_type", "scores.brf"),
        (line(scores={"brf": True}), "wrong_type", "scores.brf"),
        (line(scores={"beauty": 3}), "unknown_concept", "scores.beauty"),
        (line(scores={"brf": 3, "brf_overall_score": 3}), "repeated_key", "scores.brf_overall_score"),
        (line(scores={"brf": 3, "p_accept": 0.5}), "two_rubrics", "scores.p_accept"),
        (line(scores={}), "no_score", "scores"),
        (line(scores=[3]), "wrong_type", "scores"),
        ({"model": "acme", "task_id": "digital-001", "deliverable": 1}, "missing_key", "scores"),
        ('{"model": "acme", "model": "other", "task_id": "digital-001", "deliverable": 1, "scores": {"brf": 1}}', "repeated_key", ""),
        (line(3), "out_of_range", "deliverable"),
        (line(sample=2), "no_such_candidate", ""),
        (line(sample=0), "out_of_range", "sample"),
        (line(task_id="digital-999"), "unknown_task", "task_id"),
        (line(model="nobody"), "unknown_generator", "model"),
        (line(generator="acme"), "repeated_key", "generator"),
        (line(scores={"brf": 1}, points=[1, 0, 1]), "wrong_points", "points"),
        (line(scores={"brf": 1}, points=[1, 0, 1, 2]), "out_of_range", "points[3]"),
        (line(scores={"brf": 1}, points=[1, 0, True, 0]), "wrong_type", "points[2]"),
        (line(points=[1, 0, 1, 0]), "without_score", "points"),
        (line(scores={"brf": None}, points=[1, 0, 1, 0]), "without_score", "points"),
        (line(flags={"cns_edit": ["edge_seam"]}), "without_score", "flags.cns_edit"),
        (line(flags={"seams": []}), "unknown_concept", "flags.seams"),
        (line(flags={"veq_clarity": "blurred"}), "wrong_type", "flags.veq_clarity"),
        (line(flags={"veq_clarity": ["blurred", ""]}), "blank_text", "flags.veq_clarity[1]"),
        (split_row("Logo", veq_text=1), "wrong_type", "subtask"),
        (split_row("subtask_3", veq_text=1), "out_of_range", "subtask"),
        (split_row(1, cns_edit_consistency=0), "out_of_range", "cns_edit_consistency"),
        (split_row(1, brf_overall_score=-2), "out_of_range", "brf_overall_score"),
        ({"model": "acme", "task_id": "digital-001", "veq_text": 1}, "missing_key", "deliverable"),
        ('{"model": "acme", "scores": {"brf": NaN}}', "bad_json", ""),
        ("[1, 2]", "wrong_type", ""),
    ],
)
def test_a_faulty_line_is_refused_with_its_number_and_field_and_the_rest_goes_on(project, tmp_path, faulty, code, field):
    job = import_lines(project, tmp_path, line(2), faulty)

    [refused] = job.lines.filter(outcome="rejected")
    assert (refused.file, refused.line, refused.code, refused.field) == ("scores.jsonl", 2, code, field)
    assert counts(job) == {"created": 1, "rejected": 1}
    assert values_of(project) == {(2, "veq_clarity"): 4}


def test_refusals_say_what_was_found_and_what_is_wanted(project, tmp_path):
    job = import_lines(
        project, tmp_path, line(1, scores={"brf": 1}, points=[1]), line(2, scores={"cns_edit": 0}), line(model="nobody"), line(2)
    )

    assert [row.reason for row in job.lines.filter(outcome="rejected").order_by("line")] == [
        "1 points told; the task has 4 evaluation points.",
        "0.0; from 1 to 5 wanted.",
        "The project has no images of nobody; it has some of acme.",
    ]


def test_of_two_lines_about_the_same_image_the_first_counts(project, tmp_path):
    job = import_lines(project, tmp_path, line(1), line(1), line(1, scores={"veq_clarity": 1}))

    assert counts(job) == {"created": 1, "rejected": 1}
    assert problems(job) == [
        ("rejected", "conflicting_labels", "acme/digital-001/1"),
        ("warning", "duplicate_labels", "acme/digital-001/1"),
    ]
    assert values_of(project) == {(1, "veq_clarity"): 4}


def test_a_file_of_two_rubrics_is_refused_whole(project, tmp_path):
    before = dump_tables()

    job = import_lines(project, tmp_path, line(1), line(2, scores={"p_accept": 0.5}))

    assert job.state == "failed"
    assert job.error_text == (
        "scores.jsonl, acme/digital-001/2: p_accept and other scores are told by two judges, so by two files; line 1 has the other kind."
    )
    assert dump_tables() == before


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "No score can be read here"),
        (json.dumps({"model": "a", "task_id": "b", "annotations": {}}), "These are labels"),
        (json.dumps({"model_version": "a", "p_accept": 0.5}), "These are suggestions"),
    ],
)
def test_a_file_of_something_else_says_what_it_is(project, tmp_path, content, said):
    job = import_lines(project, tmp_path, content)

    assert job.state == "failed"
    assert said in job.error_text
    assert not Judge.objects.exists()


def test_a_file_of_which_nothing_can_be_kept_makes_no_judge(project, tmp_path):
    job = import_lines(project, tmp_path, line(model="nobody"), line(sample=2))

    assert counts(job) == {"rejected": 2}
    assert not Judge.objects.exists()


@pytest.mark.parametrize("name", ["", "  ", "x" * 81])
def test_a_judge_needs_a_name_that_fits(project, tmp_path, name):
    job = import_lines(project, tmp_path, line(1), judge=name)

    assert job.state == "failed"
    assert job.error_text.startswith("judge: ")


@pytest.mark.parametrize("is_new", [False, True])
def test_a_dry_run_tells_what_would_happen_and_writes_nothing(project, tmp_path, is_new):
    import_lines(project, tmp_path, line(1))
    before = dump_tables()

    job = import_lines(project, tmp_path, line(1, scores={"veq_clarity": 1}), line(2), dry_run=True, new_version=is_new)

    assert counts(job) == ({"created": 2} if is_new else {"created": 1, "conflict": 1})
    assert dump_tables() == before


def test_more_lines_than_one_transaction_takes_are_all_kept_with_their_bundles_whole(project, tmp_path):
    lines = []
    # 199 and 200 lines of two bundles fit one transaction of 500, the third bundle of 200 does not.
    for number, quantity in ((11, 199), (12, 200), (13, 200)):
        make_scored_bundle(project, f"digital-{number:03d}", quantity=quantity)
        lines += [line(k, f"digital-{number:03d}", {"brf": 3, "veq_text": 1}) for k in range(1, quantity + 1)]

    job = import_lines(project, tmp_path, *reversed(lines))

    assert AT_ONCE == 500
    assert counts(job) == {"created": 599}
    assert job.result["units"] == 2
    # One score per image, and one of brief following per bundle.
    assert Score.objects.count() == 599 + 3


def test_an_archived_project_takes_no_scores(project, tmp_path):
    project.archived_at = project.created_at
    project.save(update_fields=["archived_at"])

    status, _output, message = run_command("scores", write_lines(tmp_path, line(1)), project, "--judge", "outside")

    assert status == 1
    assert "archived" in message


def test_the_command_says_what_is_wrong_with_file_line_record_and_field(project, tmp_path):
    path = write_lines(tmp_path, line(1), line(2, scores={"cns_edit": 0}))

    status, output, _message = run_command("scores", path, project, "--judge", "outside")
    told = run_command("scores", path, project, "--judge", "outside", "--json", "--dry-run")[1]

    assert status == 3
    assert "done: 1 created, 0 updated, 0 unchanged, 1 rejected, 0 conflict" in output
    assert "rejected scores.jsonl:2 acme/digital-001/2 scores.cns_edit 0.0; from 1 to 5 wanted." in output
    assert json.loads(told)["counts"]["unchanged"] == 1


def test_the_page_shows_what_is_read(tmp_path):
    project = make_project(slug="posters")
    for task_id in ("digital-001", "digital-002"):
        make_scored_bundle(project, task_id, generator="gpt-image-1")
    blocks = [block.split("```")[0] for block in PAGE.split("```json\n")[1:]]
    path = write_lines(tmp_path, *(text for block in blocks for text in block.splitlines()))

    status, output, _message = run_command("scores", path, project, "--judge", "gpt-5-mini")

    assert status == 0
    assert len(blocks) == 2
    assert output.strip() in PAGE
    assert list_scores(project, "gpt-5-mini") == {
        ("gpt-image-1", "digital-001", None, None, "brf"): 3.75,
        ("gpt-image-1", "digital-001", None, None, "cns_set"): 4,
        **{
            ("gpt-image-1", task_id, number, 1, concept): value
            for task_id, number, told in [
                ("digital-001", 1, {"veq_clarity": 4.5, "veq_realism": 4, "veq_aesthetic": 3.5, "veq_text": None}),
                ("digital-001", 2, {"veq_clarity": 4, "veq_realism": 4, "veq_aesthetic": 3, "veq_text": 2}),
                ("digital-002", 1, {"veq_clarity": 4, "veq_realism": 4.5, "veq_aesthetic": 3.5, "veq_text": None, "cns_edit": None}),
                ("digital-002", 2, {"veq_clarity": 3, "veq_realism": 4.5, "veq_aesthetic": 3, "veq_text": None, "cns_edit": None}),
            ]
            for concept, value in told.items()
        },
        ("gpt-image-1", "digital-002", None, None, "brf"): 2.5,
        ("gpt-image-1", "digital-002", 1, 1, "cns_set"): 3.5,
        ("gpt-image-1", "digital-002", 2, 1, "cns_set"): 2.5,
    }


def test_a_task_without_points_takes_none(tmp_path):
    project = make_project()
    make_scored_bundle(project, points=0)

    job = import_lines(project, tmp_path, line(1, scores={"brf": None}, points=[]), line(2, scores={"brf": None}))

    assert counts(job) == {"created": 2}
    assert values_of(project) == {(None, "brf"): None}


def test_tasks_of_other_projects_are_not_scored(project, tmp_path):
    make_task(make_project(), external_id="digital-500")

    assert problems(import_lines(project, tmp_path, line(1, "digital-500")))[0][1] == "unknown_task"


def test_an_imported_score_says_which_task_and_pictures_it_is_about(project, tmp_path):
    import_lines(project, tmp_path, line(1, scores={"brf": 2.5, "veq_clarity": 4}))

    own, shared = Score.objects.get(concept="veq_clarity"), Score.objects.get(concept="brf")

    pictures = [(row.pk, row.image.sha256) for row in Candidate.objects.filter(bundle=shared.bundle).select_related("image")]
    assert (own.task_version, own.pictures, own.image) == (1, "", own.candidate.image)
    assert (shared.task_version, shared.pictures) == (1, hash_pictures(pictures))
    assert len(pictures) == 2


def test_scores_of_a_bundle_come_anew_once_a_picture_of_it_is_withdrawn(project, tmp_path):
    told = line(1, scores={"brf": 2.5, "veq_clarity": 4})
    import_lines(project, tmp_path, told)
    second = Candidate.objects.filter(project=project, deliverable__number=2)
    second.update(state="withdrawn", q_state=6, reason="no")

    job = import_lines(project, tmp_path, told)

    assert counts(job) == {"updated": 1}
    present = Score.objects.current().get(concept="brf")
    assert present.pictures == read_present(present.bundle).pictures
    assert Score.objects.filter(concept="veq_clarity").count() == 1
