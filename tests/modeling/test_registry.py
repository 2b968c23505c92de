"""Promoting a version, what people see meanwhile, and going back."""

import pytest

from labeling.jobs.context import JobContext
from labeling.jobs.fence import JobLost, claim
from labeling.models import Event, Job, Project
from labeling.protocol.archive import archive_project
from labeling.protocol.outcome import ProtocolError
from labeling.protocol.suggestions import put_to_use, use_version
from modeling.models import Promotion
from modeling.protocol.registry import (
    find_former,
    find_waiting,
    judge_again,
    list_ancestors,
    list_caused,
    promote,
    put_promoted_to_use,
    roll_back,
)
from tests.factories import make_candidate, make_lead, make_person, make_project
from tests.labeling.raw_rows import raw_suggestion
from tests.labeling.visiting import visit_as
from tests.modeling.made_metrics import make_gate
from tests.modeling.made_registry import make_version_row

pytestmark = pytest.mark.django_db
REASON = "The test side is still too small."


@pytest.fixture
def project():
    return make_project()


@pytest.fixture
def lead(project):
    return make_lead(project)


def code_of(act):
    with pytest.raises(ProtocolError) as refusal:
        act()
    return refusal.value.code


def finish(promotion):
    """Let the job of a promotion be done, as a worker would at its end."""
    context = JobContext(promotion.job, claim(promotion.job_id))
    is_used = put_promoted_to_use(context, promotion)
    Job.objects.filter(pk=promotion.job_id).update(state="done", fence=None)
    promotion.project.refresh_from_db()
    return is_used


def use(version, lead):
    """Promote a version and put it to use."""
    version.refresh_from_db()
    promotion = promote(version, lead, REASON)
    finish(promotion)
    version.project.refresh_from_db()
    return promotion


def in_use(project):
    return Project.objects.values_list("model_version", flat=True).get(pk=project.pk)


def test_people_see_the_version_before_until_the_new_suggestions_are_stored(project, lead):
    raw_suggestion(make_candidate(project), model_version="imported-1")
    use_version(project, lead, "imported-1")
    version = make_version_row(project, incumbent="imported-1", gate=make_gate(rivals=("incumbent",)))

    promotion = promote(version, lead)
    before = in_use(project)
    is_used = finish(promotion)

    promotion.refresh_from_db()
    assert (before, is_used, in_use(project)) == ("imported-1", True, version.name)
    assert (promotion.kind, promotion.former, promotion.reason, promotion.used_at is not None) == ("promoted", "imported-1", "", True)
    assert (promotion.job.kind, promotion.job.params) == ("suggest", {"version": version.pk, "promotion": promotion.pk})
    kinds = list(Event.objects.filter(project=project, candidate=None).order_by("pk").values_list("kind", flat=True))[-2:]
    assert kinds == ["model_promoted", "version_used"]


@pytest.mark.parametrize("verdict", ["worse", "not_enough_evidence", "miscalibrated", "too_few"])
def test_a_version_that_the_gate_holds_back_takes_a_reason(project, lead, verdict):
    version = make_version_row(project, gate=make_gate(verdict))

    refused = [code_of(lambda reason=reason: promote(version, lead, reason)) for reason in ("", "   so there   ", "123456789")]
    promotion = promote(version, lead, f"  {REASON}  ")

    assert refused == ["gate_closed"] * 3
    assert (promotion.kind, promotion.reason) == ("overridden", REASON)
    assert Event.objects.get(kind="model_promoted").data["reason"] == REASON


def test_a_gate_that_compared_with_another_version_is_not_enough(project, lead):
    first, second = make_version_row(project), make_version_row(project)
    use(first, lead)
    second.refresh_from_db()

    refused = code_of(lambda: promote(second, lead))
    job = judge_again(second, lead)

    assert refused == "gate_closed"
    assert (job.kind, job.params) == ("gate", {"version": second.pk})
    assert judge_again(second, lead) == job


def test_nothing_is_promoted_twice_or_by_others_or_in_the_archive(project, lead):
    version, annotator = make_version_row(project), make_person(project)

    by_annotator = code_of(lambda: promote(version, annotator))
    promotion = promote(version, lead)
    waiting = code_of(lambda: promote(version, lead))
    finish(promotion)
    version.refresh_from_db()
    again = code_of(lambda: promote(version, lead))
    archive_project(project, lead)

    assert (by_annotator, waiting, again) == ("not_allowed", "promoted_already", "version_in_use")
    assert code_of(lambda: promote(version, lead, REASON)) == "archived"
    assert code_of(lambda: roll_back(project, lead)) == "archived"


def test_a_promotion_whose_job_failed_can_be_repeated(project, lead):
    version = make_version_row(project)
    first = promote(version, lead)
    Job.objects.filter(pk=first.job_id).update(state="failed")

    second = promote(version, lead)

    assert find_waiting(project) == second
    assert finish(second)


def test_of_two_promotions_the_later_one_comes_to_use(project, lead):
    first, second = make_version_row(project), make_version_row(project)
    early, late = promote(first, lead), promote(second, lead)

    used = finish(late), finish(early)

    assert used == (True, False)
    assert in_use(project) == second.name
    assert Promotion.objects.get(pk=early.pk).used_at is None


def test_a_worker_that_was_taken_for_dead_puts_nothing_to_use(project, lead):
    promotion = promote(make_version_row(project), lead)
    context = JobContext(promotion.job, claim(promotion.job_id))
    Job.objects.filter(pk=promotion.job_id).update(state="queued", fence=None)

    with pytest.raises(JobLost):
        put_promoted_to_use(context, promotion)

    assert in_use(project) == ""


def test_a_version_that_was_put_to_use_meanwhile_stays(project, lead):
    raw_suggestion(make_candidate(project), model_version="imported-1")
    promotion = promote(make_version_row(project), lead)
    use_version(project, lead, "imported-1")

    is_used = finish(promotion)

    assert (is_used, in_use(project)) == (False, "imported-1")
    assert Promotion.objects.get(pk=promotion.pk).used_at is None


def test_a_trained_version_is_put_to_use_by_promoting_it_alone(project, lead):
    version = make_version_row(project, gate=make_gate("worse"))
    # Half computed, say: it has spoken about one image.
    raw_suggestion(make_candidate(project), model_version=version.name)

    by_click = code_of(lambda: use_version(project, lead, version.name))
    by_import = code_of(lambda: put_to_use(project, version.name, lead, instead=True))
    as_the_first = put_to_use(project, version.name, lead, instead=False)

    assert (by_click, by_import, as_the_first) == ("trained_here", "trained_here", False)
    assert in_use(project) == ""
    # Another project may have imported one of that name.
    other = make_project()
    raw_suggestion(make_candidate(other), model_version=version.name)
    assert put_to_use(other, version.name, None, instead=False)


def test_the_page_of_suggestions_leads_to_the_models_for_what_was_trained_here(project, lead):
    version = make_version_row(project)
    for name in (version.name, "imported-1"):
        raw_suggestion(make_candidate(project), model_version=name)

    page = visit_as(lead).get(f"/p/{project.slug}/suggestions/").content.decode()

    assert "Put imported-1 to use" in page
    assert f"Put {version.name} to use" not in page
    assert f"{version.name} was trained here: see Models" in page


def test_a_promotion_keeps_the_verdict_it_was_made_on(project, lead):
    version = make_version_row(project, gate=make_gate("too_few"))
    promotion = use(version, lead)
    other = make_version_row(project)
    use(other, lead)
    version.gate = make_gate("passes")
    version.save()

    page = visit_as(lead).get(f"/p/{project.slug}/models/versions/{version.public_id}/").content.decode()

    assert Promotion.objects.get(pk=promotion.pk).gate == make_gate("too_few")
    assert "The gate then: too few test candidates, on 120 test candidates." in page


def test_the_version_in_use_is_not_judged_again(project, lead):
    version = make_version_row(project)
    use(version, lead)

    assert code_of(lambda: judge_again(version, lead)) == "version_in_use"


def test_one_click_goes_back_to_the_version_before_and_a_job_adds_what_is_missing(project, lead):
    first, second = make_version_row(project), make_version_row(project)
    use(first, lead)
    use(second, lead)

    back = roll_back(project, lead)

    assert in_use(project) == first.name == project.model_version
    assert (back.kind, back.name, back.former, back.used_at is not None) == ("rolled_back", first.name, second.name, True)
    assert (back.job.kind, back.job.params) == ("suggest", {"version": first.pk})
    assert Event.objects.filter(project=project).order_by("-pk").values_list("kind", flat=True)[0] == "model_rolled_back"
    # Going back once more does not bring the second one again, but what was before the first: nothing.
    nothing = roll_back(project, lead)
    assert (in_use(project), nothing.name, nothing.former, nothing.version, nothing.job) == ("", "", first.name, None, None)
    assert code_of(lambda: roll_back(project, lead)) == "nothing_before"
    use(first, lead)
    assert find_former(Project.objects.get(pk=project.pk)) == ""


def test_going_back_twice_goes_back_two_versions(project, lead):
    versions = [make_version_row(project) for _ in range(3)]
    for version in versions:
        use(version, lead)

    names = [roll_back(project, lead).name for _ in range(2)]

    assert names == [versions[1].name, versions[0].name]


def test_going_back_reaches_a_version_whose_model_is_not_here(project, lead):
    raw_suggestion(make_candidate(project), model_version="imported-1")
    use_version(project, lead, "imported-1")
    project.refresh_from_db()
    use(make_version_row(project), lead)

    former = find_former(Project.objects.get(pk=project.pk))
    back = roll_back(project, lead)

    assert former == "imported-1" == in_use(project)
    assert (back.version, back.job) == (None, None)


def test_a_roll_back_ends_a_promotion_that_is_under_way(project, lead):
    first, second, third = (make_version_row(project) for _ in range(3))
    use(first, lead)
    use(second, lead)
    third.refresh_from_db()
    promotion = promote(third, lead, REASON)

    roll_back(project, lead)

    assert not finish(promotion)
    assert in_use(project) == first.name
    assert find_waiting(project) is None


def test_a_version_that_learned_from_labels_it_caused_is_marked(project):
    first = make_version_row(project)
    second = make_version_row(project, parent=first)
    third = make_version_row(project, parent=second, taught_by={first.name: 12, "stranger-1": 3})

    assert list_ancestors(third) == [second.name, first.name]
    assert list_caused(third) == {first.name: 12}
    assert list_caused(second) == {}
