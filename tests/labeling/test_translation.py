"""Every string of the interface has its Chinese."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys

import pytest
from django.conf import settings

pytestmark = pytest.mark.pure

CATALOGUE = settings.BASE_DIR / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w+\}")
Entry = tuple[str, str, str, tuple[str, ...]]


def read_catalogue(path) -> list[Entry]:
    """The entries of a .po file as (context, id, plural id, translations), without its header."""
    entries = []
    for block in path.read_text(encoding="utf-8").split("\n\n"):
        fields: dict[str, str] = {}
        name = ""
        for line in block.splitlines():
            if line.startswith("#"):
                continue
            if not line.startswith('"'):
                name, _space, line = line.partition(" ")
            fields[name] = fields.get(name, "") + ast.literal_eval(line)
        if fields.get("msgid"):
            translations = tuple(text for key, text in sorted(fields.items()) if key.startswith("msgstr"))
            entries.append((fields.get("msgctxt", ""), fields["msgid"], fields.get("msgid_plural", ""), translations))
    return entries


@pytest.fixture
def gettext_tools():
    """The test needs gettext; CI must have it."""
    if not shutil.which("xgettext"):
        if os.environ.get("CI") == "true":
            pytest.fail("gettext is not installed")
        pytest.skip("gettext is not installed")


def test_every_string_of_code_and_templates_has_its_chinese(gettext_tools, tmp_path):
    for name in ("annotation_site", "labeling", "judging", "modeling", "templates", "locale"):
        shutil.copytree(settings.BASE_DIR / name, tmp_path / name)
    shutil.copy(settings.BASE_DIR / "manage.py", tmp_path)
    command = [sys.executable, "manage.py", "makemessages", "-l", "zh_Hans", "-e", "html,txt,py,svg", "--no-location", "--no-wrap"]

    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, env={**os.environ, "SERVIMAGE_VAR": str(tmp_path / "var")})

    fresh = tmp_path / CATALOGUE.relative_to(settings.BASE_DIR)
    untranslated = [msgid for _context, msgid, _plural, texts in read_catalogue(fresh) if not all(texts)]
    assert untranslated == []
    assert '#, fuzzy\nmsgid "' not in fresh.read_text(encoding="utf-8").split("\n\n", 1)[1]


def test_placeholders_of_a_string_and_its_chinese_agree():
    for _context, msgid, plural, texts in read_catalogue(CATALOGUE):
        wanted = set(PLACEHOLDER.findall(plural or msgid))
        for text in texts:
            assert set(PLACEHOLDER.findall(text)) == wanted, msgid


def test_the_compiled_catalogue_is_that_of_the_source(gettext_tools, tmp_path):
    compiled = tmp_path / "django.mo"

    subprocess.run(["msgfmt", "--check-format", "-o", compiled, CATALOGUE], check=True, capture_output=True)

    assert compiled.read_bytes() == CATALOGUE.with_suffix(".mo").read_bytes()
