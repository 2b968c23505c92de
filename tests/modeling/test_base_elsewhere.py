"""A model whose checkpoint lies elsewhere: what leaves the site names the checkpoint and no place, and it is found or refused again."""

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from django.urls import reverse

from labeling.jobs.context import JobFailed
from modeling.export import export_version
from modeling.gate_job import read_said
from modeling.lead.run_settings import list_changed, list_settings
from modeling.model_folder import find_base, load_folder
from modeling.net.asking import ask_about
from modeling.net.backbones.tiny import build_tiny
from modeling.net.config import make_tiny
from modeling.net.predict import load_model
from modeling.protocol.checkpoints import find_checkpoint
from modeling.protocol.plans import change_plan
from modeling.protocol.settings import make_config
from tests.factories import make_lead, make_project
from tests.labeling.api.programs import Program
from tests.modeling.made_project import make_drawing
from tests.modeling.made_registry import make_version_row
from tests.modeling.test_export_model import SCRIPT
from tests.modeling.tiny_study import divide_records, train_tiny

pytestmark = [pytest.mark.django_db, pytest.mark.once]
RECORDS = divide_records(0, train=8, val=4, test=1)


def make_tiny_config(place: Path | None = None):
    """A step or two of the demonstration model, with its own base or with one in a folder as a Qwen3-VL checkpoint."""
    config = make_tiny()
    own = {"kind": "qwen3-vl", "path_or_id": str(place)} if place else {}
    return replace(
        config,
        preset="qwen3-vl" if place else "tiny",
        backbone=replace(config.backbone, max_pixels=32 * 32, has_facts=False, **own),
        stage1=replace(config.stage1, epochs=1),
        stage2=replace(config.stage2, epochs=1),
        fusion="concat",
        threads=1,
    )


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Gives for a kind (the folder of a model, its configuration, the folder its base was in), trained once."""
    root = tmp_path_factory.mktemp("made")

    @cache
    def make(kind):
        place = build_tiny(root / "secret-place" / "my-qwen") if kind == "qwen3-vl" else None
        config = make_tiny_config(place)
        train_tiny(config, RECORDS, root / kind)
        return root / kind, config, place

    return make


@pytest.fixture
def at_home(made, tmp_path, settings):
    """Gives a version of a kind whose folder lies below MODEL_ROOT."""
    settings.MODEL_ROOT = tmp_path / "models"

    def put(kind):
        folder, config, place = made(kind)
        shutil.copytree(folder, settings.MODEL_ROOT / kind)
        run = {"config": config.to_json(), "folder": kind}
        version = make_version_row(make_project(slug="posters"), preset=kind, run=run, folder=kind)
        return version, settings.MODEL_ROOT / kind, place

    return put


def move(place: Path, to: Path):
    """The checkpoint in another place, as on another machine."""
    return Path(shutil.copytree(place, to))


def test_nothing_in_a_model_tells_where_its_checkpoint_lay(made):
    folder, *_ = made("qwen3-vl")

    files = [file for file in folder.rglob("*") if file.is_file()]

    assert json.loads((folder / "manifest.json").read_text())["config"]["backbone"]["path_or_id"] == "my-qwen"
    assert [file.name for file in files if b"secret-place" in file.read_bytes()] == []


def test_the_checkpoint_of_a_model_is_named_where_it_lies_elsewhere_and_another_is_refused(made, tmp_path):
    folder, _, place = made("qwen3-vl")
    moved, other = move(place, tmp_path / "renamed"), build_tiny(tmp_path / "other", seed=1)
    asked = [record.example for record in RECORDS if record.part == "test"]
    said = {line["key"]: line["p"] for line in map(json.loads, (folder / "predictions.jsonl").read_text().splitlines())}

    told = load_model(folder, base=moved, device="cpu").predict(asked)

    assert [p.p_accept for p in told] == pytest.approx([said[p.key] for p in told], abs=1e-4)
    with pytest.raises(ValueError, match="there is no folder my-qwen"):
        load_model(folder)
    with pytest.raises(ValueError, match="was trained on the base sha256:"):
        load_model(folder, base=str(other))
    with pytest.raises(ValueError, match="is tiny, which needs no base"):
        load_model(made("tiny")[0], base=moved)


def test_the_site_finds_a_checkpoint_below_its_roots_or_where_the_run_had_it(at_home, tmp_path, monkeypatch):
    version, folder, place = at_home("qwen3-vl")
    assert find_base(folder) == find_checkpoint("my-qwen") == str(place)

    moved = move(place, tmp_path / "roots" / "my-qwen")
    version.run.config["backbone"]["path_or_id"] = "/gone/my-qwen"
    version.run.save()
    monkeypatch.setenv("SERVIMAGE_MODEL_ROOTS", str(tmp_path / "roots"))

    assert find_base(folder) == str(moved)
    assert load_folder(folder, is_stored=False).backend == "qwen3-vl my-qwen"
    assert make_config("qwen3-vl", {"backbone.path_or_id": "my-qwen"}).backbone.path_or_id == str(moved)


def test_leads_are_shown_the_name_of_a_checkpoint(at_home, client):
    version, _, place = at_home("qwen3-vl")
    run, lead = version.run, make_lead(version.project)
    client.force_login(lead)

    shown = [
        str(list_settings(run)),
        str(list_changed(run)),
        client.get(reverse("modeling:model_config", args=["posters", version.public_id])).content.decode(),
        str(Program(lead, version.project).get("training", run.public_id).data["config"]),
        str(change_plan(version.project, lead, preset="qwen3-vl", settings={"backbone": {"path_or_id": str(place)}}).settings),
    ]

    assert [("my-qwen" in text, "secret-place" in text) for text in shown] == [(True, False)] * 5
    assert list_changed(run, has_place=True)["backbone.path_or_id"] == str(place)


def test_an_exported_model_brings_its_base_along_where_that_is_small(at_home, tmp_path):
    version, folder, _ = at_home("tiny")
    out, elsewhere = tmp_path / "out", tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "image.png").write_bytes(make_drawing("red", (300, 200)))

    export_version(version, out)
    told = subprocess.run([sys.executable, "-I", "-c", SCRIPT, str(out)], cwd=elsewhere, capture_output=True, text=True, check=True)

    example = ask_about("A red poster with one circle.", elsewhere / "image.png", price_usd=60.0, category="Digital")
    assert json.loads(told.stdout.splitlines()[-1])["said"] == str(load_folder(folder, is_stored=False).predict([example])[0])
    assert "base=" not in (out / "README.md").read_text()


def test_the_page_of_an_exported_model_says_how_its_checkpoint_is_named(at_home, tmp_path):
    version, _, place = at_home("qwen3-vl")

    export_version(version, tmp_path / "out")

    page = (tmp_path / "out" / "README.md").read_text()
    assert 'load_model(folder / "model", base="/where/it/lies/my-qwen")' in page
    assert "secret-place" not in page
    assert load_model(tmp_path / "out" / "model", base=move(place, tmp_path / "moved"), device="cpu").backend == "qwen3-vl my-qwen"


def test_predictions_that_were_changed_are_not_judged_by(at_home):
    _, folder, _ = at_home("tiny")
    test = [record for record in RECORDS if record.part == "test"]
    said = read_said(folder, test, test)
    assert set(said) == {record.example.key for record in test}

    file = folder / "predictions.jsonl"
    file.write_text(file.read_text().replace('"p": 0', '"p": 1'))

    with pytest.raises(JobFailed, match="no longer those that were registered"):
        read_said(folder, test, test)
