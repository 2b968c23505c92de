"""Audits and second adjudications: they come among the disputes, end with the blind answer and change nothing by themselves."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from labeling.lead.hours import Span, measure_work
from labeling.lead.states import count_states, count_unripe
from labeling.lead.unfinished import count_unfinished
from labeling.mail.waiting import nobodys_to_adjudicate, overdue_disputes, theirs_to_adjudicate
from labeling.models import Assignment, Candidate, Event, Membership, Project, Purpose
from labeling.protocol.adjudicate import confirm_adjudication, pending_reveal, read_reveal, submit_blind, take_adjudication
from labeling.protocol.draw import is_drawn
from labeling.protocol.edit import edit_answer
from labeling.protocol.examples import add_example
from labeling.protocol.hold import reopen_candidate, return_candidate, withdraw_candidate
from labeling.protocol.intake import import_decision
from labeling.protocol.lease import take_cards
from labeling.protocol.outcome import ProtocolError
from labeling.protocol.reap import promote_ready, reap_due
from labeling.protocol.skip import raise_flag, skip_candidate
from labeling.protocol.submission import Submission
from labeling.protocol.void import void_answers
from tests.factories import (
    adjudicate_as,
    agree,
    answer_as,
    dispute,
    expire,
    final_decision,
    lease_for,
    make_candidate,
    make_lead,
    make_person,
    make_project,
    newest_answer,
    review_as,
)

pytestmark = pytest.mark.django_db

ACCEPT, REJECT = Submission(verdict="accept"), Submission(verdict="reject", reasons=("blurry",))


@pytest.fixture
def project():
    """A project in which everything that is settled is looked at once more."""
    return make_project(audit_share=100, second_share=100)


@pytest.fixture
def agreed(project):
    """A candidate that two people accepted."""
    found = make_candidate(project)
    agree(found)
    return found


@pytest.fixture
def third(project):
    """A member who has answered nothing."""
    return make_person(project)


def stand(candidate):
    """Where the candidate stands, and the decision that stands."""
    candidate.refresh_from_db()
    return candidate.state, candidate.q_state, final_decision(candidate)


def test_what_two_people_agreed_on_waits_among_the_disputes_and_is_settled_all_the_same(agreed):
    people = sorted(Assignment.objects.values_list("person_id", flat=True))

    assert stand(agreed) == ("settled", 3, ("accept", "consensus"))
    assert [agreed.q_excl, agreed.q_excl2] == people


@pytest.mark.parametrize("verdict", ["accept", "reject"])
def test_an_audit_ends_with_the_blind_answer_and_changes_nothing(agreed, third, verdict):
    audit = review_as(third, agreed, verdict)

    assert (audit.purpose, audit.status, audit.verdict, audit.confirmed_at) == ("audit", "submitted", verdict, None)
    assert stand(agreed) == ("settled", 5, ("accept", "consensus"))
    assert agreed.decisions.count() == 1
    assert Event.objects.latest("pk").kind == "audited"
    assert (pending_reveal(agreed.project, third), take_adjudication(agreed.project, third)) == (None, None)


def test_nobody_sees_the_answers_behind_an_audit_nor_confirms_it(agreed, third):
    audit = review_as(third, agreed, "reject")

    with pytest.raises(ProtocolError, match="after your own"):
        read_reveal(audit.public_id, third)
    outcome = confirm_adjudication(audit.public_id, third, "taste", None, uuid4())
    assert (outcome.kind, outcome.code) == ("refused", "already_confirmed")


def test_a_share_of_what_is_agreed_is_audited_and_the_same_for_the_same_seed():
    project = make_project(audit_share=30, seed=7)
    candidates = [Candidate(project=project, round=number) for number in range(2000)]

    drawn = [is_drawn(candidate, Purpose.AUDIT) for candidate in candidates]

    # 600 are expected with a standard deviation of sqrt(2000 * 0.3 * 0.7) = 20.5; four of them to either side.
    assert 518 <= sum(drawn) <= 682
    assert drawn == [is_drawn(candidate, Purpose.AUDIT) for candidate in candidates]
    assert drawn != [is_drawn(candidate, Purpose.SECOND_ADJUDICATION) for candidate in candidates]
    project.audit_share = 0
    assert not any(is_drawn(candidate, Purpose.AUDIT) for candidate in candidates)


def test_what_was_not_drawn_is_done_and_stays_done_when_the_share_grows(third):
    project = make_project(audit_share=0)
    candidate = make_candidate(project)
    agree(candidate)
    auditor = make_person(project)
    Project.objects.update(audit_share=100)

    raise_flag(candidate.assignments.first().public_id, candidate.assignments.first().person, "Look again.", uuid4())

    assert stand(candidate) == ("settled", 5, ("accept", "consensus"))
    assert take_adjudication(project, auditor) is None


def test_what_was_drawn_waits_on_when_the_share_falls(agreed, third):
    Project.objects.update(audit_share=0)

    raise_flag(agreed.assignments.first().public_id, agreed.assignments.first().person, "Look again.", uuid4())

    assert review_as(third, agreed, "accept").purpose == "audit"


def test_an_audit_waits_until_both_windows_have_closed():
    project = make_project(audit_share=100, undo_minutes=15)
    candidate = make_candidate(project)
    first, _second = agree(candidate)
    third = make_person(project)

    assert take_adjudication(project, third) is None
    assert stand(candidate)[:2] == ("settled", 2)
    end = max(Assignment.objects.values_list("editable_until", flat=True))
    assert candidate.ready_at == end

    Assignment.objects.update(editable_until=timezone.now() - timedelta(seconds=1))
    Candidate.objects.update(ready_at=timezone.now() - timedelta(seconds=1))
    promote_ready()
    assert stand(candidate)[:2] == ("settled", 3)
    row = Assignment.objects.get(person=first)
    outcome = edit_answer(row.public_id, first, REJECT, newest_answer(row).public_id, uuid4())
    assert outcome.code == "window_closed"


def test_an_edit_in_time_makes_a_dispute_of_it_and_back(third):
    project = make_project(audit_share=100, undo_minutes=15)
    candidate = make_candidate(project)
    first, _second = agree(candidate)
    row = Assignment.objects.get(person=first)

    edit_answer(row.public_id, first, REJECT, newest_answer(row).public_id, uuid4())
    assert stand(candidate) == ("disputed", 2, None)
    edit_answer(row.public_id, first, ACCEPT, newest_answer(row).public_id, uuid4())

    assert stand(candidate) == ("settled", 2, ("accept", "consensus"))


def test_a_second_adjudicator_is_neither_of_the_pair_nor_the_first_and_changes_nothing(project):
    candidate = make_candidate(project)
    pair = dispute(candidate)
    first, second = make_person(project), make_person(project)
    adjudicate_as(first, candidate, "accept")
    assert stand(candidate) == ("settled", 3, ("accept", "adjudication"))

    assert [take_adjudication(project, person) for person in (*pair, first)] == [None, None, None]
    row = review_as(second, candidate, "reject")

    assert (row.purpose, row.verdict) == ("second_adjudication", "reject")
    assert stand(candidate) == ("settled", 5, ("accept", "adjudication"))
    assert Event.objects.latest("pk").kind == "second_adjudicated"


def test_the_first_adjudicator_reveals_and_revises_whatever_the_second_one_does(project):
    candidate = make_candidate(project)
    dispute(candidate)
    first, second = make_person(project), make_person(project)
    lease = review_as(first, candidate, "accept")
    held = take_adjudication(project, second)
    assert (held.purpose, stand(candidate)[:2]) == ("second_adjudication", ("settled", 4))

    assert len(read_reveal(lease.public_id, first).primaries) == 2
    confirm_adjudication(lease.public_id, first, "taste", REJECT, uuid4())
    assert stand(candidate) == ("settled", 4, ("reject", "adjudication"))
    submit_blind(held.public_id, second, ACCEPT, uuid4())

    assert stand(candidate) == ("settled", 5, ("reject", "adjudication"))


def test_an_expired_audit_goes_to_somebody_else_and_the_late_answer_counts_while_it_is_free(agreed, third):
    lease = take_adjudication(agreed.project, third)
    expire(lease)
    reap_due()
    assert stand(agreed)[:2] == ("settled", 3)

    outcome = submit_blind(lease.public_id, third, REJECT, uuid4())

    assert (outcome.code, stand(agreed)[:2]) == ("late", ("settled", 5))
    assert Assignment.objects.get(public_id=outcome.assignment).purpose == "audit"


def test_a_late_audit_is_surplus_once_somebody_else_has_audited(agreed, third):
    lease = take_adjudication(agreed.project, third)
    expire(lease)
    review_as(make_person(agreed.project), agreed, "accept")

    outcome = submit_blind(lease.public_id, third, REJECT, uuid4())

    assert outcome.kind == "surplus"


def test_a_late_adjudication_is_no_second_one(project, third):
    candidate = make_candidate(project)
    dispute(candidate)
    lease = take_adjudication(project, third)
    expire(lease)
    review_as(make_person(project), candidate, "accept")

    outcome = submit_blind(lease.public_id, third, REJECT, uuid4())

    assert (outcome.kind, stand(candidate)) == ("surplus", ("settled", 3, ("accept", "adjudication")))


def test_an_audit_is_skipped_like_a_dispute(agreed, third):
    lease = take_adjudication(agreed.project, third)

    outcome = skip_candidate(lease.public_id, third, "personal", "", uuid4())

    assert outcome.code == "skipped"
    assert take_adjudication(agreed.project, third) is None
    assert review_as(make_person(agreed.project), agreed, "accept").purpose == "audit"


def test_somebody_who_may_only_adjudicate_flags_and_skips_an_audit(agreed):
    person = make_person(agreed.project, can_label=False)
    lease = take_adjudication(agreed.project, person)

    assert raise_flag(lease.public_id, person, "Look at the text.", uuid4()).code == "flagged"
    assert skip_candidate(lease.public_id, person, "other", "", uuid4()).code == "skipped"


def test_reopening_ends_an_audit_in_hand_and_whoever_audited_may_answer_in_the_next_round(agreed, third):
    lead, project = make_lead(agreed.project), agreed.project
    review_as(third, agreed, "reject")
    reopen_candidate(agreed.public_id, lead, "audit contradicts")

    assert stand(agreed) == ("open", 0, None)
    assert [row.candidate_id for row in take_cards(project, third)] == [agreed.pk]


def test_an_audit_in_hand_ends_with_its_round(agreed, third):
    lease = take_adjudication(agreed.project, third)

    reopen_candidate(agreed.public_id, make_lead(agreed.project), "new guideline")

    assert submit_blind(lease.public_id, third, ACCEPT, uuid4()).kind == "surplus"
    assert stand(agreed) == ("open", 0, None)


def test_what_is_withdrawn_is_not_audited_and_waits_again_when_it_is_put_back(agreed, third):
    lead = make_lead(agreed.project)
    withdraw_candidate(agreed.public_id, lead, "wrong file")
    assert (stand(agreed), take_adjudication(agreed.project, third)) == (("withdrawn", 6, None), None)

    return_candidate(agreed.public_id, lead)

    assert stand(agreed) == ("settled", 3, ("accept", "consensus"))


def void(candidate, row):
    return void_answers(candidate.pk, make_lead(candidate.project), row.person_id, [row.pk], "Clicked through").effect.value


def test_voiding_an_audit_leaves_the_candidate_as_it_is(agreed, third):
    audit = review_as(third, agreed, "reject")

    assert void(agreed, audit) == "void_check"

    assert stand(agreed) == ("settled", 5, ("accept", "consensus"))
    assert take_adjudication(agreed.project, make_person(agreed.project)) is None


def test_voiding_one_of_an_audited_pair_asks_somebody_who_has_not_audited_it(agreed, third):
    make_person(agreed.project)
    review_as(third, agreed, "reject")

    assert void(agreed, agreed.assignments.filter(purpose="primary").first()) == "void_one_seat"

    assert stand(agreed)[:2] == ("open", 1)
    assert take_cards(agreed.project, third) == []
    answer_as(make_person(agreed.project), agreed, "accept")
    assert stand(agreed) == ("settled", 5, ("accept", "consensus"))


def test_voiding_one_of_a_pair_ends_the_audit_in_hand(agreed, third):
    make_person(agreed.project)
    lease = take_adjudication(agreed.project, third)

    void(agreed, agreed.assignments.filter(purpose="primary").first())

    lease.refresh_from_db()
    assert (lease.status, stand(agreed)[:2]) == ("released", ("open", 1))


def test_voiding_the_first_adjudication_ends_the_second_in_hand_and_makes_a_dispute_again(project):
    candidate = make_candidate(project)
    dispute(candidate)
    first, second, third = (make_person(project) for _ in range(3))
    row = review_as(first, candidate, "accept")
    lease = take_adjudication(project, second)

    assert void(candidate, row) == "void_adjudication"

    lease.refresh_from_db()
    assert (lease.status, stand(candidate)) == ("released", ("disputed", 3, None))
    assert review_as(third, candidate, "reject").purpose == "adjudication"


def test_what_waits_for_an_audit_is_no_example(agreed):
    lead = make_lead(agreed.project)

    with pytest.raises(ProtocolError, match="once more"):
        add_example(agreed.public_id, lead, "A clear accept.")
    review_as(make_person(agreed.project), agreed, "accept")

    assert add_example(agreed.public_id, lead, "A clear accept.").candidate_id == agreed.pk


def test_an_audit_is_no_primary_answer(agreed, third):
    review_as(third, agreed, "reject")

    assert [row.verdict for row in Assignment.objects.counted_primaries()] == ["accept", "accept"]


def test_an_imported_decision_is_not_audited(project):
    candidate = make_candidate(project)
    import_decision(candidate.pk, "accept", None)

    assert stand(candidate) == ("settled", 5, ("accept", "imported"))


def test_who_holds_the_other_seat_still_has_nothing_to_adjudicate(project):
    candidate = make_candidate(project)
    person = make_person(project)
    lease_for(person, candidate)

    assert take_adjudication(project, person) is None


def test_what_waits_to_be_looked_at_counts_like_a_dispute_in_mails_to_adjudicators_and_is_no_worry_of_leads(agreed, third):
    Candidate.objects.update(state_changed_at=timezone.now() - timedelta(days=2))
    waiting = overdue_disputes(agreed.project_id, timezone.now())
    membership = Membership.objects.get(person=third)

    assert theirs_to_adjudicate(waiting, membership) == {agreed.pk}
    Membership.objects.update(can_adjudicate=False)
    assert nobodys_to_adjudicate(agreed.project_id, waiting) == set()


def test_what_waits_to_be_looked_at_is_finished_work(agreed):
    project = agreed.project

    assert count_states(project).total.done_percent == 100
    assert count_unfinished(project) == {}
    assert count_unripe(project) is None


def test_hours_count_audits_as_adjudications(agreed, third):
    review_as(third, agreed, "accept")
    today = timezone.localdate()

    [work] = [row for row in measure_work(agreed.project, Span(first=today, last=today)) if row.person == third]

    assert (work.total.adjudications, work.total.answers) == (1, 0)
