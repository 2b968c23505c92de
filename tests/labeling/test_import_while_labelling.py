"""Imports that change tasks and images while people label them and the lead settles conflicts: nobody fails, nothing is lost."""

import random
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle

import pytest
from django.db import connection

from labeling.models import Assignment, Candidate, ImportConflict, TaskVersion
from labeling.protocol.conflicts import accept_conflict, dismiss_conflict
from labeling.protocol.lease import take_cards
from labeling.protocol.outcome import ProtocolError
from labeling.protocol.submission import Submission
from labeling.protocol.submit import submit_answer
from tests.factories import make_lead, make_person, make_project
from tests.labeling.importing import make_candidates, make_small_bench, run_import

pytestmark = pytest.mark.django_db(transaction=True)
GENERATORS = ("acme", "best", "cheap", "dear")
TASKS = ("product-001", "digital-001", "portrait-001")


def test_imports_labelling_and_the_inbox_at_once_never_wait_for_each_other_in_a_circle(tmp_path):
    project = make_project(undo_minutes=0)
    people, lead = [make_person(project) for _ in range(5)], make_lead(project)
    benches = [make_small_bench(tmp_path / f"bench{brief}", brief=f"Brief {brief}") for brief in range(2)]
    bundles = [f"{generator}/{task}" for generator in GENERATORS for task in TASKS]
    folders = [make_candidates(tmp_path / f"c{color}", *bundles, color=color) for color in range(2)]
    run_import(project, "bench", benches[0])
    run_import(project, "candidates", folders[0])
    done = threading.Event()

    def label(person):
        answered = 0
        while not done.wait(0.02):
            for card in take_cards(project, person):
                answered += answer(card, person)
        return answered

    def settle(_lead):
        settled = 0
        while not done.wait(0.05):
            for pk in ImportConflict.objects.filter(state="open").values_list("pk", flat=True):
                settled += act_on(random.choice([accept_conflict, dismiss_conflict]), project, pk, lead)
        return settled

    def import_all(_number):
        jobs = []
        for bench, folder in zip(cycle(benches[::-1]), [*folders[::-1]] * 2, strict=False):
            jobs += [run_import(project, "bench", bench), run_import(project, "candidates", folder)]
        return [(job.state, job.error) for job in jobs]

    with ThreadPoolExecutor(8) as pool:
        others = [*(pool.submit(closing, label, person) for person in people), pool.submit(closing, settle, lead)]
        try:
            imports = list(pool.map(lambda number: closing(import_all, number), range(2)))
        finally:
            done.set()
        counts = [future.result() for future in others]

    assert imports == [[("done", "")] * 8] * 2
    assert sum(counts[:-1]) > 0
    assert Candidate.objects.count() == 4 * (2 + 3 + 1)
    # What each answer was given to is still there to be read.
    versions = set(TaskVersion.objects.values_list("task__external_id", "number"))
    shown = Assignment.objects.values_list("candidate__bundle__task__external_id", "task_version")
    assert set(shown) <= versions


def closing(work, argument):
    """`work` in a thread with a connection of its own."""
    try:
        return work(argument)
    finally:
        connection.close()


def answer(card, person):
    """Answer one card; 0 where it is gone by now."""
    try:
        submit_answer(card.public_id, person, Submission(verdict=random.choice(["accept", "reject"])), uuid.uuid4())
    except ProtocolError:
        return 0
    return 1


def act_on(act, project, pk, lead):
    """Settle one conflict; 0 where that is refused."""
    try:
        act(project, pk, lead)
    except ProtocolError:
        return 0
    return 1
