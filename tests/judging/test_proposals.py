"""Proposals: read by a job that asks nothing twice, decided by a lead, and turned into a change of the task exactly as an import's."""

import io
import json

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from judging.models import Judge, Proposal
from judging.protocol.extractions import Wish, start_extraction
from judging.protocol.judges import make_judge
from judging.protocol.proposals import accept_proposal, reject_proposal
from judging.rubrics.base import Why
from labeling.data_in.read_version import parse_document
from labeling.data_in.write_task import describe_task, rewrite_task, write_task
from labeling.jobs.context import JobContext
from labeling.jobs.fence import claim
from labeling.jobs.queue import request_cancel
from labeling.jobs.run import run_here, run_job
from labeling.models import Candidate, Event, ImportConflict, Job, TaskVersion
from labeling.protocol.archive import archive_project
from labeling.protocol.conflicts import accept_conflict
from tests.factories import answer_as, make_bundle, make_lead, make_person, make_project
from tests.judging.made_orders import make_item, make_points_reply, make_rules_reply, make_size
from tests.judging.scripted_server import ScriptedServer, fail, say
from tests.labeling.visiting import read, refused, told, visit_as

pytestmark = pytest.mark.django_db

BRIEF = "Two posters as PNG, 1080 x 1920 px. Dark blue. <b>No</b> logo."
DOCUMENT = {
    "task_id": "digital-001",
    "category": "Digital",
    "name": "Poster",
    "brief": BRIEF,
    "price_usd": "90.00",
    "quantity": 2,
    "is_editing": False,
    "source_missing": False,
    "deliverables": [
        {"number": number, "name": f"Image {number}", "listed_price_usd": "45.00", "rules": [], "raw_rules": None} for number in (1, 2)
    ],
    "points": [],
    "references": [],
    "sources": [],
}
RAW = {"file_type": ["PNG"], "visual_specs": {"dimensions": {"width": 1080, "height": 1920}}}


def make_item_of(name):
    return make_item(name, file_type=["PNG"], dimensions=[make_size(1080, 1920)])


def make_reply(*names):
    """Posters of these names, each as PNG of 1080 x 1920 pixels."""
    quotes = {name: {"file_type": "as PNG", "dimensions": "1080 x 1920 px", "output_quantity": "Two posters"} for name in names}
    return make_rules_reply(*map(make_item_of, names), quotes=quotes)


RULES = make_reply("Front", "Back")
POINTS = make_points_reply(("The poster is dark blue.", "Dark blue"), ("There is no logo.", "<b>No</b> logo"))


@pytest.fixture
def project():
    """A project with enough people for a new round of anything."""
    project = make_project()
    for _ in range(3):
        make_person(project)
    return project


@pytest.fixture
def lead(project):
    return make_lead(project)


def write(project, **changes):
    """A task without rules and points."""
    return write_task(project, parse_document(DOCUMENT | changes), {})


def make_asking_judge(project, url="http://127.0.0.1:9/v1", **config):
    """A judge that asks a server; its rubric plays no part."""
    settings = {"base_url": url, "model": "scripted-model-1", "max_in_flight": 1, **config}
    return make_judge(project, None, "reader", "openai", "pay_direct", settings)


def extract(judge, kind="rules", **how):
    """The job that reads, done in this process."""
    wish = Wish(judge=judge, kinds=[kind], **how)
    return run_here(judge.project, wish.job_kind, wish.as_params())


def propose(task, kind="rules", reply=None):
    """A proposal for the task, made by a judge of the scripted server."""
    with ScriptedServer(default=say(reply or {"rules": RULES, "points": POINTS}[kind])) as server:
        job = extract(make_asking_judge(task.project, server.url), kind)
    assert job.state == "done", job.error
    return Proposal.objects.filter(task=task, kind=kind).latest("pk")


def latest(task):
    """The newest content of the task, and how many it had."""
    task.refresh_from_db()
    return task.versions.get(number=task.version).document, task.version


def rewrite(task, **changes):
    """Another content, as an import would write it."""
    document = task.versions.get(number=task.version).document | changes
    return rewrite_task(task, parse_document(document), {}, None)


# Reading


def test_a_job_reads_the_tasks_that_lack_something_and_keeps_everything_about_each_question(project):
    bare = write(project)
    ruled = [row | {"raw_rules": RAW, "rules": [{"kind": "dpi", "min_dpi": 300, "weak": False}]} for row in DOCUMENT["deliverables"]]
    write(project, task_id="digital-002", deliverables=ruled)

    with ScriptedServer(default=say(RULES)) as server:
        job = extract(make_asking_judge(project, server.url, price_in_usd=2.0, price_out_usd=10.0))

    assert (job.state, job.result, job.done, job.total) == ("done", {"rules": {"proposed": 1, "unusable": 0}}, 1, 1)
    (proposal,) = Proposal.objects.all()
    assert (proposal.task, proposal.task_version, proposal.state, proposal.job_id) == (bare, 1, "open", job.pk)
    assert [item["name"] for item in proposal.content["deliverables"]] == ["Front", "Back"]
    assert proposal.content["deliverables"][0]["rules"] == RAW
    assert (proposal.model, proposal.tokens_in, proposal.attempts, proposal.reply) == ("scripted-model-1", 1000, 1, RULES)
    # 1,000 tokens at $2 and 50 at $10 a million.
    assert float(proposal.cost_usd) == pytest.approx(0.0025)
    assert proposal.prompt in server.seen[0].prompt
    assert server.seen[0].images == []


def test_all_tasks_are_read_where_that_is_wanted(project):
    write(project)
    write(project, task_id="digital-002", points=[{"number": 1, "point_id": "ep_001", "text": "It is blue."}])

    with ScriptedServer(default=say(POINTS)) as server:
        judge = make_asking_judge(project, server.url)
        extract(judge, "points")
        first = Proposal.objects.count()
        extract(judge, "points", all_tasks=True)

    assert (first, Proposal.objects.count(), len(server.seen)) == (1, 2, 2)


@pytest.mark.parametrize("decide", [None, accept_proposal, reject_proposal])
def test_nothing_is_asked_twice_whatever_became_of_the_proposal(project, lead, decide):
    task = write(project)
    with ScriptedServer(default=say(RULES)) as server:
        judge = make_asking_judge(project, server.url)
        extract(judge)
        if decide:
            decide(Proposal.objects.get(), lead)

        job = extract(judge, all_tasks=True)

    assert (job.state, job.result, len(server.seen)) == ("done", {}, 1)
    assert Proposal.objects.filter(task=task).count() == 1


def test_a_changed_brief_is_read_again_and_takes_the_place_of_the_open_proposal(project):
    task = write(project)
    with ScriptedServer(default=say(RULES)) as server:
        judge = make_asking_judge(project, server.url)
        extract(judge)
        rewrite(task, price_usd="80.00")
        extract(judge)
        asked_for_a_price = len(server.seen)
        rewrite(task, brief=BRIEF + " Two posters as PNG.")
        extract(judge)

    assert (asked_for_a_price, len(server.seen)) == (1, 2)
    assert list(Proposal.objects.order_by("pk").values_list("state", "task_version")) == [("superseded", 1), ("open", 3)]


def test_an_unusable_reply_is_kept_with_its_reason_and_asked_again_only_when_told_to(project):
    write(project)
    with ScriptedServer(*[say("A poster.")] * 3, default=say(RULES)) as server:
        judge = make_asking_judge(project, server.url)
        first = extract(judge)
        extract(judge)
        asked = len(server.seen)
        extract(judge, retries_unusable=True)

    assert first.result == {"rules": {"proposed": 0, "unusable": 1}}
    # One question, and two repairs of it.
    assert (asked, len(server.seen)) == (3, 4)
    unusable, usable = Proposal.objects.order_by("pk")
    assert (unusable.state, unusable.content, unusable.why) == ("unusable", None, "no_json")
    assert (unusable.earlier, unusable.attempts, usable.state) == (["A poster."] * 2, 3, "open")


def test_a_backend_that_does_not_work_fails_the_job_with_its_words_and_keeps_what_came(project):
    write(project)
    write(project, task_id="digital-002")

    with ScriptedServer(say(RULES), default=fail(401, "wrong key")) as server:
        judge = make_asking_judge(project, server.url)
        job = extract(judge)

    assert job.state == "failed"
    assert job.error_text.startswith("The backend does not work: ")
    assert "wrong key" in job.error_text
    assert job.result == {"rules": {"proposed": 1, "unusable": 0}}
    assert Proposal.objects.count() == 1


def test_a_job_that_lost_its_fence_stores_nothing_and_the_next_attempt_reads_the_rest(project):
    for number in range(3):
        write(project, task_id=f"digital-00{number}")
    with ScriptedServer(default=say(RULES)) as server:
        judge = make_asking_judge(project, server.url)
        wish = Wish(judge=judge, kinds=["rules"])
        job = start_extraction(wish, make_lead(project))
        lost = JobContext(job, claim(job.pk))
        Job.objects.filter(pk=job.pk).update(state="queued", fence=None)

        from judging.jobs import extract as run_extraction
        from labeling.jobs.fence import JobLost

        with pytest.raises(JobLost):
            run_extraction(lost)
        stored = Proposal.objects.count()
        run_job(job.pk)

    assert stored == 0
    assert Proposal.objects.filter(state="open").count() == 3


def test_a_cancelled_job_keeps_what_it_has_and_another_one_reads_the_rest(project, monkeypatch):
    from judging import extract_job

    monkeypatch.setattr(extract_job, "STORE_AT_MOST", 1)
    for number in range(3):
        write(project, task_id=f"digital-00{number}")
    lead = make_lead(project)

    def cancel(seen):
        request_cancel(Job.objects.latest("pk").pk)
        return say(RULES)(seen)

    with ScriptedServer(default=say(RULES)) as server:
        judge = make_asking_judge(project, server.url)
        job = start_extraction(Wish(judge=judge, kinds=["rules"]), lead)
        keep = extract_job.Extraction.keep

        def keep_and_cancel(work, group):
            keep(work, group)
            request_cancel(job.pk)

        monkeypatch.setattr(extract_job.Extraction, "keep", keep_and_cancel)
        run_job(job.pk)
        job.refresh_from_db()
        kept = Proposal.objects.count()
        monkeypatch.setattr(extract_job.Extraction, "keep", keep)
        extract(judge)

    assert (job.state, kept) == ("cancelled", 1)
    assert Proposal.objects.filter(state="open").count() == 3


def test_stored_replies_are_found_by_the_name_of_the_question(project, tmp_path):
    write(project)
    file = tmp_path / "replies.jsonl"
    lines = [
        {"task_id": "digital-001", "part": "extract_rules", "reply": RULES, "model": "stored-model"},
        {"task_id": "digital-001", "part": "extract_points", "reply": POINTS},
    ]
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    judge = make_judge(project, None, "stored", "replay", "pay_direct", {"file": str(file)})

    job = run_here(project, "extract", Wish(judge=judge, kinds=["rules", "points"]).as_params())

    assert job.result == {"rules": {"proposed": 1, "unusable": 0}, "points": {"proposed": 1, "unusable": 0}}
    assert Proposal.objects.get(kind="rules").model == "stored-model"


@pytest.fixture
def at_once(monkeypatch):
    """No waits between attempts."""
    monkeypatch.setattr("judging.backends.retries.BACK_OFF", lambda state: 0.0)


def test_a_question_whose_reply_never_came_is_left_for_the_next_job(project, at_once):
    for number in range(5):
        write(project, task_id=f"digital-{number:03}")

    # Four attempts at each: the second and the third question get nothing, the others do.
    with ScriptedServer(say(RULES), *[fail(503, "busy")] * 8, default=say(RULES)) as server:
        judge = make_asking_judge(project, server.url)
        job = extract(judge)
        first = list(Proposal.objects.order_by("pk").values_list("task__external_id", "state"))
        again = extract(judge)

    assert (job.state, job.result) == ("done", {"rules": {"proposed": 3, "unusable": 0}})
    assert first == [("digital-000", "open"), ("digital-003", "open"), ("digital-004", "open")]
    assert (again.state, again.result) == ("done", {"rules": {"proposed": 2, "unusable": 0}})
    assert len(server.seen) == 3 + 8 + 2


def test_several_questions_in_a_row_without_a_reply_end_the_job_with_what_was_said(project, at_once):
    for number in range(5):
        write(project, task_id=f"digital-{number:03}")

    with ScriptedServer(say(RULES), default=fail(503, "busy")) as server:
        job = extract(make_asking_judge(project, server.url))

    assert (job.state, job.result) == ("failed", {"rules": {"proposed": 1, "unusable": 0}})
    assert job.error_text == "The backend does not work: 503: busy"
    # One that was answered, and four attempts at each of three.
    assert len(server.seen) == 13
    assert Proposal.objects.get().state == "open"


def test_a_job_that_got_no_reply_at_all_does_not_say_that_it_is_done(project, at_once):
    write(project)
    with ScriptedServer(default=fail(503, "busy")) as server:
        job = extract(make_asking_judge(project, server.url))

    assert (job.state, job.error_text) == ("failed", "The backend does not work: 503: busy")
    assert not Proposal.objects.exists()


def test_a_missing_stored_reply_is_an_unusable_one(project, tmp_path):
    write(project)
    (tmp_path / "replies.jsonl").write_text("")
    judge = make_judge(project, None, "stored", "replay", "pay_direct", {"file": str(tmp_path / "replies.jsonl")})

    extract(judge)

    assert Proposal.objects.get().why == Why.NO_REPLY_STORED


def test_a_model_may_say_what_no_database_stores(project):
    task = write(project)

    proposal = propose(task, reply=make_reply("Fro\x00nt", "Back"))

    assert proposal.state == "open"
    assert "\x00" not in json.dumps(proposal.content)


# Starting


def test_only_a_judge_that_asks_a_model_reads_and_one_job_at_a_time(project, lead):
    write(project)
    code = make_judge(project, None, "hard-rules", "code", "hard_rules", {})
    judge = make_asking_judge(project)

    with refused("asks_no_model"):
        start_extraction(Wish(judge=code, kinds=["rules"]), lead)
    with refused("nothing_wanted"):
        start_extraction(Wish(judge=judge, kinds=[]), lead)
    with refused("not_allowed"):
        start_extraction(Wish(judge=judge, kinds=["rules"]), make_person(project))
    start_extraction(Wish(judge=judge, kinds=["rules"]), lead)
    with refused("reads_already"):
        start_extraction(Wish(judge=judge, kinds=["points"]), lead)


def test_the_command_reads_and_says_what_came_of_it(project):
    write(project)
    out = io.StringIO()
    with ScriptedServer(default=say(POINTS)) as server:
        make_asking_judge(project, server.url)
        call_command("extract", "--project", project.slug, "--judge", "reader", "--what", "points", "--json", stdout=out)

    assert json.loads(out.getvalue()) == {"judge": "reader 1", "what": "points", "proposed": 1, "unusable": 0}
    with pytest.raises(CommandError, match="no judge 'other'"):
        call_command("extract", "--project", project.slug, "--judge", "other", "--what", "points")
    with pytest.raises(CommandError, match="no project 'nowhere'"):
        call_command("extract", "--project", "nowhere", "--judge", "reader", "--what", "points")


# Deciding


def test_accepted_rules_become_the_next_version_of_the_task_with_the_typed_rules_of_an_import(project, lead):
    task = write(project)

    decided = accept_proposal(propose(task), lead)

    document, version = latest(task)
    assert (decided.state, decided.outcome, decided.decided_by, decided.edited, version) == ("accepted", "changed", lead, None, 2)
    rows = list(task.deliverables.all())
    assert [row.name for row in rows] == ["Front", "Back"]
    assert rows[0].raw_rules == RAW
    assert [rule["kind"] for rule in rows[0].rules] == ["file_type", "size"]
    # Nothing else of the task changed, listed prices included.
    assert {key for key in DOCUMENT if document[key] != DOCUMENT[key]} == {"deliverables"}
    assert [item["listed_price_usd"] for item in document["deliverables"]] == ["45.00", "45.00"]
    event = Event.objects.get(kind="task_changed")
    assert (event.actor, event.data["changed"]) == (lead, ["deliverables"])


def test_accepted_points_become_the_points_of_the_task(project, lead):
    task = write(project)

    accept_proposal(propose(task, "points"), lead)

    assert list(task.points.values_list("number", "point_id", "text")) == [
        (1, "ep_001", "The poster is dark blue."),
        (2, "ep_002", "There is no logo."),
    ]
    assert latest(task)[1] == 2


def test_both_kinds_are_accepted_one_after_the_other(project, lead):
    task = write(project)
    rules, points = propose(task), propose(task, "points")

    accept_proposal(rules, lead)
    accept_proposal(points, lead)

    document, version = latest(task)
    assert (version, len(document["points"]), document["deliverables"][0]["name"]) == (3, 2, "Front")


def test_another_number_of_deliverables_changes_the_quantity_and_drops_the_listed_shares(project, lead):
    task = write(project)

    accept_proposal(propose(task, reply=make_reply("A", "B", "C")), lead)

    document, _version = latest(task)
    assert (task.quantity, task.deliverables.count()) == (3, 3)
    assert [item["listed_price_usd"] for item in document["deliverables"]] == [None] * 3
    assert document["price_usd"] == "90.00"


def test_what_the_lead_edited_is_what_the_task_gets_and_is_kept_beside_what_was_proposed(project, lead):
    task = write(project)
    proposal = propose(task)
    edited = {"deliverables": [{"name": " Front page ", "rules": {"visual_specs": {"aspect_ratio": 1.5}}}, {"name": "Back", "rules": None}]}

    decided = accept_proposal(proposal, lead, edited)

    rows = list(task.deliverables.all())
    assert (rows[0].name, rows[0].rules[0]["kind"], rows[1].rules) == ("Front page", "ratio", [])
    assert decided.edited["deliverables"][0]["name"] == "Front page"
    assert decided.content["deliverables"][0]["name"] == "Front"


def test_an_edit_that_changes_nothing_is_none(project, lead):
    decided = accept_proposal(
        propose(write(project)), lead, {"deliverables": [{"name": "Front", "rules": RAW}, {"name": "Back", "rules": RAW}]}
    )

    assert decided.edited is None


@pytest.mark.parametrize(
    ("kind", "edited", "code"),
    [
        ("rules", {"deliverables": []}, "wrong_quantity"),
        ("rules", {"deliverables": [{"name": "A", "rules": None}] * 256}, "wrong_quantity"),
        ("rules", {"deliverables": [{"name": " ", "rules": None}]}, "blank"),
        ("rules", {"deliverables": [{"name": "A" * 601, "rules": None}]}, "too_long"),
        ("rules", {"deliverables": [{"name": "A", "rules": ["PNG"]}]}, "no_object"),
        ("rules", {"deliverables": [{"name": "A", "rules": {"file_type": "\x00"}}]}, "bad_characters"),
        ("rules", {"points": []}, "wrong_shape"),
        ("points", {"points": []}, "no_points"),
        ("points", {"points": [{"text": ""}]}, "blank"),
        ("points", {"points": ["It is blue."]}, "wrong_shape"),
        ("points", {"points": [{"text": "A"}] * 256}, "too_many_points"),
    ],
)
def test_an_edit_that_cannot_become_of_a_task_is_refused_and_changes_nothing(project, lead, kind, edited, code):
    task = write(project)
    proposal = propose(task, kind)

    with refused(code):
        accept_proposal(proposal, lead, edited)

    proposal.refresh_from_db()
    assert (proposal.state, latest(task)[1]) == ("open", 1)


def test_points_that_were_all_left_out_cannot_be_accepted_but_edited(project, lead):
    task = write(project)
    proposal = propose(task, "points", make_points_reply(("It is pretty.", "make it pretty")))

    with refused("no_points"):
        accept_proposal(proposal, lead)
    decided = accept_proposal(proposal, lead, {"points": [{"text": "It is blue."}]})

    assert (decided.state, task.points.get().text) == ("accepted", "It is blue.")


def test_what_the_task_says_already_makes_no_version(project, lead):
    task = write(project, points=[{"number": 1, "point_id": "ep_001", "text": "The poster is dark blue."}])
    with ScriptedServer(default=say(make_points_reply(("The poster is dark blue.", "Dark blue")))) as server:
        extract(make_asking_judge(project, server.url), "points", all_tasks=True)

    decided = accept_proposal(Proposal.objects.get(), lead)

    assert (decided.outcome, latest(task)[1]) == ("unchanged", 1)


def test_a_task_that_people_work_on_keeps_its_content_until_the_change_is_accepted_in_the_inbox(project, lead):
    task = write(project)
    candidate, _other = make_bundle(task).candidates.order_by("sort")
    answer_as(make_person(project), candidate, "accept")
    proposal = propose(task)

    decided = accept_proposal(proposal, lead)

    assert (decided.state, decided.outcome, latest(task)[1]) == ("accepted", "waits", 1)
    conflict = ImportConflict.objects.get()
    assert (conflict.task, conflict.field, conflict.state, list(conflict.old)) == (task, "content", "open", ["deliverables"])
    assert accept_conflict(project, conflict.pk, lead) == 1
    document, version = latest(task)
    assert (version, document["deliverables"][0]["name"]) == (2, "Front")
    candidate.refresh_from_db()
    assert candidate.round == 2


def test_a_task_with_candidates_that_nobody_has_touched_changes_at_once(project, lead):
    task = write(project)
    make_bundle(task)

    assert accept_proposal(propose(task), lead).outcome == "changed"
    assert set(Candidate.objects.values_list("round", flat=True)) == {1}


def test_a_change_that_waits_already_is_not_overwritten(project, lead):
    task = write(project)
    proposal = propose(task)
    ImportConflict.objects.create(project=project, task=task, field="content", old={}, new=DOCUMENT | {"price_usd": "80.00"})

    with refused("change_waits"):
        accept_proposal(proposal, lead)

    assert ImportConflict.objects.get().new["price_usd"] == "80.00"


def test_fewer_deliverables_than_there_are_candidates_for_are_refused(project, lead):
    task = write(project)
    make_bundle(task)
    proposal = propose(task, reply=make_reply("Only one"))

    with refused("has_candidates"):
        accept_proposal(proposal, lead)
    Candidate.objects.filter(deliverable__number=2).update(state="withdrawn", q_state=6)

    assert accept_proposal(proposal, lead).outcome == "changed"
    assert latest(task)[0]["quantity"] == 1


def test_a_proposal_about_another_brief_is_refused(project, lead):
    task = write(project)
    proposal = propose(task)
    rewrite(task, brief="Something else.")

    with refused("brief_changed"):
        accept_proposal(proposal, lead)
    assert reject_proposal(proposal, lead).state == "rejected"


def test_a_rejected_proposal_changes_nothing_and_is_decided_for_good(project, lead):
    task = write(project)
    proposal = propose(task)

    decided = reject_proposal(proposal, lead)

    assert (decided.state, decided.outcome, decided.decided_by, latest(task)[1]) == ("rejected", "", lead, 1)
    for decide in (accept_proposal, reject_proposal):
        with refused("decided_already"):
            decide(proposal, lead)


def test_only_a_lead_decides_and_only_in_an_open_project(project, lead):
    proposal = propose(write(project))

    for decide in (accept_proposal, reject_proposal):
        with refused("not_allowed"):
            decide(proposal, make_person(project))
    archive_project(project, lead)
    for decide in (accept_proposal, reject_proposal):
        with refused("archived"):
            decide(proposal, lead)


# What the database refuses

BROKEN = [
    ("proposal_kind", {"kind": "style"}),
    # Whichever is looked at first: a state that there is not is none of those that are decided either.
    ("proposal_(state|decided)", {"state": "lost"}),
    ("proposal_content_or_why", {"content": None}),
    ("proposal_content_or_why", {"why": "no_json"}),
    ("proposal_decided", {"decided_at": timezone.now()}),
    ("proposal_decided", {"state": "rejected"}),
    ("proposal_outcome", {"outcome": "changed"}),
    ("proposal_outcome", {"edited": {}}),
]


@pytest.mark.parametrize(("constraint", "changes"), BROKEN)
def test_the_database_refuses_a_proposal_that_contradicts_itself(project, constraint, changes):
    proposal = propose(write(project))

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Proposal.objects.filter(pk=proposal.pk).update(**changes)


def test_the_database_refuses_a_second_open_proposal_and_a_second_answer_to_a_question(project, lead):
    proposal = propose(write(project))

    proposal.pk, proposal.public_id, proposal.prompt_hash = None, "0" * 32, "f" * 64
    with pytest.raises(IntegrityError), transaction.atomic():
        proposal.save(force_insert=True)
    first = Proposal.objects.get()
    reject_proposal(first, lead)
    proposal.prompt_hash = first.prompt_hash
    with pytest.raises(IntegrityError), transaction.atomic():
        proposal.save(force_insert=True)


# Pages


def go(name, project, *args, **query):
    return reverse(f"judging:{name}", args=[project.slug, *args], query=query or None)


def test_without_proposals_the_page_says_what_they_are_and_what_is_needed(project, lead):
    page = read(visit_as(lead).get(go("proposals", project)))

    assert "No proposals yet." in page
    assert "This needs a judge that asks a model." in page


def test_a_lead_starts_the_reading_and_gets_to_the_page_of_the_job(project, lead):
    write(project)
    judge = make_asking_judge(project)
    visitor = visit_as(lead)

    empty = visitor.post(go("extract", project), {"judge": judge.public_id})
    reply = visitor.post(go("extract", project), {"judge": judge.public_id, "kinds": ["rules"]})
    again = visitor.post(go("extract", project), {"judge": judge.public_id, "kinds": ["rules"]})

    job = Job.objects.get(kind="extract")
    assert (empty.status_code, again.status_code) == (422, 422)
    assert reply.url == reverse("labeling:job", args=[project.slug, job.public_id])
    assert job.params == {"judge": judge.pk, "kinds": ["rules"], "all": False, "retries_unusable": False}
    assert "reading already" in read(again)


def test_the_list_shows_what_is_to_be_decided_and_is_filtered_by_kind_and_state(project, lead):
    task = write(project)
    rules, points = propose(task), propose(task, "points")
    reject_proposal(points, lead)
    visitor = visit_as(lead)

    usual, rejected, none = (
        read(visitor.get(go("proposals", project, **query))) for query in ({}, {"state": "rejected"}, {"state": "open", "kind": "points"})
    )

    assert "digital-001" in usual
    assert "2 deliverables, 4 rules" in usual
    assert "2 points" not in usual
    assert "2 points" in rejected
    assert "No proposal matches." in none
    assert rules.state == "open"


def test_a_proposal_stands_beside_what_the_task_has_with_its_evidence_marked_and_the_brief_escaped(project, lead):
    task = write(project, points=[{"number": 1, "point_id": "ep_001", "text": "It is square."}])
    rules = propose(task)
    with ScriptedServer(default=say(make_points_reply(("No logo.", "<b>No</b> logo"), ("Pretty.", "be pretty")))) as server:
        extract(make_asking_judge(project, server.url), "points", all_tasks=True)
    points = Proposal.objects.get(kind="points")
    visitor = visit_as(lead)

    of_rules, of_points = (visitor.get(go("proposal", project, row.public_id)).content.decode() for row in (rules, points))

    assert "<mark>as PNG</mark>, <mark>1080 x 1920 px</mark>" in of_rules
    assert "Image 1" in of_rules
    assert "1080 × 1920 px" in of_rules
    assert "<mark>&lt;b&gt;No&lt;/b&gt; logo</mark>" in of_points
    assert "<b>No</b>" not in of_points
    assert "It is square." in of_points
    assert "the passage quoted for it is not in the brief" in of_points


def test_accepting_on_the_page_goes_on_with_the_next_one(project, lead):
    write(project)
    propose(write(project, task_id="digital-002"))
    first, second = Proposal.objects.order_by("pk")
    visitor = visit_as(lead)

    page = read(visitor.get(go("proposal", project, first.public_id)))
    reply = visitor.post(go("accept_proposal", project, first.public_id))
    last = visitor.post(go("reject_proposal", project, second.public_id))

    assert "Next proposal" in page
    assert reply.url == go("proposal", project, second.public_id)
    assert told(reply) == ["digital-001: Accepted. The task is changed."]
    assert last.url == go("proposals", project)
    assert told(last)[-1] == "digital-002: Rejected."


def rows_of(*rows):
    """The fields of the form that edits deliverables."""
    fields = {
        f"deliverables-{number}-{name}": value
        for number, row in enumerate(rows)
        for name, value in zip(("name", "rules"), row, strict=True)
    }
    return {"edited": "1", "deliverables-TOTAL_FORMS": len(rows), "deliverables-INITIAL_FORMS": 2, **fields}


def test_deliverables_are_edited_left_out_and_added_in_a_form(project, lead):
    task = write(project)
    proposal = propose(task)

    visit_as(lead).post(
        go("accept_proposal", project, proposal.public_id), rows_of(("Cover", '{"file_type": ["JPG"]}'), ("", ""), ("Spine", ""), ("", ""))
    )

    assert [(row.name, row.raw_rules) for row in task.deliverables.all()] == [("Cover", {"file_type": ["JPG"]}), ("Spine", None)]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ((("Cover", '{"file_type": ["JPG"'), ("B", "")), "This is no JSON: line 1, column 21"),
        ((("Cover", '["JPG"]'), ("B", "")), "The rules are one object, in braces."),
        ((("Cover", '{"a": NaN}'), ("B", "")), "This is no JSON that can be kept."),
        ((("Cover", "[" * 100_000), ("B", "")), "at most 20000 characters"),
        ((("", '{"file_type": ["JPG"]}'), ("B", "")), "Say what it is, or leave its rules empty as well."),
        ((("", ""), ("", "")), "A task has between 1 and 255 deliverables."),
    ],
)
def test_a_slip_in_the_form_is_told_at_its_place_and_changes_nothing(project, lead, rows, said):
    task = write(project)
    proposal = propose(task)

    reply = visit_as(lead).post(go("accept_proposal", project, proposal.public_id), rows_of(*rows))

    assert reply.status_code == 422
    assert said in read(reply)
    assert latest(task)[1] == 1


def test_points_are_edited_one_on_each_line(project, lead):
    task = write(project)
    proposal = propose(task, "points")
    visitor = visit_as(lead)

    empty = visitor.post(go("accept_proposal", project, proposal.public_id), {"edited": "1", "points": " \n "})
    visitor.post(go("accept_proposal", project, proposal.public_id), {"edited": "1", "points": "It is blue.\r\n\r\n 没有标志。 "})

    assert empty.status_code == 422
    assert list(task.points.values_list("text", flat=True)) == ["It is blue.", "没有标志。"]


def test_a_refusal_is_told_on_the_page_of_the_proposal(project, lead):
    task = write(project)
    proposal = propose(task)
    visitor = visit_as(lead)
    visitor.post(go("reject_proposal", project, proposal.public_id))

    reply = visitor.post(go("accept_proposal", project, proposal.public_id), {"edited": "1"})

    assert reply.url == go("proposal", project, proposal.public_id)
    assert told(reply)[-1] == "This proposal is decided already."
    assert "rejected" in read(visitor.get(reply.url))


def test_an_unusable_reply_says_why_and_offers_nothing_to_decide(project, lead):
    write(project)
    with ScriptedServer(default=say("A poster.")) as server:
        extract(make_asking_judge(project, server.url))

    page = visit_as(lead).get(go("proposal", project, Proposal.objects.get().public_id))

    assert "no JSON in the reply" in read(page)
    assert "Accept" not in read(page)


def test_an_outdated_proposal_can_only_be_rejected(project, lead):
    task = write(project)
    proposal = propose(task)
    rewrite(task, brief="Something else.")

    page = visit_as(lead).get(go("proposal", project, proposal.public_id)).content.decode()

    assert "has changed since it was read" in page
    assert go("accept_proposal", project, proposal.public_id) not in page
    assert go("reject_proposal", project, proposal.public_id) in page


def test_proposals_of_another_project_and_pages_for_others_are_not_there(project, lead):
    proposal = propose(write(project))
    other = make_project()

    foreign = visit_as(make_lead(other))
    member = visit_as(make_person(project))

    assert foreign.get(go("proposal", other, proposal.public_id)).status_code == 404
    assert member.get(go("proposals", project)).status_code in (403, 404)
    for name in ("accept_proposal", "reject_proposal"):
        assert member.post(go(name, project, proposal.public_id)).status_code in (403, 404)
    assert member.post(go("extract", project)).status_code in (403, 404)
    assert Judge.objects.filter(project=project).exists()


def test_versions_are_kept_when_a_task_changes_by_a_proposal(project, lead):
    task = write(project)
    assert describe_task(parse_document(DOCUMENT), {}) == DOCUMENT

    accept_proposal(propose(task), lead)

    assert TaskVersion.objects.get(task=task, number=1).document == DOCUMENT
