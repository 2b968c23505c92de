"""The format `label-studio`; benchmarks/label_studio.py imports one into a real Label Studio."""

import io
import xml.etree.ElementTree as ElementTree
import zipfile

import pytest

from labeling.models import Candidate, Reason, Verdict
from labeling.protocol.hold import reopen_candidate, withdraw_candidate
from labeling.protocol.intake import import_decision
from tests.factories import adjudicate_as, answer_as, make_lead, make_project
from tests.labeling.exporting import export, make_queued, make_team, picture_of, read_member, read_rows

pytestmark = pytest.mark.django_db


def export_tasks(project, out):
    """The tasks of an export by the candidate they are of."""
    return {task["data"]["candidate"]: task for task in read_rows("label-studio", export(project, "label-studio", out)[0])}


def verdicts_of(task):
    """(verdict, purpose, whether it is the ground truth) of each annotation."""
    return [
        (item["result"][0]["value"]["choices"][0], item["result"][0].get("meta", {}).get("purpose"), item["ground_truth"])
        for item in task["annotations"]
    ]


def test_an_answer_is_an_annotation_in_the_controls_of_the_configuration(tmp_path):
    project = make_project()
    [candidate] = make_queued(project)
    answer_as(make_team(project)[0], candidate, "reject", reasons=("bad_text", "blurry"), note="字太小", active_ms=4200)

    [task] = export_tasks(project, tmp_path).values()

    [annotation] = task["annotations"]
    verdict, reasons, note = annotation["result"]
    about = verdict["meta"]
    assert verdict == {"from_name": "verdict", "to_name": "image", "type": "choices", "value": {"choices": ["reject"]}, "meta": about}
    assert reasons == verdict | {"from_name": "reasons", "value": {"choices": ["bad_text", "blurry"]}}
    assert note == verdict | {"from_name": "note", "type": "textarea", "value": {"text": ["字太小"]}}
    assert about.pop("person").startswith("p-")
    assert about == {"purpose": "primary", "round": 1, "seat": 1, "exposure": "none"}
    assert (annotation["lead_time"], annotation["ground_truth"]) == (4.2, False)


def test_both_answers_and_the_adjudication_are_annotations_and_one_is_the_ground_truth(tmp_path):
    project = make_project()
    team, lead = make_team(project), make_lead(project)
    agreed, adjudicated, disputed, fresh, imported, reopened = (make_queued(project)[0] for _ in range(6))
    for candidate, pair in ((adjudicated, "accept reject"), (agreed, "reject reject"), (reopened, "accept accept")):
        for person, verdict in zip(team, pair.split(), strict=False):
            answer_as(person, candidate, verdict)
        if candidate == adjudicated:
            adjudicate_as(team[2], candidate, "reject")
    answer_as(team[0], disputed, "accept")
    answer_as(team[1], disputed, "reject")
    import_decision(imported.pk, "accept", None)
    reopen_candidate(reopened.public_id, lead, "Again")

    tasks = export_tasks(project, tmp_path)

    found = {
        candidate: verdicts_of(tasks[str(candidate.public_id)]) for candidate in (agreed, adjudicated, disputed, fresh, imported, reopened)
    }
    assert found == {
        agreed: [("reject", "primary", True), ("reject", "primary", False)],
        adjudicated: [("accept", "primary", False), ("reject", "primary", False), ("reject", "adjudication", True)],
        disputed: [("accept", "primary", False), ("reject", "primary", False)],
        fresh: [],
        imported: [("accept", None, True)],
        reopened: [],
    }
    data = tasks[str(adjudicated.public_id)]["data"]
    assert (data["state"], data["decision"], data["how"]) == ("settled", "reject", "adjudication")


def test_a_picture_is_addressed_in_a_folder_named_as_the_project(tmp_path):
    project = make_project(slug="posters")
    [candidate] = make_queued(project)

    data, manifest = export(project, "label-studio", tmp_path)

    [task] = read_rows("label-studio", data)
    name = f"images/{candidate.public_id.hex[:2]}/{candidate.public_id}.jpg"
    assert task["data"]["image"] == f"/data/local-files/?d=posters/{name}"
    assert read_member(data, name) == picture_of(candidate.image.sha256)
    assert zipfile.ZipFile(io.BytesIO(data)).namelist() == [name, "tasks.json", "label_config.xml", "README.txt"]
    assert (manifest["file"], manifest["rows"], manifest["counts"]) == ("label-studio.zip", 1, {"open": 1})


def test_what_was_withdrawn_or_has_no_picture_is_not_there(tmp_path):
    project = make_project()
    withdrawn, bare = make_queued(project)[0], make_queued(project)[0]
    withdraw_candidate(withdrawn.public_id, make_lead(project), "Shows a real person")
    import_decision(bare.pk, "accept", None)
    Candidate.objects.filter(pk=bare.pk).update(image=None)

    data, manifest = export(project, "label-studio", tmp_path)

    assert read_rows("label-studio", data) == []
    assert manifest["counts"] == {"without_image": 1}


def test_the_configuration_has_every_verdict_and_reason_and_shows_columns_that_are_there(tmp_path):
    project = make_project()
    make_queued(project)

    data, _manifest = export(project, "label-studio", tmp_path)

    config = ElementTree.fromstring(read_member(data, "label_config.xml"))
    [task] = read_rows("label-studio", data)
    choices = {group.get("name"): [choice.get("value") for choice in group] for group in config.iter("Choices")}
    assert choices == {"verdict": Verdict.values, "reasons": Reason.values}
    assert {node.get("value")[1:] for node in config if node.get("value")} == {"task_name", "brief", "image"} <= set(task["data"])
    assert {node.get("toName") for node in config if node.get("toName")} == {"image"}
