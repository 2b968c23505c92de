"""What people who see a suggestion read about where it comes from."""

import uuid

import pytest

from labeling.protocol.adjudicate import submit_blind, take_adjudication
from labeling.protocol.submission import Submission
from labeling.suggested import tell_backend
from tests.factories import answer_as, lease_for, make_candidate, make_person, make_project
from tests.labeling.api.programs import Program
from tests.labeling.raw_rows import raw_suggestion
from tests.labeling.visiting import address, read, visit_as

pytestmark = pytest.mark.django_db
VERSIONS = pytest.mark.parametrize(
    ("version", "backend", "words"),
    [
        ("posters", "stats", "image statistics"),
        ("tiny-1", "qwen3-vl Qwen3-VL-4B-Thinking", "vision-language model Qwen3-VL-4B-Thinking"),
        # Imported under a name that versions made here have, too.
        ("stats-1", "", ""),
    ],
)


def make_suggested(version, backend):
    """A candidate about which a version has said something that both seats see."""
    candidate = make_candidate(make_project(policy="all", model_version=version))
    raw_suggestion(candidate, model_version=version, backend=backend)
    return candidate


def tell(version, words):
    """How a page names a version."""
    return f"{version} ({words})" if words else version


@VERSIONS
def test_the_label_page_names_what_the_suggestion_itself_comes_from(version, backend, words):
    candidate = make_suggested(version, backend)
    person = make_person(candidate.project)
    lease_for(person, candidate)

    page = read(visit_as(person).get(address("label", candidate.project)))

    assert f"{tell(version, words)} Reject because" in page


@VERSIONS
def test_an_adjudicator_reads_it_after_the_blind_answer(version, backend, words):
    candidate = make_suggested(version, backend)
    for verdict in ("accept", "reject"):
        answer_as(make_person(candidate.project), candidate, verdict)
    third = make_person(candidate.project)
    lease = take_adjudication(candidate.project, third)
    visitor = visit_as(third)
    before = read(visitor.get(address("adjudicate", candidate.project)))

    submit_blind(lease.public_id, third, Submission(verdict="reject"), uuid.uuid4())
    after = read(visitor.get(address("adjudicate", candidate.project)))

    assert version not in before
    assert f"The model {tell(version, words)} Accept" in after


@VERSIONS
def test_a_program_reads_it_with_the_suggestion(version, backend, words):
    candidate = make_suggested(version, backend)
    program = Program(make_person(candidate.project), candidate.project)

    [card] = program.post("take").data["cards"]

    assert (card["suggestion"]["model_version"], card["suggestion"]["backend"]) == (version, words)


@pytest.mark.pure
@pytest.mark.parametrize(
    ("backend", "words"), [("stats", "image statistics"), ("tiny", "demonstration model"), ("other base-7", "other base-7"), ("", "")]
)
def test_a_backend_in_words(backend, words):
    assert tell_backend(backend) == words
