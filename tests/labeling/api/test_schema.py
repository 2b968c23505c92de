"""The OpenAPI description, and whether the API keeps to it whatever it is asked (schemathesis).

Every operation is asked as a lead, as an annotator and as nobody: no 5xx, and status, content type and body as described.
"""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from django.urls import get_resolver
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance, status_code_conformance

from annotation_site.wsgi import application
from judging.models import Judge, JudgeRun
from judging.protocol.judges import make_judge
from labeling.api.schema import make_schema
from labeling.api_tokens import make_token
from labeling.image_store import keep_image
from labeling.jobs.run import run_here
from labeling.models import (
    Assignment,
    Batch,
    Candidate,
    Concern,
    Example,
    Export,
    Flag,
    ImportConflict,
    Invitation,
    Job,
    MailAddress,
    Notice,
    Project,
    User,
)
from labeling.protocol.batches import BatchPlan, create_batch
from labeling.protocol.examples import add_example
from labeling.protocol.invitations import make_invitation
from labeling.protocol.lease import take_cards
from labeling.protocol.members import Rights
from labeling.protocol.skip import raise_flag
from labeling.quality.people import make_people_report
from labeling.quality.report import keep
from modeling.models import ModelVersion, RetrainPlan, TrainingRun
from tests.factories import answer_as, dispute, make_candidate, make_lead, make_person, make_project
from tests.labeling.api.programs import Program
from tests.labeling.blind_routes import list_routes
from tests.labeling.material import make_picture
from tests.labeling.raw_rows import raw_concern
from tests.modeling.made_registry import make_run_row, make_version_row

pytestmark = pytest.mark.django_db
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
BOUNDED = {
    "deadline": None,
    "database": None,
    "derandomize": True,
    "phases": [Phase.generate],
    "suppress_health_check": list(HealthCheck),
}


def make_busy_project() -> tuple[Project, User, User]:
    """A project that has something at every address, its lead and an annotator who is at work."""
    project = make_project(slug="posters", undo_minutes=15)
    lead, annotator = make_lead(project), make_person(project)
    candidates = [make_candidate(project) for _ in range(5)]
    picture = keep_image(make_picture(64, 48))
    Candidate.objects.filter(project=project).update(image=picture)
    dispute(candidates[0])
    answer_as(annotator, candidates[1], "reject", reasons=("blurry",))
    shown, *_ahead = take_cards(project, annotator)
    raise_flag(shown.public_id, annotator, "Look here", uuid.uuid4())
    ImportConflict.objects.create(project=project, candidate=candidates[1], field="image", new_image=keep_image(make_picture(50, 40)))
    settled = make_candidate(project, image=picture)
    for person in (make_person(project), make_person(project)):
        answer_as(person, settled, "accept")
    Assignment.objects.filter(candidate=settled).update(editable_until=timezone.now())
    add_example(settled.public_id, lead, "A good one")
    make_invitation(project, lead, Rights(can_label=True))
    create_batch(project, lead, BatchPlan(name="First"))
    run_here(project, "export", {"format": "full"}, lead)
    MailAddress.objects.create(person=lead, address="lea@example.org")
    sent = {"state": "sent", "sent_at": timezone.now(), "counts": {str(project.pk): 3}}
    Notice.objects.create(person=annotator, kind="work", day=timezone.localdate(), due_at=timezone.now(), projects=[project.pk], **sent)
    raw_concern(project, annotator, kind="gold", values={"n": 40, "value": 55.0, "low": 39.8, "high": 69.3, "bound": 80})
    keep(make_people_report(project))
    judge = make_judge(project, lead, "hard-rules", "code", "hard_rules", {})
    JudgeRun.objects.create(project=project, judge=judge, state="planned", created_by=lead)
    make_run_row(project, lead, state="failed")
    make_version_row(project, lead)
    RetrainPlan.objects.create(project=project, every_decisions=200)
    return project, lead, annotator


def real_values(project: Project, annotator: User) -> dict[str, Any]:
    """What exists, by the name of its path parameter."""
    return {
        "slug": project.slug,
        "assignment": str(Assignment.objects.filter(person=annotator, status="leased").earliest("pk").public_id),
        "candidate": str(Candidate.objects.earliest("pk").public_id),
        "person": str(annotator.public_id),
        "job": str(Job.objects.get().public_id),
        "export": str(Export.objects.get().public_id),
        "invitation": str(Invitation.objects.get().public_id),
        "example": str(Example.objects.get().public_id),
        "batch": str(Batch.objects.get().public_id),
        "flag": Flag.objects.get().pk,
        "conflict": ImportConflict.objects.get().pk,
        "stop": 1,
        "concern": Concern.objects.get().pk,
        "judge": str(Judge.objects.get().public_id),
        "run": str(JudgeRun.objects.get().public_id),
        "training": str(TrainingRun.objects.get(state="failed").public_id),
        "version": str(ModelVersion.objects.get().public_id),
        "role": "candidate",
        "number": 1,
        "size": "thumb",
        "sha256": Candidate.objects.earliest("pk").image.sha256,
    }


@pytest.fixture(autouse=True)
def quiet(monkeypatch, settings):
    """No worker is told of the jobs that are started, mail stays here, refusals are not logged, the connection of the test stays open."""
    settings.MAIL_ENABLED = True
    monkeypatch.setattr("labeling.jobs.queue.ring", lambda job: None)
    monkeypatch.setattr("django.core.handlers.base.log_response", lambda *args, **more: None)
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def ask(operation: Any, headers: dict[str, str], values: dict[str, Any], examples: int) -> set[int]:
    """Ask one operation in several generated ways and undo what each did; the statuses met. Raises where an answer is not as described."""
    met = set()

    @settings(max_examples=examples, **BOUNDED)
    @given(case=operation.as_strategy(), is_real=st.integers(0, 3).map(bool))
    def run(case: Any, is_real: bool) -> None:
        if is_real:
            case.path_parameters = {name: values.get(name, value) for name, value in (case.path_parameters or {}).items()}
        with transaction.atomic():
            met.add(case.call_and_validate(headers=headers, checks=CHECKS).status_code)
            transaction.set_rollback(True)

    run()
    return met


FOUND = {"lead": range(55, 200), "annotator": range(20, 55), "nobody": range(1)}


@pytest.mark.apart
@pytest.mark.parametrize(("who", "examples"), [("lead", 4), ("annotator", 4), ("nobody", 1)])
def test_the_api_keeps_to_its_description(who, examples):
    project, lead, annotator = make_busy_project()
    person = {"lead": lead, "annotator": annotator, "nobody": None}[who]
    headers = {"Authorization": f"Bearer {make_token(person, who, None)[1]}"} if person else {}
    schema = schemathesis.openapi.from_dict(make_schema("en"))
    schema.app = application
    values, met = real_values(project, annotator), {}

    for result in schema.get_all_operations():
        operation = result.ok()
        assert set(re.findall(r"{(\w+)}", operation.path)) <= set(values)
        met[operation.label] = ask(operation, headers, values, examples)

    found = [label for label, statuses in met.items() if min(statuses) < 300]
    assert len(met) > 95
    # Not only refusals are compared with the description; for a lead it was 69 of 102.
    assert len(found) in FOUND[who]


def test_the_description_is_served_and_names_every_address():
    project = make_project()

    served = Program(make_person(project), project).get("schema").data

    routes = [
        pattern for name, pattern in list_routes(get_resolver()) if name.startswith("api:") and name not in ("api:documents", "api:schema")
    ]
    assert served["openapi"].startswith("3.")
    assert len(served["paths"]) == len(routes)
    assert set(served["components"]["schemas"]["Card"]["properties"]).isdisjoint({"generator", "candidate_id", "seat", "state", "round"})


def test_the_page_of_the_description_shows_every_operation(client):
    client.force_login(make_person(make_project()), backend="django.contrib.auth.backends.ModelBackend")

    page = client.get("/api/v1/").content.decode()

    for methods in make_schema("en")["paths"].values():
        for operation in methods.values():
            assert f'id="{operation["operationId"]}"' in page
    for name in re.findall(r'href="#(shape-\w*)"', page):
        assert f'id="{name}"' in page
    assert 'id="shape-Card"' in page
