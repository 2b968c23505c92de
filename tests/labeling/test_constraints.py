"""Every constraint of the labelling tables lets the legal write pass and refuses the illegal one, on either database."""

from __future__ import annotations

import re

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, models, transaction

from tests.labeling.control_constraints import CASES


def all_constraints() -> dict[str, tuple[type[models.Model], models.BaseConstraint]]:
    """Every constraint the models of the application declare, by name."""
    found = {}
    for model in apps.get_app_config("labeling").get_models():
        found |= {constraint.name: (model, constraint) for constraint in model._meta.constraints}
    return found


def refusal(name: str) -> str:
    """What the database says when the constraint refuses: its name, or on SQLite the columns of a unique one."""
    model, constraint = all_constraints()[name]
    if connection.vendor == "sqlite" and isinstance(constraint, models.UniqueConstraint):
        columns = [f"{model._meta.db_table}.{model._meta.get_field(field).column}" for field in constraint.fields]
        return re.escape(f"UNIQUE constraint failed: {', '.join(columns)}") + "$"
    return rf"\b{name}\b"


@pytest.mark.pure
def test_every_constraint_has_a_case():
    assert set(CASES) == set(all_constraints())


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(CASES))
def test_the_database_refuses_what_the_constraint_forbids_and_nothing_else(name):
    seen = set()

    for number, (is_legal, write) in enumerate(CASES[name](), start=1):
        if is_legal:
            write()
        else:
            # The number in the message says which write of the case passed.
            with pytest.raises(IntegrityError, match=refusal(name)), transaction.atomic():
                assert write() is number
        seen.add(is_legal)

    assert seen == {True, False}
