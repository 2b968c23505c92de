"""The cache of image statistics: measured once, after an import by itself, and anew where what it is about changed."""

from dataclasses import replace

import numpy as np
import pytest
from django.core.files.storage import default_storage

from labeling.data_in import after_import
from labeling.data_in.read_version import find_images, parse_document
from labeling.data_in.write_task import rewrite_task
from labeling.image_store import original_name
from labeling.jobs.run import run_job
from labeling.models import Job
from modeling import feature_job, feature_store
from modeling.feature_job import FEATURES, ask_for_features
from modeling.feature_store import stored_features
from modeling.models import FeatureRow
from modeling.net import features
from modeling.net.features import NAMES
from modeling.snapshots.examples import load_examples
from tests.factories import make_project
from tests.labeling.importing import counts, run_import
from tests.labeling.material import make_folder, make_picture
from tests.labeling.raw_rows import update
from tests.modeling.made_snapshot import draw_image, write_candidate, write_order, write_pictured

pytestmark = pytest.mark.django_db


@pytest.fixture
def measured(monkeypatch):
    """The keys of the examples that were measured, in order; each as often as it was."""
    found = []
    real = features.extract

    def extract(examples):
        found.extend(example.key for example in examples)
        return real(examples)

    monkeypatch.setattr(features, "extract", extract)
    features.forget()
    return found


def load(*candidates):
    return load_examples([candidate.pk for candidate in candidates])


def run_queued(project):
    """Do the jobs that wait, one after the other; how each ended, and its result."""
    ended = []
    while (job := Job.objects.filter(project=project, state="queued").order_by("pk").first()) is not None:
        run_job(job.pk)
        job.refresh_from_db()
        ended.append((job.kind, job.state, job.result))
    return ended


def test_what_is_measured_is_kept_and_read_back_in_the_order_asked_for(measured):
    project = make_project()
    candidates = [write_candidate(write_order(project, draw_image())) for _ in range(3)]
    examples = load(*candidates)

    first = stored_features(examples)
    again = stored_features(examples[::-1])

    assert first.shape == (3, len(NAMES))
    assert first.dtype == np.float32
    np.testing.assert_array_equal(again, first[::-1])
    assert not np.isnan(first).all(axis=1).any()
    assert measured == [example.key for example in examples]
    assert FeatureRow.objects.count() == 3


def test_a_new_picture_a_new_brief_and_a_new_sibling_are_measured_anew(measured):
    project = make_project()
    task = write_order(project, quantity=2)
    one, other = write_pictured(task).candidates.select_related("project").order_by("pk")
    alone = write_candidate(write_order(project))
    before = stored_features(load(one, other, alone))
    measured.clear()

    update(one, image=draw_image())
    after = stored_features(load(one, other, alone))
    # The other one of the set stands beside another picture now.
    assert measured == [str(row.public_id) for row in (one, other)]
    measured.clear()
    document = task.versions.get().document
    rewrite_task(task, replace(parse_document(document), brief="Black and white."), find_images(document), None)
    stored_features(load(one, other, alone))

    assert measured == [str(row.public_id) for row in (one, other)]
    assert FeatureRow.objects.count() == 3
    assert not np.array_equal(before[0], after[0], equal_nan=True)
    np.testing.assert_array_equal(before[2], after[2])


def test_another_version_of_the_extractor_measures_anew(measured, monkeypatch):
    [example] = load(write_candidate(write_order(make_project())))
    stored_features([example])

    monkeypatch.setattr(features, "EXTRACTOR_VERSION", features.EXTRACTOR_VERSION + 1)
    stored_features([example])

    assert measured == [example.key] * 2


def test_what_is_of_no_candidate_is_measured_and_not_kept(measured):
    [example] = load(write_candidate(write_order(make_project())))
    strangers = [replace(example, key="poster.png"), replace(example, key="5f0c4e4e-6d0b-4d0e-9a39-6a3c2f1a0000")]

    found = stored_features(strangers)

    assert measured == [stranger.key for stranger in strangers]
    np.testing.assert_array_equal(found[0], found[1])
    assert not FeatureRow.objects.exists()


def test_a_lost_picture_is_told_nothing_of_and_looked_for_again(measured):
    candidate = write_candidate(write_order(make_project()))
    image = candidate.image
    names = [f"derived/screen/{image.sha256[:2]}/{image.sha256}.jpg", original_name(image.sha256, image.format)]
    kept = {name: default_storage.open(name).read() for name in names}
    for name in names:
        default_storage.delete(name)
    examples = load(candidate)

    lost = stored_features(examples)
    for name, data in kept.items():
        with default_storage.open(name, "wb") as file:
            file.write(data)
    features.forget()
    found = stored_features(examples)

    assert np.isnan(lost).all()
    assert not np.isnan(found).all()
    assert measured == [examples[0].key] * 2
    assert FeatureRow.objects.count() == 1


@pytest.fixture
def delivered(tmp_path):
    """A folder of candidates of one generator for two tasks, and the project that has them."""
    project = make_project()
    tasks = [write_order(project) for _ in range(2)]
    files = {
        f"gpt-image-1/{task.external_id}/1.png": make_picture(40, 30, color=(number * 90, 20, 200)) for number, task in enumerate(tasks)
    }
    make_folder(tmp_path, files)
    return project, tmp_path, files


def test_an_import_has_its_pictures_measured_and_the_next_look_measures_nothing(delivered, measured):
    project, folder, _files = delivered

    assert counts(run_import(project, "candidates", folder)) == {"created": 2}
    ended = run_queued(project)
    stored_features(load(*project.candidates.all()))

    assert ended == [(FEATURES, "done", {"seen": 2, "measured": 2})]
    assert len(measured) == 2


def test_an_import_that_replaces_a_picture_has_that_one_measured_again(delivered, measured):
    project, folder, files = delivered
    run_import(project, "candidates", folder)
    run_queued(project)
    keys = set(FeatureRow.objects.values_list("key", flat=True))

    make_folder(folder, {min(files): make_picture(40, 30, color=(3, 200, 3))})
    run_import(project, "candidates", folder)

    assert run_queued(project) == [(FEATURES, "done", {"seen": 2, "measured": 1})]
    assert len(measured) == 3
    assert len(keys & set(FeatureRow.objects.values_list("key", flat=True))) == 1


def test_a_dry_run_measures_nothing_and_two_imports_wait_for_one_job(delivered):
    project, folder, _files = delivered

    run_import(project, "candidates", folder, dry_run=True)
    asked = Job.objects.filter(kind=FEATURES).count()
    for _ in range(2):
        run_import(project, "candidates", folder)

    assert (asked, Job.objects.filter(kind=FEATURES).count()) == (0, 1)


def test_what_fails_after_an_import_does_not_fail_it(delivered, monkeypatch, caplog):
    project, folder, _files = delivered

    def fail(project):
        raise RuntimeError(f"no more of {project.slug}")

    monkeypatch.setattr(after_import, "AFTER_IMPORT", [fail, ask_for_features])

    assert counts(run_import(project, "candidates", folder)) == {"created": 2}
    assert "fail failed after an import" in caplog.text
    assert Job.objects.filter(kind=FEATURES).count() == 1


def test_a_long_job_lets_others_have_their_turn_and_goes_on_where_it_was(measured, monkeypatch):
    project = make_project()
    candidates = [write_candidate(write_order(project)) for _ in range(5)]
    monkeypatch.setattr(feature_job, "PAGE", 2)
    monkeypatch.setattr(feature_job, "TURN_S", 0.0)
    ask_for_features(project)

    ended = run_queued(project)

    assert [result for _kind, _state, result in ended] == [{"seen": number, "measured": number} for number in (2, 2, 1)]
    assert measured == [str(row.public_id) for row in candidates]


def test_a_job_that_somebody_cancels_keeps_what_it_has(measured, monkeypatch):
    project = make_project()
    for _ in range(3):
        write_candidate(write_order(project))
    monkeypatch.setattr(feature_job, "PAGE", 1)
    ask_for_features(project)
    real = feature_store.stored_features

    def cancel_after(examples):
        Job.objects.update(cancel_requested=True)
        return real(examples)

    monkeypatch.setattr(feature_store, "stored_features", cancel_after)

    assert run_queued(project) == [(FEATURES, "cancelled", {"seen": 1, "measured": 1})]
    assert FeatureRow.objects.count() == 1
