"""The client of docs/client.py against a site that listens."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import threading
import urllib.error

import pytest
from django.conf import settings
from django.db import connection

from labeling.api_tokens import make_token
from labeling.image_store import keep_image
from labeling.jobs.run import run_job
from labeling.models import Answer, Candidate
from tests.factories import make_candidate, make_lead, make_person, make_project
from tests.labeling.material import make_picture

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def client_module():
    """docs/client.py as a module."""
    spec = importlib.util.spec_from_file_location("servimage_client", settings.BASE_DIR / "docs" / "client.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def project():
    project = make_project(slug="posters", reasons_required=True)
    for _ in range(3):
        make_candidate(project)
    Candidate.objects.update(image=keep_image(make_picture(64, 48)))
    return project


@pytest.fixture(autouse=True)
def worker(monkeypatch):
    """Jobs are done in a thread, as by a worker, once they are committed."""

    def work(job_id):
        try:
            run_job(job_id)
        finally:
            connection.close()

    threads = []

    def ring(job_id):
        threads.append(threading.Thread(target=work, args=(job_id,)))
        threads[-1].start()

    monkeypatch.setattr("labeling.jobs.queue.ring", ring)
    yield
    for thread in threads:
        thread.join()


def connect(client_module, live_server, person, project):
    return client_module.Client(live_server.url, make_token(person, "client", None)[1], project.slug)


def test_the_client_labels_until_nothing_is_left_and_exports_what_was_answered(client_module, live_server, project, tmp_path):
    seen = []

    def decide(card, picture):
        seen.append((card["title"], picture[:2]))
        return ("accept", []) if len(seen) % 2 else ("reject", ["blurry"])

    counts = [connect(client_module, live_server, make_person(project), project).label(decide) for _ in range(2)]
    about = connect(client_module, live_server, make_lead(project), project).export("full", tmp_path / "labels.jsonl")

    data = (tmp_path / "labels.jsonl").read_bytes()
    assert counts == [3, 3]
    assert {start for _title, start in seen} == {b"\xff\xd8"}
    assert (about["rows"], about["sha256"]) == (3, hashlib.sha256(data).hexdigest())
    assert sum(len(json.loads(line)["assignments"]) for line in data.splitlines()) == Answer.objects.count() == 6


def test_the_client_is_told_why_it_is_refused(client_module, live_server, project):
    client = connect(client_module, live_server, make_person(project, can_adjudicate=False), project)

    with pytest.raises(urllib.error.HTTPError) as refused:
        client.ask("settings/")

    assert (refused.value.code, json.load(refused.value)["code"]) == (404, "not_found")
