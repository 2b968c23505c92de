"""The sample project with something on every page: batches, limits, invitations, leases, void answers, mail."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from django.utils import timezone

from labeling.browse.wanted import Wanted
from labeling.jobs.run import run_here
from labeling.lead.voiding import VoidRange
from labeling.models import Assignment, Candidate, MailAddress, Notice, NoticeKind, Project, Purpose, User
from labeling.protocol.adjudicate import submit_blind, take_adjudication
from labeling.protocol.batches import BatchPlan, batch_candidate, create_batch
from labeling.protocol.invitations import join_as_new, make_invitation, revoke_invitation
from labeling.protocol.lease import take_cards
from labeling.protocol.members import Rights, limit_member
from labeling.protocol.projects import set_member
from labeling.protocol.submission import Submission
from labeling.quality.concerns import RULES
from labeling.quality.control import make_control_report
from labeling.quality.people import make_people_report
from labeling.quality.report import keep
from labeling.sample.load import load_sample
from tests.browser.page_list import ASSISTED, JUDGED_TASK, MEASURED
from tests.factories import make_person
from tests.judging.sample_judges import judge_some
from tests.judging.sample_proposals import propose_some
from tests.labeling.checked import write_checks
from tests.labeling.drawn import make_assisted_project
from tests.labeling.paired import make_measured_project
from tests.labeling.raw_rows import raw_concern
from tests.modeling.made_registry import make_registry

ADJUDICATED = Submission(verdict="reject", reasons=("bad_text",))
VOIDED = "Answered without the text at full size"


def make_site(folder: Path) -> Project:
    """The sample with all of it; `folder` takes the file of an import."""
    project, _made = load_sample()
    lead = User.objects.get(username="lead")
    void_some(project, lead)
    hold_some(project)
    make_batches(project, lead)
    invite_some(project, lead)
    limit_member(project, lead, User.objects.get(username="annotator2").public_id, ["Digital", "Product"], 40)
    tell_some(project)
    make_measured(lead)
    judge_some(project, lead, Wanted(task=JUDGED_TASK))
    propose_some(project)
    run_here(project, "export", {"format": "full"}, lead)
    labels = folder / "labels.jsonl"
    labels.write_text('{"model": "unknown", "task_id": "sample-digital-001", "category": "C-Product", "annotations": {}}\n')
    run_here(project, "import_labels", {"source": {"path": str(labels)}, "dry_run": True}, lead)
    return project


def make_measured(lead: User) -> None:
    """Projects with enough pairs, audits and assisted answers for values; the sample has few pairs and none of the rest."""
    measured, people = make_measured_project(slug=MEASURED, name="Posters of May", audit_share=5, second_share=5)
    write_checks(measured, people[3], make_person(measured))
    keep(make_control_report(measured))
    User.objects.filter(pk=people[0].pk).update(username="posters-ada")
    Candidate.objects.filter(project=measured).update(state="settled", q_state=5, state_changed_at=timezone.now() - timedelta(days=2))
    keep(make_people_report(measured))
    for kind, reply in (("gold", ""), ("fast", "The pictures were nearly the same.")):
        values = {"n": 40, "value": 55.0, "low": 39.8, "high": 69.3, "bound": RULES[kind].bound, "certainty": 99}
        raw_concern(measured, people[0], kind=kind, values=values, reply=reply, replied_at=timezone.now() if reply else None)
    assisted, _people, _candidates = make_assisted_project(
        lost=30, generators=12, slug=ASSISTED, name="Posters with suggestions", stop_points=5
    )
    run_here(assisted, "agreement", {})
    make_registry(assisted, lead)
    for project in (measured, assisted):
        set_member(project, lead, None, can_label=False, can_adjudicate=False, is_lead=True)


def void_some(project: Project, lead: User) -> None:
    """Void what one annotator answered in one category."""
    annotator = User.objects.get(username="annotator")
    wanted = VoidRange(person=annotator.pk, before=timezone.now(), category="Portrait")
    params = {"range": wanted.as_params(), "reason": VOIDED, "source": {"name": f"annotator: {VOIDED}"}}
    run_here(project, "void_answers", params, lead)


def hold_some(project: Project) -> None:
    """An adjudication at its reveal, and a lease. Audits are drawn anew each time; what comes before a dispute ends with its answer."""
    adjudicator = User.objects.get(username="adjudicator")
    purpose = None
    while purpose != Purpose.ADJUDICATION:
        lease = take_adjudication(project, adjudicator)
        assert isinstance(lease, Assignment)
        submit_blind(lease.public_id, adjudicator, ADJUDICATED, lease.public_id)
        purpose = lease.purpose
    assert take_cards(project, User.objects.get(username="annotator2"), ahead=False)


def make_batches(project: Project, lead: User) -> None:
    """One half done for one person, one that is late, one that is closed and empty."""
    today = timezone.localdate()
    annotator = User.objects.get(username="annotator")
    fill(project, lead, BatchPlan(name="First week", priority=2, due=today + timedelta(days=9), people=[annotator.public_id]), "Digital")
    fill(project, lead, BatchPlan(name="Preview for the client", due=today - timedelta(days=2), category="Product"), "Product")
    create_batch(project, lead, BatchPlan(name="试标", closed=True))


def fill(project: Project, lead: User, plan: BatchPlan, category: str) -> None:
    """Make a batch of every candidate of a category."""
    batch = create_batch(project, lead, plan)
    for candidate in Candidate.objects.filter(project=project, bundle__task__category=category).order_by("pk"):
        batch_candidate(candidate.public_id, lead, batch.number)


def invite_some(project: Project, lead: User) -> None:
    """An invitation that is open and used by somebody, and one that is revoked."""
    rights = Rights(can_label=True)
    _open, token = make_invitation(project, lead, rights, note="class of May", uses=20)
    join_as_new(token, make_newcomer())
    revoked, _token = make_invitation(project, lead, rights, note="sent to the wrong list")
    revoke_invitation(project, lead, revoked.public_id)


def make_newcomer() -> User:
    """An account that is not stored yet."""
    newcomer = User(username="kim")
    newcomer.set_unusable_password()
    return newcomer


def tell_some(project: Project) -> None:
    """A confirmed address, a mail that was sent, one that was refused and one that is tried again."""
    now, annotator = timezone.now(), User.objects.get(username="annotator")
    MailAddress.objects.create(person=annotator, address="annotator@example.org")
    rows = [
        ("annotator", NoticeKind.WORK, {"state": "sent", "sent_at": now, "counts": {str(project.pk): 1204}}),
        (
            "annotator2",
            NoticeKind.WORK,
            {"state": "queued", "attempt": 2, "error": "ConnectionRefusedError: [Errno 111] Connection refused"},
        ),
        (
            "adjudicator",
            NoticeKind.DISPUTES,
            {"state": "failed", "attempt": 1, "error": "550 5.1.1 …: recipient address rejected: user unknown"},
        ),
    ]
    for username, kind, fields in rows:
        person = User.objects.get(username=username)
        Notice.objects.create(person=person, kind=kind, day=timezone.localdate(), projects=[project.pk], due_at=now, **fields)
