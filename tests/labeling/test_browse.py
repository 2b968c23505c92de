"""Finding candidates: every filter against the rows themselves, pages forward and back, counts, and the file."""

import csv
import io
from datetime import date, timedelta

import pytest
from django.utils import timezone

from labeling.browse import few, find, orders
from labeling.browse.find import Count, count_found, find_first, find_neighbours, find_page
from labeling.browse.orders import ORDERS, read_key, write_key
from labeling.browse.wanted import Wanted, narrow, read_params
from labeling.forms.browse import BrowseForm
from labeling.models import Assignment, Candidate
from labeling.protocol.batches import BatchPlan, batch_candidate, create_batch
from labeling.protocol.hold import hold_candidate, reopen_candidate, withdraw_candidate
from labeling.protocol.intake import import_decision
from labeling.protocol.reap import reap_due
from labeling.protocol.skip import raise_flag
from labeling.protocol.submission import Submission
from labeling.protocol.submit import submit_answer
from labeling.quality.pairs import read_pairs_of
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
from tests.labeling.paired import Pair, make_measured_project, make_paired_project, write_pairs
from tests.labeling.visiting import address, read, visit_as

pytestmark = pytest.mark.django_db


@pytest.fixture
def project():
    return make_project()


@pytest.fixture(params=["listed", "walked"])
def way(request, monkeypatch):
    """Both ways to find: listing few by an index, and walking along the order in small pieces."""
    if request.param == "walked":
        monkeypatch.setattr(few, "FEW", -1)
        monkeypatch.setattr(few, "FEW_PARENTS", -1)
        monkeypatch.setattr(orders, "PIECES", (2, 3))
        monkeypatch.setattr(orders, "TASKS", (1, 2))
    return request.param


def fill(project):
    """One candidate of each kind, by name."""
    lead = make_lead(project, username="lead")
    kim, lee, sam, bo = (make_person(project, username=name) for name in ("kim", "lee", "sam", "bo"))
    ink, oil = make_generator(slug="ink"), make_generator(slug="oil")
    task = make_task(project, quantity=3, external_id="portrait-007", category="Portrait", name="Three portraits", is_test_side=True)
    agreed, rejected, half = make_bundle(task, ink).candidates.order_by("sort")
    fresh, held, withdrawn = make_bundle(task, oil).candidates.order_by("sort")
    waiting, settled, again, elsewhere, late = (make_candidate(project) for _ in range(5))
    for person in (kim, lee):
        answer_as(person, agreed, "accept")
        answer_as(person, rejected, "reject", reasons=("blurry",))
        answer_as(person, again, "accept")
    answer_as(kim, half, "accept")
    hold_candidate(held.public_id, lead, "Ask the client")
    withdraw_candidate(withdrawn.public_id, lead, "wrong file")
    for person, verdict in ((kim, "accept"), (lee, "reject")):
        answer_as(person, settled, verdict)
    adjudicate_as(sam, settled, "reject")
    for person, verdict in ((kim, "accept"), (bo, "reject")):
        answer_as(person, waiting, verdict)
    reopen_candidate(again.public_id, lead, "new guideline")
    import_decision(elsewhere.pk, "accept", lead)
    answer_too_late(late, sam, kim, lee)
    raise_flag(half.assignments.get().public_id, kim, "Look.", half.public_id)
    everything = locals()
    return {name: everything[name] for name in NAMES}


NAMES = ["agreed", "rejected", "half", "fresh", "held", "withdrawn", "waiting", "settled", "again", "elsewhere", "late"]


def answer_too_late(candidate, person, *others):
    """`person` answers when the lease is over and both seats are taken."""
    lease = lease_for(person, candidate)
    expire(lease)
    reap_due(candidate.project_id)
    for other in others:
        answer_as(other, candidate, "reject")
    submit_answer(lease.public_id, person, Submission(verdict="accept"), lease.public_id)


def names_found(project, made, order="change", **wanted):
    """The names of the candidates that match, in order."""
    names = {candidate.pk: name for name, candidate in made.items()}
    return [names[pk] for pk in find_page(project, Wanted(**wanted), ORDERS[order]).ids]


CASES = [
    ({}, NAMES),
    ({"state": "settled"}, ["agreed", "rejected", "settled", "elsewhere", "late"]),
    ({"state": "held"}, ["held"]),
    ({"category": "Portrait"}, ["agreed", "rejected", "half", "fresh", "held", "withdrawn"]),
    ({"side": "test"}, ["agreed", "rejected", "half", "fresh", "held", "withdrawn"]),
    ({"side": "other"}, ["waiting", "settled", "again", "elsewhere", "late"]),
    ({"side": "test", "decision": "none"}, ["half", "fresh", "held", "withdrawn"]),
    ({"generator": "oil"}, ["fresh", "held", "withdrawn"]),
    ({"decision": "accept"}, ["agreed", "elsewhere"]),
    ({"decision": "reject"}, ["rejected", "settled", "late"]),
    ({"decision": "none"}, ["half", "fresh", "held", "withdrawn", "waiting", "again"]),
    ({"how": "adjudication"}, ["settled"]),
    ({"how": "imported"}, ["elsewhere"]),
    ({"decision": "accept", "how": "consensus"}, ["agreed"]),
    ({"decision": "none", "how": "consensus"}, []),
    ({"agreement": "agreed"}, ["agreed", "rejected", "late"]),
    ({"agreement": "disputed"}, ["waiting", "settled"]),
    ({"round": 2}, ["again"]),
    ({"task": "PORTRAIT-00"}, ["agreed", "rejected", "half", "fresh", "held", "withdrawn"]),
    ({"task": "three port"}, ["agreed", "rejected", "half", "fresh", "held", "withdrawn"]),
    ({"task": "100%"}, []),
    ({"person": "bo"}, ["waiting"]),
    ({"person": "sam"}, ["settled", "late"]),
    ({"person": "lead"}, []),
    ({"flag": True}, ["half"]),
    ({"surplus": True}, ["late"]),
    ({"reason": "client"}, ["held"]),
    ({"reason": "wrong"}, ["withdrawn"]),
    ({"person": "kim", "state": "settled", "decision": "reject"}, ["rejected", "settled", "late"]),
    ({"generator": "ink", "agreement": "agreed", "decision": "accept"}, ["agreed"]),
]


@pytest.mark.parametrize(("wanted", "names"), CASES, ids=[str(case[0]) for case in CASES])
def test_each_filter_finds_what_it_says_and_nothing_else(project, way, wanted, names):
    made = fill(project)
    make_candidate()

    for order in ORDERS:
        assert sorted(names_found(project, made, order, **wanted)) == sorted(names)


def test_days_are_those_of_the_site_and_both_ends_belong_to_them(project, way):
    person, today = make_person(project), timezone.localdate()
    made = {name: make_candidate(project) for name in ("today", "yesterday", "before")}
    for days, candidate in enumerate(made.values()):
        answer_as(person, candidate, "accept")
        Assignment.objects.filter(candidate=candidate).update(submitted_at=timezone.now() - timedelta(days=days))

    yesterday = today - timedelta(days=1)

    assert names_found(project, made, since=yesterday, until=yesterday) == ["yesterday"]
    assert sorted(names_found(project, made, since=yesterday)) == ["today", "yesterday"]
    assert names_found(project, made, until=yesterday - timedelta(days=1)) == ["before"]
    assert names_found(project, made, person="nobody", since=yesterday) == []


def test_the_newest_change_comes_first_and_the_same_moment_counts_down_by_id(project, way):
    rows = [make_candidate(project) for _ in range(6)]
    now = timezone.now()
    Candidate.objects.filter(project=project).update(state_changed_at=now)
    Candidate.objects.filter(pk=rows[1].pk).update(state_changed_at=now + timedelta(microseconds=1))
    Candidate.objects.filter(pk=rows[4].pk).update(state_changed_at=now - timedelta(days=400))

    ids = find_page(project, Wanted(), ORDERS["change"]).ids

    assert ids == [rows[place].pk for place in (1, 5, 3, 2, 0, 4)]


def test_task_by_task_comes_generator_by_generator_and_deliverable_by_deliverable(project, way):
    first, second = make_task(project, quantity=2), make_task(project, quantity=2)
    ink, oil = make_generator(), make_generator()
    bundles = [make_bundle(second, ink), make_bundle(first, oil), make_bundle(first, ink), make_bundle(second, oil)]
    ids = [list(bundle.candidates.order_by("deliverable__number").values_list("pk", flat=True)) for bundle in bundles]

    found = find_page(project, Wanted(), ORDERS["task"]).ids

    assert found == [*ids[1], *ids[2], *ids[0], *ids[3]]


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("wanted", [{}, {"generator": "ink"}])
def test_pages_cover_everything_once_forward_and_the_same_pages_come_back(project, way, order, wanted):
    ink = make_generator(slug="ink")
    for _ in range(4):
        task = make_task(project, quantity=3)
        make_bundle(task, ink)
        make_bundle(task, make_generator())
    ask = (project, Wanted(**wanted), ORDERS[order])

    forward = [find_page(*ask, size=5)]
    while forward[-1].later:
        forward.append(find_page(*ask, after=forward[-1].later, size=5))
    back = [forward[-1]]
    while back[-1].earlier:
        back.append(find_page(*ask, before=back[-1].earlier, size=5))

    seen = [pk for page in forward for pk in page.ids]
    assert len(seen) == len(set(seen)) == (12 if wanted else 24)
    assert [page.ids for page in reversed(back)] == [page.ids for page in forward]
    assert (forward[0].earlier, forward[-1].later) == (None, None)


def test_an_address_keeps_its_page_when_newer_changes_come_in_front(project, way):
    rows = [make_candidate(project) for _ in range(6)]
    order = ORDERS["change"]
    page = find_page(project, Wanted(), order, after=find_page(project, Wanted(), order, size=2).later, size=2)

    Candidate.objects.filter(pk=rows[0].pk).update(state_changed_at=timezone.now() + timedelta(seconds=1))
    make_candidate(project)

    again = find_page(project, Wanted(), order, after=page.earlier and order.keys([rows[4].pk])[0], size=2)
    assert again.ids == page.ids == [rows[3].pk, rows[2].pk]


def test_a_search_for_what_is_rare_stops_and_goes_on_from_there(project, monkeypatch):
    monkeypatch.setattr(orders, "PIECES", (2,))
    monkeypatch.setattr(find, "LOOKED_AT_MOST", 4)
    rows = [make_candidate(project) for _ in range(9)]
    Candidate.objects.filter(pk__in=[rows[0].pk, rows[7].pk]).update(round=3)
    ask = (project, Wanted(round=3), ORDERS["change"])

    pages = [find_page(*ask)]
    while pages[-1].later:
        pages.append(find_page(*ask, after=pages[-1].later))
    back = find_page(*ask, before=pages[-1].earlier)

    # Nine in pieces of two, four at a time: 4, 4 and 1.
    assert [page.ids for page in pages] == [[rows[7].pk], [], [rows[0].pk]]
    assert [page.is_cut for page in pages] == [True, True, False]
    assert (back.ids, back.is_cut) == ([], True)
    assert count_found(*ask) == Count(number=1, is_exact=False)


def test_a_search_among_answers_reads_a_bounded_number_of_them_and_goes_on_from_there(monkeypatch):
    project, people, candidates = make_paired_project(tasks=2)
    odd = candidates[3]
    write_pairs(
        Pair(candidate=candidate, people=(people[0], people[1]), verdicts=("accept", "reject" if candidate == odd else "accept"))
        for candidate in candidates
    )
    read: list[int] = []
    monkeypatch.setattr("labeling.browse.paired.read_pairs_of", lambda ids: read.append(len(ids)) or read_pairs_of(ids))
    monkeypatch.setattr(find, "READ_AT_ONCE", 2)
    monkeypatch.setattr(find, "LOOKED_AT_MOST", 4 * find.READING)
    ask = (project, Wanted(pair="different"), ORDERS["task"])

    found, count = find_first(*ask)
    pages = [found]
    while pages[-1].later:
        pages.append(find_page(*ask, after=pages[-1].later))

    # Twelve candidates, two at a time and four in a look; only the fourth look finds that there are no more.
    assert [page.ids for page in pages] == [[odd.pk], [], [], []]
    assert [page.is_cut for page in pages] == [True, True, True, False]
    assert count == Count(number=1, is_exact=False)
    assert read == [2] * 6


def test_the_first_page_of_what_is_frequent_reads_no_more_answers_than_its_count_needs(monkeypatch):
    project, people, candidates = make_paired_project(tasks=2)
    write_pairs(Pair(candidate=candidate, people=(people[0], people[1]), verdicts=("accept", "accept")) for candidate in candidates)
    read: list[int] = []
    monkeypatch.setattr("labeling.browse.paired.read_pairs_of", lambda ids: read.append(len(ids)) or read_pairs_of(ids))
    monkeypatch.setattr(find, "READ_AT_ONCE", 2)
    ask = (project, Wanted(pair="any"), ORDERS["task"])

    page = find_page(*ask, size=3)
    for_page = list(read)
    monkeypatch.setattr(find, "FEW", 6)
    counted = find_first(*ask, size=3)

    # A page of three asks for a fourth one, a count up to six for a seventh.
    assert (for_page, read[len(for_page) :]) == ([2, 2], [2, 2, 2, 2])
    assert counted == (page, Count(number=6, is_exact=False))


def test_what_two_people_share_is_listed_though_each_answered_much(monkeypatch):
    project, (ada, bea, cyd, _dan), candidates = make_paired_project(tasks=2)
    shared, apart = candidates[:2], candidates[2:]
    write_pairs(Pair(candidate=candidate, people=(ada, bea), verdicts=("accept", "reject")) for candidate in shared)
    write_pairs(Pair(candidate=candidate, people=(cyd, ada), verdicts=("accept", "reject")) for candidate in apart)
    monkeypatch.setattr(few, "FEW", 4)
    wanted = Wanted(pair="any", person=ada.username, other=bea.username)

    assert few.list_few(project, wanted) == sorted(candidate.pk for candidate in shared)
    assert few.list_few(project, Wanted(pair="any", person=ada.username)) is None
    monkeypatch.setattr(few, "FEW_ANSWERS", 11)
    assert few.list_few(project, wanted) is None


@pytest.mark.parametrize(
    ("asked", "left"),
    [
        # Of 200 candidates: every third is of the third week and the second version, every tenth was seen by one with a suggestion.
        ({"week": date(2026, 3, 16)}, 66),
        ({"guideline": "2"}, 66),
        ({"exposure": "mixed"}, 20),
        ({"exposure": "assisted"}, 20),
        ({"pair": "any"}, 200),
    ],
)
def test_only_candidates_that_may_match_have_their_answers_read(asked, left):
    project, _people = make_measured_project()

    assert narrow(Candidate.objects.filter(project=project), Wanted(**asked)).count() == left


def test_the_count_is_exact_up_to_its_cap(project, way, monkeypatch):
    for _ in range(5):
        make_candidate(project)
    ask = (project, Wanted(state="open"), ORDERS["change"])

    counts = [count_found(*ask)]
    monkeypatch.setattr(find, "FEW", 4)
    counts.append(count_found(*ask))

    assert counts == [Count(number=5, is_exact=True), Count(number=4, is_exact=False)]


def test_the_first_page_comes_with_how_many_there_are(project):
    for _ in range(3):
        make_candidate(project)
    ask = (project, Wanted(state="open"), ORDERS["change"])

    pages = [find_first(*ask, size=size) for size in (3, 2)]

    assert [count for _page, count in pages] == [Count(number=3, is_exact=True)] * 2
    assert [page for page, _count in pages] == [find_page(*ask, size=size) for size in (3, 2)]


def test_neighbours_are_those_that_match(project, way):
    rows = [make_candidate(project) for _ in range(5)]
    Candidate.objects.filter(pk=rows[3].pk).update(round=2)
    ask = (project, Wanted(round=1), ORDERS["change"])

    # Newest first: 4, 2, 1, 0 match and 3 does not.
    assert find_neighbours(*ask, rows[2]) == (rows[4].pk, rows[1].pk)
    assert find_neighbours(*ask, rows[4]) == (None, rows[2].pk)
    assert find_neighbours(*ask, rows[3]) == (rows[4].pk, rows[2].pk)


@pytest.mark.pure
def test_a_key_comes_back_from_its_address_and_nonsense_is_none():
    assert read_key(ORDERS["change"], write_key((-1_764_164_094_123_456, -7))) == (-1_764_164_094_123_456, -7)
    for text in ("", "1", "1.2.3", "a.b", "1.", "²², 1", "1." + "9" * 30, "9" * 19 + ".1"):
        assert read_key(ORDERS["change"], text) is None


@pytest.mark.pure
def test_what_is_wanted_comes_back_from_its_parameters():
    wanted = Wanted(state="open", round=2, since=date(2026, 1, 5), until=date(2026, 2, 1), flag=True, task="a b", person="kim")

    assert read_params(wanted.as_params()) == wanted
    assert Wanted().as_params() == {}
    with pytest.raises(ValueError, match="colour"):
        read_params({"colour": "red"})


def test_the_page_lists_links_and_counts_and_says_what_to_do_when_nothing_is_there(project):
    client = visit_as(make_lead(project))
    empty = read(client.get(address("candidates", project)))
    candidate = make_candidate(project)
    dispute(candidate)

    text = read(client.get(address("candidates", project, state="disputed")))
    nothing = read(client.get(address("candidates", project, state="held")))
    beyond = read(client.get(address("candidates", project, after="0.0")))

    assert "There are no candidates yet. Import the candidates" in empty
    assert "1 candidate " in text
    assert candidate.bundle.task.external_id in text
    assert "No candidate matches." in nothing
    assert "First page" in beyond


def test_generators_of_other_projects_are_not_offered(project):
    here, other = make_candidate(project).bundle.generator, make_candidate(make_project()).bundle.generator

    offered = [value for value, _name in BrowseForm({}, project)["generator"].field.choices if value]

    assert offered == [here.slug]
    assert other.slug != here.slug


def test_the_list_names_the_batch_of_each_candidate_where_there_are_batches(project):
    lead, (first, _second) = make_lead(project), [make_candidate(project) for _ in range(2)]
    before = read(visit_as(lead).get(address("candidates", project)))
    batch = create_batch(project, lead, BatchPlan(name="rush order"))
    batch_candidate(first.public_id, lead, batch.number)

    page = visit_as(lead).get(address("candidates", project))

    assert "Round Batch Changed" in read(page)
    assert "Round Changed" in before
    assert page.content.decode().partition("<tbody>")[2].count("rush order") == 1


def test_a_filter_that_makes_no_sense_says_so_and_lists_nothing(project):
    candidate = make_candidate(project)
    client = visit_as(make_lead(project))

    wrong = client.get(address("candidates", project, since="2026-02-02", until="2026-02-01"))
    unknown = client.get(address("candidates_table", project, state="lost"))

    assert (wrong.status_code, unknown.status_code) == (422, 422)
    assert "This day is before the first one." in read(wrong)
    assert candidate.bundle.task.external_id not in read(wrong)


def test_the_file_holds_every_candidate_of_the_filter_and_no_formula(project, monkeypatch):
    monkeypatch.setattr("labeling.browse.rows.AT_ONCE", 2)
    made = fill(project)
    task = made["agreed"].bundle.task
    type(task).objects.filter(pk=task.pk).update(name="=HYPERLINK(1)")
    client = visit_as(make_lead(project))

    response = client.get(address("candidates_table", project, category="Portrait", order="task"))
    table = list(csv.reader(io.StringIO(b"".join(response.streaming_content).decode("utf-8-sig"))))

    assert response["Content-Disposition"].endswith('-candidates.csv"')
    assert len(table) == 7
    assert {row[2] for row in table[1:]} == {"'=HYPERLINK(1)"}
    agreed = dict(zip(table[0], table[1], strict=True))
    wanted = {"candidate": str(made["agreed"].public_id), "state": "settled", "decision": "accept", "how decided": "consensus"}
    wanted |= {"person 1": "kim", "answer 1": "accept", "person 2": "lee", "answer 2": "accept", "adjudicator": "", "flags": "0"}
    assert {name: agreed[name] for name in wanted} == wanted
