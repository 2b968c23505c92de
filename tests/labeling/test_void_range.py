"""Voiding by range: which answers are meant, what the dry run says, and the job that does it."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from labeling.jobs import void_answers as job_module
from labeling.jobs.context import JobContext
from labeling.jobs.fence import JobLost
from labeling.jobs.run import run_here, run_job
from labeling.lead.voiding import VoidRange, choose_answers, preview_voiding
from labeling.models import Assignment, Candidate, Job, JobLine, Membership
from labeling.models.voiding import Voiding
from labeling.protocol.edit import edit_answer
from labeling.protocol.hold import withdraw_candidate
from labeling.protocol.projects import publish_guideline
from labeling.protocol.reading import read_guideline
from labeling.protocol.submission import Submission
from tests.factories import adjudicate_as, answer_as, final_decision, make_bundle, make_candidate, make_lead, make_person, make_task
from tests.factories import make_project as new_project
from tests.labeling.exporting import export, make_queued, read_lines
from tests.labeling.large_project import make_large_project
from tests.labeling.protocol_invariants import broken_invariants
from tests.labeling.query_plans import watch_plans
from tests.labeling.raw_rows import update
from tests.labeling.visiting import address, read, visit_as

pytestmark = pytest.mark.django_db

WHY = "Clicked through without looking"


@pytest.fixture
def project():
    return new_project()


def everything(person, **fields):
    return VoidRange(person=person.pk, before=timezone.now() + timedelta(seconds=1), **fields)


def chosen(project, person, **fields):
    return [row.candidate_id for row in choose_answers(project, everything(person, **fields))]


def run(project, lead, wanted, reason=WHY):
    job = run_here(project, "void_answers", {"range": wanted.as_params(), "reason": reason}, lead)
    return job, {line.record.rpartition("/")[0].partition("/")[2]: line.code for line in JobLine.objects.filter(job=job)}


def test_a_range_is_days_of_the_sites_time_zone_both_included(project, settings):
    settings.TIME_ZONE = "Asia/Shanghai"
    person = make_person(project)
    days = {}
    for hour in (15, 16, 40):
        candidate = make_candidate(project)
        answer_as(person, candidate, "accept")
        # Midnight in Shanghai is 16:00 in UTC.
        candidate.assignments.update(submitted_at=datetime(2026, 3, 1, tzinfo=UTC) + timedelta(hours=hour))
        days[hour] = candidate.pk

    with timezone.override("Asia/Shanghai"):
        second = chosen(project, person, first=date(2026, 3, 2), last=date(2026, 3, 2))
        since = chosen(project, person, first=date(2026, 3, 2))
        until = chosen(project, person, last=date(2026, 3, 1))

    assert (second, since, until) == ([days[16]], [days[16], days[40]], [days[15]])


def test_a_range_goes_by_the_guideline_of_the_newest_answer_and_by_category(project):
    lead, person = make_lead(project), make_person(project)
    project.undo_minutes = 15
    project.save()
    old, edited = make_candidate(project), make_candidate(project)
    publish_guideline(project, lead, "Look at the eyes.")
    read_guideline(project, person, 1)
    answer_as(person, old, "accept")
    outcome = answer_as(person, edited, "accept")
    publish_guideline(project, lead, "Look at the hands.")
    read_guideline(project, person, 2)
    edit_answer(outcome.assignment, person, Submission(verdict="reject"), outcome.answer, uuid4())
    portrait = make_bundle(make_task(project, category="Portrait")).candidates.get()
    answer_as(person, portrait, "accept")

    assert chosen(project, person, guideline=1) == [old.pk]
    assert chosen(project, person, guideline=2) == [edited.pk, portrait.pk]
    assert chosen(project, person, category="Portrait") == [portrait.pk]
    assert chosen(project, person, guideline=1, category="Portrait") == []


def test_what_came_in_after_the_dry_run_is_left_alone(project):
    person, candidate = make_person(project), make_candidate(project)
    before = timezone.now()
    answer_as(person, candidate, "accept")

    assert list(choose_answers(project, VoidRange(person=person.pk, before=before))) == []


def make_everything(project, person):
    """One candidate of `person` for each thing that can become of it, by the name of its task."""
    others = [make_person(project) for _ in range(4)]

    def make(name, *answers):
        candidate = make_bundle(make_task(project, external_id=name)).candidates.select_related("project").get()
        for somebody, verdict in answers:
            answer_as(somebody, candidate, verdict)
        return candidate

    made = {
        "half": make("half", (person, "accept")),
        "settled": make("settled", (person, "accept"), (others[0], "accept")),
        "adjudicated": make("adjudicated", (person, "accept"), (others[0], "reject")),
    }
    adjudicate_as(others[1], made["adjudicated"], "accept")
    made["decided"] = make("decided", (others[0], "accept"), (others[1], "reject"))
    adjudicate_as(person, made["decided"], "reject")
    made["disputed"] = make("disputed", (person, "accept"), (others[0], "reject"))
    made["withdrawn"] = make("withdrawn", (person, "accept"), (others[0], "accept"))
    withdraw_candidate(made["withdrawn"].public_id, make_lead(project), "wrong file")
    make("others", (others[0], "accept"), (others[1], "accept"))
    return made


EXPECTED = {
    "half": "void_seat",
    "settled": "void_one_seat",
    "adjudicated": "void_new_round",
    "decided": "void_adjudication",
    "disputed": "void_one_seat",
    "withdrawn": "void_withdrawn",
}


def test_the_dry_run_says_what_the_run_then_does(project):
    lead, person = make_lead(project), make_person(project)
    made = make_everything(project, person)
    wanted = everything(person)

    before = list(Assignment.objects.order_by("pk").values_list("status", flat=True))
    preview = preview_voiding(project, wanted)
    after = list(Assignment.objects.order_by("pk").values_list("status", flat=True))
    job, codes = run(project, lead, wanted)

    assert before == after
    assert (preview.answers, preview.adjudications, preview.reopened) == (4, 1, 4)
    assert dict(preview.effects) == {Voiding.SEAT: 1, Voiding.ONE_SEAT: 2, Voiding.NEW_ROUND: 1, Voiding.DISPUTED: 1}
    assert dict(preview.refused) == {Voiding.WITHDRAWN: 1}
    assert codes == EXPECTED
    assert (job.state, job.result["void"], job.result["candidates"]) == ("done", 5, 6)
    assert person.assignments.filter(status="void", void_reason=WHY).count() == 5
    assert final_decision(made["settled"]) is None
    assert broken_invariants() == []


def test_a_killed_run_goes_on_after_its_last_candidate_and_reports_each_once(project, monkeypatch):
    lead, person = make_lead(project), make_person(project)
    make_everything(project, person)
    plain, calls = job_module.void_one, []

    def die_at_the_third(*arguments):
        calls.append(arguments[1].pk)
        if len(calls) == 3:
            raise JobLost("killed")
        plain(*arguments)

    monkeypatch.setattr(job_module, "void_one", die_at_the_third)
    params = {"range": everything(person).as_params(), "reason": WHY}
    job = Job.objects.create(project=project, kind="void_answers", params=params, created_by=lead)
    run_job(job.pk)
    Job.objects.filter(pk=job.pk).update(state="queued", fence=None)
    run_job(job.pk)

    job.refresh_from_db()
    lines = [line.key for line in JobLine.objects.filter(job=job).order_by("pk")]
    assert (job.state, job.attempt, job.result["void"], job.result["candidates"]) == ("done", 2, 5, 6)
    assert (len(lines), len(set(lines)), len(calls)) == (6, 6, 7)
    assert person.assignments.filter(status="void").count() == 5


def test_a_cancelled_run_stops_between_two_candidates(project, monkeypatch):
    lead, person = make_lead(project), make_person(project)
    make_everything(project, person)
    plain = JobContext.progress

    def cancel_after_the_second(self, done, *rest):
        plain(self, done, *rest)
        if done == 2:
            Job.objects.filter(pk=self.job_id).update(cancel_requested=True)

    monkeypatch.setattr(JobContext, "progress", cancel_after_the_second)
    job, codes = run(project, lead, everything(person))

    assert (job.state, len(codes)) == ("cancelled", 2)
    assert broken_invariants() == []


def test_a_job_in_the_name_of_somebody_who_leads_no_more_voids_nothing(project):
    lead, person = make_lead(project), make_person(project)
    answer_as(person, make_candidate(project), "accept")
    update(lead.memberships.get(), active=False)

    job, codes = run(project, lead, everything(person))

    assert (job.state, codes) == ("failed", {})
    assert "not allowed" in job.error
    assert not Assignment.objects.filter(status="void").exists()


def test_exports_as_of_an_earlier_event_still_have_the_answer_and_new_ones_say_why_it_is_void(project, tmp_path):
    lead, person, other = make_lead(project), make_person(project), make_person(project)
    make_person(project)
    [candidate] = make_queued(project)
    for somebody in (person, other):
        answer_as(somebody, candidate, "accept")
    before, manifest = export(project, "full", tmp_path / "before")
    labels, _manifest = export(project, "servimage", tmp_path / "labels")

    run(project, lead, everything(person))

    cutoff = manifest["cutoff_event"]
    assert export(project, "full", tmp_path / "again", cutoff)[0] == before
    assert export(project, "servimage", tmp_path / "labels-again", cutoff)[0] == labels
    [line] = read_lines(export(project, "full", tmp_path / "now")[0])
    told = [(row["status"], row["counted"], row["void_reason"]) for row in line["assignments"]]
    assert (line["state"], line["decision"], told) == ("open", None, [("void", False, WHY), ("submitted", True, "")])
    assert [row["verdict"] for row in line["assignments"][0]["answers"]] == ["accept"]
    assert export(project, "servimage", tmp_path / "labels-now")[0] == b""


# The pages


def fill(person, **fields):
    return {"person": person.pk, "reason": WHY, **fields}


def test_the_page_shows_a_dry_run_and_the_confirmed_run_is_a_job(project):
    lead, person = make_lead(project), make_person(project)
    made = make_everything(project, person)
    browser = visit_as(lead)

    looked = browser.post(address("void", project), {"person": person.pk})
    before = Assignment.objects.filter(status="void").count()
    before_field = looked.context["sure"]["before"].value()
    started = browser.post(address("void", project), fill(person, before=before_field, confirm="1"))

    text = read(looked)
    assert (looked.status_code, before) == (200, 0)
    for words in (
        "Become void 5 1 of them an adjudication",
        "Candidates reopen 4",
        "Cannot be voided 1",
        "add somebody first and look again",
        "Void 5 answers",
        f"{person.username} may be given the same images again, except those they adjudicated. Take away their right to label first",
    ):
        assert words in text
    job = Job.objects.get(kind="void_answers")
    assert (started.status_code, started.url) == (302, address("job", project, job.public_id))
    run_job(job.pk)
    page = read(browser.get(started.url))
    assert "Voiding of answers" in page
    assert "Goes back to one seat taken" in page
    assert made["half"].assignments.get().status == "void"


def test_nothing_is_voided_without_a_look_first_or_without_a_reason(project):
    lead, person = make_lead(project), make_person(project)
    answer_as(person, make_candidate(project), "accept")
    browser = visit_as(lead)

    unseen = browser.post(address("void", project), fill(person, confirm="1"))
    moment = unseen.context["sure"]["before"].value()
    without = browser.post(address("void", project), {"person": person.pk, "before": moment, "confirm": "1"})
    backwards = browser.post(address("void", project), fill(person, first="2026-03-02", last="2026-03-01"))
    stranger = browser.post(address("void", project), fill(make_person(new_project())))

    assert (unseen.status_code, without.status_code, backwards.status_code, stranger.status_code) == (200, 422, 422, 422)
    assert "Say why." in read(without)
    assert "Void 1 answer" in read(without)
    assert "Say why." not in read(unseen)
    assert "The last day is before the first one." in read(backwards)
    assert not Job.objects.exists()


def test_the_dry_run_says_how_many_people_are_left_where_they_are_too_few(project):
    person, other, third = (make_person(project) for _ in range(3))
    agreed, adjudicated = make_candidate(project), make_candidate(project)
    for somebody in (person, other):
        answer_as(somebody, agreed, "accept")
    answer_as(person, adjudicated, "accept")
    answer_as(other, adjudicated, "reject")
    adjudicate_as(third, adjudicated, "accept")

    preview = preview_voiding(project, everything(person))
    page = visit_as(make_lead(project)).post(address("void", project), {"person": person.pk})
    Membership.objects.filter(person=person).update(active=False)
    without = visit_as(make_lead(project)).post(address("void", project), {"person": person.pk})

    # The agreed one reopens for all three, two besides the person; the third may not answer what they adjudicated, which leaves two.
    assert (preview.effects[Voiding.ONE_SEAT], preview.refused[Voiding.TOO_FEW_PEOPLE]) == (1, 1)
    assert (preview.others, preview.able) == (2, 2)
    assert "Without them only 2 people could answer some of these, and three are needed: add somebody before" in read(page)
    assert "For some that cannot be voided only 2 people are left who could answer again; three are needed." in read(page)
    # With the person gone two are left for the agreed one, so it stays as it is too, and for the adjudicated one it is one.
    assert "For some that cannot be voided only 1 person is left who could answer again; three are needed." in read(without)
    assert "may be given the same images again" not in read(without)


def test_the_person_is_told_how_many_and_why_and_nothing_else(project):
    lead, person = make_lead(project, username="lena.lead"), make_person(project)
    make_everything(project, person)
    silent = read(visit_as(person).get(address("progress", project)))

    run(project, lead, everything(person))
    told = read(visit_as(person).get(address("progress", project)))

    assert "void" not in silent
    assert f"5 answers: {WHY}" in told
    assert "lena" not in told


def test_choosing_answers_reads_an_index_range_and_no_whole_table():
    project, people = make_large_project()
    person = people[3]
    mine = person.assignments.order_by("pk").first()
    update(mine, submitted_at=datetime(2026, 3, 1, 12, tzinfo=UTC))

    with watch_plans() as watch:
        preview = preview_voiding(project, everything(person, first=date(2026, 3, 1), last=date(2026, 3, 1), guideline=None))

    assert not watch.scans, "\n".join(map(str, watch.scans))
    assert sum(preview.effects.values()) + sum(preview.refused.values()) == 1
    assert Candidate.objects.filter(pk=mine.candidate_id).exists()
