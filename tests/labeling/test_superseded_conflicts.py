"""A change that waits for the lead is over once a newer import settled the matter."""

from __future__ import annotations

import pytest

from labeling.models import Assignment, ImportConflict
from tests.factories import lease_for, make_person, make_project
from tests.labeling.importing import make_candidates, make_small_bench, run_import

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(tmp_path):
    """A project with the small benchmark and one bundle of its first task, one candidate of which somebody holds."""
    project = make_project()
    run_import(project, "bench", make_small_bench(tmp_path / "first", brief="one"))
    run_import(project, "candidates", make_candidates(tmp_path / "candidates", "acme/product-001"))
    candidate = project.candidates.select_related("project").earliest("pk")
    lease_for(make_person(project), candidate)
    return project


def give_back(project) -> None:
    """Nobody holds anything any more."""
    Assignment.objects.filter(project=project).update(status="released", lease_until=None)


def test_a_newer_brief_written_directly_closes_the_older_change(project, tmp_path):
    run_import(project, "bench", make_small_bench(tmp_path / "second", brief="two"))
    give_back(project)

    run_import(project, "bench", make_small_bench(tmp_path / "third", brief="three"))

    assert project.tasks.get(external_id="product-001").brief == "three"
    assert [row.state for row in ImportConflict.objects.all()] == ["dismissed"]


def test_a_change_that_was_taken_back_at_its_source_waits_no_longer(project, tmp_path):
    run_import(project, "bench", make_small_bench(tmp_path / "second", brief="two"))

    run_import(project, "bench", make_small_bench(tmp_path / "again", brief="one"))

    assert [row.state for row in ImportConflict.objects.all()] == ["dismissed"]


def test_an_image_that_came_back_waits_no_longer(project, tmp_path):
    run_import(project, "candidates", make_candidates(tmp_path / "other", "acme/product-001", color=9))
    assert ImportConflict.objects.filter(state="open").count() == 1

    run_import(project, "candidates", make_candidates(tmp_path / "back", "acme/product-001"))

    assert not ImportConflict.objects.filter(state="open").exists()
