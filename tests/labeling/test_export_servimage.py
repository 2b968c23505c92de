"""The format `servimage`."""

import hashlib
from pathlib import Path

import pytest

from labeling.data_out.code_version import code_version
from labeling.data_out.formats import FORMATS
from labeling.models import Candidate
from labeling.protocol.hold import hold_candidate, withdraw_candidate
from labeling.protocol.intake import import_decision
from tests.factories import adjudicate_as, answer_as, make_generator, make_lead, make_project
from tests.labeling.exporting import export, make_queued, make_team, newest_event, read_lines

pytestmark = pytest.mark.django_db


def decide(candidates, verdicts, people):
    """Let the first two people agree on each verdict."""
    for candidate, verdict in zip(candidates, verdicts, strict=True):
        for person in people[:2]:
            answer_as(person, candidate, verdict)


def test_a_complete_task_is_one_line_with_a_label_for_every_deliverable(tmp_path):
    project = make_project()
    generator = make_generator(slug="imagen4")
    candidates = make_queued(project, 3, generator, external_id="digital-007")
    decide(candidates, ["accept", "reject", "accept"], make_team(project))

    data, manifest = export(project, "servimage", tmp_path)

    assert data == (
        b'{"model":"imagen4","task_id":"digital-007","category":"C-Digital",'
        b'"annotations":{"subtask_1":true,"subtask_2":false,"subtask_3":true}}\n'
    )
    assert (manifest["rows"], manifest["bytes"], manifest["sha256"]) == (1, len(data), hashlib.sha256(data).hexdigest())
    assert manifest["counts"] == {"accepted": 2, "complete": 1, "rejected": 1}
    assert manifest["incomplete"] == []
    assert (manifest["format"], manifest["schema"], manifest["schema_version"]) == ("servimage", "servimage.schema.json", 1)
    assert manifest["code_version"] == code_version() != ""
    assert manifest["filters"] == FORMATS["servimage"].filters != {}


def test_an_incomplete_task_is_listed_with_what_is_missing_and_why(tmp_path):
    project = make_project()
    team, lead = make_team(project), make_lead(project)
    candidates = make_queued(project, 6, make_generator(slug="kling-v2-images"), external_id="product-003", category="Product")
    decide(candidates[:1], ["accept"], team)
    answer_as(team[0], candidates[1], "accept")
    answer_as(team[1], candidates[1], "reject")
    hold_candidate(candidates[2].public_id, lead, "Is this the right picture?")
    withdraw_candidate(candidates[3].public_id, lead, "Shows a real person")
    Candidate.objects.filter(pk=candidates[4].pk).update(is_submitted_sample=False)

    data, manifest = export(project, "servimage", tmp_path)

    assert data == b""
    assert manifest["rows"] == 0
    assert manifest["counts"] == {"incomplete": 1}
    assert manifest["incomplete"] == [
        {
            "model": "kling-v2-images",
            "task_id": "product-003",
            "category": "C-Product",
            "missing": [
                {"subtask": 2, "why": "disputed", "reason": ""},
                {"subtask": 3, "why": "held", "reason": "Is this the right picture?"},
                {"subtask": 4, "why": "withdrawn", "reason": "Shows a real person"},
                {"subtask": 5, "why": "no_candidate", "reason": ""},
                {"subtask": 6, "why": "open", "reason": ""},
            ],
        }
    ]


def test_a_withdrawn_candidate_is_left_out_though_it_was_decided(tmp_path):
    project = make_project()
    [candidate] = make_queued(project)
    decide([candidate], ["accept"], make_team(project))
    withdraw_candidate(candidate.public_id, make_lead(project), "Duplicate")

    data, manifest = export(project, "servimage", tmp_path)

    assert data == b""
    assert manifest["incomplete"][0]["missing"] == [{"subtask": 1, "why": "withdrawn", "reason": "Duplicate"}]


def test_decisions_of_adjudicators_and_of_elsewhere_count_like_those_of_two(tmp_path):
    project = make_project()
    team = make_team(project)
    [disputed] = make_queued(project)
    answer_as(team[0], disputed, "accept")
    answer_as(team[1], disputed, "reject")
    adjudicate_as(team[2], disputed, "reject")
    [imported] = make_queued(project)
    import_decision(imported.pk, "accept", None)

    data, _manifest = export(project, "servimage", tmp_path)

    assert [line["annotations"] for line in read_lines(data)] == [{"subtask_1": False}, {"subtask_1": True}]


def test_only_the_submitted_sample_counts(tmp_path):
    project = make_project()
    team = make_team(project)
    [first] = make_queued(project)
    other = Candidate.objects.create(
        lane=first.lane,
        project=project,
        bundle=first.bundle,
        deliverable=first.deliverable,
        image=first.image,
        sample=2,
        is_submitted_sample=False,
        state="open",
        q_state=0,
        sort=first.sort,
    )
    decide([first, other], ["reject", "accept"], team)

    data, _manifest = export(project, "servimage", tmp_path)

    assert [line["annotations"] for line in read_lines(data)] == [{"subtask_1": False}]


def test_candidates_being_imported_are_neither_exported_nor_listed(tmp_path):
    project = make_project()
    [candidate] = make_queued(project)
    Candidate.objects.filter(pk=candidate.pk).update(state="staged", q_state=6)
    before_queue = candidate.events.get().pk - 1

    data, manifest = export(project, "servimage", tmp_path, cutoff=project.events.filter(pk__lte=before_queue).latest("pk").pk)

    assert data == b""
    assert manifest["incomplete"] == []


def test_the_same_cut_off_gives_the_same_bytes(tmp_path):
    project = make_project()
    team = make_team(project)
    decide(make_queued(project, 2), ["accept", "reject"], team)
    make_queued(project)
    cutoff = newest_event(project)
    first = export(project, "servimage", tmp_path / "first")

    decide(make_queued(project), ["accept"], team)
    second = export(project, "servimage", tmp_path / "second", cutoff)

    assert first == second
    assert first[1]["cutoff_event"] == cutoff
    for name in ("servimage.jsonl", "manifest.json"):
        assert Path(tmp_path / "first" / name).read_bytes() == Path(tmp_path / "second" / name).read_bytes()
        assert Path(tmp_path / "first" / name).stat().st_mode & 0o777 == 0o440
