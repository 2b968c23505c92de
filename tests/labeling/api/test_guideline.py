"""The guideline and its examples by program."""

import pytest

from labeling.image_store import keep_image
from labeling.models import Event, Example, Guideline
from tests.factories import answer_as, make_candidate, make_person, make_project
from tests.labeling.api.programs import Program, key
from tests.labeling.material import make_picture

pytestmark = pytest.mark.django_db


@pytest.fixture
def settled(project):
    """A candidate that two people rejected, with a picture."""
    candidate = make_candidate(project, image=keep_image(make_picture(64, 48)))
    for _ in range(2):
        answer_as(make_person(project), candidate, "reject", reasons=("blurry",))
    return candidate


def test_versions_are_published_one_on_the_other_and_read(project, program):
    annotator = make_person(project, username="nia")
    first = program.post("guideline_versions", body="Read every letter.", must_read=True, based_on=0)
    late = program.post("guideline_versions", body="Zoom in once.", must_read=False, based_on=0)
    same = program.post("guideline_versions", body="Read every letter.", must_read=False, based_on=1)
    Program(annotator, project).post("read_guideline", number=1)
    readers = program.get("guideline_readers").data["results"]
    versions = program.get("guideline_versions", limit=1).data

    assert (first.status_code, first.data["number"]) == (201, 1)
    assert (late.status_code, late.data["code"]) == (409, "guideline_changed")
    assert (same.status_code, same.data["code"]) == (409, "same_guideline")
    assert [(row["number"], row["body"]) for row in versions["results"]] == [(1, "Read every letter.")]
    assert versions["next"] is None
    assert program.get("guideline_version", 1).data == first.data
    assert program.get("guideline_version", 2).status_code == 404
    assert [(row["person"]["username"], row["number"], row["must_read"]) for row in readers] == [("nia", 1, False)]
    assert Event.objects.filter(kind="guideline_published").count() == 1


@pytest.mark.parametrize("missing", ["body", "must_read", "based_on"])
def test_a_version_is_published_with_everything_said(project, program, missing):
    body = {"body": "Read every letter.", "must_read": True, "based_on": 0}
    del body[missing]

    reply = program.post("guideline_versions", **body)

    assert (reply.status_code, list(reply.data["fields"])) == (422, [missing])
    assert not Guideline.objects.filter(project=project).exists()


def test_examples_are_added_changed_moved_and_taken_out(project, program, settled):
    other = make_candidate(project)
    for _ in range(2):
        answer_as(make_person(project), other, "accept")
    first = program.post("examples", candidate=str(settled.public_id), caption="Too blurry")
    twice = program.post("examples", candidate=str(settled.public_id), caption="Again")
    second = program.post("examples", candidate=str(other.public_id), caption="Good")

    changed = program.send("put", "example", first.data["id"], caption="Far too blurry")
    moved = program.post("move_example", first.data["id"], step=1).data["results"]
    rest = program.send("delete", "example", second.data["id"]).data["results"]

    assert (first.status_code, first.data["verdict"], first.data["hidden"]) == (201, "reject", "")
    assert (twice.status_code, twice.data["code"]) == (409, "is_example")
    assert changed.data["caption"] == "Far too blurry"
    assert [row["id"] for row in moved] == [second.data["id"], first.data["id"]]
    assert [row["id"] for row in rest] == [first.data["id"]]
    assert program.get("examples").data["results"] == rest


def test_what_cannot_be_an_example_is_refused(project, program):
    still_open = make_candidate(project)
    elsewhere = make_candidate(make_project())

    early = program.post("examples", candidate=str(still_open.public_id), caption="x")
    foreign = program.post("examples", candidate=str(elsewhere.public_id), caption="x")
    silent = program.post("examples", candidate=str(still_open.public_id), caption=" ")
    gone = program.send("put", "example", key(), caption="x")

    assert (early.status_code, early.data["code"]) == (409, "not_settled")
    assert (foreign.status_code, gone.status_code) == (404, 404)
    assert (silent.status_code, list(silent.data["fields"])) == (422, ["caption"])
    assert not Example.objects.exists()


def test_everybody_in_the_project_sees_the_examples_and_their_pictures(project, program, settled):
    program.post("examples", candidate=str(settled.public_id), caption="Too blurry")
    annotator = Program(make_person(project, can_adjudicate=False), project)

    (shown,) = annotator.get("guideline_examples").data["results"]
    picture = annotator.follow(shown["screen"])
    refused = annotator.get("examples")

    assert (shown["caption"], shown["verdict"], len(shown["reasons"])) == ("Too blurry", "reject", 1)
    assert (picture.status_code, picture.headers["Content-Type"]) == (200, "image/jpeg")
    assert settled.bundle.generator.slug not in str(shown)
    assert refused.status_code == 404
