"""What many tests of this folder begin with; a file that needs something else has a fixture of that name."""

from __future__ import annotations

from pathlib import Path

import pytest

from labeling.models import Project, User
from tests.factories import make_lead, make_project


@pytest.fixture
def project() -> Project:
    """An empty project."""
    return make_project(slug="posters", name="Posters")


@pytest.fixture
def lead(project: Project) -> User:
    """Who leads `project` and does nothing else there."""
    return make_lead(project)


@pytest.fixture
def own_folders(settings, tmp_path: Path) -> None:
    """Files of this test lie where no other test finds them."""
    settings.VAR_DIR, settings.MEDIA_ROOT = tmp_path / "var", tmp_path / "media"
