"""Pictures are shown through one's own assignments only, and nothing in the answer says more than the picture."""

import io

import pytest
from django.core.files.storage import default_storage
from django.urls import reverse
from PIL import Image as Picture

from labeling.image_store import derived_name, keep_image, original_name
from labeling.models import Asset, Candidate
from labeling.protocol.hold import replace_image
from labeling.protocol.projects import set_member
from labeling.protocol.skip import skip_candidate
from labeling.render_ahead import wait_until_rendered
from tests.factories import answer_as, expire, lease_for, make_bundle, make_lead, make_person, make_project, make_task
from tests.labeling.material import make_picture

pytestmark = pytest.mark.django_db
KEY = "0d6f7c0e-6f1e-4b0e-9f43-0d3f2f8b7a10"


@pytest.fixture(autouse=True)
def own_media(settings, tmp_path):
    """A media folder for each test."""
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {"BACKEND": "labeling.atomic_storage.AtomicFileStorage", "OPTIONS": {"location": tmp_path}},
    }


def keep_picture(red: int, width: int = 400):
    return keep_image(make_picture(width, 300, color=(red, 90, 200), format="JPEG"))


def make_pictured_bundle(project, quantity: int = 1):
    """A bundle whose candidates have stored pictures: the k-th is 20 k red."""
    bundle = make_bundle(make_task(project, quantity=quantity))
    for candidate in bundle.candidates.select_related("deliverable"):
        Candidate.objects.filter(pk=candidate.pk).update(image=keep_picture(20 * candidate.deliverable.number))
    return bundle


def make_card(quantity: int = 1, number: int = 1):
    """A project, a person in it, and the person's lease of the `number`-th candidate of a bundle."""
    project = make_project()
    person = make_person(project)
    candidate = make_pictured_bundle(project, quantity).candidates.get(deliverable__number=number)
    return project, person, lease_for(person, candidate)


def address(project, lease, role: str = "candidate", number: int = 1, size: str = "thumb") -> str:
    return reverse("labeling:image", args=[project.slug, lease.public_id, role, number, size])


def fetch(client, person, url: str):
    client.force_login(person)
    return client.get(url)


def red_of(response) -> int:
    """The red of the picture in a response, to the nearest 20."""
    picture = Picture.open(io.BytesIO(response.getvalue()))
    return round(picture.getpixel((5, 5))[0] / 20) * 20


@pytest.mark.parametrize(("size", "width"), [("thumb", 320), ("screen", 400), ("full", 400)])
def test_a_person_sees_the_candidate_of_their_assignment_in_three_sizes(client, size, width):
    project, person, lease = make_card()

    response = fetch(client, person, address(project, lease, size=size))

    assert (response.status_code, response["Content-Type"]) == (200, "image/jpeg")
    assert Picture.open(io.BytesIO(response.getvalue())).width == width


def test_nobody_sees_a_picture_through_an_assignment_of_somebody_else(client):
    project, _person, lease = make_card()

    response = fetch(client, make_person(project), address(project, lease))

    assert response.status_code == 404


def test_the_address_of_one_project_does_not_work_in_another(client):
    _project, person, lease = make_card()
    other = make_project()
    set_member(other, person, None, can_label=True)

    response = fetch(client, person, address(other, lease))

    assert response.status_code == 404


def test_a_stranger_is_sent_to_sign_in(client):
    project, _person, lease = make_card()

    response = client.get(address(project, lease))

    assert response.status_code == 302
    assert response["Location"].startswith(reverse("sign_in"))


def test_a_page_left_open_overnight_still_shows_its_pictures(client):
    project, person, lease = make_card()
    expire(lease)
    skip_candidate(lease.public_id, person, "other", "", KEY)

    response = fetch(client, person, address(project, lease))

    assert response.status_code == 200


def test_an_assignment_shows_the_picture_it_was_leased_with_after_another_replaced_it(client):
    project, person, lease = make_card()
    lead = make_lead(project)
    for _ in range(2):
        make_person(project)
    answer_as(make_person(project), lease.candidate, "accept")
    replace_image(lease.candidate.public_id, lead, keep_picture(200), "the client sent a better one")

    response = fetch(client, person, address(project, lease))

    assert red_of(response) == 20


def test_siblings_are_the_other_pictures_of_the_bundle_by_deliverable_number(client):
    project, person, lease = make_card(quantity=3, number=2)

    shown = [red_of(fetch(client, person, address(project, lease, "sibling", number))) for number in (1, 3)]

    assert shown == [20, 60]


def test_a_sibling_is_never_of_another_bundle(client):
    project, person, lease = make_card(quantity=2)
    make_pictured_bundle(project, 5)

    response = fetch(client, person, address(project, lease, "sibling", 4))

    assert response.status_code == 404


@pytest.mark.parametrize(
    ("role", "number", "size"),
    [
        ("candidate", 2, "thumb"),
        ("candidate", 0, "thumb"),
        ("sibling", 1, "thumb"),
        ("sibling", 9, "thumb"),
        ("reference", 1, "thumb"),
        ("source", 1, "thumb"),
        ("original", 1, "thumb"),
        ("candidate", 1, "original"),
        ("candidate", 1, "../originals"),
        ("reference", 10**25, "thumb"),
    ],
)
def test_what_a_card_does_not_show_is_not_there(client, role, number, size):
    project, person, lease = make_card(quantity=2)

    response = fetch(client, person, f"/p/{project.slug}/image/{lease.public_id}/{role}/{number}/{size}")

    assert response.status_code == 404


def test_references_and_the_source_image_are_shown_by_their_number(client):
    project, person, lease = make_card()
    task = lease.candidate.deliverable.task
    Asset.objects.create(task=task, role="reference", number=2, image=keep_picture(120))
    Asset.objects.create(task=task, role="source", number=1, image=keep_picture(180))

    shown = [red_of(fetch(client, person, address(project, lease, *what))) for what in (("reference", 2), ("source", 1))]

    assert shown == [120, 180]


def test_a_reference_that_the_import_lacked_is_not_there(client):
    project, person, lease = make_card()
    Asset.objects.create(task=lease.candidate.deliverable.task, role="reference", number=1, image=None, file="refs/task_001/1.png")

    response = fetch(client, person, address(project, lease, "reference"))

    assert response.status_code == 404


def test_headers_keep_the_picture_private_and_say_nothing_about_it(client):
    project, person, lease = make_card()

    response = fetch(client, person, address(project, lease))

    assert response["Cache-Control"] == "private, max-age=86400, immutable"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cross-Origin-Resource-Policy"] == "same-origin"
    assert response["Content-Disposition"] == 'inline; filename="candidate-1.jpg"'
    assert not {"ETag", "Last-Modified", "X-Accel-Redirect"} & set(response.headers)
    everything = " ".join(f"{name} {value}" for name, value in response.headers.items())
    assert lease.image.sha256[:8] not in everything
    assert lease.candidate.bundle.generator.slug not in everything


def test_two_people_get_the_same_bytes_and_headers_whoever_looked_first(client):
    project, person, lease = make_card()
    second = make_person(project)
    other = lease_for(second, lease.candidate)

    first_view = fetch(client, person, address(project, lease, size="full"))
    later_view = fetch(client, second, address(project, other, size="full"))

    assert first_view.getvalue() == later_view.getvalue()
    assert dict(first_view.headers) == dict(later_view.headers)


def test_fetching_the_screen_size_has_the_full_size_rendered_ahead(client):
    project, person, lease = make_card()

    fetch(client, person, address(project, lease, size="screen")).getvalue()
    wait_until_rendered()

    assert default_storage.exists(derived_name(lease.image, "full"))


def test_a_web_server_in_front_may_send_the_file(client, settings):
    settings.IMAGE_ACCEL_PREFIX = "/protected/"
    project, person, lease = make_card()

    response = fetch(client, person, address(project, lease, size="full"))

    assert response["X-Accel-Redirect"] == f"/protected/{derived_name(lease.image, 'full')}"
    assert response.content == b""
    assert default_storage.exists(derived_name(lease.image, "full"))


def test_a_picture_whose_files_are_gone_is_not_found_and_logged(client, caplog):
    project, person, lease = make_card()
    default_storage.delete(original_name(lease.image.sha256, "JPEG"))

    response = fetch(client, person, address(project, lease, size="full"))

    assert response.status_code == 404
    assert lease.image.sha256 in caplog.text


def test_a_picture_costs_four_queries(client, django_assert_num_queries):
    project, person, lease = make_card()
    client.force_login(person)

    # Session, person, membership with its project, assignment with its picture.
    with django_assert_num_queries(4):
        client.get(address(project, lease))


def test_only_reading_is_allowed(client):
    project, person, lease = make_card()
    client.force_login(person)

    assert client.post(address(project, lease)).status_code == 405


def test_a_lead_sees_the_pictures_of_their_project_by_hash(client):
    project, _person, lease = make_card()
    lead = make_lead(project)
    reference = keep_picture(140)
    Asset.objects.create(task=lease.candidate.deliverable.task, role="reference", number=1, image=reference)

    shown = [
        fetch(client, lead, reverse("labeling:lead_image", args=[project.slug, image.sha256, "thumb"]))
        for image in (lease.image, reference)
    ]

    assert [red_of(response) for response in shown] == [20, 140]


def test_a_lead_does_not_see_the_pictures_of_another_project(client):
    _project, _person, lease = make_card()
    other = make_project()

    response = fetch(client, make_lead(other), reverse("labeling:lead_image", args=[other.slug, lease.image.sha256, "thumb"]))

    assert response.status_code == 404


def test_an_annotator_does_not_see_pictures_by_hash(client):
    project, person, lease = make_card()

    response = fetch(client, person, reverse("labeling:lead_image", args=[project.slug, lease.image.sha256, "thumb"]))

    assert response.status_code == 404
