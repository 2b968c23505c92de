"""The project that `./run --bench` imports into, with accounts to try it with."""

from __future__ import annotations

from django.db import transaction

from labeling.models import Project, User
from labeling.protocol.projects import create_project, set_member

BENCH_SLUG = "servimage"
# Two annotators and somebody else to adjudicate is the least the protocol works with.
PEOPLE = {
    "lead": {"is_lead": True},
    "annotator": {"can_label": True},
    "annotator2": {"can_label": True},
    "adjudicator": {"can_adjudicate": True},
}


@transaction.atomic
def prepare_bench_project() -> Project:
    """The project of the imported benchmark; made, with one account per role, if it is not there yet."""
    project = Project.objects.filter(slug=BENCH_SLUG).first()
    if project is not None:
        return project
    people = {name: find_or_make_account(name, is_lead=name == "lead") for name in PEOPLE}
    project = create_project(BENCH_SLUG, "ServImageBench", people["lead"])
    for name, rights in PEOPLE.items():
        set_member(project, people[name], people["lead"], **rights)
    return project


def find_or_make_account(username: str, *, is_lead: bool) -> User:
    """The account of that name; a new one has no password and signs in by links only."""
    person = User.objects.filter(username=username).first()
    if person is None:
        person = User(username=username, is_staff=is_lead)
        person.set_unusable_password()
        person.save()
    return person
