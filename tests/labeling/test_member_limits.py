"""What a member is given work of, and how much of it a day."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from labeling.browse.preview import preview
from labeling.browse.wanted import Wanted
from labeling.days import midnight
from labeling.lead.people import count_missing, find_risks, find_shortages
from labeling.lead.sentences import tell_history
from labeling.lead.workload import find_exclusions, tell_blocked
from labeling.models import Assignment, Candidate, Event, Membership, lane_of
from labeling.progress import count_remaining
from labeling.protocol.adjudicate import take_adjudication
from labeling.protocol.edit import undo_answer
from labeling.protocol.explain_empty import explain_empty
from labeling.protocol.hold import reopen_candidate
from labeling.protocol.lease import take_cards
from labeling.protocol.members import LIMIT_EFFECTS, limit_member
from labeling.protocol.outcome import ProtocolError
from labeling.protocol.projects import publish_guideline
from labeling.protocol.reap import reap_due
from labeling.protocol.staff import Crew
from labeling.protocol.submission import Submission
from labeling.protocol.submit import submit_answer
from labeling.protocol.void import plan_voiding, read_people
from tests.factories import answer_as, dispute, expire, lease_for, make_bundle, make_lead, make_person, make_project, make_task
from tests.labeling.api.programs import Program
from tests.labeling.visiting import address, read, row_of, told, visit_as

pytestmark = pytest.mark.django_db

ACCEPT = Submission(verdict="accept")
CATEGORIES = ("Portrait", "Product", "Digital")


def make_one(project, category):
    return make_bundle(make_task(project, category=category)).candidates.get()


def make_mixed(each=4):
    """A project with so many candidates of each category, each of a delivery of its own."""
    project = make_project()
    for _ in range(each):
        for category in CATEGORIES:
            make_one(project, category)
    return project


def limit(project, person, *categories, daily_cap=None):
    Membership.objects.filter(project=project, person=person).update(categories=list(categories), daily_cap=daily_cap)


def work_through(project, person):
    """The categories of everything the person is given, in order."""
    seen = []
    while cards := take_cards(project, person, ahead=len(seen) % 2 == 0):
        seen.append(Candidate.objects.get(pk=cards[0].candidate_id).bundle.task.category)
        submit_answer(cards[0].public_id, person, ACCEPT, uuid4())
    return seen


@pytest.mark.parametrize("is_half_taken", [False, True])
def test_somebody_of_one_category_is_given_all_of_it_and_nothing_else(is_half_taken):
    project = make_mixed()
    person = make_person(project)
    limit(project, person, "Product")
    if is_half_taken:
        work_through(project, make_person(project))

    assert work_through(project, person) == ["Product"] * 4
    assert explain_empty(project, person, "primary").kind == ("all_yours" if not is_half_taken else "elsewhere")


def test_somebody_of_two_categories_does_one_after_the_other():
    project = make_mixed()
    person = make_person(project)
    limit(project, person, "Portrait", "Digital")

    seen = work_through(project, person)

    assert sorted(seen) == ["Digital"] * 4 + ["Portrait"] * 4
    assert len(set(seen[:4])) == 1


def test_nobody_adjudicates_another_category():
    project = make_project()
    digital, portrait = make_one(project, "Digital"), make_one(project, "Portrait")
    dispute(digital)
    dispute(portrait)
    person, other = make_person(project), make_person(project)
    limit(project, person, "Portrait")
    limit(project, other, "Product")

    assert take_adjudication(project, person).candidate_id == portrait.pk
    assert take_adjudication(project, other) is None


def test_what_is_left_is_of_the_persons_categories():
    project = make_mixed()
    person = make_person(project)
    limit(project, person, "Portrait", "Product")
    for category in ("Portrait", "Digital"):
        candidate = Candidate.objects.filter(bundle__task__category=category).first()
        answer_as(person, candidate, "accept")

    assert count_remaining(project, person) == 7


def test_what_is_in_hand_stays_when_the_categories_change():
    project = make_mixed()
    lead, person = make_lead(project), make_person(project)
    (held,) = take_cards(project, person, ahead=False)
    others = [name for name in CATEGORIES if name != held.candidate.bundle.task.category]

    effects = limit_member(project, lead, person.public_id, others[:1], None)

    assert list(effects) == ["categories"]
    assert submit_answer(held.public_id, person, ACCEPT, uuid4()).kind == "submitted"
    assert set(work_through(project, person)) == set(others[:1])


def test_a_task_that_changes_its_category_moves_its_candidates():
    from labeling.data_in.write_task import move_lanes

    project = make_project()
    candidate = make_one(project, "Digital")
    move_lanes(candidate.bundle.task, "Portrait")

    candidate.refresh_from_db()
    assert candidate.lane == lane_of(0, "Portrait")


def test_the_cap_counts_what_is_in_hand_and_answers_that_do_not_count():
    project = make_mixed()
    person = make_person(project)
    limit(project, person, daily_cap=4)

    first = take_cards(project, person)
    expire(first[0])
    reap_due(project.pk)
    for _ in range(2):
        answer_as(make_person(project), first[0].candidate, "accept")
    kinds = [submit_answer(card.public_id, person, ACCEPT, uuid4()).kind for card in first[:2]]
    # Two answers, one in hand: one more may be taken.
    second = take_cards(project, person)

    assert kinds == ["surplus", "submitted"]

    assert (len(first), len(second)) == (3, 2)
    for card in second:
        submit_answer(card.public_id, person, ACCEPT, uuid4())
    assert take_cards(project, person) == []


def test_the_page_says_that_the_day_is_done_and_when_it_goes_on():
    project = make_mixed()
    person = make_person(project)
    limit(project, person, daily_cap=1)
    (card,) = take_cards(project, person)
    submit_answer(card.public_id, person, ACCEPT, uuid4())

    why = explain_empty(project, person, "primary")
    page = read(visit_as(person).post(address("take", project)))

    assert (why.kind, why.next_at) == ("capped", midnight() + timedelta(days=1))
    assert "Done for today" in page
    assert "It goes on at" in page


def test_the_next_day_begins_anew():
    project = make_mixed()
    person = make_person(project)
    limit(project, person, daily_cap=2)
    assert len(work_through(project, person)) == 2

    Assignment.objects.filter(person=person).update(submitted_at=midnight() - timedelta(seconds=1))

    assert len(work_through(project, person)) == 2


def test_an_answer_taken_back_is_not_done():
    project = make_project(undo_minutes=15)
    for _ in range(3):
        make_one(project, "Digital")
    person = make_person(project)
    limit(project, person, daily_cap=2)
    outcome = answer_as(person, Candidate.objects.filter(project=project).first(), "accept")

    undo_answer(outcome.assignment, person, outcome.answer, uuid4())

    # It is in hand again, and one more makes two.
    assert len(take_cards(project, person)) == 2


def test_a_cap_does_not_stop_adjudications():
    project = make_project()
    candidate = make_one(project, "Digital")
    dispute(candidate)
    person = make_person(project)
    limit(project, person, daily_cap=1)
    answer_as(person, make_one(project, "Digital"), "accept")

    assert take_cards(project, person) == []
    assert take_adjudication(project, person).candidate_id == candidate.pk


def test_a_round_needs_three_people_who_work_in_the_category():
    project = make_project()
    candidate = make_one(project, "Digital")
    people = [make_person(project) for _ in range(4)]
    lead = make_lead(project)
    for person in people[:2]:
        answer_as(person, candidate, "accept")
    for person in people[2:]:
        limit(project, person, "Product")
    rows = list(candidate.assignments.all())
    candidate.refresh_from_db()

    with pytest.raises(ProtocolError) as refused:
        reopen_candidate(candidate.public_id, lead, "again")
    with pytest.raises(ProtocolError) as kept:
        plan_voiding(candidate, rows, rows[:1], read_people(project.pk))
    seen = preview(project, Wanted(), "reopen")
    limit(project, people[2], "Product", "Digital")
    able = preview(project, Wanted(), "reopen")

    assert (refused.value.code, kept.value.code) == ("too_few_people", "void_too_few_people")
    assert (seen.changed, [code for code, _count in seen.refused]) == (0, ["too_few_people"])
    assert (able.changed, able.refused) == (1, [])


def test_categories_with_too_few_people_are_named():
    project = make_mixed(each=1)
    people = [make_person(project) for _ in range(4)]
    before = list(find_shortages(project, members_of(project)))
    for person in people[:2]:
        limit(project, person, "Portrait", "Digital")

    assert before == []
    assert list(find_shortages(project, members_of(project))) == [
        "Product: 1 more person is needed (annotators: 2, adjudicators: 2). Two label, a third settles."
    ]
    Candidate.objects.filter(project=project, lane=lane_of(0, "Product")).update(state="settled", q_state=5)
    assert not find_shortages(project, members_of(project))


def make_product_adjudicator(project):
    """Three who label everything, and a fourth who labels and adjudicates, products only."""
    for _ in range(3):
        make_person(project, can_adjudicate=False)
    dora = make_person(project)
    limit(project, dora, "Product")


def test_that_all_adjudicators_label_hides_no_category_without_one():
    project = make_mixed(each=1)
    make_product_adjudicator(project)
    client = visit_as(make_lead(project))

    found = find_shortages(project, members_of(project))
    pages = [read(client.get(address(page, project))) for page in ("members", "project")]
    told_by_program = Program(make_lead(project), project).get("forecast").data

    hard = [
        f"{name}: 1 more person is needed (annotators: 3, adjudicators: 0). Two label, a third settles." for name in ("Portrait", "Digital")
    ]
    soft = "The only adjudicator also labels: a dispute with an answer of their own finds nobody left to settle it."
    assert (sorted(found), list(found.risks)) == (sorted(hard), [soft])
    assert all(sentence in page for page in pages for sentence in [*hard, soft])
    assert (sorted(told_by_program["shortages"]), told_by_program["risks"]) == (sorted(hard), [soft])


def test_a_risk_keeps_neither_the_step_open_nor_the_forecast_from_being_made():
    project = make_mixed(each=1)
    publish_guideline(project, make_lead(project), "Look closely.")
    for can_adjudicate in (True, True, False, False):
        make_person(project, can_adjudicate=can_adjudicate)

    told_by_program = Program(make_lead(project), project).get("forecast").data
    page = read(visit_as(make_lead(project)).get(address("project", project)))

    soft = "Every adjudicator also labels: a dispute between adjudicators may find nobody left to settle it."
    assert (told_by_program["shortages"], told_by_program["risks"], told_by_program["limit"]) == ([], [soft], None)
    assert told_by_program["reason"].startswith("Not enough to say yet: people have worked on 0 days")
    assert soft in page
    assert "Add people" not in page
    assert "too few people" not in page


@pytest.mark.parametrize(
    ("members", "risks"),
    [
        # (labels, adjudicates) of each member
        ([(True, True)] * 3, 0),
        ([(True, True)] * 2 + [(True, False)], 1),
        ([(True, True), (True, False), (True, False)], 1),
        ([(True, True), (True, False), (False, True)], 0),
        ([(True, False)] * 3, 0),
    ],
)
def test_a_risk_is_where_all_of_one_or_two_adjudicators_label(members, risks):
    rows = [Membership(person_id=number, can_label=label, can_adjudicate=settle) for number, (label, settle) in enumerate(members, start=1)]

    assert len(find_risks(rows)) == risks


def test_a_dispute_whose_adjudicators_work_elsewhere_is_named():
    project = make_project()
    dispute(make_one(project, "Digital"))
    third = make_person(project)
    assert find_exclusions(project, members_of(project))[1:] == []

    limit(project, third, "Product")

    told_now = [found.text for found in find_exclusions(project, members_of(project))]
    assert "1 dispute has no adjudicator left: whoever could has answered or skipped it." in told_now


def test_a_dispute_nobody_may_settle_is_told_apart_from_one_nobody_is_left_for_and_both_lead_to_the_candidate():
    project = make_mixed(each=1)
    make_product_adjudicator(project)
    anna, ben, carl, dora = [row.person for row in sorted(members_of(project), key=lambda row: row.pk)]
    digital, product = (Candidate.objects.get(project=project, lane=lane_of(0, name)) for name in ("Digital", "Product"))
    for candidate, people in ((digital, (anna, ben)), (product, (carl, dora))):
        for person, verdict in zip(people, ("accept", "reject"), strict=True):
            answer_as(person, candidate, verdict)
    client = visit_as(make_lead(project))

    overview = client.get(address("project", project))
    pages = [read(client.get(address("candidate", project, row.public_id))) for row in (digital, product)]

    text = read(overview)
    assert "1 dispute waits where nobody may settle it: no adjudicator works in its category or batch." in text
    assert "1 dispute has no adjudicator left: whoever could has answered or skipped it." in text
    assert "Candidates nobody is left for 2" in text
    assert all(address("candidate", project, row.public_id) in overview.content.decode() for row in (digital, product))
    assert "Nobody may settle it: no adjudicator works in its category or batch." in pages[0]
    assert "Nobody is left to settle it: whoever could has answered or skipped it." in pages[1]
    limit(project, dora)
    assert [found.count for found in find_exclusions(project, members_of(project)) if found.count] == [1]
    assert "Nobody" not in tell_blocked(digital)


@pytest.mark.parametrize(
    ("label", "adjudicate", "both", "missing"),
    [
        (0, 0, 0, 3),
        (0, 0, 1, 2),
        (1, 0, 0, 2),
        (2, 0, 0, 1),
        (3, 0, 0, 1),
        (0, 0, 2, 1),
        (0, 3, 0, 2),
        (1, 2, 0, 1),
        (2, 1, 0, 0),
        (0, 0, 3, 0),
    ],
)
def test_a_lane_lacks_two_who_label_one_who_settles_and_three_in_all(label, adjudicate, both, missing):
    annotators, adjudicators, either = range(label), range(10, 10 + adjudicate), range(20, 20 + both)

    assert count_missing(Crew(annotators=frozenset([*annotators, *either]), adjudicators=frozenset([*adjudicators, *either]))) == missing


def members_of(project):
    return list(Membership.objects.active().filter(project=project))


def test_leads_limit_members_on_their_page_and_read_what_it_does():
    project = make_project()
    lead, person = make_lead(project), make_person(project)
    client, where = visit_as(lead), address("limit_member", project, person.public_id)

    saved = client.post(where, {"categories": ["Digital", "Portrait"], "daily_cap": "30"})
    same = client.post(where, {"categories": ["Portrait", "Digital"], "daily_cap": "30"})
    page = client.get(address("members", project)).content.decode()

    row = Membership.objects.get(project=project, person=person)
    assert (row.categories, row.daily_cap) == (["Portrait", "Digital"], 30)
    assert told(saved) == [
        f"Saved: {person.username}: works in Portrait, Digital, at most 30 answers a day. Applies to candidates taken from now on, "
        "today's answers included; what they have in hand can still be answered."
    ]
    assert told(same)[-1] == f"{person.username}: Nothing was changed."
    assert 'value="30"' in page
    [event] = Event.objects.filter(project=project, data__has_key="limits")
    [sentence] = tell_history([event])
    assert sentence.details == [
        f"{person.username}: works in all categories → works in Portrait, Digital; any number of answers a day → at most 30 answers a day"
    ]
    assert len(sentence.effects) == 2


def test_where_one_limit_is_changed_the_page_and_the_history_tell_that_one_alone():
    project = make_project()
    lead, person = make_lead(project), make_person(project)
    client, where = visit_as(lead), address("limit_member", project, person.public_id)
    client.post(where, {"categories": ["Digital"], "daily_cap": "30"})

    cap = client.post(where, {"categories": ["Digital"], "daily_cap": "40"})
    categories = client.post(where, {"categories": ["Portrait"], "daily_cap": "40"})

    assert told(cap)[-1].startswith(f"Saved: {person.username}: at most 40 answers a day. Applies")
    assert told(categories)[-1].startswith(f"Saved: {person.username}: works in Portrait. Applies")
    rows = tell_history(Event.objects.filter(project=project, data__has_key="limits").order_by("-pk")[:2])
    assert [(row.details, row.effects) for row in rows] == [
        ([f"{person.username}: works in Digital → works in Portrait"], [LIMIT_EFFECTS["categories"]]),
        ([f"{person.username}: at most 30 answers a day → at most 40 answers a day"], [LIMIT_EFFECTS["daily_cap"]]),
    ]


def test_a_wrong_cap_is_said_in_the_row_of_the_person_and_stays_as_typed():
    project = make_project()
    lead, person, other = make_lead(project), make_person(project), make_person(project)

    refused = visit_as(lead).post(address("limit_member", project, person.public_id), {"categories": ["Digital"], "daily_cap": "-3"})

    row = row_of(refused, person)
    assert refused.status_code == 422
    assert "Ensure this value is greater than or equal to 1." in row
    assert 'value="-3"' in row
    assert re.search(r'value="Digital"[^>]*checked', row)
    assert "Ensure this value" not in row_of(refused, other)
    assert told(refused) == []


def test_all_categories_are_the_same_as_none():
    project = make_project()
    lead, person = make_lead(project), make_person(project)

    limit_member(project, lead, person.public_id, CATEGORIES, None)

    assert Membership.objects.get(project=project, person=person).categories == []


def test_programs_limit_members_too():
    project = make_project()
    person = make_person(project)
    program = Program(make_lead(project), project)

    changed = program.send("put", "member_limits", str(person.public_id), categories=["Product"], daily_cap=5)
    refused = program.send("put", "member_limits", str(person.public_id), categories=["Other"])
    nobody = program.send("put", "member_limits", str(uuid4()), categories=[])
    rows = {row["username"]: row for row in program.get("members").data["results"]}

    assert list(changed.data["effects"]) == ["categories", "daily_cap"]
    assert (refused.status_code, nobody.status_code) == (422, 404)
    assert (rows[person.username]["categories"], rows[person.username]["daily_cap"]) == (["Product"], 5)


def test_a_lease_of_another_category_comes_to_nobody_by_waiting():
    project = make_project()
    lease_for(make_person(project), make_one(project, "Digital"))
    person = make_person(project)
    limit(project, person, "Product")

    # Nothing to wait for: what is in somebody's hands is not theirs to do.
    why = explain_empty(project, person, "primary")

    assert (why.kind, why.next_at) == ("elsewhere", None)
    assert timezone.now() < midnight() + timedelta(days=1)
