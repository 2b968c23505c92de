"""Making the sample project: interrupted, beside what is there already, and by command."""

from collections import Counter

import pytest
from django.core.management import CommandError, call_command

from labeling.models import Assignment, State, User
from labeling.sample import load
from labeling.sample.gallery import commission_all
from labeling.sample.load import ORDERS, load_sample
from tests.factories import make_image, make_project

pytestmark = pytest.mark.django_db


@pytest.fixture
def quick_pictures(monkeypatch):
    """Rows of pictures instead of drawn ones."""

    def fill(orders):
        return {commission.name: make_image() for commission in commission_all(orders)}

    monkeypatch.setattr(load, "fill_gallery", fill)


@pytest.mark.parametrize("step", ["write_orders", "tell_story", "change_settings"])
def test_a_sample_that_was_interrupted_is_completed(quick_pictures, monkeypatch, step):
    def stop(*_args):
        raise KeyboardInterrupt

    with monkeypatch.context() as interrupted:
        interrupted.setattr(load, step, stop)
        with pytest.raises(KeyboardInterrupt):
            load_sample()

    project, is_new = load_sample()

    assert is_new
    assert (project.tasks.count(), project.candidates.count()) == (24, sum(len(o.pieces) * len(o.generators) for o in ORDERS))
    states = Counter(project.candidates.values_list("state", flat=True))
    assert (states[State.SETTLED], states[State.DISPUTED], states[State.HELD], states[State.STAGED]) == (5, 1, 1, 0)
    # Of the story: four candidates answered by both, four by one, and two disputes.
    assert Assignment.objects.filter(project=project, purpose="primary", status="submitted").count() == 2 * 4 + 4 + 2 * 2


def test_an_account_that_exists_keeps_its_password(quick_pictures):
    User.objects.create_user("lead", password="kept as it was")

    load_sample()

    assert User.objects.get(username="lead").check_password("kept as it was")


def test_a_project_of_yours_with_the_same_slug_is_left_alone():
    project = make_project(slug="sample")

    with pytest.raises(CommandError, match="not the sample"):
        call_command("load_sample", skip_checks=True)

    assert not project.tasks.exists()


def test_the_command_says_what_it_made(quick_pictures, capsys):
    call_command("load_sample", skip_checks=True)
    call_command("load_sample", skip_checks=True)

    assert capsys.readouterr().out.splitlines() == [
        "Sample project (invented) is ready: 24 tasks, 94 candidates",
        "Sample project (invented) was there already: 24 tasks, 94 candidates",
    ]
