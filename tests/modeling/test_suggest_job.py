"""Suggestions: for whom they are computed, that nothing is overwritten, and that nobody who labels waits."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from labeling.image_store import keep_image
from labeling.jobs.run import run_job
from labeling.models import Candidate, Draw, Job, Project, Suggestion
from labeling.protocol.intake import import_decision
from labeling.protocol.lease import take_cards
from labeling.protocol.suggestions import use_version
from modeling import suggest_job
from modeling.models import ModelVersion, Promotion
from modeling.protocol.registry import promote, roll_back
from modeling.suggest_due import suggest_due
from tests.factories import make_bundle, make_candidate, make_generator, make_person, make_project, make_task
from tests.labeling.raw_rows import raw_suggestion, update
from tests.labeling.visiting import visit_as
from tests.modeling.made_project import make_drawing, make_led_project, train_version
from tests.modeling.made_registry import make_version_row

pytestmark = pytest.mark.django_db(transaction=True)
REASON = "The test side is still too small."
# 21 tasks with 3 candidates: of the two that are open neither is on the test side, where 4 tasks are.
OPEN, TEST = 6, 12


def work(project):
    """Do what waits, as one worker would."""
    while job := Job.objects.filter(project=project, state="queued").order_by("pk").first():
        run_job(job.pk)
        job.refresh_from_db()
        assert job.state == "done", job.error_text
    project.refresh_from_db()


def look_due(version):
    """Let somebody look what is missing; a minute has gone by since they last did."""
    earlier = timezone.now() - timedelta(minutes=2)
    ModelVersion.objects.filter(pk=version.pk).update(suggested_at=earlier)
    return suggest_due()


@pytest.fixture
def trained(monkeypatch):
    """A project with a trained version, its lead, and pages of four candidates."""
    monkeypatch.setattr(suggest_job, "PAGE", 4)
    project, lead = make_led_project()
    return project, lead, train_version(project, lead)


def test_a_promoted_version_speaks_of_what_is_open_and_of_the_test_side_and_is_then_put_to_use(trained):
    project, lead, version = trained

    promotion = promote(version, lead, REASON)
    work(project)

    said = Suggestion.objects.filter(project=project, model_version=version.name)
    assert said.filter(candidate__state="open").count() == OPEN
    assert said.filter(candidate__bundle__task__is_test_side=True).count() == TEST
    assert said.count() == OPEN + TEST
    assert all(0 <= p <= 1 for p in said.values_list("p_accept", flat=True))
    assert {*said.values_list("backend", flat=True)} == {"stats"}
    assert project.model_version == version.name
    assert Promotion.objects.get(pk=promotion.pk).used_at is not None
    assert Job.objects.get(pk=promotion.job_id).result == {"version": version.name, "made": OPEN + TEST, "lost": 0, "is_used": True}
    # Nobody ever sees one about the test side: whoever takes a candidate there gets it blind.
    person = make_person(project)
    cards = take_cards(project, person)
    assert {
        draw.candidate.bundle.task.is_test_side for draw in Draw.objects.filter(candidate__in=[card.candidate_id for card in cards])
    } <= {False}


def test_what_a_version_has_said_is_never_overwritten(trained):
    project, lead, version = trained
    open_one = Candidate.objects.filter(project=project, state="open").first()
    raw_suggestion(open_one, 0.123, model_version=version.name)

    promote(version, lead, REASON)
    work(project)

    assert Suggestion.objects.get(candidate=open_one, model_version=version.name).p_accept == 0.123
    assert Suggestion.objects.filter(model_version=version.name).count() == OPEN + TEST


def test_a_killed_job_goes_on_after_the_last_page_it_stored(trained, monkeypatch):
    project, lead, version = trained
    promotion = promote(version, lead, REASON)
    pages, say = [], suggest_job.say

    def die_at_third(version, model, rows):
        pages.append([row.pk for row in rows])
        if len(pages) == 3:
            raise KilledError
        return say(version, model, rows)

    monkeypatch.setattr(suggest_job, "say", die_at_third)
    run_job(promotion.job_id)
    stored = Suggestion.objects.filter(model_version=version.name).count()
    Job.objects.filter(pk=promotion.job_id).update(state="queued", fence=None)
    work(project)

    assert stored == 6  # a page of four, and the other two that are open
    assert pages[3] == pages[2]
    assert Suggestion.objects.filter(model_version=version.name).count() == OPEN + TEST


class KilledError(Exception):
    """The worker is gone."""


def test_a_job_that_fails_leaves_people_with_the_version_before(trained, monkeypatch):
    project, lead, version = trained
    raw_suggestion(Candidate.objects.filter(project=project, state="open").first(), model_version="imported-1")
    Project.objects.filter(pk=project.pk).update(model_version="imported-1")
    promotion = promote(version, lead, REASON)
    (_path(version) / "heads.safetensors").write_bytes(b"something else")

    run_job(promotion.job_id)

    job = Job.objects.get(pk=promotion.job_id)
    assert (job.state, "damaged" in job.error_text) == ("failed", True)
    assert Project.objects.get(pk=project.pk).model_version == "imported-1"
    assert take_cards(project, make_person(project))


def _path(version):
    from modeling.model_folder import find_folder

    return find_folder(version.folder)


def test_new_imports_and_replaced_pictures_are_spoken_of_by_themselves(trained):
    project, lead, version = trained
    promote(version, lead, REASON)
    work(project)
    nothing_new = look_due(version)
    new = make_bundle(Candidate.objects.filter(project=project, state="open").first().bundle.task, make_generator()).candidates.get()
    Candidate.objects.filter(pk=new.pk).update(image=keep_image(make_drawing("blue")))
    replaced = Candidate.objects.filter(project=project, state="open").exclude(pk=new.pk).first()

    due = look_due(version)
    while_at_it = look_due(version)
    work(project)
    Candidate.objects.filter(pk=replaced.pk).update(image=keep_image(make_drawing("green")), state_changed_at=timezone.now())
    again = look_due(version)
    work(project)

    assert (nothing_new, due, while_at_it, again) == (0, 1, 0, 1)
    assert Suggestion.objects.filter(candidate=new, model_version=version.name).count() == 1
    assert Suggestion.objects.filter(candidate=replaced, model_version=version.name).count() == 2
    assert Job.objects.filter(kind="suggest").order_by("-pk")[0].result["made"] == 1


def test_a_lost_picture_is_left_out_and_keeps_nobody_else_waiting(trained):
    project, lead, version = trained
    lost = Candidate.objects.filter(project=project, state="open").first()
    # A row without a stored file.
    Candidate.objects.filter(pk=lost.pk).update(image=make_candidate(make_project()).image)

    promote(version, lead, REASON)
    work(project)

    assert not Suggestion.objects.filter(candidate=lost, model_version=version.name).exists()
    assert Suggestion.objects.filter(model_version=version.name).count() == OPEN - 1 + TEST
    assert project.model_version == version.name
    # It stays lost, which is no reason for a job a minute; a new image is, and so is the next day.
    stays = look_due(version)
    new = make_bundle(lost.bundle.task, make_generator()).candidates.get()
    Candidate.objects.filter(pk=new.pk).update(image=keep_image(make_drawing("blue")))
    comes = look_due(version)
    work(project)
    after = look_due(version)
    Job.objects.filter(kind="suggest").update(created_at=timezone.now() - timedelta(days=2))
    later = look_due(version)
    assert (stays, comes, after, later) == (0, 1, 0, 1)
    assert Suggestion.objects.filter(candidate=new, model_version=version.name).exists()


def test_a_job_that_a_lead_cancelled_is_not_begun_again_at_once(project_in_use):
    version = project_in_use
    now = timezone.now()
    job = Job.objects.create(project=version.project, kind="suggest", params={"version": version.pk}, state="cancelled", finished_at=now)

    at_once = look_due(version)
    Job.objects.filter(pk=job.pk).update(finished_at=now - timedelta(minutes=61))

    assert (at_once, look_due(version)) == (0, 1)


def test_a_job_that_ran_long_and_failed_is_not_begun_again_at_once(project_in_use):
    version = project_in_use
    now = timezone.now()
    fields = {"state": "failed", "created_at": now - timedelta(hours=1), "finished_at": now}
    job = Job.objects.create(project=version.project, kind="suggest", params={"version": version.pk}, **fields)

    at_once = look_due(version)
    Job.objects.filter(pk=job.pk).update(finished_at=now - timedelta(minutes=11))

    assert (at_once, look_due(version)) == (0, 1)


def test_what_was_decided_elsewhere_on_the_test_side_is_spoken_of_for_the_gate(project_in_use):
    version = project_in_use
    raw_suggestion(Candidate.objects.get(project=version.project), model_version=version.name)
    before = look_due(version)

    decided = make_bundle(make_task(version.project, is_test_side=True)).candidates.get()
    update(decided, image=make_candidate(make_project()).image)
    import_decision(decided.pk, "accept", None)

    assert (before, look_due(version)) == (0, 1)


@pytest.fixture
def project_in_use():
    """A version in use whose project has an open candidate it has said nothing of."""
    candidate = make_candidate(make_project())
    version = make_version_row(candidate.project)
    Project.objects.filter(pk=version.project_id).update(model_version=version.name)
    return version


def test_a_promotion_that_comes_too_late_says_so(trained):
    project, lead, version = trained
    raw_suggestion(Candidate.objects.filter(project=project, state="open").first(), model_version="imported-1")
    promotion = promote(version, lead, REASON)
    use_version(project, lead, "imported-1")

    work(project)

    job, said = Job.objects.get(pk=promotion.job_id), f"{version.name} was not put to use: another version was, since it was promoted."
    assert (job.result["is_used"], project.model_version) == (False, "imported-1")
    for page in (f"/p/{project.slug}/jobs/{job.public_id}/", f"/p/{project.slug}/models/"):
        assert said in visit_as(lead).get(page).content.decode()


def test_one_that_comes_back_is_completed(trained):
    project, lead, first = trained
    promote(first, lead, REASON)
    work(project)
    raw_suggestion(Candidate.objects.filter(project=project, state="open").first(), model_version="imported-2")
    use_version(project, lead, "imported-2")
    new = make_bundle(Candidate.objects.filter(project=project, state="open").first().bundle.task, make_generator()).candidates.get()
    Candidate.objects.filter(pk=new.pk).update(image=keep_image(make_drawing("blue")))

    roll_back(project, lead)
    at_once = Project.objects.get(pk=project.pk).model_version
    work(project)

    assert at_once == first.name
    assert Suggestion.objects.filter(candidate=new, model_version=first.name).exists()


def test_looking_costs_one_query_where_it_was_looked_at_this_minute(django_assert_num_queries):
    project = make_project()
    version = make_version_row(project)
    Project.objects.filter(pk=project.pk).update(model_version=version.name)
    suggest_due()

    with django_assert_num_queries(1):
        assert suggest_due() == 0


def test_no_candidate_is_locked_while_the_model_thinks(trained, monkeypatch):
    project, lead, version = trained
    person, say, taken = make_person(project), suggest_job.say, []

    def label_meanwhile(version, model, rows):
        assert not connection.in_atomic_block
        taken.extend(take_cards(project, person))
        return say(version, model, rows)

    monkeypatch.setattr(suggest_job, "say", label_meanwhile)
    promote(version, lead, REASON)
    work(project)

    assert taken
    assert project.model_version == version.name
