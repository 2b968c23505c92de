"""Imports go one way, the web process stays light, vendored files are what they say, requirements are exact."""

import ast
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

pytestmark = pytest.mark.pure

APPS = ["labeling", "judging", "modeling"]
# Modules that compute with torch; they know no Django, so that they also run on a machine without the site.
TORCH = {"torch", "transformers", "peft", "accelerate", "safetensors"}
VENDOR = Path(settings.BASE_DIR) / "static" / "vendor"


def read_modules(package):
    """The Python files of a package, each with the top-level packages it imports, also inside functions."""
    return {path: imported_packages(ast.parse(path.read_text())) for path in (Path(settings.BASE_DIR) / package).rglob("*.py")}


def imported_packages(tree):
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add(node.module.split(".")[0])
    return names


@pytest.mark.parametrize(("package", "forbidden"), [("labeling", {"judging", "modeling"}), ("judging", {"modeling"})])
def test_imports_go_one_way(package, forbidden):
    modules = read_modules(package)

    assert modules
    assert {str(path): packages & forbidden for path, packages in modules.items() if packages & forbidden} == {}


@pytest.mark.parametrize("package", APPS)
def test_modules_that_use_torch_know_no_django(package):
    site = {"django", *APPS} - {package}

    mixed = [str(path) for path, packages in read_modules(package).items() if packages & TORCH and packages & site]

    assert mixed == []


def test_a_web_process_never_loads_torch():
    program = (
        "import annotation_site.wsgi, sys\n"
        "from django.urls import get_resolver\n"
        "get_resolver().reverse_dict\n"
        f"print(sorted({TORCH | {'scipy', 'sklearn'}!r} & set(sys.modules)))"
    )

    result = subprocess.run(
        [sys.executable, "-c", program], cwd=settings.BASE_DIR, env=os.environ, capture_output=True, text=True, check=True
    )

    assert result.stdout.strip() == "[]"


def test_no_test_or_module_imports_from_a_star():
    for package in [*APPS, "annotation_site", "tests"]:
        for path in (Path(settings.BASE_DIR) / package).rglob("*.py"):
            stars = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.alias) and node.name == "*"]
            assert stars == [], path


def test_every_vendored_file_is_listed_with_its_version_licence_and_hash():
    entries = json.loads((VENDOR / "manifest.json").read_text())

    listed = {entry["file"] for entry in entries} | {entry["licence_file"] for entry in entries} | {"manifest.json"}
    assert {path.name for path in VENDOR.iterdir()} == listed
    for entry in entries:
        assert hashlib.sha256((VENDOR / entry["file"]).read_bytes()).hexdigest() == entry["sha256"], entry["file"]
        assert entry["version"] in entry["file"]
        assert entry["licence"]


@pytest.mark.parametrize("name", ["requirements-web.txt", "requirements.txt"])
def test_every_direct_requirement_is_exact_and_names_no_index(name):
    lines = [line for line in (Path(settings.BASE_DIR) / name).read_text().splitlines() if line and not line.startswith("#")]

    loose = [line for line in lines if "==" not in line and line != "-r requirements-web.txt"]
    assert loose == []
    assert not any("index" in line or "://" in line for line in lines)
