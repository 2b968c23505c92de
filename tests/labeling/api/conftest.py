"""The program that most tests of the API are."""

from __future__ import annotations

import pytest

from labeling.models import Project
from tests.factories import make_lead
from tests.labeling.api.programs import Program


@pytest.fixture
def program(project: Project) -> Program:
    """A program of the lead."""
    return Program(make_lead(project, username="lea"), project)
