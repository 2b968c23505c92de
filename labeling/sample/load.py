"""Making the sample project."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.db import transaction

from labeling.data_in.write_bundle import write_bundle, write_generator
from labeling.data_in.write_task import write_task
from labeling.models import Candidate, Event, Image, Project, State, Task, User
from labeling.protocol.intake import enter_queue
from labeling.protocol.projects import change_settings, create_project, publish_guideline, set_member
from labeling.protocol.reading import read_guideline
from labeling.sample.digital_orders import ORDERS as DIGITAL
from labeling.sample.gallery import candidate_name, fill_gallery
from labeling.sample.generators import GENERATORS
from labeling.sample.orders import SampleOrder
from labeling.sample.portrait_orders import ORDERS as PORTRAIT
from labeling.sample.product_orders import ORDERS as PRODUCT
from labeling.sample.story import tell_story

SLUG = "sample"
NAME = "Sample project (invented)"
ORDERS = [*PORTRAIT, *PRODUCT, *DIGITAL]
RIGHTS: dict[str, dict[str, bool]] = {
    "lead": {"is_lead": True},
    "annotator": {"can_label": True},
    "annotator2": {"can_label": True},
    "adjudicator": {"can_adjudicate": True},
}
UNDO_MINUTES = 15
GUIDELINE = (Path(__file__).parent / "guideline.txt").read_text(encoding="utf-8")


class SlugTaken(Exception):
    """Another project has the sample's slug."""


def load_sample() -> tuple[Project, bool]:
    """The sample project, and whether it was made or completed now; one that is whole is left as it is.

    Interrupted at any point, it is completed by the next call. Raises SlugTaken if a project of yours has its slug.
    """
    project = Project.objects.filter(slug=SLUG).first()
    if project is None:
        # Undo windows are closed until the story is told, so that its dispute can be adjudicated at once. Of so few candidates none is
        # audited: whoever adjudicates here meets the disputes they came to see.
        project = create_project(SLUG, NAME, None, is_sample=True, undo_minutes=0, audit_share=0, second_share=0)
    if not project.is_sample:
        raise SlugTaken(f"the project {SLUG!r} is not the sample; give it another slug first")
    if is_whole(project):
        return project, False
    people = add_people(project)
    if not project.guidelines.exists():
        publish_guideline(project, people["lead"], GUIDELINE)
    for role, rights in RIGHTS.items():
        # Whoever tries the sample begins with an image; the guideline is one click away.
        if "is_lead" not in rights:
            read_guideline(project, people[role], 1)
    write_orders(project, people["lead"], fill_gallery(ORDERS))
    tell_story(project, people)
    # The last step; `is_whole` looks for its event.
    change_settings(project, people["lead"], {"undo_minutes": UNDO_MINUTES})
    return project, True


def is_whole(project: Project) -> bool:
    """Whether the sample was made to its end."""
    return Event.objects.filter(project=project, kind=Event.Kind.SETTINGS_CHANGED).exists()


def add_people(project: Project) -> dict[str, User]:
    """The four accounts of the sample by role, members of `project`; they have no password and sign in by link."""
    return {role: add_person(project, role, rights) for role, rights in RIGHTS.items()}


@transaction.atomic
def add_person(project: Project, username: str, rights: Mapping[str, Any]) -> User:
    """The account `username`, made if it does not exist, as a member of `project`."""
    person = User.objects.filter(username=username).first()
    if person is None:
        person = User(username=username)
        person.set_unusable_password()
        person.save()
    if not person.memberships.filter(project=project).exists():
        set_member(project, person, None, **rights)
    return person


def write_orders(project: Project, lead: User, gallery: Mapping[str, Image]) -> None:
    """Write the tasks and bundles that are not there yet, and open what they staged."""
    generators = [write_generator(generator.known) for generator in GENERATORS]
    for order in ORDERS:
        task = find_or_write(project, order, gallery)
        for index in order.generators:
            numbers = range(1, len(order.pieces) + 1)
            pictures = {(number, 1): gallery[candidate_name(generators[index].slug, order, number)] for number in numbers}
            write_bundle(task, generators[index], pictures, len(GENERATORS))
    staged = Candidate.objects.filter(project=project, state=State.STAGED).order_by("pk")
    enter_queue(list(staged.values_list("pk", flat=True)), lead)


def find_or_write(project: Project, order: SampleOrder, gallery: Mapping[str, Image]) -> Task:
    """The task of `order`."""
    task = Task.objects.filter(project=project, external_id=order.task_id).first()
    return task or write_task(project, order.content(), gallery)
