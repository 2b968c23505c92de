"""The lead by program: settings, people, candidates, the inbox."""

import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from labeling.image_store import keep_image
from labeling.models import Event, ImportConflict, Project, User
from labeling.protocol.hold import hold_candidate
from labeling.protocol.skip import raise_flag
from tests.factories import answer_as, dispute, lease_for, make_candidate, make_person
from tests.labeling.api.programs import Program
from tests.labeling.material import make_picture

pytestmark = pytest.mark.django_db


def test_settings_change_one_by_one_with_their_effects(project, program):
    changed = program.send("patch", "settings", paused=True)
    wrong = program.send("patch", "settings", lease_minutes=61, name="Half")

    project.refresh_from_db()
    assert changed.data["settings"]["paused"] is True
    assert list(changed.data["effects"]) == ["paused"]
    assert (wrong.status_code, list(wrong.data["fields"])) == (422, ["lease_minutes"])
    assert (project.paused, project.lease_minutes, project.name) == (True, 15, "Posters")
    assert program.get("settings").data["paused"] is True
    assert Event.objects.filter(kind="settings_changed").count() == 1


def test_states_count_every_candidate_once(project, program):
    first, *_rest = [make_candidate(project) for _ in range(3)]
    dispute(first)

    states = program.get("states").data

    assert (states["total"], states["states"]["disputed"], states["states"]["open"]) == (3, 1, 2)
    assert [(row["category"], row["total"]) for row in states["categories"]] == [("Digital", 3)]
    assert sum(row["total"] for row in states["categories"][0]["generators"]) == 3


def test_a_project_is_made_by_whoever_leads_one(project, program):
    made = program.post("projects", name="Second")
    taken = program.post("projects", name="Third", slug="second")
    refused = Program(make_person(project), project).post("projects", name="No")

    assert (made.status_code, made.data["slug"], made.data["is_lead"]) == (201, "second", True)
    assert (taken.status_code, list(taken.data["fields"])) == (422, ["slug"])
    assert (refused.status_code, Project.objects.filter(name="No").exists()) == (404, False)


def test_members_come_change_and_go(project, program):
    added = program.post("members", account="new", username="nia", can_label=True)
    again = program.post("members", account="existing", username="nia", can_label=True)
    lease_for(User.objects.get(username="nia"), make_candidate(project))
    changed = program.send("put", "member", added.data["person"], can_adjudicate=True)
    link = program.post("member_link", added.data["person"])
    removed = program.send("delete", "member", added.data["person"])

    assert (added.status_code, added.data["can_label"]) == (201, True)
    assert (again.status_code, again.data["code"]) == (409, "already_member")
    assert changed.data == {"released": 1}
    assert "/account/link/" in link.data["link"]
    assert removed.data == {"released": 0}
    assert [row["username"] for row in program.get("members").data["results"]] == ["lea"]


def test_the_last_lead_stays(program):
    me = program.get("me").data["id"]

    refused = program.send("delete", "member", me)

    assert (refused.status_code, refused.data["code"]) == (409, "last_lead")


def test_candidates_are_browsed_page_by_page_each_once(project, program):
    made = {str(make_candidate(project).public_id) for _ in range(5)}

    for order in ("", "task"):
        seen, address = [], program.address("candidates", limit=2, **({"order": order} if order else {}))
        while address:
            page = program.follow(address).data
            seen += [row["id"] for row in page["results"]]
            address = page["next"]

        assert len(seen) == 5
        assert set(seen) == made


def test_a_cursor_of_another_order_is_refused(project, program):
    for _ in range(2):
        make_candidate(project)
    cursor = program.get("candidates", limit=1).data["next"].partition("cursor=")[2].partition("&")[0]

    reply = program.get("candidates", limit=1, order="task", cursor=cursor)

    assert (reply.status_code, list(reply.data["fields"])) == (422, ["cursor"])


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"state": "disputed"}, [1]),
        ({"state": "settled", "decision": "accept"}, [0]),
        ({"decision": "reject"}, []),
        ({"decision": "none", "order": "task"}, [1, 2]),
        ({"agreement": "disputed"}, [1]),
        ({"person": "PERSON"}, [0]),
        ({"category": "Portrait"}, []),
        ({"category": "Digital", "round": 1, "order": "task"}, [0, 1, 2]),
        ({"generator": "GEN2"}, [2]),
        ({"task": "TASK1"}, [1]),
    ],
)
def test_filters_narrow_what_is_browsed(project, program, query, found):
    rows = [make_candidate(project) for _ in range(3)]
    people = [make_person(project) for _ in range(2)]
    for person in people:
        answer_as(person, rows[0], "accept")
    dispute(rows[1])
    names = {"GEN2": rows[2].bundle.generator.slug, "TASK1": rows[1].bundle.task.external_id, "PERSON": people[0].username}

    page = program.get("candidates", **{name: names.get(value, value) for name, value in query.items()}).data

    assert [row["id"] for row in page["results"]] == [str(rows[place].public_id) for place in found]


def test_browsing_takes_the_same_number_of_queries_however_many_candidates(project, program, django_assert_max_num_queries):
    for _ in range(6):
        answer_as(make_person(project), make_candidate(project), "accept")

    # The token and its use, the membership, what may be chosen (people, generators, batches, versions of the guideline and of models), the
    # page, its rows, their decisions.
    with django_assert_max_num_queries(11):
        page = program.get("candidates")

    assert len(page.data["results"]) == 6


@pytest.mark.parametrize(
    "query",
    [
        {"cursor": "x"},
        {"cursor": "YWZ0ZXIgeA"},
        {"limit": 0},
        {"limit": 201},
        {"state": "lost"},
        {"round": 10**30},
        {"verdict": "accept"},
        {"person": "nobody"},
        {"since": "0001-01-01"},
        {"until": "9999-12-31"},
    ],
)
def test_a_page_that_cannot_be_is_refused(program, query):
    reply = program.get("candidates", **query)

    assert reply.status_code == 422
    assert list(reply.data["fields"]) == list(query)


def test_one_candidate_tells_everything_to_its_lead(project, program):
    candidate = make_candidate(project)
    people = dispute(candidate)

    detail = program.get("candidate", candidate.public_id).data
    timeline = program.get("timeline", candidate.public_id, limit=2).data

    work = detail["rounds"][0]["work"]
    assert [(row["person"]["username"], row["answers"][0]["verdict"]) for row in work] == [
        (people[0].username, "accept"),
        (people[1].username, "reject"),
    ]
    assert (detail["state"], detail["generator"]) == ("disputed", candidate.bundle.generator.slug)
    assert [row["kind"] for row in timeline["results"]] == ["submitted", "leased"]
    assert [row["kind"] for row in program.follow(timeline["next"]).data["results"]] == ["submitted", "leased"]


def test_a_candidate_is_held_returned_withdrawn_and_reopened_with_reasons(project, program):
    for _ in range(3):
        make_person(project)
    candidate = make_candidate(project)
    address = candidate.public_id

    held = program.post("hold", address, reason="wrong size")
    waiting = program.get("inbox_held").data["results"]
    twice = program.post("hold", address, reason="again")
    back = program.post("return", address)
    out = program.post("withdraw", address, reason="duplicate")
    program.post("return", address)
    reopened = program.post("reopen", address, reason="look again")
    silent = program.post("hold", address)

    assert [held.data["state"], back.data["state"], out.data["state"]] == ["held", "open", "withdrawn"]
    assert [row["reason"] for row in waiting] == ["wrong size"]
    assert (twice.status_code, twice.data["code"]) == (409, "not_open")
    assert reopened.data["round"] == 2
    assert (silent.status_code, list(silent.data["fields"])) == (422, ["reason"])


def test_a_candidate_gets_another_picture(project, program):
    candidate = make_candidate(project)
    picture = SimpleUploadedFile("new.png", make_picture(80, 60, format="PNG"), "image/png")

    replaced = program.upload("replace", candidate.public_id, reason="sharper", image=picture)
    broken = program.upload("replace", candidate.public_id, reason="x", image=SimpleUploadedFile("a.png", b"no picture", "image/png"))

    assert (replaced.status_code, replaced.data["picture"]["width"]) == (200, 80)
    assert program.follow(replaced.data["picture"]["thumb"]).status_code == 200
    assert (broken.status_code, list(broken.data["fields"])) == (422, ["image"])


def test_the_inbox_is_counted_and_flags_are_answered(project, program):
    person, candidate = make_person(project), make_candidate(project)
    lease = lease_for(person, candidate)
    raise_flag(lease.public_id, person, "Look here", uuid.uuid4())
    hold_candidate(candidate.public_id, User.objects.get(username="lea"), "size")

    counts = program.get("inbox").data
    flag = program.get("inbox_flags").data["results"][0]
    replied = program.post("reply", flag["id"], reply="Done")
    twice = program.post("reply", flag["id"], reply="Done")

    assert counts.pop("flags") == counts.pop("held") == 1
    assert set(counts.values()) == {0}
    assert (flag["text"], flag["person"]["username"], flag["candidate"]) == ("Look here", person.username, str(candidate.public_id))
    assert (replied.status_code, replied.data["reply"]) == (200, "Done")
    assert (twice.status_code, twice.data["code"]) == (409, "already_answered")
    assert program.get("inbox_flags").data["results"] == []


def test_import_conflicts_are_accepted_and_dismissed(project, program):
    for _ in range(3):
        make_person(project)
    first, second = make_candidate(project), make_candidate(project)
    new = keep_image(make_picture(50, 40))
    for candidate in (first, second):
        answer_as(make_person(project), candidate, "accept")
        ImportConflict.objects.create(project=project, candidate=candidate, field="image", new_image=new)

    listed = program.get("inbox_conflicts").data["results"]
    accepted = program.post("accept_conflict", listed[0]["id"])
    dismissed = program.post("dismiss_conflict", listed[1]["id"])
    again = program.post("accept_conflict", listed[1]["id"])

    assert [(row["candidate"], row["touched"], row["changes"][0]["new_images"]) for row in listed] == [
        (str(first.public_id), 1, [new.sha256]),
        (str(second.public_id), 1, [new.sha256]),
    ]
    assert (accepted.data, dismissed.data) == ({"rounds": 1}, {"rounds": 0})
    assert (again.status_code, again.data["code"]) == (409, "already_resolved")
