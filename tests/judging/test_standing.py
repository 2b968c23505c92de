"""Whether a score is about what is there now: the same asked of one and of many."""

import itertools

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from judging.models import Score
from judging.standing import is_about_now, list_about_now, only_about_now, read_present
from tests.factories import make_bundle, make_image, make_project, make_task
from tests.judging.made_scores import make_judge_row

pytestmark = pytest.mark.django_db


@pytest.fixture
def judge():
    """A judge of a project with one bundle of two pictures, which has said something in every way about it."""
    bundle = make_bundle(make_task(make_project(), quantity=2))
    judge = make_judge_row(bundle.task.project)
    first = bundle.candidates.order_by("pk")[0]
    now, number = read_present(bundle).pictures, itertools.count()
    for version in (None, 1, 2):
        said = {"judge": judge, "bundle": bundle, "part": "p", "value": 3, "inputs": "x", "task_version": version}
        for pictures in ("", now, "0" * 64):
            Score.objects.create(concept=f"c{next(number)}", pictures=pictures, **said)
        for image in (None, first.image, make_image()):
            Score.objects.create(concept=f"c{next(number)}", candidate=first, image=image, **said)
    return judge


def test_a_score_is_about_now_unless_what_is_known_of_it_differs(judge):
    told = {score.concept: score.pk in list_about_now([score]) for score in judge.scores.order_by("pk")}

    # By version (not known, that of now, another), each three times for a bundle and three times for a picture.
    same = [True, True, False] * 2
    assert list(told.values()) == [*same, *same, *[False] * 6]


@pytest.mark.parametrize("change", ["nothing", "brief", "picture", "picture beside it", "withdrawn"])
def test_one_by_one_and_all_at_once_say_the_same(judge, change):
    bundle = judge.scores.first().bundle
    first, second = bundle.candidates.order_by("pk")
    if change == "brief":
        type(bundle.task).objects.update(version=2)
    elif change == "withdrawn":
        bundle.candidates.filter(pk=second.pk).update(state="withdrawn", q_state=6, reason="no")
    elif change != "nothing":
        bundle.candidates.filter(pk=first.pk if change == "picture" else second.pk).update(image=make_image())

    rows = list(Score.objects.select_related("bundle__task", "candidate"))
    one_by_one = {row.pk for row in rows if is_about_now(row, row.candidate, read_present(row.bundle))}

    assert 0 < len(one_by_one) < len(rows)
    assert list_about_now(rows) == one_by_one
    assert set(only_about_now(Score.objects.current()).values_list("pk", flat=True)) == one_by_one


def test_many_scores_take_three_queries(judge):
    for _ in range(20):
        other = make_bundle(make_task(judge.project))
        Score.objects.create(judge=judge, bundle=other, part="p", concept="brf", value=3, inputs="x", pictures=read_present(other).pictures)

    with CaptureQueriesContext(connection) as queries:
        found = list(only_about_now(Score.objects.current()))

    assert len(queries) == 3
    # Of the 18 of the first bundle: two of three of the versions not known and of now.
    assert len(found) == 20 + 8
