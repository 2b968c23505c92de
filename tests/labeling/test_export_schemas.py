"""docs/schemas describes what is really written."""

import json
from collections import Counter
from pathlib import Path

import pytest
from django.conf import settings
from jsonschema import Draft202012Validator, ValidationError

from labeling.data_out.formats import FORMATS
from labeling.data_out.long import COLUMNS
from labeling.models import Answer, Assignment, Candidate, Decision, Project, Skip, Task
from tests.labeling import export_stage
from tests.labeling.export_stage import CHANGES, Stage
from tests.labeling.exporting import export, read_lines, read_rows

SCHEMAS = Path(settings.BASE_DIR) / "docs" / "schemas"


def validator(name):
    schema = json.loads((SCHEMAS / f"{name}.schema.json").read_text())
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)


@pytest.mark.django_db
@pytest.mark.once
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


def without(choices, *left_out):
    return [choice for choice in choices if choice[0] not in left_out]


STATES = Candidate._meta.get_field("state").choices


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("form", "spoil"),
    [
        ("long", lambda row: row.update(annotator="zhang.wei")),
        ("long", lambda row: row.update(label="maybe")),
        ("long", lambda row: row.pop("round")),
        ("dataset", lambda row: row.update(file_name="../../etc/passwd")),
        ("dataset", lambda row: row.update(decision=None)),
        ("dataset", lambda row: row.update(price_usd=90.0)),
        ("label-studio", lambda row: row["data"].update(image="https://example.org/1.jpg")),
        ("label-studio", lambda row: row["data"].update(state="withdrawn")),
        ("label-studio", lambda row: row["annotations"][0].update(completed_by=1)),
        ("label-studio", lambda row: row["annotations"][0]["result"][0]["meta"].update(person="zhang.wei")),
    ],
)
def test_the_schema_of_each_format_refuses_what_it_may_not_hold(form, spoil, tmp_path):
    row = read_rows(form, export(Stage().project, form, tmp_path)[0])[0]
    validator(form).validate(row)

    spoil(row)

    with pytest.raises(ValidationError):
        validator(form).validate(row)


@pytest.mark.parametrize(
    ("form", "path", "choices"),
    [
        ("full", "$defs/assignment/properties/purpose", Assignment._meta.get_field("purpose").choices),
        ("full", "$defs/assignment/properties/status", Assignment._meta.get_field("status").choices),
        ("full", "$defs/assignment/properties/arm", Assignment._meta.get_field("arm").choices),
        ("full", "$defs/answer/properties/kind", Answer._meta.get_field("kind").choices),
        ("full", "$defs/answer/properties/exposure", Answer._meta.get_field("exposure").choices),
        ("full", "$defs/decision/properties/how", Decision._meta.get_field("how").choices),
        ("full", "$defs/skip/properties/why", Skip._meta.get_field("why").choices),
        ("full", "properties/state", without(STATES, "staged")),
        ("long", "properties/state", without(STATES, "staged")),
        ("long", "properties/label", Decision._meta.get_field("verdict").choices),
        ("dataset", "properties/decision", Decision._meta.get_field("verdict").choices),
        ("dataset", "properties/how", Decision._meta.get_field("how").choices),
        ("dataset", "properties/category", Task._meta.get_field("category").choices),
        ("label-studio", "properties/data/properties/state", without(STATES, "staged", "withdrawn")),
        ("label-studio", "properties/data/properties/how", [*Decision._meta.get_field("how").choices, (None, "")]),
        ("label-studio", "$defs/result/properties/meta/properties/exposure", Answer._meta.get_field("exposure").choices),
        ("manifest", "properties/format", [(name, "") for name in FORMATS]),
    ],
)
def test_the_schema_names_exactly_the_values_the_site_knows(form, path, choices):
    node = validator(form).schema
    for part in path.split("/"):
        node = node[part]

    assert node["enum"] == [value for value, _label in choices]


def test_the_schema_of_the_csv_names_its_columns_in_their_order():
    assert validator("long").schema["required"] == list(COLUMNS)


def test_each_format_has_the_schema_of_its_version():
    for chosen in FORMATS.values():
        assert validator(chosen.name).schema["$id"].endswith(f":{chosen.name}:{chosen.version}")


def test_a_project_slug_fits_the_manifest():
    assert Project._meta.get_field("slug").validators[0].regex.pattern == r"^[-a-zA-Z0-9_]+\Z"
