"""A model that leaves the site: a folder that a program loads with ten lines, and predictions as on the site."""

import json
import subprocess
import sys
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from labeling.image_render import render_image
from modeling.export import LINES, collect_modules, export_version
from modeling.model_folder import load_version
from modeling.net.asking import ask_about
from modeling.net.pictures import read_picture, render
from tests.factories import make_project
from tests.labeling.material import make_picture
from tests.modeling.made_project import make_drawing, make_led_project, train_version
from tests.modeling.made_registry import make_version_row

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_exported_model_says_elsewhere_what_it_says_here(tmp_path):
    project, lead = make_led_project()
    version = train_version(project, lead)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "image.png").write_bytes(make_drawing("red", (300, 200)))
    out = tmp_path / "model of stats"

    call_command("export_model", version.name, str(out), stdout=StringIO())
    told = subprocess.run(
        [sys.executable, "-I", "-c", SCRIPT, str(out)], cwd=tmp_path / "elsewhere", capture_output=True, text=True, check=True
    )

    example = ask_about("A red poster with one circle.", tmp_path / "elsewhere" / "image.png", price_usd=60.0, category="Digital")
    here = load_version(version, is_stored=False).predict([example])[0]
    found = json.loads(told.stdout.splitlines()[-1])
    assert found["said"] == str(here)
    assert (found["django"], found["ours"]) == (False, [])
    page = (out / "README.md").read_text()
    assert LINES.format(name=out.name) in page
    assert len([line for line in LINES.splitlines() if line]) <= 10
    assert (out / "card.md").read_text() == (load_card(version))


def load_card(version):
    from modeling.card import make_card

    return make_card(version)


# The ten lines as they are printed, with nothing of the site to be found; then what was said, and what was imported.
SCRIPT = """
import io, json, re, sys
from contextlib import redirect_stdout
from pathlib import Path

out = Path(sys.argv[1])
lines = re.search(r"```python\\n(.*?)```", (out / "README.md").read_text(), re.S).group(1)
said = io.StringIO()
with redirect_stdout(said):
    exec(lines.replace(repr(out.name).replace("'", '"'), repr(str(out))))
ours = [name for name, module in sys.modules.items() if name.split(".")[0] in ("labeling", "judging", "modeling")
        and getattr(module, "__file__", None) and not module.__file__.startswith(str(out))]
print(json.dumps({"said": said.getvalue().strip(), "django": "django" in sys.modules, "ours": ours}))
"""


def test_a_model_that_needs_the_site_is_not_exported(tmp_path):
    package = tmp_path / "modeling"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "predict.py").write_text("def load():\n    from modeling.rows import read\n")
    (package / "rows.py").write_text(
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import celery\nfrom django.db import models\n"
    )

    with pytest.raises(ValueError, match=r"modeling/rows.py imports django.db"):
        collect_modules(tmp_path, ("modeling.predict",))


def test_what_is_only_imported_for_types_stays_here(tmp_path):
    package = tmp_path / "modeling"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "predict.py").write_text(
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from django.db import models\nfrom modeling import words\n"
    )
    (package / "words.py").write_text("import json\n")

    found = collect_modules(tmp_path, ("modeling.predict",))

    assert [str(file.relative_to(tmp_path)) for file in found] == ["modeling/__init__.py", "modeling/predict.py", "modeling/words.py"]


def test_nothing_is_overwritten_and_a_lost_model_is_told(tmp_path):
    version = make_version_row(make_project())

    with pytest.raises(ValueError, match="exists already"):
        export_version(version, tmp_path)
    with pytest.raises(ValueError, match="not below SERVIMAGE_MODELS"):
        export_version(version, tmp_path / "new")


def test_a_name_that_several_projects_have_needs_the_project(tmp_path):
    for _ in range(2):
        make_version_row(make_project())

    with pytest.raises(CommandError, match="name one with --project"):
        call_command("export_model", "stats-1", str(tmp_path / "out"))
    with pytest.raises(CommandError, match="There is no version 'stats-9'"):
        call_command("export_model", "stats-9", str(tmp_path / "out"))


@pytest.mark.parametrize(
    "data",
    [
        make_picture(80, 60, color=(200, 30, 40)),
        make_picture(2000, 900, color=(20, 130, 40), format="JPEG"),
        make_picture(70, 50, mode="RGBA", color=(200, 30, 40, 100)),
        make_picture(70, 50, mode="L", color=90),
        make_picture(70, 50, mode="CMYK", color=(10, 200, 30, 40), format="JPEG"),
        make_picture(64, 48, mode="I;16", color=40_000),
        make_picture(64, 48, color=(9, 99, 199), format="WEBP", lossless=True),
    ],
    ids=["rgb", "large", "see-through", "grey", "cmyk", "16-bit", "webp"],
)
def test_a_program_gives_a_model_the_picture_that_the_site_gives_it(data):
    seen_here, _type = render_image(data, "screen")

    assert render(data) == seen_here


def test_the_facts_of_a_picture_are_those_of_an_import():
    from labeling.images import check_image

    data = make_picture(80, 60, format="JPEG", dpi=(72, 96))
    facts, found = check_image(data), read_picture(data)

    assert (found.sha256, found.width, found.height, found.format, found.dpi) == (facts.sha256, 80, 60, "JPEG", facts.dpi)
