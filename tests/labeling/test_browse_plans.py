"""No statement behind the list of candidates reads a whole table, whatever is looked for."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from labeling.browse import few, orders
from labeling.browse.find import find_first, find_neighbours, find_page
from labeling.browse.orders import ORDERS
from labeling.browse.rows import load_rows, read_table
from labeling.browse.wanted import Wanted, narrow
from labeling.models import Candidate
from tests.factories import make_user
from tests.labeling.large_project import make_large_project
from tests.labeling.query_plans import measure_work, watch_plans
from tests.labeling.test_queue_plans import forget_statistics

pytestmark = pytest.mark.django_db


def list_everything(people):
    """One filter of each kind, rare and frequent."""
    today = timezone.localdate()
    yield from (Wanted(), Wanted(state="settled"), Wanted(state="held"), Wanted(decision="accept"), Wanted(decision="none"))
    yield from (
        Wanted(how="adjudication"),
        Wanted(generator="ink"),
        Wanted(agreement="agreed"),
        Wanted(agreement="disputed"),
        Wanted(round=2),
    )
    yield from (Wanted(category="Digital"), Wanted(category="Portrait"), Wanted(task="digital"), Wanted(task="no such"))
    yield from (Wanted(flag=True), Wanted(surplus=True), Wanted(reason="client"), Wanted(person=people[0].username))
    yield from (
        Wanted(pair="any"),
        Wanted(pair="different", week=today - timedelta(days=today.weekday())),
        Wanted(exposure="mixed", price="high"),
        Wanted(exposure="assisted", guideline="1"),
    )
    yield from (Wanted(pair="equal", person=people[0].username, other=people[1].username, guideline="none"),)
    yield from (Wanted(arm="treated", pair="different"), Wanted(version="v1", policy="measured"), Wanted(check="audit_against"))
    yield from (Wanted(person=people[59].username), Wanted(since=today, until=today), Wanted(until=today - timedelta(days=9)))


def test_no_filter_joins_other_tables_to_the_candidates_it_looks_at():
    # A join may be begun from its other end: measured, PostgreSQL went from all tasks whose name matched to all their candidates.
    people = [make_user() for _ in range(60)]

    queries = [narrow(Candidate.objects.all(), wanted).query for wanted in list_everything(people)]

    joined = {alias for query in queries for alias, uses in query.alias_refcount.items() if uses}
    assert joined == {"labeling_candidate"}


def look_at_little(monkeypatch):
    """The bounds in proportion: of 20,000 candidates PostgreSQL rightly reads the whole table to find 5,000, of three million not."""
    monkeypatch.setattr(orders, "PIECES", (50, 100))
    monkeypatch.setattr(few, "FEW", 200)
    monkeypatch.setattr(few, "FEW_PARENTS", 20)


@pytest.mark.parametrize("is_analyzed", [True, False], ids=["with statistics", "without statistics"])
def test_no_filter_and_no_page_reads_a_whole_table(is_analyzed, monkeypatch):
    look_at_little(monkeypatch)
    project, people = make_large_project()
    if not is_analyzed:
        forget_statistics()
    order, middle = ORDERS["change"], Candidate.objects.filter(project=project).order_by("pk")[5000]

    with watch_plans() as watch:
        for wanted in list_everything(people):
            page = find_page(project, wanted, order)
            find_page(project, wanted, order, before=order.keys([middle.pk])[0])
            find_neighbours(project, wanted, order, middle)
            find_first(project, wanted, order)
            load_rows(page.ids)

    assert not watch.scans, "\n".join(map(str, watch.scans))
    assert len(watch.seen) > 40


def test_pages_deep_inside_cost_what_the_first_one_costs():
    project, _people = make_large_project()
    order = ORDERS["change"]
    moments = [f"UPDATE labeling_candidate SET state_changed_at = {shifted()} WHERE project_id = %s"]
    with connection.cursor() as cursor:
        cursor.execute(moments[0], [project.pk])
    deep = order.keys([Candidate.objects.filter(project=project).order_by("pk")[1000].pk])[0]

    first, first_work = measure_work(lambda: find_page(project, Wanted(), order))
    later, deep_work = measure_work(lambda: find_page(project, Wanted(), order, after=deep))

    assert len(first.ids) == len(later.ids) == 50
    # A page read by OFFSET would cost 19,000 rows more than the first.
    assert deep_work < 2 * first_work + 100


def shifted():
    """SQL for a moment of its own for each candidate."""
    if connection.vendor == "sqlite":
        return "strftime('%%Y-%%m-%%d %%H:%%M:%%S', '2026-01-01', '+' || (id %% 100000) || ' seconds')"
    return "timestamptz '2026-01-01' + (id %% 100000) * interval '1 second'"


def test_the_file_is_read_in_pages_of_which_none_is_whole(monkeypatch):
    look_at_little(monkeypatch)
    monkeypatch.setattr("labeling.browse.rows.AT_ONCE", 50)
    project, _people = make_large_project()

    with watch_plans() as watch:
        table = read_table(project, Wanted(state="settled"), ORDERS["change"])
        rows = [next(table) for _ in range(300)]

    assert len({row[0] for row in rows}) == 300
    assert not watch.scans, "\n".join(map(str, watch.scans))
