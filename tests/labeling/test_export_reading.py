"""How exports read: whole bundles a page, few statements, and from the rows what the log would say."""

import gc
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from labeling.among import Ids
from labeling.data_out import as_of, assignments
from labeling.data_out.as_of import read_pages
from labeling.data_out.columns import Parsed
from labeling.data_out.formats import FORMATS
from labeling.jobs.collect import ALLOCATIONS, collecting_rarely
from labeling.models import Answer, Candidate, Event
from labeling.moment import Moment
from tests.factories import answer_as, make_bundle, make_project, make_task
from tests.labeling.export_stage import CHANGES, Stage, adjudicate, edit, undo, void, withdraw
from tests.labeling.exporting import enter_queue, export, make_queued, make_team, newest_event, read_lines

pytestmark = pytest.mark.django_db


def touch_all(project):
    """Log something after the cut-off for every candidate, so that nothing is taken from a row any more."""
    for candidate in Candidate.objects.filter(project=project):
        Event.objects.create(
            project=project, candidate=candidate, kind="flag_answered", candidate_state=candidate.state, round=candidate.round
        )


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_the_rows_say_what_the_log_says(change, tmp_path):
    stage = Stage()
    change(stage)
    cutoff = newest_event(stage.project)
    from_rows = export(stage.project, "full", tmp_path / "rows", cutoff)

    touch_all(stage.project)

    assert export(stage.project, "full", tmp_path / "log", cutoff) == from_rows


@pytest.mark.parametrize("change", [edit, undo, void, adjudicate, withdraw], ids=lambda change: change.__name__)
def test_a_change_after_the_assignments_were_read_changes_nothing(change, tmp_path, monkeypatch):
    stage = Stage()
    expected = export(stage.project, "full", tmp_path / "before", stage.cutoff)
    plain, acts = assignments.read_statuses, [change]

    def read_statuses(candidate_ids, cutoff):
        while acts:
            acts.pop()(stage)
        return plain(candidate_ids, cutoff)

    monkeypatch.setattr(assignments, "read_statuses", read_statuses)

    assert export(stage.project, "full", tmp_path / "during", stage.cutoff) == expected
    assert not acts


def test_a_candidate_that_came_after_the_cut_off_is_in_no_page():
    project = make_project()
    [before] = make_queued(project)
    cutoff = newest_event(project)
    make_queued(project)

    pages = list(read_pages(project, cutoff))

    assert [candidate.pk for page in pages for bundle in page.bundles for candidate in bundle.candidates] == [before.pk]


def test_a_page_holds_whole_bundles(monkeypatch):
    project = make_project()
    for quantity in (2, 2, 7, 1, 1, 1):
        make_queued(project, quantity)
    make_queued(make_project())
    monkeypatch.setattr(as_of, "PAGE_CANDIDATES", 4)

    pages = list(read_pages(project, newest_event(project)))

    sizes = [[len(bundle.candidates) for bundle in page.bundles] for page in pages]
    assert sizes == [[2, 2], [7], [1, 1, 1]]
    assert [page.size for page in pages] == [4, 7, 3]


def test_pages_go_on_after_any_bundle(monkeypatch):
    project = make_project()
    for quantity in (2, 1, 3):
        make_queued(project, quantity)
    monkeypatch.setattr(as_of, "PAGE_CANDIDATES", 3)
    cutoff = newest_event(project)
    first, *rest = read_pages(project, cutoff)

    again = list(read_pages(project, cutoff, first.last))

    assert [page.bundles for page in again] == [page.bundles for page in rest]


def test_pages_with_pictures_are_smaller(monkeypatch):
    project = make_project()
    for _ in range(3):
        make_queued(project)
    monkeypatch.setattr(as_of, "PAGE_PICTURES", 1)
    cutoff = newest_event(project)

    assert [page.size for page in read_pages(project, cutoff)] == [3]
    assert [page.size for page in read_pages(project, cutoff, pictured=True)] == [1, 1, 1]


@pytest.mark.parametrize("form", ["servimage", "full", "long"])
def test_the_statements_of_a_page_do_not_grow_with_it(form):
    def count(bundles):
        project = make_project()
        team, task = make_team(project), make_task(project, 3)
        for candidate in [one for _ in range(bundles) for one in enter_queue(make_bundle(task))]:
            answer_as(team[0], candidate, "accept")
            answer_as(team[1], candidate, "reject")
        cutoff = newest_event(project)
        with CaptureQueriesContext(connection) as asked:
            [page] = read_pages(project, cutoff)
            FORMATS[form].render(page)
        return len(asked)

    # The last of them finds that there is no further page.
    assert count(1) == count(6) <= 14


def test_ids_find_their_rows():
    project = make_project()
    first, second, third = make_queued(project, 3)

    found = Candidate.objects.filter(pk__among=Ids([third.pk, first.pk, 0])).order_by("pk")

    assert list(found) == [first, third]
    assert not Candidate.objects.filter(pk__among=Ids([])).exists()
    assert set(Event.objects.filter(candidate__among=Ids([second.pk])).values_list("candidate_id", flat=True)) == {second.pk}


@pytest.mark.parametrize(
    "moment", [datetime(2026, 11, 21, 10, 0, 0, 1, tzinfo=UTC), datetime(1969, 12, 31, 23, 59, 59, 999_990, tzinfo=UTC)]
)
def test_a_time_is_read_to_the_microsecond(moment):
    project = make_project()
    event = Event.objects.create(project=project, kind="settings_changed", at=moment)

    assert Event.objects.values_list(Moment("at")).get(pk=event.pk) == (moment,)


def test_cheap_columns_say_what_the_plain_ones_say():
    project = make_project()
    [candidate] = make_queued(project)
    answer_as(make_team(project)[0], candidate, "reject")

    cheap = Answer.objects.values_list(Moment("answered_at"), Moment("shown_at"), Parsed("reasons")).get()

    assert cheap == Answer.objects.values_list("answered_at", "shown_at", "reasons").get()


def test_an_answer_is_exported_with_its_times_to_the_microsecond(tmp_path):
    project = make_project()
    [candidate] = make_queued(project)
    answer_as(make_team(project)[0], candidate, "reject")

    [line] = read_lines(export(project, "full", tmp_path)[0])

    answer = Answer.objects.get()
    said = line["assignments"][0]["answers"][0]["answered_at"]
    assert datetime.fromisoformat(said) == answer.answered_at


def test_garbage_is_looked_for_as_before_once_a_job_has_ended():
    before = gc.get_threshold()

    with collecting_rarely():
        during = gc.get_threshold()

    assert during[0] == ALLOCATIONS > before[0]
    assert gc.get_threshold() == before
    assert gc.get_freeze_count() == 0
