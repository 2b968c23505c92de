"""The project page: states, throughput, agreement and people, each number worked out by hand."""

import csv
import io
import re
import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from labeling.jobs.run import run_here
from labeling.lead.charts import draw_throughput, find_top
from labeling.lead.decided import count_decided
from labeling.lead.people import list_workers
from labeling.lead.states import StateRow, count_states, count_unripe
from labeling.lead.throughput import DayCount, count_days
from labeling.models import Assignment, Candidate, Decision, Export, Job
from labeling.progress import read_progress
from labeling.protocol.edit import undo_answer
from labeling.protocol.hold import hold_candidate, withdraw_candidate
from labeling.protocol.intake import import_decision
from labeling.protocol.reap import promote_ready, reap_due
from labeling.protocol.submission import Submission
from labeling.protocol.submit import submit_answer
from labeling.protocol.void import void_answers
from tests.factories import (
    adjudicate_as,
    answer_as,
    dispute,
    expire,
    lease_for,
    make_bundle,
    make_candidate,
    make_generator,
    make_lead,
    make_person,
    make_project,
    make_task,
)
from tests.labeling.visiting import address, read, visit_as

pytestmark = pytest.mark.django_db


def answer_twice(candidate, first, second):
    """Two new people answer the candidate; returns what came of it."""
    people = make_person(candidate.project), make_person(candidate.project)
    return [answer_as(person, candidate, verdict) for person, verdict in zip(people, (first, second), strict=True)]


def read_csv(response):
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


def test_every_candidate_is_counted_once_under_its_category_and_generator():
    project = make_project()
    lead = make_lead(project)
    ink, oil = make_generator(display_name="Ink"), make_generator(display_name="oil")
    digital, portrait = make_task(project, quantity=3), make_task(project, category="Portrait")
    a, b, c = make_bundle(digital, ink).candidates.order_by("sort")
    make_bundle(digital, oil)
    make_bundle(portrait, ink)
    answer_twice(a, "accept", "accept")
    answer_twice(b, "accept", "reject")
    withdraw_candidate(c.public_id, lead, "not ours")

    table = count_states(project)

    # staged, open, disputed, settled, held, withdrawn
    assert [(group.category.name, group.category.counts) for group in table.groups] == [
        ("Portrait", (0, 1, 0, 0, 0, 0)),
        ("Digital", (0, 3, 1, 1, 0, 1)),
    ]
    assert [(row.name, row.counts) for row in table.groups[1].generators] == [("Ink", (0, 0, 1, 1, 0, 1)), ("oil", (0, 3, 0, 0, 0, 0))]
    assert table.total.counts == (0, 4, 1, 1, 0, 1)
    # One of the six that are not withdrawn is settled: 16.67 %, rounded.
    assert (table.total.total, table.total.needed, table.total.done_percent) == (7, 6, 17)


@pytest.mark.parametrize(
    ("settled", "needed", "percent"),
    # 87.5, 88.9, 33.3 and 66.7 rounded half up; 99.9 and 0.1 are neither all nor none.
    [(7, 8, 88), (8, 9, 89), (1, 3, 33), (2, 3, 67), (999, 1000, 99), (1, 1000, 1), (0, 9, 0), (9, 9, 100), (0, 0, None)],
)
def test_the_share_that_is_settled_is_rounded_and_only_all_are_a_hundred_and_only_none_is_zero(settled, needed, percent):
    # staged, open, disputed, settled, held, withdrawn; withdrawn ones are not needed
    row = StateRow(name="", counts=(0, needed - settled, 0, settled, 0, 4))

    assert (row.needed, row.done_percent) == (needed, percent)


def test_the_states_of_a_project_say_nothing_of_another():
    make_candidate()

    assert count_states(make_project()).total.total == 0


def test_disputes_whose_answers_can_still_be_changed_are_told_apart_with_the_time_they_open():
    project = make_project(undo_minutes=15)
    open_now, later = make_candidate(project), make_candidate(project)
    answer_twice(open_now, "accept", "reject")
    Assignment.objects.filter(candidate=open_now).update(editable_until=timezone.now() - timedelta(minutes=1))
    Candidate.objects.filter(pk=open_now.pk).update(ready_at=timezone.now() - timedelta(minutes=1))
    promote_ready()
    answer_twice(later, "accept", "reject")

    found = count_unripe(project)

    later.refresh_from_db()
    assert (found.count, found.next) == (1, later.ready_at)
    assert "1 of them until its answers can no longer be changed" in read(visit_as(make_lead(project)).get(address("project", project)))


def test_a_day_counts_answers_that_stand_adjudications_and_decisions_made_here():
    candidate = make_candidate()
    project = candidate.project
    dispute(candidate)
    adjudicate_as(make_person(project), candidate, "accept")
    answer_as(make_person(project), make_candidate(project), "reject")
    import_decision(make_candidate(project).pk, "accept", None)

    days = count_days(project)

    # Two primary answers of the dispute and one more; one adjudication; one decision, because imported ones were not made here.
    assert len(days) == 30
    assert days[-1] == DayCount(day=timezone.localdate(), primary=3, adjudications=1, decided=1)
    assert sum(day.answers for day in days) == 4


def test_decisions_are_counted_by_how_they_were_reached_and_those_made_here_by_day():
    project = make_project()
    agreed, old, disputed = (make_candidate(project) for _ in range(3))
    for candidate in (agreed, old, make_candidate()):
        answer_twice(candidate, "accept", "accept")
    answer_twice(disputed, "accept", "reject")
    adjudicate_as(make_person(project), disputed, "accept")
    import_decision(make_candidate(project).pk, "accept", None)
    Decision.objects.filter(candidate=disputed).update(decided_at=timezone.now() - timedelta(days=3))
    Decision.objects.filter(candidate=old).update(decided_at=timezone.now() - timedelta(days=31))

    decided = count_decided(project)

    # Two equal answers are what the others leave; the other project's decision is none of these.
    assert decided.others == {"adjudication": 1, "imported": 1}
    today = timezone.localdate()
    assert decided.per_day == {today: 1, today - timedelta(days=3): 1}


def test_the_page_of_a_project_reads_its_decisions_and_its_answers_by_day_once():
    project = make_project()
    answer_twice(make_candidate(project), "accept", "accept")
    client = visit_as(make_lead(project))

    with CaptureQueriesContext(connection) as queries:
        client.get(address("project", project))

    # Each takes long where there are a million answers; the daily ones are those that cut a time down to its day.
    texts = [query["sql"] for query in queries.captured_queries if query["sql"]]
    assert sum('COUNT("labeling_decision"' in text for text in texts) == 1
    assert sum(all(part in text for part in ('FROM "labeling_assignment"', "truncdate")) for text in texts) == 1


def test_an_answer_counts_on_the_day_it_came_in_and_not_at_all_after_it_was_taken_back():
    project = make_project(undo_minutes=15)
    yesterday, undone = make_person(project), make_person(project)
    answer_as(yesterday, make_candidate(project), "accept")
    Assignment.objects.filter(person=yesterday).update(submitted_at=timezone.now() - timedelta(days=1))
    outcome = answer_as(undone, make_candidate(project), "accept")
    undo_answer(outcome.assignment, undone, outcome.answer, uuid.uuid4())

    days = count_days(project)

    assert [day.primary for day in days[-2:]] == [1, 0]


@pytest.mark.pure
@pytest.mark.parametrize(("most", "top"), [(0, 4), (4, 4), (5, 8), (12, 12), (13, 20), (21, 40), (150, 200), (1001, 1200)])
def test_the_value_axis_ends_at_a_round_number_above_the_highest_bar(most, top):
    assert find_top(most) == top


@pytest.mark.pure
def test_bars_stack_and_reach_as_high_as_the_axis_says():
    today = timezone.localdate()

    chart = draw_throughput([DayCount(day=today, primary=6, adjudications=2, decided=1)])

    # 8 answers fill an axis that ends at 8: from 12 below the top edge to 26 above the lower one, 182 units for 8, 22.75 each.
    primary, adjudication = chart.days[0].bars
    assert (primary.y, primary.height) == (57.5, 136.5)
    assert (adjudication.y, adjudication.height) == (12.0, 45.5)
    assert [tick.value for tick in chart.ticks] == [0, 2, 4, 6, 8]


def test_who_works_counts_what_each_did_today_and_in_all_and_holds_now():
    project = make_project()
    kim, lee = make_person(project, username="kim"), make_person(project, username="lee")
    answer_as(kim, make_candidate(project), "accept")
    answer_as(kim, make_candidate(project), "accept")
    Assignment.objects.filter(pk=Assignment.objects.filter(person=kim).first().pk).update(submitted_at=timezone.now() - timedelta(days=2))
    lease_for(kim, make_candidate(project))

    first, second = list_workers(project)

    assert (first.person, first.today, first.total, first.held) == (kim, 1, 2, 1)
    assert first.last_seen is not None
    assert (second.person, second.today, second.total, second.held, second.last_seen) == (lee, 0, 0, 0, None)


def test_what_counts_and_what_does_not_make_together_what_the_person_sees_as_done():
    project = make_project()
    kim, lead = make_person(project, username="kim"), make_lead(project)
    late, voided = make_candidate(project), make_candidate(project)
    lease = lease_for(kim, late)
    expire(lease)
    reap_due(project.pk)
    answer_twice(late, "accept", "accept")
    submit_answer(lease.public_id, kim, Submission(verdict="accept"), uuid.uuid4())
    answer_as(kim, voided, "accept")
    void_answers(voided.pk, lead, kim.pk, [kim.assignments.get(candidate=voided).pk], "a slip of the mouse")
    answer_as(kim, make_candidate(project), "accept")

    worker = next(worker for worker in list_workers(project) if worker.person == kim)
    page = read(visit_as(lead).get(address("project", project)))

    assert (worker.today, worker.total, worker.surplus, worker.void) == (1, 1, 1, 1)
    assert read_progress(project, kim).done == 3
    assert "kim annotator adjudicator 1 1 + 1 surplus + 1 void" in page
    assert "Counted today Counted in all" in page
    assert "also what does not count in the end" in read(visit_as(kim).get(address("progress", project)))


def test_pages_of_the_lead_name_the_time_zone_of_their_times(settings):
    settings.TIME_ZONE = "Asia/Shanghai"
    project = make_project()
    client = visit_as(make_lead(project))

    for name in ("project", "leases", "jobs", "settings", "members"):
        assert "Times and days on this page are those of the time zone Asia/Shanghai." in read(client.get(address(name, project)))


def test_the_page_shows_all_of_it_with_plain_markup_that_the_content_policy_allows():
    candidate = make_candidate()
    project = candidate.project
    dispute(candidate)
    hold_candidate(make_candidate(project).public_id, make_lead(project), "odd")

    response = visit_as(make_lead(project)).get(address("project", project))

    page = response.content.decode()
    assert "Percent agreement – not measured yet" in read(response)
    assert "Held candidates 1" in read(response)
    assert "<svg" in page
    assert "style=" not in page
    assert "<style" not in page


def test_the_last_imports_and_exports_are_on_the_page():
    project = make_project()
    make_candidate(project)
    lead = make_lead(project, username="kim")
    labels = Job.objects.create(project=project, kind="import_labels", state="done", created_by=lead)
    run_here(project, "export", {"format": "long"}, lead)

    page = visit_as(lead).get(address("project", project)).text

    imports, exports = (page.partition(f'<h2 id="{name}">')[2].partition("</section>")[0] for name in ("imports", "exports"))
    assert address("job", project, labels.public_id) in imports
    assert "kim" in imports
    assert f"#export-{Export.objects.get().public_id}" in exports
    assert "long" in exports
    assert "kim" in exports


def test_a_new_project_says_what_comes_first():
    project = make_project()

    text = read(visit_as(make_lead(project)).get(address("project", project)))

    assert "Before people can work" in text
    assert "Import the tasks" in text
    assert "Fewer than three people can answer here." in text
    assert "Write the guideline" in text


def test_the_tables_and_the_chart_can_be_kept():
    project = make_project()
    make_bundle(make_task(project), make_generator(display_name="=cmd()"))
    kim = make_person(project, username="kim")
    answer_as(kim, Candidate.objects.get(project=project), "accept")
    client = visit_as(make_lead(project))

    states = read_csv(client.get(address("states_table", project)))
    people = read_csv(client.get(address("people_table", project)))
    days = read_csv(client.get(address("throughput_table", project)))
    chart = client.get(address("throughput_chart", project))

    # A name that a spreadsheet would calculate is kept as text.
    assert states[1] == ["Digital", "'=cmd()", "0", "1", "0", "0", "0", "0", "1"]
    assert people[1][:7] == ["kim", "1", "1", "0", "1", "1", "1"]
    assert days[-1] == [timezone.localdate().isoformat(), "1", "0", "0"]
    assert chart["Content-Type"] == "image/svg+xml"
    assert re.search(r'<rect class="bar is-primary"[^>]* fill="#1f5fbf"', chart.content.decode())


def test_the_number_of_queries_does_not_grow_with_the_project(django_assert_max_num_queries):
    project = make_project()
    for _ in range(12):
        candidate = make_candidate(project)
        dispute(candidate)
    client = visit_as(make_lead(project))
    client.get(address("project", project))

    with django_assert_max_num_queries(37):
        client.get(address("project", project))
