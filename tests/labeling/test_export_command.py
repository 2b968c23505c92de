"""`manage.py export_labels`."""

import hashlib
import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from labeling.data_out.formats import FORMATS
from labeling.forms.exports import ExportForm
from labeling.models import Export
from tests.factories import answer_as, make_person, make_project
from tests.labeling.exporting import make_queued, newest_event, store_pictures

pytestmark = pytest.mark.django_db


def run(*arguments):
    out = StringIO()
    call_command("export_labels", *map(str, arguments), stdout=out)
    return out.getvalue()


def test_the_command_writes_the_files_and_says_what_is_in_them(tmp_path):
    project = make_project(slug="posters")
    make_queued(project)
    cutoff = newest_event(project)

    said = run("--project", "posters", "--format", "full", "--out", tmp_path / "new" / "folder")

    data = (tmp_path / "new" / "folder" / "full.jsonl").read_bytes()
    sha256 = hashlib.sha256(data).hexdigest()
    assert said == f"1 rows (1 open) as of event {cutoff}\n{tmp_path}/new/folder/full.jsonl\n{sha256}  full.jsonl\n"
    assert Export.objects.get().folder == str(tmp_path / "new" / "folder")


@pytest.mark.parametrize("form", FORMATS)
def test_the_command_writes_every_format_the_browser_offers(form, tmp_path):
    project = make_project(slug="posters")
    make_queued(project)
    store_pictures()

    said = run("--project", "posters", "--format", form, "--out", tmp_path)

    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([FORMATS[form].file, "manifest.json"])
    assert str(tmp_path / FORMATS[form].file) in said
    assert form in dict(ExportForm().fields["format"].choices)


def test_the_command_prints_json_on_request(tmp_path):
    project = make_project()
    make_queued(project)

    result = json.loads(run("--project", project.slug, "--format", "servimage", "--out", tmp_path, "--json"))

    assert (result["rows"], result["counts"], result["folder"]) == (0, {"incomplete": 1}, str(tmp_path))


def test_the_command_makes_an_earlier_export_again(tmp_path):
    project = make_project()
    [candidate] = make_queued(project)
    run("--project", project.slug, "--format", "full", "--out", tmp_path / "first")
    cutoff = json.loads((tmp_path / "first" / "manifest.json").read_text())["cutoff_event"]
    answer_as(make_person(project), candidate, "accept")

    run("--project", project.slug, "--format", "full", "--out", tmp_path / "again", "--as-of", cutoff)

    for name in ("full.jsonl", "manifest.json"):
        assert (tmp_path / "first" / name).read_bytes() == (tmp_path / "again" / name).read_bytes()


def test_the_command_never_overwrites_an_export(tmp_path):
    project = make_project()
    run("--project", project.slug, "--format", "full", "--out", tmp_path)
    before = (tmp_path / "manifest.json").read_bytes()

    with pytest.raises(CommandError, match="exists already"):
        run("--project", project.slug, "--format", "servimage", "--out", tmp_path)

    assert (tmp_path / "manifest.json").read_bytes() == before


def test_the_command_refuses_an_unknown_project_and_an_unknown_event(tmp_path):
    project = make_project()

    with pytest.raises(CommandError, match="There is no project 'nowhere'"):
        run("--project", "nowhere", "--format", "full", "--out", tmp_path)
    with pytest.raises(CommandError, match="The project has no event 999999"):
        run("--project", project.slug, "--format", "full", "--out", tmp_path, "--as-of", 999999)

    assert list(tmp_path.iterdir()) == []
