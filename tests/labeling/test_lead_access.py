"""The lead's pages are the lead's alone: everybody else gets the answer of an address that does not exist."""

from uuid import uuid4

import pytest
from django.test import Client

from labeling import lead_urls
from labeling.models import Job, Membership
from tests.factories import make_candidate, make_lead, make_person, make_project, make_user
from tests.labeling.visiting import address, visit_as

pytestmark = pytest.mark.django_db

NAMES = sorted(str(pattern.name) for pattern in lead_urls.urlpatterns if pattern.name != "create_project")


def fill(name, project):
    """The address of every page of the lead, with things of `project` where it wants one."""
    pattern = next(pattern for pattern in lead_urls.urlpatterns if pattern.name == name)
    wanted = [key for key in pattern.pattern.converters if key != "slug"]
    things = {
        "candidate": lambda: make_candidate(project).public_id,
        "job": lambda: Job.objects.create(project=project, kind="import_bench").public_id,
        "person": lambda: make_person(project).public_id,
    }
    numbered = ("flag", "conflict", "concern", "stop", "number")
    return address(name, project, *(things.get(key, lambda key=key: 1 if key in numbered else uuid4())() for key in wanted))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_page_of_the_lead_does_not_exist_for_anybody_else(name, method):
    project = make_project()
    url = fill(name, project)
    others = [make_person(project), make_lead(make_project()), make_user()]

    statuses = {getattr(visit_as(person), method)(url).status_code for person in others}

    # 405 comes before the project is looked at and says nothing about it.
    assert statuses in ({404}, {405})


@pytest.mark.parametrize("name", NAMES)
def test_a_former_lead_finds_no_page_of_the_lead(name):
    project = make_project()
    url = fill(name, project)
    lead = make_lead(project)
    Membership.objects.filter(person=lead).update(active=False)

    statuses = {visit_as(lead).get(url).status_code, visit_as(lead).post(url).status_code}

    assert 404 in statuses
    assert statuses <= {404, 405}


@pytest.mark.parametrize("name", NAMES)
def test_somebody_not_signed_in_is_asked_to(name):
    url = fill(name, make_project())

    response = Client().get(url)

    assert response.status_code == 302
    assert response["Location"].startswith("/account/sign-in/")


def test_a_candidate_of_another_project_does_not_exist_here_even_for_somebody_who_leads_both():
    here, there = make_project(), make_project()
    lead = make_lead(here)
    Membership.objects.create(project=there, person=lead, is_lead=True)
    candidate = make_candidate(there)

    client = visit_as(lead)

    assert client.get(address("candidate", here, candidate.public_id)).status_code == 404
    assert client.post(address("withdraw_candidate", here, candidate.public_id), {"reason": "x"}).status_code == 404
    candidate.refresh_from_db()
    assert candidate.state == "open"
