"""docs/schemas describes what is really written."""

import json
from collections import Counter
from pathlib import Path

import pytest
from django.conf import settings
from jsonschema import Draft202012Validator, ValidationError

from labeling.data_out.formats import FORMATS
from labeling.models import Answer, Assignment, Candidate, Decision, Project, Skip
from tests.labeling import export_stage
from tests.labeling.export_stage import CHANGES, Stage
from tests.labeling.exporting import export, read_lines, read_rows

SCHEMAS = Path(settings.BASE_DIR) / "docs" / "schemas"


def validator(name):
    schema = json.loads((SCHEMAS / f"{name}.schema.json").read_text())
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)


@pytest.mark.django_db
def test_every_row_and_manifest_is_as_its_schema_says(tmp_path):
    stages = [Stage() for _ in CHANGES]
    for stage, change in zip(stages, CHANGES, strict=True):
        change(stage)

    written = Counter()
    for number, stage in enumerate(stages):
        for form in FORMATS:
            data, manifest = export(stage.project, form, tmp_path / f"{form}-{number}")
            validator("manifest").validate(manifest)
            rows = read_rows(form, data)
            assert len(rows) == manifest["rows"]
            for row in rows:
                validator(form).validate(row)
            written[form] += len(rows)

    assert all(written[form] > len(stages) for form in FORMATS), written


@pytest.mark.django_db
def test_the_schema_refuses_what_no_export_may_hold(tmp_path):
    stage = Stage()
    export_stage.adjudicate(stage)
    lines = read_lines(export(stage.project, "full", tmp_path)[0])
    line = next(line for line in lines if line["decision"] and line["decision"]["how"] == "adjudication")

    for spoil in (
        lambda row: row["assignments"][0].update(person="zhang.wei"),
        lambda row: row["assignments"][0]["answers"][0].update(verdict="maybe"),
        lambda row: row["assignments"][0]["answers"][0].update(received_at="yesterday"),
        lambda row: row["task"].update(price_usd=90.0),
        lambda row: row["deliverable"].update(unit_price_exact="0.333"),
        lambda row: row.update(state="staged"),
        lambda row: row.update(secret=True),
    ):
        spoilt = json.loads(json.dumps(line))
        spoil(spoilt)
        with pytest.raises(ValidationError):
            validator("full").validate(spoilt)


@pytest.mark.parametrize(
    ("path", "choices"),
    [
        ("$defs/assignment/properties/purpose", Assignment._meta.get_field("purpose").choices),
        ("$defs/assignment/properties/status", Assignment._meta.get_field("status").choices),
        ("$defs/assignment/properties/arm", Assignment._meta.get_field("arm").choices),
        ("$defs/answer/properties/kind", Answer._meta.get_field("kind").choices),
        ("$defs/answer/properties/exposure", Answer._meta.get_field("exposure").choices),
        ("$defs/decision/properties/how", Decision._meta.get_field("how").choices),
        ("$defs/skip/properties/why", Skip._meta.get_field("why").choices),
        ("properties/state", [choice for choice in Candidate._meta.get_field("state").choices if choice[0] != "staged"]),
    ],
)
def test_the_schema_names_exactly_the_values_the_site_knows(path, choices):
    node = validator("full").schema
    for part in path.split("/"):
        node = node[part]

    assert node["enum"] == [value for value, _label in choices]


def test_each_format_has_the_schema_of_its_version():
    for chosen in FORMATS.values():
        assert validator(chosen.name).schema["$id"].endswith(f":{chosen.name}:{chosen.version}")


def test_a_project_slug_fits_the_manifest():
    assert Project._meta.get_field("slug").validators[0].regex.pattern == r"^[-a-zA-Z0-9_]+\Z"
