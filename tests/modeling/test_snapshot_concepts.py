"""Where a snapshot takes the targets of concepts from, and what stands beside them for baselines."""

import uuid

import pytest

from judging.models import Score
from labeling.jobs.context import JobFailed
from modeling.models import Snapshot
from modeling.snapshots.concepts import ask_people
from modeling.snapshots.read import read_targets
from tests.factories import answer_as, make_person, make_project
from tests.judging.made_scores import keep_brf, keep_pay, keep_quality, keep_set, make_judge_row
from tests.labeling.raw_rows import update
from tests.modeling.made_snapshot import decide, draw_image, freeze, key_of, write_candidate, write_order, write_pictured

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def model_root(settings, tmp_path):
    settings.MODEL_ROOT = tmp_path


def make_pair(project):
    """A bundle of two images, one decided."""
    bundle = write_pictured(write_order(project, quantity=2))
    candidates = list(bundle.candidates.select_related("project").order_by("pk"))
    decide(candidates[0])
    return bundle, candidates


def formula(project, candidate, value=2.0, concept="veq_clarity"):
    """A score of the formulas."""
    judge = project.judges.filter(rubric="classical").first() or make_judge_row(project, "measures", rubric="classical", backend="code")
    about = {"bundle": candidate.bundle, "candidate": candidate, "image_id": candidate.image_id, "task_version": 1}
    Score.objects.create(judge=judge, part="measures", concept=concept, value=value, inputs="x", **about)
    return judge


def answers(*reasons):
    """Counted answers; None is an accept, a list the reasons of a reject."""
    return [{"verdict": "accept" if why is None else "reject", "reasons": why or []} for why in reasons]


def test_targets_of_people_are_the_share_of_answers_that_do_not_name_a_concept():
    said = ask_people(answers(None, ["blurry", "set_differs"], ["blurry", "other"]), is_editing=False, quantity=2)

    # Two of three name clarity: 5 * (1 - 2/3). One of three names the set, which has four points from 1 to 5: 5 - 4/3.
    assert said.concepts == pytest.approx(
        {"brf": 5, "veq_clarity": 5 / 3, "veq_realism": 5, "veq_aesthetic": 5, "veq_text": 5, "cns_set": 11 / 3}
    )
    assert said.not_applicable == {"cns_edit"}


def test_a_reject_without_a_reason_says_nothing_of_concepts():
    assert ask_people(answers([], ["bad_text"]), is_editing=True, quantity=1).concepts["veq_text"] == 0
    assert ask_people(answers([], []), is_editing=True, quantity=1).concepts == {}


def test_people_teach_from_the_answers_that_count():
    project = make_project()
    candidate = write_candidate(write_order(project))
    for reasons in (("blurry",), ("brief_missed", "blurry")):
        answer_as(make_person(project), candidate, "reject", reasons=reasons)

    snapshot, records = freeze(project, concepts="people")

    record = records[key_of(candidate)]
    assert record.concepts == {"brf": 2.5, "veq_clarity": 0, "veq_realism": 5, "veq_aesthetic": 5, "veq_text": 5}
    assert record.not_applicable == {"cns_edit", "cns_set"}
    assert read_targets(snapshot)["brf"] == {"source": "people", "is_formula": False}
    assert set(read_targets(snapshot)) == set(record.concepts)


def test_scores_of_a_bundle_are_those_of_each_of_its_images_and_what_does_not_apply_is_no_target():
    project = make_project()
    judge = make_judge_row(project)
    bundle, (first, second) = make_pair(project)
    keep_brf(judge, bundle, [[1, 0], [1, 0]])
    keep_quality(judge, bundle, first.pk, clarity=2, text=1)
    keep_quality(judge, bundle, second.pk, text=None)
    keep_set(judge, bundle, [3, 4])

    snapshot, records = freeze(project)

    one, other = records[key_of(first)], records[key_of(second)]
    # One of two points is met by any image: 5 / 2. The set has the mean of 3 and 4.
    assert one.concepts == {"brf": 2.5, "veq_clarity": 2, "veq_realism": 5, "veq_aesthetic": 3, "veq_text": 1, "cns_set": 3.5}
    assert (other.concepts["brf"], other.concepts["cns_set"]) == (2.5, 3.5)
    assert ("veq_text" in other.concepts, other.not_applicable) == (False, {"veq_text"})
    assert one.judged["alpha 1/veq_clarity"] == 2
    assert read_targets(snapshot)["brf"] == {"source": "judge: alpha 1", "is_formula": False}
    assert snapshot.counts["concepts"] == {"brf": 2, "cns_set": 2, "veq_aesthetic": 2, "veq_clarity": 2, "veq_realism": 2, "veq_text": 1}


def test_scores_about_another_picture_teach_nothing():
    project = make_project()
    judge = make_judge_row(project)
    bundle, (first, second) = make_pair(project)
    keep_brf(judge, bundle, [[1, 1], [1, 1]])
    keep_quality(judge, bundle, first.pk)
    keep_quality(judge, bundle, second.pk)
    update(second, image=draw_image())

    _snapshot, records = freeze(project)

    assert set(records[key_of(first)].concepts) == {"veq_clarity", "veq_realism", "veq_aesthetic"}
    assert records[key_of(second)].concepts == {}


def test_where_nobody_chose_a_model_teaches_before_imported_scores_and_those_before_formulas():
    project = make_project()
    bundle, (first, _second) = make_pair(project)
    sources = []

    for judge in (
        formula(project, first),
        make_judge_row(project, "elsewhere", backend="imported"),
        make_judge_row(project, "model", backend="openai"),
    ):
        if judge.rubric != "classical":
            keep_quality(judge, bundle, first.pk)
        sources.append(read_targets(freeze(project)[0])["veq_clarity"])

    assert sources == [
        {"source": "judge: measures 1", "is_formula": True},
        {"source": "judge: elsewhere 1", "is_formula": False},
        {"source": "judge: model 1", "is_formula": False},
    ]


def test_a_judge_that_was_only_tried_out_teaches_nothing_while_another_has_more(monkeypatch):
    monkeypatch.setattr("modeling.snapshots.concepts.FEWEST_LABELS", 3)
    project = make_project()
    scored = [make_pair(project) for _ in range(2)]
    imported, tried = make_judge_row(project, "elsewhere", backend="imported"), make_judge_row(project, "model", backend="openai")
    for bundle, (first, _second) in scored:
        keep_quality(imported, bundle, first.pk)
    bundle, (first, second) = scored[0]

    # An image and its bundle, against two of each; then two images.
    keep_quality(tried, bundle, first.pk)
    before = read_targets(freeze(project)[0])["veq_clarity"]["source"]
    keep_quality(tried, bundle, second.pk)
    after = read_targets(freeze(project)[0])["veq_clarity"]["source"]

    assert (before, after) == ("judge: elsewhere 1", "judge: model 1")


def test_a_lead_names_the_judge_or_nobody():
    project = make_project()
    bundle, (first, _second) = make_pair(project)
    judge, other = make_judge_row(project, "one"), make_judge_row(project, "other")
    keep_quality(judge, bundle, first.pk, clarity=1)
    keep_quality(other, bundle, first.pk, clarity=4)

    named = freeze(project, concepts=f"judge:{other.public_id}")[1][key_of(first)]
    nobody, records = freeze(project, concepts="none")

    assert named.concepts["veq_clarity"] == 4
    assert (records[key_of(first)].concepts, read_targets(nobody)) == ({}, {})
    assert records[key_of(first)].judged["one 1/veq_clarity"] == 1
    assert Snapshot.objects.count() == 2


def test_a_judge_of_another_project_cannot_teach():
    project = make_project()
    make_pair(project)
    stranger = make_judge_row(make_project())

    for judge in (stranger.public_id, uuid.uuid4()):
        with pytest.raises(JobFailed, match="not in this project"):
            freeze(project, concepts=f"judge:{judge}")


def test_a_judge_asked_straight_out_is_a_baseline_and_no_target():
    project = make_project()
    bundle, (first, _second) = make_pair(project)
    keep_pay(make_judge_row(project, "direct", rubric="pay_direct"), bundle, first.pk, 0.7)

    _snapshot, records = freeze(project)

    record = records[key_of(first)]
    assert (dict(record.judged), dict(record.concepts)) == ({"p_accept": 0.7}, {})
