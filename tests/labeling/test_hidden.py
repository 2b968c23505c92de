"""Gold and repeats: who is given which, that nothing on the way tells them apart, and that they count nowhere."""

import itertools
import random
import uuid
from collections import Counter
from datetime import timedelta

import pytest
from django.utils import timezone

from labeling.cards import make_cards
from labeling.models import Answer, Assignment, Candidate, Decision, Draw, Event, Gold, Project, WalkPosition
from labeling.progress import count_remaining, count_today
from labeling.protocol.cap import left_today
from labeling.protocol.edit import edit_answer, editable_answers, undo_answer
from labeling.protocol.examples import add_example
from labeling.protocol.gold import add_gold, draw_gold, retire_gold
from labeling.protocol.hold import reopen_candidate, replace_image, withdraw_candidate
from labeling.protocol.intake import import_decision
from labeling.protocol.lease import lease_primary, take_cards
from labeling.protocol.outcome import ProtocolError
from labeling.protocol.reap import give_back
from labeling.protocol.skip import skip_candidate
from labeling.protocol.submission import Submission
from labeling.protocol.submit import submit_answer
from labeling.protocol.void import void_answers
from labeling.quality.pairs import read_pairs
from tests.factories import (
    answer_as,
    dispute,
    final_decision,
    make_bundle,
    make_candidate,
    make_image,
    make_lead,
    make_person,
    make_project,
    make_task,
    review_as,
)
from tests.labeling.raw_rows import raw_suggestion, update
from tests.labeling.test_races import at_once

pytestmark = pytest.mark.django_db
WEEK = timedelta(days=7)


def settle(candidate, verdict="accept"):
    """Make two new members agree on the candidate."""
    for _ in range(2):
        answer_as(make_person(candidate.project), candidate, verdict)
    return candidate


def make_golden(count=1, fresh=40, **fields):
    """A project with `count` gold candidates and `fresh` ones, its lead, and an annotator who has been given one already."""
    project = make_project(**{"gold_share": 20, "undo_minutes": 0} | fields)
    lead = make_lead(project)
    gold = [settle(make_candidate(project)) for _ in range(count)]
    for candidate in gold:
        add_gold(project, lead, candidate.public_id)
    for _ in range(fresh):
        make_candidate(project)
    return project, lead, gold


def draw_always(monkeypatch, purpose):
    """Whoever could be given gold, or a repeat, is."""
    monkeypatch.setattr("labeling.protocol.lease.draw_purposes", lambda *_given: [purpose])


def take_one(project, person):
    """What the person is given next, and nothing ahead."""
    [card] = take_cards(project, person, ahead=False)
    return card


def submit(lease, verdict="accept"):
    return submit_answer(lease.public_id, lease.person, Submission(verdict=verdict), uuid.uuid4())


def grow_old(lease, age=WEEK):
    """Let an answer have been given so long ago."""
    update(lease, submitted_at=timezone.now() - age, editable_until=timezone.now() - age)


def test_gold_is_given_as_an_assignment_of_its_own_purpose_without_a_seat(monkeypatch):
    project, _lead, [gold] = make_golden()
    draw_always(monkeypatch, "gold")

    card = take_one(project, make_person(project))

    assert (card.candidate_id, card.purpose, card.seat, card.status) == (gold.pk, "gold", None, "leased")
    gold.refresh_from_db()
    assert (gold.state, gold.q_state) == ("settled", 5)


def test_each_person_is_given_each_gold_once_and_the_least_given_first(monkeypatch):
    project, _lead, gold = make_golden(count=3)
    first, second = make_person(project), make_person(project)
    draw_always(monkeypatch, "gold")

    given = []
    for person in (first, second, first, first, first):
        card = take_one(project, person)
        submit(card)
        given.append((person.pk, card.candidate_id, card.purpose))

    mine = [pk for person, pk, purpose in given if person == first.pk and purpose == "gold"]
    assert sorted(mine) == sorted(candidate.pk for candidate in gold)
    assert given[-1][2] == "primary"
    assert given[1][1] != given[0][1]


def test_there_is_one_gold_of_a_task_and_only_of_what_is_decided():
    project = make_project()
    lead = make_lead(project)
    bundles = [make_bundle(task) for task in [make_task(project)] * 2]
    first, second = (settle(bundle.candidates.select_related("project").get()) for bundle in bundles)
    add_gold(project, lead, first.public_id)

    for candidate, code in [(second, "task_has_gold"), (make_candidate(project), "not_decided"), (make_candidate(), "not_found")]:
        with pytest.raises(ProtocolError) as refusal:
            add_gold(project, lead, candidate.public_id)
        assert refusal.value.code == code
    retire_gold(project, lead, first.public_id)
    add_gold(project, lead, second.public_id)
    assert Gold.objects.filter(retired_at=None).get().candidate == second
    assert [event.kind for event in Event.objects.filter(kind__startswith="gold_").order_by("pk")] == [
        "gold_added",
        "gold_retired",
        "gold_added",
    ]


def test_only_a_lead_makes_gold():
    candidate = settle(make_candidate())

    for act in (add_gold, retire_gold):
        with pytest.raises(ProtocolError):
            act(candidate.project, make_person(candidate.project), candidate.public_id)
    with pytest.raises(ProtocolError):
        draw_gold(candidate.project, make_person(candidate.project), 5)


@pytest.mark.parametrize("change", ["image", "withdraw", "reopen", "retire"])
def test_gold_whose_ground_is_gone_is_given_out_no_more(monkeypatch, change):
    project, lead, [gold] = make_golden()
    for _ in range(3):
        make_person(project)
    if change == "image":
        replace_image(gold.public_id, lead, make_image(), "Better file")
    elif change == "withdraw":
        withdraw_candidate(gold.public_id, lead, "Not ours")
    elif change == "reopen":
        reopen_candidate(gold.public_id, lead, "Not so sure")
    else:
        retire_gold(project, lead, gold.public_id)
    draw_always(monkeypatch, "gold")

    assert take_one(project, make_person(project)).purpose == "primary"


def test_nobody_is_given_gold_that_they_have_met(monkeypatch):
    project, lead, [gold] = make_golden()
    labeller = Assignment.objects.filter(candidate=gold).first().person
    draw_always(monkeypatch, "gold")

    assert take_one(project, labeller).purpose == "primary"
    with pytest.raises(ProtocolError):
        add_example(gold.public_id, make_person(project), "Seen")
    add_example(gold.public_id, lead, "Everybody sees it")
    assert take_one(project, make_person(project)).purpose == "primary"


def test_gold_is_of_the_categories_the_person_works_in(monkeypatch):
    project, _lead, [_gold] = make_golden()
    person = make_person(project)
    for _ in range(2):
        make_bundle(make_task(project, category="Product"))
    person.memberships.update(categories=["Product"])
    draw_always(monkeypatch, "gold")

    card = take_one(project, person)

    assert (card.purpose, card.candidate.bundle.task.category) == ("primary", "Product")


def test_the_answer_to_gold_is_kept_and_counts_as_no_label(monkeypatch):
    project, _lead, [gold] = make_golden()
    before = (final_decision(gold), len(read_pairs(project)), Decision.objects.count())
    draw_always(monkeypatch, "gold")
    card = take_one(project, make_person(project))

    outcome = submit(card, "reject")

    card.refresh_from_db()
    gold.refresh_from_db()
    assert (outcome.kind, outcome.code, outcome.text) == ("submitted", "submitted", "Saved")
    assert (card.status, card.verdict, card.seat) == ("submitted", "reject", None)
    assert (gold.state, gold.q_state) == ("settled", 5)
    assert (final_decision(gold), len(read_pairs(project)), Decision.objects.count()) == before
    assert not Assignment.objects.primaries().filter(pk=card.pk).exists()
    assert not Assignment.objects.counted_primaries().filter(pk=card.pk).exists()


@pytest.mark.parametrize("purpose", ["gold", "repeat"])
def test_what_is_hidden_can_be_changed_taken_back_and_skipped_like_any_other(monkeypatch, purpose):
    project, _lead, _gold = make_golden(undo_minutes=15, repeat_share=10)
    person = make_person(project)
    first = take_one(project, person)
    submit(first)
    grow_old(first)
    draw_always(monkeypatch, purpose)
    card = take_one(project, person)
    assert card.purpose == purpose

    outcome = submit(card)
    assert [answer.assignment_id for answer in editable_answers(project, person)] == [card.pk]
    changed = edit_answer(card.public_id, person, Submission(verdict="reject"), outcome.answer, uuid.uuid4())
    undone = undo_answer(card.public_id, person, changed.answer, uuid.uuid4())
    card.refresh_from_db()
    assert (changed.kind, undone.kind, card.status) == ("submitted", "submitted", "leased")
    skipped = skip_candidate(card.public_id, person, "cannot_judge", "", uuid.uuid4())
    card.refresh_from_db()
    assert (skipped.kind, card.status) == ("submitted", "released")


def test_its_card_is_that_of_any_candidate(monkeypatch):
    project, _lead, _gold = make_golden()
    person = make_person(project)
    plain = make_cards([take_one(project, person)])[0]
    give_back(Assignment.objects.get(public_id=plain.assignment), "expired")
    draw_always(monkeypatch, "gold")

    gold = make_cards([take_one(project, person)])[0]

    for name in ("is_open", "is_late", "own", "is_counted", "is_adjudication", "reveal", "suggestion", "is_revealing"):
        assert getattr(gold, name) == getattr(plain, name), name


def test_it_counts_for_the_day_and_for_the_cap_as_any_answer_does(monkeypatch):
    project, _lead, _gold = make_golden(repeat_share=10)
    person = make_person(project)
    person.memberships.update(daily_cap=5)
    first = take_one(project, person)
    submit(first)
    grow_old(first)
    left = count_remaining(project, person)
    for purpose in ("gold", "repeat"):
        draw_always(monkeypatch, purpose)
        card = take_one(project, person)
        assert card.purpose == purpose
        submit(card)
        left -= 1
        assert count_remaining(project, person) == left

    assert count_today(project, person) == 2
    assert left_today(person.memberships.get()) == 3


def test_a_late_answer_to_gold_counts_also_where_it_was_given_again(monkeypatch):
    project, _lead, [gold] = make_golden()
    person = make_person(project)
    draw_always(monkeypatch, "gold")
    first = take_one(project, person)
    give_back(first, "expired")

    again = take_one(project, person)
    assert (again.purpose, again.candidate_id) == ("gold", gold.pk)
    late = submit(first)
    again.refresh_from_db()
    twice = submit(first)

    # As with a primary: it counts under the newer lease.
    assert (late.kind, late.assignment, again.status) == ("submitted", again.public_id, "submitted")
    assert twice.code == "already_answered"
    other = take_one(project, make_person(project))
    give_back(other, "expired")
    late = submit(other, "reject")
    assert late.code == "late"
    assert Assignment.objects.get(public_id=late.assignment).purpose == "gold"


@pytest.mark.parametrize("purpose", ["gold", "repeat"])
def test_skipping_what_is_hidden_takes_as_much_away_as_skipping_anything(monkeypatch, purpose):
    project, _lead, _gold = make_golden(repeat_share=10)
    person = make_person(project)
    first = take_one(project, person)
    submit(first)
    grow_old(first)
    left = [count_remaining(project, person)]
    for wanted in (purpose, "nothing"):
        draw_always(monkeypatch, wanted) if wanted == purpose else monkeypatch.setattr(
            "labeling.protocol.lease.draw_purposes", lambda *_given: []
        )
        card = take_one(project, person)
        assert card.purpose == (purpose if wanted == purpose else "primary")
        skip_candidate(card.public_id, person, "cannot_judge", "", uuid.uuid4())
        left.append(count_remaining(project, person))

    assert (left[0] - left[1], left[1] - left[2]) == (1, 1)


def test_a_candidate_that_was_reopened_is_not_repeated(monkeypatch):
    project, lead, _gold = make_golden(count=0, repeat_share=10)
    person = make_person(project)
    old = take_one(project, person)
    submit(old)
    grow_old(old)
    for _ in range(3):
        make_person(project)
    reopen_candidate(old.candidate.public_id, lead, "Look again")
    draw_always(monkeypatch, "repeat")

    assert take_one(project, person).purpose == "primary"


def test_one_image_of_a_set_is_neither_gold_nor_repeated(monkeypatch):
    project = make_project(gold_share=5, repeat_share=5)
    lead, person = make_lead(project), make_person(project)
    bundle = make_bundle(make_task(project, quantity=2))
    for candidate in bundle.candidates.select_related("project"):
        settle(candidate)
        with pytest.raises(ProtocolError, match="one image of several"):
            add_gold(project, lead, candidate.public_id)
    assert draw_gold(project, lead, 5) == 0
    pair = make_bundle(make_task(project, quantity=2))
    for candidate in pair.candidates.select_related("project"):
        answer_as(person, candidate, "accept")
        grow_old(Assignment.objects.get(candidate=candidate, person=person))
    make_candidate(project)
    draw_always(monkeypatch, "repeat")

    assert take_one(project, person).purpose == "primary"


def test_nobody_is_given_two_gold_of_one_task_also_if_the_lead_changes_which(monkeypatch):
    project = make_project(gold_share=5)
    lead, person, task = make_lead(project), make_person(project), make_task(project)
    first, second = (settle(make_bundle(task).candidates.select_related("project").get()) for _ in range(2))
    for _ in range(10):
        make_candidate(project)
    draw_always(monkeypatch, "gold")
    add_gold(project, lead, first.public_id)
    card = take_one(project, person)
    submit(card)
    retire_gold(project, lead, first.public_id)
    add_gold(project, lead, second.public_id)

    assert card.purpose == "gold"
    assert take_one(project, person).purpose == "primary"
    assert take_one(project, make_person(project)).candidate_id == second.pk


def test_a_lead_who_labels_is_given_no_gold(monkeypatch):
    project, _lead, _gold = make_golden()
    draw_always(monkeypatch, "gold")

    assert take_one(project, make_person(project, is_lead=True)).purpose == "primary"


def test_gold_that_two_people_call_broken_is_given_out_no_more(monkeypatch):
    project, _lead, _gold = make_golden()
    draw_always(monkeypatch, "gold")
    for _ in range(2):
        person = make_person(project)
        card = take_one(project, person)
        assert card.purpose == "gold"
        skip_candidate(card.public_id, person, "broken", "", uuid.uuid4())

    assert Gold.objects.get().retired_at is not None
    event = Event.objects.get(kind="gold_retired")
    assert (event.actor, event.data) == (None, {"broken": True})
    assert take_one(project, make_person(project)).purpose == "primary"


def test_gold_is_not_drawn_where_an_audit_is_still_to_come_or_contradicts():
    project = make_project(audit_share=100)
    lead = make_lead(project)
    review_as(make_person(project), settle(make_candidate(project)), "reject")
    waiting = settle(make_candidate(project))

    with pytest.raises(ProtocolError, match="waits for no audit"):
        add_gold(project, lead, waiting.public_id)
    assert draw_gold(project, lead, 5) == 0


def test_a_former_decision_is_no_ground_for_gold():
    project = make_project()
    lead = make_lead(project)
    candidate = settle(make_candidate(project))
    for _ in range(3):
        make_person(project)
    rows = list(candidate.assignments.all())
    for row in rows:
        void_answers(candidate.pk, lead, row.person_id, [row.pk], "Not read")
    settle(Candidate.objects.select_related("project").get(pk=candidate.pk), "reject")

    assert draw_gold(project, lead, 5) == 1
    assert Gold.objects.get().verdict == "reject"


@pytest.mark.django_db(transaction=True)
def test_two_leads_who_draw_at_once_make_no_task_gold_twice():
    project = make_project()
    lead = make_lead(project)
    for _ in range(12):
        settle(make_candidate(project))

    results = at_once(*[lambda: draw_gold(project, lead, 12)] * 2)

    assert sum(results) == Gold.objects.count() == 12


def test_a_repeat_is_ones_own_candidate_of_seven_days_ago_once(monkeypatch):
    project, _lead, _gold = make_golden(count=0, repeat_share=10)
    person = make_person(project)
    old, young = take_one(project, person), None
    submit(old)
    young = take_one(project, person)
    submit(young)
    grow_old(old, WEEK + timedelta(minutes=1))
    grow_old(young, WEEK - timedelta(minutes=1))
    draw_always(monkeypatch, "repeat")

    card = take_one(project, person)
    submit(card, "reject")
    after = take_one(project, person)

    assert (card.purpose, card.candidate_id, card.seat) == ("repeat", old.candidate_id, None)
    assert after.purpose == "primary"
    old.refresh_from_db()
    assert (old.status, old.verdict) == ("submitted", "accept")
    assert take_one(project, make_person(project)).purpose == "primary"


@pytest.mark.parametrize("change", ["image", "order"])
def test_what_has_changed_since_is_not_repeated(monkeypatch, change):
    project, _lead, _gold = make_golden(count=0, repeat_share=10)
    person = make_person(project)
    old = take_one(project, person)
    submit(old)
    grow_old(old)
    if change == "image":
        update(old.candidate, image=make_image())
    else:
        update(old.candidate.bundle.task, version=2)
    draw_always(monkeypatch, "repeat")

    assert take_one(project, person).purpose == "primary"


def test_shares_are_kept_over_many_leases_and_no_bundle_is_interrupted():
    project = make_project(gold_share=10, repeat_share=0)
    lead, person = make_lead(project), make_person(project)
    for _ in range(60):
        candidate = settle(make_candidate(project))
        add_gold(project, lead, candidate.public_id)
    for _ in range(60):
        make_bundle(make_task(project, quantity=4))
    random.seed(5)
    taken = []

    for _ in range(200):
        card = take_one(project, person)
        taken.append((card.purpose, card.candidate.bundle_id))
        submit(card)

    gold = sum(purpose == "gold" for purpose, _bundle in taken)
    # 200 seats at 10 %: a mean of about 18 with a standard deviation of 4.
    assert 6 <= gold <= 34
    order = [bundle for purpose, bundle in taken if purpose == "primary"]
    assert len([1 for one, other in itertools.pairwise(order) if one != other]) == len(set(order)) - 1
    for before, (purpose, _bundle), after in zip(taken, taken[1:], taken[2:], strict=False):
        if purpose == "gold" and before[0] == after[0] == "primary":
            assert before[1] != after[1]
    assert WalkPosition.objects.get(person=person).undrawn <= 8


def test_nobody_is_given_gold_where_there_is_no_other_work(monkeypatch):
    project, _lead, _gold = make_golden(fresh=0)
    draw_always(monkeypatch, "gold")

    assert take_cards(project, make_person(project)) == []


def test_the_first_card_of_anybody_is_never_hidden():
    project, _lead, _gold = make_golden(count=5, gold_share=20)

    first = [take_one(project, make_person(project)).purpose for _ in range(20)]

    assert set(first) == {"primary"}


def test_gold_shows_a_suggestion_as_often_as_other_candidates_do(monkeypatch):
    project, lead, _gold = make_golden(count=0, policy="measured", control_share=20, fresh=0)
    for _ in range(60):
        candidate = settle(make_candidate(project))
        add_gold(project, lead, candidate.public_id)
        raw_suggestion(candidate)
    for _ in range(130):
        raw_suggestion(make_candidate(project))
    Project.objects.filter(pk=project.pk).update(model_version="tiny-1")
    project.refresh_from_db()
    person = make_person(project)
    draw_always(monkeypatch, "gold")

    arms = Counter()
    for _ in range(60):
        card = take_one(project, person)
        submit(card)
        arms[card.arm] += card.purpose == "gold"

    # Half of 80 % of 60 are 24; five standard deviations are 19.
    assert sum(arms.values()) == 60
    assert 5 <= arms["assisted"] <= 43
    exposures = Answer.objects.filter(assignment__purpose="gold").values_list("assignment__arm", "exposure").distinct()
    assert set(exposures) == {("blind", "none"), ("assisted", "prefilled")}
    assert Draw.objects.count() == 0


def test_a_repeat_shows_what_was_shown_the_first_time(monkeypatch):
    project, _lead, _gold = make_golden(count=0, fresh=30, repeat_share=10, policy="all", model_version="tiny-1")
    for candidate in Candidate.objects.filter(project=project):
        raw_suggestion(candidate)
    person = make_person(project)
    first = take_one(project, person)
    submit(first)
    grow_old(first)
    update(project, policy="off")
    project.refresh_from_db()
    draw_always(monkeypatch, "repeat")

    card = take_one(project, person)

    assert (card.purpose, card.arm, card.suggestion_id) == ("repeat", "both", first.suggestion_id)


def test_gold_is_drawn_from_what_is_beyond_doubt_with_both_verdicts():
    project = make_project()
    lead = make_lead(project)
    accepted = [settle(make_candidate(project)) for _ in range(6)]
    rejected = [settle(make_candidate(project), "reject") for _ in range(2)]
    dispute(make_candidate(project))
    doubtful = settle(make_candidate(project))
    skipper = make_person(project)
    again = make_candidate(project)
    lease = lease_primary(project, skipper).lease
    skip_candidate(lease.public_id, skipper, "unclear_brief", "", uuid.uuid4())
    settle(Candidate.objects.select_related("project").get(pk=lease.candidate_id))
    Assignment.objects.filter(candidate=doubtful, seat=1).get().flags.create(project=project, text="Really?")

    added = draw_gold(project, lead, 4)
    more = draw_gold(project, lead, 50)

    gold = set(Gold.objects.values_list("candidate", flat=True))
    assert (added, more) == (4, 4 + (lease.candidate_id != again.pk) * 0)
    assert gold == {candidate.pk for candidate in [*accepted, *rejected]}
    first = Gold.objects.order_by("pk")[:4]
    assert Counter(row.verdict for row in first) == {"accept": 2, "reject": 2}
    assert draw_gold(project, lead, 10) == 0


def test_gold_can_come_from_imported_answers():
    project = make_project()
    candidate = make_candidate(project)
    import_decision(candidate.pk, "reject", None)

    assert draw_gold(project, make_lead(project), 5) == 1
    gold = Gold.objects.get()
    assert (gold.verdict, gold.source) == ("reject", "imported")
