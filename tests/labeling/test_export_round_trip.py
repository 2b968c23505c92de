"""A `servimage` export, imported into a project with the same tasks and no labels, gives the same decisions."""

from io import StringIO

import pytest
from django.core.management import call_command

from labeling.generators import KNOWN_GENERATORS
from labeling.models import Decision
from tests.factories import adjudicate_as, answer_as, make_bundle, make_generator, make_project, make_task
from tests.labeling.exporting import enter_queue, export, make_queued, make_team

pytestmark = pytest.mark.django_db

TASKS = [("portrait-001", "Portrait", 1), ("product-002", "Product", 3), ("digital-003", "Digital", 12)]


def make_tasks(project):
    return [make_task(project, quantity, external_id=task_id, category=category) for task_id, category, quantity in TASKS]


def decide_all(project, generators):
    """Decide every deliverable of every task by every generator, every fifth of them by a third person; one more task stays open."""
    team = make_team(project, 3)
    number = 0
    for task in make_tasks(project):
        for generator in generators:
            for candidate in enter_queue(make_bundle(task, generator)):
                number += 1
                verdict, other = ("accept", "reject") if number % 3 else ("reject", "accept")
                answer_as(team[0], candidate, verdict)
                answer_as(team[1], candidate, verdict if number % 5 else other)
                if number % 5 == 0:
                    adjudicate_as(team[2], candidate, verdict)
    make_queued(project, 2, generators[0])


def read_decisions(project):
    """The verdict by generator, task and deliverable."""
    rows = Decision.objects.current().filter(candidate__project=project)
    place = ("candidate__bundle__generator__slug", "candidate__bundle__task__external_id", "candidate__deliverable__number")
    return {tuple(key): verdict for *key, verdict in rows.values_list(*place, "verdict")}


@pytest.mark.parametrize("with_images", [False, True])
def test_importing_an_export_gives_the_same_decisions(with_images, tmp_path):
    generators = [make_generator(slug=known.slug, display_name=known.name) for known in KNOWN_GENERATORS[:4]]
    project, other = make_project(), make_project()
    decide_all(project, generators)
    tasks = make_tasks(other)
    if with_images:
        for task in tasks:
            for generator in generators:
                enter_queue(make_bundle(task, generator))

    data, manifest = export(project, "servimage", tmp_path / "first")
    call_command("import_labels", tmp_path / "first" / "servimage.jsonl", project=other.slug, stdout=StringIO())
    again, _manifest = export(other, "servimage", tmp_path / "second")

    # 4 generators times 16 deliverables; the open task is not among them.
    assert len(read_decisions(other)) == 64
    assert read_decisions(other) == read_decisions(project)
    assert set(Decision.objects.filter(candidate__project=other).values_list("how", flat=True)) == {"imported"}
    assert (manifest["rows"], manifest["counts"]["incomplete"]) == (12, 1)
    assert again == data
